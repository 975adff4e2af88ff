"""New rows against those that segments or a model were made from, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from coterie.classifiers import (
    Classifier,
    EnsembleRegressor,
    Predictions,
    TextClassifier,
    with_cache,
)
from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    GivenVectors,
    Vectors,
    check_given,
    load_encoder,
    release,
)
from coterie.errors import EncoderMismatchError, InputError, OptionError
from coterie.formatting import counted
from coterie.metrics.drift import spread_between
from coterie.progress import current
from coterie.records import Records, require_texts
from coterie.segments import Segmentation
from coterie.segments.taxonomy.folder import fitted_encoder
from coterie.workflows.assignment import home_of
from coterie.workflows.dataset import Dataset
from coterie.workflows.prediction.predict import decide_records
from coterie.workflows.reading import check_model, check_reading
from coterie.workflows.watching.groups import in_one_space, seen_alike
from coterie.workflows.watching.judging import Judged, Judging, judge
from coterie.workflows.watching.periods import Every, Period, WatchedPeriod, periods_of
from coterie.workflows.watching.result import WatchResult
from coterie.workflows.watching.rows import DecidedRows, Reference, text_keys

__all__ = ["by_model", "by_segments", "watch_rows"]

_FEWEST = 30  # rows of a period: fewer tell nothing; a judgement
_TOGETHER = 50_000  # rows that one space is made for, which bounds the memory
_SAME = 0.85  # cosine of the means of two groups of different periods that are one; a judgement
_WEEKS = 4  # whole periods of a reference, from which on their spread is measured


def watch_rows(
    rows: DecidedRows,
    reference: Reference,
    *,
    every: Every = "week",
    least: float = 0.005,
    seed: int = 0,
    show_personal: bool = False,
    source: str = "",
    watched: str = "",
) -> WatchResult:
    """Say what changed in rows that were decided, compared with a reference.

    Parameters
    ----------
    rows
        The n new rows. Those with times are judged period by period; without vectors no new group
        is looked for.
    reference
        What they are compared with. Where its rows have times, and at least four whole periods, the
        spread between these is what new periods may differ by.
    every
        The length of a period.
    least
        The smallest change of a share of rows that matters.
    seed
        Random seed.
    show_personal
        Whether to show personal data in examples, which is masked otherwise.
    source, watched
        Names of the table, and of the segments or the model, for people.

    Raises
    ------
    InputError
        When no period has 30 rows.

    Notes
    -----
    For each period O((n + m)²) time in its rows n and the m of the reference, of which at most
    6,000 each are compared.
    """
    periods = periods_of(rows.time, every, len(rows))
    large = [period for period in periods if len(period.places) >= _FEWEST]
    if not large:
        most = max((len(period.places) for period in periods), default=0)
        raise InputError(
            f"No period has {_FEWEST} rows, and the largest {counted(most, 'row')}: give more rows"
            + ("." if rows.time is None else ", or longer periods with --every (every=).")
        )
    with current().stage("Finding repeated texts"):
        keys, known = text_keys(rows, reference.rows)
    if reference.learnt:
        rows, before = seen_alike(rows, reference.rows, seed=seed)
        reference = replace(reference, rows=before)
    own, quiet = rows, reference
    has = rows.vectors is not None and reference.rows.vectors is not None
    if has and len(large) > 1 and len(rows) + len(reference.rows) <= _TOGETHER:
        with current().stage("Joining words and meaning"):
            own, before = in_one_space(rows, reference.rows, seed=seed)
        quiet = replace(reference, rows=before)
    how = Judging(least, seed, _spread(reference, every), show_personal)
    judged: list[tuple[Period, Judged]] = []
    with current().stage("Comparing with the reference", len(large)) as stage:
        for period in large:
            taken = own.take(period.places)
            judged.append((period, judge(taken, keys[period.places], quiet, known, how)))
            stage.advance()
    few = sum(len(period.places) for period in periods) - sum(len(p.places) for p in large)
    timeless = 0 if rows.time is None else int(np.isnat(rows.time).sum())
    return WatchResult(
        rows=rows,
        reference=reference,
        periods=tuple(_in_order(judged)),
        every=every,
        least=least,
        left_out=few,
        timeless=timeless,
        source=source,
        watched=watched,
        show_personal=show_personal,
    )


def _in_order(judged: Sequence[tuple[Period, Judged]]) -> list[WatchedPeriod]:
    """Say of each change when it was seen first; a new group keeps the name it had then."""
    seen: dict[tuple[str, str], str] = {}
    centres: dict[str, Vectors] = {}
    found = []
    for period, one in judged:
        names: dict[str, str] = {}
        for name, (centre, _) in one.centres.items():
            near = max(centres, key=lambda known: float(centres[known] @ centre), default="")
            same = bool(near) and float(centres[near] @ centre) >= _SAME
            names[name] = near if same and near not in names.values() else name
            centres.setdefault(names[name], centre)
        changes = []
        for change in one.changes:
            named = replace(change, name=names.get(change.name, change.name), period=period.name)
            since = seen.setdefault((named.kind, named.key or named.name), period.name)
            changes.append(replace(named, since=since))
        renamed = replace(
            one,
            changes=tuple(changes),
            members={names[name]: rows for name, rows in one.members.items()},
            centres={names[name]: centre for name, centre in one.centres.items()},
        )
        found.append(WatchedPeriod(period, renamed))
    return found


def _spread(reference: Reference, every: Every) -> dict[str, float]:
    if reference.rows.time is None:
        return {}
    periods = periods_of(reference.rows.time, every, len(reference.rows))
    whole = [p for p in periods if p.whole and len(p.places) >= _FEWEST]
    if len(whole) < _WEEKS:
        return {}
    keys = [*reference.names, ""]
    table = [[int((reference.rows.labels[p.places] == k).sum()) for k in keys] for p in whole]
    return dict(zip(keys, spread_between(table).tolist(), strict=True))


def by_segments(
    dataset: Dataset,
    segmentation: Segmentation,
    home: str | Path,
    *,
    cache: EmbeddingCache | None = None,
    token: str | None = None,
) -> DecidedRows:
    """Decide records by segments.

    Parameters
    ----------
    dataset
        The n records, pooled as the segmentation's were.
    segmentation, home
        The segments, and their folder, which may hold their encoder.
    cache, token
        Where vectors are kept, and a hub token.

    Raises
    ------
    InputError
        When the records have neither texts nor vectors.
    EncoderError, EncoderMismatchError
        When the encoder of the segments cannot be had, or is not that of the records.
    """
    records, made_by = dataset.records, segmentation.encoder
    shares = None
    if records.vectors is not None:
        check_given(records.vectors, GivenVectors(made_by.name, made_by.dim, made_by.fingerprint))
        vectors = records.vectors.values
    else:
        require_texts(records, "Watching")
        if made_by.name == UNKNOWN_ENCODER:
            raise OptionError(
                f"The segments in {home} were found in vectors whose encoder is not known: give "
                "vectors of it with --vectors (vectors=)."
            )
        own = fitted_encoder(home_of(home))
        encoder = load_encoder(made_by.name if own is None else str(own), token=token)
        if encoder.fingerprint != made_by.fingerprint:
            raise EncoderMismatchError(
                f"The segments in {home} were made with another '{made_by.name}', of other weights "
                "or fitted on other texts: discover again."
            )
        _, shares = check_reading(encoder, records.texts.tolist())
        vectors = dataset.embed(encoder, cache)
        release(encoder)
    found = segmentation.predict(vectors, readable=shares)
    return _decided(records, found.segments, found.statuses, found.confidences, vectors)


def by_model(
    records: Records, model: Classifier, *, cache: EmbeddingCache | None = None
) -> DecidedRows:
    """Decide records by a classifier; rows outside of its classes have no label.

    Raises
    ------
    OptionError
        When the model estimates a number.
    """
    if isinstance(model, EnsembleRegressor):
        raise OptionError("This model estimates a number: watch classes or segments.")
    said = decide_records(model, records, cache)
    assert isinstance(said, Predictions)
    check_model(model, records)
    labels = np.array([str(label) for label in said.labels], dtype=object)
    labels[said.statuses == "outside"] = ""
    vectors = None
    member = with_cache(getattr(model, "members_", [model])[0], cache)
    if isinstance(member, TextClassifier):
        if records.vectors is not None:
            vectors = records.vectors.values
        elif records.has_texts:
            vectors = member.embed(records.texts.tolist())
    return _decided(records, labels, said.statuses, said.confidences, vectors)


def _decided(
    records: Records, labels: Any, statuses: Any, confidences: Any, vectors: Vectors | None
) -> DecidedRows:
    has = records.has_texts
    return DecidedRows(
        labels,
        statuses,
        np.asarray(confidences, dtype=np.float64),
        records.ids,
        records.texts if has else None,
        records.shown if has else None,
        vectors,
        records.time,
    )
