"""A recipe from its data to its pages: the stages in their order."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.recipes import layout
from coterie.recipes.data import read_dataset
from coterie.recipes.encoder import take_encoder
from coterie.recipes.result import RunResult
from coterie.recipes.rules import rules_for
from coterie.recipes.settings import RecipeSettings
from coterie.recipes.stages.advising import place_rules
from coterie.recipes.stages.grouping import assign_segments, discover_groups, explore_table
from coterie.recipes.stages.run import Run
from coterie.recipes.stages.searching import ask_index, index_rows
from coterie.recipes.stages.training import train_models, train_outcomes, tune_encoder
from coterie.recipes.writing import write_run
from coterie.search.storage.layout import is_index, newest_version
from coterie.tuning.unfinished import UnfinishedTrainings
from coterie.verbs import searching

__all__ = ["run_recipe"]

_TRIED = 1000  # texts that an encoder is fitted on, to see whether it can be loaded


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
        claims.enter_context(layout.FILES.claim(folder, reads, overwrite=overwrite))
        for name, files in layout.STAGES.items():
            if getattr(settings, name) is not None:
                claims.enter_context(files.claim(folder / name, reads, overwrite=overwrite))
        _check_index(settings, folder / layout.INDEX, overwrite=overwrite)
        if settings.analysis is not None:
            rules_for(settings.analysis, folder / layout.ANALYSIS)  # before the work
        queries = () if settings.search is None else settings.search.queries
        for number in range(1, len(queries) + 1):
            place = folder / layout.SEARCH / str(number)
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
        generate_into=folder / layout.DATA,
        whole=settings.index is not None,
    )
    settings, left_out = take_encoder(settings, dataset.texts[:_TRIED])
    run = Run(settings, dataset, folder, cache, overwrite)
    explored, discovered = explore_table(run), discover_groups(run)
    result = RunResult(
        dataset=dataset,
        folder=folder,
        explored=explored,
        discovered=discovered,
        assigned=assign_segments(run, None if discovered is None else discovered.discovery.layout),
        tuned=tune_encoder(run),
        trained=train_models(run),
        outcomes=train_outcomes(run),
        indexed=index_rows(run),
        searched=ask_index(run),
        rules=place_rules(run),
        chapters=run.chapters,
        left_out=left_out,
    )
    if run.refused is not None and not result.made:
        raise run.refused
    write_run(result, settings)
    return result
