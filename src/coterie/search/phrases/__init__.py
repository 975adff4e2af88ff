"""Queries in words: the conditions that they state, recognised without a language model."""

from coterie.search.phrases.reading import ReadQuery, Recognised, read_query

__all__ = ["ReadQuery", "Recognised", "read_query"]
