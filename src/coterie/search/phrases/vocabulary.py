"""What a schema lets queries name, built once for each schema."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from coterie.search.phrases.names import Name, name_columns
from coterie.search.phrases.values import Values, collect_values
from coterie.search.schema import Column, Schema

__all__ = ["Vocabulary", "vocabulary_of"]

_KEPT = 8  # schemas


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names and values of a schema.

    Attributes
    ----------
    columns
        That it is made of; kept so that their identities stay theirs.
    names, values
        What names a column and what names a value.
    """

    columns: Sequence[Column]
    names: Sequence[Name]
    values: Values


_made: OrderedDict[tuple[int, ...], Vocabulary] = OrderedDict()
_lock = Lock()


def vocabulary_of(schema: Schema) -> Vocabulary:
    """Give the vocabulary of a schema; the last few are kept, by the identity of their columns."""
    key = tuple(map(id, schema.columns))
    with _lock:
        if key in _made:
            _made.move_to_end(key)
            return _made[key]
    columns = tuple(schema.columns)
    names = name_columns(columns)
    made = Vocabulary(columns, names, collect_values(names))
    with _lock:
        _made[key] = made
        while len(_made) > _KEPT:
            _made.popitem(last=False)
    return made
