"""``coterie serve``: models, segments and search over HTTP, and the keys of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from coterie.cli.service.keys import app as keys
from coterie.cli.shared.options import takes
from coterie.options import ServeOptions

__all__ = ["app"]


class _ServeFirst(TyperGroup):
    """Takes what is no command for the folder to serve."""

    def resolve_command(self, ctx, args):  # type: ignore[no-untyped-def]
        if args and args[0] not in self.commands:
            args = ["start", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["start", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(add_completion=False, no_args_is_help=True, cls=_ServeFirst)
app.add_typer(keys, name="keys")


@app.command("start")
@takes(ServeOptions)
def start(
    options: ServeOptions,
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of models, or of a recipe's run.")
    ],
) -> None:
    """Serve models, segments and search over HTTP."""
    from coterie.extras import require

    for module in ("fastapi", "uvicorn", "prometheus_client", "psutil", "alembic"):
        require(module, extra="serve", purpose="The service")
    from coterie.serve.start import serve

    serve(folder, options, started=_tell)


def _tell(address: str) -> None:
    typer.echo(f"Serving on {address}, with its documentation at {address}/docs. Stop: Ctrl-C.")
