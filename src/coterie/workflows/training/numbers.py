"""Labels that are numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.options import ModelPlan
from coterie.records import texts_of
from coterie.records.labels import MOST_CLASSES

__all__ = ["as_numbers", "learns_numbers"]


def learns_numbers(labels: npt.NDArray[np.object_], plan: ModelPlan) -> bool:
    """Whether labels are numbers to estimate, where a plan trains an ensemble.

    The plan decides; where it is silent, they are if all are numbers and more than 20 differ.

    Raises
    ------
    OptionError
        When the plan asks for numbers and the model or the labels do not allow it.
    """
    if plan.needs_texts:
        if plan.numbers:
            raise OptionError(
                f"The model {plan.model} predicts classes only: choose --model ensemble for "
                "numbers."
            )
        return False
    known = np.array([value for value in labels if value is not None], dtype=object)
    numbers = as_numbers(known)
    odd = known[np.isnan(numbers)].tolist()
    if plan.numbers is None:
        return not odd and len(np.unique(numbers)) > MOST_CLASSES
    if plan.numbers and odd:
        raise OptionError(f"The label {odd[0]!r} is not a number: train a classifier (--classes).")
    return plan.numbers


def as_numbers(labels: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Read labels as numbers; NaN where there is none, or a text that is no number."""
    read = pd.to_numeric(pd.Series(texts_of(labels), dtype=object), errors="coerce")
    return read.to_numpy(dtype=np.float64)
