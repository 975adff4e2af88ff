"""The stages that make an index of the rows and ask it what the recipe asks."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.errors import UserError
from coterie.options import IndexOptions, SearchOptions
from coterie.pages import recipe as page
from coterie.recipes import layout
from coterie.recipes.stages.run import Run
from coterie.verbs.searching import Index
from coterie.workflows.searching.index import IndexResult, index_records
from coterie.workflows.searching.search import SearchResult

__all__ = ["ask_index", "index_rows"]


def index_rows(run: Run) -> IndexResult | None:
    """Make an index of the rows."""
    wanted, settings, dataset = run.settings.index, run.settings, run.dataset
    if wanted is None:
        return None
    options = IndexOptions(
        **wanted.given(),
        encoder=settings.embed.encoder,
        dates=settings.data.dates,
        token=run.token,
        cache=run.cache,
    )
    kept = {**dataset.schema, "by_row": dataset.source_texts is not None}
    home = run.folder / layout.INDEX
    found = index_records(dataset, home, options, reading=kept, overwrite=True)
    run.chapters.append(page.indexed(found, dataset.schema.get("text")))
    return found


def ask_index(run: Run) -> Sequence[SearchResult]:
    """Search for what the recipe asks."""
    wanted = run.settings.search
    if wanted is None or run.settings.index is None:
        return ()
    index = Index(run.folder / layout.INDEX)
    found: list[SearchResult] = []
    for query in wanted.queries:
        options = wanted.part(SearchOptions, show_personal=run.settings.show_personal)
        try:
            hits = index.search_with(query, options)
        except UserError as error:  # of the recipe's own filter, after all other stages
            run.leave_out(page.SEARCHES, error)
            return found
        hits.save(run.folder / layout.SEARCH / str(len(found) + 1), overwrite=run.overwrite)
        found.append(hits.result)
    run.chapters.append(page.searched(found, layout.SEARCH))
    return found
