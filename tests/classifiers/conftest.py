"""Classifiers that several tests look at, each fitted and saved once."""

from functools import lru_cache

import pytest

from coterie.classifiers import (
    CascadeClassifier,
    ContrastiveClassifier,
    FewShotClassifier,
    LinearClassifier,
    MLPClassifier,
    SoftVotingClassifier,
    save_classifier,
)

from .worlds import frame

KINDS = ("few-shot", "linear", "mlp", "contrastive", "voting", "cascade")
SETTINGS = [
    (kind, pooling, context)
    for kind in KINDS
    # the contrastive one reads whole texts
    for pooling, context in (("text", False), ("text" if kind == "contrastive" else "lines", True))
]


@pytest.fixture(autouse=True)
def fresh_cache(monkeypatch, tmp_path):
    """Let no test find the vectors of another."""
    monkeypatch.setenv("COTERIE_CACHE", str(tmp_path / "cache of vectors"))


def ids(setting):
    kind, pooling, context = setting
    return f"{kind}-{pooling}{'-context' if context else ''}"


def make(kind, bert, pooling="text", context=False):
    """Make a classifier that is quick to train; ``bert`` is the folder of a tiny encoder."""
    given = {"pooling": pooling, "context": ("plan", "seats") if context else ()}
    few_shot = FewShotClassifier("tfidf", **given)
    linear = LinearClassifier("tfidf", **given)
    network = MLPClassifier(str(bert), epochs=40, **given)
    return {
        "few-shot": few_shot,
        "linear": linear,
        "mlp": network,
        "contrastive": ContrastiveClassifier(
            str(bert), epochs=4, batch=16, learning_rate=2e-3, projection=16, **given
        ),
        "voting": SoftVotingClassifier([few_shot, network, linear], weights=[1, 1, 2]),
        "cascade": CascadeClassifier([few_shot, LinearClassifier(str(bert), **given)]),
    }[kind]


@pytest.fixture(scope="session")
def bert(st_folder):
    return st_folder("bert")


@pytest.fixture(scope="session")
def fitted(bert):
    """Fit a classifier by its setting."""

    @lru_cache
    def fit(kind, pooling="text", context=False):
        if kind in ("mlp", "contrastive", "voting"):
            pytest.importorskip("torch", reason="needs coterie[torch]")
        rows, labels = frame()
        return make(kind, bert, pooling, context).fit(rows, labels)

    return fit


@pytest.fixture(scope="session")
def saved(fitted, tmp_path_factory):
    """Save it; returns its model directory."""

    @lru_cache
    def save(kind, pooling="text", context=False):
        home = tmp_path_factory.mktemp("models") / kind
        save_classifier(fitted(kind, pooling, context), home)
        return home

    return save
