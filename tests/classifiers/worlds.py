"""Small worlds to classify: messages of three kinds, with context, and encoders made for a test."""

import hashlib

import numpy as np
import pandas as pd

WORDS = ("my", "card", "was", "please", "the", "a", "payment", "top", "up", "where", "is", "it")
KINDS = {"lost": ("card", "lost"), "refund": ("refund", "payment"), "cancel": ("cancel", "order")}
PLANS = {"lost": "free", "refund": "pro", "cancel": "free"}


def messages(n=90, seed=0, noise=0.1):
    """n texts of two lines and their labels, some of them about something else than they say."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for row in range(n):
        label = list(KINDS)[row % 3]
        said = label if rng.random() > noise else rng.choice(list(KINDS))
        words = [*KINDS[said], *rng.choice(WORDS, 5)]
        words = rng.permutation(words).tolist()
        texts.append(" ".join(words[:3]) + "\n" + " ".join(words[3:]))
        labels.append(label)
    return texts, np.array(labels)


def frame(n=90, seed=0, noise=0.1):
    """The same messages with context, some of it missing."""
    texts, labels = messages(n, seed, noise)
    rng = np.random.default_rng(seed + 1)
    plans = [PLANS[label] if rng.random() > 0.2 else None for label in labels]
    seats = np.where(labels == "cancel", 50, 5) + rng.integers(0, 9, n).astype(float)
    seats[:: 7 + seed % 3] = np.nan
    return pd.DataFrame({"text": texts, "plan": plans, "seats": seats}), labels


class Given:
    """An encoder whose vectors are given, by text."""

    name = "given"

    def __init__(self, vectors):
        self._vectors = {text: np.asarray(v, np.float32) for text, v in vectors.items()}
        self.dim = len(next(iter(self._vectors.values())))
        whole = b"".join(v.tobytes() for v in self._vectors.values())
        self.fingerprint = hashlib.sha256(whole).hexdigest()

    def encode(self, texts):
        return np.array([self._vectors[text] for text in texts], np.float32).reshape(-1, self.dim)


def unit(vectors):
    vectors = np.asarray(vectors, np.float64)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Hashed:
    """An encoder of 8 numbers that are made of the text's hash; it counts what it embeds."""

    name, dim = "hashed", 8

    def __init__(self, salt=""):
        self.salt, self.fingerprint, self.asked = salt, f"hashed{salt}", []

    def encode(self, texts):
        self.asked += texts
        digests = [hashlib.sha256((self.salt + text).encode()).digest()[:8] for text in texts]
        numbers = np.array([[*digest] for digest in digests], float).reshape(-1, 8)
        return unit(numbers - 127.5)


def blobs(n, classes=4, dim=8, spread=0.5, seed=0):
    """n texts whose vectors lie around the corner of their class; texts, labels and encoder."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    vectors = unit(np.eye(dim)[labels] + rng.normal(0, spread, (n, dim)))
    texts = [f"text {seed} {row}" for row in range(n)]
    return texts, labels, Given(dict(zip(texts, vectors, strict=True)))
