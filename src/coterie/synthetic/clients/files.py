"""Clients, the notes on them and what became of them, into files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from coterie.errors import OptionError
from coterie.synthetic.ceilings import rounded
from coterie.synthetic.clients.data import NOISE, best_scores, iter_clients
from coterie.synthetic.files import Generated, writing

__all__ = ["FILES", "write_clients"]

FILES = ("note_concepts.csv", "labels.csv")
"""What is written, beside ``about.json``."""


def write_clients(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``note_concepts.csv``, ``labels.csv`` and ``about.json``; see `ClientData`.

    Time grows linearly with ``rows``, the number of clients; memory does by 100 bytes a row.

    Raises
    ------
    OptionError
        When a class is to be left out: there are two of each, and both are needed.
    """
    if leave_out:
        raise OptionError("Clients with and without each outcome are needed: leave none out.")
    blocks = iter_clients(rows, seed=seed)
    seen, classes = [], []
    concepts: set[str] = set()
    mentions = noted = 0
    with writing(out, *FILES, title="Generating clients", rows=rows) as files:
        for block in blocks:
            files.add("note_concepts.csv", block.concepts)
            files.add("labels.csv", block.labels, decimals="%.2f")
            seen.append(block.posterior)
            classes.append(block.labels[["purchased", "churned"]].astype("int8"))
            concepts.update(block.concepts["concept"])
            mentions += len(block.concepts)
            noted += block.concepts["client_id"].nunique()
            files.stage.advance(len(block.labels))
        happened = pd.concat(classes, ignore_index=True)
        scores = best_scores(pd.concat(seen, ignore_index=True), happened)
        return files.describe(
            "clients",
            rows,
            seed,
            mentions=mentions,
            concepts=len(concepts),
            clients_without_notes=rows - noted,
            noise=NOISE,
            targets=list(scores),
            rows_per_class={
                target: {str(value): int((column == value).sum()) for value in (0, 1)}
                for target, column in happened.items()
            },
            ceilings={
                target: {name: rounded(score) for name, score in best.items()}
                for target, best in scores.items()
            },
        )
