"""The page that a whole recipe opens with: a chapter for each stage, and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coterie.formatting import between, counted, percent
from coterie.pages.discovery.words import summary
from coterie.pages.evaluation.words import ABSENT, interval_note
from coterie.profile import Profile
from coterie.report import Block, Links, Note, Page, Prose, Section, Tile, Tiles
from coterie.workflows.analysis.rules import Rules
from coterie.workflows.assignment import AssignResult
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.evaluation.figures import Ceiling, NumberCeiling
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.outcomes.classes import ClassifyResult
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.searching.index import IndexResult
from coterie.workflows.searching.search import SearchResult
from coterie.workflows.tuning.tune import TuneResult

__all__ = [
    "ENCODERS", "NO_LABEL", "NO_LANGUAGE_MODEL", "NO_TORCH", "OUTCOMES", "READING", "SEARCHES",
    "TRAINED", "TUNED", "Chapter",
    "advised", "assigned", "cannot_be_tuned", "discovered", "encoder_left_out", "explored",
    "indexed",
    "left_out", "models_left_out", "outcomes", "recipe_page", "searched", "trained", "tuned",
]  # fmt: skip

TUNED, TRAINED = "An encoder tuned on the labels", "Models that predict"
OUTCOMES, READING = "Predicted outcomes", "How the table was read"
SEARCHES = "Searches"
ADVICE = "Recommendations"
ENCODERS = "Encoders that could not be loaded"
NO_LABEL = "the table has no label to learn from."
NO_LANGUAGE_MODEL = "no language model is named: name one with --llm (llm=)."
NO_TORCH = "torch is not installed: pip install 'coterie[torch]' and run again."

_FINDINGS = 4  # sentences about the table; all are on its page


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one stage did.

    Attributes
    ----------
    title
        What the stage is about.
    text
        What came out, in a few sentences; blank lines divide paragraphs.
    tiles
        Its headline figures.
    links
        Words to the relative path of a file, for reading on.
    remarks
        Sentences that should stand out.
    """

    title: str
    text: str
    tiles: Sequence[Tile] = ()
    links: Sequence[tuple[str, str]] = ()
    remarks: Sequence[str] = ()

    @property
    def section(self) -> Section:
        """The chapter as a section of the page."""
        blocks: list[Block] = [
            *([Tiles(self.tiles)] if self.tiles else []),
            *map(Note, self.remarks),
            *([Prose(self.text)] if self.text else []),
            *([Links(self.links)] if self.links else []),
        ]
        return Section(self.title, blocks)


def recipe_page(
    title: str,
    subtitle: str,
    chapters: Sequence[Chapter],
    footer: str = "",
    *,
    show_personal: bool = False,
) -> Page:
    """Lay out what the stages of a recipe did, in their order."""
    sections = [each.section for each in chapters]
    return Page(title, subtitle, footer=footer, sections=sections, show_personal=show_personal)


def left_out(reason: object, what: str = "") -> str:
    """Say that a stage, a model or an outcome is left out, and why."""
    return f"{what} is left out: {reason}" if what else f"Left out: {reason}"


def models_left_out(reasons: Mapping[str, str]) -> list[str]:
    """Say which models are left out, and why; those with one reason together."""
    alike: dict[str, list[str]] = {}
    for name, why in reasons.items():
        alike.setdefault(why, []).append(name)
    return [
        left_out(why, f"The model {names[0]}")
        if len(names) == 1
        else f"The models {', '.join(names[:-1])} and {names[-1]} are left out: {why}"
        for why, names in alike.items()
    ]


def cannot_be_tuned(encoder: str) -> str:
    """Say that an encoder cannot be tuned."""
    return f"the encoder {encoder} cannot be tuned; minilm can."


def explored(profile: Profile, folder: str, unit: str) -> Chapter:
    """Tell what is in the table."""
    tiles = [
        Tile(unit, profile.rows, f"{counted(profile.set_aside.rows, 'row')} set aside"),
        Tile("different texts", profile.exact_duplicates.distinct),
        Tile("words in a text", f"{profile.words.median:.0f}", "median"),
    ]
    told = " ".join(finding.text for finding in profile.findings[:_FINDINGS])
    links = [("All about the table", f"{folder}/explore.html")]
    return Chapter("What is in the table", told, tiles, links)


def indexed(found: IndexResult, template: str | None) -> Chapter:
    """Tell what can be searched, and how the rows were described."""
    version = found.version
    tiles = [
        Tile("rows that can be found", version.rows),
        Tile("columns to filter by", len(found.columns)),
        Tile("numbers in a vector", version.dim, str(version.encoder.get("name", ""))),
    ]
    told = "Each row has a vector, its words and all of its columns in the index."
    if template is not None:
        told += (
            f" What is embedded of a row is: {template} Change it with --text, or text = in [data]."
        )
    told += f"\n\nSearch it: coterie search {found.home} 'what you look for'"
    return Chapter("The index", told, tiles, remarks=found.notes)


def advised(rules: Rules, path: str, *, kept: bool) -> Chapter:
    """Tell where the rules of recommendations are."""
    told = (
        f"{counted(len(rules), 'rule')} say what to recommend for a prediction. Edit the file: a "
        "later run keeps what you changed."
    )
    remarks = ["The rules were edited here, and were kept as they are."] if kept else []
    return Chapter(ADVICE, told, links=[("The rules (TOML)", path)], remarks=remarks)


def searched(found: Sequence[SearchResult], folder: str) -> Chapter:
    """Tell what each query was understood as, with a link to its page."""
    links, told = [], []
    for number, result in enumerate(found, 1):
        links.append((result.query, f"{folder}/{number}/report.html"))
        filters = " and ".join(each.text for each in result.filters) or "no filter"
        told.append(
            f"“{result.query}”: {filters}; {counted(result.plan.matches, 'row')} pass, "
            f"{counted(len(result.table), 'hit')} shown."
        )
    return Chapter(SEARCHES, "\n\n".join(told), links=links)


def discovered(found: DiscoverResult, folder: str, unit: str) -> Chapter:
    """Tell which groups were found."""
    groups = found.figures.groups
    outside = groups.statuses.get("outside", 0)
    tiles = [
        Tile("groups", groups.groups),
        Tile("coverage", percent(groups.coverage), f"{outside:,} fit no group"),
        Tile("mean confidence", f"{groups.confidence:.0%}"),
        *(
            Tile(f"agreement with {a.column}", f"{a.scores.ari:.2f}", "ARI; 1 is perfect")
            for a in found.agreements[:2]
        ),
    ]
    links = [
        ("The groups, with a map", f"{folder}/report.html"),
        (f"The group of each of the {unit} (CSV)", f"{folder}/assignments.csv"),
    ]
    return Chapter("Groups found in the texts", summary(found), tiles, links)


def assigned(found: AssignResult, folder: str, unit: str) -> Chapter:
    """Tell how many fall into each segment."""
    best = found.compared.best
    tiles = [Tile("segments", len(found.segmentation), "your predefined segments")]
    if best.scores.labelled:
        note = f"of {best.scores.labelled:,} with a label"
        tiles.append(Tile("accuracy", f"{best.scores.accuracy:.1%}", note))
    sizes = best.classes.sort_values("assigned", ascending=False)
    named = [f"{n} ({c:,})" for n, c in zip(sizes["name"], sizes["assigned"], strict=True)]
    outside = best.assignments.counts()["outside"]
    told = f"By the nearest description, the {unit} are: {', '.join(named)}"
    apart = "1 is" if outside == 1 else f"{outside:,} are"
    told = " ".join([*found.doubts, f"{told}; {apart} outside of all."])
    links = [
        ("The segments, with their texts", f"{folder}/report.html"),
        (f"The segment of each of the {unit} (CSV)", f"{folder}/assignments.csv"),
    ]
    return Chapter("Your predefined segments", told, tiles, links, found.left_out)


def encoder_left_out(name: str, instead: str, reason: object) -> str:
    """Say that an encoder is missing, and which one was used."""
    return f"The encoder {name} could not be loaded, so {instead} was used. {reason}"


def tuned(found: TuneResult, folder: str) -> Chapter:
    """Tell whether tuning helped."""
    ari, was = found.tuned.scores.ari, found.base.scores.ari
    tiles = [
        Tile("ARI, tuned", f"{ari:z.2f}", f"was {was:z.2f}; 1 is perfect"),
        Tile("test rows", len(found.split.test), "training never saw them"),
        Tile("labels to check", len(found.suspects.table), "other rows contradict them"),
    ]
    links = [("Both encoders, side by side", f"{folder}/report.html")]
    return Chapter(TUNED, found.verdict, tiles, links)


def trained(
    found: ClassifyResult, folder: str, unit: str, first: int | None, remarks: Sequence[str]
) -> Chapter:
    """Tell how good the models are; ``first`` is how many turns of each record they read."""
    best, ceiling = found.evaluation.best, found.evaluation.ceiling
    figures = found.evaluation.best_figures
    within = figures.intervals or {}
    interval = interval_note(best.interval, ".1%")
    tiles = [
        Tile("accuracy", f"{figures.accuracy:.1%}", f"{best.name}; {interval}"),
        Tile(f"test {unit}", len(best.truth), "no model was trained on them"),
        Tile("calibration error", f"{figures.ece:.3f}", "0 is perfect"),
    ]
    if len(best.classes) == 2 and figures.auc is not None:
        note = interval_note(within.get("auc"), ".3f") or "0.5 is guessing"
        tiles.insert(1, Tile("AUC", f"{figures.auc:.3f}", note))
    if ceiling is not None:
        tiles.append(Tile("upper limit", f"{ceiling.accuracy:.1%}", "the data contain noise"))
    each = ", ".join(_accuracy(model) for model in found.evaluation.models)
    told = f"Accuracy (95% interval) on {len(best.truth):,} test {unit}: {each}."
    if first is not None:
        told += f" Each was read up to its first {first} turns."
    links = [
        ("The models, side by side", f"{folder}/report.html"),
        ("Predictions of the best model (CSV)", f"{folder}/predictions.csv"),
    ]
    if absent := found.evaluation.absent:
        remarks = [*remarks, ABSENT.format(" or ".join(absent))]
    return Chapter(TRAINED, told, tiles, links, remarks)


def outcomes(found: OutcomesResult, folder: str, unit: str) -> Chapter:
    """Tell how well each outcome is predicted."""
    tiles = []
    for each in found.outcomes:
        note = _best_possible(each.ceiling)
        if each.judged is not None:
            ends = interval_note(each.judged.interval, ".1%")
            note = "; ".join(filter(None, (ends, note)))
            value = f"{each.judged.scores.accuracy:.1%}"
            tiles.append(Tile(f"{each.label}, accuracy", value, note))
        elif each.scores is not None:
            tiles.append(Tile(f"{each.label}, R2", f"{each.scores.r2:.3f}", note))
    told = [_told(tile, one.judged) for tile, one in zip(tiles, found.outcomes, strict=True)]
    figures = ", ".join(told)
    rows = found.outcomes[0].judged_on
    text = f"On {rows:,} test {unit}, which no model was trained on: {figures}."
    links = [
        ("The features that predict them, and how well", f"{folder}/report.html"),
        ("All predictions (CSV)", f"{folder}/predictions.csv"),
    ]
    remarks = [left_out(reason, label) for label, reason in found.left_out.items()]
    return Chapter(OUTCOMES, text, tiles, links, remarks)


def _accuracy(model: EvaluatedClassifier) -> str:
    return f"{model.name} {model.scores.accuracy:.1%} ({between(model.interval, '.1%')})"


def _told(tile: Tile, model: EvaluatedClassifier | None) -> str:
    interval = "" if model is None else f" ({interval_note(model.interval, '.1%')})"
    return f"{tile.label} {tile.value}{interval}"


def _best_possible(ceiling: Ceiling | NumberCeiling | None) -> str:
    if ceiling is None:
        return ""
    best = f"{ceiling.accuracy:.1%}" if isinstance(ceiling, Ceiling) else f"{ceiling.r2:.3f}"
    return f"upper limit {best}: noise"
