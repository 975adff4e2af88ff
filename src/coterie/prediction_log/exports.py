"""A log as a file for other programs: JSON Lines or Parquet, each value as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from coterie.errors import OptionError
from coterie.files import replacing
from coterie.prediction_log.entries import Entry
from coterie.progress import Stage

__all__ = ["ExportKind", "kind_of", "write_entries"]

ExportKind = Literal["jsonl", "parquet"]

_ENDINGS: dict[str, ExportKind] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_TOGETHER = 2_000  # rows of a group of a Parquet file, which are held at once; a judgement


def kind_of(path: Path, kind: ExportKind | None) -> ExportKind:
    """Give the kind of a file: the one asked for, else that of its ending.

    Raises
    ------
    OptionError
        When it is neither.
    """
    found = kind or _ENDINGS.get(path.suffix.lower())
    if found not in ("jsonl", "parquet"):
        raise OptionError(
            f"{path.name} is neither JSON Lines nor Parquet: name a file that ends in .jsonl or "
            ".parquet."
        )
    return found


def write_entries(entries: Iterable[Entry], path: Path, kind: ExportKind, stage: Stage) -> int:
    """Write entries to a file, whole or not at all; returns how many."""
    write = _write_lines if kind == "jsonl" else _write_parquet
    with replacing(path) as fresh:
        return write(entries, fresh, stage)


def _write_lines(entries: Iterable[Entry], path: Path, stage: Stage) -> int:
    rows = 0
    with path.open("wb") as file:
        for each in entries:
            values = each.to_dict()
            try:
                line = json.dumps(values, ensure_ascii=False).encode()
            except UnicodeEncodeError:  # a half of a surrogate pair
                line = json.dumps(values).encode()
            file.write(line + b"\n")
            rows += 1
            stage.advance()
    return rows


def _write_parquet(entries: Iterable[Entry], path: Path, stage: Stage) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(pa)
    rows = 0
    with pq.ParquetWriter(path, schema) as writer:
        for part in _parts(entries):
            writer.write_table(pa.Table.from_pylist([_row(each) for each in part], schema=schema))
            rows += len(part)
            stage.advance(len(part))
    return rows


def _schema(pa: Any) -> Any:
    text, number, whole = pa.string(), pa.float64(), pa.int64()
    return pa.schema(
        {
            "id": text,
            "time": pa.timestamp("us", tz="UTC"),
            "request": text,
            "route": text,
            "model": text,
            "version": whole,
            "role": text,
            "answer_id": text,
            "person": text,
            "label": text,
            "confidence": number,
            "status": text,
            "probabilities": pa.map_(text, number),
            "seconds": number,
            "wait_seconds": number,
            "context": text,
            "text": text,
            "text_length": whole,
            "text_hash": text,
            "error": text,
            "encoder": text,
            "segment": text,
            "extra": text,
            "truth": text,
        }
    )


def _row(entry: Entry) -> dict[str, Any]:
    values = entry.to_dict() | {"time": entry.time}
    if entry.probabilities is not None:
        values["probabilities"] = [
            (_whole(label), share) for label, share in entry.probabilities.items()
        ]
    for name in ("context", "extra"):
        values[name] = None if values[name] is None else json.dumps(values[name])
    return {name: _whole(value) for name, value in values.items()}


def _whole(value: Any) -> Any:
    """Halves of surrogate pairs, which Parquet has no place for, become question marks."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while part := list(islice(rest, _TOGETHER)):
        yield part
