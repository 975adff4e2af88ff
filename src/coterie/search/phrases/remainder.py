"""What is left of a query as meaning."""

from __future__ import annotations

from coterie.search.phrases.chart import Chart
from coterie.search.phrases.lexicon import ARTICLES, HEADS, LINKS, PREPOSITIONS, REQUESTS

__all__ = ["rest_of"]

_SIGNS = frozenset({",", ";", ".", "?", "!", ":", "&", "/", "(", ")", "-"})
_OPENING = (
    _SIGNS
    | LINKS
    | frozenset("and or but who that which whose also with have has had both either while".split())
)
_CLOSING = (
    _OPENING | ARTICLES | PREPOSITIONS | frozenset("do does did been so then where working".split())
)
_EMPTY = _CLOSING | HEADS | REQUESTS | frozenset("living based interested working work".split())


def rest_of(query: str, chart: Chart) -> str:
    """Give the words that nothing has taken, without those of request and dangling connectives."""
    runs: list[list[int]] = [[]]
    for at in range(len(chart)):
        if chart.taken[at] is None:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    kept = [_trimmed(chart, run) for run in runs if run]
    parts = [
        query[chart.tokens[run[0]].start : chart.tokens[run[-1]].end] for run in kept if run
    ]
    return " ".join(part.strip() for part in parts)


def _trimmed(chart: Chart, run: list[int]) -> list[int]:
    if all(chart.low(at) in _EMPTY for at in run):
        return []
    first, last = 0, len(run)
    opening = run[0] == 0
    while first < last:
        low = chart.low(run[first])
        heads = low in HEADS and (opening or first == 0)
        if low in _OPENING or heads or (opening and low in REQUESTS):
            first += 1
        else:
            break
    ends = run[-1] == len(chart) - 1
    while last > first:
        low = chart.low(run[last - 1])
        if low in _SIGNS or (not ends and low in _CLOSING):
            last -= 1
        else:
            break
    return run[first:last]
