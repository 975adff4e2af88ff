"""The sentences of the page of a tuning."""
# ruff: noqa: D103 - a function is named for the sentence that it gives

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coterie.metrics import Cosines
    from coterie.workflows.tuning.tune import TuneResult

MAPS = (
    "The test rows, which training never saw, laid out by each encoder. Point at one to read it; "
    "colour by label or by the groups that discovery found."
)
GROUPS = "Do the groups that are found without labels agree with the labels?"
COSINES = "The further the two curves are apart, the better the encoder separates the labels."
FEW_SHOT = (
    "A logistic regression on that many training rows of each label, drawn five times, evaluated "
    "on the test rows; spread is the standard deviation. The encoder was tuned on these examples."
)
SUSPECTS = (
    "All of them are in suspects.csv. Fill in its action column (keep, drop or fix) and give the "
    "file back with --corrections, or treat all alike with --suspects."
)
SPLIT = "by label; exact and near duplicates stay on one side"


def title(result: TuneResult) -> str:
    return result.title or f"An encoder tuned on {result.label}"


def subtitle(result: TuneResult) -> str:
    return f"{result.records.source}, {result.learnt_from:,} training rows"


def footer(result: TuneResult) -> str:
    return f"Coterie, base encoder {result.base.encoder}, random seed {result.settings.seed}"


def not_tested(labels: tuple[str, ...]) -> str:
    return f"They have too few different texts to train and to test on: {', '.join(labels[:12])}."


def number_of_groups(result: TuneResult) -> str:
    return (
        f"There are {result.tuned.scores.labels:,} labels. The number of groups is found without "
        "them, by the same discovery with the same random seed for both encoders."
    )


def cosine_means(cosines: Cosines) -> str:
    return (
        f"Means {cosines.within_mean:.2f} and {cosines.between_mean:.2f}; AUC {cosines.auc:.1%}: "
        "how often a pair of one label is more similar than a pair of two."
    )


def d_prime(result: TuneResult) -> str:
    return (
        f"Over all labels d' was {result.base.cosines.d_prime:.2f} and is "
        f"{result.tuned.cosines.d_prime:.2f}: the difference of the two means in standard "
        "deviations."
    )


def suspects_found(result: TuneResult) -> str:
    found, decided = result.suspects, result.decided
    counts = {"kept": decided.kept, "dropped": decided.dropped, "fixed": decided.fixed}
    done = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
    return (
        f"Other rows contradict the label of {len(found.table):,} of {found.judged:,} training "
        f"rows: {done}. Each was judged by a model that had not seen it. Test rows keep their "
        "labels, right or wrong."
    )


def kept_epoch(result: TuneResult) -> str:
    return f"Epoch {result.training.best} was kept; 0 is the base encoder."


def training(result: TuneResult) -> str:
    done = result.training
    return (
        f"{done.steps:,} steps in {done.seconds / 60:,.1f} minutes, computed in {done.precision}."
    )


def rows(result: TuneResult) -> str:
    return (
        f"{result.learnt_from:,} training rows, {len(result.kept):,} validation rows to choose the "
        f"epoch, {len(result.split.test):,} test rows, {result.split.unlabelled:,} without a label"
    )


def onward(result: TuneResult) -> str:
    return (
        "The folder is the encoder. Name it wherever an encoder is asked for: coterie discover "
        f"FILE --text COL --encoder {result.name} --out DIR. It needs no torch."
    )
