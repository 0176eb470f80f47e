"""Hugging Face's Trainer as a contender of the bench: python bench/peers/trainer.py JOB.json

JOB.json: {model, texts: [[id]], labels: [id], batchSize, learningRate, dropout (null: as config.json says), bf16,
grouped, seed, threads (null: PyTorch's choice), slice, warmUp, check}. It prints {ready}; then, for each line on standard
input, trains `slice` steps of endless epochs and prints {seconds, texts, tokens}; at the end of the input {peakBytes}.
With `test` and `testLabels` it trains one epoch instead, prints one line {accuracy, seconds}, and ends.

The Trainer is the real one: it is held at the end of a slice, what it reads is counted, and its order of texts (made by
its own functions) begins with `warmUp` batches, so that a round can be a whole epoch.
"""

import sys
import time

# First, as it sets the environment of the others.
from serve import VERSIONS, check_loss, padded, rates_of, read_job, say, say_peak

import torch
import transformers
from transformers import (
    AutoModelForSequenceClassification,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_pt_utils import get_length_grouped_indices


class Texts(torch.utils.data.Dataset):
    """Texts that are tokenized already, the same ids that bertune gets."""

    def __init__(self, texts, labels):
        self.rows = [{"input_ids": ids, "labels": label} for ids, label in zip(texts, labels)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, place):
        return self.rows[place]


def collate(rows):
    return padded([row["input_ids"] for row in rows], [row["labels"] for row in rows])


class EndlessOrder(torch.utils.data.Sampler):
    """Epochs as the Trainer orders them, one after another, after some batches to warm up on."""

    def __init__(self, lengths):
        self.lengths = lengths

    def __len__(self):
        return 10**7

    def epoch(self):
        if not job["grouped"]:
            return torch.randperm(len(self.lengths)).tolist()
        # All texts are one group: with a few hundred of them the Trainer's own choice would group worse than in earnest.
        return get_length_grouped_indices(self.lengths, job["batchSize"], mega_batch_mult=len(self.lengths))

    def __iter__(self):
        yield from self.epoch()[: job["warmUp"] * job["batchSize"]]
        while True:
            batches = torch.tensor(self.epoch()).split(job["batchSize"])
            for place in torch.randperm(len(batches)).tolist():
                yield from batches[place].tolist()


class CountingTrainer(Trainer):
    texts = tokens = 0

    def _get_train_sampler(self, train_dataset=None):
        return EndlessOrder([len(ids) for ids in job["texts"]])

    def training_step(self, model, inputs, *rest):
        self.texts += len(inputs["input_ids"])
        self.tokens += int(inputs["attention_mask"].sum())
        return super().training_step(model, inputs, *rest)


class InTurn(TrainerCallback):
    """Holds the Trainer until it is its turn, and times `slice` steps."""

    steps = 0

    def wait(self, control):
        if not sys.stdin.readline():
            control.should_training_stop = True
        trainer.texts = trainer.tokens = 0
        self.began = time.perf_counter()

    def on_train_begin(self, args, state, control, **_):
        say(ready=True, versions=VERSIONS, loss=loss)
        self.wait(control)

    def on_step_end(self, args, state, control, **_):
        self.steps += 1
        if self.steps % job["slice"] == 0:
            say(seconds=time.perf_counter() - self.began, texts=trainer.texts, tokens=trainer.tokens)
            self.wait(control)


job = read_job()
transformers.set_seed(job["seed"])
model = AutoModelForSequenceClassification.from_pretrained(
    job["model"], dtype=torch.float32, num_labels=2, local_files_only=True, **rates_of(job)
)
accuracy = "test" in job
loss = None if accuracy else check_loss(model, job)
trainer = (Trainer if accuracy else CountingTrainer)(
    model=model,
    args=TrainingArguments(
        output_dir="unused",
        per_device_train_batch_size=job["batchSize"],
        per_device_eval_batch_size=32,
        num_train_epochs=1,
        learning_rate=job["learningRate"],
        seed=job["seed"],
        bf16=job["bf16"],
        use_cpu=True,
        train_sampling_strategy="group_by_length" if job["grouped"] else "random",
        dataloader_num_workers=0,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    ),
    train_dataset=Texts(job["texts"], job["labels"]),
    data_collator=collate,
    callbacks=[] if accuracy else [InTurn()],
)
trainer.remove_callback(PrinterCallback)
if accuracy:
    began = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - began
    logits = trainer.predict(Texts(job["test"], job["testLabels"])).predictions
    right = sum(int(row.argmax()) == label for row, label in zip(logits, job["testLabels"]))
    say(accuracy=right / len(job["testLabels"]), seconds=seconds)
else:
    trainer.train()
    say_peak()
