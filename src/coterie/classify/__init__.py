"""Texts and their context into a label with a confidence: one estimator per module.

Every estimator keeps scikit-learn's contract, takes texts or a frame of texts and context columns,
and besides ``predict`` and ``predict_proba`` has ``decide``, which tells the ambiguous rows and
those unlike anything it learnt from.
"""

from coterie.classify.base import TextClassifier
from coterie.classify.cascade import CascadeClassifier
from coterie.classify.concept_pairs import ConceptPairs
from coterie.classify.concept_vectors import ConceptEmbeddings, TextEmbeddings
from coterie.classify.concepts import ConceptStatistics, OneHotConcepts, TfidfConcepts
from coterie.classify.context_columns import ContextColumns
from coterie.classify.contrastive import ContrastiveClassifier
from coterie.classify.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.classify.estimates import Estimates
from coterie.classify.explaining import explain
from coterie.classify.explanation import EstimateExplanation, Explanation, Influence, Near
from coterie.classify.feature_sets import FEATURE_KINDS, feature_sources, make_features
from coterie.classify.few_shot import FewShotClassifier
from coterie.classify.linear import LinearClassifier
from coterie.classify.mlp import MLPClassifier
from coterie.classify.predictions import AMBIGUOUS, ASSIGNED, OUTSIDE, Predictions
from coterie.classify.saved import (
    Classifier,
    Model,
    load_classifier,
    load_regressor,
    save_classifier,
)
from coterie.classify.saved_features import features_from_state, features_state
from coterie.classify.voting import SoftVotingClassifier

__all__ = [
    "AMBIGUOUS",
    "ASSIGNED",
    "FEATURE_KINDS",
    "OUTSIDE",
    "CascadeClassifier",
    "Classifier",
    "ConceptEmbeddings",
    "ConceptPairs",
    "ConceptStatistics",
    "ContextColumns",
    "ContrastiveClassifier",
    "EnsembleClassifier",
    "EnsembleRegressor",
    "EstimateExplanation",
    "Estimates",
    "Explanation",
    "FewShotClassifier",
    "Influence",
    "LinearClassifier",
    "MLPClassifier",
    "Model",
    "Near",
    "OneHotConcepts",
    "Predictions",
    "SoftVotingClassifier",
    "TextClassifier",
    "TextEmbeddings",
    "TfidfConcepts",
    "explain",
    "feature_sources",
    "features_from_state",
    "features_state",
    "load_classifier",
    "load_regressor",
    "make_features",
    "save_classifier",
]
