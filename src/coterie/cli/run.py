"""`coterie run`: a whole recipe, from a table to its pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.common import Json, OutFolder

if TYPE_CHECKING:
    from coterie.recipes.runner import RunResult

__all__ = ["command"]


def command(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="support, attendees, sales, clients, or a TOML file."
        ),
    ],
    *,
    out: OutFolder,
    data: Annotated[
        str | None, typer.Option(help="File, folder or URL; invented data otherwise.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of invented data.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Column of the text, or a template: '{title}. {body}'.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column of a unique id.")] = None,
    group: Annotated[str | None, typer.Option(help="Column by which rows are rolled up.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Column of labels; give it again for more.")
    ] = None,
    join: Annotated[
        list[str] | None, typer.Option(help="Table to join by the columns it shares; repeat it.")
    ] = None,
    first: Annotated[
        int | None, typer.Option(min=1, help="Use a group's first so many steps.")
    ] = None,
    context: Annotated[
        list[str] | None, typer.Option(help="Column that is a feature too; repeat it.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="minilm, static, tfidf, a folder or a hub name.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="TOML or YAML file over the recipe's own settings.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws all that is drawn.")] = None,
    as_json: Json = False,
) -> None:
    """Run a whole recipe: support, attendees, sales, clients or your own."""
    from coterie.progress import show_progress
    from coterie.recipes.recipe_files import load_recipe
    from coterie.recipes.runner import run_recipe

    loaded = load_recipe(
        recipe,
        settings=settings,
        overrides={
            "seed": seed,
            "data": {
                "source": data, "rows": rows, "text": text, "id": id_column, "group": group,
                "labels": label, "join": join, "first": first, "context": context,
            },
            "embed": {"encoder": encoder},
        },
    )  # fmt: skip
    with show_progress():
        result = run_recipe(loaded, out)
    if as_json:
        typer.echo(json.dumps(result.summary))
    else:
        _summarise(result)


def _summarise(result: RunResult) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for chapter in result.chapters:
        console.print(Text(chapter.title, style="bold"))
        if chapter.tiles:
            figures = [f"{tile.label} {_figure(tile.value)}" for tile in chapter.tiles]
            console.print(Text("  " + " · ".join(figures)))
        if chapter.text:
            console.print(Text(chapter.text))
        for _, path in chapter.links:
            console.print(Text(f"  {result.folder / path}", style="dim"), soft_wrap=True)
        console.print()
    console.print(Text(f"Report: {result.index}", style="bold"), soft_wrap=True)
    if result.discovered is not None:
        told = f"Next: coterie segments list {result.folder / 'discover'}"
        console.print(Text(told), soft_wrap=True)


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"
