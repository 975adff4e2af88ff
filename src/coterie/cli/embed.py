"""``coterie embed``: texts into a file of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(  # noqa: PLR0917 - the command line has no positions
    file: Annotated[str, typer.Argument(help="Table with one text per row.")],
    text: Annotated[str, typer.Option(help="Column of the text, or a template over several.")],
    out: Annotated[Path, typer.Option(help="Vectors to write: .parquet, .npy or .json.")],
    id_: Annotated[str | None, typer.Option("--id", help="Column of the id.")] = None,
    encoder: Annotated[str, typer.Option(help="minilm, static, tfidf, a folder or a hub name.")] = (
        "minilm"
    ),
    device: Annotated[str | None, typer.Option(help="Where torch models run: cpu, cuda.")] = None,
) -> None:
    """Turn each text into a vector and write them with their ids."""
    from coterie.embed import EmbeddingCache, embed_texts, load_encoder, write_embeddings
    from coterie.progress import show_progress
    from coterie.records import read_records

    records = read_records(file, text=text, id=id_)
    texts = [str(item) for item in records.texts]
    with show_progress():
        loaded = load_encoder(encoder, device=device, fit_on=texts)
        vectors = embed_texts(texts, loaded, cache=EmbeddingCache())
    write_embeddings(out, [str(item) for item in records.ids], vectors)
    typer.echo(f"{len(vectors):,} vectors, {loaded.dim} wide, by {loaded.name}: {out}")
    if len(records.rejects):
        typer.echo(f"{len(records.rejects):,} rows set aside: no text, or not readable.", err=True)
