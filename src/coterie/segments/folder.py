"""The folder of a discovery: rows and assignments beside the segmentation, kept in step with it."""

from __future__ import annotations

import difflib
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.embed import Encoder, TfidfEncoder, Vectors
from coterie.embed.tfidf import is_tfidf_folder
from coterie.errors import CoterieWarning, SegmentError, StoreError
from coterie.records import replacing, write_csv
from coterie.segments.assignments import Assignments
from coterie.segments.model import Change, Segmentation
from coterie.segments.store import load_segmentation, save_segmentation
from coterie.segments.taxonomy import counted

__all__ = [
    "Edit",
    "Rows",
    "assignments_table",
    "edit_folder",
    "fitted_encoder",
    "has_rows",
    "load_rows",
    "save_folder",
    "save_rows",
    "write_assignments",
]

_ROWS, _ASSIGNMENTS, _ENCODER = "rows.parquet", "assignments.csv", "encoder"
_BLOCK = 8192
_DECIMALS = 6
_LOOKED_AT = 20_000  # ids, for those like a mistyped one


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows that a segmentation was made of.

    Attributes
    ----------
    ids, texts
        Shape (n,), str.
    vectors
        Shape (n, dim), float32, unit length.
    fingerprint
        Of the encoder that made the vectors, None where it was not written down.
    """

    ids: npt.NDArray[np.object_]
    texts: npt.NDArray[np.object_]
    vectors: Vectors
    fingerprint: str | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, wanted: Sequence[str]) -> npt.NDArray[np.int64]:
        """Find rows by their ids.

        Raises
        ------
        SegmentError
            When an id is not there; the message names the nearest.
        """
        place = {row_id: row for row, row_id in enumerate(self.ids)}
        for row_id in wanted:
            if row_id not in place:
                near = difflib.get_close_matches(row_id, list(place)[:_LOOKED_AT], cutoff=0.5)
                hint = f"did you mean {' or '.join(near)}?" if near else "see assignments.csv."
                raise SegmentError(f"No row has the id {row_id!r}: {hint}")
        return np.array([place[row_id] for row_id in wanted], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """What an edit of a folder came to.

    Attributes
    ----------
    segmentation
        As it is after the edit.
    changes
        What the edit added to the history.
    moved
        Rows that are in another segment than before; None where the folder has no rows.
    """

    segmentation: Segmentation
    changes: tuple[Change, ...]
    moved: int | None


def save_folder(
    folder: Path | str,
    segmentation: Segmentation,
    rows: Rows,
    assignments: Assignments,
    encoder: Encoder | None = None,
) -> None:
    """Write a segmentation with its rows and where they went, so that the folder is enough.

    Parameters
    ----------
    folder
        Made where it is absent.
    segmentation
        Written with its segments counted.
    rows, assignments
        n each.
    encoder
        The one that made the vectors. Where it learnt from texts it is kept in the folder, for it
        is nowhere else; one that an earlier run kept there and that is none of this one goes.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    home = Path(folder) / _ENCODER
    try:
        if isinstance(encoder, TfidfEncoder):
            encoder.save(home)
        elif is_tfidf_folder(home):
            shutil.rmtree(home)
    except OSError as error:
        raise StoreError(f"{home} could not be written ({error}): make room there.") from error
    ids, texts = rows.ids.tolist(), rows.texts.tolist()
    save_rows(folder, ids, texts, rows.vectors, fingerprint=rows.fingerprint)
    save_segmentation(counted(segmentation, assignments), folder)
    write_assignments(folder, segmentation, ids, assignments)


def fitted_encoder(folder: Path | str) -> Path | None:
    """Where a folder keeps the encoder that learnt from its rows; None where none did."""
    home = Path(folder) / _ENCODER
    return home if is_tfidf_folder(home) else None


def save_rows(
    folder: Path | str,
    ids: Sequence[str],
    texts: Sequence[str],
    vectors: Vectors,
    *,
    fingerprint: str | None = None,
) -> Path:
    """Write ``rows.parquet`` (``id``, ``text``, ``vector``), whole or not at all.

    Parameters
    ----------
    folder
        Made where it is absent.
    ids, texts
        n each.
    vectors
        Shape (n, dim), float32.
    fingerprint
        Of the encoder that made the vectors, so that others are refused later.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    width = pa.list_(pa.float32(), vectors.shape[1])
    about = {} if fingerprint is None else {"fingerprint": fingerprint}
    schema = pa.schema({"id": pa.string(), "text": pa.string(), "vector": width}, metadata=about)
    path = Path(folder) / _ROWS
    try:
        with replacing(path) as fresh, pq.ParquetWriter(fresh, schema, compression="zstd") as file:
            for start in range(0, len(ids), _BLOCK):
                part = slice(start, start + _BLOCK)
                flat = np.ascontiguousarray(vectors[part], dtype=np.float32).reshape(-1)
                columns = [
                    pa.array(map(_utf8, ids[part]), pa.string()),
                    pa.array(map(_utf8, texts[part]), pa.string()),
                    pa.FixedSizeListArray.from_arrays(pa.array(flat), vectors.shape[1]),
                ]
                file.write_table(pa.Table.from_arrays(columns, schema=schema))
    except OSError as error:
        raise StoreError(f"{path} could not be written ({error}): make room there.") from error
    return path


def has_rows(folder: Path | str) -> bool:
    """Whether the folder has the rows of its segmentation."""
    return (Path(folder) / _ROWS).is_file()


def load_rows(folder: Path | str) -> Rows:
    """Read what `save_rows` wrote.

    Raises
    ------
    StoreError
        When it is absent or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / _ROWS
    if not path.is_file():
        raise StoreError(f"There is no {path}, which this needs: discover anew.")
    try:
        table = pq.read_table(path, columns=["id", "text", "vector"])
        width = table.schema.field("vector").type.list_size
    except (pa.ArrowException, OSError, KeyError, AttributeError) as error:
        raise StoreError(f"{path} is damaged ({type(error).__name__}): discover anew.") from error
    flat = [np.asarray(chunk.flatten(), np.float32) for chunk in table["vector"].chunks]
    vectors = np.concatenate([np.zeros(0, np.float32), *flat]).reshape(-1, width)
    written = (table.schema.metadata or {}).get(b"fingerprint")
    return Rows(
        np.array(table["id"].to_pylist(), dtype=object),
        np.array(table["text"].to_pylist(), dtype=object),
        vectors,
        None if written is None else written.decode(),
    )


def assignments_table(
    segmentation: Segmentation, ids: Sequence[str], assignments: Assignments
) -> pd.DataFrame:
    """Lay assignments out as ``id,segment,name,status,confidence``; all text but the last."""
    names = {s.id: s.name for s in segmentation.segments}
    return pd.DataFrame(
        {
            "id": np.asarray(ids, dtype=object),
            "segment": assignments.segments,
            "name": [names.get(segment, "") for segment in assignments.segments],
            "status": assignments.statuses,
            "confidence": np.round(assignments.confidences.astype(np.float64), _DECIMALS),
        }
    )


def write_assignments(
    folder: Path | str, segmentation: Segmentation, ids: Sequence[str], assignments: Assignments
) -> Path:
    """Write ``assignments.csv``, whole or not at all, with spreadsheet formulas neutralised."""
    path = Path(folder) / _ASSIGNMENTS
    write_csv(assignments_table(segmentation, ids, assignments), path)
    return path


def edit_folder(
    folder: Path | str, edit: Callable[[Segmentation, Rows | None], Segmentation]
) -> Edit:
    """Edit the segmentation of a folder, and bring its sizes and ``assignments.csv`` in step.

    Parameters
    ----------
    folder
        The folder.
    edit
        Gets the segmentation and its rows, None where the folder has none; returns the new one.

    Raises
    ------
    StoreError
        When the folder cannot be read or written.
    EncoderMismatchError
        When its rows are of another encoder than its segmentation.
    """
    before = load_segmentation(folder)
    if not has_rows(folder):
        after = edit(before, None)
        save_segmentation(after, folder)
        if (Path(folder) / _ASSIGNMENTS).is_file():
            warnings.warn(
                f"{_ASSIGNMENTS} is as before the edit, for there is no {_ROWS} to assign: "
                "discover anew, or assign the table again.",
                CoterieWarning,
                stacklevel=2,
            )
        return Edit(after, after.history[len(before.history) :], None)
    rows = load_rows(folder)
    old = before.predict(rows.vectors, fingerprint=rows.fingerprint)
    after = edit(before, rows)
    new = after.predict(rows.vectors)
    after = counted(after, new)
    save_segmentation(after, folder)
    write_assignments(folder, after, rows.ids.tolist(), new)
    moved = int((old.segments != new.segments).sum())
    return Edit(after, after.history[len(before.history) :], moved)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates
