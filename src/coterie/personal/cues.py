"""Given names, and the words that tell names of people, from ``names.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize

__all__ = ["Cues", "read_cues"]


@dataclass(frozen=True, slots=True)
class Cues:
    """Words, case folded, and patterns that find a cue with what stands between it and a name."""

    given: frozenset[str]
    ambiguous: frozenset[str]
    never: frozenset[str]
    particles: frozenset[str]
    saints: frozenset[str]
    several: frozenset[str]
    german: frozenset[str]
    roles: frozenset[str]
    titles: re.Pattern[str]
    introductions: re.Pattern[str]
    weak: re.Pattern[str]
    relations: re.Pattern[str]
    greetings: re.Pattern[str]
    closings: re.Pattern[str]


@cache
def read_cues() -> Cues:
    """Read ``names.toml``, once."""
    held = tomllib.loads((files("coterie.personal") / "names.toml").read_text("utf-8"))
    cues: dict[str, Any] = held["cues"]
    ambiguous = _folded(held["ambiguous"]["names"])
    return Cues(
        given=_folded(" ".join(held["given"].values())) - ambiguous,
        ambiguous=ambiguous,
        never=_folded(held["words"]["never"]) - ambiguous,
        particles=_folded(held["words"]["particles"]),
        saints=_folded(held["words"]["saints"]),
        several=frozenset(cues["several"]),
        german=frozenset(cues["german"]),
        roles=_folded(held["words"]["roles"]),
        titles=_any_of(cues["titles"], r"(?:\.[ \t]?|[ \t\u00a0])[ \t]?"),
        introductions=_any_of(cues["introductions"], r"[ \t\u00a0]{0,3}:?[ \t\u00a0]{0,3}"),
        weak=_any_of(cues["weak"], r"[ \t]{1,3}"),
        relations=_any_of(cues["relations"], r"[ \t]{0,2}[:,(]?[ \t]{0,2}"),
        greetings=_any_of(cues["greetings"], r",?[ \t]{1,3}"),
        closings=_any_of(cues["closings"], r"[ \t]{0,3}[,.;!-]?[ \t]{0,3}(?:\n[ \t]{0,3}){0,3}"),
    )


def _folded(words: str) -> frozenset[str]:
    """Fold the case of words, and have each without its accents too."""
    bare = "".join(c for c in normalize("NFD", words) if not combining(c))
    return frozenset(f"{words} {bare}".casefold().split())


def _any_of(cues: Iterable[str], after: str) -> re.Pattern[str]:
    """Find any of some cues with what may stand between it and a name; the longest first."""
    ordered = sorted(cues, key=len, reverse=True)
    escaped = "|".join(re.escape(cue).replace(r"\ ", r"[ \t\u00a0]{1,3}") for cue in ordered)
    return re.compile(rf"(?<![\w'\u2019.-])({escaped})(?!\w){after}", re.IGNORECASE)
