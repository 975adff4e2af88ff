"""Columns of text that hold numbers, in the spellings of people: one spelling for each column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import named
from coterie.options.reading import DecimalSign
from coterie.records.labels import is_missing_mark
from coterie.records.values import number_values

__all__ = ["NumberColumns", "infer_types", "read_numbers"]

Floats = npt.NDArray[np.float64]

_PADDED = re.compile(r"[+-]?0\d|0[xX]")  # a code, such as a postal one
_HEAD = 100  # cells tried first, to skip columns of words; a judgement, not measured
_HEAD_SHARE = 0.5  # of them that must be numbers; a judgement, not measured
_SHARE = 0.95  # of numbers in a column of numbers, as in the features of models; a judgement
_NAMED = 3  # columns in a note
_PLAIN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = r"[1-9]\d{{0,2}}(?:(?P<group>[{}])\d{{3}})(?:(?P=group)\d{{3}})*"
_BY_POINT, _BY_COMMA = _GROUPED.format(" ',"), _GROUPED.format(" '.")
_INDIAN = r"[1-9]\d?(?:,\d\d)+,\d{3}"  # 12,34,567.50
_POINT = re.compile(rf"(?:{_BY_POINT}|{_INDIAN}|\d+)(?:\.\d*)?|\.\d+", re.ASCII)
_COMMA = re.compile(rf"(?:{_BY_COMMA}|\d+)(?:,\d*)?|,\d+", re.ASCII)
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)  # 1.234: a thousand and more, or one
_AROUND = re.compile(
    r"(?P<open>\()?(?P<before>[^\d.,()']*)(?P<digits>[\d.,](?:[\d.,' ]*[\d.,])?)"
    r"(?P<after>[^\d,()']*)(?P<close>\))?",
    re.ASCII,
)
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2019": "'", "\u02bc": "'"})
_NO_SIGNS = str.maketrans("", "", "+- ")
_LARGEST = 2**53  # beyond it a float does not tell whole numbers apart
# The currencies that are traded most, and what is written for some; signs are known by Unicode.
_NAMES = (
    "usd eur jpy gbp aud cad chf cny cnh rmb hkd nzd sek krw sgd nok mxn inr zar try brl dkk pln "
    "thb idr huf czk ils clp php aed cop sar myr ron rub twd ars pen vnd uah bgn isk egp ngn kes "
    "pkr bdt lkr mad qar kwd kr kr. zł kč fr fr. ft lei rs rs."
)
_CURRENCIES = frozenset(_NAMES.split())


@dataclass(frozen=True, slots=True, eq=False)
class NumberColumns:
    """A table whose columns of numbers are numbers.

    Attributes
    ----------
    frame
        n rows, default index. A column in which some cells are words is text, its numbers plain.
    decimals
        The decimal sign of each column whose numbers were not plain.
    notes
        What a person should know of it, one sentence each.
    """

    frame: pd.DataFrame
    decimals: Mapping[str, DecimalSign]
    notes: tuple[str, ...]


def infer_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the text columns that hold only numbers into numbers, in a new frame of default index.

    Numbers with a leading zero, such as postal codes, stay text. A missing cell makes a column of
    whole numbers float64 with NaN. See `read_numbers` for how numbers may be written.
    """
    return read_numbers(frame).frame


def read_numbers(
    frame: pd.DataFrame,
    *,
    asked: DecimalSign | None = None,
    usual: Mapping[str, DecimalSign] | None = None,
    apart: Iterable[str] = (),
) -> NumberColumns:
    """Turn columns of text into numbers, whatever signs they are written with.

    A number may have thousands separators (comma, point, space or apostrophe), a decimal point or
    comma, one currency or percent sign, and a minus before or after it, or parentheses. Which
    sign is the decimal one is settled on all cells of a column: the one that reads more of them.
    Where both read as many, as for ``1.234`` alone, it is what was ``asked``, then ``usual``, then
    that of the other columns of the table, else as in English; a note tells of it. A column is one
    of numbers where at least 95% of its cells are, missing marks such as "n/a" apart, or `usual`
    has it. "45%" is 45. Amounts in several currencies, and percents among other numbers, stay text.

    Parameters
    ----------
    frame
        Its columns of text are read; others are kept.
    asked
        The decimal sign where the cells do not tell.
    usual
        Column to its decimal sign, as of earlier rows.
    apart
        Columns to leave as they are.
    """
    usual, left = usual or {}, set(apart)
    found = frame.reset_index(drop=True)
    written = dict[int, _Written]()
    mixed = list[str]()
    for place, dtype in enumerate(found.dtypes):
        words = pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype)
        if not words or found.columns[place] in left:
            continue
        column, name = found.iloc[:, place], str(found.columns[place])
        plain = _plain(column)
        if plain is not None and not _may_be_thousands(column):
            found.isetitem(place, plain.array)
            continue
        of_people = _Written.of(column, known=name in usual)
        if of_people is not None and of_people.mixed:
            mixed.append(name)
        elif of_people is not None:
            written[place] = of_people
    signs = {each.sure for each in written.values() if each.sure}
    of_table = signs.pop() if len(signs) == 1 else None
    decimals, notes = dict[str, DecimalSign](), list[str]()
    told: dict[DecimalSign, list[tuple[str, str]]] = {".": [], ",": []}
    for place, each in written.items():
        name = str(found.columns[place])
        known = asked or usual.get(name)
        sign = each.sure or known or of_table or "."
        if each.doubtful and not (each.sure or known):
            notes.append(each.ambiguity(sign))
        elif example := each.example(sign):
            told[sign].append((name, example))
        found.isetitem(place, each.numbers(sign).array)
        if each.doubtful or each.example(sign):
            decimals[name] = sign
    for sign, names in told.items():
        if names:
            what = "comma" if sign == "," else "point"
            notes.append(
                f"Numbers of {named([name for name, _ in names], _NAMED)} are read with a decimal "
                f"{what}: {names[0][1]}."
            )
    if mixed:
        notes.append(
            f"{named(mixed, _NAMED)} {'stays' if len(mixed) == 1 else 'stay'} text, because the "
            "amounts have several units: write each unit into a column of its own."
        )
    return NumberColumns(found, decimals, tuple(notes))


def _plain(column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Read a column of plain numbers alone; None where it is none."""
    present = (cell for cell in column.dropna() if not isinstance(cell, str) or cell)
    head = pd.Series(list(islice(present, _HEAD)), dtype=object)
    return None if _numbers(head) is None else _numbers(column)


def _numbers(column: pd.Series[Any]) -> pd.Series[Any] | None:
    cells = column.map(lambda cell: cell.strip() or None if isinstance(cell, str) else cell)
    present = cells.dropna()
    if present.empty or not present.map(_may_be_number).all():
        return None
    numbers = pd.to_numeric(present, errors="coerce")
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        return None
    return pd.to_numeric(present).reindex(column.index)


def _may_be_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _PADDED.match(cell) is None
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)


def _may_be_thousands(column: pd.Series[Any]) -> bool:
    """Whether all points of plain numbers could stand for thousands, and there are some."""
    some = False
    for cell in column:
        if isinstance(cell, str) and (cell := cell.strip().lstrip("+-")):
            if "." in cell:
                some = True
                if not _EITHER.fullmatch(cell):
                    return False
            elif not cell.isdecimal():
                return False
    return some


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """A column of n cells, of which d texts differ: their numbers by decimal sign, NaN where none.

    `own` are the numbers of cells that are no texts; `doubtful` is a text that both signs read, and
    not alike; `mixed` says that the units differ.
    """

    column: pd.Series[Any]
    codes: npt.NDArray[np.int64]
    texts: npt.NDArray[np.object_]
    read: Mapping[DecimalSign, Floats]
    own: Floats
    sure: DecimalSign | None
    doubtful: str | None
    mixed: bool

    @classmethod
    def of(cls, column: pd.Series[Any], *, known: bool) -> _Written | None:
        """Read a column; None where it is no column of numbers. `known` says that it is one."""
        words = (_tidy(cell) for cell in column if isinstance(cell, str))
        head = list(islice(filter(_is_said, words), _HEAD))
        if not known and sum(_both(text) is not None for text in head) < _HEAD_SHARE * len(head):
            return None
        codes, texts = number_values(
            _tidy(cell) if isinstance(cell, str) else "" for cell in column
        )
        parts = [_both(text) for text in texts]
        if not any(parts) or any(map(_is_code, texts)):
            return None
        weights = np.bincount(codes, minlength=len(texts))
        point = np.array([np.nan if part is None else part.point for part in parts])
        comma = np.array([np.nan if part is None else part.comma for part in parts])
        own = np.array([_own(cell) for cell in column], dtype=float)
        strings = np.array([isinstance(cell, str) for cell in column], dtype=bool)
        numbers = int(weights[[part is not None for part in parts]].sum()) + int(
            np.isfinite(own).sum()
        )
        present = int((column.notna().to_numpy() & ~strings).sum()) + int(
            weights[list(map(_is_said, texts))].sum()
        )
        if not known and numbers < _SHARE * present:
            return None
        readable = {
            sign: int(weights[np.isfinite(read)].sum())
            for sign, read in ((".", point), (",", comma))
        }
        sure: DecimalSign | None = None
        if readable["."] != readable[","]:
            sure = "." if readable["."] > readable[","] else ","
        with np.errstate(invalid="ignore"):
            differ = np.flatnonzero(np.isfinite(point) & np.isfinite(comma) & (point != comma))
        units = {part.unit for part in parts if part is not None and part.unit}
        bare = any(part is not None and not part.unit and part.point != 0 for part in parts)
        mixed = len(units) > 1 or ("%" in units and (bare or bool(np.isfinite(own).any())))
        doubtful = str(texts[differ[0]]) if len(differ) else None
        read: Mapping[DecimalSign, Floats] = {".": point, ",": comma}
        return cls(column, codes, texts, read, own, sure, doubtful, mixed)

    def example(self, sign: DecimalSign) -> str | None:
        """Show a text that is not plain, and what it is read as; None where there is none."""
        read = self.read[sign]
        odd = (
            at
            for at in np.flatnonzero(np.isfinite(read))
            if not _PLAIN.fullmatch(self.texts[at].lstrip("+-"))
            or float(self.texts[at]) != read[at]
        )
        some = list(islice(odd, _HEAD))
        if not some:
            return None
        at = max(some, key=lambda place: len(self.texts[place]))
        return f"'{self.texts[at]}' is {_written(read[at])}"

    def ambiguity(self, sign: DecimalSign) -> str:
        """Say what the doubtful text is read as, and how to read it otherwise."""
        other: DecimalSign = "," if sign == "." else "."
        at = int(np.flatnonzero(self.texts == self.doubtful)[0])
        return (
            f"'{self.doubtful}' of '{self.column.name}' is read as "
            f"{_written(self.read[sign][at])}, and could be {_written(self.read[other][at])}: for "
            f"that use --decimal {other} (decimal='{other}')."
        )

    def numbers(self, sign: DecimalSign) -> pd.Series[Any]:
        """Give the numbers; where some cells are words, text in which the numbers are plain."""
        values = np.where(np.isfinite(self.own), self.own, self.read[sign][self.codes])
        there = np.isfinite(values)
        said = np.array(list(map(bool, self.texts)), dtype=bool)[self.codes]
        strings = np.array([isinstance(cell, str) for cell in self.column], dtype=bool)
        words = ~there & np.where(strings, said, self.column.notna())
        if words.any():
            cells = np.empty(len(values), dtype=object)
            cells[:] = [
                _written(value) if known else cell
                for value, known, cell in zip(values, there, self.column, strict=True)
            ]
            return pd.Series(cells)
        if there.all() and ((values == np.floor(values)) & (np.abs(values) < _LARGEST)).all():
            return pd.Series(values.astype(np.int64))
        return pd.Series(values)


class _Both(NamedTuple):
    """A number with a decimal point, with a decimal comma, NaN where that is none; its unit."""

    point: float
    comma: float
    unit: str


def _tidy(cell: str) -> str:
    return " ".join(cell.translate(_SIGNS).split())


def _is_said(text: str) -> bool:
    return bool(text) and not is_missing_mark(text)


def _is_code(text: str) -> bool:
    return _PADDED.match(text) is not None and _COMMA.fullmatch(text.lstrip("+-")) is not None


def _own(cell: object) -> float:
    number = isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)
    return float(cell) if number else np.nan  # type: ignore[arg-type]


def _both(text: str) -> _Both | None:
    """Read a text with either decimal sign; None where it is no number."""
    if _PLAIN.fullmatch(text.lstrip("+-")) and "e" in text.lower():
        return _Both(float(text), float(text), "") if text.count("+-") < 2 else None
    match = _AROUND.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    around = match["before"] + match["after"]
    unit = around.translate(_NO_SIGNS).casefold()
    minus, signs = around.count("-"), around.count("-") + around.count("+")
    if signs + bool(match["open"]) > 1 or not _is_unit(unit):
        return None
    factor = -1.0 if match["open"] or minus else 1.0
    digits, point, comma = match["digits"], np.nan, np.nan
    if _POINT.fullmatch(digits):
        point = factor * float(re.sub("[ ',]", "", digits))
    if _COMMA.fullmatch(digits):
        comma = factor * float(re.sub("[ '.]", "", digits).replace(",", "."))
    return None if np.isnan(point) and np.isnan(comma) else _Both(point, comma, unit)


def _is_unit(unit: str) -> bool:
    if unit in ("", "%") or unit in _CURRENCIES:
        return True
    letters, sign = unit[:-1], unit[-1]  # such as US$
    return unicodedata.category(sign) == "Sc" and len(letters) <= 2 and (letters or "a").isalpha()


def _written(value: float) -> str:
    whole = value == np.floor(value) and abs(value) < _LARGEST
    return str(int(value)) if whole else repr(float(value))
