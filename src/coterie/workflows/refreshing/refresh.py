"""A discovery meets the rows of a later table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    GivenVectors,
    Readability,
    Vectors,
    check_given,
    load_encoder,
    release,
)
from coterie.errors import EncoderMismatchError, OptionError
from coterie.options import RefreshOptions
from coterie.progress import current
from coterie.records import require_texts
from coterie.segments import Assignments, Segment, Segmentation, assignments_table, sign
from coterie.segments.taxonomy.refreshing import Renewal, refresh_segments
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.figures import TableFigures
from coterie.workflows.reading import check_reading
from coterie.workflows.refreshing.joining import join_rows, with_picture
from coterie.workflows.refreshing.matching import Matched, has_ids, match_rows, unlike_ids
from coterie.workflows.vectors import warn_of_width

__all__ = ["RefreshResult", "refresh"]

_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class RefreshResult:
    """What the m records of a later table did to a discovery.

    Attributes
    ----------
    before, after
        The discovery as it was, and as it is now: the same object where no record is new.
    dataset
        The records.
    period
        What they are called, for people.
    answers
        Where each record goes now.
    matched
        Which of them are new.
    renewal
        What became of the segments; None where no record is new.
    readability
        What the encoder reads of the records; None for vectors.
    seconds
        Stage to wall seconds.
    """

    before: DiscoverResult
    after: DiscoverResult
    dataset: Dataset
    period: str
    answers: Assignments
    matched: Matched
    renewal: Renewal | None
    readability: Readability | None
    seconds: Mapping[str, float]

    form: ClassVar[int] = 1

    @property
    def segmentation(self) -> Segmentation:
        """The segments as they are now."""
        return self.after.segmentation

    @property
    def frozen(self) -> bool:
        """Whether no segment could be added."""
        return self.before.segmentation.frozen

    @property
    def new(self) -> npt.NDArray[np.bool_]:
        """Which records are new, shape (m,)."""
        new = np.zeros(len(self.dataset.records), dtype=np.bool_)
        new[self.matched.fresh] = True
        return new

    @property
    def changes(self) -> pd.DataFrame:
        """One row a segment, see `Renewal.changes`; none where no record is new."""
        return _NO_CHANGES if self.renewal is None else self.renewal.changes

    def segments_that(self, kind: str) -> list[Segment]:
        """Give the segments that are new, or have vanished, returned, grown or shrunk."""
        chosen = self.changes.loc[self.changes["change"] == kind, "id"]
        return [self.segmentation[segment] for segment in chosen]

    @property
    def joined(self) -> int:
        """Earlier rows that were outside and are in a new segment now."""
        if self.renewal is None:
            return 0
        moved = self.renewal.before.segments != self.renewal.assignments.segments
        return int(moved[: len(self.before.rows)].sum())

    @property
    def taken(self) -> int:
        """New rows that are in a new segment, and would have been in an old one before."""
        if self.renewal is None:
            return 0
        was = self.renewal.before.segments[len(self.before.rows) :]
        now = self.renewal.assignments.segments[len(self.before.rows) :]
        return int(((was != "") & (was != now)).sum())

    @property
    def answers_table(self) -> pd.DataFrame:
        """One row a record: id, segment, name, status, confidence, and whether it is new."""
        ids = self.dataset.records.ids.tolist()
        return assignments_table(self.segmentation, ids, self.answers).assign(new=self.new)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """What became of each segment, and where each record went."""
        return {
            "refresh-changes.csv": _rounded(self.changes),
            "refresh-rows.csv": self.answers_table,
        }

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        records, matched, renewal = self.dataset.records, self.matched, self.renewal
        table = TableFigures.of(self.dataset)
        fresh = self.answers.statuses[matched.fresh]
        waiting = () if renewal is None else renewal.waiting
        return {
            "form": self.form,
            "source": records.source,
            "period": self.period,
            "rows_in": table.rows_in,
            "rows": len(records),
            "set_aside": table.set_aside,
            "reasons": dict(table.reasons),
            "notes": list(table.notes),
            "rows_before": len(self.before.rows),
            "rows_new": len(matched.fresh),
            "rows_there_already": len(matched.again),
            "compared_by": "id" if matched.by_id else "text",
            "rows_with_another_text": matched.altered,
            "texts_there_already": matched.known_texts,
            "coverage": round(float((fresh != "outside").mean()), _DECIMALS)
            if len(fresh)
            else None,
            "coverage_before": round(self.before.discovery.assignments.coverage, _DECIMALS),
            "statuses": {k: int(n) for k, n in sorted(Counter(fresh.tolist()).items())},
            "segments": len(self.segmentation),
            "frozen": self.frozen,
            "new": [
                {**each, "terms": list(segment.terms), "exemplars": list(segment.exemplars)}
                for each, segment in zip(
                    self._listed("new"), self.segments_that("new"), strict=True
                )
            ],
            **{kind: self._listed(kind) for kind in ("vanished", "returned", "grew", "shrank")},
            "rows_taken": self.taken,
            "waiting": [{"name": s.name, "rows": s.size, "terms": list(s.terms)} for s in waiting],
            "known_groups": 0 if renewal is None else renewal.known_groups,
            "small_groups": 0 if renewal is None else renewal.small_groups,
            "earlier_rows_joined": self.joined,
            "readability": self.readability and self.readability.to_dict(),
            "seconds": dict(self.seconds),
        }

    def _listed(self, kind: str) -> list[dict[str, Any]]:
        frame = _rounded(self.changes[self.changes["change"] == kind])
        frame = frame.drop(columns="change")
        plain = frame.astype(object).where(frame.notna(), None)
        return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


_NO_CHANGES = pd.DataFrame(
    {
        "id": pd.Series(dtype=object),
        "name": pd.Series(dtype=object),
        "change": pd.Series(dtype=object),
        "rows_before": pd.Series(dtype=np.int64),
        "share_before": pd.Series(dtype=np.float64),
        "rows_now": pd.Series(dtype=np.int64),
        "share_now": pd.Series(dtype=np.float64),
        "p_value": pd.Series(dtype=np.float64),
    }
)


def _rounded(changes: pd.DataFrame) -> pd.DataFrame:
    shares = {name: changes[name].round(_DECIMALS) for name in ("share_before", "share_now")}
    return changes.assign(**shares)


def refresh(
    before: DiscoverResult,
    dataset: Dataset,
    options: RefreshOptions | None = None,
    *,
    cache: EmbeddingCache | None = None,
    by: str | None = None,
) -> RefreshResult:
    """Let the records of a later table meet a discovery; ids and names of segments stay.

    Parameters
    ----------
    before
        The discovery, as it was found, edited and refreshed so far.
    dataset
        The m records.
    options
        How to refresh; the defaults when None.
    cache
        Where vectors are kept; the user's own when None.
    by
        Who asks for it, as for `coterie.segments.sign`.

    Raises
    ------
    InputError
        When the records have no texts.
    OptionError
        When the discovery was made of vectors, and texts are given.
    EncoderError
        When the encoder cannot be had.
    EncoderMismatchError
        When the encoder, the width of vectors, or how records are embedded is another.

    Notes
    -----
    Time and memory are those of `coterie.segments.taxonomy.refreshing.refresh_segments` on all
    rows, and O(m · 12,000 · 128) time for the map.
    """
    options = options or RefreshOptions()
    records, rows = dataset.records, before.rows
    start = time.perf_counter()
    vectors, readable, readability = _embedded(before, dataset, options, cache)
    seconds = {"embed": time.perf_counter() - start}
    stored_ids = has_ids(rows, before.figures.table.reading)
    matched = match_rows(rows, records, vectors, stored_ids=stored_ids)
    batch = int(rows.batch_codes.max(initial=0)) + 1
    period = options.period or _period(records.source, batch)
    after, renewal = before, None
    if len(matched.fresh):
        begin = time.perf_counter()
        with current().stage("Comparing with the segments"):
            ids = unlike_ids(rows, records, matched.fresh, batch)
            joined = join_rows(
                rows,
                records,
                matched.fresh,
                ids,
                vectors,
                readable,
                show_personal=options.show_personal,
            )
            details = {"source": records.source, "period": period, "already": len(matched.again)}
            renewal = refresh_segments(
                before.segmentation,
                joined,
                again=None if matched.by_id else matched.again,
                details=details,
                min_share=options.min_share,
                outside_only=options.outside_only,
                seed=options.seed,
            )
        seconds["compare"] = time.perf_counter() - begin
        begin = time.perf_counter()
        with current().stage("Placing the rows on the map"):
            signed = sign(before.segmentation, renewal.segmentation, by)
            renewal = replace(renewal, segmentation=signed)
            codes = renewal.assignments.codes([segment.id for segment in signed.segments])
            labels = {k: v[matched.fresh] for k, v in records.label_texts.items()}
            assert before.rows.picture is not None
            joined = with_picture(
                joined, before.rows.picture, labels, signed, codes, seed=options.seed
            )
            after = _joined(before, dataset, joined, renewal, matched.fresh)
        seconds["map"] = time.perf_counter() - begin
    answers = after.segmentation.predict(vectors, readable=readable)
    seconds["total"] = time.perf_counter() - start
    told = {stage: round(spent, 3) for stage, spent in seconds.items()}
    return RefreshResult(
        before, after, dataset, period, answers, matched, renewal, readability, told
    )


def _embedded(
    before: DiscoverResult,
    dataset: Dataset,
    options: RefreshOptions,
    cache: EmbeddingCache | None,
) -> tuple[Vectors, npt.NDArray[np.float32] | None, Readability | None]:
    """Embed records as those of the discovery were, and say what cannot be read."""
    records, made_by = dataset.records, before.segmentation.encoder
    if records.vectors is not None:
        stand_in = GivenVectors(made_by.name, made_by.dim, made_by.fingerprint)
        if not check_given(records.vectors, stand_in):
            warn_of_width(records.vectors, "the segments")
        return dataset.embed(stand_in, cache), None, None
    require_texts(records, "Refreshing")
    if made_by.name == UNKNOWN_ENCODER:
        raise OptionError(
            "The segments were found in vectors whose encoder is not known: give vectors of it "
            "with --vectors (vectors=)."
        )
    if made_by.pooling != dataset.pooling:
        raise EncoderMismatchError(
            "The segments were found on records whose rows were embedded one by one: name the "
            "column of the records with --group (group=) here too."
        )
    if options.encoder is None and before.encoder is not None:
        encoder: Any = before.encoder
    else:
        encoder = load_encoder(options.encoder or made_by.name, token=options.token)
    if encoder.fingerprint != made_by.fingerprint:
        raise EncoderMismatchError(
            f"The segments were made with the encoder '{made_by.name}' and work only with it, and "
            f"'{encoder.name}' is another or has other weights: leave --encoder (encoder=) out, "
            "name the folder of that encoder, or discover again."
        )
    readability, readable = check_reading(encoder, records.texts.tolist())
    vectors = dataset.embed(encoder, cache)
    release(encoder)
    return vectors, readable, readability


def _period(source: str, batch: int) -> str:
    """Call a later table by its file, without the ending."""
    stem = PurePath(source).stem if PurePath(source).suffix else ""
    return stem or f"refresh {batch}"


def _joined(
    before: DiscoverResult,
    dataset: Dataset,
    joined: Any,
    renewal: Renewal,
    fresh: npt.NDArray[np.int64],
) -> DiscoverResult:
    """Make the discovery of all rows, as it is now."""
    old, new = before.figures.table, TableFigures.of(dataset)
    texts = joined.texts.tolist()
    table = replace(
        old,
        rows=len(joined),
        rows_in=old.rows_in + int(dataset.records.sizes[fresh].sum()) + new.set_aside,
        set_aside=old.set_aside + new.set_aside,
        reasons=dict(Counter(old.reasons) + Counter(new.reasons)),
        distinct_texts=len(set(texts)) if any(texts) else 0,
        texts_embedded=old.texts_embedded + new.texts_embedded,
        notes=tuple(dict.fromkeys([*old.notes, *new.notes])),
        reading=old.reading or new.reading,
    )
    discovery = replace(
        before.discovery,
        segmentation=renewal.segmentation,
        assignments=renewal.assignments,
        ends=joined.picture.ends,
        layout=joined.picture.layout,
    )
    return DiscoverResult.of(
        joined,
        discovery,
        table,
        before.figures.making,
        _rejects(before, dataset),
        before.encoder,
    )


def _rejects(before: DiscoverResult, dataset: Dataset) -> pd.DataFrame:
    """Put the rows set aside under one another; ``source`` says which table each was in."""
    old, new = before.rejects, dataset.records.rejects
    if "source" not in old:
        old = old.assign(source=before.figures.table.source)
    parts = [part for part in (old, new.assign(source=dataset.records.source)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else old
