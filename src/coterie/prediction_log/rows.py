"""Entries as rows of the table, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from coterie.errors import InputError, OptionError
from coterie.prediction_log.entries import Entry
from coterie.prediction_log.hiding import clip, hash_of, hide_text, hide_value, hide_values
from coterie.prediction_log.hiding import person_forms as forms_of
from coterie.prediction_log.tables import PREDICTIONS

__all__ = ["KeepText", "Rows", "entry_of", "weight_of"]

KeepText = Literal["none", "masked", "raw"]

_MOST_NAME = 500  # characters of a label, a name or an id: what an index takes, in UTF-8 too
_MOST_JSON = 100_000  # characters of a context, and of what is extra; a judgement
_ROW = 1_500  # bytes that a row without its texts takes in memory, as measured
_READ = tuple(each for each in PREDICTIONS.c if each.name not in ("seq", "first"))
_JSON = ("probabilities", "context", "extra")


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes rows of entries, with nothing in them that should not be kept.

    Attributes
    ----------
    key
        Key of the hashes.
    keep_text
        Whether the texts are kept: not at all, masked, or as they are.
    most_text
        Characters kept of each.
    """

    key: bytes
    keep_text: KeepText
    most_text: int

    def of(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """Make a row of each entry.

        Raises
        ------
        InputError
            When an id, a label or a role cannot be kept.
        """
        seen: set[str] = set()
        return [self._row(each, first=self._is_first(each, seen)) for each in entries]

    def person(self, person: str | None) -> str | None:
        """Give the form in which the key of a person is kept."""
        return None if person is None else forms_of(self.key, person)[0]

    def hash_text(self, text: str) -> str:
        """Give the keyed hash of a text."""
        return hash_of(self.key, "text", text)

    @staticmethod
    def _is_first(entry: Entry, seen: set[str]) -> bool:
        if entry.role != "answer" or entry.request in seen:
            return False
        if entry.request is not None:
            seen.add(entry.request)
        return True

    def _row(self, entry: Entry, *, first: bool) -> dict[str, Any]:
        if entry.role not in ("answer", "shadow"):
            raise OptionError(f"The role of an entry is {entry.role!r}: give answer or shadow.")
        text, length, digest = entry.text, entry.text_length, entry.text_hash
        if text is not None:
            length = len(text) if length is None else length
            digest = self.hash_text(text) if digest is None else digest
        return {
            "id": short(entry.id, "id"),
            "time": entry.time,
            "person": self.person(entry.person),
            "request": _name(entry.request),
            "first": int(first),
            "route": _name(entry.route),
            "model": _exact(entry.model, "model"),
            "version": None if entry.version is None else int(entry.version),
            "role": entry.role,
            "answer_id": _exact(entry.answer_id, "answer_id"),
            "label": _exact(entry.label, "label"),
            "confidence": _number(entry.confidence),
            "status": _name(entry.status),
            "seconds": _number(entry.seconds),
            "wait_seconds": _number(entry.wait_seconds),
            "error": _name(entry.error) or "",
            "truth": None,
            "encoder": _name(entry.encoder),
            "segment": _exact(entry.segment, "segment"),
            "text_length": None if length is None else int(length),
            "text_hash": digest,
            "probabilities": _probabilities(entry.probabilities),
            "context": _json(entry.context),
            "extra": _json(entry.extra),
            "text": self._text(text),
        }

    def _text(self, text: str | None) -> str | None:
        if text is None or self.keep_text == "none":
            return None
        if self.keep_text == "raw":
            return clip(text, self.most_text)
        return hide_text(text, self.most_text)


def entry_of(row: Any) -> Entry:
    """Make an entry of a row that was read."""
    values = dict(zip((each.name for each in _READ), row, strict=True))
    for name in _JSON:
        values[name] = None if values[name] is None else json.loads(values[name])
    return Entry(**values)


def columns_read() -> Sequence[Any]:
    """Columns that `entry_of` takes, in their order."""
    return _READ


def weight_of(rows: Iterable[Mapping[str, Any]]) -> int:
    """Say about how many bytes rows take while they wait."""
    return sum(_ROW + sum(len(row[name] or "") for name in (*_JSON, "text")) for row in rows)


def short(value: str, what: str) -> str:
    """Refuse what is too long for an index."""
    if not value or len(value) > _MOST_NAME:
        raise InputError(
            f"The {what} of an entry has {len(value):,} characters: give 1 to {_MOST_NAME}."
        )
    return value


def _exact(value: str | None, what: str) -> str | None:
    return None if value is None or value == "" else short(str(value), what)


def _name(value: str | None) -> str | None:
    return None if value is None else hide_value(str(value))[:_MOST_NAME]


def _number(value: float | None) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if number - number == 0 else None  # neither NaN nor infinite


def _probabilities(given: Mapping[str, float] | None) -> str | None:
    if given is None:
        return None
    return json.dumps({str(label): _number(each) for label, each in given.items()})


def _json(given: Mapping[str, Any] | None) -> str | None:
    if given is None:
        return None
    text = json.dumps(hide_values(given))
    if len(text) <= _MOST_JSON:
        return text
    return json.dumps({"left_out": f"{len(text):,} characters, more than {_MOST_JSON:,}"})
