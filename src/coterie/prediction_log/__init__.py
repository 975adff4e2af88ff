"""The log of predictions: what was asked and answered, when, by which model, and what was true."""

from coterie.prediction_log.databases import LOG_FILE
from coterie.prediction_log.entries import Entry, Feedback, FeedbackResult, Filters, Page, Truth
from coterie.prediction_log.exports import ExportKind
from coterie.prediction_log.ids import new_id
from coterie.prediction_log.log import PredictionLog
from coterie.prediction_log.performance import (
    Accuracy,
    Calibration,
    CalibrationBin,
    Latency,
    ModelFigures,
    Performance,
    Traffic,
)
from coterie.prediction_log.rows import KeepText

__all__ = [
    "LOG_FILE",
    "Accuracy",
    "Calibration",
    "CalibrationBin",
    "Entry",
    "ExportKind",
    "Feedback",
    "FeedbackResult",
    "Filters",
    "KeepText",
    "Latency",
    "ModelFigures",
    "Page",
    "Performance",
    "PredictionLog",
    "Traffic",
    "Truth",
    "new_id",
]
