"""The sides of a conversation that stands in one text: ``Agent: … Customer: …``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

__all__ = ["find_sides", "keep_side"]

_STAMP = r"(?:[\[(]?\d{1,4}[\d:./, T-]{2,24}(?:[AaPp][Mm])?[\])]?[ \t-]{0,3})?"
_NAME = r"[^\W\d_][\w.'\u2019-]{0,24}(?:[ \t][\w.'\u2019-]{1,24}){0,2}"
_ASIDE = r"(?:[ \t]?[\[(][^\])\n]{0,24}[\])])?"
_OPENING = re.compile(rf"\s*{_STAMP}({_NAME}){_ASIDE}[ \t]?:(?=\s|$)")
_LINE = re.compile(rf"^[ \t]{{0,8}}{_STAMP}({_NAME}){_ASIDE}[ \t]?:(?=\s|$)", re.MULTILINE)
_INLINE = re.compile(r"(?<=\s)([A-Z\u00c0-\u00de][\w-]{1,24}):(?=\s)")
_ROLES = frozenset(
    (
        "adviser",
        "advisor",
        "agent",
        "assistant",
        "bot",
        "caller",
        "chatbot",
        "client",
        "conseiller",
        "consultant",
        "customer",
        "doctor",
        "employee",
        "guest",
        "human",
        "operator",
        "patient",
        "rep",
        "representative",
        "seller",
        "student",
        "support",
        "system",
        "teacher",
        "user",
        "visitor",
        "berater",
        "beraterin",
        "kunde",
        "kundin",
        "mitarbeiter",
        "mitarbeiterin",
        "agente",
        "cliente",
        "usuario",
        "asesor",
        "operador",
        "utilisateur",
        "visiteur",
        "klant",
        "medewerker",
        "operatore",
    )
)
_SHARE = 0.05  # of the texts that have turns, in which a name stands at the begin of a line, and
_SHARE_INLINE = 0.2  # within one, to be a side: judgements, not measured


def find_sides(texts: Iterable[str]) -> dict[str, int]:
    """Find who speaks in conversations, with the number of texts that each speaks in.

    A side is a name before a colon: one that opens a text, a usual role such as "Customer", or a
    name that is frequent there. Time grows linearly with the texts.
    """
    openers, lines, inline = Counter[str](), Counter[str](), Counter[str]()
    turns = 0
    for text in texts:
        if ":" not in text:
            continue
        opening = _OPENING.match(text)
        # in the order of the text: of two that speak as often, the first to speak comes first
        named = dict.fromkeys(match[1] for match in _LINE.finditer(text))
        within = dict.fromkeys(match[1] for match in _INLINE.finditer(text))
        if opening is None or (len(named | within) < 2 and not _is_role(opening[1])):
            named = dict.fromkeys(name for name in named if _is_role(name))
            within = {}
        else:
            turns += 1
            openers[opening[1]] += 1
        lines.update(named.keys())
        inline.update((named | within).keys())
    return {
        name: count
        for name, count in inline.most_common()
        if name in openers
        or _is_role(name)
        or lines[name] >= max(2, _SHARE * turns)
        or count >= max(2, _SHARE_INLINE * turns)
    }


def keep_side(text: str, side: str, sides: Collection[str]) -> str | None:
    """Keep what one side says, without its name; each turn on a line of its own.

    Parameters
    ----------
    text
        A conversation; a text that does not begin with a turn is given back as it is, but for
        lines above the first turn.
    side
        Its name, in any case.
    sides
        All names, see `find_sides`.

    Returns
    -------
    str or None
        None where the side says nothing.
    """
    turn = _turns(tuple(sides))
    first = turn.search(text) if turn is not None else None
    if turn is None or first is None or not _at_line_start(text, first.start()):
        return text
    said, wanted = [], side.casefold()
    matches = list(turn.finditer(text))
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, end in zip(matches, ends, strict=True):
        words = text[match.end() : end].strip()
        if match["name"].casefold() == wanted and words:
            said.append(words)
    return "\n".join(said) or None


@lru_cache(maxsize=8)
def _turns(sides: tuple[str, ...]) -> re.Pattern[str] | None:
    if not sides:
        return None
    names = "|".join(re.escape(name) for name in sorted(sides, key=len, reverse=True))
    return re.compile(
        rf"(?:^[ \t]{{0,8}}{_STAMP}|(?<=\s))(?P<name>{names}){_ASIDE}[ \t]?:(?=\s|$)", re.MULTILINE
    )


def _at_line_start(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _is_role(name: str) -> bool:
    return name.casefold() in _ROLES
