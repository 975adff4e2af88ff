"""What notes say of a client: signs of what moves them, each in many words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest

__all__ = ["Sign", "signs"]

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Sign:
    """Something that a note can say.

    Attributes
    ----------
    trait
        What it tells of; ``other`` where it tells nothing.
    levels
        How much more likely each level of the trait makes it, compared with the trait's others.
    phrases
        The words for it, those in common use first. No other sign has them.
    """

    trait: str
    levels: tuple[float, ...]
    phrases: tuple[str, ...]


@cache
def signs() -> dict[str, Sign]:
    """Read the signs from ``content/clients/concepts.toml``, by name."""
    path = files("coterie.synthetic") / "content" / "clients" / "concepts.toml"
    traits = tomllib.loads(path.read_text("utf-8"))
    words = traits.pop("words")
    return {
        f"{trait}.{name}": Sign(trait, tuple(sign["levels"]), _phrases(sign["phrases"], words))
        for trait, table in traits.items()
        for name, sign in table.items()
    }


def _phrases(texts: Sequence[str], words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Put each word into the slot of each phrase: all that have a first word come first."""
    filled = [_filled(text, words) for text in texts]
    return tuple(text for text in chain(*zip_longest(*filled)) if text is not None)


def _filled(text: str, words: Mapping[str, Sequence[str]]) -> list[str]:
    slot = _SLOT.search(text)
    return [text.replace(slot[0], word) for word in words[slot[1]]] if slot else [text]
