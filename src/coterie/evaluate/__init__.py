"""Scores for groups and labels: arrays in, tables out."""

from coterie.evaluate.agreement import Agreement, agreement, pairwise_agreement
from coterie.evaluate.calibration import Calibration, score_calibration
from coterie.evaluate.classification import NO_ANSWER, ClassScores, confusion, score_classes
from coterie.evaluate.clustering import (
    ClusterScores,
    contingency,
    purity_per_label,
    score_clusters,
)
from coterie.evaluate.compare import (
    Paired,
    PairedErrors,
    paired_difference,
    paired_errors,
    wilson_interval,
)
from coterie.evaluate.cosines import Cosines, label_cosines
from coterie.evaluate.coverage import accuracy_coverage, threshold_for
from coterie.evaluate.curves import Curve
from coterie.evaluate.few_shot import few_shot_accuracy
from coterie.evaluate.folds import assign_folds
from coterie.evaluate.learning import learning_curve
from coterie.evaluate.mistakes import confused_pairs, worst_mistakes
from coterie.evaluate.numbers import (
    NumberScores,
    RangeScores,
    number_bands,
    score_numbers,
    score_ranges,
)
from coterie.evaluate.ranking import RankingScores, precision_recall_curve, roc_curve, score_ranking
from coterie.evaluate.silhouette import Silhouette, cosine_silhouette
from coterie.evaluate.speed import Speed, measure_speed, peak_memory

__all__ = [
    "NO_ANSWER",
    "Agreement",
    "Calibration",
    "ClassScores",
    "ClusterScores",
    "Cosines",
    "Curve",
    "NumberScores",
    "Paired",
    "PairedErrors",
    "RangeScores",
    "RankingScores",
    "Silhouette",
    "Speed",
    "accuracy_coverage",
    "agreement",
    "assign_folds",
    "confused_pairs",
    "confusion",
    "contingency",
    "cosine_silhouette",
    "few_shot_accuracy",
    "label_cosines",
    "learning_curve",
    "measure_speed",
    "number_bands",
    "paired_difference",
    "paired_errors",
    "pairwise_agreement",
    "peak_memory",
    "precision_recall_curve",
    "purity_per_label",
    "roc_curve",
    "score_calibration",
    "score_classes",
    "score_clusters",
    "score_numbers",
    "score_ranges",
    "score_ranking",
    "threshold_for",
    "wilson_interval",
    "worst_mistakes",
]
