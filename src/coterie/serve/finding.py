"""The index of a service: searched in words, by example and by filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from coterie.errors import UnavailableError
from coterie.jsonable import as_plain
from coterie.options import SearchOptions
from coterie.search.storage.layout import is_index, newest_version
from coterie.verbs.searching import Index

__all__ = ["Finding"]


@dataclass(slots=True, eq=False)
class Finding:
    """An index that is opened once, and again when it was changed.

    Attributes
    ----------
    folder
        Of the index; None where the service has none.
    """

    folder: Path | None
    _index: Index | None = None
    _number: int = 0
    _lock: Lock = field(default_factory=Lock)

    def current(self) -> Index:
        """Give the index as it is now.

        Raises
        ------
        UnavailableError
            When there is none.
        """
        if self.folder is None or not is_index(self.folder):
            raise UnavailableError(
                "This service has no index: make one with coterie index, and name it with --index."
            )
        with self._lock:
            number = newest_version(self.folder).number
            if self._index is None or self._number != number:
                self._index, self._number = Index(self.folder), number
            return self._index

    def search(self, query: str | None, options: SearchOptions) -> dict[str, Any]:
        """Find rows; see `coterie.verbs.searching.Index.search_with`."""
        found = self.current().search_with(query, options)
        hits = found.hits.astype(object).where(found.hits.notna(), None)
        return {
            **found.figures,
            "hits": [as_plain(row) for row in hits.to_dict("records")],
        }

    def columns(self) -> list[dict[str, Any]]:
        """Describe the columns that filters can be about."""
        frame = self.current().columns.reset_index().astype(object)
        return [as_plain(row) for row in frame.where(frame.notna(), None).to_dict("records")]
