"""``coterie mcp``: segments, search and models as tools of an assistant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli.shared.options import takes
from coterie.options import McpOptions

__all__ = ["command"]


@takes(McpOptions)
def command(
    options: McpOptions,
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Folder of projects, of a recipe's run, of models, or of a discovery.",
        ),
    ],
) -> None:
    """Give an assistant segments, search and models as tools, over MCP."""
    from coterie.integrations.mcp import run_server

    def tell(address: str) -> None:
        typer.echo(f"Tools for assistants are at {address}. Stop: Ctrl-C.", err=True)

    run_server(folder, options, started=tell)
