"""The steps around the feature blocks, and how they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.features.base import FeatureBlock
from coterie.classifiers.features.clients import Clients, clients_of
from coterie.errors import InputError

__all__ = ["ReadClients", "ScaleFeatures", "blocks_of", "put_together"]


class ReadClients(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc, call-arg]
    """First step: read the column of concepts once for all blocks that follow.

    Parameters
    ----------
    concepts
        The column of concepts; None for none.
    warn
        Whether this step and those that follow warn of unknown concepts and invalid values. Turn
        it off in cross-validation, where each fold lacks some concepts.

    Attributes
    ----------
    known_ : frozenset of str
        The concepts of the training rows, as they are compared.
    """

    def __init__(self, concepts: str | None = "concepts", warn: bool = True) -> None:
        self.concepts = concepts
        self.warn = warn

    def fit(self, X: pd.DataFrame | Clients, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which concepts there are; InputError where no client has any."""
        self.known_: frozenset[str] = frozenset()
        if self.concepts is not None:
            self.known_ = frozenset(clients_of(X).mentions(self.concepts).keys)
            if not self.known_:
                raise InputError(
                    f"The column '{self.concepts}' is empty for all {len(X):,} clients: name "
                    "another column of concepts, or none."
                )
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> Clients:
        """Learn, and read."""
        clients = Clients(clients_of(X).frame, warn=self.warn)
        self.fit(clients, y)
        return clients

    def transform(self, X: pd.DataFrame | Clients) -> Clients:
        """Read clients; a `CoterieWarning` names concepts that are not in the training data."""
        check_is_fitted(self)
        given = clients_of(X)
        clients = Clients(given.frame, warn=self.warn, cache=given.cache)
        if self.concepts is not None:
            clients.tell_unseen(self.concepts, self.known_)
        return clients

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ARG002
        """Give no names: the blocks that follow do."""
        return np.array([], dtype=object)

    def set_output(self, *, transform: str | None = None) -> Self:  # noqa: ARG002
        """Change nothing: this step does not give a table."""
        return self


class ScaleFeatures(MaxAbsScaler):  # type: ignore[misc]
    """Last step: divide each column by its largest absolute value, so that zeros stay zeros.

    Unit variance would give a concept of one client in a thousand thirty times the weight of one
    that half of them have.
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the largest values; InputError where there is no row or no column."""
        if 0 in X.shape:
            raise InputError(
                "The training rows have none of the features: give more rows, or other kinds of "
                "features."
            )
        fitted: Self = super().fit(X, y)
        return fitted

    def transform(self, X: Any) -> Any:
        """Divide; there may be no rows."""
        return X if X.shape[0] == 0 else super().transform(X)


def put_together(
    read: ReadClients, blocks: Sequence[FeatureBlock], scale: ScaleFeatures
) -> Pipeline:
    """Make the Pipeline of its steps."""
    union = FeatureUnion([(block.kind, block) for block in blocks], verbose_feature_names_out=False)
    return Pipeline([("read", read), ("blocks", union), ("scale", scale)])


def blocks_of(pipeline: Pipeline) -> list[FeatureBlock]:
    """List the blocks of a Pipeline that `put_together` made."""
    return [block for _, block in pipeline["blocks"].transformer_list]
