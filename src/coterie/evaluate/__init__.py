"""Scores for groups and labels: arrays in, tables out."""

from coterie.evaluate.agreement import Agreement, agreement, pairwise_agreement
from coterie.evaluate.clustering import (
    ClusterScores,
    contingency,
    purity_per_label,
    score_clusters,
)
from coterie.evaluate.silhouette import Silhouette, cosine_silhouette

__all__ = [
    "Agreement",
    "ClusterScores",
    "Silhouette",
    "agreement",
    "contingency",
    "cosine_silhouette",
    "pairwise_agreement",
    "purity_per_label",
    "score_clusters",
]
