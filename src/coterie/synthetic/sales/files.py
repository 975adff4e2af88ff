"""Sales conversations into files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.synthetic.ceilings import best_accuracy, best_auc, rounded
from coterie.synthetic.checks import leave_out_of
from coterie.synthetic.files import Generated, writing
from coterie.synthetic.sales.causes import OUTCOMES
from coterie.synthetic.sales.conversation import FIRST_TURNS
from coterie.synthetic.sales.data import NOISE, SPLITS, iter_sales

__all__ = ["FILES", "write_sales"]

FILES = ("turns.csv", "conversations.csv")
"""What is written, beside ``about.json``."""


def write_sales(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``turns.csv``, ``conversations.csv`` and ``about.json``; see `SalesData`.

    Time grows linearly with ``rows``, the number of conversations; memory does by 50 bytes a row.

    Raises
    ------
    OptionError
        When a class is to be left out: both are needed. The message names a mistaken one.
    """
    if leave_out_of(OUTCOMES, leave_out, "outcome") != list(OUTCOMES):
        raise OptionError("Both outcomes are needed, half and half: leave none out.")
    blocks = iter_sales(rows, seed=seed)
    chances, ends, said = [], [], 0
    with writing(out, *FILES, title="Generating conversations", rows=rows) as files:
        for block in blocks:
            files.add("turns.csv", block.turns)
            files.add("conversations.csv", block.conversations)
            chances.append(np.column_stack([block.posterior, block.context_posterior]))
            ends.append(block.conversations[["outcome", "split"]].astype("category"))
            said += len(block.turns)
            files.stage.advance(len(block.conversations))
        return files.describe(
            "sales",
            rows,
            seed,
            texts=said,
            noise=NOISE,
            label="outcome",
            classes=list(OUTCOMES),
            first_turns=FIRST_TURNS,
            **_ceilings(np.vstack(chances), pd.concat(ends, ignore_index=True)),
        )


def _ceilings(chances: npt.NDArray[np.float64], ends: pd.DataFrame) -> dict[str, Any]:
    """Say what no model can beat: in all, by the context alone, and on each split."""
    posterior, context = chances.T
    converted = (ends["outcome"] == OUTCOMES[0]).to_numpy()
    splits = {}
    for name in SPLITS:
        of = (ends["split"] == name).to_numpy()
        splits[name] = {
            "rows": int(of.sum()),
            "converted": int(converted[of].sum()),
            "ceiling_accuracy": rounded(best_accuracy(posterior[of]) if of.any() else None),
            "ceiling_auc": rounded(best_auc(posterior[of], converted[of])),
        }
    return {
        "ceiling_accuracy": rounded(best_accuracy(posterior)),
        "ceiling_auc": rounded(best_auc(posterior, converted)),
        "ceiling_accuracy_context_only": rounded(best_accuracy(context)),
        "ceiling_auc_context_only": rounded(best_auc(context, converted)),
        "rows_per_outcome": {name: int((ends["outcome"] == name).sum()) for name in OUTCOMES},
        "splits": splits,
    }
