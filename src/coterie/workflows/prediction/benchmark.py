"""The job behind ``coterie bench predict``: how fast a saved model answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor, TextClassifier
from coterie.classifiers.features.context import ContextEncoder
from coterie.errors import OptionError
from coterie.metrics import measure_speed, peak_memory
from coterie.records import CONCEPTS, Records, with_concepts
from coterie.workflows.evaluation.measurements import members_of
from coterie.workflows.prediction.predict import LoadedModel, context_of
from coterie.workflows.prediction.predictor import Predictor
from coterie.workflows.training.train import rows_of

__all__ = ["PredictSpeed", "SpeedResult", "measure_predictions", "rows_for"]

_FEW, _MANY = 32, 2000
_EACH = 20  # concepts of a client that is made up
_NOTHING, _VECTORS, _CLIENTS = "nothing kept", "vectors kept", "clients known"


@dataclass(frozen=True, slots=True)
class PredictSpeed:
    """How fast a model answers in one state.

    Attributes
    ----------
    state
        ``"nothing kept"``: each call makes all anew, as the first one does; ``"vectors kept"``:
        texts or concepts were seen before; ``"clients known"``: so were the clients, and only their
        ids are asked.
    p50_ms, p99_ms
        Milliseconds of a call for one row: median, and what 99 in 100 calls keep to.
    one, few, many
        Rows per second in calls for 1 and 32 rows, and for ``batch``, or as many as there are.
    batch
        Rows of the largest call.
    """

    state: str
    p50_ms: float
    p99_ms: float
    one: float
    few: float
    many: float
    batch: int


@dataclass(frozen=True, slots=True)
class SpeedResult:
    """What `measure_predictions` found.

    Attributes
    ----------
    rows
        Different rows that were predicted.
    source
        Where they came from.
    load_seconds
        To load the model; None where that was not timed.
    speeds
        One for each state that makes a difference to this model.
    peak_mib
        The most memory that the process has had, in MiB; None where that cannot be told.
    kept_mib
        Of it, what the features of all rows and the vectors take.
    """

    rows: int
    source: str
    load_seconds: float | None
    speeds: Sequence[PredictSpeed]
    peak_mib: float | None
    kept_mib: float

    @property
    def metrics(self) -> Mapping[str, Any]:
        """All of it as JSON takes it."""
        return asdict(self)


def measure_predictions(
    model: LoadedModel,
    records: Records,
    *,
    seconds: float = 5.0,
    load_seconds: float | None = None,
) -> SpeedResult:
    """Time predictions with nothing kept, with vectors kept, and of clients that are known.

    Parameters
    ----------
    model
        Whose vectors and features are not kept yet.
    records
        1 row or more.
    seconds
        For each state, about; one call of each size is made however long it takes.
    load_seconds
        How long loading took, to be told with the rest.
    """
    classifier: Any = model.classifier
    given = rows_of(records, context_of(classifier))
    rows = _Slices(given)
    speeds = [_timed(_NOTHING, classifier.decide, rows, seconds)]
    predictor = Predictor(model)
    classifier.decide(given)
    if len(predictor.vectors):
        speeds.append(_timed(_VECTORS, classifier.decide, rows, seconds))
    if predictor.keeps:
        predictor.know(records)
        ids = records.ids.tolist()
        speeds.append(_timed(_CLIENTS, predictor.predict_batch, ids, seconds))
    return SpeedResult(
        len(records),
        records.source,
        load_seconds,
        tuple(speeds),
        peak_memory(),
        predictor.nbytes / 2**20,
    )


class _Slices:
    """Rows that are sliced by their places, whether a list or a frame."""

    def __init__(self, rows: list[str] | pd.DataFrame) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: slice, /) -> list[str] | pd.DataFrame:
        if isinstance(self._rows, pd.DataFrame):
            return self._rows.iloc[at].reset_index(drop=True)
        return self._rows[at]


def _timed(state: str, predict: Callable[[Any], Any], rows: Any, seconds: float) -> PredictSpeed:
    most = _First(rows, _MANY)
    single = measure_speed(predict, most, seconds=seconds / 2)
    few = _rate(predict, _First(rows, _FEW), seconds / 4)
    return PredictSpeed(
        state,
        single.p50_ms,
        single.p99_ms,
        1000 / max(single.p50_ms, 1e-9),
        few,
        _rate(predict, most, seconds / 4),
        len(most),
    )


def _rate(predict: Callable[[Any], Any], rows: _First, seconds: float) -> float:
    """Rows per second in calls for all of them: the median of as many as there is time for."""
    batch = rows[0 : len(rows)]
    spent: list[float] = []
    while not spent or sum(spent) < seconds:
        started = time.perf_counter()
        predict(batch)
        spent.append(time.perf_counter() - started)
    return len(rows) / max(float(np.median(spent)), 1e-9)


class _First:
    """The first rows of many."""

    def __init__(self, rows: Any, count: int) -> None:
        self._rows, self._count = rows, min(count, len(rows))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: slice, /) -> Any:
        return self._rows[slice(*at.indices(self._count))]


def rows_for(model: LoadedModel, count: int, *, seed: int = 0) -> Records:
    """Make rows up that fit a model, where none are at hand.

    A model of texts gets the training texts that it keeps. An ensemble gets 20 concepts for each
    client, drawn of those it knows, and names and numbers such as it has learnt from.

    Parameters
    ----------
    count
        How many rows. Texts may be fewer.
    seed
        Draws all that is drawn.

    Raises
    ------
    OptionError
        When it keeps no texts and needs some.
    """
    rng = np.random.default_rng(seed)
    classifier = model.classifier
    if isinstance(classifier, EnsembleClassifier | EnsembleRegressor):
        return _clients(classifier, count, rng)
    member: TextClassifier = members_of(classifier)[0]
    texts = np.array(member.examples_.texts, dtype=object)[:count]
    source = f"{len(texts):,} training texts that the model keeps"
    made = _records(texts, source)
    return _with_context(made, member.context_, rng)


def _clients(model: EnsembleClassifier | EnsembleRegressor, count: int, rng: Any) -> Records:
    if model.text is not None:
        raise OptionError("The model reads texts and keeps none: name a FILE to measure with.")
    told = f"{count:,} clients made up"
    blocks = dict(model.features_["blocks"].transformer_list)
    context = blocks["context"].context_ if "context" in blocks else None
    records = _with_context(_records(np.full(count, "", dtype=object), told), context, rng)
    if model.concepts is None:
        return records
    known = np.array(sorted(model.features_["read"].known_), dtype=object)
    each = min(_EACH, len(known))
    cells = np.empty(count, dtype=object)
    cells[:] = [tuple(rng.choice(known, each, replace=False)) for _ in range(count)]
    told += f", with {each} of {len(known):,} known concepts each"
    return _renamed(with_concepts(records, cells), model.concepts, told)


def _renamed(records: Records, column: str, source: str) -> Records:
    context = records.context.rename(columns={CONCEPTS: column})
    return replace(records, context=context, source=source)


def _records(texts: npt.NDArray[np.object_], source: str) -> Records:
    n = len(texts)
    ids = np.array([f"row {place + 1}" for place in range(n)], dtype=object)
    return Records(ids, texts, np.ones(n, dtype=np.int64), np.arange(1, n + 1), source=source)


def _with_context(records: Records, context: ContextEncoder | None, rng: Any) -> Records:
    """Give records values such as a model has learnt from."""
    if context is None:
        return records
    columns: dict[str, Any] = {}
    for column in context.columns:
        if column.numeric:
            columns[column.name] = rng.normal(column.usual, 1.0, len(records))
        else:
            columns[column.name] = rng.choice(np.array(column.levels, dtype=object), len(records))
    return replace(records, context=pd.DataFrame(columns))
