"""The section of a discovery that shows its map, to be coloured in several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from coterie.pages.discovery import words
from coterie.pages.partitions import SEGMENT, partition
from coterie.report import Map, Partition, Section
from coterie.segments import STATUSES
from coterie.segments.finding.layout import projection_of
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.families import display_names, families

__all__ = ["map_section"]

_LEGEND = 300  # names of a label column that a map can tell apart


def map_section(result: DiscoverResult) -> Section:
    """Draw every record as a point."""
    discovery = result.discovery
    rows = discovery.assignments
    chart = Map(
        discovery.layout,
        result.rows.shown.tolist(),
        list(_partitions(result)),
        ids=result.rows.ids.tolist(),
        statuses=rows.statuses.tolist(),
        confidence=rows.confidences,
        projection=projection_of(len(discovery.layout)),
    )
    intro = words.map_intro(result.figures.table.unit, texts=result.has_texts)
    return Section(words.MAP_TITLE, [chart], intro=intro)


def _partitions(result: DiscoverResult) -> Iterator[Partition]:
    discovery = result.discovery
    segments = discovery.segmentation.segments
    of_rows = discovery.assignments.segments
    names = display_names(segments)
    yield partition(SEGMENT, of_rows, [s.id for s in segments], list(names.values()), "outside")
    parent = families(segments)
    if parent:
        known = list(dict.fromkeys(parent.values()))
        in_family = np.array([parent.get(s) for s in of_rows], dtype=object)
        yield partition("Family", in_family, known, known, "outside")
    levels = discovery.levels
    finer, coarser = (levels[end] for end in ("finer", "coarser"))
    if len(segments) < _count(finer) <= _LEGEND:
        yield _finer(finer, of_rows, names)
    if 1 < _count(coarser) < len(segments):
        yield _coarser(coarser, of_rows, names)
    for column, labels in result.labels.items():
        counts = Counter(label for label in labels if label is not None)
        if 0 < len(counts) <= _LEGEND:
            values = [label for label, _ in counts.most_common()]
            yield partition(column, labels, values, values, "no label")
    statuses = [s for s in STATUSES if s in discovery.assignments.statuses]
    yield partition("Status", discovery.assignments.statuses, statuses, statuses, "none")


def _count(codes: npt.NDArray[np.int64]) -> int:
    return len(np.unique(codes[codes >= 0]))


def _coarser(
    coarser: npt.NDArray[np.int64], of_rows: npt.NDArray[np.object_], names: dict[str, str]
) -> Partition:
    """Name coarser groups after the largest segment in each."""
    codes = np.full(len(coarser), -1, dtype=np.int64)
    known: list[str] = []
    for group in np.unique(coarser[coarser >= 0]):
        rows = coarser == group
        held = Counter(names.get(segment, "outside") for segment in of_rows[rows].tolist())
        largest = held.most_common(1)[0][0]
        codes[rows] = len(known)
        more = len(held) - 1
        known.append(f"{largest} and {more} more" if more else largest)
    return Partition("Coarser group", codes, known)


def _finer(
    fine: npt.NDArray[np.int64], of_rows: npt.NDArray[np.object_], names: dict[str, str]
) -> Partition:
    """Name finer groups after the segment that holds most of each, with a number."""
    held: Counter[str] = Counter()
    known: list[str] = []
    codes = np.full(len(fine), -1, dtype=np.int64)
    for group in np.unique(fine[fine >= 0]):
        rows = fine == group
        owner = Counter(of_rows[rows].tolist()).most_common(1)[0][0]
        held[owner] += 1
        codes[rows] = len(known)
        known.append(f"{names.get(owner, 'outside')} {held[owner]}")
    return Partition("Finer group", codes, known)
