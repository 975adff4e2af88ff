"""Q8: leads into conversion, with an ensemble, a logistic regression and AutoGluon.

``python -m benchmarks.leads [seeds] [rows]`` prints one line of JSON for each model and fold.
AutoGluon needs other versions of the libraries than Coterie: it runs in its own environment, whose
Python ``AUTOGLUON_PYTHON`` names, and is skipped if that is not set. All models are trained on the
same rows, on all processors, and timed from the frame to the probabilities.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.tune import data

Row = dict[str, Any]

_ID, _LABEL, _FOLDS = "ProspectID", "Converted", 5
_PRESETS = ("speed", "balanced", "accuracy")
_LIMIT = 300  # seconds that AutoGluon may take for a fold


def compare(seeds: int, rows: int | None) -> None:
    import pandas as pd
    from sklearn.model_selection import StratifiedKFold

    table = pd.read_csv(data("leads", "Leads.csv")).drop(columns=_ID)
    if rows is not None:
        table = table.sample(rows, random_state=0)
    labels = table[_LABEL].to_numpy()
    for seed in range(seeds):
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(table, labels)
        for fold, (learnt, asked) in enumerate(folds):
            train, test = table.iloc[learnt], table.iloc[asked]
            task = {"seed": seed, "fold": fold}
            say({**task, "model": "logistic regression", **logistic(train, test)})
            for preset in _PRESETS:
                say({**task, "model": f"ensemble, {preset}", **ensemble(preset, train, test, seed)})
            if "AUTOGLUON_PYTHON" in os.environ:
                say({**task, "model": "AutoGluon", **peer(train, test)})


def logistic(train: Any, test: Any) -> Row:
    """One-hot names and scaled numbers, with scikit-learn's defaults."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    model = make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (
                OneHotEncoder(handle_unknown="ignore"),
                make_column_selector(dtype_exclude="number"),
            ),
        ),
        LogisticRegression(max_iter=1000),
    )
    started = time.perf_counter()
    model.fit(train.drop(columns=_LABEL), train[_LABEL])
    chance = model.predict_proba(test.drop(columns=_LABEL))[:, 1]
    return judged(test, chance, time.perf_counter() - started)


def ensemble(preset: str, train: Any, test: Any, seed: int) -> Row:
    from coterie.classifiers import EnsembleClassifier

    columns = [name for name in train.columns if name != _LABEL]
    started = time.perf_counter()
    model = EnsembleClassifier(preset=preset, context=columns, seed=seed)
    model.fit(train, train[_LABEL])
    chance = model.predict_proba(test)[:, 1]
    found = judged(test, chance, time.perf_counter() - started)
    return {**found, "mixed_by": model.mixed_by_, "models": len(model.trained_)}


def peer(train: Any, test: Any) -> Row:
    """AutoGluon in its own environment, with its preset of medium quality."""
    with tempfile.TemporaryDirectory() as folder:
        train.to_csv(Path(folder) / "train.csv", index=False)
        test.to_csv(Path(folder) / "test.csv", index=False)
        script = Path(__file__).with_name("autogluon_peer.py")
        command = [os.environ["AUTOGLUON_PYTHON"], str(script), folder, _LABEL, str(_LIMIT)]
        plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "OMP_NUM_THREADS")}
        done = subprocess.run(command, env=plain, stdout=subprocess.PIPE, text=True, check=True)
    found: Row = json.loads(done.stdout.splitlines()[-1])
    chance = found.pop("chance")
    return {**judged(test, chance, found.pop("seconds")), **found}


def judged(test: Any, chance: Any, seconds: float) -> Row:
    from sklearn.metrics import roc_auc_score

    return {"auc": float(roc_auc_score(test[_LABEL], chance)), "seconds": seconds}


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    compare(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1,
        int(sys.argv[2]) if len(sys.argv) > 2 else None,
    )
