"""Trees of scikit-learn: random forests and histogram gradient boosting, kept by skops."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.learner import Floats, Learner, Matrix, Task, Trained
from coterie.errors import StoreError

__all__ = ["GradientBoosting", "RandomForest"]

_ONE_FOREST = threading.Lock()  # its training replaces the filters of warnings for a while
_DENSE = 2048  # rows made dense at a time
_ROUNDED = 1e-5  # rounding of a sum of probabilities in float32
_CACHED = 256  # rows whose features stay in a processor's cache for many trees: a judgement
_LEAF = -1  # where a tree has no child
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+(?=\.npy")')
_TRUSTED = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    }
)


@dataclass(frozen=True, slots=True)
class RandomForest(Learner):
    """Many deep trees, each of a bootstrap sample (Breiman 2001).

    Each split looks at ``sqrt_features`` times the square root of the number of features, which
    bounds the time on wide tables, where a share of all features would not.
    """

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if task.numbers else RandomForestClassifier
        own, width = dict(settings), features.shape[1]
        looked_at = min(width, max(1, int(own.pop("sqrt_features") * width**0.5)))
        model = kind(n_estimators=self.trees, max_features=looked_at, random_state=seed, **own)
        with _ONE_FOREST:
            model.fit(features, target, sample_weight=weights)
        return _Forest(model, task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        return _read_scikit(data, task, width, "RandomForest", _Forest)


@dataclass(frozen=True, slots=True)
class GradientBoosting(Learner):
    """Histogram gradient boosting of scikit-learn."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        kind = HistGradientBoostingRegressor if task.numbers else HistGradientBoostingClassifier
        model = kind(max_iter=self.trees, early_stopping=False, random_state=seed, **settings)
        with threadpool_limits(1, "openmp"):
            model.fit(_dense(features), target, sample_weight=weights)
        return _Boosted(model, task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        return _read_scikit(data, task, width, "HistGradientBoosting", _Boosted)


class _ScikitLearn(Trained):
    def dump(self) -> bytes:
        import skops.io

        return _numbered(skops.io.dumps(self._model))


def _numbered(data: bytes) -> bytes:
    """Rename the objects in a file of skops by number, so that a model is the same bytes each time.

    Skops names objects by their addresses in memory, and files have the time at which they were
    written.
    """
    numbers: dict[str, str] = {}
    numbered = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(numbered, "w") as target:
        schema = _ADDRESS.sub(
            lambda found: numbers.setdefault(found[0], str(len(numbers))),
            source.read("schema.json").decode(),
        )
        for name in source.namelist():
            stem, dot, suffix = name.partition(".")
            own = schema.encode() if name == "schema.json" else source.read(name)
            target.writestr(ZipInfo(f"{numbers.get(stem, stem)}{dot}{suffix}"), own)
    return numbered.getvalue()


class _Forest(_ScikitLearn):
    def _predict(self, features: Matrix) -> Any:
        starts = range(0, features.shape[0], _CACHED)
        found = [self._of_trees(_dense(features[at : at + _CACHED])) for at in starts]
        shares, trees = np.concatenate(found), len(self._model.estimators_)
        if self._task.numbers:
            return shares
        # no probability is 0 or 1: as if one more tree had not known
        return (shares * trees + 1 / self._task.classes) / (trees + 1)

    def _of_trees(self, features: Matrix) -> Floats:
        """Mean of the trees, to the bit as scikit-learn has it, without the checks of each call."""
        trees = self._model.estimators_
        total = np.zeros((features.shape[0], self._task.classes or 1))
        for tree in trees:
            total += tree.tree_.predict(features)
        total /= len(trees)
        return total[:, 0] if self._task.numbers else total


class _Boosted(_ScikitLearn):
    def _predict(self, features: Matrix) -> Any:
        from threadpoolctl import threadpool_limits

        ask = self._model.predict if self._task.numbers else self._model.predict_proba
        n = features.shape[0]
        if n < _CACHED:  # limiting the threads would take longer than the trees
            return ask(_dense(features))
        starts = range(0, n, _DENSE)
        with threadpool_limits(1, user_api="openmp"):
            return np.concatenate([ask(_dense(features[at : at + _DENSE])) for at in starts])


def _dense(features: Matrix) -> Matrix:
    return features.toarray() if hasattr(features, "toarray") else features


def _read_scikit(
    data: bytes, task: Task, width: int, name: str, kind: type[_ScikitLearn]
) -> _ScikitLearn | None:
    import skops.io

    found = set(skops.io.get_untrusted_types(data=data))
    if not found <= _TRUSTED:
        raise StoreError(
            f"The model holds {', '.join(sorted(found - _TRUSTED)[:3])}, which is not allowed in a "
            "model file: train it again."
        )
    model = skops.io.loads(data, trusted=sorted(found))
    if type(model).__name__ != name + ("Regressor" if task.numbers else "Classifier"):
        return None
    trained = kind(model, task)
    return trained if _fits(model, task, width) and _answers(trained, task, width) else None


def _answers(trained: Trained, task: Task, width: int) -> bool:
    """Whether the predictions of a row have the shape and values of the task."""
    found = trained.predict(np.zeros((1, width), dtype=np.float32))
    if found.shape != ((1,) if task.numbers else (1, task.classes)) or not np.isfinite(found).all():
        return False
    return task.numbers or bool((found >= 0).all() and abs(found.sum() - 1) < _ROUNDED)


def _fits(model: Any, task: Task, width: int) -> bool:
    """Whether every tree stays within its nodes and columns: the library does not check."""
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
