"""Looser forms of addresses and numbers, which pages show and a remote model does not see."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from coterie.personal.kinds import Kind, always, never

__all__ = ["LOOSE"]

_DOT = r"[ ]?(?:[(\[{]dot[)\]}]|(?<=[ ])(?:dot|punkt)(?=[ ]))[ ]?"
_PUNTO = r"(?:\.|[ ](?:punto|point)[ ])"
_CALL = (
    r"(?:mobile|phone|telephone|tel|tfno|call(?: me)?(?: on| at)?|ring|text me(?: at| on)?|sms|"
    r"dial|fax|(?:you have )?my (?:phone |mobile )?number(?: is)?|handy(?:nummer)?|festnetz|"
    r"telefon(?:nummer)?|meine (?:telefon|handy)?nummer(?: ist| lautet)?|anrufen|rückruf|"
    r"téléphone|portable|fixe|appele[rz]|mon numéro(?: est)?|joindre au|"
    r"tel[ée]fono|m[óo]vil|fijo|llam(?:ar|en|e)(?: al)?|mi número(?: es)?)"
)


def _dialled(text: str) -> bool:
    return 8 <= sum(map(str.isdigit, text)) <= 15


def _ip_6(text: str) -> bool:
    """Whether it is an address of version 6 with two groups or more, which no time of day is."""
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return sum(map(bool, text.split(":"))) > 1


LOOSE = (
    Kind(
        "e-mail address",
        "e-mail",
        re.compile(
            rf"(?<![\w.+-])[\w.+-]{{1,64}}(?:{_DOT}[\w-]{{1,64}}){{0,3}}"
            rf"(?:[ ]?[(\[{{]at[)\]}}][ ]?[\w-]{{1,64}}(?:(?:{_DOT}|\.)[\w-]{{2,64}}){{1,4}}"
            rf"|[ ]at[ ][\w-]{{1,64}}(?:{_DOT}[\w-]{{2,64}}){{1,4}}"
            rf"|[ ](?:arroba|arobase)[ ][\w-]{{1,64}}(?:{_PUNTO}[\w-]{{2,64}}){{1,4}})(?![\w-])",
            re.IGNORECASE,
        ),
        always,
        never,
    ),
    Kind(
        "IP address",
        "IP address",
        re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"),
        _ip_6,
        never,
    ),
    Kind(
        "phone number",
        "phone",
        re.compile(r"(?<![\w+.,/-])0(?:[1-9][0-9]{8,10}|0[1-9][0-9]{9,12})(?![\w-]|[.,][0-9])"),
        always,
        never,
    ),
    Kind(
        "phone number",
        "phone",
        re.compile(
            rf"(?<!\w){_CALL}[ \t]*[:.]?[ \t]*(?:[\w-]{{1,12}}[ \t]){{0,2}}"
            r"(\+?\(?[0-9](?:[ ()./-]{0,3}[0-9]){6,14})(?![\w-]|[.,][0-9])",
            re.IGNORECASE,
        ),
        always,
        never,
    ),
    Kind(
        "phone number",
        "phone",
        re.compile(
            r"(?<![\w+./,-])"
            r"(?![0-9]{1,2}[ ./-][0-9]{1,2}[ ./-][0-9]{2,4}(?![0-9/-]|\.[0-9]))"
            r"(?:\+[0-9]{1,3}[ ./-]{0,3})?\(?0[0-9]{1,5}\)?[ ./-]{1,3}[0-9]"
            r"(?:[ /-]{0,3}[0-9]){4,9}(?![\w-]|[.,][0-9])"
        ),
        _dialled,
        never,
    ),
)
