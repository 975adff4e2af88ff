"""The languages of some texts, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from coterie.encoders.languages import language_of

__all__ = ["main_language", "told_languages"]

_READ = 400  # texts: enough to see a change of a few points


def told_languages(texts: Sequence[str] | Any, seed: int) -> list[str]:
    """Name the language of each of some texts, at most 400 drawn at random, where it is plain."""
    rows = np.arange(len(texts))
    if len(rows) > _READ:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _READ, replace=False))
    return [name for row in rows.tolist() if (name := language_of(str(texts[row])))]


def main_language(told: Sequence[str]) -> str:
    """Name the most frequent one; "" for none."""
    return Counter(told).most_common(1)[0][0] if told else ""
