"""The beginning of a text file, for who looks at it before all of it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["BEGINNING", "beginning", "without_end"]

BEGINNING = 8 << 20
"""Bytes or characters in which the first rows are looked for: a judgement, not measured."""

_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


def beginning(lines: Iterable[str], most: int) -> Iterator[str]:
    """Give the first lines, until they have as many characters."""
    read = 0
    for line in lines:
        yield line
        read += len(line)
        if read >= most:
            return


def without_end(text: str) -> str | None:
    """Make a whole JSON document of the beginning of one, by the whole entries of an array.

    That is the outermost array that is still open where the text ends, and its entries are objects
    or arrays. Of several documents, one on each line, the whole lines are given. None where there
    is neither. Time is linear.
    """
    opened: list[str] = []
    commas: list[int] = []  # of each open bracket, the place of its last comma
    for mark in _MARK.finditer(text):
        sign = mark[0]
        if sign == '"':  # of a string that goes on
            break
        if sign in _CLOSING:
            opened.append(sign)
            commas.append(0)
        elif sign == "," and opened:
            commas[-1] = mark.start()
        elif sign in "]}":
            if len(opened) < 2:
                return text[: text.rfind("\n") + 1] or None
            opened.pop()
            commas.pop()
    if "[" not in opened:
        return None
    depth = opened.index("[")
    whole = text[: commas[depth]].rstrip()
    if not whole.endswith(("}", "]")):
        return None
    return whole + "".join(_CLOSING[sign] for sign in reversed(opened[: depth + 1]))
