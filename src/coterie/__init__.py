"""From tables of customer text to named groups of people, and to models that act on them.

>>> from coterie import read_records
>>> records = read_records("messages.csv", text="text")  # doctest: +SKIP

The names below are loaded when they are first used: importing Coterie loads no library. The rest
is in the rooms: ``from coterie.profile import profile_records``.
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
    from coterie.profile import Profile
    from coterie.records import Records, read_records, read_table
    from coterie.report import Page, Section
    from coterie.segments import Assignments, Discovery, Segment, Segmentation, name_segments
    from coterie.synthetic import generate
    from coterie.tuning import TuneOptions
    from coterie.workflows.evaluation.evaluate import evaluate_models
    from coterie.workflows.training.models import ModelPlan
    from coterie.workflows.training.train import train_classifier
    from coterie.workflows.tuning.tune import TunePlan, tune_encoder

__version__ = "0.1.0.dev0"

__all__ = [
    "Assignments",
    "CascadeClassifier",
    "ContrastiveClassifier",
    "Discovery",
    "EmbeddingCache",
    "FewShotClassifier",
    "LinearClassifier",
    "MLPClassifier",
    "ModelPlan",
    "Page",
    "Predictions",
    "Profile",
    "Records",
    "Section",
    "Segment",
    "Segmentation",
    "SoftVotingClassifier",
    "TuneOptions",
    "TunePlan",
    "__version__",
    "embed_texts",
    "evaluate_models",
    "explain",
    "generate",
    "load_classifier",
    "load_encoder",
    "name_segments",
    "read_records",
    "read_table",
    "save_classifier",
    "train_classifier",
    "tune_encoder",
]

_ROOMS = {
    "classify": (
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
    "embed": ("EmbeddingCache", "embed_texts", "load_encoder"),
    "explore": ("Profile",),
    "recipes.building": ("ModelPlan",),
    "recipes.evaluating": ("evaluate_models",),
    "recipes.training": ("train_classifier",),
    "recipes.tuning": ("TunePlan", "tune_encoder"),
    "records": ("Records", "read_records", "read_table"),
    "report": ("Page", "Section"),
    "segments": (
        "Assignments",
        "Discovery",
        "Segment",
        "Segmentation",
        "name_segments",
    ),
    "synthetic": ("generate",),
    "tune": ("TuneOptions",),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"coterie.{room}"), name)
    raise AttributeError(f"module 'coterie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
