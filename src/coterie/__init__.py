"""From tables of customer text to named groups of people, and to models that act on them.

>>> import coterie
>>> found = coterie.discover("messages.csv", text="text")  # doctest: +SKIP
>>> found.save("found")  # doctest: +SKIP

The names below are loaded when they are first used: importing Coterie loads no library. Functions
over arrays are in the packages: ``from coterie.segments import find_groups``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coterie.classifiers import (
        CascadeClassifier,
        ContrastiveClassifier,
        FewShotClassifier,
        LinearClassifier,
        MLPClassifier,
        Predictions,
        SoftVotingClassifier,
        explain,
        load_classifier,
        save_classifier,
    )
    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder
    from coterie.options import ModelPlan
    from coterie.records import Records, read_records, read_table
    from coterie.segments import Segment, Segmentation
    from coterie.synthetic import generate
    from coterie.verbs.assignment import assign
    from coterie.verbs.discovery import discover
    from coterie.verbs.evaluation import evaluate
    from coterie.verbs.exploration import explore
    from coterie.verbs.loading import load
    from coterie.verbs.model import train
    from coterie.verbs.naming import name
    from coterie.verbs.searching import Index, index
    from coterie.verbs.service.labelling import to_label
    from coterie.verbs.service.refreshing import refresh
    from coterie.verbs.service.retraining import retrain
    from coterie.verbs.service.watching import watch
    from coterie.verbs.similarity import similarity
    from coterie.verbs.suspects import suspects
    from coterie.verbs.transferring import pull, push
    from coterie.verbs.tuning import tune

__version__ = "0.2.0"

__all__ = [
    "CascadeClassifier",
    "ContrastiveClassifier",
    "EmbeddingCache",
    "FewShotClassifier",
    "Index",
    "LinearClassifier",
    "MLPClassifier",
    "ModelPlan",
    "Predictions",
    "Records",
    "Segment",
    "Segmentation",
    "SoftVotingClassifier",
    "__version__",
    "assign",
    "discover",
    "embed_texts",
    "evaluate",
    "explain",
    "explore",
    "generate",
    "index",
    "load",
    "load_classifier",
    "load_encoder",
    "name",
    "pull",
    "push",
    "read_records",
    "read_table",
    "refresh",
    "retrain",
    "save_classifier",
    "similarity",
    "suspects",
    "to_label",
    "train",
    "tune",
    "watch",
]

_PLACES = {
    "classifiers": (
        "CascadeClassifier",
        "ContrastiveClassifier",
        "FewShotClassifier",
        "LinearClassifier",
        "MLPClassifier",
        "Predictions",
        "SoftVotingClassifier",
        "explain",
        "load_classifier",
        "save_classifier",
    ),
    "encoders": ("EmbeddingCache", "embed_texts", "load_encoder"),
    "options": ("ModelPlan",),
    "records": ("Records", "read_records", "read_table"),
    "segments": ("Segment", "Segmentation"),
    "synthetic": ("generate",),
    "verbs.assignment": ("assign",),
    "verbs.discovery": ("discover",),
    "verbs.evaluation": ("evaluate",),
    "verbs.exploration": ("explore",),
    "verbs.service.labelling": ("to_label",),
    "verbs.loading": ("load",),
    "verbs.model": ("train",),
    "verbs.naming": ("name",),
    "verbs.service.retraining": ("retrain",),
    "verbs.service.refreshing": ("refresh",),
    "verbs.searching": ("Index", "index"),
    "verbs.similarity": ("similarity",),
    "verbs.suspects": ("suspects",),
    "verbs.transferring": ("pull", "push"),
    "verbs.tuning": ("tune",),
    "verbs.service.watching": ("watch",),
}


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"coterie.{place}"), name)
    raise AttributeError(f"module 'coterie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
