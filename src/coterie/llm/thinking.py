"""What models think aloud before they answer."""

from __future__ import annotations

import re

__all__ = ["past_thinking", "without_thinking"]

_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)


def without_thinking(text: str) -> str:
    """Leave out what stands in ``<think>`` blocks, closed or not; linear in the length.

    Some templates write the opening tag themselves, so that an answer has the closing one alone; an
    answer that was cut off has the opening one alone.
    """
    said: list[str] = []
    start, inside = 0, False
    for tag in _TAG.finditer(text):
        if tag[1]:
            if not inside:
                said.clear()
            start, inside = tag.end(), False
        elif not inside:
            said.append(text[start : tag.start()])
            inside = True
    if not inside:
        said.append(text[start:])
    return "".join(said).strip()


def past_thinking(prompt: str) -> str:
    """End the thinking that the template of a prompt opens, so that the answer comes next."""
    bare = prompt.rstrip()
    return f"{bare}\n\n</think>\n\n" if bare.endswith("<think>") else prompt
