"""Vectors that are given, in a file, an array or a mapping, and the records they belong to."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor, Model
from coterie.encoders import (
    EmbeddingTable,
    GivenVectors,
    as_unit,
    check_given,
    mean_rows,
    read_embeddings,
)
from coterie.encoders.files import embedding_table, usual_width
from coterie.errors import CoterieWarning, InputError, NoRowsError, OptionError
from coterie.formatting import counted
from coterie.options import ReadOptions
from coterie.records import Reading, Records, RowVectors, Table, read_source

__all__ = [
    "GivenTable",
    "check_models_embed",
    "check_models_read",
    "check_origin",
    "read_given",
    "records_of",
    "warn_of_width",
    "with_vectors",
]

Ints = npt.NDArray[np.int64]

_IN_MEMORY = "the vectors"  # what is not from a file is called
_ID = "id"  # column of the table that vectors alone make
_BADGE = "BadgeId_"  # before the ids of badges in files of vectors


@dataclass(frozen=True, slots=True, eq=False)
class GivenTable:
    """Vectors as they were given.

    Attributes
    ----------
    table
        The vectors with their ids, several of one id apart.
    source
        Where they are from, as a person would name it.
    keyed
        Whether they have ids; else they stand in the order of the rows they belong to.
    from_file
        Whether they are from a file.
    """

    table: EmbeddingTable
    source: str = _IN_MEMORY
    keyed: bool = True
    from_file: bool = False


def read_given(vectors: Any) -> GivenTable:
    """Read vectors.

    Parameters
    ----------
    vectors
        The path of a file, see `coterie.encoders.read_embeddings`; what that returns; a mapping of
        ids to a vector each, or to several; or an array (n, dim).

    Raises
    ------
    InputError
        When they are none of these, or there are none.
    """
    if isinstance(vectors, str | PathLike):
        path = Path(vectors)
        given = GivenTable(read_embeddings(path, average=False), path.name, from_file=True)
    elif isinstance(vectors, EmbeddingTable):
        found = vectors
        if len(found.rows) != len(found):
            found = replace(found, rows=np.arange(1, len(found) + 1))
        given = GivenTable(found)
    elif isinstance(vectors, Mapping):
        rows = [(str(key), vector) for key, value in vectors.items() for vector in _several(value)]
        given = GivenTable(embedding_table(rows, usual_width(rows)))
    else:
        given = GivenTable(_of_array(vectors), keyed=False)
    if not len(given.table):
        reasons = [reason for _, _, reason in _entries(given.table)]
        why = f" (most often: {Counter(reasons).most_common(1)[0][0]})" if reasons else ""
        raise NoRowsError(f"{given.source} has no vector that can be used{why}: write it again.")
    return given


def records_of(given: GivenTable) -> Reading:
    """Make records of vectors alone: one for each id, without texts.

    A vector that cannot be used is a row that is set aside.
    """
    found = given.table
    rejects = [
        (int(row), str(key) if given.keyed else None, reason, None)
        for row, key, reason in _entries(found)
    ]
    columns = {_ID: found.ids} if given.keyed else {}
    frame = pd.DataFrame(columns, index=range(len(found)))
    table = Table.of(frame, rows=found.rows, rejects=rejects, source=given.source)
    options = ReadOptions()
    if given.keyed:
        several = len(set(found.ids.tolist())) < len(found)
        options = ReadOptions(group=_ID) if several else ReadOptions(id=_ID)
    reading = read_source(table, options, table=table)
    return reading._replace(records=with_vectors(reading.records, replace(given, keyed=False)))


def with_vectors(records: Records, given: GivenTable) -> Records:
    """Give records the vectors that belong to them: by id, or in the order of the source's rows.

    A record of several vectors has their mean, scaled to unit length. A record without a vector
    that can be used is set aside, with the reason; vectors that belong to no record are counted in
    `Records.notes`.

    Raises
    ------
    InputError
        When no record has a vector, or there are not as many vectors as rows.
    """
    found = given.table
    owners, refused, notes = _owners(records, given)
    used = np.flatnonzero(owners >= 0)
    values = as_unit(found.vectors[used])
    owned = owners[used]
    counts = np.bincount(owned, minlength=len(records))
    reasons = np.full(len(records), "", dtype=object)
    for at in np.flatnonzero(counts == 0).tolist():
        reasons[at] = refused.get(at, f"no vector with its id in {given.source}")
    partly = [at for at in refused if counts[at]]
    if partly:
        notes.append(
            f"{counted(len(partly), 'record')} had a vector in {given.source} that cannot be used "
            f"({refused[partly[0]]}) beside others, of which the mean was taken."
        )
    if not len(used):
        raise NoRowsError(_none(records, given, reasons))
    place = np.full(len(records), -1, dtype=np.int64)
    kept = np.flatnonzero(counts)
    place[kept] = np.arange(len(kept))
    if counts.max() > 1:
        values = mean_rows(values, place[owned], len(kept))
    else:
        values = values[np.argsort(owned, kind="stable")]
    for note in notes:
        warnings.warn(note, CoterieWarning, stacklevel=2)
    aside = records.set_aside(reasons)
    vectors = RowVectors(values, found.origin, given.source, given.from_file)
    return replace(aside, vectors=vectors, notes=(*aside.notes, *notes))


def check_models_read(vectors: RowVectors, models: Sequence[Model]) -> None:
    """Refuse vectors that are not of the encoder and the width that each model was trained on.

    Raises
    ------
    EncoderMismatchError
        When the encoder or the width is another, see `coterie.encoders.check_given`.
    OptionError
        When a model reads no vectors.

    Warns
    -----
    CoterieWarning
        When only the width can be compared, because a file does not name its encoder.
    """
    known = True
    for model in models:
        if isinstance(model, EnsembleClassifier | EnsembleRegressor):
            raise OptionError(
                "A model of the kind ensemble reads columns, and vectors were given: leave "
                "--vectors (vectors=) out."
            )
        for member in getattr(model, "members_", [model]):
            width = member.encoder_.dim * max(len(member.speakers_), 1)
            known &= check_given(vectors, member.encoder_, dim=width)
    if not known:
        warn_of_width(vectors, "the model")


def check_models_embed(models: Sequence[Model]) -> None:
    """Refuse texts where a model was trained on vectors, and has no encoder for them.

    Raises
    ------
    InputError
        When one was.
    """
    for model in models:
        for member in getattr(model, "members_", [model]):
            encoder = getattr(member, "encoder_", None)
            if isinstance(encoder, GivenVectors):
                encoder.encode([""])


def check_origin(vectors: RowVectors) -> None:
    """Warn where a file does not name the encoder of its vectors."""
    if not vectors.origin and vectors.from_file:
        warnings.warn(
            f"{vectors.source} does not say which encoder made its vectors: of other vectors only "
            f"the width ({vectors.dim}) will be compared with it.",
            CoterieWarning,
            stacklevel=3,
        )


def warn_of_width(vectors: RowVectors, what: str) -> None:
    """Warn that the encoders of vectors from a file and of a model could not be compared."""
    if vectors.from_file:
        warnings.warn(
            f"It is not known whether the vectors of {vectors.source} and those of {what} are of "
            f"one encoder: only their width ({vectors.dim}) was compared.",
            CoterieWarning,
            stacklevel=3,
        )


def _owners(records: Records, given: GivenTable) -> tuple[Ints, dict[int, str], list[str]]:
    """Find the record of each sound vector, -1 for none; and records with one that is not sound."""
    found, notes = given.table, list[str]()
    entries = _entries(found)
    if not given.keyed:
        of_rows = records.source_rows.owners
        total = len(found) + len(entries)
        if total == len(records) != len(of_rows):
            of_rows = np.arange(len(records))
        if total != len(of_rows):
            raise InputError(
                f"There are {total:,} vectors for {len(of_rows):,} rows of {records.source}: give "
                "one for each row, or vectors with ids."
            )
        owners = of_rows[found.rows - 1]
        refused = {int(of_rows[row - 1]): reason for row, _, reason in reversed(entries)}
        refused.pop(-1, None)
        return owners, refused, notes
    place, prefix = _places(records, given)
    owners = np.array([place.get(key, -1) for key in found.ids.tolist()], dtype=np.int64)
    refused = {
        place[key]: f"{reason} (vector {row:,} of {given.source})"
        for row, key, reason in reversed(entries)
        if key in place
    }
    if prefix:
        notes.append(f"The ids of {given.source} were read without '{prefix}' before them.")
    strange = {key for key in found.ids.tolist() if key not in place}
    strange |= {key for _, key, _ in entries if key not in place}
    if strange:
        are = "is" if len(strange) == 1 else "are"
        notes.append(
            f"{counted(len(strange), 'id')} of {given.source} {are} not in {records.source}, such "
            f"as '{min(strange)}'."
        )
    return owners, refused, notes


def _places(records: Records, given: GivenTable) -> tuple[dict[str, int], str]:
    """Map ids of the vectors to records; also what stands before the ids in the file alone."""
    keys = dict.fromkeys([*given.table.ids.tolist(), *given.table.rejects["id"].tolist()])
    own = {str(key): at for at, key in enumerate(records.ids.tolist())}
    best, most, used = own, sum(key in own for key in keys), ""
    for prefix in dict.fromkeys([f"{records.id_column}_", _BADGE]):
        longer = {prefix + key: at for key, at in own.items()}
        if (matched := sum(key in longer for key in keys)) > most:
            best, most, used = longer, matched, prefix
    return best, used


def _none(records: Records, given: GivenTable, reasons: npt.NDArray[np.object_]) -> str:
    """Say why no record has a vector."""
    missing = f"no vector with its id in {given.source}"
    if given.keyed and all(reason == missing for reason in reasons):
        ids = "the row numbers" if records.id_column is None else f"'{records.id_column}'"
        return (
            f"No id of {given.source}, such as '{given.table.ids[0]}', is among {ids} of "
            f"{records.source}, such as '{records.ids[0]}': name the column of the ids with --id "
            "(id=)."
        )
    return f"No row of {records.source} has a vector that can be used ({reasons[0]}): correct them."


def _entries(found: EmbeddingTable) -> list[tuple[int, str, str]]:
    columns = (found.rejects[name].tolist() for name in ("row", "id", "reason"))
    return list(zip(*columns, strict=True))


def _several(value: Any) -> list[Any]:
    """Give the vectors of one id: one, or a list of them."""
    listed = isinstance(value, list | tuple | np.ndarray) and len(value)
    return list(value) if listed and isinstance(value[0], list | tuple | np.ndarray) else [value]


def _of_array(vectors: Any) -> EmbeddingTable:
    try:
        matrix = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError):
        matrix = np.zeros(0)
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise InputError(
            "The vectors are no array of shape (rows, width): give such an array, a file, or a "
            "mapping of ids to vectors."
        )
    rows = [(str(number), row) for number, row in enumerate(matrix, 1)]
    return embedding_table(rows, matrix.shape[1])
