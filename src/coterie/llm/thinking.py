"""What models think aloud before they answer."""

from __future__ import annotations

import re

__all__ = ["without_thinking"]

_TAGS = "think|thinking|thought|reasoning"
_WHOLE = re.compile(rf"<({_TAGS})>.*?</\1>", re.DOTALL | re.IGNORECASE)
_END = re.compile(rf"\A.*</(?:{_TAGS})>", re.DOTALL | re.IGNORECASE)
_BEGIN = re.compile(rf"<(?:{_TAGS})>.*\Z", re.DOTALL | re.IGNORECASE)


def without_thinking(text: str) -> str:
    """Leave out what stands in ``<think>`` blocks, closed or not.

    Some templates write the opening tag themselves, so that an answer has the closing one alone; an
    answer that was cut off has the opening one alone.
    """
    if "<" not in text:
        return text.strip()
    return _BEGIN.sub("", _END.sub("", _WHOLE.sub("", text))).strip()
