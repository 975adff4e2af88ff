"""AutoGluon on two tables: run by the Python of its own environment, which lacks Coterie.

``python autogluon_peer.py FOLDER LABEL SECONDS`` trains on train.csv and prints, as JSON, the
probability of the second class for each row of test.csv.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]


def main(folder: str, label: str, limit: int) -> None:
    train, test = (pd.read_csv(Path(folder) / f"{name}.csv") for name in ("train", "test"))
    started = time.perf_counter()
    predictor = TabularPredictor(
        label, eval_metric="roc_auc", path=str(Path(folder) / "model"), verbosity=0
    ).fit(train, presets="medium_quality", time_limit=limit)
    chance = predictor.predict_proba(test).iloc[:, 1]
    found = {
        "seconds": time.perf_counter() - started,
        "models": len(predictor.model_names()),
        "mixed_by": str(predictor.model_best),
        "version": version("autogluon.tabular"),
        "chance": chance.tolist(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
