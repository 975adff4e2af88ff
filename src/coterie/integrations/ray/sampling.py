"""Rows to find groups in, where there are too many to look at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.integrations.ray.row_files import row_files
from coterie.integrations.ray.source import RowBlocks
from coterie.records import Source, Table, rejects_frame
from coterie.records.values import as_labels

__all__ = ["choose_rows", "sample_table"]

Places = npt.NDArray[np.int64]

_FEWEST = 50  # rows of a stratum, so that a small one can make a group: a judgement


def choose_rows(strata: Places, sample: int, seed: int) -> Places:
    """Choose rows at random, of each stratum as large a share as of the whole.

    Parameters
    ----------
    strata
        Shape (n,): code of the stratum of each row, from 0.
    sample
        About how many to choose. Of no stratum fewer than 50 are chosen, or all that it has.
    seed
        Random seed.

    Returns
    -------
    ndarray of int64
        Places of the rows, in ascending order.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    counts = np.bincount(strata)
    wanted = np.round(counts * (sample / max(len(strata), 1))).astype(np.int64)
    wanted = np.minimum(np.maximum(wanted, _FEWEST), counts) if len(counts) > 1 else wanted
    starts = np.cumsum(counts) - counts
    within = np.arange(len(order)) - np.repeat(starts, counts)
    chosen = order[within < np.repeat(wanted, counts)]
    return np.sort(chosen)


def sample_table(
    source: Source, rows: RowBlocks, sample: int, *, stratify: str | None, seed: int
) -> Table:
    """Read some rows of a source as a table; all of it, where it has no more.

    Raises
    ------
    ColumnError
        When there is no column to stratify by.
    """
    table = rows.table
    files = row_files(source) if table is None else None
    count = len(table) if table is not None else rows.rows
    if stratify is None:
        strata = np.zeros(count, dtype=np.int64)
    elif table is not None:
        strata = _codes(as_labels(table.column(stratify)))
    else:
        assert files is not None
        files.look().column(stratify)  # raises, with the nearest name
        strata = _codes(files.column(stratify))
    places = np.arange(count) if count <= sample else choose_rows(strata, sample, seed)
    if table is None:
        assert files is not None
        return files.take(places + 1)
    if len(places) == count:
        return table
    return replace(
        table,
        frame=table.frame.iloc[places].reset_index(drop=True),
        rows=table.rows[places],
        index=pd.RangeIndex(len(places)),
        rejects=rejects_frame(),
    )


def _codes(labels: npt.NDArray[np.object_]) -> Places:
    codes, _ = pd.factorize(labels, use_na_sentinel=False)
    return np.asarray(codes, dtype=np.int64)
