"""The sentences of the page of outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from coterie.formatting import between, format_number
from coterie.metrics import differ
from coterie.pages.evaluation.words import interval_note
from coterie.workflows.outcomes.outcome import Outcome

TITLE = "Predicted outcomes"
OVERVIEW, METHOD = "Summary", "Method"
KINDS = {
    "one-hot": "concepts, one column each",
    "tfidf": "words of concepts (TF-IDF)",
    "embeddings": "embeddings of concepts",
    "pairs": "pairs of concepts",
    "statistics": "number and rarity of concepts",
    "text": "embedding of the text",
}
CEILING_TITLE = "The upper limit."
CEILING = (
    "The data is synthetic and contains random noise. The upper limit is what a "
    "model would reach that knew how the data was generated; a higher figure is chance."
)
FEATURES_TITLE = "What each kind of feature adds"
IMPORTANCES_TITLE = "Permutation importance of features"
EFFECTS_TITLE = "Effects of concepts"
LEARNERS_TITLE = "Models that were compared"
LEARNERS = (
    "The best settings of each learner, the mean of all (vote) and a linear model on them (stack), "
    "by their cross-validated loss; the test rows took no part. Features are all, or lean: without "
    "words, embeddings and pairs of concepts, where that gives a lower loss."
)
SPLIT = (
    "The test rows were set apart before training and used once. In each fold, everything that is "
    "fitted (which concepts have a column, their weights, pairs, scaling, settings) is fitted on "
    "the training rows of that fold only."
)


_LEAST_P = 0.001  # p-values are written from it on: a convention

SIZE = "{}: {:,} {}".format  # source, rows, unit
LEFT_OUT = "{} is left out: {}".format  # label, reason
BEST_POSSIBLE = "; upper limit {}".format
VARIANCE = "share of the variance explained{}".format
CLASS_COUNTS = "Training rows by class. {}.".format


def accuracy_note(outcome: Outcome, best: str) -> str:
    """Say what stands beside the accuracy."""
    assert outcome.judged is not None
    within = outcome.judged.intervals or {}
    ends = between(within.get("auc"), ".3f")
    auc = f"AUC {outcome.judged.ranking.roc_auc:.3f}" + (f" ({ends})" if ends else "")
    always = f"always the most common class: {outcome.baseline:.1%}{best}"
    return f"{interval_note(outcome.judged.interval, '.1%')}; {auc}; {always}"


def result(outcome: Outcome, unit: str) -> str:
    """Say how well an outcome is predicted, and by what."""
    rows = f"{outcome.judged_on:,} {unit} (test rows)"
    if outcome.judged is not None:
        ends = interval_note(outcome.judged.interval, ".1%")
        accuracy = f"{outcome.judged.scores.accuracy:.1%}"
        said = f"{outcome.label}: accuracy {accuracy} on {rows}; {ends}."
    else:
        assert outcome.scores is not None
        ends = f"; R2 {within}" if (within := r2_interval(outcome)) else ""
        said = (
            f"{outcome.label}: R2 {outcome.scores.r2:.3f} (share of the variance explained) and "
            f"median error {format_number(outcome.scores.median_error)} on {rows}{ends}."
        )
    kinds = outcome.importances[outcome.importances["fall"] > 0].head(2)
    named = " and ".join(KINDS.get(group, group) for group in kinds["group"])
    return f"{said} Most important features: {named}." if named else said


def r2_interval(outcome: Outcome) -> str:
    """Write the 95% interval of R2; nothing for many rows."""
    figures = outcome.evaluation.best_figures
    return interval_note((figures.intervals or {}).get("r2"), ".3f")


def all_figures(outcome: Outcome) -> str:
    """Name the link to the page of one outcome."""
    kinds = (
        "predictions and truth, bands, ranges, largest errors"
        if outcome.judged is None
        else "curves, confusion matrix, calibration, errors"
    )
    return f"All figures of {outcome.label}: {kinds}"


def features_note(learner: str) -> str:
    """Say how sets of features were compared."""
    return (
        "Five-fold cross-validation on the training rows: mean ± standard deviation over the "
        f"folds, with {learner} in its default settings on each set of features. The last line of "
        "features is the tuned ensemble in its own cross-validation. Seconds are those of one "
        "fold; vectors come from the cache where they are there."
    )


def features_gain(features: pd.DataFrame, figures: Sequence[str]) -> str:
    """Say what more features change, for each figure; the test is of the first one."""
    named = {"accuracy": "accuracy", "auc": "AUC", "r2": "R2"}
    ends = {name: [float(features[name].iloc[at]) for at in (0, -1)] for name in figures}
    shown = {name: [f"{value:.3f}" for value in each] for name, each in ends.items()}
    moved = [f"{named[name]} from {was} to {now}" for name, (was, now) in shown.items()]
    main, p_value = figures[0], float(features["p_value"].iloc[-1])
    verdict = "significant" if differ(p_value, *shown[main]) else "not significant"
    return (
        f"From the first line of features to the last: {' and '.join(moved)}. The difference in "
        f"{named[main]} is {verdict} ({_p(p_value)}, row by row)."
    )


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < _LEAST_P else f"p = {p_value:.3f}"


def importances_note(outcome: Outcome) -> str:
    """Say what permutation importance is."""
    score = "R2" if outcome.judged is None else "AUC"
    return (
        f"Decrease of {score} when these features are shuffled between rows; features with the "
        "same information can replace each other."
    )


def predicted(outcome: Outcome) -> str:
    """Name what a model predicts."""
    if outcome.judged is None:
        return f"the predicted {outcome.label}"
    return f"the probability of {outcome.label} = {outcome.judged.classes[-1]}"


def effects_note(outcome: Outcome) -> str:
    """Say what the effect of a concept is."""
    return (
        f"Mean change of {predicted(outcome)} with the concept, compared with without it, over the "
        "rows that have it: higher (+) or lower (-). Common concepts only."
    )


def effects(outcome: Outcome, unit: str, most: int) -> str:
    """Say the largest effects in words."""
    said = []
    for row in outcome.effects.head(most).to_dict("records"):
        way, effect = "higher" if row["effect"] >= 0 else "lower", abs(row["effect"])
        by = f"{effect * 100:.1f} points" if outcome.judged is not None else format_number(effect)
        said.append(
            f"For the {row['rows']:,} {unit} with “{row['concept']}”, {predicted(outcome)} is {by} "
            f"{way} than without it."
        )
    return " ".join(said) + " These are effects in the model, not necessarily causes."
