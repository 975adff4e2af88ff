"""``coterie.to_label``: rows that nobody labelled in, those that are worth a label out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.errors import OptionError
from coterie.formatting import counted
from coterie.options import LabellingOptions
from coterie.outputs import claim_file
from coterie.prediction_log import PredictionLog
from coterie.records import Records, Source, Table, check_table_name, write_table
from coterie.verbs.model import Model
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_alike
from coterie.verbs.saving import sources_of
from coterie.workflows.asking import connect
from coterie.workflows.labelling.label import choose_to_label
from coterie.workflows.labelling.result import LABEL, LabellingResult
from coterie.workflows.logged import as_rows, unlabelled_rows
from coterie.workflows.prediction.predict import load_model

__all__ = ["ToLabel", "claim_to_label", "to_label", "to_label_with"]

_SHOWN = 10  # rows in a notebook
_OWN = ("id", "predicted", "name", "confidence", "status", "like", "reason", LABEL)


class ToLabel:
    """Rows that are worth a label.

    Parameters
    ----------
    result
        What the workflow chose.
    text
        Name of the column of the text.
    """

    def __init__(self, result: LabellingResult, *, text: str = "text") -> None:
        self.result = result
        self._text = text

    @property
    def table(self) -> pd.DataFrame:
        """The rows in the order in which they help most, with an empty column ``label``."""
        return self.result.frame(text=self._text)

    @property
    def figures(self) -> dict[str, Any]:
        """All figures."""
        return self.result.to_dict()

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table for a person to fill in.

        A file that a person made or changed is replaced only with ``overwrite``.

        Raises
        ------
        OptionError
            When a file in the way is a person's work, or no table can be written under that name.
        """
        with claim_to_label(path, overwrite=overwrite):
            return self.write(path)

    def write(self, path: str | Path) -> Path:
        """Write the table into a file that is claimed, see `claim_to_label`."""
        write_table(self.table, path)
        return Path(path)

    def __repr__(self) -> str:
        found = self.figures
        return (
            f"{counted(found['chosen'], 'row')} of {found['rows']:,} to label, "
            f"{found['at_random']:,} of them at random"
        )

    def _repr_html_(self) -> str:
        table = self.table.head(_SHOWN)
        heads = [name for name in ("id", self._text, "predicted", "reason") if name in table]
        return summary_html(repr(self), tuple(heads), table[heads].astype(str).values.tolist())


def claim_to_label(
    path: str | Path, *reads: Any, overwrite: bool = False
) -> AbstractContextManager[Path]:
    """Claim the file before the work, see `coterie.outputs.claim_file`."""
    check_table_name(path)
    return claim_file(path, by="label", inputs=sources_of(reads), overwrite=overwrite)


def to_label_with(
    model: Model | str | Path, table: Source | Table | Records | None, options: LabellingOptions
) -> ToLabel:
    """Choose the rows of a table whose labels would teach a model most.

    Parameters
    ----------
    model
        A classifier, or its directory.
    table
        Rows without labels, with the columns that the model was trained on. None for vectors alone.
    options
        Declared in `coterie.options.LabellingOptions`.

    Returns
    -------
    ToLabel
        ``chosen.table``, ``chosen.figures``, ``chosen.save(path)``.

    Raises
    ------
    OptionError
        When the model estimates a number.
    NoRowsError
        When the model was trained on all of the rows.
    """
    used = model if isinstance(model, Model) else Model.of(load_model(model))
    asked, schema = options, used.schema
    if options.log is not None:
        if table is not None:
            raise OptionError("A table and --log (log=) exclude each other: give one of them.")
        if used.home is None:
            raise OptionError("This model is not saved: save it, and name its directory.")
        with PredictionLog.open(options.log, writes=False) as log:
            table = unlabelled_rows(log, load_model(used.home))
        schema = as_rows(schema)
        asked = options.changed(log=None, id="id")
    given = read_alike(table, asked, [schema], [used.estimator])
    connect([used.estimator], options, options.cache)
    found = choose_to_label(
        used.estimator,
        given.records,
        options.n,
        at_random=options.at_random,
        seed=options.seed,
        cache=options.cache,
    )
    return ToLabel(found, text=_text_column(given.options.text))


to_label = by_name(to_label_with, LabellingOptions)


def _text_column(named: str | None) -> str:
    """Give the column of the text, under which it is read again; ``text`` for a template."""
    if named is None or "{" in named or named in _OWN:
        return "text"
    return named
