"""Ordinary columns of a client as a block of features."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classify.blocks import Arrays, Block, Feature, Saved, State
from coterie.classify.clients import Clients
from coterie.classify.context import ContextEncoder, fit_context
from coterie.errors import CoterieWarning, InputError

__all__ = ["PLACEHOLDERS", "ContextColumns"]

PLACEHOLDERS = ("select", "n/a", "#n/a", "na", "nan", "null", "?")
"""What forms and tables write where there is nothing. Not among them: "none", "other", "unknown"
and "-", which can be answers."""


class ContextColumns(Block):
    """Ordinary columns: numbers as they are with a column for whether one is missing, and names.

    Numbers are standardised, and of names each gets a column; see
    `coterie.classify.context.fit_context`. Columns with one value only are left out.

    Parameters
    ----------
    columns
        Which columns.
    placeholders
        Texts that stand for a missing value, compared without regard to case and to space around
        them; a blank does always.

    Attributes
    ----------
    context_
        The columns as they were learnt; None where none of them varies.
    """

    kind = "context"

    def __init__(
        self, columns: Sequence[str] = (), placeholders: Collection[str] = PLACEHOLDERS
    ) -> None:
        self.columns = columns
        self.placeholders = placeholders

    def _learn(self, clients: Clients) -> None:
        frame, replaced, infinite = self._read(clients, self.columns)
        try:
            self.context_: ContextEncoder | None = fit_context(frame, self.columns)
        except InputError:
            self.context_ = None
        if not clients.warn:
            return
        learnt = () if self.context_ is None else self.context_.names
        constant = [name for name in self.columns if name not in learnt]
        _tell(replaced, "as missing, for they stand for no value")
        _tell(infinite, "as missing, for they are infinite")
        if constant:
            warnings.warn(
                f"The training rows have one value only in {', '.join(constant)}: nothing is learnt"
                " of it.",
                CoterieWarning,
                stacklevel=2,
            )
