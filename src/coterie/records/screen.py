"""Rows that cannot be used are set aside, each with its reason."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning
from coterie.formatting import counted
from coterie.records.compose import is_missing
from coterie.records.formats.encoding import SURROGATE, warn_of_mended
from coterie.records.table import Reject
from coterie.records.values import number_values

__all__ = [
    "Screening",
    "are_blank",
    "clean",
    "note_empty_words",
    "set_aside_bad_texts",
    "set_aside_doubles",
]

Bools = npt.NDArray[np.bool_]
StrArray = npt.NDArray[np.object_]

_BLANK = re.compile(r"[\s\u200b-\u200d\u2060\ufeff\u00ad\u3164]*")  # white or of no width
_EMPTY_WORDS = re.compile(  # what programs and people write into a cell that has no text
    r"\s*(?:[^\w\s]?(?:null|nil|none|nan|undefined|n/?a|n\.a\.)[^\w\s]?|[!-/:-@\[-`{-~\u2010-\u2026]+)\s*",
    re.IGNORECASE,
)
_LONGEST_EMPTY_WORD = 20  # characters: no text above is one; a judgement, not measured


@dataclass(slots=True)
class Screening:
    """The n rows of a table: those still kept, and the reasons of the others.

    `texts`, `ids` and `people` hold str or None; `ids` is None where there is no id column, and
    `people`, whom the rows belong to, where rows are not rolled up. `rejects` has an entry for each
    row that is not kept, with its id or, where it has none, the person's.
    """

    numbers: npt.NDArray[np.int64]
    texts: StrArray
    ids: StrArray | None
    kept: Bools
    people: StrArray | None = None
    rejects: list[Reject] = field(default_factory=list)

    def set_aside(self, bad: Bools, reason: str | Callable[[int], str]) -> None:
        """Set aside those of the kept rows that are bad, with a reason or a reason for each."""
        for at in np.flatnonzero(bad & self.kept).tolist():
            why = reason if isinstance(reason, str) else reason(at)
            names = self.people if self.ids is None else self.ids
            id_of = None if names is None else names[at]
            self.rejects.append((int(self.numbers[at]), id_of, why, self.texts[at]))
        self.kept &= ~bad


def clean(texts: StrArray) -> StrArray:
    """Drop NUL, and replace half a surrogate pair by U+FFFD; a warning counts the texts."""
    cleaned = texts.copy()
    broken = [at for at, text in enumerate(texts) if text is not None and _is_broken(text)]
    for at in broken:
        cleaned[at] = SURROGATE.sub("\ufffd", texts[at].replace("\0", ""))
    if broken:
        warn_of_mended(len(broken))
    return cleaned


def _is_broken(text: str) -> bool:
    if "\0" in text:
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def set_aside_bad_texts(rows: Screening, learnt: StrArray, max_chars: int) -> None:
    """Set aside rows whose text is missing, blank or too long, or is so when it is cleaned.

    `learnt` are the texts cleaned: None where the side chosen says nothing, and blank where a text
    held HTML only.
    """
    rows.set_aside(is_missing(rows.texts), "no text")
    rows.set_aside(are_blank(rows.texts), "blank text")
    rows.set_aside(is_missing(learnt), "nothing said by the side chosen")
    rows.set_aside(are_blank(learnt), "no text in the HTML")
    lengths = _lengths(learnt)
    rows.set_aside(
        lengths > max_chars,
        lambda at: f"text of {lengths[at]:,} characters, {max_chars:,} are allowed",
    )


def are_blank(texts: StrArray) -> Bools:
    """Tell where texts are missing, or hold nothing but white space and marks of no width."""
    return np.array([not text or _BLANK.fullmatch(text) is not None for text in texts], dtype=bool)


def _lengths(texts: StrArray) -> npt.NDArray[np.int64]:
    return np.array([0 if text is None else len(text) for text in texts], dtype=np.int64)


def note_empty_words(rows: Screening, learnt: StrArray) -> tuple[str, ...]:
    """Warn of kept texts that are placeholders ("N/A", "null") or marks alone ("-").

    They are kept, for a person may have meant them. Returns the note, if there are any.
    """
    said = [
        str(learnt[at]).strip()
        for at in np.flatnonzero(rows.kept)
        if len(learnt[at]) <= _LONGEST_EMPTY_WORD and _EMPTY_WORDS.fullmatch(learnt[at])
    ]
    if not said:
        return ()
    commonest = ", ".join(repr(text) for text, _ in Counter(said).most_common(3))
    note = f"Kept {counted(len(said), 'text')} such as {commonest}, which may be placeholders"
    warnings.warn(f"{note}: empty those cells to set their rows aside.", CoterieWarning, 2)
    return (note,)


def set_aside_doubles(rows: Screening, labels: Mapping[str, StrArray], column: str) -> None:
    """Set aside rows without id, and rows whose id an earlier kept row has.

    The reason says whether they differ, in `labels` (which may be any columns) or in the text.
    """
    assert rows.ids is not None
    rows.set_aside(is_missing(rows.ids), f"no value in the id column '{column}'")
    kept = np.flatnonzero(rows.kept)
    ids = pd.Series(rows.ids[kept], dtype=object)
    again = ids.duplicated().to_numpy()
    if not again.any():
        return
    codes, _ = number_values(ids)
    firsts = kept[np.flatnonzero(~again)][codes]
    first_of = dict(zip(kept[again].tolist(), firsts[again].tolist(), strict=True))
    double = np.zeros(len(rows.kept), dtype=bool)
    double[kept[again]] = True

    def reason(at: int) -> str:
        first = first_of[at]
        where = f"row {rows.numbers[first]}"
        differing = [name for name, column in labels.items() if column[at] != column[first]]
        if differing:
            other = f"another '{differing[0]}': {labels[differing[0]][first]}"
            return f"id seen in {where} with {other}, here {labels[differing[0]][at]}"
        if rows.texts[at] != rows.texts[first]:
            return f"id seen in {where} with another text"
        return f"same as {where}"

    rows.set_aside(double, reason)
    conflicts = sum("with another" in entry[2] for entry in rows.rejects)
    if conflicts:
        what = "text or label" if any(rows.texts[kept]) else "value"
        warnings.warn(
            f"Set aside {counted(conflicts, 'row')} with an id of '{column}' that an earlier row "
            f"has with another {what}: check which of them is right.",
            CoterieWarning,
            stacklevel=2,
        )
