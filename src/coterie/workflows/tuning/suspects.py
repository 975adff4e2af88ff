"""Labels that the data contradicts, listed before anything is trained, tuned or evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from coterie.encoders import EmbeddingCache, Readability, embed_texts, load_encoder, release
from coterie.jsonable import as_plain
from coterie.options import SuspectsOptions
from coterie.profile.links import linked_texts
from coterie.progress import current
from coterie.records import Records, require_texts
from coterie.tuning import CONFLICT, Suspects, find_suspects
from coterie.workflows.reading import check_reading
from coterie.workflows.training.rows import label_of
from coterie.workflows.tuning.corrections import suspects_table

__all__ = ["SuspectsResult", "list_suspects"]

_TABLE = "suspects.csv"


@dataclass(frozen=True, slots=True, eq=False)
class SuspectsResult:
    """Rows whose label the data contradicts, see `coterie.verbs.saving.Result`.

    Attributes
    ----------
    records
        All rows.
    label
        The column of the labels.
    suspects
        What was found.
    encoder
        By whose vectors.
    readability
        What the encoder can read of the texts.
    title
        Of the page.
    """

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = (_TABLE,)

    records: Records
    label: str
    suspects: Suspects
    encoder: str
    readability: Readability
    title: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """The suspects, the surest first, with an empty ``action`` for a person to fill in."""
        return suspects_table(self.records, np.arange(len(self.records)), self.suspects)

    @property
    def verdict(self) -> str:
        """How many labels are contradicted, in words."""
        found, judged = len(self.suspects.table), self.suspects.judged
        if not found:
            return f"Other rows contradict none of {judged:,} labels in “{self.label}”."
        return (
            f"Other rows contradict {found:,} of {judged:,} labels in “{self.label}” "
            f"({found / max(judged, 1):.1%})."
        )

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.records.rejects

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        return {_TABLE: self.table}

    @property
    def by_label(self) -> pd.DataFrame:
        """One row a label: its rows, how many are suspect, and the label most often suggested."""
        labels = pd.Series(self.records.label_texts[self.label]).dropna()
        rows = labels.value_counts()
        found = self.suspects.table.groupby("label")["suggested"]
        table = pd.DataFrame(
            {
                "label": rows.index.astype(str),
                "rows": rows.to_numpy(),
                "suspect": found.size().reindex(rows.index, fill_value=0).to_numpy(),
                "mostly": found.agg(lambda s: s.value_counts().index[0])
                .reindex(rows.index)
                .fillna("")
                .to_numpy(),
            }
        )
        return table.sort_values("suspect", ascending=False, kind="stable", ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return as_plain(
            {
                "form": self.form,
                "source": self.records.source,
                "label": self.label,
                "rows": len(self.records),
                "set_aside": len(self.rejects),
                "unlabelled": self.suspects.unlabelled,
                "checked": self.suspects.judged,
                "unchecked_labels": list(self.suspects.unjudged),
                "suspects": len(self.suspects.table),
                "conflicts": int((self.suspects.table["reason"] == CONFLICT).sum()),
                "accuracy": self.suspects.accuracy,
                "by_label": self.by_label.to_dict("records"),
                "encoder": self.encoder,
                "readability": self.readability.to_dict(),
                "verdict": self.verdict,
            }
        )

    def write_parts(self, folder: Path) -> None:
        """Write nothing: there are figures and a table."""


def list_suspects(
    records: Records,
    options: SuspectsOptions | None = None,
    *,
    cache: EmbeddingCache | None = None,
) -> SuspectsResult:
    """List the rows of a table whose label the others contradict.

    Parameters
    ----------
    records
        With texts, and at least one label column.
    options
        What to do; the defaults when None.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    ColumnError
        When there is no such label column, or several and none is named.
    InputError
        When there are no texts, or fewer than two labels.
    """
    options = options or SuspectsOptions()
    require_texts(records, "Checking labels")
    label = label_of(records, options.label)
    encoder = load_encoder(options.encoder, fit_on=records.texts.tolist(), token=options.token)
    texts = records.texts.tolist()
    read, _ = check_reading(encoder, texts)
    vectors = embed_texts(texts, encoder, cache=cache)
    release(encoder)
    clusters = linked_texts(texts, threshold=options.near, seed=options.seed)
    with current().stage("Looking for wrong labels"):
        found = find_suspects(
            vectors, records.label_texts[label], clusters, texts=records.texts, seed=options.seed
        )
    return SuspectsResult(records, label, found, encoder.name, read, options.title)
