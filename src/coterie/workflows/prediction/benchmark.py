"""How fast a saved model predicts, as ``coterie bench predict`` measures it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor, TextClassifier, with_cache
from coterie.classifiers.features.context import ContextEncoder
from coterie.encoders import GivenVectors, NoCache
from coterie.errors import OptionError
from coterie.metrics import measure_speed, peak_memory
from coterie.records import CONCEPTS, Records, RowVectors, with_concepts
from coterie.workflows.evaluation.measurements import members_of
from coterie.workflows.prediction.predict import LoadedModel, context_of
from coterie.workflows.prediction.predictor import Predictor
from coterie.workflows.training.rows import rows_of

__all__ = ["PredictSpeed", "SpeedResult", "measure_predictions", "rows_for"]

_FEW, _MANY = 32, 2000  # rows of a call: a judgement
_EACH = 20  # concepts of a generated client: a judgement
_NOTHING, _VECTORS, _CLIENTS = "nothing kept", "vectors kept", "clients known"


@dataclass(frozen=True, slots=True)
class PredictSpeed:
    """How fast a model predicts in one state.

    Attributes
    ----------
    state
        ``"nothing kept"``: no cache; ``"vectors kept"``: the vectors of the texts or concepts are
        in memory; ``"clients known"``: so are the features of the clients, which are predicted by
        their ids.
    p50_ms, p99_ms
        Milliseconds of a call for one row: median and 99th percentile.
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
    """Speed and memory of a model, see `measure_predictions`.

    Attributes
    ----------
    rows
        Different rows that were predicted.
    source
        Where they came from.
    load_seconds
        To load the model; None where that was not timed.
    speeds
        One for each state that this model can be in.
    peak_mib
        Peak memory of the process, in MiB; None where that is not known.
    kept_mib
        Of it, the features of all rows and the vectors.
    """

    form: ClassVar[int] = 1

    rows: int
    source: str
    load_seconds: float | None
    speeds: Sequence[PredictSpeed]
    peak_mib: float | None
    kept_mib: float

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return {"form": self.form, **asdict(self)}


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
        See `coterie.workflows.prediction.predict.load_model`.
    records
        1 row or more.
    seconds
        For each state, about; one call of each size is made however long it takes.
    load_seconds
        How long loading took, for the result.
    """
    rows = rows_of(records, context_of(model.classifier))
    speeds = [_timed(_NOTHING, with_cache(model.classifier, NoCache()).decide, rows, seconds)]
    predictor = Predictor(model)
    predict = predictor.model.classifier.decide
    predict(rows)
    if len(predictor.vectors):
        speeds.append(_timed(_VECTORS, predict, rows, seconds))
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


def _timed(state: str, predict: Callable[[Any], Any], rows: Any, seconds: float) -> PredictSpeed:
    most = rows[:_MANY]
    single = measure_speed(predict, most, seconds=seconds / 2)
    return PredictSpeed(
        state,
        single.p50_ms,
        single.p99_ms,
        1000 / max(single.p50_ms, 1e-9),
        _rate(predict, rows[:_FEW], seconds / 4),
        _rate(predict, most, seconds / 4),
        len(most),
    )


def _rate(predict: Callable[[Any], Any], rows: Any, seconds: float) -> float:
    """Rows per second in calls for all of them: the median of as many as there is time for."""
    spent: list[float] = []
    while not spent or sum(spent) < seconds:
        started = time.perf_counter()
        predict(rows)
        spent.append(time.perf_counter() - started)
    return len(rows) / max(float(np.median(spent)), 1e-9)


def rows_for(model: LoadedModel, count: int, *, seed: int = 0) -> Records:
    """Make rows for a model where there is no table.

    A text model gets the training texts that it keeps. An ensemble gets 20 concepts for each
    client, drawn at random from those it knows, and context values as in its training rows.

    Parameters
    ----------
    count
        How many rows. Texts may be fewer.
    seed
        Random seed.

    Raises
    ------
    OptionError
        When the model needs texts and keeps none.
    """
    rng = np.random.default_rng(seed)
    classifier = model.classifier
    if isinstance(classifier, EnsembleClassifier | EnsembleRegressor):
        return _clients(classifier, count, rng)
    member: TextClassifier = members_of(classifier)[0]
    texts = np.array(member.examples_.texts, dtype=object)[:count]
    given = isinstance(member.encoder_, GivenVectors)
    source = f"{len(texts):,} training {'vectors' if given else 'texts'} that the model keeps"
    made = _records(texts, source)
    if given:
        made = replace(made, vectors=RowVectors(member.examples_.vectors[:count], source=source))
    return _with_context(made, member.context_, rng)


def _clients(model: EnsembleClassifier | EnsembleRegressor, count: int, rng: Any) -> Records:
    if model.text is not None:
        raise OptionError("The model reads texts and keeps none: name a FILE.")
    told = f"{count:,} synthetic clients"
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
    records = with_concepts(records, cells)
    renamed = records.context.rename(columns={CONCEPTS: model.concepts})
    return replace(records, context=renamed, source=told)


def _records(texts: npt.NDArray[np.object_], source: str) -> Records:
    n = len(texts)
    ids = np.array([f"row {place + 1}" for place in range(n)], dtype=object)
    return Records(ids, texts, np.ones(n, dtype=np.int64), np.arange(1, n + 1), source=source)


def _with_context(records: Records, context: ContextEncoder | None, rng: Any) -> Records:
    """Add context values such as those of the training rows."""
    if context is None:
        return records
    columns: dict[str, Any] = {}
    for column in context.columns:
        if column.numeric:
            columns[column.name] = rng.normal(column.usual, 1.0, len(records))
        else:
            columns[column.name] = rng.choice(np.array(column.levels, dtype=object), len(records))
    return replace(records, context=pd.DataFrame(columns))
