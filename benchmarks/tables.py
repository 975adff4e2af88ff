"""Figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["judged", "table", "verdict"]

_HEAD = "| figure | measured | reach | aim | verdict |\n|---|---|---|---|---|"


def verdict(value: float, reach: float, aim: float | None = None) -> str:
    if aim is not None and value >= aim:
        return "reached, and the aim"
    return "reached" if value >= reach else "falls short"


def judged(lines: Iterable[Sequence[str]]) -> str:
    return "\n".join([_HEAD, *(f"| {' | '.join(line)} |" for line in lines)])


def table(head: str, rows: Iterable[Sequence[object]]) -> str:
    rule = "|".join(["---"] * (head.count("|") + 1))
    body = (f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)
    return "\n".join([f"| {head} |", f"|{rule}|", *body])
