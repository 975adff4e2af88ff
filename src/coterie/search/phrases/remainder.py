"""What is left of a query as meaning."""

from __future__ import annotations

from coterie.search.phrases.chart import Chart
from coterie.search.phrases.lexicon import (
    ARTICLES,
    HEADS,
    HOLDING,
    LINKS,
    PREPOSITIONS,
    REQUESTS,
    words,
)

__all__ = ["rest_of"]

_SIGNS = frozenset({",", ";", ".", "?", "!", ":", "&", "/", "(", ")", "-"})
_OPENING = (
    _SIGNS
    | LINKS
    | words("and or nor neither but who that which whose also with have has had both either while")
)
_CLOSING = _OPENING | ARTICLES | PREPOSITIONS | words("do does did been so then where working")
_TOLD = words("men women adults professionals staff graduates alumni students")
_EMPTY = (
    (_CLOSING | (HEADS - _TOLD) | REQUESTS | HOLDING)
    | words("living live lives based interested working work works worked yet already still")
    | words("aspiring wants who'd they'd plan plans planning listens currently am want")
    | words("they he she aged where located come comes coming since not than year years")
)
_ASKING = words("please find show list give get search select display")
_ASKED_FOR = words("me us all every any the for some out those i")
_PEOPLE = words(
    "people person persons users user clients client customers customer respondents everyone "
    "everybody anyone anybody someone somebody those ones individuals folks"
)
_WISHES = (
    ("i", "want"), ("i", "need"), ("we", "want"), ("we", "need"), ("i'm", "looking", "for"),
    ("i", "am", "looking", "for"), ("we", "are", "looking", "for"), ("i", "would", "like"),
    ("i'd", "like"), ("can", "you"), ("could", "you"),
)  # fmt: skip


def rest_of(query: str, chart: Chart) -> str:
    """Give the words that nothing has taken, without those of request and dangling connectives."""
    runs: list[list[int]] = [[]]
    for at in range(len(chart)):
        if chart.taken[at] is None:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    kept = [_trimmed(chart, run) for run in runs if run]
    parts = [query[chart.tokens[run[0]].start : chart.tokens[run[-1]].end] for run in kept if run]
    return " ".join(part.strip() for part in parts)


def _trimmed(chart: Chart, run: list[int]) -> list[int]:
    if _is_empty(chart, run):
        return []
    first, last = 0, len(run)
    if run[0] == 0:
        first = _after_request(chart)
    else:
        while first < last and chart.low(run[first]) in _OPENING | (HEADS - _TOLD):
            first += 1
    ends = run[-1] == len(chart) - 1
    while last > first:
        low = chart.low(run[last - 1])
        if low in _SIGNS or (not ends and low in _CLOSING):
            last -= 1
        else:
            break
    left = run[first:last]
    return [] if _is_empty(chart, left) else left


def _is_empty(chart: Chart, run: list[int]) -> bool:
    tokens = [chart.tokens[at] for at in run]
    return all(token.low in _EMPTY and token.text != "US" for token in tokens)


def _after_request(chart: Chart) -> int:
    """Find where the words of request at the beginning of a query end."""
    at = 0
    for wish in _WISHES:
        if chart.starts_with(at, wish):
            at += len(wish)
            while chart.low(at) in ("to", "see"):
                at += 1
            break
    if chart.low(at) in _ASKING:
        while chart.low(at) in _ASKING | _ASKED_FOR:
            at += 1
    elif chart.low(at) in ("all", "any", "every", "the") and chart.low(at + 1) in _PEOPLE:
        at += 1
    if chart.low(at) in _PEOPLE:
        at += 1
        if chart.low(at) in ("who", "that", "which", "with", "are"):
            at += 1
    elif at == 0 and chart.low(at) == "who":
        at += 1
    return min(at, len(chart))
