"""``coterie similarity``: how alike two ids are."""

from __future__ import annotations

from typing import Annotated

import typer

from coterie.cli.shared.options import takes
from coterie.formatting import counted
from coterie.options import SimilarityOptions

__all__ = ["command"]


@takes(SimilarityOptions)
def command(
    source: Annotated[str, typer.Argument(help="Vectors (.parquet, .npy, .json) or a table.")],
    one: Annotated[str, typer.Argument(metavar="ID", help="One id.")],
    other: Annotated[str, typer.Argument(metavar="ID", help="The other id.")],
    options: SimilarityOptions,
) -> None:
    """Show the cosine similarity of two ids, between -1 and 1."""
    from coterie.encoders import read_embeddings, similarity
    from coterie.verbs.similarity import similarity_with

    if options.text is None:
        table = read_embeddings(source)
        value = similarity(table.ids, table.vectors, one, other)
        if len(table.rejects):
            typer.echo(
                f"{counted(len(table.rejects), 'vector')} of {source} were set aside.", err=True
            )
    else:
        value = similarity_with(source, one, other, options)
    typer.echo(f"{value:.4f}")
