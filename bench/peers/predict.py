"""Prediction in PyTorch as a contender of the bench: python bench/peers/predict.py JOB.json

From text: the Rust tokenizer, batches of like length, fp32 or the whole model in bf16, fused attention.
"""

# First, as it sets the environment of the others.
from serve import read_job, serve

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

job = read_job()
model = AutoModelForSequenceClassification.from_pretrained(
    job["model"], dtype=torch.bfloat16 if job["bf16"] else torch.float32, local_files_only=True
)
model.eval()
tokenizer = AutoTokenizer.from_pretrained(job["model"], local_files_only=True)


@torch.inference_mode()
def predict(texts):
    ids = tokenizer(texts, truncation=True, max_length=job["maxLength"])["input_ids"]
    places = sorted(range(len(texts)), key=lambda place: -len(ids[place]))
    scores = [None] * len(texts)
    for start in range(0, len(places), job["batchSize"]):
        batch = places[start : start + job["batchSize"]]
        inputs = tokenizer.pad({"input_ids": [ids[place] for place in batch]}, return_tensors="pt")
        for place, row in zip(batch, model(**inputs).logits.float().softmax(-1).tolist()):
            scores[place] = row
    return scores


begin = 0


def one_slice():
    global begin
    end = min(begin + job["slice"], len(job["texts"]))
    predict(job["texts"][begin:end])
    done = end - begin, sum(job["lengths"][begin:end])
    begin = end % len(job["texts"])
    return done


serve({"answers": predict(job["checked"])}, one_slice)
