"""Records as models take them: texts or frames, their label, and the rows of segments."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import UNKNOWN_ENCODER, Vectors
from coterie.errors import ColumnError, CoterieWarning, StoreError
from coterie.records import Records, RowVectors, VectorOrigin
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.rows import has_rows, load_rows

__all__ = ["label_of", "rows_of", "segment_records"]

_TEXT = "text"


def rows_of(
    records: Records, context: Sequence[str], rows: npt.NDArray[np.integer[Any]] | None = None
) -> list[str] | Vectors | pd.DataFrame:
    """Give records as models take them: texts, or a frame of texts (if any) and context columns.

    Where records have vectors, these are in the place of their texts.

    Columns that the records do not have are left out: a classifier takes the mean or the most
    common value in place of a missing one, and warns.
    """
    chosen = np.arange(len(records)) if rows is None else rows
    texts: list[Any] = records.texts[chosen].tolist()
    if records.vectors is not None:
        given = records.vectors.values[chosen]
        if not context:
            return given
        texts = list(given)
    elif records.has_texts and not context:
        return texts
    there = [name for name in context if name in records.context.columns]
    frame = records.context[there].iloc[chosen].reset_index(drop=True)
    if not records.has_texts and records.vectors is None:
        return frame
    frame.insert(0, _TEXT, pd.Series(texts, dtype=object), allow_duplicates=True)
    return frame


def label_of(records: Records, wanted: str | None) -> str:
    """Give the name of the label column.

    Raises
    ------
    ColumnError
        When it is not there, or there are several and none is named.
    """
    if wanted is None and len(records.labels) == 1:
        return next(iter(records.labels))
    if not records.labels:
        raise ColumnError("No label column is named: name it with --label.")
    if wanted is None or wanted not in records.labels:
        named = ", ".join(records.labels)
        raise ColumnError(f"A model has one label column, and these are named: {named}. Name one.")
    return wanted


def segment_records(folder: str | Path) -> tuple[Records, Mapping[str, str], dict[str, Any]]:
    """Make labelled records of a folder that discover or assign wrote.

    Parameters
    ----------
    folder
        With a segmentation and its rows.

    Returns
    -------
    records
        Its rows; the label column ``segment`` holds the segment ids of rows that are core or
        assigned, and None for others.
    names
        Segment id to name.
    plan
        Encoder and pooling of the segmentation, and what the segments mean, as `ModelPlan` takes
        them.

    Raises
    ------
    StoreError
        When the folder holds no segmentation, or no rows.

    Warns
    -----
    CoterieWarning
        When the segments can still change.
    """
    segmentation = load_segmentation(folder)
    if not has_rows(folder):
        raise StoreError(
            f"{folder} holds segments without rows: name a folder that discover or assign wrote."
        )
    rows = load_rows(folder)
    assignments = segmentation.predict(
        rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
    )
    if not segmentation.frozen:
        warnings.warn(
            "These segments are not frozen, and the model does not follow later edits: run "
            f"coterie segments freeze {folder} first.",
            CoterieWarning,
            stacklevel=2,
        )
    certain = np.isin(assignments.statuses.astype(str), ["core", "assigned"])
    labels = assignments.segments.copy()
    labels[~certain] = None
    n = len(rows)
    records = Records(
        ids=rows.ids,
        texts=rows.texts,
        originals=rows.originals,
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={"segment": labels},
        source=f"the segments in {Path(folder).name}",
    )
    made_by = segmentation.encoder
    if made_by.name == UNKNOWN_ENCODER or not records.has_texts:
        known = VectorOrigin(made_by.name, made_by.fingerprint) if made_by.fingerprint else None
        given = RowVectors(rows.vectors, known or VectorOrigin(), records.source)
        records = replace(records, vectors=given)
    names = {segment.id: segment.name for segment in segmentation.segments}
    pooling = "lines" if segmentation.encoder.pooling == "row" else "text"
    meanings = {segment.id: segment.description for segment in segmentation.segments}
    plan = {"encoder": segmentation.encoder.name, "pooling": pooling}
    return records, names, plan | {"class_descriptions": meanings}
