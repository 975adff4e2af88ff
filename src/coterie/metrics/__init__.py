"""Scores for groups and labels: arrays in, tables out."""

from coterie.metrics.agreement import AgreementScores, pairwise_agreement, score_agreement
from coterie.metrics.calibration import Calibration, score_calibration
from coterie.metrics.classification import NO_ANSWER, ClassScores, confusion, score_classes
from coterie.metrics.clustering import (
    ClusterScores,
    contingency,
    purity_per_label,
    score_clusters,
)
from coterie.metrics.compare import (
    Difference,
    Paired,
    PairedErrors,
    paired_difference,
    paired_errors,
    paired_groups,
    paired_means,
    wilson_interval,
)
from coterie.metrics.cosines import Cosines, label_cosines
from coterie.metrics.curves import (
    Curve,
    accuracy_coverage,
    highest_accuracy,
    precision_recall_curve,
    roc_curve,
    threshold_for,
)
from coterie.metrics.few_shot import few_shot_accuracy, few_shot_hits
from coterie.metrics.folds import assign_folds
from coterie.metrics.intervals import Interval, class_intervals, number_intervals
from coterie.metrics.learning import learning_curve
from coterie.metrics.mistakes import confused_pairs, overrepresented, worst_mistakes
from coterie.metrics.numbers import (
    NumberScores,
    RangeScores,
    number_bands,
    score_numbers,
    score_ranges,
)
from coterie.metrics.ranking import RankingScores, score_ranking
from coterie.metrics.significance import LEVEL, adjust_p_values, differ
from coterie.metrics.silhouette import Silhouette, cosine_silhouette
from coterie.metrics.speed import Speed, measure_speed, peak_memory
from coterie.metrics.versions import (
    VersionComparison,
    compare_chosen_rows,
    compare_same_rows,
    compare_split_rows,
)

__all__ = [
    "LEVEL",
    "NO_ANSWER",
    "AgreementScores",
    "Calibration",
    "ClassScores",
    "ClusterScores",
    "Cosines",
    "Curve",
    "Difference",
    "Interval",
    "NumberScores",
    "Paired",
    "PairedErrors",
    "RangeScores",
    "RankingScores",
    "Silhouette",
    "Speed",
    "VersionComparison",
    "accuracy_coverage",
    "adjust_p_values",
    "assign_folds",
    "class_intervals",
    "compare_chosen_rows",
    "compare_same_rows",
    "compare_split_rows",
    "confused_pairs",
    "confusion",
    "contingency",
    "cosine_silhouette",
    "differ",
    "few_shot_accuracy",
    "few_shot_hits",
    "highest_accuracy",
    "label_cosines",
    "learning_curve",
    "measure_speed",
    "number_bands",
    "number_intervals",
    "overrepresented",
    "paired_difference",
    "paired_errors",
    "paired_groups",
    "paired_means",
    "pairwise_agreement",
    "peak_memory",
    "precision_recall_curve",
    "purity_per_label",
    "roc_curve",
    "score_agreement",
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
