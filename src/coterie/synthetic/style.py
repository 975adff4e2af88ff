"""How people type: typing slips, no capitals, no commas, short forms, shouting."""

from __future__ import annotations

import re

from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws

__all__ = ["nearly", "sentences", "slips", "sloppy", "spoken"]

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    key: row[max(i - 1, 0) : i] + row[i + 1 : i + 2] for row in _KEYS for i, key in enumerate(row)
}
_START = re.compile(r"(^|[.!?] )([a-z])")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou](?!ne|n[ai]|s[ae]|ro))")
_WORD = re.compile(r"[A-Za-z']+")


def sentences(text: str) -> str:
    """Set single spaces, "an" before a vowel, and a capital at the start of each sentence."""
    text = " ".join(text.split()).replace(" ,", ",").replace(" .", ".").replace(" ?", "?")
    text = _ARTICLE.sub(r"\1n ", text)
    return _START.sub(lambda match: match[1] + match[2].upper(), text)


def slips(text: str, chance: float, draws: Draws) -> str:
    """Mistype each word with a chance: a letter dropped, doubled, swapped or a neighbour key."""
    if chance <= 0:
        return text
    words = text.split(" ")
    return " ".join([_slip(w, draws) if draws.chance(chance) else w for w in words])


def _slip(word: str, draws: Draws) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    at = 1 + draws.below(len(word) - 2)
    kind = draws.below(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    near = _NEIGHBOURS.get(word[at].lower(), word[at])
    return word[:at] + draws.pick(near) + word[at + 1 :]


def sloppy(text: str, draws: Draws) -> str:
    """Write in haste: some of no capitals, no marks, no apostrophes, short forms, shouting."""
    if draws.chance(0.8):
        text = text.lower()
    if draws.chance(0.35):
        short = read_content("style")["short"]
        text = _WORD.sub(lambda match: short.get(match[0].lower(), match[0]), text)
    if draws.chance(0.5):
        text = text.replace("'", "")
    if draws.chance(0.4):
        text = text.replace(",", "")
    if draws.chance(0.3):
        text = text.replace(". ", " ").replace("? ", " ")
    if draws.chance(0.6):
        text = text.rstrip(".?!,")
    elif draws.chance(0.2):
        text = text.rstrip(".?!,") + draws.pick(("!!", "???", "?!", "...", "!!!", " :-/"))
    if draws.chance(0.04):
        text = text.upper()
    return text


def spoken(text: str, fillers: list[str], draws: Draws) -> str:
    """Put one to three hesitations between the words, as a transcript of a call has them."""
    words = text.split(" ")
    for _ in range(1 + draws.below(3)):
        words.insert(draws.below(len(words)), draws.pick(fillers))
    return " ".join(words)


def nearly(text: str, draws: Draws) -> str:
    """Change a text so little that a person would call it the same."""
    kind = draws.below(4)
    if kind == 0:
        return text.lower()
    if kind == 1:
        return text.rstrip(".?!") + draws.pick(("!", "", "..", " please", " thanks"))
    if kind == 2:
        return draws.pick(("Hi, ", "Hello ", "again: ", "Hey ")) + text
    words = text.split(" ")
    at = draws.below(len(words))
    words[at] = _slip(words[at], draws)
    return " ".join(words)
