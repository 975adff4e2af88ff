"""Changes of a segmentation in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from coterie.formatting import counted
from coterie.segments.model import Change

__all__ = ["deed", "in_words", "who_did"]

_LISTED = 5  # names in a sentence


def in_words(change: Change) -> str:
    """Say what a change was, in one sentence; changes of unknown kinds are given as JSON."""
    about = change.details
    try:
        return _SENTENCES[change.what](about)
    except (KeyError, TypeError, AttributeError):
        return json.dumps(dict(about), ensure_ascii=False)


def deed(change: Change) -> str:
    """Say what a change did, to go after a name: ``"renamed 'Money' to 'Refund'"``."""
    try:
        return _DEEDS[change.what](change.details)
    except (KeyError, TypeError, AttributeError):
        return f"made the edit '{change.what}'"


def who_did(change: Change, now: datetime) -> str:
    """Say who made a change, what it did and how long ago that was."""
    said = f"{change.by or 'Somebody'} {deed(change)}"
    try:
        when = datetime.fromisoformat(change.when)
    except ValueError:
        return said
    seconds = (now - (when if when.tzinfo else when.replace(tzinfo=UTC))).total_seconds()
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{said} {counted(int(seconds // length), unit)} ago"
    return f"{said} just now"


_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


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


def _quoted(names: Iterable[str]) -> str:
    return _listed([f"'{name}'" for name in names])


def _together(about: Mapping[str, Any]) -> str:
    names = [*about["retired"].values()]
    if about["from"] != about["name"]:
        names.insert(0, about["from"])
    return f"merged {_quoted(names)} into '{about['name']}'"


def _parted(about: Mapping[str, Any]) -> str:
    return f"split {_quoted(about['retired'].values())} into {_quoted(about['names'])}"


def _moved(about: Mapping[str, Any]) -> str:
    rows = sum(about["from"].values())
    return f"moved {counted(rows, 'row')} to '{about.get('name', about['to'])}'"


def _under(about: Mapping[str, Any]) -> str:
    name = about.get("name", about["segment"])
    if about["to"]:
        return f"put '{name}' under '{about['to']}'"
    return f"took '{name}' out of its family"


def _made(about: Mapping[str, Any]) -> str:
    return f"made {_quoted(about['added'].values())} of {counted(about['rows'], 'row')}"


def _levelled(about: Mapping[str, Any]) -> str:
    return f"changed {counted(about['before'], 'segment')} into {about['groups']:,}"


_DEEDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "rename": lambda about: f"renamed '{about['from']}' to '{about['to']}'",
    "name": lambda about: f"had {about['model']} name '{about['from']}' '{about['to']}'",
    "name family": lambda about: f"had {about['model']} name a family '{about['to']}'",
    "set parent": _under,
    "merge": _together,
    "split": _parted,
    "move": _moved,
    "create": _made,
    "level": _levelled,
    "extend": _made,
    "refresh": lambda about: f"added {counted(about['rows'], 'row')} of {about['source']}",
    "freeze": lambda _: "froze the segments",
    "thaw": lambda _: "thawed the segments",
    "undo": lambda about: f"undid an edit ({about['words']})",
    "redo": lambda about: f"redid an edit ({about['words']})",
}

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
    "create": lambda about: (
        f"{_named(about['added'])}: {counted(about['rows'], 'row')}, of which "
        f"{about['pinned']:,} pinned"
    ),
    "level": lambda about: (
        f"{counted(about['before'], 'segment')} into {about['groups']:,}: "
        f"{len(about['retired']):,} gone, {len(about['added']):,} new"
    ),
    "undo": lambda about: str(about["words"]),
    "redo": lambda about: str(about["words"]),
    "extend": lambda about: f"new: {_named(about['added'])}",
    "freeze": lambda about: f"{counted(len(about['segments']), 'segment')} frozen",
    "thaw": lambda _: "a draft again",
}
