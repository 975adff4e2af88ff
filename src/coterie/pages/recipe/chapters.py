"""What each stage of a recipe came to, as a chapter of its first page."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.pages.discovery.sentences import Counts, summary
from coterie.pages.recipe import words
from coterie.pages.recipe.page import Chapter
from coterie.profile import Profile
from coterie.report import Tile
from coterie.workflows.assignment import AssignResult
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.outcomes.classes import ClassifyResult
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.tuning.tune import TuneResult

__all__ = ["assigned", "discovered", "explored", "outcomes", "trained", "tuned"]


def explored(profile: Profile, folder: str, unit: str) -> Chapter:
    """Tell what is in the table."""
    tiles = [
        Tile(unit, profile.rows, f"{profile.set_aside.rows:,} rows set aside"),
        Tile("different texts", profile.exact_duplicates.distinct),
        Tile("words in a text", f"{profile.words.median:.0f}", "median"),
    ]
    links = [("All about the table", f"{folder}/explore.html")]
    return Chapter(words.EXPLORED, words.explored(profile), tiles, links)


def discovered(found: DiscoverResult, folder: str, unit: str) -> Chapter:
    """Tell which groups were found."""
    counts = Counts(found.discovery)
    outside = counts.total["outside"]
    coverage = counts.share(counts.n - outside)
    tiles = [
        Tile("groups", len(found.segmentation)),
        Tile("coverage", f"{coverage:.1%}", f"{outside:,} fit no group"),
        Tile("mean confidence", f"{counts.sure:.0%}"),
        *(
            Tile(f"agreement with {a.column}", f"{a.scores.ari:.2f}", "ARI; 1 is perfect")
            for a in found.agreements[:2]
        ),
    ]
    links = [
        ("The groups, with a map", f"{folder}/report.html"),
        (f"The group of each of the {unit}, as a table", f"{folder}/assignments.csv"),
    ]
    told = summary(found.discovery, counts, unit=unit, set_aside=len(found.rejects))
    return Chapter(words.DISCOVERED, told, tiles, links)


def assigned(found: AssignResult, folder: str, unit: str) -> Chapter:
    """Tell how many fall into each segment."""
    best = found.compared.best
    tiles = [Tile("segments", len(found.segmentation), "written by hand")]
    if best.scores["labelled"]:
        note = f"of {int(best.scores['labelled']):,} with a label"
        tiles.append(Tile("accuracy", f"{best.scores['accuracy']:.0%}", note))
    links = [
        ("The segments, with their texts", f"{folder}/report.html"),
        (f"The segment of each of the {unit}, as a table", f"{folder}/assignments.csv"),
    ]
    return Chapter(words.ASSIGNED, words.assigned(best, unit), tiles, links)


def tuned(found: TuneResult, folder: str) -> Chapter:
    """Tell whether tuning helped."""
    ari, was = found.tuned.scores.ari, found.base.scores.ari
    tiles = [
        Tile("ARI, tuned", f"{ari:z.2f}", f"was {was:z.2f}; 1 is perfect"),
        Tile("test rows", len(found.split.test), "training never saw them"),
        Tile("labels to check", len(found.suspects.table), "other rows contradict them"),
    ]
    links = [("Both encoders, side by side", f"{folder}/report.html")]
    return Chapter(words.TUNED, found.verdict, tiles, links)


def trained(
    found: ClassifyResult, folder: str, unit: str, first: int | None, remarks: Sequence[str]
) -> Chapter:
    """Tell how good the models are; ``first`` is how many turns of each record they read."""
    best, ceiling = found.evaluation.best, found.evaluation.ceiling
    tiles = [
        Tile("accuracy", f"{best.scores.accuracy:.0%}", f"the {best.name} model"),
        Tile(f"test {unit}", len(best.truth), "no model had learnt from them"),
        Tile("calibration error", f"{best.calibration.ece:.2f}", "0 is perfect"),
    ]
    if len(best.classes) == 2:
        tiles.insert(1, Tile("AUC", f"{best.ranking.roc_auc:.2f}", "0.5 is guessing"))
    if ceiling is not None:
        tiles.append(Tile("best possible accuracy", f"{ceiling.accuracy:.0%}", "chance limits it"))
    links = [
        ("The models, side by side", f"{folder}/report.html"),
        ("Predictions of the best model, as a table", f"{folder}/predictions.csv"),
    ]
    told = words.trained(found.evaluation, unit, first)
    return Chapter(words.TRAINED, told, tiles, links, remarks)


def outcomes(found: OutcomesResult, folder: str, unit: str) -> Chapter:
    """Tell how well each outcome is predicted."""
    tiles = []
    for each in found.outcomes:
        note = words.best_possible(each.ceiling)
        if each.judged is not None:
            tiles.append(
                Tile(f"{each.label}, accuracy", f"{each.judged.scores.accuracy:.0%}", note)
            )
        elif each.scores is not None:
            tiles.append(Tile(f"{each.label}, R2", f"{each.scores.r2:.2f}", note))
    links = [
        ("The features that predict them, and how well", f"{folder}/report.html"),
        ("All predictions, as a table", f"{folder}/predictions.csv"),
    ]
    told = words.outcomes(tiles, found.outcomes[0].judged_on, unit)
    remarks = [words.left_out(reason, label) for label, reason in found.left_out.items()]
    return Chapter(words.OUTCOMES, told, tiles, links, remarks)
