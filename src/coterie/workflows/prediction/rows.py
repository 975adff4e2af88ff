"""Single rows that come without a table, read as `coterie predict` reads those of one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coterie.encoders import Vectors
from coterie.options import MAX_TEXT_CHARS, TableOptions
from coterie.records import CONCEPTS, Settled, read_numbers
from coterie.records.cleaning import clean_texts
from coterie.records.cleaning.sides import find_sides
from coterie.records.screen import are_blank, clean
from coterie.workflows.columns import number_columns
from coterie.workflows.prediction.predict import LoadedModel, context_of

__all__ = ["Row", "RowReader", "TextReader"]

_TEXT = "text"
_ROLLED = ("group", "order", "speaker", "first")
_NO_TEXT, _BLANK = "no text", "blank text"
_NOT_SAID, _NO_WORDS = "nothing said by the side chosen", "no text in the HTML"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as a model takes it.

    Attributes
    ----------
    text
        Cleaned as those of the training were; empty where the model reads none.
    context
        Column to value, numbers as numbers; only columns that the model reads.
    reason
        Why the row cannot be predicted; empty where it can.
    """

    text: str
    context: Mapping[str, Any]
    reason: str = ""


class TextReader:
    """Reads texts one by one: cleaned, and refused for the reasons of `build_records`.

    Parameters
    ----------
    options
        How texts are cleaned.
    """

    def __init__(self, options: TableOptions | None = None) -> None:
        self._options = options or TableOptions()

    def read(self, text: str | None) -> tuple[str, str]:
        """Give the text to learn from, and why it cannot be used or ""."""
        if text is None:
            return "", _NO_TEXT
        written = clean(np.array([text], dtype=object))
        if are_blank(written)[0]:
            return "", _BLANK
        options, side = self._options, self._options.side
        if side is not None and side.casefold() not in map(str.casefold, find_sides(written)):
            side = None  # no conversation: it stays whole
        found = clean_texts(
            {_TEXT: written}, options.cleanings, side=side, boilerplate=options.boilerplate
        ).columns[_TEXT]
        learnt = found[0]
        if learnt is None:
            return "", _NOT_SAID
        if are_blank(found)[0]:
            return "", _NO_WORDS
        if len(learnt) > MAX_TEXT_CHARS:
            return "", f"text of {len(learnt):,} characters, {MAX_TEXT_CHARS:,} are allowed"
        return str(learnt), ""


class RowReader:
    """Reads rows for one model: each alone, so that its answer depends on that row only.

    Parameters
    ----------
    model
        See `coterie.workflows.prediction.predict.load_model`.

    Attributes
    ----------
    columns
        The context columns that the model reads, concepts among them.
    reads_text
        Whether the model reads a text.
    """

    def __init__(self, model: LoadedModel) -> None:
        classifier, schema = model.classifier, model.schema
        kept = {name: value for name, value in schema.items() if name not in _ROLLED}
        self._texts = TextReader(TableOptions().following(kept))
        self._decimals = Settled.from_dict(schema.get("settled", {})).decimals
        self._numbers = frozenset(number_columns(classifier))
        self.columns = context_of(classifier)
        self.reads_text = getattr(classifier, "text", "") is not None

    def read(self, text: str | None, context: Mapping[str, Any]) -> Row:
        """Read one row.

        Parameters
        ----------
        text
            The whole text, as a table has it after rows were rolled up.
        context
            Column to a str, a number, a bool or None, and ``concepts`` to a list of str. What the
            model does not read is left out.
        """
        cells = {name: self._cell(name, context[name]) for name in self.columns if name in context}
        if not self.reads_text:
            return Row("", cells)
        learnt, reason = self._texts.read(text)
        return Row(learnt, cells, reason)

    def together(self, rows: Sequence[Row]) -> list[str] | Vectors | pd.DataFrame:
        """Put rows together as models take them, see `coterie.workflows.training.rows.rows_of`."""
        texts = [row.text for row in rows]
        if not self.columns:
            return texts
        cells = {name: [row.context.get(name) for row in rows] for name in self.columns}
        frame = pd.DataFrame(
            {name: self._column(name, values) for name, values in cells.items()},
            index=pd.RangeIndex(len(rows)),
        )
        if self.reads_text:
            frame.insert(0, _TEXT, pd.Series(texts, dtype=object), allow_duplicates=True)
        return frame

    def _cell(self, name: str, value: Any) -> Any:
        """Give a cell as it is in a table of ours: text that holds a number is that number."""
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if name == CONCEPTS or not isinstance(value, str):
            return value
        written = clean(np.array([value], dtype=object))
        if are_blank(written)[0]:
            return None
        if name not in self._numbers and not any(map(str.isdigit, value)):
            return written[0]
        read = read_numbers(pd.DataFrame({name: written}), usual=self._decimals)
        return read.frame[name].tolist()[0]

    def _column(self, name: str, values: list[Any]) -> pd.Series[Any]:
        if name in self._numbers and all(
            value is None or (isinstance(value, int | float) and not isinstance(value, bool))
            for value in values
        ):
            return pd.Series(values, dtype=np.float64)
        return pd.Series(values, dtype=object)
