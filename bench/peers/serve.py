"""The contender's side of the bench, in Python: see bench/lib/contender.js."""

import json
import os
import resource
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch
import transformers
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()

VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}


def read_job():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    if job.get("threads"):
        torch.set_num_threads(job["threads"])
    return job


def say(**line):
    print(json.dumps(line), flush=True)


def say_peak():
    say(peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def rates_of(job):
    """Dropout as config.json says where the job names no rate."""
    if job["dropout"] is None:
        return {}
    return {"hidden_dropout_prob": job["dropout"], "attention_probs_dropout_prob": job["dropout"]}


def padded(rows, labels):
    """Token ids as DataCollatorWithPadding pads them, without loading a tokenizer."""
    longest = max(map(len, rows))
    return {
        "input_ids": torch.tensor([ids + [0] * (longest - len(ids)) for ids in rows]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in rows]),
        "labels": torch.tensor(labels),
    }


def check_loss(model, job):
    """The first texts' loss without dropout, by which the runner knows that all train the same model."""
    model.eval()
    with torch.no_grad():
        loss = model(**padded(job["texts"][: job["check"]], job["labels"][: job["check"]])).loss.item()
    model.train()
    return loss


def serve(ready, one_slice):
    """One slice of work for each line on standard input; `one_slice` returns texts and tokens."""
    say(ready=True, versions=VERSIONS, **ready)
    for _ in sys.stdin:
        began = time.perf_counter()
        texts, tokens = one_slice()
        say(seconds=time.perf_counter() - began, texts=texts, tokens=tokens)
    say_peak()
