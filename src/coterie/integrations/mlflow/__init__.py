"""MLflow: models of Coterie logged, registered and served. It needs ``coterie[mlflow]``.

A model directory, an encoder, an index and the folder of a recipe's run are logged as they are:
their own files with a hash of each, and no pickle. Importing this package turns off MLflow's
telemetry and its reading of pickles, unless the environment says otherwise.
"""

import os
import warnings

from coterie.extras import require

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of MLflow's own type hints
    require("mlflow", extra="mlflow", purpose="coterie.integrations.mlflow")
    require("mlflow.pyfunc", extra="mlflow", purpose="coterie.integrations.mlflow")

from coterie.integrations.mlflow.flavour import load_model, log_model, save_model
from coterie.integrations.mlflow.registry import register
from coterie.integrations.mlflow.runs import LoggedRun, Tracking
from coterie.serve.answers.conversations import Conversations

__all__ = [
    "Conversations",
    "LoggedRun",
    "Tracking",
    "load_model",
    "log_model",
    "register",
    "save_model",
]
