"""Keys, tokens and passwords."""

from __future__ import annotations

import re
from itertools import pairwise

from coterie.personal.kinds import Kind, always, never

__all__ = ["KEYS"]

_NAME, _MARK = "key or password", "key"

# How known issuers begin their keys: OpenAI and Stripe, AWS, GitHub, GitLab, Slack, Google, and
# Coterie.
_ISSUED = (
    r"(?:(?:sk|pk|rk)[-_][\w-]{16,}|whsec_\w{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
    r"|xox[a-z]-[\w-]{10,}|AIza[\w-]{35}|coterie_[0-9a-f]{8}_[0-9a-f]{64})"
)
_JWT = r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
_PEM = (
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)

_NAMED = (
    r"(?:pass(?:word|code|phrase|wd)|pwd|pw|passwort|kennwort|zugangscode|mot de passe|mdp|"
    r"contraseñ[ao]|(?:secret|access|api|auth|private)[ _-]?(?:key|token)|api[ _-]?schlüssel)"
)
_SECRET = (
    rf"(?:{_NAMED}|key|token|schlüssel|clave|clé(?: api| secrète| d'accès)?|secreto?|geheimnis|"
    r"jeton(?: d'accès)?|bearer)"
)
_VALUE, _LAST = r"[^\s\"'<>,;]", r"[^\s\"'<>,;.)]"
_IS = r"(?:is|was|ist|war|lautet|est|c'est|es|era)"
# What is written after "password:" is one if it is more than letters, or the last of its line.
_GIVEN = (
    rf"(?<![^\W_]){_SECRET}[ \t]{{0,3}}(?::=?|=>)[ \t]{{0,3}}[\"']?"
    rf"((?={_VALUE}{{0,80}}[0-9!#$%&*+=?@^~§€_]){_VALUE}{{2,}}{_LAST})"
)
_ALONE = (
    rf"(?<![^\W_]){_NAMED}[ \t]{{0,3}}(?::=?|=>)[ \t]{{0,3}}[\"']?"
    r"([^\W\d_]{3,64})(?=[\"']?[.,;)]?[ \t]{0,3}(?:\n|\Z))"
)
_ASSIGNED = rf"(?<![^\W_])(?:{_SECRET}|pass)[ \t]?=[ \t]?[\"']?([^\s\"'<>,;&]{{2,}}[^\s\"'<>,;&.)])"
_SPOKEN = (
    rf"(?<![^\W_]){_SECRET}[ \t]{{1,3}}(?:{_IS}[ \t]{{1,3}})?[\"']?"
    rf"((?={_VALUE}{{0,60}}[0-9])(?={_VALUE}{{0,60}}[^\W\d_]){_VALUE}{{5,}}[^\s\"'<>,;.)?!])"
)
_TOKEN = r"(?<![\w+/.=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![\w+/-])"  # noqa: S105
# The share of neighbours that differ in class, "Ab" aside, with which words begin: 0.45 among
# random letters and digits, less than 0.2 in words joined by capitals; a judgement, not measured.
_CHANGES = 0.24


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _class(c: str) -> str:
    return "a" if c.islower() else "A" if c.isupper() else "0"


def _random(text: str) -> bool:
    """Whether small and capital letters and digits follow one another without order."""
    classes = [_class(c) for c in text if c.isalnum()]
    path = text.startswith("/") or text.count("/") > 2
    if path or not {"a", "A"} <= set(classes) or classes.count("0") < 2:
        return False
    changes = sum(a != b and (a, b) != ("A", "a") for a, b in pairwise(classes))
    return changes >= _CHANGES * len(classes)


KEYS = (
    Kind(_NAME, _MARK, re.compile(_PEM), always, always),
    Kind(_NAME, _MARK, re.compile(rf"(?<![\w-])(?:{_ISSUED}|{_JWT})(?![\w-])"), _mixed, always),
    Kind(_NAME, _MARK, re.compile(_GIVEN, re.IGNORECASE), always, never),
    Kind(_NAME, _MARK, re.compile(_ALONE, re.IGNORECASE), always, never),
    Kind(_NAME, _MARK, re.compile(_ASSIGNED, re.IGNORECASE), always, never),
    Kind(_NAME, _MARK, re.compile(_SPOKEN, re.IGNORECASE), always, never),
    Kind(_NAME, _MARK, re.compile(_TOKEN), _random, never),
)
