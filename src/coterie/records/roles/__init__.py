"""Which column of a table is which: the kind of each, and the text, id, labels, time and person."""

from coterie.records.roles.guess import Guess, guess_columns, likely_text
from coterie.records.roles.kinds import Column, Kind, describe_columns

__all__ = ["Column", "Guess", "Kind", "describe_columns", "guess_columns", "likely_text"]
