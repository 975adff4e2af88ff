"""The signature with which a message ends."""

from __future__ import annotations

import re

__all__ = ["strip_signature"]

_LINES, _WIDTH = 12, 90  # of what may follow a closing or a delimiter: a judgement
_DELIMITER = re.compile(r"(?:--|\u2014|__)[ \t]*")
_DEVICE = re.compile(
    r"[ \t]*(?:sent|get|gesendet|von meine[mr]|diese nachricht wurde von mein\w*|envoy[\u00e9e]"
    r"|t[\u00e9e]l[\u00e9e]chargez|enviad[oa]|obten(?:er|ga)|inviato|verzonden)\b.{0,60}"
    r"\b(?:iphone|ipad|ipod|android\w*|samsung|galaxy|blackberry|huawei|xiaomi|pixel|outlook|ios"
    r"|yahoo|gmail|gmx|web\.de|mail app|mobil\w*|smartphone|handy|phone|t\u00e9l\u00e9phone"
    r"|proton ?mail|windows)\b.{0,60}",
    re.IGNORECASE,
)
_WISHES = "|".join(
    (
        r"(?:with )?(?:best|kind|kindest|warm|warmest|many|my best)? ?(?:regards|wishes|thanks)",
        r"thanks (?:and|&|again|so much|in advance|a lot|very much)?(?: best| kind)?(?: regards)?",
        r"thank you(?: (?:very|so) much| again| in advance| for your (?:help|time|assistance))?",
        r"cheers|best|sincerely|yours(?: (?:sincerely|faithfully|truly))?|all the best",
        r"(?:mit )?(?:freundliche|beste|viele|liebe|herzliche|sch\u00f6ne)[nm]?"
        r" gr(?:\u00fc|u|ue)(?:\u00df|ss)(?:en?)?",
        r"gr(?:\u00fc|u|ue)(?:\u00df|ss)e?|mfg|lg|vg|(?:vielen |besten )?dank(?: im voraus)?",
        r"(?:bien |tr\u00e8s )?cordialement|bien \u00e0 vous|merci(?: beaucoup| d'avance)?",
        r"(?:meilleures |sinc\u00e8res )?salutations(?: distingu\u00e9es)?",
        r"(?:un )?(?:cordial )?saludos?(?: cordiales?)?|atentamente|(?:muchas )?gracias",
        r"(?:cordiali|distinti) saluti|grazie(?: mille)?|met vriendelijke groet(?:en)?",
        r"atenciosamente|obrigad[oa]",
    )
)
_CLOSING = re.compile(rf"[ \t]*(?:{_WISHES})[ \t]*[,.!\u2013-]{{0,2}}[ \t]*", re.IGNORECASE)
_GIVEN = r"[A-Z\u00c0-\u00de][\w.'-]*"
_SIGNED = re.compile(  # "Thanks, Anna Bell"
    rf"[ \t]*(?i:{_WISHES})[ \t]*[,.!\u2013-][ \t]*{_GIVEN}(?:[ \t]{_GIVEN}){{0,2}}[.!]?[ \t]*"
)
_POSTSCRIPT = re.compile(r"[ \t]*p\.?[ \t]?s\b", re.IGNORECASE)
_NOTICE = re.compile(
    r"\b(?:confidential\w*|disclaimer|privileged|intended (?:solely|only|recipient)|vertraulich\w*"
    r"|confidentiel\w*|confidencial\w*|riservat\w*|print(?:ing)? this e-?mail)\b",
    re.IGNORECASE,
)
_ROUNDS = 8


def strip_signature(text: str) -> str:
    """Leave out the signature at the end of a text.

    Known are what follows the delimiter ``--`` or a closing such as "Best regards" on a line of its
    own (in six languages), where that is a few short lines or a notice of confidentiality; "Thanks,
    Anna" as the last line; and lines such as "Sent from my iPhone". Time grows linearly.

    Returns
    -------
    str
        The text itself where there is no signature, or where nothing else would be left.
    """
    for _ in range(_ROUNDS):
        lines = text.splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        at = _begin(lines)
        left = "\n".join(lines[:at]).rstrip()
        if at == len(lines) or not any(map(str.isalnum, left)):
            return text
        text = left
    return text


def _begin(lines: list[str]) -> int:
    """Find the line with which the signature begins."""
    if not lines or len(lines) == 1:
        return len(lines)
    last = lines[-1]
    if len(last) <= 2 * _WIDTH and (_DEVICE.fullmatch(last) or _SIGNED.fullmatch(last)):
        return len(lines) - 1
    filled = 0
    for at in range(len(lines) - 1, 0, -1):
        line = lines[at]
        if not line.strip():
            continue
        if len(line) <= _WIDTH and (_DELIMITER.fullmatch(line) or _CLOSING.fullmatch(line)):
            return at
        filled += 1
        if filled > _LINES or not _may_sign(line):
            return len(lines)
    return len(lines)


def _may_sign(line: str) -> bool:
    """Whether a line can stand in a signature: short, no question and no postscript."""
    if _NOTICE.search(line[:2000]):
        return True
    return len(line) <= _WIDTH and "?" not in line and not _POSTSCRIPT.match(line)
