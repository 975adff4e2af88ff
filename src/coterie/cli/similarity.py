"""``coterie similarity``: how alike two ids are."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]


def command(
    source: Annotated[str, typer.Argument(help="Vectors (.parquet, .npy, .json) or a table.")],
    first: Annotated[str, typer.Argument(help="One id.")],
    second: Annotated[str, typer.Argument(help="The other id.")],
    text: Annotated[str | None, typer.Option(help="Column of the text, for a table.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of the id, for a table.")] = None,
    encoder: Annotated[str, typer.Option(help="Encoder, for a table.")] = "minilm",
) -> None:
    """Show the cosine similarity of two ids, between -1 and 1."""
    from coterie.encoders import read_embeddings, similarity
    from coterie.verbs import similarity as verb

    if text is None:
        table = read_embeddings(source)
        value = similarity(table.ids, table.vectors, first, second)
        if len(table.rejects):
            typer.echo(f"{len(table.rejects):,} vectors of {source} were set aside.", err=True)
    else:
        value = verb.similarity(source, first, second, text=text, id=id_, encoder=encoder)
    typer.echo(f"{value:.4f}")
