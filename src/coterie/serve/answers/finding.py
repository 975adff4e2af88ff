"""The index of a service: searched in words, by example and by filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from coterie.jsonable import as_plain
from coterie.options import SearchOptions
from coterie.search.storage.layout import is_index, newest_version
from coterie.serve.refusals import RefusedError
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

    @property
    def there(self) -> bool:
        """Whether the service has an index."""
        return self.folder is not None and is_index(self.folder)

    def current(self) -> Index:
        """Give the index as it is now.

        Raises
        ------
        RefusedError
            When there is none.
        """
        if self.folder is None or not is_index(self.folder):
            raise RefusedError(
                404,
                "This service has no index: make one with coterie index, and name it with --index.",
            )
        with self._lock:
            number = newest_version(self.folder).version
            if self._index is None or self._number != number:
                self._index, self._number = Index(self.folder), number
            return self._index

    def search(self, query: str | None, options: SearchOptions) -> dict[str, Any]:
        """Find rows; see `coterie.verbs.searching.Index.search_with`."""
        found = self.current().search_with(query, options)
        return {**found.figures, "hits": _rows(found.hits)}

    def columns(self) -> list[dict[str, Any]]:
        """Describe the columns that filters can be about."""
        return [column.to_dict() for column in self.current().schema]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table as JSON takes them."""
    names = [str(name) for name in frame.columns]
    return [
        as_plain(dict(zip(names, map(_cell, cells), strict=True)))
        for cells in frame.itertuples(index=False, name=None)
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return None if pd.isna(value) else value.isoformat()
    return list(value) if isinstance(value, np.ndarray) else value
