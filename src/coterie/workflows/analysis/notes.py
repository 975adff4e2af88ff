"""What a person should know of an analysis, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coterie.classifiers import AMBIGUOUS, OUTSIDE, REFUSED
from coterie.formatting import counted
from coterie.hints import did_you_mean
from coterie.records import CONCEPTS
from coterie.search.schema import Column
from coterie.workflows.analysis.analysis import Answer
from coterie.workflows.analysis.asked import Asked

__all__ = ["note_doubts", "note_row", "note_strangers"]


def note_row(asked: Asked, answer: Answer) -> list[str]:
    """Say what a prediction could not rest on, and what its status means."""
    return [*_left_out(asked.left_out), *_status(answer), *_absent(asked.absent)]


def note_doubts(doubts: Sequence[str]) -> list[str]:
    """Say the first doubt of rules, and how many more there are."""
    if not doubts:
        return []
    more = f" There are {len(doubts) - 1} more such doubts." if doubts[1:] else ""
    return [f"{doubts[0]}{more}"]


def note_strangers(
    given: Mapping[str, Any], known: Sequence[Column], read: Sequence[str]
) -> list[str]:
    """Name columns that nothing is known of, and that no rule reads."""
    names = [*(column.name for column in known), *read]
    return [
        f"Nothing is known of the column '{name}': "
        + did_you_mean(name, names, f"known are {', '.join(names) or 'none'}.")
        for name in given
        if name not in names and name != CONCEPTS
    ]


def _left_out(lines: int) -> list[str]:
    """Say that a conversation was not read to its end."""
    if not lines:
        return []
    return [
        f"The last {counted(lines, 'line')} of the conversation were not read, since the model was "
        "trained on the beginning of conversations."
    ]


def _status(answer: Answer) -> list[str]:
    """Say what the status means, where the prediction is not certain."""
    if answer.status == AMBIGUOUS:
        return ["The model is not sure: take the outcome as a hint."]
    if answer.status == OUTSIDE:
        return ["The conversation is unlike all that the model was trained on: do not rely on it."]
    if answer.status == REFUSED:
        return ["The language model gave no answer that can be used."]
    return []


def _absent(names: Sequence[str]) -> list[str]:
    """Name columns that the model reads and that are not given."""
    missing = [name for name in names if name != CONCEPTS]
    if not missing:
        return []
    return [f"Not given, so that average values count: {', '.join(missing)}."]
