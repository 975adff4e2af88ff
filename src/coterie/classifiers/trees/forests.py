"""Trees of scikit-learn: random forests and histogram gradient boosting, kept by skops."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.learner import Floats, Learner, Matrix, Task, Trained
from coterie.errors import StoreError
from coterie.extras import require

__all__ = ["GradientBoosting", "RandomForest"]

_ONE_FOREST = threading.Lock()  # its training takes the filters of warnings away for a while
_DENSE = 2048  # rows made dense at a time
_ROUNDED = 1e-5  # of a sum of probabilities in float32
_CACHED = 256  # rows whose features a processor keeps at hand for many trees
_LEAF = -1  # where a tree has no child
_TRUSTED = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    }
)


@dataclass(frozen=True, slots=True)
class RandomForest(Learner):
    """Many deep trees, each of rows drawn anew (Breiman 2001)."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if task.numbers else RandomForestClassifier
        model = kind(n_estimators=self.trees, random_state=seed, **settings)
        with _ONE_FOREST:
            model.fit(features, target, sample_weight=weights)
        return _ScikitLearn(model, task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """See `Learner`."""
        return _load_scikit(data, task, width, "RandomForest")


@dataclass(frozen=True, slots=True)
class GradientBoosting(Learner):
    """Histogram gradient boosting, whose time does not grow with n log n of every column."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        kind = HistGradientBoostingRegressor if task.numbers else HistGradientBoostingClassifier
        model = kind(max_iter=self.trees, early_stopping=False, random_state=seed, **settings)
        with threadpool_limits(1, "openmp"):
            model.fit(_dense(features), target, sample_weight=weights)
        return _ScikitLearn(model, task, dense=True)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """See `Learner`."""
        return _load_scikit(data, task, width, "HistGradientBoosting", dense=True)


class _ScikitLearn:
    def __init__(self, model: Any, task: Task, *, dense: bool = False) -> None:
        self._model, self._task, self._dense = model, task, dense

    def predict(self, features: Matrix) -> Floats:
        n = features.shape[0]
        if not n:
            return np.empty((0, self._task.classes) if self._task.classes else 0)
        if not self._dense:
            starts = range(0, n, _CACHED)
            parts = [self._of_trees(_dense(features[at : at + _CACHED])) for at in starts]
            return self._smoothed(np.concatenate(parts))
        from threadpoolctl import threadpool_limits

        ask = self._model.predict if self._task.numbers else self._model.predict_proba
        if n < _CACHED:  # finding the threads to limit would take longer than the trees
            return np.asarray(ask(_dense(features)))
        starts = range(0, n, _DENSE)
        with threadpool_limits(1, user_api="openmp"):
            return np.concatenate([ask(_dense(features[at : at + _DENSE])) for at in starts])

    def _of_trees(self, features: Matrix) -> Floats:
        """Mean of a forest's trees, to the bit as scikit-learn has it, without its door to each."""
        trees = self._model.estimators_
        total = np.zeros((features.shape[0], self._task.classes or 1))
        for tree in trees:
            total += tree.tree_.predict(features)
        total /= len(trees)
        return total[:, 0] if self._task.numbers else total

    def _smoothed(self, shares: Floats) -> Floats:
        """Let no share of a forest's trees be 0 or 1: as if one more tree had not known."""
        if self._task.numbers:
            return shares
        trees = len(self._model.estimators_)
        return (shares * trees + 1 / self._task.classes) / (trees + 1)

    def dump(self) -> bytes:
        skops = require("skops.io", extra="boost", purpose="Saving a model of scikit-learn")
        data: bytes = skops.dumps(self._model)
        return data


def _dense(features: Matrix) -> Matrix:
    return features.toarray() if hasattr(features, "toarray") else features


def _load_scikit(
    data: bytes, task: Task, width: int, name: str, *, dense: bool = False
) -> _ScikitLearn:
    skops = require("skops.io", extra="boost", purpose="Loading a model of scikit-learn")
    wanted = name + ("Regressor" if task.numbers else "Classifier")
    try:
        found = skops.get_untrusted_types(data=data)
        if not set(found) <= _TRUSTED:
            raise StoreError(
                f"The model holds {', '.join(sorted(set(found) - _TRUSTED)[:3])}, which is never "
                "read from a model: train it again."
            )
        model = skops.loads(data, trusted=found)
        sound = type(model).__name__ == wanted and _fits(model, task, width)
        trained = _ScikitLearn(model, task, dense=dense)
        sound = sound and _answers(trained, task, width)
    except StoreError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise StoreError(
            f"The trees cannot be read ({type(error).__name__}): train again."
        ) from error
    if not sound:
        raise StoreError("The trees do not fit the features and classes: train the model again.")
    return trained


def _answers(trained: Trained, task: Task, width: int) -> bool:
    """Whether a model answers a row as one of its task does."""
    found = trained.predict(np.zeros((1, width), dtype=np.float32))
    if found.shape != ((1,) if task.numbers else (1, task.classes)) or not np.isfinite(found).all():
        return False
    return task.numbers or bool((found >= 0).all() and abs(found.sum() - 1) < _ROUNDED)


def _fits(model: Any, task: Task, width: int) -> bool:
    """Whether every tree stays within its nodes and columns: its library would not look."""
    if model.n_features_in_ != width:
        return False
    if not task.numbers and list(model.classes_) != list(range(task.classes)):
        return False
    if hasattr(model, "estimators_"):
        return all(_tree_fits(each.tree_, width, task) for each in model.estimators_)
    rounds = model._predictors
    columns = 1 if task.numbers or task.classes == 2 else task.classes
    if any(len(trees) != columns for trees in rounds):
        return False
    return all(_nodes_fit(tree.nodes, width) for trees in rounds for tree in trees)


def _tree_fits(tree: Any, width: int, task: Task) -> bool:
    if not 0 < tree.node_count <= tree.capacity:
        return False
    leaf = tree.children_left == _LEAF
    inner = np.flatnonzero(~leaf)
    left, right = tree.children_left[inner], tree.children_right[inner]
    return bool(
        tree.n_features == width
        and tree.value.shape == (len(leaf), 1, task.classes or 1)
        and (left > inner).all()
        and (right > inner).all()
        and (np.maximum(left, right) < len(leaf)).all()
        and ((tree.feature[inner] >= 0) & (tree.feature[inner] < width)).all()
        and np.isfinite(tree.value).all()
    )


def _nodes_fit(nodes: npt.NDArray[Any], width: int) -> bool:
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    left, right = nodes["left"][inner], nodes["right"][inner]
    return bool(
        len(nodes)
        and (left > inner).all()
        and (right > inner).all()
        and (np.maximum(left, right) < len(nodes)).all()
        and ((nodes["feature_idx"][inner] >= 0) & (nodes["feature_idx"][inner] < width)).all()
        and not nodes["is_categorical"].any()
        and np.isfinite(nodes["value"]).all()
    )
