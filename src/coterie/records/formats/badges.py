"""Conference badges: records with ``BadgeId``, ``SessionInfo`` and ``AggregatedInfo``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["are_badges", "unfold_badges"]

_ID, _SESSIONS, _SUMMARY = "BadgeId", "SessionInfo", "AggregatedInfo"
_TITLES = ("title", "name", "sessiontitle", "session_title", "sessionname", "session_name")
_BODIES = ("description", "abstract", "summary", "sessiondescription", "session_description")


def are_badges(entries: Iterable[object]) -> bool:
    """Whether the records are badges: one of them has an id and a list of sessions."""
    return any(
        isinstance(entry, dict) and _ID in entry and isinstance(entry.get(_SESSIONS), list)
        for entry in entries
    )


def unfold_badges(entries: Iterable[Any]) -> tuple[list[Any], int]:
    """Make one row of each session of each badge, in the order of the file.

    A row has ``BadgeId``, ``SessionInfo`` (the text of this session) and ``AggregatedInfo`` (the
    same in all rows of a badge: the different texts of its records, joined by line breaks). A
    session that is an object also gives a column for each of its keys, so that
    ``"{Title}. {Description}"`` works; a key that the badge has too is prefixed by
    ``SessionInfo.``. A badge without sessions keeps one row, with its summary as the text of the
    session too. Several records of one badge are merged: sessions that an earlier one lists too are
    left out. Entries that are not objects are returned as they are. How many badges have a summary
    and no session is returned beside the rows.

    For vectors of sessions take ``text="SessionInfo"``. For vectors of badges take
    ``text="SessionInfo", group="BadgeId"`` (all their sessions) or
    ``text="AggregatedInfo", group="BadgeId"`` (the summary, once).
    """
    listed = list(entries)
    summaries = _summaries(listed)
    seen: dict[object, set[str]] = {}
    unfolded: list[Any] = []
    without = 0
    for entry in listed:
        if not isinstance(entry, dict):
            unfolded.append(entry)
            continue
        badge = _badge_of(entry)
        known = set() if badge is None else seen.setdefault(badge, set())
        summary = entry.get(_SUMMARY) if badge is None else summaries.get(badge)
        rows = list(_rows(entry, summary, known))
        if not rows and not known:
            rows = [{**entry, _SESSIONS: summary or None, _SUMMARY: summary}]
            without += bool(summary)
        unfolded += rows
    return unfolded, without


def _badge_of(entry: dict[str, Any]) -> object:
    """Id by which records are merged; None where there is none."""
    badge = entry.get(_ID)
    return None if isinstance(badge, list | dict) else badge


def _rows(badge: dict[str, Any], summary: Any, known: set[str]) -> Iterator[dict[str, Any]]:
    sessions = badge.get(_SESSIONS)
    for session in sessions if isinstance(sessions, list) else [sessions]:
        mark = json.dumps(session, sort_keys=True, default=str)
        if session in (None, "", {}) or mark in known:
            continue
        known.add(mark)
        row = {**badge, _SESSIONS: _text(session), _SUMMARY: summary}
        if isinstance(session, dict):
            row |= {f"{_SESSIONS}.{k}" if k in badge else k: v for k, v in session.items()}
        yield row


def _text(session: Any) -> Any:
    """Title and description of a session object, else all its texts."""
    if not isinstance(session, dict):
        return session
    texts = {k.lower(): v.strip() for k, v in session.items() if isinstance(v, str) and v.strip()}
    chosen = [next(filter(None, map(texts.get, keys)), "") for keys in (_TITLES, _BODIES)]
    parts = chosen if any(chosen) else texts.values()
    return ". ".join(part.rstrip(".") for part in parts if part)


def _summaries(entries: Iterable[Any]) -> dict[object, str]:
    texts: dict[object, dict[str, None]] = {}
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get(_SUMMARY), str):
            texts.setdefault(_badge_of(entry), {})[entry[_SUMMARY].strip()] = None
    return {badge: "\n".join(filter(None, found)) for badge, found in texts.items()}
