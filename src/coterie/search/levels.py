"""Values that have an order: low, medium, high; 1-10, 11-50, 51+."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["find_levels", "level_words"]

# Scales that people use in forms and in records of customers, each from its lowest level up.
# Levels between slashes are other words for the same place.
_SCALES_WRITTEN = """
none; very low; low; medium low; medium/moderate/average/mid; medium high; high; very high
tiny; very small; small; medium/mid-size/midsize/mid-market; large/big; very large/enterprise
novice; beginner/basic; elementary; intermediate; upper intermediate; advanced/proficient; expert/master
laggard; late majority; early majority; early adopter; innovator
laggards; late majority; early majority; early adopters; innovators
never; rarely/seldom; occasionally; sometimes; often/frequently; very often/usually; always
strongly disagree; disagree; somewhat disagree; neutral/undecided; somewhat agree; agree; strongly agree
very dissatisfied; dissatisfied; neutral; satisfied; very satisfied
very poor/terrible; poor/bad; fair; good; very good; excellent
not at all; slightly; somewhat; moderately; very; extremely
trivial; minor; major; critical/blocker
low; normal; high; urgent; critical
free; basic/starter; standard; plus; professional/pro; premium; business; enterprise
bronze; silver; gold; platinum; diamond
junior; mid/mid-level; senior; lead; principal
cold; warm; hot
weak; moderate; strong
"""  # noqa: E501 - a scale is a line
_SCALES = tuple(
    tuple(tuple(level.split("/")) for level in line.split("; "))
    for line in _SCALES_WRITTEN.strip().splitlines()
)
_FEWEST, _MOST = 2, 30  # levels
_BOUND = re.compile(r"\d+(?:[.,]\d{3})*(?:\.\d+)?\s*(?:[kKmM]\b)?")
_BELOW = re.compile(r"(?i)^\s*(?:<|≤|under|below|less than|up to|fewer than)")
_RANGE = re.compile(
    r"(?i)^\D{0,12}\d[\d.,]*\s*[km]?\D{0,3}(?:-|\u2013|to|bis|à)\D{0,3}\d[\d.,]*\s*[km]?\D{0,12}$"
    r"|^\D{0,12}\d[\d.,]*\s*[km]?\s*(?:\+|or more|and more|and over|and above)\D{0,12}$"
    r"|^\s*(?:<|>|≤|≥|under|below|less than|up to|fewer than|over|above|more than)\D{0,4}\d[\d.,]*"
    r"\s*[km]?\D{0,12}$"
)


def find_levels(values: Sequence[str]) -> tuple[str, ...]:
    """Put values in their order, the lowest first, where all of them are of one known scale.

    Known are the scales of forms (low to high, never to always, beginner to expert, laggard to
    innovator and others) and ranges of numbers (``1-10``, ``11-50``, ``51+``, ``under 5``).

    Returns
    -------
    tuple of str
        All of the values; none where they have no known order.
    """
    if not _FEWEST <= len(values) <= _MOST:
        return ()
    for scale in _SCALES:
        ranks = {word: rank for rank, words in enumerate(scale) for word in words}
        found = [ranks.get(_plain(value)) for value in values]
        if None not in found and len(set(found)) == len(found):
            return tuple(sorted(values, key=lambda value: ranks[_plain(value)]))
    if all(_RANGE.match(value) for value in values):
        bounds = [_bounds(value) for value in values]
        if len(set(bounds)) == len(bounds):
            return tuple(value for _, value in sorted(zip(bounds, values, strict=True)))
    return ()


def level_words(level: str) -> tuple[str, ...]:
    """Give other words for a level of a known scale: ``medium`` is ``moderate`` too."""
    plain = _plain(level)
    return next((words for scale in _SCALES for words in scale if plain in words), (plain,))


def _plain(value: str) -> str:
    return " ".join(value.casefold().replace("_", " ").split())


def _bounds(value: str) -> tuple[float, float]:
    numbers = [_number(each) for each in _BOUND.findall(value)]
    if _BELOW.match(value):
        return (float("-inf"), numbers[0])
    return (numbers[0], numbers[1] if len(numbers) > 1 else float("inf"))


def _number(text: str) -> float:
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", text.strip())
    unit = {"k": 1e3, "m": 1e6}.get(plain[-1:].lower(), 1.0)
    return float(plain.rstrip("kKmM ").strip() or 0) * unit
