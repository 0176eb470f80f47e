"""One text classified by transformers: python bench/peers/start.py FOLDER "text" """

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import pipeline
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()

classify = pipeline("text-classification", sys.argv[1], device="cpu", dtype="float32")
print(json.dumps(classify(sys.argv[2])[0]), flush=True)
