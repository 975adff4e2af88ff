"""The thread that a reply quotes below or between its own lines."""

from __future__ import annotations

import re

__all__ = ["strip_quotes"]

_LONGEST = 300  # characters of a line that can introduce a quotation: a judgement
_WROTE = (
    r"(?:wrote|writes|schrieb|geschrieben|a [\u00e9e]crit|escribi[\u00f3o]|ha scritto|schreef"
    r"|escreveu|skrev)"
)
_OPENS = r"(?:on|am|le|el|il|op|em|den|no dia)"
_HINT = re.compile(
    rf"^[ \t]*>|\b{_WROTE}\b|^[ \t*]*(?:from|von|de|da|van)[ \t*]*:|-{{2}}[ \t]*\w|##-",
    re.IGNORECASE | re.MULTILINE,
)
_MARKED = re.compile(r"[ \t]{0,3}>")
_NOT_MARKED = re.compile(r"[ \t]{0,3}>(?:[:;=(]|>>[ \t]|[ \t]?\d)")  # ">:(", ">>> code", "> 5 days"
_INTRODUCES = re.compile(rf"\W*{_OPENS}\b.*\b{_WROTE}\b.{{0,100}}:\W*", re.IGNORECASE)
_DATED = re.compile(r"\d|@")
_BEGINS = re.compile(rf"\W*{_OPENS}\b.*\d", re.IGNORECASE)
_SAYS = re.compile(rf".*\b{_WROTE}\b.{{0,100}}:[ \t]*", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"[ \t]*(?:-{2,}[ \t]*(?:original (?:message|appointment)|urspr\u00fcngliche nachricht"
    r"|originalnachricht|message d['\u2019]origine|message original|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original)[ \t]*-{2,}"
    r"|##-.{5,120}-##)[ \t]*",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[ \t*]*(?:(?P<who>from|von|de|da|van)"
    r"|(?P<when>sent|date|gesendet|datum|envoy\u00e9|enviad[oa](?: el)?|fecha|inviato|verzonden"
    r"|data)"
    r"|(?P<other>to|an|\u00e0|a|para|aan|cc|subject|betreff|objet|asunto|oggetto|onderwerp"
    r"|assunto))"
    r"[ \t*]*(?:\u00a0)?:",
    re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*[_=-]{5,}[ \t]*")
_REACH = 8  # lines over which the fields of one message header may be spread: a judgement
_ROUNDS = 8


def strip_quotes(text: str) -> str:
    """Leave out the thread that a reply quotes.

    Known are lines that begin with ``>`` and the line that introduces them; "On … wrote:" in nine
    languages with a date or an address, "-----Original Message-----" and blocks of "From:", "Sent:"
    and "To:", each of which ends the reply. A forwarded message stays, and so does a header with
    which the text begins. Time grows linearly with the text.

    Returns
    -------
    str
        The text itself where nothing is quoted, or where nothing else would be left.
    """
    for _ in range(_ROUNDS):
        if not _HINT.search(text):
            return text
        lines = text.splitlines()
        own = _unmarked(lines[: _end(lines)])
        left = "\n".join(own).strip()
        if len(own) == len(lines) or not any(map(str.isalnum, left)):
            return text
        text = left
    return text


def _end(lines: list[str]) -> int:
    """Find the line from which on all is quoted without marks."""
    said = False
    for at, line in enumerate(lines):
        if said and len(line) <= _LONGEST and _begins_thread(lines, at):
            above = at
            while above and (not lines[above - 1].strip() or _RULE.fullmatch(lines[above - 1])):
                above -= 1
            return above
        said = said or any(map(str.isalnum, line))
    return len(lines)


def _begins_thread(lines: list[str], at: int) -> bool:
    line = lines[at]
    if _SEPARATOR.fullmatch(line):
        return True
    if (field := _FIELD.match(line)) and field["who"]:
        found = [_FIELD.match(each[:_LONGEST]) for each in lines[at + 1 : at + _REACH]]
        there = [each for each in found if each]
        return any(each["when"] for each in there) and any(each["other"] for each in there)
    for height in (1, 2):
        joined = " ".join(lines[at : at + height])
        if len(joined) <= _LONGEST and _INTRODUCES.fullmatch(joined) and _DATED.search(joined):
            return not _is_marked_next(lines, at + height)
    return False


def _is_marked_next(lines: list[str], at: int) -> bool:
    """Whether the next line that holds something, among three, is marked as quoted."""
    after = next((line for line in lines[at : at + 3] if line.strip()), "")
    return _MARKED.match(after) is not None


def _unmarked(lines: list[str]) -> list[str]:
    """Leave out marked lines, and the line or two that introduce them."""
    marked = [at for at, line in enumerate(lines) if _MARKED.match(line)]
    if not marked or (len(marked) == 1 and _NOT_MARKED.match(lines[marked[0]])):
        return lines
    out = set(marked)
    for at in marked:
        if at - 1 in out:
            continue
        above = next((n for n in range(at - 1, max(at - 4, -1), -1) if lines[n].strip()), -1)
        if above < 0 or len(lines[above]) > _LONGEST or not _SAYS.fullmatch(lines[above]):
            continue
        out.update(range(above, at))
        if above and _BEGINS.match(lines[above - 1][:_LONGEST]) and not _alone(lines[above]):
            out.add(above - 1)
    return [line for at, line in enumerate(lines) if at not in out]


def _alone(line: str) -> bool:
    return _INTRODUCES.fullmatch(line) is not None
