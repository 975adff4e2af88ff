"""Generated data into files, each of them whole or not there."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError, StoreError
from coterie.progress import current
from coterie.synthetic.attendees import NOISE, iter_attendees
from coterie.synthetic.causes import OUTCOMES
from coterie.synthetic.ceilings import best_accuracy, best_auc
from coterie.synthetic.clients import NOISE as CLIENT_NOISE
from coterie.synthetic.clients import best_scores, iter_clients
from coterie.synthetic.conversation import FIRST_TURNS
from coterie.synthetic.messages import (
    BLANK_SHARE,
    COPY_SHARE,
    LABEL_NOISE,
    NEAR_COPY_SHARE,
    VAGUE_SHARE,
)
from coterie.synthetic.options import leave_out_of
from coterie.synthetic.sales import NOISE as SALES_NOISE
from coterie.synthetic.sales import SPLITS, iter_sales
from coterie.synthetic.support import iter_support

__all__ = ["Generated", "write_attendees", "write_clients", "write_sales", "write_support"]


FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Generated:
    """What was written.

    Attributes
    ----------
    files
        The data first, then what describes it.
    about
        What ``about.json`` holds: kind, rows, seed, and how the data was made.
    """

    files: tuple[Path, ...]
    about: dict[str, Any]


def write_support(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``messages.csv`` and ``about.json``; see `generate_support` for the columns.

    Time grows linearly with ``rows``; memory does by 20 bytes a row.
    """
    blocks = iter_support(rows, seed=seed, leave_out=leave_out)
    counts: dict[str, int] = {}
    with _folder(out) as folder, current().stage("Generating messages", rows) as stage:
        messages = folder.open("messages.csv")
        for place, block in enumerate(blocks):
            block.to_csv(messages, index=False, header=place == 0, lineterminator="\n")
            for intent in block["intent"]:
                counts[intent] = counts.get(intent, 0) + 1
            stage.advance(len(block))
        about = {
            "kind": "support",
            "rows": rows,
            "seed": seed,
            "left_out": list(leave_out),
            "text": "text",
            "labels": ["intent", "category"],
            "label_noise": LABEL_NOISE,
            "copies": COPY_SHARE,
            "near_copies": NEAR_COPY_SHARE,
            "vague": VAGUE_SHARE,
            "blank": BLANK_SHARE,
            "rows_per_intent": dict(sorted(counts.items())),
        }
        return folder.describe(about)


def write_attendees(out: Path, rows: int, seed: int, leave_out: Sequence[str]) -> Generated:
    """Write ``badges.json``, ``labels.csv`` and ``about.json``; see `AttendeeData`.

    Time grows linearly with ``rows``, the number of badges; memory does not grow.
    """
    blocks = iter_attendees(rows, seed=seed, leave_out=leave_out)
    counts: dict[str, int] = {}
    ceiling, records = 0.0, 0
    with _folder(out) as folder, current().stage("Generating badges", rows) as stage:
        badges, labels = folder.open("badges.json"), folder.open("labels.csv")
        for place, block in enumerate(blocks):
            lines = [json.dumps(badge, ensure_ascii=False) for badge in block.badges]
            badges.write(("[\n" if place == 0 else ",\n") + ",\n".join(lines))
            block.labels.to_csv(labels, index=False, header=place == 0, lineterminator="\n")
            for name in block.labels["ClusterId"]:
                counts[name] = counts.get(name, 0) + 1
            ceiling += float(block.posterior.max(axis=1).sum())
            records += len(block.badges)
            stage.advance(len(block.labels))
        badges.write("\n]\n")
        about = {
            "kind": "attendees",
            "rows": rows,
            "records": records,
            "seed": seed,
            "left_out": list(leave_out),
            "noise": NOISE,
            "ceiling_accuracy": round(ceiling / rows, 4),
            "badges_per_cluster": dict(sorted(counts.items())),
        }
        return folder.describe(about)


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
    chances: list[FloatArray] = []
    outcomes: list[pd.DataFrame] = []
    said = 0
    with _folder(out) as folder, current().stage("Generating conversations", rows) as stage:
        turns, conversations = folder.open("turns.csv"), folder.open("conversations.csv")
        for place, block in enumerate(blocks):
            first = place == 0
            block.turns.to_csv(turns, index=False, header=first, lineterminator="\n")
            block.conversations.to_csv(
                conversations, index=False, header=first, lineterminator="\n"
            )
            chances.append(np.column_stack([block.posterior, block.context_posterior]))
            outcomes.append(block.conversations[["outcome", "split"]].astype("category"))
            said += len(block.turns)
            stage.advance(len(block.conversations))
        about = {
            "kind": "sales",
            "rows": rows,
            "texts": said,
            "seed": seed,
            "left_out": [],
            "noise": SALES_NOISE,
            "label": "outcome",
            "classes": list(OUTCOMES),
            "first_turns": FIRST_TURNS,
            **_ceilings(np.vstack(chances), pd.concat(outcomes, ignore_index=True)),
        }
        return folder.describe(about)


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
    seen: list[pd.DataFrame] = []
    classes: list[pd.DataFrame] = []
    concepts: set[str] = set()
    mentions = noted = 0
    with _folder(out) as folder, current().stage("Generating clients", rows) as stage:
        notes, labels = folder.open("note_concepts.csv"), folder.open("labels.csv")
        for place, block in enumerate(blocks):
            first = place == 0
            block.concepts.to_csv(notes, index=False, header=first, lineterminator="\n")
            block.labels.to_csv(
                labels, index=False, header=first, lineterminator="\n", float_format="%.2f"
            )
            seen.append(block.posterior)
            classes.append(block.labels[["purchased", "churned"]].astype("int8"))
            concepts.update(block.concepts["concept"])
            mentions += len(block.concepts)
            noted += block.concepts["client_id"].nunique()
            stage.advance(len(block.labels))
        happened = pd.concat(classes, ignore_index=True)
        scores = best_scores(pd.concat(seen, ignore_index=True), happened)
        about = {
            "kind": "clients",
            "rows": rows,
            "mentions": mentions,
            "concepts": len(concepts),
            "clients_without_notes": rows - noted,
            "seed": seed,
            "left_out": [],
            "noise": CLIENT_NOISE,
            "targets": list(scores),
            "rows_per_class": {
                target: {str(value): int((column == value).sum()) for value in (0, 1)}
                for target, column in happened.items()
            },
            "ceilings": {
                target: {name: _rounded(score) for name, score in best.items()}
                for target, best in scores.items()
            },
        }
        return folder.describe(about)


def _ceilings(chances: FloatArray, outcomes: pd.DataFrame) -> dict[str, Any]:
    """Say what no model can beat: in all, by the context alone, and on each split."""
    posterior, context = chances.T
    converted = (outcomes["outcome"] == OUTCOMES[0]).to_numpy()
    split = outcomes["split"].to_numpy()
    return {
        "ceiling_accuracy": round(best_accuracy(posterior), 4),
        "ceiling_auc": _rounded(best_auc(posterior, converted)),
        "ceiling_accuracy_context_only": round(best_accuracy(context), 4),
        "ceiling_auc_context_only": _rounded(best_auc(context, converted)),
        "rows_per_outcome": {name: int((outcomes["outcome"] == name).sum()) for name in OUTCOMES},
        "splits": {
            name: _split(posterior[split == name], converted[split == name]) for name in SPLITS
        },
    }


def _split(posterior: FloatArray, converted: npt.NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "rows": len(posterior),
        "converted": int(converted.sum()),
        "ceiling_accuracy": round(best_accuracy(posterior), 4) if len(posterior) else None,
        "ceiling_auc": _rounded(best_auc(posterior, converted)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


class _Folder:
    """Files that take their names together, once all of them are whole."""

    def __init__(self, out: Path, stack: ExitStack) -> None:
        self._out, self._stack = out, stack
        self.parts: dict[Path, Path] = {}

    def open(self, name: str) -> TextIO:
        handle, part = tempfile.mkstemp(dir=self._out, prefix=f".{name}.")
        self.parts[self._out / name] = Path(part)
        return self._stack.enter_context(os.fdopen(handle, "w", encoding="utf-8", newline=""))

    def describe(self, about: dict[str, Any]) -> Generated:
        self.open("about.json").write(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        return Generated(tuple(self.parts), about)


@contextmanager
def _folder(out: Path) -> Iterator[_Folder]:
    """Open a folder for writing; nothing is left in it when the writing fails."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as cleaning:
            with ExitStack() as handles:
                folder = _Folder(out, handles)
                cleaning.callback(_remove, folder.parts)
                yield folder
            for path, part in folder.parts.items():
                part.chmod(0o644)
                part.replace(path)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {out}: {error.strerror or error}; make room or name another folder."
        ) from error


def _remove(parts: dict[Path, Path]) -> None:
    for part in parts.values():
        part.unlink(missing_ok=True)
