"""The figures of an evaluation, with the names that ``metrics.json`` gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from coterie.jsonable import as_plain
from coterie.metrics import Speed

__all__ = [
    "Ceiling",
    "ClassFigures",
    "ClassifierAbout",
    "CostFigures",
    "EmbeddingFigures",
    "Figures",
    "FoldFigures",
    "LanguageFigures",
    "NumberCeiling",
    "NumberFigures",
    "PositiveFigures",
    "RegressorAbout",
    "SpeedFigures",
    "StageFigures",
    "TextFigures",
]

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures named as in JSON; None where one is not defined.

    Those that are None by default are left out of JSON where they are.
    """

    @classmethod
    def rounded(cls, values: Mapping[str, Any]) -> Self:
        """Make them of numbers, rounded as JSON has them: to six decimals, or six digits."""
        return cls(**as_plain(values))

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them; those of a group lie beside the others."""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, _Group):
                found |= value.to_dict()
            elif value is not None or each.default is not None:
                found[each.name] = _as_dict(value)
        return as_plain(found)


@dataclass(frozen=True, slots=True)
class _Group(Figures):
    """Figures that are there together or not at all."""


def _as_dict(value: Any) -> Any:
    if isinstance(value, Figures):
        return value.to_dict()
    return [_as_dict(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class SpeedFigures(_Group):
    """How fast a model is, see `coterie.metrics.Speed`."""

    milliseconds_p50: float
    milliseconds_p99: float
    rows_per_second: float
    memory_mib: float | None

    @classmethod
    def of(cls, speed: Speed | None) -> SpeedFigures | None:
        """Give them where speed was measured."""
        if speed is None:
            return None
        found = (speed.p50_ms, speed.p99_ms, speed.rows_per_second, speed.peak_mib)
        return cls.rounded(dict(zip(cls.__slots__, found, strict=True)))


@dataclass(frozen=True, slots=True)
class CostFigures(_Group):
    """What answers cost: time of the processor for a row, and US dollars for 1,000 rows.

    Of classes also the accuracy for a millisecond, and the correct answers for a dollar.
    """

    processor_ms: float
    cost_per_1000: float
    accuracy_per_ms: float | None = None
    right_per_dollar: float | None = None

    @classmethod
    def of(
        cls, spent: float | None, price: float, accuracy: float | None = None
    ) -> CostFigures | None:
        """Give them where the milliseconds are known; the price is that of an hour of one core."""
        if not spent:
            return None
        cost = spent / _SECONDS_PER_HOUR * price
        found = {"processor_ms": spent, "cost_per_1000": cost}
        if accuracy is not None:
            found["accuracy_per_ms"] = accuracy / spent
            found["right_per_dollar"] = accuracy / cost * 1000
        return cls.rounded(found)


@dataclass(frozen=True, slots=True)
class LanguageFigures(_Group):
    """Of a model that asks a language model.

    ``llm`` is its name, ``refused`` the share of rows without a label. ``order_bias``,
    ``first_shown``, ``expected_first``, ``order_agreement``, ``places_said`` and ``places_right``
    say how far answers depend on the order of the labels, see `coterie.classifiers.OrderBias`.
    Tokens and seconds are of a row, with all the orders in which it was asked;
    ``llm_cost_per_1000`` is in US dollars, None where the price is not known.
    """

    llm: str
    refused: float
    order_bias: float | None
    first_shown: float | None
    expected_first: float | None
    order_agreement: float | None
    llm_tokens: float
    llm_seconds: float
    llm_cost_per_1000: float | None
    places_said: Sequence[float] = ()
    places_right: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class PositiveFigures(_Group):
    """Of the positive class alone."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures(Figures):
    """Figures of a classifier.

    The last ones are those of an evaluation, where also ``auc`` and ``average_precision`` are of
    the positive class if there is one. ``accuracy_low`` and ``accuracy_high`` are the ends of the
    95% interval; ``intervals`` has those of all figures, where there are fewer than 500 rows.
    """

    model: str
    kind: str
    rows: int
    classes: int
    accuracy: float
    balanced_accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    auc: float | None
    average_precision: float | None
    ece: float
    over_confidence: float
    log_loss: float | None
    assigned: float | None
    accuracy_assigned: float | None
    outside: float | None
    unseen_labels: Sequence[str]
    speed: SpeedFigures | None = None
    size_mib: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    intervals: Mapping[str, Sequence[float]] | None = None
    unknown_label_rows: int | None = None
    positive: PositiveFigures | None = None
    costs: CostFigures | None = None
    language: LanguageFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldFigures(Figures):
    """Means and standard deviations over the folds of a cross-validation."""

    folds: int
    accuracy: float
    accuracy_sd: float
    macro_f1: float
    macro_f1_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFigures(Figures):
    """Figures of a model that estimates a number.

    See `coterie.metrics.NumberScores` and `coterie.metrics.RangeScores`; ``rank`` is Spearman's
    correlation, ``bias`` the mean of the estimate less the truth, and ``within_low`` and
    ``within_high`` are the ends of the 95% interval of ``within``; ``intervals`` has those of all
    figures, where there are fewer than 500 rows.
    """

    model: str
    kind: str
    rows: int
    r2: float | None
    r2_log: float | None
    mae: float
    rmse: float
    median_error: float
    rank: float | None
    bias: float
    within: float
    within_low: float
    within_high: float
    below: float
    above: float
    range_width: float
    outside: float
    speed: SpeedFigures | None = None
    size_mib: float | None = None
    costs: CostFigures | None = None
    beside_training: str | None
    intervals: Mapping[str, Sequence[float]] | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingFigures(Figures):
    """How far an encoder keeps labels apart; cosines, see `coterie.metrics.label_cosines`."""

    encoder: str
    within: Mapping[str, float]
    between: float
    quality: float
    auc: float


@dataclass(frozen=True, slots=True)
class StageFigures(Figures):
    """What a stage of a cascade answered, and what its member would do and cost alone."""

    model: str
    threshold: float | None
    share: float
    accuracy: float | None
    accuracy_alone: float
    processor_ms: float | None
    share_in_training: float
    milliseconds_in_training: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFigures(_Group):
    """Of a model with one encoder: the embedding of the rows, and the epochs of its training."""

    embedding: EmbeddingFigures | None
    history: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _About(Figures):
    """Where a model comes from and what is in it.

    ``seen`` counts the rows whose content is that of a training row, ``repeated`` is the share of
    training rows whose content another one has; both are None where the model does not know.
    """

    version: int | None = None
    created: str | None = None
    note: str | None = None
    trained_on: int | None = None
    encoders: Sequence[str] = ()
    processor_ms: float | None = None
    seen: int | None = None
    repeated: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierAbout(_About):
    """Where a classifier comes from and what is in it.

    ``over_folds`` are the figures of its cross-validation in training.
    """

    threshold: float | None = None
    text: TextFigures | None = None
    stages: Sequence[StageFigures] | None = None
    over_folds: FoldFigures | None = None
    language: LanguageFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressorAbout(_About):
    """Where a model of a number comes from and what is in it.

    ``middle`` is what it would say without knowing anything: the mean of its training, as
    ``transform`` has it (see `coterie.classifiers.trees.scales.Scale`).
    """

    mae_in_training: float | None = None
    mixed_by: str = ""
    learners: Sequence[str] = ()
    middle: float | None = None
    transform: str = "none"


@dataclass(frozen=True, slots=True)
class Ceiling(Figures):
    """What the best possible classifier reaches on these rows, and a sentence that says why."""

    accuracy: float
    auc: float | None
    why: str


@dataclass(frozen=True, slots=True)
class NumberCeiling(Figures):
    """What the best possible model of a number reaches on these rows, and why."""

    r2: float
    why: str
