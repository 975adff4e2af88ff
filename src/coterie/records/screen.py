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
_LONGEST_EMPTY_WORD = 20


@dataclass(slots=True)
class Screening:
    """The rows of a table: those still kept, and the reasons of the others.

    Attributes
    ----------
    numbers
        Shape (n,), int64: row numbers in the source.
    texts
        Shape (n,), str or None.
    ids
        Shape (n,), str or None; None where there is no id column.
    kept
        Shape (n,), bool.
    rejects
        One entry for each row that is not kept.
    """

    numbers: npt.NDArray[np.int64]
    texts: StrArray
    ids: StrArray | None
    kept: Bools
    rejects: list[Reject] = field(default_factory=list)

    def set_aside(self, bad: Bools, reason: str | Callable[[int], str]) -> None:
        """Set aside those of the kept rows that are bad, with a reason or a reason for each."""
        for at in np.flatnonzero(bad & self.kept):
            self.rejects.append(
                (
                    int(self.numbers[at]),
                    None if self.ids is None else self.ids[at],
                    reason if isinstance(reason, str) else reason(int(at)),
                    self.texts[at],
                )
            )
        self.kept &= ~bad


def clean(texts: StrArray) -> StrArray:
    """Take out what is no text: NUL is dropped, half a surrogate pair becomes U+FFFD.

    A warning tells in how many rows.
    """
    cleaned = texts.copy()
    changed = 0
    for at, text in enumerate(texts):
        if text is not None and _is_broken(text):
            cleaned[at] = SURROGATE.sub("\ufffd", text.replace("\0", ""))
            changed += 1
    if changed:
        warn_of_mended(changed)
    return cleaned


def _is_broken(text: str) -> bool:
    if "\0" in text:
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def set_aside_bad_texts(rows: Screening, max_chars: int) -> None:
    """Set aside rows whose text is missing, blank or too long."""
    rows.set_aside(is_missing(rows.texts), "no text")
    rows.set_aside(are_blank(rows.texts), "blank text")
    lengths = _lengths(rows.texts)
    rows.set_aside(
        lengths > max_chars,
        lambda at: f"text of {lengths[at]:,} characters, {max_chars:,} are allowed",
    )


def are_blank(texts: StrArray) -> Bools:
    """Tell where texts are missing, or hold nothing but white space and marks of no width."""
    lengths = _lengths(texts)
    blank = np.zeros(len(texts), dtype=bool)
    short, long = np.flatnonzero(lengths < 1000), np.flatnonzero(lengths >= 1000)
    blank[short] = [_BLANK.fullmatch(texts[at] or "") is not None for at in short]
    blank[long] = [not texts[at].strip() for at in long]
    return blank


def _lengths(texts: StrArray) -> npt.NDArray[np.int64]:
    return np.array([0 if text is None else len(text) for text in texts], dtype=np.int64)


def note_empty_words(rows: Screening) -> tuple[str, ...]:
    """Count the kept rows whose text is a word for nothing ("N/A", "null") or marks alone ("-").

    They stay, for a person may have meant them; a warning tells their number.

    Returns
    -------
    tuple of str
        The same as a note, or nothing where there are none.
    """
    said = [
        str(rows.texts[at]).strip()
        for at in np.flatnonzero(rows.kept)
        if len(rows.texts[at]) <= _LONGEST_EMPTY_WORD and _EMPTY_WORDS.fullmatch(rows.texts[at])
    ]
    if not said:
        return ()
    commonest = Counter(said).most_common(3)
    note = (
        f"{len(said):,} {'text says' if len(said) == 1 else 'texts say'} nothing in words "
        f"({', '.join(repr(text) for text, _ in commonest)}) and "
        f"{'was' if len(said) == 1 else 'were'} kept as "
        f"{'a text' if len(said) == 1 else 'texts'}"
    )
    warnings.warn(f"{note}: empty those cells to have them set aside.", CoterieWarning, 2)
    return (note,)


def set_aside_doubles(rows: Screening, labels: Mapping[str, StrArray], column: str) -> None:
    """Set aside rows without id, and rows whose id an earlier kept row has.

    The reason tells where the two differ, in ``labels`` (which may be any columns) or in the text.
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
            f"{conflicts:,} {'row repeats' if conflicts == 1 else 'rows repeat'} an id of "
            f"'{column}' with another {what}: the first row of each id was kept, the others were "
            "set aside.",
            CoterieWarning,
            stacklevel=2,
        )
