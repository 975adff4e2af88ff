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

    if text is None:
        table = read_embeddings(source)
        value = similarity(table.ids, table.vectors, first, second)
        if len(table.rejects):
            typer.echo(f"{len(table.rejects):,} vectors of {source} were set aside.", err=True)
    else:
        value = _of_table(source, text, id_, encoder, (first, second))
    typer.echo(f"{value:.4f}")


def _of_table(
    source: str, text: str, id_: str | None, encoder: str, pair: tuple[str, str]
) -> float:
    from coterie.encoders import EmbeddingCache, embed_texts, load_encoder, similarity
    from coterie.records import read_records

    records = read_records(source, text=text, id=id_)
    wanted = [row for row, key in enumerate(records.ids) if str(key) in pair]
    texts = [str(item) for item in records.texts]
    loaded = load_encoder(encoder, fit_on=texts)
    vectors = embed_texts([texts[row] for row in wanted], loaded, cache=EmbeddingCache())
    return similarity(records.ids[wanted], vectors, *pair)
