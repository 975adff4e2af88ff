"""The stages without labels: what is in the table, its groups, and segments that are given."""

from __future__ import annotations

from coterie.encoders import Vectors
from coterie.options import DiscoverOptions, cleanings_of
from coterie.pages import recipe as page
from coterie.pages.assignment import assign_page
from coterie.recipes import layout
from coterie.recipes.stages.run import Run
from coterie.verbs.discovery import Found
from coterie.verbs.exploration import Explored
from coterie.workflows.assignment import AssignResult, assign
from coterie.workflows.discovery.discover import DiscoverResult, discover
from coterie.workflows.exploration import Exploration, explore_records

__all__ = ["assign_segments", "discover_groups", "explore_table"]


def explore_table(run: Run) -> Exploration | None:
    """Say what is in the table."""
    wanted, settings, dataset = run.settings.explore, run.settings, run.dataset
    if wanted is None:
        return None
    found = explore_records(
        dataset.records,
        table=dataset.table,
        near=wanted.near,
        seed=settings.seed,
        cleanings=cleanings_of(settings.data.clean),
        side=settings.data.side,
        show_personal=settings.show_personal,
    )
    explored = Explored(found, show_personal=settings.show_personal)
    explored.save(run.folder / layout.EXPLORE, overwrite=run.overwrite)
    run.chapters.append(page.explored(found.profile, layout.EXPLORE, dataset.unit))
    return found


def discover_groups(run: Run) -> DiscoverResult | None:
    """Find groups in the texts."""
    wanted, settings = run.settings.discover, run.settings
    if wanted is None:
        return None
    options = wanted.part(
        DiscoverOptions,
        encoder=settings.embed.encoder,
        seed=settings.seed,
        title=wanted.title or settings.title,
        show_personal=settings.show_personal,
        token=run.token,
        **({"llm": settings.llm} if settings.llm and not wanted.llm else {}),
    )
    found = discover(run.dataset, options, cache=run.cache)
    Found(found).save(run.folder / layout.DISCOVER, overwrite=run.overwrite)
    run.chapters.append(page.discovered(found, layout.DISCOVER, run.dataset.unit))
    return found


def assign_segments(run: Run, places: Vectors | None) -> AssignResult | None:
    """Assign the records to segments; their places are those on the map of the groups."""
    wanted = run.settings.assign
    if wanted is None:
        return None
    found = assign(
        run.dataset,
        wanted.nomenclature,
        wanted.encoders or (run.settings.embed.encoder,),
        cache=run.cache,
        token=run.token,
        layout=places,
        show_personal=run.settings.show_personal,
    )
    run.save(found, assign_page(found), layout.ASSIGN)
    run.chapters.append(page.assigned(found, layout.ASSIGN, run.dataset.unit))
    return found
