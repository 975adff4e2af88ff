"""Texts without what programs wrote into them: markup, entities, code and paths."""

from __future__ import annotations

import html
import re

__all__ = ["HOLE", "plain"]

#: A placeholder, to be filled in: ``{{Order Number}}``, ``{name}``, ``[NAME]``, ``<order id>``.
HOLE = (
    r"\{\{[^{}]*\}\}|\$?\{[A-Za-z_][\w .-]{0,30}\}|\[[A-Z_ ]{2,30}\]|<[A-Za-z_ ]{2,30}>"
    r"|%[A-Za-z_]{2,30}%|__[A-Za-z_]{2,30}__"
)
_ENTITY = re.compile(r"&#?\w{2,10};?")
_UNSEEN = re.compile(r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.I)
_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|font|i|mark|s|small|span|strong|sub|sup|u)\s*>", re.I)
_TAG = re.compile(r"<[/!?]?[a-z][\w:-]*(?:\s*/?>|\s[^<>]*?=[^<>]*(?:>|$)|(?<=/)[^<>]*>)", re.I)
_ESCAPE = re.compile(r"\\(?:[nrt]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})")
_CODE = re.compile(
    r"""\S*\w(?:\s?=\s?["'][^"'<>]*["']|=[\w"'(\[/]|\((?:["'\d][^()\s]*)?\)|::\w|->)\S*"""
    r"|(?<!\S)(?:[A-Za-z]:\\|~?/[\w.-]+/|\\\\)\S*"
    r"|\b(?:[^\W\d]*\d){4}\w*"
)
_NEEDS_CODE = re.compile(r"[=(\\/]|::|->|\d\w*\d")


def plain(text: str) -> str:
    r"""Leave what a person would read of a text; what is taken out ends a thought.

    Entities become their characters, twice where they were escaped twice. Tags go, with what
    scripts and comments hold, and so do ``key=value``, calls such as ``alert(1)``, paths, written
    escapes such as ``\u00e9``, and words of four digits and more. Placeholders (`HOLE`) stay.
    """
    for _ in range(2):
        if "&" in text and _ENTITY.search(text):
            text = html.unescape(text)
    if "<" in text:
        text = _UNSEEN.sub("\n", text)
        text = _INLINE.sub("", text)
        text = _TAG.sub("\n", text)
    if _NEEDS_CODE.search(text):
        text = _ESCAPE.sub("\n", _CODE.sub("\n", text))
    return text
