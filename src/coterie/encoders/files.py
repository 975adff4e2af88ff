"""Embedding files in and out: JSON, npy and Parquet."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders.base import Vectors
from coterie.encoders.batches import distinct
from coterie.errors import EncoderMismatchError, InputError, IntegrityError, OptionError, StoreError
from coterie.files import replacing
from coterie.records.vectors import VectorOrigin

__all__ = ["EmbeddingTable", "read_embeddings", "write_embeddings"]

Row = tuple[str, Any]  # an id, and what should be its vector
Reader = Callable[[Path], Iterable[Row]]
Writer = Callable[[Path, list[str], Vectors, "_About"], None]

_ABOUT = b"coterie"  # key of the metadata of a Parquet file
_UNKNOWN = VectorOrigin()


@dataclass(frozen=True, slots=True)
class _About:
    """What a file says beside ids and vectors: the encoder, and the part that each row is of."""

    origin: VectorOrigin = _UNKNOWN
    parts: list[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.origin) or self.parts is not None

    @property
    def stated(self) -> dict[str, Any]:
        parts = {} if self.parts is None else {"parts": self.parts}
        return {"encoder": self.origin.to_dict(), **parts} if self else {}

    @classmethod
    def read(cls, written: Any, rows: int) -> _About:
        if not isinstance(written, dict):
            return cls()
        origin, parts = VectorOrigin.from_dict(written.get("encoder")), written.get("parts")
        if not isinstance(parts, list) or len(parts) != rows:
            return cls(origin)
        return cls(origin, [str(part) for part in parts])


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingTable:
    """Vectors with their ids.

    Attributes
    ----------
    ids
        Shape (n,), str; unique unless the vectors of one id were kept apart.
    vectors
        Shape (n, dim), float32, finite and none of them zero; as they were in the file.
    rejects
        The vectors set aside: columns ``row`` (int64, counted from 1 in the order of the file),
        ``id`` (str) and ``reason`` (str).
    origin
        The encoder that made them, as far as the file says.
    parts
        Shape (n,), str: what of its id each vector is of, such as the id of a session; None where
        the file does not say, and for means.
    rows
        Shape (n,), int64: number of each vector in the file, from 1; for means that of the first.
    """

    ids: npt.NDArray[np.object_]
    vectors: Vectors
    rejects: pd.DataFrame
    origin: VectorOrigin = _UNKNOWN
    parts: npt.NDArray[np.object_] | None = None
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.vectors.shape[1])


def read_embeddings(
    path: str | Path, *, dim: int | None = None, average: bool = True
) -> EmbeddingTable:
    """Read vectors from ``.json``, ``.npy`` or ``.parquet``.

    JSON is ``{"BadgeId_1": [[...]], ...}``: one or several vectors for each id. A ``.npy`` matrix
    has its ids in ``NAME.ids.json`` beside it. Parquet has the columns ``id`` and ``vector`` (a
    list of numbers). Vectors with NaN or infinity, of length zero, or of the wrong width are set
    aside with their row number and reason. Memory for JSON is some ten times the vectors'.

    Parameters
    ----------
    path
        The file.
    dim
        The width expected; by default that of most of the vectors.
    average
        Whether several vectors of one id (sessions of one badge) become their mean. Otherwise the
        id is repeated, once for each vector.

    Raises
    ------
    InputError
        When the file is absent or damaged, or has no ids.
    IntegrityError
        When a ``.npy`` is not the one that its ids were written for.
    EncoderMismatchError
        When no vector has the width ``dim``.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"There is no embedding file {source}: check the path.")
    rows = list(_format(source)[0](source))
    width = _check_width(source, rows, dim)
    return embedding_table(rows, width, average=average, about=_about(source, len(rows)))


def embedding_table(
    rows: Iterable[Row], width: int, *, average: bool = False, about: _About | None = None
) -> EmbeddingTable:
    """Make a table of ids and what should be their vectors; see `read_embeddings`."""
    about = about or _About()
    ids: list[str] = []
    vectors: list[Vectors] = []
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    for number, (key, value) in enumerate(rows, start=1):
        vector, reason = _vector(value, width)
        if vector is None:
            rejects.append((number, key, reason))
        else:
            ids.append(key)
            vectors.append(vector)
            numbers.append(number)
    frame = pd.DataFrame(rejects, columns=["row", "id", "reason"]).astype({"row": "int64"})
    matrix = np.array(vectors, dtype=np.float32).reshape(len(vectors), width)
    kept = np.array(numbers, dtype=np.int64)
    parts = None
    if average:
        ids, matrix, kept = _means(ids, matrix, kept)
    elif about.parts is not None:
        parts = np.array(about.parts, dtype=object)[kept - 1]
    return EmbeddingTable(np.array(ids, dtype=object), matrix, frame, about.origin, parts, kept)


def write_embeddings(
    path: str | Path,
    ids: Sequence[str],
    vectors: Vectors,
    *,
    encoder: Any = None,
    parts: Sequence[str] | None = None,
) -> None:
    """Write vectors to ``.json``, ``.npy`` or ``.parquet``; all of the file or nothing.

    Parameters
    ----------
    path
        The file; its ending names the format. ``.npy`` writes ``NAME.ids.json`` beside it, and
        ``.json`` writes ``NAME.about.json`` where there is something to say of the vectors.
    ids
        One for each row; a repeated id has several vectors.
    vectors
        Shape (n, dim), float32, finite.
    encoder
        The encoder that made them, which the file names then.
    parts
        One for each row: what of its id the vector is of, such as the id of a session.

    Raises
    ------
    InputError
        When there are not as many ids as vectors, or a vector is not finite.
    StoreError
        When the file cannot be written, such as on a full disk.
    """
    target = Path(path)
    _, write = _format(target)
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if matrix.ndim != 2 or len(ids) != len(matrix):
        raise InputError(
            f"{len(ids):,} ids for vectors of shape {matrix.shape}: give one id for each row."
        )
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise InputError(
            f"{len(bad):,} vectors are not finite, the first that of id {ids[bad[0]]!r}: leave "
            "them out."
        )
    if parts is not None and len(parts) != len(ids):
        raise InputError(f"{len(parts):,} parts for {len(ids):,} vectors: give one for each row.")
    keys = [str(key) for key in ids]
    named = None if parts is None else [str(part) for part in parts]
    if named is not None and target.suffix.lower() == ".json":  # the vectors of an id are together
        order = np.argsort(pd.factorize(np.array(keys, dtype=object))[0], kind="stable")
        keys, named = [keys[row] for row in order], [named[row] for row in order]
        matrix = matrix[order]
    about = _About(VectorOrigin() if encoder is None else VectorOrigin.of(encoder), named)
    try:
        write(target, keys, matrix, about)
    except OSError as error:
        raise StoreError(
            f"Cannot write {target} ({error.strerror}): make room or give another path."
        ) from error


def _vector(value: Any, width: int) -> tuple[Vectors | None, str]:
    """Return a sound vector (width,), or the reason why there is none."""
    try:
        vector = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None, "not a list of numbers"
    if vector.ndim != 1:
        return None, "not a list of numbers"
    if len(vector) != width:
        return None, f"width {len(vector)}, not {width}"
    if np.isnan(vector).any():
        return None, "NaN in the vector"
    if np.abs(vector).max(initial=0) > np.finfo(np.float32).max:
        return None, "infinity in the vector"
    single = vector.astype(np.float32)
    return (single, "") if single.any() else (None, "zero vector")


def _check_width(source: Path, rows: Sequence[Row], dim: int | None) -> int:
    usual = usual_width(rows)
    if dim is None:
        return usual
    widths = {len(value) for _, value in rows if isinstance(value, list | np.ndarray)}
    if usual and dim not in widths:
        raise EncoderMismatchError(
            f"The vectors in {source} have width {usual}, not {dim}: give the file that this "
            "encoder wrote, or embed again."
        )
    return dim


def usual_width(rows: Sequence[Row]) -> int:
    """Width of most of the vectors; 0 where there are none."""
    widths = Counter(len(v) for _, v in rows if isinstance(v, list | tuple | np.ndarray))
    return widths.most_common(1)[0][0] if widths else 0


def _means(
    ids: list[str], matrix: Vectors, numbers: npt.NDArray[np.int64]
) -> tuple[list[str], Vectors, npt.NDArray[np.int64]]:
    """Average the vectors of each id, in order of first sight."""
    keys, codes = distinct(ids)
    if len(keys) == len(ids):
        return ids, matrix, numbers
    sums = np.zeros((len(keys), matrix.shape[1]))
    np.add.at(sums, codes, matrix)
    means = (sums / np.bincount(codes)[:, None]).astype(np.float32)
    return keys, means, numbers[np.unique(codes, return_index=True)[1]]


def _about(path: Path, rows: int) -> _About:
    """Read what a file says of its vectors; nothing where it says nothing, or of another file."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return _about_parquet(path, rows)
        beside = _sidecar(path)
        if suffix == ".json" and not beside.is_file():
            return _About()
        written = json.loads(beside.read_text(encoding="utf-8"))
        if suffix == ".json" and written["sha256"] != _digest(path):
            return _About()
    except (ValueError, OSError, TypeError, KeyError):
        return _About()
    return _About.read(written, rows)


def _about_parquet(path: Path, rows: int) -> _About:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    written = json.loads((schema.metadata or {}).get(_ABOUT, b"{}"))
    if "part" in schema.names and isinstance(written, dict):
        written["parts"] = file.read(columns=["part"])["part"].to_pylist()
    return _About.read(written, rows)


def _read_json(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            pairs = json.load(file, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is not valid JSON ({error}): write or download it again."
        ) from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise InputError(f'{path} is not of the form {{"id": [[...]]}}: see coterie embed --help.')
    for key, value in pairs:
        several = isinstance(value, list) and bool(value) and isinstance(value[0], list)
        for vector in value if several else [value]:
            yield key, vector


def _write_json(path: Path, ids: list[str], matrix: Vectors, about: _About) -> None:
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(ids):
        rows.setdefault(key, []).append(row)
    with replacing(path) as fresh, fresh.open("w", encoding="utf-8") as file:
        file.write("{")
        for count, (key, numbers) in enumerate(rows.items()):
            file.write(",\n" if count else "\n")
            file.write(json.dumps(key) + ": " + json.dumps(matrix[numbers].tolist()))
        file.write("\n}\n")
    beside = _sidecar(path)
    if about:
        with replacing(beside) as fresh:
            fresh.write_text(json.dumps({"sha256": _digest(path), **about.stated}), "utf-8")
    elif beside.is_file() and _about_is_of_us(beside):
        beside.unlink()


def _about_is_of_us(path: Path) -> bool:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return False
    return isinstance(written, dict) and {"sha256", "encoder"} <= written.keys()


def _read_npy(path: Path) -> Iterator[Row]:
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        raise InputError(
            f"No ids for {path}: put them in {sidecar.name} beside it, as a JSON list."
        )
    try:
        matrix = np.load(path, allow_pickle=False, mmap_mode="r")
        written = json.loads(sidecar.read_text(encoding="utf-8"))
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"{path} or its ids cannot be read ({error}): write them again."
        ) from error
    digest = written.get("sha256") if isinstance(written, dict) else None
    ids = written.get("ids") if isinstance(written, dict) else written
    if digest is not None and digest != _digest(path):
        raise IntegrityError(
            f"{path} is not the file that {sidecar.name} was written for: write both again."
        )
    if not isinstance(ids, list) or matrix.ndim != 2 or len(ids) != len(matrix):
        raise InputError(
            f"{sidecar} does not hold one id for each row of {path.name}: write it again."
        )
    yield from zip(map(str, ids), matrix, strict=True)


def _write_npy(path: Path, ids: list[str], matrix: Vectors, about: _About) -> None:
    with replacing(path) as fresh, fresh.open("wb") as file:
        np.save(file, matrix, allow_pickle=False)
    with replacing(_sidecar(path)) as fresh:
        stated = {"sha256": _digest(path), "ids": ids, **about.stated}
        fresh.write_text(json.dumps(stated), encoding="utf-8")


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        missing = {"id", "vector"} - set(file.schema_arrow.names)
        if missing:
            raise InputError(
                f"{path} has no column {' or '.join(sorted(missing))}: rename its columns."
            )
        for batch in file.iter_batches(columns=["id", "vector"]):
            yield from zip(
                map(str, batch.column("id").to_pylist()),
                batch.column("vector").to_numpy(zero_copy_only=False),
                strict=True,
            )
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path} is not a valid Parquet file ({type(error).__name__}): write it again."
        ) from error


def _write_parquet(path: Path, ids: list[str], matrix: Vectors, about: _About) -> None:
    import pyarrow.parquet as pq

    table = _arrow(ids, matrix, about)
    with replacing(path) as fresh:
        pq.write_table(table, fresh)


def _arrow(
    ids: Sequence[str | None],
    matrix: Vectors,
    about: _About,
    missing: npt.NDArray[np.bool_] | None = None,
) -> Any:
    import pyarrow as pa

    flat = pa.array(matrix.reshape(-1), type=pa.float32())
    mask = None if missing is None else pa.array(missing)
    columns = {
        "id": pa.array(ids, pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1], mask=mask),
    }
    if about.parts is not None:
        columns["part"] = pa.array(about.parts, pa.string())
    table = pa.table(columns)
    if about:
        encoder = json.dumps({"encoder": about.origin.to_dict()})
        table = table.replace_schema_metadata({_ABOUT: encoder})
    return table


def vectors_table(
    ids: Sequence[str | None],
    vectors: Vectors,
    *,
    encoder: Any,
    missing: npt.NDArray[np.bool_],
) -> Any:
    """Make the Arrow table that `write_embeddings` writes as Parquet.

    Parameters
    ----------
    ids, vectors, encoder
        As for `write_embeddings`.
    missing
        Shape (n,): the rows without a vector.
    """
    return _arrow(ids, vectors, _About(VectorOrigin.of(encoder)), missing)


_FORMATS = {
    ".json": (_read_json, _write_json),
    ".npy": (_read_npy, _write_npy),
    ".parquet": (_read_parquet, _write_parquet),
}


def _format(path: Path) -> tuple[Reader, Writer]:
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise OptionError(
            f"The ending of {path.name} is none of {', '.join(_FORMATS)}: give one of them."
        ) from None


def embedding_files(path: Path) -> tuple[str, ...]:
    """Names of the files that `write_embeddings` writes for a path.

    Raises
    ------
    OptionError
        When the ending is none of ``.json``, ``.npy`` and ``.parquet``.
    """
    _format(path)
    alone = path.suffix.lower() == ".parquet"
    return (path.name,) if alone else (path.name, _sidecar(path).name)


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".ids.json" if path.suffix.lower() == ".npy" else ".about.json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
