"""What the stages that train, compare and predict can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from coterie.workflows.settings import Candidates, Settings

__all__ = ["OutcomesSettings", "TrainSettings"]


class TrainSettings(Settings):
    """The stage that trains classifiers, judges them side by side, and predicts with the best.

    Attributes
    ----------
    label
        The column; by default the first label column that the table has.
    models
        Models as ``coterie train --model`` takes them: ``"linear"``, ``"few-shot:static"``.
    members
        Of the models ``voting`` and ``cascade``.
    pool
        ``"text"``, ``"lines"`` or ``"speakers"``; by default the speakers where there is a column
        of them, the lines where each row of a record is embedded alone, else the text.
    accuracy
        How often answers that are not ambiguous are to be right.
    loss, epochs
        Of the models that have them.
    test
        Share of the rows to judge on, where no column says so.
    positive
        The class whose curves are shown, of two.
    nomenclature
        Segments that should all be there, as a TOML file or the name of one that Coterie brings:
        those that are not are named.
    id_as, label_as
        What the first columns of ``predictions.csv`` are called.
    """

    label: str | None = None
    models: Candidates = ("few-shot", "linear")
    members: Candidates = ()
    pool: Literal["text", "lines", "speakers"] | None = None
    accuracy: float | None = Field(default=None, gt=0, le=1)
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    epochs: int | None = Field(default=None, ge=1)
    test: float = Field(default=0.2, gt=0, lt=1)
    positive: str | None = None
    nomenclature: str | None = None
    id_as: str = "id"
    label_as: str = "label"


class OutcomesSettings(Settings):
    """The stage that learns what will become of clients, and which features tell.

    Attributes
    ----------
    labels
        The outcomes, each a column of classes or of numbers; by default all label columns.
    preset, kinds, learners, mix, draws, seconds
        Of the ensembles, see `coterie.classifiers.EnsembleClassifier`.
    balance
        Let rare classes count as much as common ones.
    compare
        Whether to compare sets of features.
    test
        Share of the rows to judge on, which is touched once.
    """

    labels: Candidates = ()
    preset: Literal["accuracy", "balanced", "speed"] = "balanced"
    kinds: Candidates | None = None
    learners: Candidates = ()
    mix: Literal["auto", "vote", "stack", "best"] = "auto"
    draws: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    balance: bool = False
    compare: bool = True
    test: float = Field(default=0.2, gt=0, lt=1)
