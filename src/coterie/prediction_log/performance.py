"""How the models of a service do: how fast, how often, how right and how sure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Any, NamedTuple

import sqlalchemy as sa

from coterie.jsonable import as_plain
from coterie.options import LogPeriod
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
_TOLD = 1_000  # labels, routes and so on that are told, the most frequent ones
_GROUPS = 100_000  # labels that are counted: beyond, the rarer ones are forgotten now and then
_TOGETHER = 200_000  # entries grouped at once, which SQLite sorts in memory
_STEPS = {"minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}  # microseconds
_COLUMNS = 200  # steps of a period, at most, where a longer step is left; a judgement
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = 366 * _STEPS["day"]
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
    """One minute, hour or day in UTC, by its beginning."""

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
        ``"minute"``, ``"hour"`` or ``"day"``, which `traffic` is by: the shortest of which the
        period has at most 200. The period is the one asked for, up to now where it has no end;
        without a beginning, it is from the first to the last entry.
    traffic
        In the order of time; those without an entry are left out.
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


def measure(engine: sa.Engine, where: Sequence[Any], asked: LogPeriod) -> Performance:
    """Measure the entries that pass, which are those of a period.

    The database groups them, some 200,000 at a time: O(rows) time, memory that does not grow with
    them, and no transaction that lasts.
    """
    times = sa.type_coerce(_p.time, sa.BigInteger)
    ends = sa.select(sa.func.min(times), sa.func.max(times), sa.func.count()).where(*where)
    with engine.connect() as connection:
        first, last, rows = connection.execute(ends).one()
    every = _every(asked, first, last)
    if not rows:
        return _Sums().told(None, None, asked.model, every)
    step = _STEPS[every]
    width = min(max((last - first) * _TOGETHER // rows // step, 1) * step, _YEAR)
    inside = [*where, _p.time >= sa.bindparam("start"), _p.time < sa.bindparam("end")]
    groups, labels, truths = _groups(inside, step), _labels(inside), _truths(inside)
    latencies = _latencies(inside, engine.dialect.name)
    following = sa.select(sa.func.min(times)).where(*where, _p.time >= sa.bindparam("end"))
    sums = _Sums()
    at: int | None = first
    while at is not None:
        start = at // step * step
        stretch = {"start": start, "end": start + width}
        with engine.connect() as connection:
            sums.add_groups(connection.execute(groups, stretch), step)
            sums.add_labels(connection.execute(labels, stretch))
            sums.add_latencies(connection.execute(latencies, stretch))
            sums.add_truths(connection.execute(truths, stretch))
            at = connection.execute(following, {"end": start + width}).scalar()
    return sums.told(first, last, asked.model, every)


def _every(asked: LogPeriod, first: int | None, last: int | None) -> str:
    """Choose the step of `Performance.traffic`."""
    begin, end = first or 0, last or 0
    if isinstance(asked.since, datetime):
        until = asked.until if isinstance(asked.until, datetime) else datetime.now(UTC)
        begin, end = _microseconds(asked.since), max(_microseconds(until), end)
    steps = _STEPS.items()
    return next((name for name, step in steps if end - begin <= _COLUMNS * step), "day")


def _groups(where: Sequence[Any], step: int) -> sa.Select[Any]:
    """Count entries, and first ones of a request, by when they were and what they share."""
    times = sa.type_coerce(_p.time, sa.BigInteger)
    when = times.op("/")(sa.literal(step, sa.BigInteger)).label("moment")  # whole numbers
    by = (_p.model, _p.version, _p.role, _p.error, _p.route, _p.status)
    counts = sa.func.count(), _sum(_p.first)
    return sa.select(when, *by, *counts).where(*where).group_by("moment", *by)


def _labels(where: Sequence[Any]) -> sa.Select[Any]:
    """Count the labels of answers, the most frequent first."""
    count = sa.func.count()
    wanted = sa.select(_p.label, count).where(*where, _p.role == "answer", _p.label.is_not(None))
    return wanted.group_by(_p.label).order_by(count.desc()).limit(_GROUPS)


def _latencies(where: Sequence[Any], dialect: str) -> sa.Select[Any]:
    """Count latencies on a scale of steps, for each version and role of a model."""
    whole = sa.func.floor if dialect == "postgresql" else _as_it_is
    steps: list[tuple[Any, Any]] = []
    number, below = 0, 0.0
    for end, step in _SCALE:
        place = sa.cast(whole((_p.seconds - below) / step), sa.BigInteger) + number
        steps.append((_p.seconds < end if math.isfinite(end) else sa.true(), place))
        if math.isfinite(end):
            number, below = number + round((end - below) / step), end
    scale = sa.case(*steps).label("place")
    wanted = sa.select(_p.model, _p.version, _p.role, scale, sa.func.count()).where(
        *where, _p.seconds >= 0, sa.text("error = ''")
    )
    return wanted.group_by(_p.model, _p.version, _p.role, "place")


def _truths(where: Sequence[Any]) -> sa.Select[Any]:
    """Count truths, and right ones, and add up confidences, by bins of confidence."""
    steps = [(_p.confidence <= edge, place) for place, edge in enumerate(_EDGES)]
    sure = sa.case((_p.confidence.is_(None), -1), *steps, else_=_BINS - 1).label("place")
    right = sa.case((_p.truth == _p.label, 1), else_=0)
    confidences = sa.func.coalesce(sa.func.sum(_p.confidence), 0.0)
    wanted = sa.select(
        *(_p.model, _p.version, _p.role, sure, sa.func.count(), _sum(right), confidences)
    ).where(*where, _p.truth.is_not(None), sa.text("error = ''"))
    return wanted.group_by(_p.model, _p.version, _p.role, "place")


class _Sums:
    """What is counted, from stretch to stretch of time."""

    def __init__(self) -> None:
        self._made: dict[_Whose, list[int]] = defaultdict(lambda: [0, 0])  # answered, failed
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._requests = 0
        self._latencies: dict[_Whose, Counter[int]] = defaultdict(Counter)
        self._truths: dict[_Whose, dict[int, list[float]]] = defaultdict(dict)
        self._traffic: list[Traffic] = []

    def add_groups(self, found: Iterable[Any], step: int) -> None:
        """Add what `_groups` asks for."""
        traffic: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for when, *whose, error, route, status, rows, firsts in found:
            self._made[_Whose(*whose)][bool(error)] += rows
            if whose[2] == "answer":
                traffic[when][0] += firsts
                traffic[when][1 + bool(error)] += rows
                for kind, value in (("errors", error), ("routes", route), ("statuses", status)):
                    if value:
                        self._counts[kind][value] += rows
        self._requests += sum(each[0] for each in traffic.values())
        self._traffic += [Traffic(_moment(at * step), *traffic[at]) for at in sorted(traffic)]

    def add_labels(self, found: Iterable[Any]) -> None:
        """Add what `_labels` asks for."""
        counts = self._counts["labels"]
        for label, rows in found:
            counts[label] += rows
        if len(counts) > _GROUPS:
            self._counts["labels"] = Counter(dict(counts.most_common(_GROUPS // 2)))

    def add_latencies(self, found: Iterable[Any]) -> None:
        """Add what `_latencies` asks for."""
        for *whose, place, rows in found:
            self._latencies[_Whose(*whose)][place] += rows

    def add_truths(self, found: Iterable[Any]) -> None:
        """Add what `_truths` asks for."""
        for *whose, place, truths, rights, confidence in found:
            held = self._truths[_Whose(*whose)].setdefault(place, [0, 0, 0.0])
            for at, value in enumerate((truths, rights, confidence)):
                held[at] += value

    def told(
        self, first: int | None, last: int | None, model: str | None, every: str
    ) -> Performance:
        """Make figures of the sums."""
        answers = [whose for whose in self._made if whose.role == "answer"]
        shadows = [whose for whose in self._made if whose.role != "answer"]
        bins: dict[int, list[float]] = defaultdict(lambda: [0, 0, 0.0])
        latencies = Counter[int]()
        for whose in answers:
            latencies.update(self._latencies[whose])
            for place, held in self._truths[whose].items():
                for at, value in enumerate(held):
                    bins[place][at] += value
        return Performance(
            since=None if first is None else _moment(first),
            until=None if last is None else _moment(last),
            model=model,
            requests=self._requests,
            predictions=sum(self._made[whose][0] for whose in answers),
            shadows=sum(sum(self._made[whose]) for whose in shadows),
            errors=self._most("errors"),
            latency=_latency(latencies),
            accuracy=_accuracy(bins),
            calibration=_calibration(bins),
            models=tuple(self._models()),
            labels=self._most("labels"),
            routes=self._most("routes"),
            statuses=self._most("statuses"),
            every=every,
            traffic=tuple(self._traffic),
        )

    def _most(self, kind: str) -> dict[str, int]:
        found = sorted(self._counts[kind].items(), key=lambda each: (-each[1], each[0]))
        return dict(found[:_TOLD])

    def _models(self) -> Iterator[ModelFigures]:
        order = sorted(self._made, key=lambda w: (w.model or "", w.role, -(w.version or 0)))
        for whose in order:
            predictions, errors = self._made[whose]
            if whose.model is None and not predictions:
                continue  # requests that failed before a model was known
            yield ModelFigures(
                *whose,
                predictions=predictions,
                errors=errors,
                latency=_latency(self._latencies[whose]),
                accuracy=_accuracy(self._truths[whose]),
            )


def _accuracy(bins: Mapping[int, Sequence[float]]) -> Accuracy:
    truths, right = (int(sum(held[at] for held in bins.values())) for at in (0, 1))
    return Accuracy.of(right, truths)


def _calibration(bins: Mapping[int, Sequence[float]]) -> Calibration:
    held = [bins.get(place, (0, 0, 0.0)) for place in range(_BINS)]
    total = int(sum(truths for truths, _, _ in held))
    gap = sum(abs(confidence - right) for _, right, confidence in held)
    over = sum(confidence - right for _, right, confidence in held)
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
            for place, (truths, right, confidence) in enumerate(held)
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


def _as_it_is(number: Any) -> Any:
    return number  # SQLite cuts where it casts


def _sum(column: Any) -> Any:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _with_times(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, Mapping):
        return {name: _with_times(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_times(each) for each in value]
    return value
