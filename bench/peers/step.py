"""One training step of the bundled model in PyTorch, timed: python bench/peers/step.py 16 256 0.1

Arguments: texts, tokens in each, dropout rate. fp32, as transformers' Trainer comes: gradient, clipping, AdamW.
Versions: scripts/fixtures/requirements.txt. Run bench/step.js with the same arguments in turn.
"""

import resource
import statistics
import sys
import time

import torch
from transformers import AutoModelForSequenceClassification

WARM_UP, STEPS = 3, 7
texts, tokens, rate = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

torch.manual_seed(1)
model = AutoModelForSequenceClassification.from_pretrained(
    "models/all-MiniLM-L6-v2",
    dtype=torch.float32,
    num_labels=2,
    hidden_dropout_prob=rate,
    attention_probs_dropout_prob=rate,
    local_files_only=True,
)
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)
ids = torch.randint(1000, 21000, (texts, tokens))
batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.arange(texts) % 2}
times = []
for _ in range(WARM_UP + STEPS):
    began = time.perf_counter()
    model(**batch).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    times.append(1000 * (time.perf_counter() - began))
median = statistics.median(times[WARM_UP:])
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(f"PyTorch  {texts} x {tokens}, dropout {rate}: {median:.0f} ms a step, peak {memory:.2f} GB")
