"""The first thing on a page where the encoder cannot read the texts."""

from __future__ import annotations

from collections.abc import Iterator

from coterie.encoders import Readability
from coterie.report import Note

__all__ = ["reading_note"]


def reading_note(found: Readability | None) -> Iterator[Note]:
    """Warn of what the encoder cannot read; nothing where it reads all."""
    if found is not None and found.note:
        yield Note(found.note, title="The encoder and the texts.", kind="warning")
