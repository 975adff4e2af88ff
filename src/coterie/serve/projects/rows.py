"""The rows of a project: as points of a map, as a list, and found by their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from coterie.errors import ColumnError, OptionError, StoreError
from coterie.jsonable import as_plain
from coterie.personal import hiding
from coterie.search.schema import Column
from coterie.search.storage.layout import is_index, newest_version
from coterie.search.storage.reader import IndexReader
from coterie.segments.taxonomy.rows import ROWS
from coterie.serve.projects.streams import BATCH, batches_of

__all__ = ["Order", "Places", "ProjectRows"]

Order: TypeAlias = Literal["row", "confidence", "-confidence"]
Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
T = TypeVar("T")

_ASSIGNMENTS = "assignments.csv"
_PERIODS = 24  # of a trend: a judgement, what a small chart can show
_MILLISECOND = 1_000.0  # microseconds
_LONGEST = 20_000  # characters of a text in a list
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True, eq=False)
class _Assigned:
    """Where each of n rows is: codes into ``ids``, -1 outside of all segments."""

    ids: tuple[str, ...]
    codes: Ints
    confidences: npt.NDArray[np.float32]
    statuses: pa.Array


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The index of the rows, and the place of each row in it, -1 where it has none."""

    reader: IndexReader
    places: Places


@dataclass(slots=True, eq=False)
class ProjectRows:
    """The rows of a discovery's folder, with the columns of an index; read when first asked for.

    Nothing is kept but the layout, the assignments and the memory-mapped index: 24 bytes a row.

    Attributes
    ----------
    found
        The folder of the discovery.
    index
        The index of its rows; None for none.
    time
        Name of the column of the time, where one was chosen.
    """

    found: Path
    index: Path | None
    time: str | None = None
    _stamps: dict[str, Any] = field(default_factory=dict)
    _held: dict[str, Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        return len(self._layout())

    @property
    def tag(self) -> str:
        """What changes when the assignments do."""
        return "-".join(map(str, _stamp(self.found / _ASSIGNMENTS)))

    def points(self) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Give all rows as points: columns ``x``, ``y``, ``segment``, ``confidence``, ``time``.

        ``segment`` is a code into the ids that `segment_ids` gives. ``time`` is in milliseconds
        since 1970, and absent where there is no time.
        """
        layout, assigned, times = self._layout(), self._assigned(), self.times()
        if len(layout) != len(assigned.codes):
            raise StoreError(
                f"{_ASSIGNMENTS} has other rows than {ROWS}: discover again, or restore the file."
            )
        columns: dict[str, npt.NDArray[Any]] = {
            "x": layout[:, 0],
            "y": layout[:, 1],
            "segment": assigned.codes,
            "confidence": assigned.confidences,
        }
        if times is not None:
            columns["time"] = times
        return batches_of(columns)

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Ids of the segments that rows are in, in the order of the codes of `points`."""
        return self._assigned().ids

    def centres(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Mean place on the map (k, 2) and number of rows (k,) of each segment."""
        layout, assigned = self._layout(), self._assigned()
        inside = assigned.codes >= 0
        codes, k = assigned.codes[inside], len(assigned.ids)
        sizes = np.bincount(codes, minlength=k)
        sums = [np.bincount(codes, layout[inside, axis], minlength=k) for axis in (0, 1)]
        return np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None], sizes

    def columns(self) -> list[Column]:
        """Give the columns that the map can be coloured by."""
        held = self._columns()
        if held is None:
            return []
        return [column for column in held.reader.schema if _is_shown(column)]

    def column(self, name: str) -> tuple[dict[str, Any], pa.Schema, Iterator[pa.RecordBatch]]:
        """Give a column for all rows, ``value``: codes, or numbers; and what the values mean."""
        held = self._columns()
        column = None if held is None else held.reader.schema.find(name)
        if held is None or column is None or not _is_shown(column):
            raise ColumnError(f"The map has no colours for a column '{name}': choose another.")
        values, about = _values(held, column)
        schema, batches = batches_of({"value": values})
        return about, schema, batches

    def times(self) -> npt.NDArray[np.float64] | None:
        """Time of each row in milliseconds since 1970, NaN where it has none; None without any."""
        held = self._columns()
        if held is None:
            return None
        dates = [column for column in held.reader.schema if column.kind == "date"]
        named = [column for column in dates if column.name == self.time]
        if not dates or (self.time and not named and len(dates) > 1):
            return None
        values, _ = _values(held, (named or dates)[0])
        times = values.astype(np.float64)
        return times if np.isfinite(times).any() else None

    def trends(self) -> tuple[dict[str, list[int]], dict[str, Any] | None]:
        """Count the rows of each segment over equal periods of time; none without a time."""
        times, assigned = self.times(), self._assigned()
        if times is None or len(times) != len(assigned.codes):
            return {}, None
        known = np.isfinite(times)
        low, high = float(times[known].min()), float(times[known].max())
        if low == high:
            return {}, None
        period = np.minimum((times[known] - low) / (high - low) * _PERIODS, _PERIODS - 1)
        rows = assigned.codes[known]
        inside = rows >= 0
        counts = np.zeros((len(assigned.ids), _PERIODS), dtype=np.int64)
        np.add.at(counts, (rows[inside], period[inside].astype(np.int64)), 1)
        about = {"from": low, "to": high, "unit": _unit((high - low) / _PERIODS)}
        return dict(zip(assigned.ids, counts.tolist(), strict=True)), about

    def find(self, words: str) -> npt.NDArray[np.uint32]:
        """Places of the rows whose text or id has all words, in any case. Time grows with them."""
        asked = words.split()
        found = []
        start = 0
        for ids, texts in self._texts():
            passed = None
            for word in asked:
                has = pc.or_(
                    pc.match_substring(texts, word, ignore_case=True),
                    pc.match_substring(ids, word, ignore_case=True),
                )
                passed = has if passed is None else pc.and_(passed, has)
            if passed is not None:
                hits = np.flatnonzero(passed.fill_null(False).to_numpy(zero_copy_only=False))
                found.append(hits + start)
            start += len(ids)
        return np.concatenate([np.empty(0, np.int64), *found]).astype(np.uint32)

    def listed(
        self,
        segment: str | None,
        *,
        offset: int = 0,
        limit: int = 50,
        order: Order = "row",
        words: str = "",
    ) -> tuple[int, Places]:
        """Choose the rows of a segment ("" for those outside, None for all), a page at a time."""
        assigned = self._assigned()
        if segment is None:
            places = np.arange(len(assigned.codes), dtype=np.int64)
        else:
            code = assigned.ids.index(segment) if segment in assigned.ids else -1
            if segment and code < 0:
                return 0, np.empty(0, np.int64)
            places = np.flatnonzero(assigned.codes == code)
        if words.strip():
            places = np.intersect1d(places, self.find(words).astype(np.int64))
        if order != "row":
            by = assigned.confidences[places]
            places = places[np.argsort(by if order == "confidence" else -by, kind="stable")]
        return len(places), places[offset : offset + limit]

    def show(
        self, places: Sequence[int] | Places, names: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Give rows with all that is known of them; personal data is masked unless it may be seen.

        Parameters
        ----------
        places
            Numbers of the rows, from 0.
        names
            Id of a segment to its name.

        Raises
        ------
        OptionError
            When there is no such row.
        """
        wanted = np.asarray(places, dtype=np.int64)
        assigned, n = self._assigned(), len(self)
        if len(wanted) and not (wanted.min() >= 0 and wanted.max() < n):
            raise OptionError(f"The rows have the numbers 0 to {n - 1:,}: name some of these.")
        hide = hiding(show_personal=self.shows_personal)
        ids, texts = self._some_texts(wanted)
        values = self._some_values(wanted)
        rows = []
        for at, place in enumerate(wanted.tolist()):
            code = int(assigned.codes[place])
            segment = assigned.ids[code] if code >= 0 else ""
            cells = {
                name: hide(cell) if isinstance(cell, str) else cell
                for name, cell in values[at].items()
            }
            rows.append(
                {
                    "at": place,
                    "id": ids[at],
                    "text": hide(texts[at][:_LONGEST]),
                    "segment": segment,
                    "name": names.get(segment, ""),
                    "confidence": round(float(assigned.confidences[place]), 4),
                    "status": assigned.statuses[place].as_py(),
                    "values": as_plain(cells),
                }
            )
        return rows

    def places_of(self, ids: Sequence[str]) -> list[int | None]:
        """Find the places of rows by their ids; None where one is not there."""
        known = self._ids_by_place()
        found = pc.index_in(pa.array(list(ids), pa.large_string()), value_set=known)
        places: list[int | None] = found.to_pylist()
        return places

    def segments_of(self, places: Sequence[int | None]) -> list[str]:
        """Give the segment of each place, "" outside of all of them."""
        assigned = self._assigned()
        codes = [-1 if place is None else int(assigned.codes[place]) for place in places]
        return [assigned.ids[code] if code >= 0 else "" for code in codes]

    @property
    def shows_personal(self) -> bool:
        """Whether the discovery was made to show personal data."""
        about = self._file().schema_arrow.metadata or {}
        return about.get(b"show_personal") == b"yes"

    def _file(self) -> pq.ParquetFile:
        path = self.found / ROWS
        if not path.is_file():
            raise StoreError("The folder of these segments has no rows: discover again.")
        return pq.ParquetFile(path)

    def _layout(self) -> npt.NDArray[np.float32]:
        """Shape (n, 2)."""
        return self._keep("layout", self.found / ROWS, self._read_layout)

    def _read_layout(self) -> npt.NDArray[np.float32]:
        with self._file() as file:
            if "layout" not in file.schema_arrow.names:
                raise StoreError("These segments have no map: discover again with this version.")
            cells = file.read(columns=["layout"])["layout"].combine_chunks()
        return np.asarray(cells.flatten(), dtype=np.float32).reshape(-1, 2)

    def _assigned(self) -> _Assigned:
        return self._keep("assigned", self.found / _ASSIGNMENTS, self._read_assigned)

    def _read_assigned(self) -> _Assigned:
        path = self.found / _ASSIGNMENTS
        types = {"segment": pa.string(), "status": pa.string(), "confidence": pa.float32()}
        try:
            table = pyarrow.csv.read_csv(
                path,
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=list(types), column_types=types, strings_can_be_null=False
                ),
            )
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"{_ASSIGNMENTS} cannot be read ({type(error).__name__}): discover again."
            ) from error
        segments = table["segment"].combine_chunks().dictionary_encode()
        names = segments.dictionary.to_pylist()
        order = sorted(range(len(names)), key=lambda code: names[code])
        ids = tuple(names[code] for code in order if names[code])
        recoded = np.full(len(names), -1, dtype=np.int32)
        for code, name in enumerate(names):
            recoded[code] = ids.index(name) if name else -1
        codes = np.asarray(segments.indices, dtype=np.int64)
        return _Assigned(
            ids,
            recoded[codes] if len(names) else np.empty(0, np.int32),
            np.asarray(table["confidence"], dtype=np.float32),
            table["status"].combine_chunks().dictionary_encode(),
        )

    def _columns(self) -> _Columns | None:
        if self.index is None or not is_index(self.index):
            return None
        index = self.index
        number = newest_version(index).version

        def read() -> _Columns:
            reader = IndexReader(index)
            known = self._ids_by_place()
            own = pa.chunked_array([part.ids for part in reader.parts] or [[]], pa.large_string())
            if not len(reader.deleted) and own.equals(pa.chunked_array([known])):
                return _Columns(reader, np.arange(len(known), dtype=np.int64))
            return _Columns(reader, reader.find(known.to_pylist()))

        return self._keep("columns", self.found / ROWS, read, number)

    def _ids_by_place(self) -> pa.Array:
        def read() -> pa.Array:
            with self._file() as file:
                ids = file.read(columns=["id"])["id"].combine_chunks()
            return ids.cast(pa.large_string())

        return self._keep("ids", self.found / ROWS, read)

    def _texts(self) -> Iterator[tuple[pa.Array, pa.Array]]:
        """Give ids and texts of all rows, a batch at a time."""
        with self._file() as file:
            name = _text_column(file)
            for batch in file.iter_batches(BATCH, columns=["id", name]):
                yield batch["id"], batch[name]

    def _some_texts(self, places: Places) -> tuple[list[str], list[str]]:
        """Give ids and texts of some rows; only the row groups that hold them are read."""
        ids = np.empty(len(places), dtype=object)
        texts = np.empty(len(places), dtype=object)
        with self._file() as file:
            name = _text_column(file)
            sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
            starts = np.cumsum([0, *sizes])
            owners = np.searchsorted(starts, places, side="right") - 1
            for group in np.unique(owners).tolist():
                chosen = np.flatnonzero(owners == group)
                table = file.read_row_group(group, columns=["id", name])
                taken = table.take(pa.array(places[chosen] - starts[group]))
                ids[chosen] = taken["id"].to_pylist()
                texts[chosen] = taken[name].to_pylist()
        return [str(key) for key in ids], ["" if text is None else str(text) for text in texts]

    def _some_values(self, places: Places) -> list[dict[str, Any]]:
        held = self._columns()
        if held is None:
            return [{} for _ in places]
        there = held.places[places]
        kept = np.flatnonzero(there >= 0)
        rows: list[dict[str, Any]] = [{} for _ in places]
        for column in held.reader.schema:
            cells = held.reader.cells(column.name, there[kept], as_written=True)
            for at, cell in zip(kept.tolist(), cells, strict=True):
                if cell is not None:
                    rows[at][column.name] = cell
        return rows

    def _keep(self, name: str, path: Path, read: Callable[[], T], more: Any = None) -> T:
        """Read once, and again when a file has changed."""
        stamp = (_stamp(path), more)
        with self._lock:
            if self._stamps.get(name) == stamp:
                kept: T = self._held[name]
                return kept
        found = read()
        with self._lock:
            self._stamps[name], self._held[name] = stamp, found
        return found


def _is_shown(column: Column) -> bool:
    """Whether a column can be shown by colours: free text and several tags a cell cannot."""
    return column.kind in ("number", "date", "truth") or (
        column.kind == "text" and bool(column.values)
    )


def _values(held: _Columns, column: Column) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Cells of a column for all rows: codes for categories, else numbers; and what they mean."""
    cells = pa.chunked_array([held.reader.column(part, column.name) for part in held.reader.parts])
    about: dict[str, Any] = {"name": column.name, "low": None, "high": None, "categories": []}
    there = held.places >= 0
    at = np.where(there, held.places, 0)
    values: npt.NDArray[Any]
    if column.kind in ("number", "date"):
        kind = "number" if column.kind == "number" else "date"
        if kind == "date":
            cells = cells.cast(pa.int64())
        values = np.full(len(at), np.nan, dtype=np.float64)
        read = cells.cast(pa.float64(), safe=False).to_numpy()
        values[there] = read[at[there]]
        if kind == "date":
            values /= _MILLISECOND
        finite = values[np.isfinite(values)]
        if len(finite):
            about |= {"low": float(finite.min()), "high": float(finite.max())}
        return (values.astype(np.float32) if kind == "number" else values), about | {"kind": kind}
    if column.kind == "truth":
        names = [_YES, _NO]
        texts = pc.if_else(cells, _YES, _NO)
    else:
        names = list(column.values)
        texts = cells.cast(pa.large_string())
    codes = pc.index_in(texts, value_set=pa.array(names, texts.type)).fill_null(-1)
    known = np.asarray(codes, dtype=np.int32)
    values = np.where(there, known[at], -1).astype(np.int32)
    return values, about | {"kind": "category", "categories": names}


def _text_column(file: pq.ParquetFile) -> str:
    return "original" if "original" in file.schema_arrow.names else "text"


def _unit(milliseconds: float) -> str:
    """Say how long a period of a trend is, in words."""
    for unit, length in (("day", 86_400_000.0), ("hour", 3_600_000.0), ("minute", 60_000.0)):
        if milliseconds >= length:
            number = f"{milliseconds / length:.3g}"
            return f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{milliseconds / 1000:.3g} seconds"


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_ino, found.st_size)
