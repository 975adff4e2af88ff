"""What notes say of a client: signs of what moves them, each in many words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest

from coterie.synthetic.content import read_content

__all__ = ["NoteSign", "read_signs"]

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class NoteSign:
    """Something that a note can say."""

    trait: str  # what it tells of; "other" where it tells nothing
    levels: tuple[float, ...]  # how much more likely each level of the trait makes it
    phrases: tuple[str, ...]  # those in common use first; no other sign has them


@cache
def read_signs() -> dict[str, NoteSign]:
    """Read the signs by name."""
    content = read_content("clients/concepts")
    words = content["words"]
    return {
        f"{trait}.{name}": NoteSign(trait, tuple(sign["levels"]), _phrases(sign["phrases"], words))
        for trait, table in content.items()
        if trait != "words"
        for name, sign in table.items()
    }


def _phrases(texts: Sequence[str], words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Put each word into the slot of each phrase: all that have a first word come first."""
    filled = [_filled(text, words) for text in texts]
    return tuple(text for text in chain(*zip_longest(*filled)) if text is not None)


def _filled(text: str, words: Mapping[str, Sequence[str]]) -> list[str]:
    slot = _SLOT.search(text)
    return [text.replace(slot[0], word) for word in words[slot[1]]] if slot else [text]
