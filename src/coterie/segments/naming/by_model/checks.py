"""What is wrong with a name that a language model gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from coterie.encoders.languages import NAMES, language_of
from coterie.personal import without_personal
from coterie.segments.naming.english import stem
from coterie.words import runs

__all__ = ["first_sentence", "name_length", "wrong_description", "wrong_name"]

_LONGEST_NAME, _LONGEST_DESCRIPTION = 60, 240  # characters: what a card shows; a judgement
_UNSPACED = 4  # characters of a script without spaces for a word; a judgement
_LIST = re.compile(r"[,;/|•·&+]|\s-\s")
_MASK = re.compile(r"\[[^\]]*\]")
_SENTENCE = re.compile("(?<=[.!?\u3002\uff01\uff1f])\\s+")
_ENOUGH = 60  # letters of a description from which its language can be told; a judgement

# Words that say that there is a group, and not what it is about.
_EMPTY_WORDS = """
group groups cluster segment category topic set texts text messages message customer
customers client clients user users people support service help query queries question
questions inquiry inquiries enquiry request requests issue issues problem problems
general various miscellaneous mixed other others common different several feedback
conversation conversations concern concerns topics categories name label and of the a for
about from with related gruppe kunden kunde texte nachrichten anfragen anfrage fragen
frage kundenanfragen kundenfragen verschiedenes allgemein allgemeine sonstiges groupe textes
demandes demande divers général générale générales généraux autres grupo general generales
clientes textos mensajes consultas consulta preguntas varios otros de la le les des del los
las und der die das
"""
_EMPTY = {stem(word) for word in _EMPTY_WORDS.split()}


def wrong_name(name: str, *, words: int, terms: Sequence[str] = (), business: str = "") -> str:
    """Say what is wrong with a name, for the model; "" for nothing.

    Parameters
    ----------
    name
        What it said.
    words
        How many it may have.
    terms
        The words of the group that it was shown, which it may not just list.
    business
        What the model was told of the business, which it may not just repeat.
    """
    flat = " ".join(name.split())
    found = [*runs(flat)]
    if not any(map(str.isalpha, flat)):
        return "The name is empty."
    if len(flat) > _LONGEST_NAME or name_length(flat) > words:
        return f"The name '{flat[:_LONGEST_NAME]}' is too long: use at most {words} words."
    if _has_personal(flat):
        return "The name holds personal data: name what the texts have in common."
    if _is_list(flat, terms):
        return f"The name '{flat}' is a list of words: write one short phrase."
    empty = _EMPTY | set(_stems([business])) | {stem("business"), stem("an")}
    if all(stem(word.casefold()) in empty for word in found):
        return f"The name '{flat}' would fit any group: say what these texts are about."
    return ""


def wrong_description(text: str, *, language: str = "") -> str:
    """Say what is wrong with a description, for the model; "" for nothing."""
    flat = first_sentence(text)
    if not any(map(str.isalpha, flat)):
        return "The description is empty."
    if len(flat) > _LONGEST_DESCRIPTION:
        return "The description is too long: write one short sentence."
    if _has_personal(flat):
        return "The description holds personal data: leave it out."
    if language.title() in NAMES.values() and sum(map(str.isalpha, flat)) >= _ENOUGH:
        told = language_of(flat)
        if told and told != language.title():
            return f"The answer is in {told}: write it in {language}."
    return ""


def first_sentence(text: str) -> str:
    """Leave the first sentence of a description, on one line."""
    flat = " ".join(text.split())
    return _SENTENCE.split(flat, maxsplit=1)[0]


def name_length(name: str) -> int:
    """Count the words of a name; those of a script without spaces by their characters."""
    spaced = len(name.split())
    wide = sum(character > "\u2e7f" or "\u0e00" <= character <= "\u0eff" for character in name)
    return max(spaced, -(-wide // _UNSPACED))


def _has_personal(text: str) -> bool:
    """Whether there is personal data in a text, or a mask of any kind, also one made up."""
    return _MASK.search(text) is not None or without_personal(text, "") != text


def _is_list(name: str, terms: Sequence[str]) -> bool:
    parts = [part for part in _LIST.split(name) if part.strip()]
    if len(parts) > 2:
        return True
    if len(parts) == 2 and all(_folded(part) in set(map(_folded, terms)) for part in parts):
        return True
    given = set(_stems(terms))
    said = _stems([name])
    return len(said) > 2 and " " in name and all(word in given for word in said) and _bare(name)


def _bare(name: str) -> bool:
    """Whether words follow each other without anything that joins them, each as it was given."""
    return name == name.casefold()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _stems(texts: Iterable[str]) -> list[str]:
    return [stem(word.casefold()) for text in texts for word in runs(text)]
