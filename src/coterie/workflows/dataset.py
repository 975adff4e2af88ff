"""What workflows start from: the records of a table, and the texts that are embedded for them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.encoders import EmbeddingCache, Encoder, Vectors, check_given, embed_texts, mean_rows
from coterie.errors import CoterieWarning, OptionError
from coterie.options import TableOptions
from coterie.records import Reading, Records, Table, read_records
from coterie.records.values import as_labels

__all__ = ["Dataset", "SourceTexts", "dataset_of", "part_names", "rolls_up", "source_texts_of"]


@dataclass(frozen=True, slots=True, eq=False)
class SourceTexts:
    """The m texts that records were rolled up from, and the record that each belongs to.

    Every record owns at least one. ``rows`` are their row numbers in the source.
    """

    texts: npt.NDArray[np.object_]
    owners: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Records, and how they become vectors.

    Attributes
    ----------
    records
        The n records.
    source_texts
        Where records are embedded part by part; None where each one's text is embedded whole.
    table
        The table they came from, where it is at hand.
    unit
        What one record is, in the plural.
    choices
        What was chosen where the recipe left it open, one sentence each.
    about
        What ``about.json`` says of generated data.
    context
        Names of the context columns, without that of the split.
    split
        Name of the column that tells training rows from test rows, or None.
    spoken
        Whether the lines of a text begin with the name of the speaker.
    schema
        How the records were read; a model keeps it, so that new rows are read alike.
    """

    records: Records
    source_texts: SourceTexts | None = None
    table: Table | None = None
    unit: str = "texts"
    choices: tuple[str, ...] = field(default=())
    about: Mapping[str, Any] = field(default_factory=dict)
    context: tuple[str, ...] = ()
    split: str | None = None
    spoken: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> Sequence[str]:
        """The texts to embed: those of the parts, or of the records."""
        return list(self.records.texts if self.source_texts is None else self.source_texts.texts)

    @property
    def row_texts(self) -> Sequence[str]:
        """The text of each record, whole."""
        return list(self.records.texts)

    @property
    def pooling(self) -> Literal["record", "row"]:
        """What is embedded, see `coterie.segments.EncoderRef`."""
        return "record" if self.source_texts is None else "row"

    def embed_parts(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors | None:
        """Embed the texts of the parts; None where records have none, or vectors of their own."""
        if self.source_texts is None or self.records.vectors is not None:
            return None
        return embed_texts(self.texts, encoder, cache=cache)

    def embed(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
        """Embed the records.

        Returns
        -------
        ndarray of shape (n, encoder.dim), float32
            Unit length; those given where the records have some; else the mean of a record's parts,
            scaled, where it has parts.

        Raises
        ------
        EncoderMismatchError
            When the vectors given are of another encoder or width.
        """
        if self.records.vectors is not None:
            check_given(self.records.vectors, encoder)
            return self.records.vectors.values
        parts = self.embed_parts(encoder, cache)
        return embed_texts(self.texts, encoder, cache=cache) if parts is None else self.mean(parts)

    def mean(self, parts: Vectors) -> Vectors:
        """Take the mean of the vectors of each record's parts, scaled to unit length."""
        assert self.source_texts is not None
        return mean_rows(parts, self.source_texts.owners, len(self.records))


def dataset_of(reading: Reading, *, by_row: bool | None = False) -> Dataset:
    """Make a dataset of what was read.

    Parameters
    ----------
    reading
        See `coterie.records.read_source`.
    by_row
        Whether to embed each row of the source by itself, and to take the mean of each record; None
        where that is open, see `rolls_up`.

    Raises
    ------
    OptionError
        When rows are to be embedded, and none were rolled up or only the first of each record.
    """
    records, table, options = reading
    unit = "texts" if records.has_texts else "rows"
    by_row = rolls_up(reading) if by_row is None else by_row
    if not by_row or records.vectors is not None:
        return Dataset(records, table=table, unit=unit)
    if table is None or options.group is None or options.text is None:
        raise OptionError(
            "Here each row is embedded, and a record is the mean of its rows: name the column of "
            "the text with --text (text=), and that of the records with --group (group=)."
        )
    if options.first is not None:
        raise OptionError(
            "--first (first=) works on whole records only: leave it out, or embed whole records."
        )
    parts = source_texts_of(table, options, records)
    return Dataset(records, parts, table)


def rolls_up(reading: Reading) -> bool:
    """Whether records are people with several texts each, in no order and of one speaker.

    A conversation is read from its beginning to its end; of a person's texts, each stands alone.
    """
    records, table, options = reading
    return (
        table is not None
        and None not in (options.group, options.text)
        and (options.order, options.speaker, options.first) == (None, None, None)
        and bool((records.sizes > 1).any())
    )


def source_texts_of(table: Table, options: TableOptions, records: Records) -> SourceTexts:
    """Find the texts that records were rolled up from.

    Parameters
    ----------
    table, options
        The table that the records were made of, and how: with a text and a group.
    records
        Those of the table, rolled up by the group column.
    """
    group = str(options.group)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # said when the records were made
        rows = read_records(
            table,
            text=options.text,
            id=options.id,
            labels=[group],
            clean=options.clean,
            side=options.side,
            boilerplate=records.boilerplate,
            max_text_chars=options.max_text_chars,
        )
    at = {name: place for place, name in enumerate(records.ids)}
    owners = np.array([at.get(name, -1) for name in rows.label_texts[group]], dtype=np.int64)
    used = owners >= 0
    return SourceTexts(rows.texts[used], owners[used], rows.rows[used])


def part_names(dataset: Dataset, column: str | None) -> list[str]:
    """Name each of the texts that records were rolled up from: by a column of ids, or its row.

    Several records may share an id, as badges share a session; a row without one has its number.
    """
    parts, table = dataset.source_texts, dataset.table
    assert parts is not None
    if column is None or table is None:
        return [str(row) for row in parts.rows.tolist()]
    cells = as_labels(table.column(column))
    named = dict(zip(table.rows.tolist(), cells.tolist(), strict=True))
    return [str(named[row] or row) for row in parts.rows.tolist()]
