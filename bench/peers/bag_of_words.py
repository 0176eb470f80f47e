"""TF-IDF and logistic regression of scikit-learn on the texts of a job: see bench/bag-of-words.js. Prints one line of JSON."""

import json
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
train, test = job["train"], job["test"]
began = time.perf_counter()
# What bertune's is made like; the rest is as scikit-learn has it.
vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
rows = vectorizer.fit_transform(train["texts"])
model = LogisticRegression(C=10, max_iter=1000).fit(rows, train["labels"])
predictions = model.predict(vectorizer.transform(test["texts"])).tolist()
seconds = time.perf_counter() - began
right = sum(a == b for a, b in zip(predictions, test["labels"]))
print(json.dumps({
    "accuracy": right / len(predictions), "features": rows.shape[1],
    "predictions": predictions, "seconds": seconds,
}))
