"""The rows that a segmentation was made of, as one file of its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.errors import SegmentError, StoreError
from coterie.files import replacing
from coterie.hints import did_you_mean
from coterie.records import restore

__all__ = [
    "ROWS",
    "RowPicture",
    "StoredRows",
    "has_rows",
    "load_rows",
    "save_rows",
    "stored",
]

ROWS = "rows.parquet"
_BLOCK = 8192
_LAYOUT, _LEVEL, _LABEL = "layout", "level.", "label."
_FINE = "fine"  # in files of earlier versions: the finer level
_READABLE, _ORIGINAL, _BATCH = "readable", "original", "batch"
_PERSONAL = "show_personal"
_LOOKED_AT = 20_000  # ids, for those like a mistyped one


@dataclass(frozen=True, slots=True, eq=False)
class RowPicture:
    """What a page shows of n rows besides their segments, so that it can be made again.

    Attributes
    ----------
    layout
        Shape (n, 2), float32: where each row is on the map.
    ends
        Level to the group of each row there, shape (n,), int64, -1 outside: see
        `coterie.segments.finding.discovery.Discovery`.
    labels
        Column name to an array of shape (n,): str, or None where the row carries no label.
    """

    layout: Vectors
    ends: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    labels: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class StoredRows:
    """The rows that a segmentation was made of.

    Attributes
    ----------
    ids, texts
        Shape (n,), str.
    vectors
        Shape (n, dim), float32, unit length.
    fingerprint
        Of the encoder that made the vectors, None where it was not written down.
    picture
        What a page draws of them; None where that was not kept.
    readable
        Shape (n,), float32: share of each text that the encoder reads; None where it reads at
        least half of every text.
    originals
        Shape (n,), str: the texts as they were written, where ``texts`` were cleaned; else None.
    show_personal
        Whether pages and exemplars may show personal data, which is masked in them otherwise.
    batches
        Shape (n,), int64: 0 for the rows of the discovery, 1 for those of the first refresh, and
        so on, in ascending order; None where there was no refresh.
    """

    ids: npt.NDArray[np.object_]
    texts: npt.NDArray[np.object_]
    vectors: Vectors
    fingerprint: str | None = None
    picture: RowPicture | None = None
    readable: npt.NDArray[np.float32] | None = None
    originals: npt.NDArray[np.object_] | None = None
    show_personal: bool = False
    batches: npt.NDArray[np.int64] | None = None

    @property
    def batch_codes(self) -> npt.NDArray[np.int64]:
        """The batch of each row, shape (n,): all 0 where there was no refresh."""
        return np.zeros(len(self), dtype=np.int64) if self.batches is None else self.batches

    @property
    def shown(self) -> npt.NDArray[np.object_]:
        """The texts as pages show them."""
        return self.texts if self.originals is None else self.originals

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, wanted: Sequence[str]) -> npt.NDArray[np.int64]:
        """Find rows by their ids, also as ``assignments.csv`` writes them for spreadsheets.

        Raises
        ------
        SegmentError
            When an id is not there; the message names the nearest.
        """
        place = {row_id: row for row, row_id in enumerate(self.ids)}
        wanted = [row_id if row_id in place else restore(row_id) for row_id in wanted]
        for row_id in wanted:
            if row_id not in place:
                known = list(place)[:_LOOKED_AT]
                hint = did_you_mean(row_id, known, "see assignments.csv.", most=3)
                raise SegmentError(f"No row has the id {row_id!r}: {hint}")
        return np.array([place[row_id] for row_id in wanted], dtype=np.int64)

    def chosen(self, ids: Sequence[str] = (), at: Sequence[int] = ()) -> npt.NDArray[np.int64]:
        """Find rows by their ids, and by their places in the file, which count from 0.

        Raises
        ------
        SegmentError
            When an id or a place is not there.
        """
        places = np.asarray(at, dtype=np.int64)
        if len(places) and not 0 <= places.min() <= places.max() < len(self):
            raise SegmentError(f"Rows have the places 0 to {len(self) - 1:,}: name one of these.")
        found = self.places(ids) if len(ids) else np.zeros(0, dtype=np.int64)
        return np.unique(np.concatenate([found, places]))


def stored(rows: StoredRows | None) -> StoredRows:
    """Give the rows of a folder; `StoreError` where there are none."""
    if rows is None:
        raise StoreError(f"The folder has no {ROWS}, which this edit needs: discover again.")
    return rows


def save_rows(folder: Path | str, rows: StoredRows) -> Path:
    """Write ``rows.parquet``, whole or not at all, into a folder that is made when absent.

    Its columns are ``id``, ``text`` and ``vector``, and with a picture ``layout``, ``level.NAME``
    for each level and ``label.NAME`` for each column of labels; where some texts cannot be read,
    ``readable``; where the texts were cleaned, ``original``; after a refresh, ``batch``.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {} if rows.fingerprint is None else {"fingerprint": rows.fingerprint}
    about |= {_PERSONAL: "yes"} if rows.show_personal else {}
    types = {"id": pa.string(), "text": pa.string(), "vector": _vector_type(rows.vectors)}
    picture = rows.picture
    if picture is not None:
        types[_LAYOUT] = _vector_type(picture.layout)
        types |= {_LEVEL + name: pa.int64() for name in picture.ends}
        types |= {_utf8(_LABEL + name): pa.string() for name in picture.labels}
    if rows.readable is not None:
        types[_READABLE] = pa.float32()
    if rows.originals is not None:
        types[_ORIGINAL] = pa.string()
    if rows.batches is not None:
        types[_BATCH] = pa.int64()
    schema = pa.schema(types, metadata=about)
    path = Path(folder) / ROWS
    try:
        with replacing(path) as fresh, pq.ParquetWriter(fresh, schema, compression="zstd") as file:
            for start in range(0, len(rows), _BLOCK):
                part = slice(start, start + _BLOCK)
                columns = [_strings(rows.ids[part]), _strings(rows.texts[part])]
                columns.append(_vectors(rows.vectors[part]))
                if picture is not None:
                    columns.append(_vectors(picture.layout[part]))
                    columns += [pa.array(codes[part]) for codes in picture.ends.values()]
                    columns += [_strings(labels[part]) for labels in picture.labels.values()]
                if rows.readable is not None:
                    columns.append(pa.array(rows.readable[part]))
                if rows.originals is not None:
                    columns.append(_strings(rows.originals[part]))
                if rows.batches is not None:
                    columns.append(pa.array(rows.batches[part]))
                file.write_table(pa.Table.from_arrays(columns, schema=schema))
    except OSError as error:
        raise StoreError(f"{path} could not be written ({error}): make room there.") from error
    return path


def has_rows(folder: Path | str) -> bool:
    """Whether the folder has the rows of its segmentation."""
    return (Path(folder) / ROWS).is_file()


def load_rows(folder: Path | str) -> StoredRows:
    """Read what `save_rows` wrote.

    Raises
    ------
    StoreError
        When it is absent or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / ROWS
    if not path.is_file():
        raise StoreError(f"There is no {path}, which this needs: discover again.")
    try:
        table = pq.read_table(path)
        return StoredRows(
            _objects(table["id"]),
            _objects(table["text"]),
            _matrix(table["vector"]),
            _written(table, "fingerprint"),
            _picture(table),
            _readable(table),
            _objects(table[_ORIGINAL]) if _ORIGINAL in table.column_names else None,
            _written(table, _PERSONAL) is not None,
            np.asarray(table[_BATCH], np.int64) if _BATCH in table.column_names else None,
        )
    except (pa.ArrowException, OSError, KeyError, AttributeError) as error:
        raise StoreError(f"{path} is damaged ({type(error).__name__}): discover again.") from error


def _readable(table: Any) -> npt.NDArray[np.float32] | None:
    if _READABLE not in table.column_names:
        return None
    return np.asarray(table[_READABLE], dtype=np.float32)


def _picture(table: Any) -> RowPicture | None:
    names = table.column_names
    if _LAYOUT not in names:
        return None
    levels = {n.removeprefix(_LEVEL): n for n in names if n.startswith(_LEVEL)}
    if _FINE in names:
        levels["finer"] = _FINE
    return RowPicture(
        _matrix(table[_LAYOUT]),
        {level: np.asarray(table[name], dtype=np.int64) for level, name in levels.items()},
        {n.removeprefix(_LABEL): _objects(table[n]) for n in names if n.startswith(_LABEL)},
    )


def _written(table: Any, name: str) -> str | None:
    written = (table.schema.metadata or {}).get(name.encode())
    return None if written is None else str(written.decode())


def _matrix(column: Any) -> Vectors:
    flat = [np.asarray(chunk.flatten(), np.float32) for chunk in column.chunks]
    return np.concatenate([np.zeros(0, np.float32), *flat]).reshape(-1, column.type.list_size)


def _objects(column: Any) -> npt.NDArray[np.object_]:
    return np.array(column.to_pylist(), dtype=object)


def _vector_type(vectors: Vectors) -> Any:
    import pyarrow as pa

    return pa.list_(pa.float32(), vectors.shape[1])


def _vectors(rows: Vectors) -> Any:
    import pyarrow as pa

    flat = np.ascontiguousarray(rows, dtype=np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), rows.shape[1])


def _strings(values: Iterable[str | None]) -> Any:
    import pyarrow as pa

    return pa.array([None if value is None else _utf8(value) for value in values], pa.string())


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates
