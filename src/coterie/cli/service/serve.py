"""``coterie serve``: models, segments and search over HTTP, and the keys of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from coterie.cli.service.keys import app as keys
from coterie.cli.shared.options import takes
from coterie.options import ServeOptions

__all__ = ["app", "require_service"]


class _ServeFirst(TyperGroup):
    """Takes what is no command of its own for the folder to serve."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front that serves."""
        rest = args if args and args[0] in self.commands else ["start", *args]
        found: list[str] = super().parse_args(ctx, rest)
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Leave the name out that nobody types, so that help says ``coterie serve FOLDER``."""
        name, command, rest = super().resolve_command(ctx, args)
        return (None if name == "start" else name), command, rest


app = typer.Typer(add_completion=False, cls=_ServeFirst)
app.add_typer(keys, name="keys")


@app.command("start")
@takes(ServeOptions)
def start(
    options: ServeOptions,
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Folder of models, of a recipe's run, or of projects."
        ),
    ],
) -> None:
    """Serve models, segments and search over HTTP; for its keys: coterie serve keys --help."""
    require_service()
    from coterie.serve.start import serve

    serve(folder, options, started=_tell)


def require_service() -> None:
    """Check that what a service needs is installed; a `MissingExtraError` says what is not."""
    from coterie.extras import require

    for module in ("fastapi", "uvicorn", "prometheus_client", "psutil", "alembic"):
        require(module, extra="serve", purpose="The service")


def _tell(address: str) -> None:
    typer.echo(f"Serving on {address}, with its documentation at {address}/docs. Stop: Ctrl-C.")
