"""A recipe from its data to its pages: the stages in their order, and what they came to."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from coterie.encoders import EmbeddingCache, Vectors, load_encoder, release
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderError,
    InputError,
    OptionError,
    UserError,
)
from coterie.files import write_json
from coterie.formatting import counted
from coterie.llm import why_unreachable
from coterie.options import (
    AnalysisSettings,
    DiscoverOptions,
    IndexOptions,
    SearchOptions,
    TrainSettings,
    TuneOptions,
    cleanings_of,
)
from coterie.pages import recipe as page
from coterie.pages.assignment import assign_page
from coterie.pages.evaluation import page_of_evaluation
from coterie.recipes.data import read_dataset
from coterie.recipes.rules import rules_for, write_rules
from coterie.recipes.settings import RecipeSettings
from coterie.records import CONCEPTS, write_quarantine
from coterie.report import Page
from coterie.search.columns import typed_columns
from coterie.search.storage.layout import is_index, newest_version
from coterie.store import models_in
from coterie.tuning.unfinished import UnfinishedTrainings
from coterie.verbs import (
    assignment,
    discovery,
    evaluation,
    exploration,
    outcomes,
    searching,
    tuning,
)
from coterie.verbs.discovery import Found
from coterie.verbs.exploration import Explored
from coterie.verbs.outcomes import save_outcomes
from coterie.verbs.saving import QUARANTINE, OutputFiles, Result, save_result
from coterie.verbs.scores import write_test_scores
from coterie.verbs.searching import Index
from coterie.verbs.tuning import tune_into
from coterie.workflows.assignment import AssignResult, assign
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.discover import DiscoverResult, discover
from coterie.workflows.exploration import Exploration, explore_records
from coterie.workflows.outcomes.classes import ClassifyResult, model_folder, run_classify
from coterie.workflows.outcomes.outcome import OutcomesResult
from coterie.workflows.outcomes.outcomes import run_outcomes
from coterie.workflows.searching.index import IndexResult, index_records
from coterie.workflows.searching.search import SearchResult
from coterie.workflows.service import SERVICE, Service
from coterie.workflows.training.models import PROMPT
from coterie.workflows.tuning.tune import TuneResult, can_tune

__all__ = ["RunResult", "run_recipe"]

_T = TypeVar("_T")

_DATA, _EXPLORE, _DISCOVER, _ASSIGN = "data", "explore", "discover", "assign"
_TUNE, _TRAIN, _OUTCOMES, _MODELS = "tune", "train", "outcomes", "models"
_INDEX, _SEARCH, _ANALYSIS = "index", "search", "analysis"
_PAGE, _SUMMARY, _SETTINGS = "index.html", "run.json", "recipe.json"
_FILES = OutputFiles("run", (_SETTINGS, SERVICE), report=_PAGE, figures=_SUMMARY)
_STAGES = {
    _EXPLORE: exploration.FILES,
    _DISCOVER: discovery.FILES,
    _ASSIGN: assignment.FILES,
    _TUNE: tuning.FILES,
    _TRAIN: evaluation.FILES,
    _OUTCOMES: outcomes.FILES,
}
_TRIED = 1000  # texts that an encoder is fitted on, to see whether it can be loaded
_NEED_TORCH = ("mlp", "contrastive")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunResult:
    """What the stages of a recipe came to; None for a stage that was left out.

    Attributes
    ----------
    dataset
        The records.
    folder
        Where everything is: a folder for each stage, and ``index.html`` that leads to them.
    explored, discovered, assigned, tuned, trained, outcomes, indexed
        The results of the stages.
    searched
        The results of the queries, in their order.
    chapters
        What they say, in page.
    left_out
        Encoders that could not be loaded, so that the next of the recipe took their place; one
        sentence each.
    rules
        The file of the rules of recommendations; None where the recipe has none.
    """

    dataset: Dataset
    folder: Path
    explored: Exploration | None
    discovered: DiscoverResult | None
    assigned: AssignResult | None
    tuned: TuneResult | None
    trained: ClassifyResult | None
    outcomes: OutcomesResult | None
    indexed: IndexResult | None
    searched: Sequence[SearchResult]
    chapters: Sequence[page.Chapter]
    left_out: Sequence[str] = ()
    rules: Path | None = None

    form: ClassVar[int] = 1

    @property
    def index(self) -> Path:
        """The page to open first."""
        return self.folder / _PAGE

    @property
    def made(self) -> bool:
        """Whether any stage came to something."""
        stages = (self.explored, self.discovered, self.assigned, self.tuned, self.trained)
        return any(each is not None for each in (*stages, self.outcomes, self.indexed))

    def to_dict(self) -> dict[str, Any]:
        """Give what ``run.json`` holds: the figures of each stage but of exploring."""
        records = self.dataset.records
        stages = {
            _DISCOVER: self.discovered,
            _ASSIGN: self.assigned,
            _TUNE: self.tuned,
            _TRAIN: self.trained,
            _OUTCOMES: self.outcomes,
        }
        found: dict[str, Any] = {
            name: each.to_dict() for name, each in stages.items() if each is not None
        }
        if self.indexed is not None:  # the key "index" is the page to open first
            found["indexed"] = self.indexed.to_dict()
            found["searches"] = [each.to_dict() for each in self.searched]
        return {
            "form": self.form,
            "source": records.source,
            "rows": len(records),
            "rows_in": records.rows_in,
            "set_aside": len(records.rejects),
            "choices": list(self.dataset.choices),
            "left_out": list(self.left_out),
            "index": str(self.index),
            **found,
        }


def run_recipe(
    settings: RecipeSettings,
    out: str | Path,
    *,
    cache: EmbeddingCache | None = None,
    overwrite: bool = False,
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

    overwrite
        Whether to replace files that a person made or changed.

    Raises
    ------
    OptionError
        When a person's work would be lost in the folder of a stage; before any stage.
    UserError
        What the stages raise, see `read_dataset`, `discover` and `assign`. A stage that the rows
        are not enough for is left out; its error is raised where nothing else was made.
    """
    folder, reads = Path(out), settings.data
    with ExitStack() as claims:
        claims.enter_context(_FILES.claim(folder, reads, overwrite=overwrite))
        for name, files in _STAGES.items():
            if getattr(settings, name) is not None:
                claims.enter_context(files.claim(folder / name, reads, overwrite=overwrite))
        _check_index(settings, folder / _INDEX, overwrite=overwrite)
        if settings.analysis is not None:
            rules_for(settings.analysis, folder / _ANALYSIS)  # before the work
        queries = () if settings.search is None else settings.search.queries
        for number in range(1, len(queries) + 1):
            place = folder / _SEARCH / str(number)
            claims.enter_context(searching.FILES.claim(place, reads, overwrite=overwrite))
        claims.enter_context(UnfinishedTrainings(cache))  # so that none is done twice after a kill
        return _run(settings, folder, cache, overwrite=overwrite)


def _check_index(settings: RecipeSettings, home: Path, *, overwrite: bool) -> None:
    """Refuse to replace an index that was changed since the recipe made it."""
    if settings.index is None or overwrite or not is_index(home):
        return
    if newest_version(home).change != "create":
        raise OptionError(
            f"The index {home} was changed since this recipe made it: name another folder with "
            "--out, or replace it with --overwrite (overwrite=True)."
        )


def _run(
    settings: RecipeSettings, folder: Path, cache: EmbeddingCache | None, *, overwrite: bool
) -> RunResult:
    dataset = read_dataset(
        settings.data,
        level=settings.embed.level,
        seed=settings.seed,
        generate_into=folder / _DATA,
        whole=settings.index is not None,
    )
    settings, left_out = _with_encoder(settings, dataset.texts[:_TRIED])
    stages = _Stages(settings, dataset, folder, cache, overwrite)
    explored, discovered = stages.explore(), stages.discover()
    result = RunResult(
        dataset=dataset,
        folder=folder,
        explored=explored,
        discovered=discovered,
        assigned=stages.assign(None if discovered is None else discovered.discovery.layout),
        tuned=stages.tune(),
        trained=stages.train(),
        outcomes=stages.outcomes(),
        indexed=stages.index(),
        searched=stages.search(),
        rules=stages.analysis(),
        chapters=stages.chapters,
        left_out=left_out,
    )
    if stages.refused is not None and not result.made:
        raise stages.refused
    _write(result, settings)
    return result


def _with_encoder(
    settings: RecipeSettings, texts: Sequence[str]
) -> tuple[RecipeSettings, list[str]]:
    """Take the first of several encoders that can be loaded, and say which cannot.

    The last one is not tried here: the first stage that needs it raises what is wrong.
    """
    first = settings.embed.encoder
    wanted = settings.assign
    if wanted is None or first not in wanted.encoders:
        return settings, []
    token = None if settings.token is None else settings.token.get_secret_value()
    left = [first, *(name for name in wanted.encoders if name != first)]
    left_out = []
    while len(left) > 1:
        try:
            release(load_encoder(left[0], token=token, fit_on=texts))
            break
        except EncoderError as error:
            left_out.append(page.encoder_left_out(left.pop(0), left[0], error))
            warnings.warn(left_out[-1], CoterieWarning, stacklevel=2)
    if not left_out:
        return settings, []
    others = wanted.model_copy(update={"encoders": tuple(left)})
    embed = settings.embed.model_copy(update={"encoder": left[0]})
    return settings.model_copy(update={"embed": embed, "assign": others}), left_out


@dataclass(slots=True)
class _Stages:
    """The stages: each runs if the recipe has it, saves its result and adds its chapter."""

    settings: RecipeSettings
    dataset: Dataset
    folder: Path
    cache: EmbeddingCache | None
    overwrite: bool
    chapters: list[page.Chapter] = field(default_factory=list)
    refused: InputError | None = None

    @property
    def token(self) -> str | None:
        """The hub token."""
        token = self.settings.token
        return None if token is None else token.get_secret_value()

    def explore(self) -> Exploration | None:
        wanted, dataset = self.settings.explore, self.dataset
        if wanted is None:
            return None
        found = explore_records(
            dataset.records,
            table=dataset.table,
            near=wanted.near,
            seed=self.settings.seed,
            cleanings=cleanings_of(self.settings.data.clean),
            side=self.settings.data.side,
            show_personal=self.settings.show_personal,
        )
        explored = Explored(found, show_personal=self.settings.show_personal)
        explored.save(self.folder / _EXPLORE, overwrite=self.overwrite)
        self.chapters.append(page.explored(found.profile, _EXPLORE, dataset.unit))
        return found

    def discover(self) -> DiscoverResult | None:
        wanted, settings = self.settings.discover, self.settings
        if wanted is None:
            return None
        options = wanted.part(
            DiscoverOptions,
            encoder=settings.embed.encoder,
            seed=settings.seed,
            title=wanted.title or settings.title,
            show_personal=settings.show_personal,
            token=self.token,
            **({"llm": settings.llm} if settings.llm and not wanted.llm else {}),
        )
        found = discover(self.dataset, options, cache=self.cache)
        Found(found).save(self.folder / _DISCOVER, overwrite=self.overwrite)
        self.chapters.append(page.discovered(found, _DISCOVER, self.dataset.unit))
        return found

    def assign(self, layout: Vectors | None) -> AssignResult | None:
        wanted = self.settings.assign
        if wanted is None:
            return None
        found = assign(
            self.dataset,
            wanted.nomenclature,
            wanted.encoders or (self.settings.embed.encoder,),
            cache=self.cache,
            token=self.token,
            layout=layout,
            show_personal=self.settings.show_personal,
        )
        self._save(found, assign_page(found), _ASSIGN)
        self.chapters.append(page.assigned(found, _ASSIGN, self.dataset.unit))
        return found

    def tune(self) -> TuneResult | None:
        wanted, settings, records = self.settings.tune, self.settings, self.dataset.records
        if wanted is None:
            return None
        encoder = settings.embed.encoder
        if reason := self._untunable(encoder) if records.labels else page.NO_LABEL:
            self._leave_out(page.TUNED, reason)
            return None
        options = wanted.part(
            TuneOptions,
            label=wanted.label or next(iter(records.labels)),
            encoder=encoder,
            seed=settings.seed,
            show_personal=settings.show_personal,
            token=self.token,
        )
        done = self._attempt(
            page.TUNED,
            lambda: tune_into(
                records, self.folder / _TUNE, options, cache=self.cache, overwrite=self.overwrite
            ),
        )
        if done is None:
            return None
        self.chapters.append(page.tuned(done[0], _TUNE))
        return done[0]

    def train(self) -> ClassifyResult | None:
        wanted, settings, dataset = self.settings.train, self.settings, self.dataset
        if wanted is None:
            return None
        if not dataset.records.labels:
            self._leave_out(page.TRAINED, page.NO_LABEL)
            return None
        models = self._models(wanted)
        reasons = {**wanted.without, **{name: self._untrainable(name) for name in models}}
        remarks = page.models_left_out({name: why for name, why in reasons.items() if why})
        kept = wanted.model_copy(
            update={"models": tuple(name for name in models if not reasons[name])}
        )
        if not kept.models:
            self.chapters.append(page.Chapter(page.TRAINED, " ".join(remarks)))
            return None
        found = self._attempt(
            page.TRAINED,
            lambda: run_classify(
                dataset,
                kept,
                self.folder / _MODELS,
                encoder=settings.embed.encoder,
                title=settings.title,
                seed=settings.seed,
                cache=self.cache,
            ),
        )
        if found is not None:
            shown = page_of_evaluation(found.evaluation, show_personal=settings.show_personal)
            self._save(found, shown, _TRAIN)
            write_test_scores(
                self.folder / _MODELS, found.evaluation, show_personal=settings.show_personal
            )
            if found.conflicts is not None:
                remarks.append(found.conflicts.note)
            first = settings.data.first
            self.chapters.append(page.trained(found, _TRAIN, dataset.unit, first, remarks))
        return found

    def outcomes(self) -> OutcomesResult | None:
        wanted, settings = self.settings.outcomes, self.settings
        if wanted is None:
            return None
        found = self._attempt(
            page.OUTCOMES,
            lambda: run_outcomes(
                self.dataset,
                wanted,
                self.folder / _MODELS,
                encoder=settings.embed.encoder,
                title=settings.title,
                seed=settings.seed,
                cache=self.cache,
            ),
        )
        if found is not None:
            save_outcomes(
                found,
                self.folder / _OUTCOMES,
                show_personal=settings.show_personal,
                overwrite=self.overwrite,
            )
            self.chapters.append(page.outcomes(found, _OUTCOMES, self.dataset.unit))
        return found

    def index(self) -> IndexResult | None:
        wanted, settings, home = self.settings.index, self.settings, self.folder / _INDEX
        if wanted is None:
            return None
        options = IndexOptions(
            **wanted.given(),
            encoder=settings.embed.encoder,
            dates=settings.data.dates,
            token=self.token,
            cache=self.cache,
        )
        kept = {**self.dataset.schema, "by_row": self.dataset.source_texts is not None}
        found = index_records(self.dataset, home, options, reading=kept, overwrite=True)
        self.chapters.append(page.indexed(found, self.dataset.schema.get("text")))
        return found

    def search(self) -> Sequence[SearchResult]:
        wanted = self.settings.search
        if wanted is None or self.settings.index is None:
            return ()
        index = Index(self.folder / _INDEX)
        found: list[SearchResult] = []
        for query in wanted.queries:
            options = wanted.part(SearchOptions, show_personal=self.settings.show_personal)
            try:
                hits = index.search_with(query, options)
            except UserError as error:  # of the recipe's own filter, after all other stages
                self._leave_out(page.SEARCHES, error)
                return found
            hits.save(self.folder / _SEARCH / str(len(found) + 1), overwrite=self.overwrite)
            found.append(hits.result)
        self.chapters.append(page.searched(found, _SEARCH))
        return found

    def analysis(self) -> Path | None:
        """Put the rules of recommendations beside the models, for people to edit."""
        wanted, home = self.settings.analysis, self.folder / _ANALYSIS
        if wanted is None:
            return None
        written = write_rules(wanted, home)
        if written is None:
            return None
        path, rules, kept = written
        self.chapters.append(page.advised(rules, f"{_ANALYSIS}/{path.name}", kept=kept))
        return path

    def _save(self, result: Result, shown: Page, stage: str) -> None:
        save_result(result, shown, self.folder / stage, _STAGES[stage], overwrite=self.overwrite)

    def _attempt(self, title: str, stage: Callable[[], _T]) -> _T | None:
        """Run a stage; where the labels teach nothing it is left out, and the others go on."""
        try:
            return stage()
        except ColumnError:  # the recipe names a label that is not there
            raise
        except InputError as error:
            self.refused = error
            self._leave_out(title, error)
            return None

    def _leave_out(self, title: str, reason: object) -> None:
        self.chapters.append(page.Chapter(title, page.left_out(reason)))

    def _untunable(self, encoder: str) -> str:
        """Say why an encoder cannot be tuned here; empty where it can."""
        if not can_tune(encoder, token=self.token):
            return page.cannot_be_tuned(encoder)
        return "" if _has_torch() else page.NO_TORCH

    def _models(self, wanted: TrainSettings) -> list[str]:
        """Name the models to train; a language model that the user names asks alone."""
        own = [name for name in wanted.models if name.partition(":")[0] != PROMPT]
        asking = [name for name in wanted.models if name not in own]
        if asking and self.settings.llm:
            asking = [f"{PROMPT}:{self.settings.llm}"]
        elif asking and wanted.llm:
            asking = [f"{PROMPT}:{wanted.llm}" if name == PROMPT else name for name in asking]
        return list(dict.fromkeys([*own, *asking]))

    def _untrainable(self, model: str) -> str:
        """Say why a model cannot be trained here; empty where it can."""
        name, _, rest = model.partition(":")
        if name == PROMPT:
            return why_unreachable(rest) if rest else page.NO_LANGUAGE_MODEL
        if name in _NEED_TORCH and not _has_torch():
            return page.NO_TORCH
        if name != "contrastive":
            return ""
        return self._untunable(rest.partition(":")[0] or self.settings.embed.encoder)


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def _write(result: RunResult, settings: RecipeSettings) -> None:
    records, folder = result.dataset.records, result.folder
    if len(records.rejects):
        write_quarantine(records, folder / QUARANTINE)
    else:
        (folder / QUARANTINE).unlink(missing_ok=True)
    said = settings.model_dump(mode="json", exclude_none=True)
    said["data"]["source"] = records.source  # as a person would name it: without a password
    write_json(folder / _SETTINGS, said)
    write_json(folder / _SUMMARY, result.to_dict())
    title = settings.title or f"{len(records):,} {result.dataset.unit}"
    subtitle = f"{records.source}, {counted(records.rows_in, 'row')}"
    told = [*result.chapters]
    if result.left_out:
        told.insert(0, page.Chapter(page.ENCODERS, "", remarks=result.left_out))
    if choices := result.dataset.choices:
        told.append(page.Chapter(page.READING, " ".join(choices)))
    footer = f"Random seed {settings.seed}"
    index = page.recipe_page(title, subtitle, told, footer, show_personal=settings.show_personal)
    if models_in(folder / _MODELS):
        write_json(folder / SERVICE, _service(result, settings).to_dict())
    index.write(result.index)


def _service(result: RunResult, settings: RecipeSettings) -> Service:
    """Say what a service needs of a run."""
    folder, dataset = result.folder, result.dataset
    models = {name: folder / _MODELS / name for name in models_in(folder / _MODELS)}
    trained, label, default, positive = result.trained, None, None, None
    if trained is not None:
        evaluation = trained.evaluation
        label, positive = evaluation.label, evaluation.positive
        default = model_folder(evaluation.best.name)
    elif len(models) == 1:
        default = label = next(iter(models))
    columns = typed_columns(
        dataset.records.context[[name for name in dataset.context if name != CONCEPTS]],
        dates=settings.data.dates,
        usual=dataset.records.settled,
    ).columns
    found = (_ASSIGN, result.assigned), (_DISCOVER, result.discovered)
    analysis = settings.analysis or AnalysisSettings()
    return Service(
        folder,
        models,
        default,
        title=settings.title,
        label=label,
        positive=positive,
        index=None if result.indexed is None else folder / _INDEX,
        segments=next((folder / stage for stage, made in found if made is not None), None),
        rules=result.rules,
        columns=tuple(columns),
        analysis=analysis.model_dump(include={"items", "similar", "depth"}),
    )
