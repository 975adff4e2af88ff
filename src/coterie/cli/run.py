"""`coterie run`: a whole recipe, from a table to its pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, OutFolder, Overwrite
from coterie.cli.shared.options import takes
from coterie.options import RunOptions

if TYPE_CHECKING:
    from coterie.integrations.mlflow import Tracking
    from coterie.recipes.result import RunResult

__all__ = ["command"]


@takes(RunOptions)
def command(
    options: RunOptions,
    *,
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE",
            help="support, attendees, sales, clients, adopters, or a TOML or YAML file.",
        ),
    ] = None,
    out: OutFolder,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            "--config",
            help="TOML or YAML file over the recipe's own settings; the recipe itself where none "
            "is named.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Run a whole recipe: support, attendees, sales, clients, adopters or your own."""
    from coterie.errors import OptionError
    from coterie.progress import show_progress
    from coterie.recipes.recipe_files import BUILT_IN, load_recipe
    from coterie.recipes.runner import run_recipe

    if recipe is None and settings is None:
        raise OptionError(f"There is nothing to run: name {', '.join(BUILT_IN)}, or a file.")
    loaded = load_recipe(recipe, settings=settings, overrides=options.keys())
    tracking = None if options.mlflow is None else _tracking(options.mlflow)  # before the work
    with show_progress():
        result = run_recipe(loaded, out, overwrite=overwrite)
    if not as_json:
        _summarise(result)
    logged = None if tracking is None else tracking.log(result)
    if as_json:
        told = {} if logged is None else {"mlflow": logged.to_dict()}
        typer.echo(json.dumps(result.to_dict() | told))
    elif logged is not None:
        typer.echo(f"MLflow: run {logged.run_id} of {logged.experiment} at {logged.uri}")


def _tracking(uri: str) -> Tracking:
    from coterie.integrations.mlflow import Tracking

    return Tracking(uri)


def _summarise(result: RunResult) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.formatting import format_number

    console = Console(highlight=False)
    for chapter in result.chapters:
        console.print(Text(chapter.title, style="bold"))
        if chapter.tiles:
            figures = [f"{tile.label} {format_number(tile.value)}" for tile in chapter.tiles]
            console.print(Text("  " + " · ".join(figures)))
        for remark in chapter.remarks:
            console.print(Text(remark, style="yellow"))
        if chapter.text:
            console.print(Text(chapter.text))
        for _, path in chapter.links:
            console.print(Text(f"  {result.folder / path}", style="dim"), soft_wrap=True)
        console.print()
    for told in result.left_out:
        console.print(Text(told, style="yellow"))
    console.print(Text(f"Report: {result.index}", style="bold"), soft_wrap=True)
    if result.discovered is not None:
        told = f"Next: coterie segments list {result.folder / 'discover'}"
        console.print(Text(told), soft_wrap=True)
