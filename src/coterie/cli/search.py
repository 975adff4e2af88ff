"""``coterie search``: who in an index answers a query, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, Overwrite
from coterie.cli.shared.options import takes
from coterie.formatting import counted, percent, shorten
from coterie.options import SearchOptions

if TYPE_CHECKING:
    from coterie.verbs.searching import Hits

__all__ = ["command"]

_WIDEST = 200  # characters of a text


@takes(SearchOptions)
def command(
    options: SearchOptions,
    *,
    index: Annotated[Path, typer.Argument(metavar="INDEX", help="Folder of the index.")],
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="What you look for, in words; or use --like."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how the hits were found, and with what recall.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the page, hits.csv and hits.json.", file_okay=False),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Search an index in words, by example and by filter; each hit passes all filters."""
    from coterie.progress import show_progress
    from coterie.verbs.searching import FILES, Index

    with show_progress():
        opened = Index(index)
        if out is None:
            found, report = opened.search_with(query, options), None
        else:
            with FILES.claim(out, index, options, overwrite=overwrite):
                found = opened.search_with(query, options)
                report = found.save(out, overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps({**found.figures, **({"report": str(report)} if report else {})}))
        return
    _print(found, explain=explain)
    if report is not None:
        typer.echo(f"Report: {report}")


def _print(found: Hits, *, explain: bool) -> None:
    from coterie.cli.shared.tables import print_lines

    result = found.result
    for doubt in result.doubts:
        typer.echo(f"Note: {doubt}", err=True)
    lines: list[tuple[str, str]] = []
    for each in result.filters:
        how = f' (from "{each.words}"{f"; {each.note}" if each.note else ""})' if each.words else ""
        lines.append(("filter", f"{each.expression}{how}"))
    if result.rest and result.filters:
        lines.append(("about", result.rest))
    passed = f"{counted(result.plan.matches, 'row')} that pass"
    lines.append(("", f"{counted(len(found), 'hit')} of {passed}"))
    for hit in found.figures["hits"]:
        close = [] if hit["match"] is None else [f"{percent(hit['match'], '.0%')} alike"]
        close += [] if hit["cosine"] is None else [f"cosine {hit['cosine']:.3f}"]
        close.append(f"by {hit['found_by']}")
        lines.append((str(hit["rank"]), f"{hit['id']}  {', '.join(close)}"))
        lines.append((" ", shorten(hit["text"], _WIDEST)))
        if hit["shares"]:
            lines.append((" ", f"shares {hit['shares']}"))
    print_lines(lines)
    if explain:
        _explain(found)


def _explain(found: Hits) -> None:
    result = found.result
    recall = "not measured" if result.recall is None else percent(result.recall)
    if result.plan.exact:
        recall = "100%, exact"
    typer.echo(f"Plan: {result.plan.method}. {result.plan.why}")
    typer.echo(f"Recall of the ten nearest: {recall}")
    typer.echo(f"Milliseconds: {1000 * result.seconds['total']:.1f} in all")
