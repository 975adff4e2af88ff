"""Texts and their context into a label with a confidence: one estimator per module.

Every estimator keeps scikit-learn's contract, takes texts or a frame of texts and context columns,
and besides ``predict`` and ``predict_proba`` has ``decide``, which marks rows that are ambiguous or
unlike the training data.
"""

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.caching import with_cache
from coterie.classifiers.cascade import CascadeClassifier
from coterie.classifiers.contrastive import ContrastiveClassifier
from coterie.classifiers.estimates import Estimates
from coterie.classifiers.explanations.explain import explain
from coterie.classifiers.explanations.explanation import (
    EstimateExplanation,
    Explanation,
    Influence,
    Near,
)
from coterie.classifiers.features.concept_pairs import ConceptPairs
from coterie.classifiers.features.concept_vectors import ConceptEmbeddings, TextEmbeddings
from coterie.classifiers.features.concepts import ConceptStatistics, OneHotConcepts, TfidfConcepts
from coterie.classifiers.features.context_columns import ContextColumns
from coterie.classifiers.features.pipeline import FEATURE_KINDS, feature_sources, make_features
from coterie.classifiers.few_shot import FewShotClassifier
from coterie.classifiers.linear import LinearClassifier
from coterie.classifiers.mlp import MLPClassifier
from coterie.classifiers.predictions import AMBIGUOUS, ASSIGNED, OUTSIDE, REFUSED, Predictions
from coterie.classifiers.prompting.classifier import PromptClassifier
from coterie.classifiers.prompting.order import OrderBias
from coterie.classifiers.saved.features import features_from_state, features_state
from coterie.classifiers.saved.models import (
    Classifier,
    Model,
    load_classifier,
    load_regressor,
    save_classifier,
)
from coterie.classifiers.trees.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.voting import SoftVotingClassifier

__all__ = [
    "AMBIGUOUS",
    "ASSIGNED",
    "FEATURE_KINDS",
    "OUTSIDE",
    "REFUSED",
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
    "OrderBias",
    "Predictions",
    "PromptClassifier",
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
    "with_cache",
]
