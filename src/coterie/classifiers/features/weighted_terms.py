"""What blocks of TF-IDF share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from coterie.classifiers.features.base import (
    Arrays,
    Feature,
    FeatureBlock,
    Saved,
    State,
    at_least,
    texts_of,
    vector_of,
)

__all__ = ["WeightedTerms"]


class WeightedTerms(FeatureBlock):
    """A block whose columns are terms, each with its inverse document frequency."""

    called: ClassVar[str]
    """What a term is called in the names of the columns."""

    most: int
    terms_: tuple[str, ...]
    idf_: npt.NDArray[np.float64]

    def check(self) -> None:
        """See `FeatureBlock`."""
        at_least("most", self.most, 1)

    def _features(self) -> Iterable[Feature]:
        for term in self.terms_:
            yield Feature(f"{self.called}: {term}", term)

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        return {"terms": list(self.terms_)}, {"idf": self.idf_}

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `FeatureBlock`."""
        self.terms_ = tuple(texts_of(state["terms"]))
        self.idf_ = vector_of(arrays["idf"], len(self.terms_), least=1)
