"""A classifier's folder as transformers.js reads it: python bench/peers/export_onnx.py FROM TO"""

import os
import shutil
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")

import torch
from transformers import AutoModelForSequenceClassification

source, target = sys.argv[1:]
os.makedirs(f"{target}/onnx", exist_ok=True)
for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
    shutil.copyfile(f"{source}/{name}", f"{target}/{name}")
# The exporter and the attention that Optimum exports with; the newer ones' graphs take 5 to 18 % longer.
model = AutoModelForSequenceClassification.from_pretrained(
    source, dtype=torch.float32, local_files_only=True, attn_implementation="eager"
).eval()
ids = torch.randint(1000, 2000, (2, 16))
inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
torch.onnx.export(
    model,
    (),
    f"{target}/onnx/model.onnx",
    kwargs=inputs,
    input_names=list(inputs),
    output_names=["logits"],
    dynamic_axes={name: {0: "texts", 1: "tokens"} for name in inputs},
    opset_version=18,
    dynamo=False,
)
