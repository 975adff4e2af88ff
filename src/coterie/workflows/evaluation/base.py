"""What evaluations of classes and of numbers have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np
import pandas as pd

from coterie.errors import OptionError

__all__ = ["PRICE", "BaseEvaluation"]

PRICE = 0.05
"""US dollars for an hour of one processor core, unless told."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Model = TypeVar("Model", bound=_Named)


@dataclass(frozen=True, eq=False, kw_only=True)
class BaseEvaluation(Generic[Model]):
    """Models on the same n rows: what classes and numbers share.

    Attributes
    ----------
    judged
        One or more, each of another name, on the same rows in the same order.
    title, subtitle
        Of the page.
    label
        What the labels are called.
    source
        Where the rows came from.
    price
        US dollars for an hour of one processor core.
    unlabelled
        Rows that were left out for want of a label.
    rejects
        The rows that were set aside, see `coterie.records.Records`.

    Raises
    ------
    OptionError
        When two models have one name, or the price is not above 0.
    """

    judged: Sequence[Model]
    title: str = ""
    subtitle: str = ""
    label: str = "label"
    source: str = ""
    price: float = PRICE
    unlabelled: int = 0
    rejects: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        if len(set(self.names)) < len(self.names):
            raise OptionError("Two models have the same name: give each its own.")
        if not (np.isfinite(self.price) and self.price > 0):
            raise OptionError(f"The price is {self.price}: give dollars an hour, such as 0.05.")

    @property
    def names(self) -> list[str]:
        """Of the models."""
        return [model.name for model in self.judged]

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Why rows were set aside, and how many, the commonest first."""
        return dict(Counter(self.rejects.get("reason", ())).most_common())
