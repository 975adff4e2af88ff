"""Names of encoders, with the options that may follow them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from coterie.errors import OptionError

__all__ = ["plain_name", "split_name"]

_NEVER = ("folder", "name", "device", "texts", "fit_on", "token")  # they are no part of a name
_PLAIN = {"true": True, "false": False, "none": None}


def split_name(name: str) -> tuple[str, dict[str, Any]]:
    """Split ``"minilm?max_length=128&prefix=query: "`` into the name and the options.

    The form is that of a URL's query, so ``%26`` is an ampersand. Values are numbers, ``true``,
    ``false``, ``none`` or text.

    Raises
    ------
    OptionError
        When an option has no value, or is none that can be part of a name.
    """
    plain, mark, query = name.partition("?")
    if not mark or Path(name).expanduser().is_dir():
        return name, {}
    try:
        pairs = parse_qsl(query or "?", keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise OptionError(
            f"The options of the encoder {name!r} cannot be read: write "
            f"{plain}?max_length=128&prefix=TEXT."
        ) from None
    for option, _ in pairs:
        if option in _NEVER:
            raise OptionError(f"{option} is no option of an encoder's name: leave it out.")
    return plain, {option: _value(text) for option, text in pairs}


def plain_name(name: str) -> str:
    """Give the name of an encoder without its options."""
    return name.partition("?")[0]


def _value(text: str) -> Any:
    if text.lower() in _PLAIN:
        return _PLAIN[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
