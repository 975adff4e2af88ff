"""A recipe from its data to its pages: the stages in their order, and what they came to."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coterie.encoders import EmbeddingCache
from coterie.errors import ColumnError, InputError
from coterie.files import write_json
from coterie.options import DiscoverOptions, TuneOptions
from coterie.pages.assignment import assign_page
from coterie.pages.discovery.sentences import Counts, summary
from coterie.pages.evaluation import page_of_evaluation
from coterie.pages.index import Chapter, index_page
from coterie.profile import Profile
from coterie.recipes.data import read_dataset
from coterie.recipes.settings import RecipeSettings
from coterie.records import write_quarantine
from coterie.report import Tile
from coterie.verbs.discovery import Found
from coterie.verbs.exploration import Explored
from coterie.verbs.outcomes import save_outcomes
from coterie.verbs.saving import save_result
from coterie.verbs.tuning import tune_into
from coterie.workflows.assignment import AssignResult, assign
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.discover import DiscoverResult, discover
from coterie.workflows.evaluation.evaluation import Ceiling
from coterie.workflows.evaluation.number_evaluation import NumberCeiling
from coterie.workflows.exploration import explore_records
from coterie.workflows.outcomes.classes import ClassifyResult, run_classify
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.outcomes.outcomes import run_outcomes
from coterie.workflows.tuning.tune import TuneResult, can_tune

__all__ = ["RunResult", "run_recipe"]

_DATA, _EXPLORE, _DISCOVER, _ASSIGN = "data", "explore", "discover", "assign"
_TUNE, _TUNED = "tune", "An encoder tuned on the labels"
_TRAIN, _TRAINED = "train", "Models that predict"
_OUTCOMES, _FORETOLD = "outcomes", "Outcomes"
_MODELS = "models"
_INDEX, _SUMMARY, _SETTINGS = "index.html", "run.json", "recipe.json"
_FINDINGS = 4
_WANT_TORCH = ("mlp", "contrastive")


@dataclass(slots=True, eq=False)
class RunResult:
    """What the stages of a recipe came to; None for a stage that the recipe has not.

    Attributes
    ----------
    dataset
        The records.
    folder
        Where everything is: a folder for each stage, and ``index.html`` that leads to them.
    profile, discovered, assigned, tuned, trained, foretold
        The results of the stages.
    chapters
        What they say, in words.
    """

    dataset: Dataset
    folder: Path
    profile: Profile | None = None
    discovered: DiscoverResult | None = None
    assigned: AssignResult | None = None
    tuned: TuneResult | None = None
    trained: ClassifyResult | None = None
    foretold: OutcomesResult | None = None
    chapters: list[Chapter] = field(default_factory=list)

    @property
    def index(self) -> Path:
        """The page to open first."""
        return self.folder / _INDEX

    @property
    def summary(self) -> dict[str, Any]:
        """What ``run.json`` holds: the figures of each stage."""
        records = self.dataset.records
        stages: dict[str, Mapping[str, Any]] = {}
        if self.discovered is not None:
            stages[_DISCOVER] = self.discovered.metrics
        if self.assigned is not None:
            stages[_ASSIGN] = self.assigned.metrics
        if self.tuned is not None:
            stages[_TUNE] = self.tuned.metrics
        if self.trained is not None:
            stages[_TRAIN] = self.trained.metrics
        if self.foretold is not None:
            stages[_OUTCOMES] = self.foretold.to_dict()
        return {
            "source": records.source,
            "rows": len(records),
            "rows_in": records.rows_in,
            "set_aside": len(records.rejects),
            "choices": list(self.dataset.choices),
            "index": str(self.index),
            **stages,
        }


def run_recipe(
    settings: RecipeSettings, out: str | Path, *, cache: EmbeddingCache | None = None
) -> RunResult:
    """Run the stages of a recipe, each into its own folder, and write the page that leads there.

    Parameters
    ----------
    settings
        See `coterie.recipes.recipe_files.load_recipe`.
    out
        The folder.
    cache
        Where vectors are kept; the user's own when None. Every stage embeds through it, so a text
        is embedded once, and a run that was killed goes on where it was.

    Raises
    ------
    UserError
        What the stages raise, see `read_dataset`, `discover` and `assign`.
    """
    folder = Path(out)
    dataset = read_dataset(
        settings.data,
        level=settings.embed.level,
        seed=settings.seed,
        generate_into=folder / _DATA,
    )
    run = RunResult(dataset, folder)
    for wanted, stage in (
        (settings.explore, _explore),
        (settings.discover, _discover),
        (settings.assign, _assign),
        (settings.tune, _tune),
        (settings.train, _train),
        (settings.outcomes, _outcomes),
    ):
        if wanted is not None:
            stage(run, settings, cache)
    _write(run, settings)
    return run


def _explore(run: RunResult, settings: RecipeSettings, _cache: EmbeddingCache | None) -> None:
    assert settings.explore is not None
    found = explore_records(
        run.dataset.records,
        table=run.dataset.table,
        near=settings.explore.near,
        seed=settings.seed,
    )
    Explored(found).save(run.folder / _EXPLORE)
    run.profile = profile = found.profile
    unit = run.dataset.unit
    tiles = [
        Tile(unit, profile.rows, f"{profile.set_aside.rows:,} rows set aside"),
        Tile("different texts", profile.exact_duplicates.distinct),
        Tile("words in a text", f"{profile.words.median:.0f}", "median"),
    ]
    told = " ".join(finding.text for finding in profile.findings[:_FINDINGS])
    links = [("All about the table", f"{_EXPLORE}/explore.html")]
    run.chapters.append(Chapter("What is in the table", told, tiles, links))


def _discover(run: RunResult, settings: RecipeSettings, cache: EmbeddingCache | None) -> None:
    assert settings.discover is not None
    options = settings.discover.part(
        DiscoverOptions,
        encoder=settings.embed.encoder,
        seed=settings.seed,
        title=settings.discover.title or settings.title,
        token=_token(settings),
    )
    found = discover(run.dataset, options, cache=cache)
    Found(found).save(run.folder / _DISCOVER)
    run.discovered = found
    counts = Counts(found.discovery)
    tiles = [
        Tile("groups", len(found.discovery.segmentation)),
        Tile(
            "covered",
            f"{found.metrics['coverage']:.1%}",
            f"{counts.total['outside']:,} fit no group",
        ),
        Tile("how sure, on average", f"{counts.sure:.0%}"),
        *(
            Tile(f"agreement with {a.column}", f"{a.scores.ari:.2f}", "ARI; 1 is perfect")
            for a in found.agreements[:2]
        ),
    ]
    links = [
        ("The groups, with a map", f"{_DISCOVER}/report.html"),
        ("Where each of them went, as a table", f"{_DISCOVER}/assignments.csv"),
    ]
    set_aside = found.metrics["set_aside"]
    told = summary(found.discovery, counts, unit=run.dataset.unit, set_aside=set_aside)
    run.chapters.append(Chapter("Groups that the texts make", told, tiles, links))


def _assign(run: RunResult, settings: RecipeSettings, cache: EmbeddingCache | None) -> None:
    assert settings.assign is not None
    found = assign(
        run.dataset,
        settings.assign.nomenclature,
        settings.assign.encoders or (settings.embed.encoder,),
        cache=cache,
        token=_token(settings),
        layout=None if run.discovered is None else run.discovered.discovery.layout,
    )
    save_result(found, assign_page(found), run.folder / _ASSIGN)
    run.assigned = found
    best = found.compared.best
    tiles = [Tile("segments", len(found.segmentation), "written by hand")]
    if best.scores["labelled"]:
        note = f"of {int(best.scores['labelled']):,} with a label"
        tiles.append(Tile("right", f"{best.scores['accuracy']:.0%}", note))
    sizes = best.classes.sort_values("assigned", ascending=False)
    named = [f"{n} ({c:,})" for n, c in zip(sizes["name"], sizes["assigned"], strict=True)]
    told = f"By the nearest description, the {run.dataset.unit} are: {', '.join(named)}."
    links = [
        ("The segments, and who is in them", f"{_ASSIGN}/report.html"),
        ("Where each of them went, as a table", f"{_ASSIGN}/assignments.csv"),
    ]
    run.chapters.append(Chapter("Segments written by hand", told, tiles, links))


def _tune(run: RunResult, settings: RecipeSettings, cache: EmbeddingCache | None) -> None:
    assert settings.tune is not None
    records, wanted = run.dataset.records, settings.tune
    reason = _untunable(run, settings)
    if reason:
        run.chapters.append(Chapter(_TUNED, f"Left out: {reason}"))
        return
    options = wanted.part(
        TuneOptions,
        label=wanted.label or next(iter(records.labels)),
        encoder=settings.embed.encoder,
        seed=settings.seed,
        token=_token(settings),
    )
    try:
        found, _ = tune_into(records, run.folder / _TUNE, options, cache=cache)
    except ColumnError:  # the recipe names a label that is not there
        raise
    except InputError as error:  # the labels teach nothing; the other stages stand
        run.chapters.append(Chapter(_TUNED, f"Left out: {error}"))
        return
    run.tuned = found
    base, tuned = found.base, found.tuned
    tiles = [
        Tile("agreement, tuned", f"{tuned.scores.ari:z.2f}", f"ARI; was {base.scores.ari:z.2f}"),
        Tile("rows judged on", len(found.split.test), "training never saw them"),
        Tile("labels to look at", len(found.suspects.table), "other rows contradict them"),
    ]
    links = [("Both encoders, side by side", f"{_TUNE}/report.html")]
    told = str(found.metrics["verdict"])
    run.chapters.append(Chapter(_TUNED, told, tiles, links))


def _train(run: RunResult, settings: RecipeSettings, cache: EmbeddingCache | None) -> None:
    wanted, dataset = settings.train, run.dataset
    assert wanted is not None
    if not dataset.records.labels:
        text = "Left out: the table has no label to learn from."
        run.chapters.append(Chapter(_TRAINED, text))
        return
    reasons = {name: _untrainable(name, settings) for name in wanted.models}
    kept = [name for name, reason in reasons.items() if not reason]
    remarks = [f"The model {name} is left out: {why}" for name, why in reasons.items() if why]
    if not kept:
        run.chapters.append(Chapter(_TRAINED, " ".join(remarks)))
        return
    try:
        found = run_classify(
            dataset,
            wanted.model_copy(update={"models": tuple(kept)}),
            run.folder / _TRAIN / _MODELS,
            encoder=settings.embed.encoder,
            title=settings.title,
            seed=settings.seed,
            cache=cache,
        )
    except ColumnError:  # the recipe names a label that is not there
        raise
    except InputError as error:  # the labels teach nothing; the other stages stand
        run.chapters.append(Chapter(_TRAINED, f"Left out: {error}"))
        return
    save_result(found, page_of_evaluation(found), run.folder / _TRAIN)
    run.trained = found
    evaluation = found.evaluation
    best, ceiling = evaluation.best, evaluation.ceiling
    tiles = [
        Tile("right", f"{best.scores.accuracy:.0%}", f"the {best.name} model"),
        Tile(f"{dataset.unit} judged on", len(best.truth), "no model had learnt from them"),
        Tile("calibration error", f"{best.calibration.ece:.2f}", "0 is perfect"),
    ]
    if len(best.classes) == 2:
        tiles.insert(1, Tile("AUC", f"{best.ranking.roc_auc:.2f}", "0.5 is guessing"))
    if ceiling is not None:
        tiles.append(Tile("best possible", f"{ceiling.accuracy:.0%}", "chance sets it"))
    each = ", ".join(
        f"{model.name} {model.scores.accuracy:.1%}" for model in found.evaluation.judged
    )
    first = settings.data.first
    told = f"Right of {len(best.truth):,} {dataset.unit}: {each}."
    if first is not None:
        told += f" Each was read up to its first {first} turns."
    links = [
        ("The models, side by side", f"{_TRAIN}/report.html"),
        ("What the best says of each of them, as a table", f"{_TRAIN}/predictions.csv"),
    ]
    run.chapters.append(Chapter(_TRAINED, told, tiles, links, remarks))


def _outcomes(run: RunResult, settings: RecipeSettings, cache: EmbeddingCache | None) -> None:
    assert settings.outcomes is not None
    try:
        found = run_outcomes(
            run.dataset,
            settings.outcomes,
            run.folder / _OUTCOMES / _MODELS,
            encoder=settings.embed.encoder,
            title=settings.title,
            seed=settings.seed,
            cache=cache,
        )
    except ColumnError:  # the recipe names a label that is not there
        raise
    except InputError as error:  # the labels teach nothing; the other stages stand
        run.chapters.append(Chapter(_FORETOLD, f"Left out: {error}"))
        return
    save_outcomes(found, run.folder / _OUTCOMES)
    run.foretold = found
    tiles = []
    for outcome in found.outcomes:
        if outcome.judged is not None:
            value = f"{outcome.judged.scores.accuracy:.0%}"
            tiles.append(Tile(f"{outcome.label}, right", value, _possible(outcome.ceiling)))
        elif outcome.scores is not None:
            value = f"{outcome.scores.r2:.2f}"
            tiles.append(Tile(f"{outcome.label}, R2", value, _possible(outcome.ceiling)))
    judged = found.outcomes[0].judged_on
    told = (
        f"Judged on {judged:,} {run.dataset.unit} that no model had learnt from: "
        + ", ".join(f"{tile.label} {tile.value}" for tile in tiles)
        + "."
    )
    links = [
        ("Which features tell, and how well", f"{_OUTCOMES}/report.html"),
        ("What is said of each of them, as a table", f"{_OUTCOMES}/predictions.csv"),
    ]
    remarks = [f"{label} is left out: {why}" for label, why in found.left_out.items()]
    run.chapters.append(Chapter(_FORETOLD, told, tiles, links, remarks))


def _possible(ceiling: Ceiling | NumberCeiling | None) -> str:
    if ceiling is None:
        return ""
    best = f"{ceiling.accuracy:.0%}" if isinstance(ceiling, Ceiling) else f"{ceiling.r2:.2f}"
    return f"best possible {best}"


def _untrainable(model: str, settings: RecipeSettings) -> str:
    """Say why a model cannot be trained here; empty where it can."""
    name, _, rest = model.partition(":")
    encoder = rest.partition(":")[0] or settings.embed.encoder
    if name in _WANT_TORCH and importlib.util.find_spec("torch") is None:
        return "torch is not installed: pip install 'coterie[torch]' and run again."
    if name == "contrastive" and not can_tune(encoder, token=_token(settings)):
        return f"the encoder {encoder} cannot be tuned; minilm can."
    return ""


def _untunable(run: RunResult, settings: RecipeSettings) -> str:
    """Say why the encoder cannot be tuned here; empty where it can."""
    if not run.dataset.records.labels:
        return "the table has no label to learn from."
    if not can_tune(settings.embed.encoder, token=_token(settings)):
        return f"the encoder {settings.embed.encoder} cannot be tuned; minilm can."
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed: pip install 'coterie[torch]' and run again."
    return ""


def _token(settings: RecipeSettings) -> str | None:
    return None if settings.token is None else settings.token.get_secret_value()


def _write(run: RunResult, settings: RecipeSettings) -> None:
    records = run.dataset.records
    if len(records.rejects):
        write_quarantine(records, run.folder / "quarantine.csv")
    else:
        (run.folder / "quarantine.csv").unlink(missing_ok=True)
    said = settings.model_dump(mode="json", exclude_none=True)
    said["data"]["source"] = records.source  # as a person would name it: without a password
    write_json(run.folder / _SETTINGS, said)
    write_json(run.folder / _SUMMARY, run.summary)
    title = settings.title or f"{len(records):,} {run.dataset.unit}"
    subtitle = f"{records.source}, {records.rows_in:,} rows"
    chapters = _with_choices(run.chapters, run.dataset.choices)
    index_page(title, subtitle, chapters, footer=f"Seed {settings.seed}").write(run.index)


def _with_choices(chapters: Sequence[Chapter], choices: Sequence[str]) -> list[Chapter]:
    if not choices:
        return list(chapters)
    return [*chapters, Chapter("How the table was read", " ".join(choices))]
