"""Changes of a segmentation in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from coterie.formatting import counted
from coterie.segments.model import Change

__all__ = ["in_words"]

_LISTED = 5  # names in a sentence


def in_words(change: Change) -> str:
    """Say what a change was, in one sentence; changes of unknown kinds are given as JSON."""
    about = change.details
    try:
        return _SENTENCES[change.what](about)
    except (KeyError, TypeError, AttributeError):
        return json.dumps(dict(about), ensure_ascii=False)


def _refresh(about: Mapping[str, Any]) -> str:
    told = [f"{counted(about['rows'], 'new row')} of {about['source']}"]
    if about.get("period"):
        told[0] += f" ({about['period']})"
    if about.get("already"):
        told.append(f"{about['already']:,} there already")
    for key, verb in (("added", "new"), ("vanished", "vanished"), ("returned", "returned")):
        if segments := about[key]:
            told.append(f"{verb}: {_named(segments)}")
    if waiting := about.get("waiting"):
        told.append(f"would be new, but frozen: {_listed(waiting)}")
    return "; ".join(told)


def _named(segments: Mapping[str, str]) -> str:
    return _listed([f"{each} {name}" for each, name in segments.items()])


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _rename(about: Mapping[str, Any]) -> str:
    by = f" by {about['model']}" if about.get("model") else ""
    return f"{about['segment']}: '{about['from']}' is '{about['to']}' now{by}"


def _move(about: Mapping[str, Any]) -> str:
    rows = sum(about["from"].values())
    named = f" ({_listed(about['rows'])})" if about.get("rows") else ""
    return f"{counted(rows, 'row')}{named} to {about['to']}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "refresh": _refresh,
    "rename": _rename,
    "name": _rename,
    "name family": lambda about: f"family '{about['family']}' is '{about['to']}' now",
    "set parent": lambda about: (
        f"{about['segment']} is under '{about['to']}' now"
        if about["to"]
        else f"{about['segment']} is under no family now"
    ),
    "merge": lambda about: (
        f"{_named(about['retired'])} into {about['into']}, "
        f"named '{about.get('name', about.get('from', ''))}'"
    ),
    "split": lambda about: (
        f"{_named(about['retired'])} into "
        + _named(dict(zip(about["into"], about["names"], strict=True)))
    ),
    "move": _move,
    "extend": lambda about: f"new: {_named(about['added'])}",
    "freeze": lambda about: f"{counted(len(about['segments']), 'segment')} frozen",
    "thaw": lambda _: "a draft again",
}
