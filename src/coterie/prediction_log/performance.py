"""How the models of a service do: how fast, how often, how right and how sure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Any, NamedTuple

import sqlalchemy as sa

from coterie.jsonable import as_plain
from coterie.prediction_log.entries import written
from coterie.prediction_log.tables import PREDICTIONS

__all__ = [
    "Accuracy",
    "Calibration",
    "CalibrationBin",
    "Latency",
    "ModelFigures",
    "Performance",
    "Traffic",
    "measure",
]

_BINS = 15  # as of `coterie.metrics.score_calibration`
_EDGES = [place * (1 / _BINS) for place in range(1, _BINS)]
_LABELS = 1_000  # labels and routes told, the most frequent ones
_GROUPS = 10_000  # held in memory of each question, the largest ones
_HOURLY = timedelta(days=8)  # periods up to this are told by the hour, others by the day
_HOUR, _DAY = 3_600_000_000, 86_400_000_000  # microseconds
_NORMAL = NormalDist().inv_cdf(0.975)
# Seconds up to which a step of the scale of latencies counts, and the step: 1% or finer from a
# millisecond on.
_SCALE = ((0.01, 1e-5), (0.1, 1e-4), (1.0, 1e-3), (10.0, 1e-2), (100.0, 0.1), (math.inf, 1.0))
_SHARES = (0.5, 0.9, 0.99)
_p = PREDICTIONS.c


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds within which half, 90% and 99% of predictions were made, to within 1%."""

    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often feedback agrees.

    Attributes
    ----------
    truths, right
        Predictions with a known truth, and those of them that were right.
    accuracy
        Their share; None for no truth.
    low, high
        The 95% interval after Wilson.
    """

    truths: int
    right: int
    accuracy: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, right: int, truths: int) -> Accuracy:
        """Work out the share and its interval.

        Notes
        -----
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22, 1927.
        """
        if not truths:
            return cls(0, 0, None, None, None)
        share, z = right / truths, _NORMAL**2 / truths
        centre = share + z / 2
        half = math.sqrt(z * share * (1 - share) + z**2 / 4)
        low, high = max((centre - half) / (1 + z), 0.0), min((centre + half) / (1 + z), 1.0)
        return cls(truths, right, share, low, high)


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Predictions of like confidence, above ``low`` up to ``high``; means are None for none."""

    low: float
    high: float
    truths: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether a confidence of 80% is right 80% of the time, by feedback.

    Attributes
    ----------
    ece
        Expected calibration error, as `coterie.metrics.score_calibration` has it; None for no
        truth.
    over_confidence
        Mean confidence less accuracy.
    truths
        Predictions with a confidence and a known truth.
    bins
        The reliability table: 15 bins of equal width.
    """

    ece: float | None
    over_confidence: float | None
    truths: int
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One version of a model in one role."""

    model: str | None
    version: int | None
    role: str
    predictions: int
    errors: int
    latency: Latency
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class Traffic:
    """One hour or one day, by its beginning."""

    time: datetime
    requests: int
    predictions: int
    errors: int


@dataclass(frozen=True, slots=True)
class Performance:
    """How the models of a service do, in the entries of a period.

    Shadows count in `models` only, and in ``shadows``.

    Attributes
    ----------
    since, until
        Time of the first and of the last entry counted; None for no entry.
    model
        The model asked for; None for all.
    requests, predictions, shadows
        Requests, answers without an error, and predictions that were only compared.
    errors
        Kind of error to number of entries.
    latency
        Of all answers.
    accuracy, calibration
        Of all answers with feedback.
    models
        One for each version and role.
    labels, routes, statuses
        How often each was, the most frequent 1,000.
    every
        ``"hour"`` or ``"day"``, which `traffic` is by; those without an entry are left out.
    traffic
        In the order of time.
    """

    since: datetime | None
    until: datetime | None
    model: str | None
    requests: int
    predictions: int
    shadows: int
    errors: Mapping[str, int]
    latency: Latency
    accuracy: Accuracy
    calibration: Calibration
    models: tuple[ModelFigures, ...]
    labels: Mapping[str, int]
    routes: Mapping[str, int]
    statuses: Mapping[str, int]
    every: str
    traffic: tuple[Traffic, ...]
    form: int = field(default=1)

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON takes it."""
        return as_plain(_with_times(asdict(self)))


class _Whose(NamedTuple):
    model: str | None
    version: int | None
    role: str


def measure(engine: sa.Engine, where: Sequence[Any], model: str | None) -> Performance:
    """Measure the entries that pass; O(rows) time, memory that does not grow with them."""
    with engine.connect() as connection:
        return _Measuring(connection, list(where)).measure(model)


class _Measuring:
    def __init__(self, connection: sa.Connection, where: list[Any]) -> None:
        self._connection, self._where = connection, where
        self._sqlite = connection.dialect.name == "sqlite"

    def measure(self, model: str | None) -> Performance:
        p, count = _p, sa.func.count()
        times = sa.type_coerce(p.time, sa.BigInteger)
        first, last = self._ask(sa.func.min(times), sa.func.max(times))[0]
        groups = self._ask(
            p.model, p.version, p.role, p.error, p.route, p.status, count, _sum(p.first),
            by=(p.model, p.version, p.role, p.error, p.route, p.status),
        )  # fmt: skip
        answers = [group for group in groups if group[2] == "answer"]
        latencies = self._latencies()
        truths = self._truths()
        span = timedelta(microseconds=0 if first is None else last - first)
        every = "hour" if span <= _HOURLY else "day"
        answered = [row for whose, row in truths if whose.role == "answer"]
        return Performance(
            since=_moment(first),
            until=_moment(last),
            model=model,
            requests=sum(group[7] for group in answers),
            predictions=sum(group[6] for group in answers if not group[3]),
            shadows=sum(group[6] for group in groups if group[2] == "shadow"),
            errors=_counted((group[3], group[6]) for group in answers if group[3]),
            latency=_latency(
                _counts(scale for whose, scale in latencies.items() if whose.role == "answer")
            ),
            accuracy=Accuracy.of(sum(r[2] for r in answered), sum(r[1] for r in answered)),
            calibration=_calibration(answered),
            models=tuple(_models(groups, latencies, truths)),
            labels=self._most(p.label),
            routes=_counted((group[4], group[6]) for group in answers if group[4]),
            statuses=_counted((group[5], group[6]) for group in answers if group[5]),
            every=every,
            traffic=tuple(self._traffic(times, _HOUR if every == "hour" else _DAY)),
        )

    def _ask(self, *columns: Any, by: Sequence[Any] = (), where: Sequence[Any] = ()) -> list[Any]:
        """Select; of groups, the largest."""
        wanted = sa.select(*columns).where(*self._where, *where)
        if by:
            wanted = wanted.group_by(*by).order_by(sa.func.count().desc()).limit(_GROUPS)
        return list(self._connection.execute(wanted).all())

    def _latencies(self) -> dict[_Whose, dict[int, int]]:
        """Count latencies on a scale of steps, for each version and role of a model."""
        steps: list[tuple[Any, Any]] = []
        number, below = 0, 0.0
        for end, step in _SCALE:
            place = self._whole((_p.seconds - below) / step) + number
            steps.append((_p.seconds < end if math.isfinite(end) else sa.true(), place))
            if math.isfinite(end):
                number, below = number + round((end - below) / step), end
        scale = sa.case(*steps).label("place")
        rows = self._ask(
            _p.model, _p.version, _p.role, scale, sa.func.count(),
            by=(_p.model, _p.version, _p.role, "place"),
            where=(_p.seconds >= 0, sa.text("error = ''")),
        )  # fmt: skip
        found: dict[_Whose, dict[int, int]] = defaultdict(dict)
        for model, version, role, place, count in rows:
            found[_Whose(model, version, role)][place] = count
        return found

    def _truths(self) -> list[tuple[_Whose, Any]]:
        """Count truths, and right ones, and add up confidences, by bins of confidence."""
        sure = _p.confidence.is_not(None)
        steps = [(_p.confidence <= edge, place) for place, edge in enumerate(_EDGES)]
        place = sa.case((~sure, -1), *steps, else_=_BINS - 1).label("place")
        right = sa.case((_p.truth == _p.label, 1), else_=0)
        rows = self._ask(
            _p.model, _p.version, _p.role, place, sa.func.count(), _sum(right),
            sa.func.coalesce(sa.func.sum(_p.confidence), 0.0),
            by=(_p.model, _p.version, _p.role, "place"),
            where=(_p.truth.is_not(None), sa.text("error = ''")),
        )  # fmt: skip
        return [(_Whose(*row[:3]), row[3:]) for row in rows]

    def _most(self, column: Any) -> dict[str, int]:
        count = sa.func.count()
        wanted = sa.select(column, count).where(
            *self._where, column.is_not(None), _p.role == "answer"
        )
        wanted = wanted.group_by(column).order_by(count.desc(), column).limit(_LABELS)
        return {row[0]: row[1] for row in self._connection.execute(wanted)}

    def _traffic(self, times: Any, width: int) -> Iterable[Traffic]:
        place = times.op("/")(sa.literal(width, sa.BigInteger)).label("place")  # whole numbers
        failed = sa.case((sa.text("error <> ''"), 1), else_=0)
        rows = self._ask(
            place, _sum(_p.first), sa.func.count(), _sum(failed),
            by=("place",), where=(_p.role == "answer",),
        )  # fmt: skip
        for at, requests, entries, errors in sorted(rows, key=lambda row: row[0]):
            moment = _moment(at * width)
            assert moment is not None
            yield Traffic(moment, requests, entries - errors, errors)

    def _whole(self, number: Any) -> Any:
        """Cut a number that is not negative to a whole one."""
        cut = number if self._sqlite else sa.func.floor(number)
        return sa.cast(cut, sa.BigInteger)


def _models(
    groups: Iterable[Any],
    latencies: Mapping[_Whose, Mapping[int, int]],
    truths: Iterable[tuple[_Whose, Any]],
) -> Iterable[ModelFigures]:
    made: dict[_Whose, list[int]] = defaultdict(lambda: [0, 0])
    told: dict[_Whose, list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        made[_Whose(*group[:3])][bool(group[3])] += group[6]
    for whose, row in truths:
        told[whose][0] += row[2]
        told[whose][1] += row[1]
    order = sorted(made, key=lambda w: (w.model or "", w.role, -(w.version or 0)))
    for whose in order:
        predictions, errors = made[whose]
        if whose.model is None and not predictions:
            continue  # requests that failed before a model was known
        yield ModelFigures(
            *whose,
            predictions=predictions,
            errors=errors,
            latency=_latency(latencies.get(whose, {})),
            accuracy=Accuracy.of(*told[whose]),
        )


def _calibration(rows: Iterable[Any]) -> Calibration:
    bins = [[0, 0, 0.0] for _ in range(_BINS)]
    for place, truths, right, confidence in rows:
        if place >= 0:
            for at, value in enumerate((truths, right, confidence)):
                bins[place][at] += value
    total = sum(int(each[0]) for each in bins)
    gap = sum(abs(confidence - right) for _, right, confidence in bins)
    over = sum(confidence - right for _, right, confidence in bins)
    return Calibration(
        ece=gap / total if total else None,
        over_confidence=over / total if total else None,
        truths=total,
        bins=tuple(
            CalibrationBin(
                place / _BINS,
                (place + 1) / _BINS,
                int(truths),
                confidence / truths if truths else None,
                right / truths if truths else None,
            )
            for place, (truths, right, confidence) in enumerate(bins)
        ),
    )


def _latency(counts: Mapping[int, int]) -> Latency:
    total = sum(counts.values())
    if not total:
        return Latency(None, None, None, 0)
    found, seen = [], 0
    places = iter(sorted(counts))
    place = next(places)
    seen = counts[place]
    for share in _SHARES:
        while seen < share * total:
            place = next(places)
            seen += counts[place]
        found.append(1000 * _middle(place))
    return Latency(found[0], found[1], found[2], total)


def _middle(place: int) -> float:
    """Give the middle of a step of the scale, in seconds."""
    below = 0.0
    for end, step in _SCALE:
        steps = round((end - below) / step) if math.isfinite(end) else math.inf
        if place < steps:
            return below + (place + 0.5) * step
        place, below = place - int(steps), end
    raise AssertionError(place)  # the last step has no end


def _counts(scales: Iterable[Mapping[int, int]]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for scale in scales:
        for place, count in scale.items():
            found[place] += count
    return found


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name, count in pairs:
        found[name] += count
    most = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return dict(most[:_LABELS])


def _sum(column: Any) -> Any:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def _moment(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _with_times(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, Mapping):
        return {name: _with_times(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_times(each) for each in value]
    return value
