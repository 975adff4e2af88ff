"""Texts and their context into a label with a confidence: one estimator per module."""

from coterie.classify.few_shot import FewShotClassifier
from coterie.classify.linear import LinearClassifier
from coterie.classify.predictions import Predictions

__all__ = ["FewShotClassifier", "LinearClassifier", "Predictions"]
