"""A plain PyTorch training loop as a contender of the bench: python bench/peers/step.py JOB.json (see trainer.py)

The first `batchSize` texts, again and again: gradient, clipping, AdamW; fp32, or bf16 autocast.
"""

# First, as it sets the environment of the others.
from serve import check_loss, padded, rates_of, read_job, serve

import torch
from transformers import AutoModelForSequenceClassification

job = read_job()
torch.manual_seed(job["seed"])
model = AutoModelForSequenceClassification.from_pretrained(
    job["model"], dtype=torch.float32, local_files_only=True, **rates_of(job)
)
ready = {"loss": check_loss(model, job)}
optimizer = torch.optim.AdamW(model.parameters(), lr=job["learningRate"], weight_decay=0.01)
texts = job["texts"][: job["batchSize"]]
batch = padded(texts, job["labels"][: job["batchSize"]])


def steps():
    for _ in range(job["slice"]):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=job["bf16"]):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return job["slice"] * len(texts), job["slice"] * sum(map(len, texts))


serve(ready, steps)
