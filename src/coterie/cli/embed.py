"""``coterie embed``: texts into a file of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coterie.cli.shared.common import DataFile, Overwrite, told_set_aside
from coterie.cli.shared.many import print_many
from coterie.cli.shared.options import takes
from coterie.formatting import counted
from coterie.options import EmbedManyOptions

__all__ = ["command"]


@takes(EmbedManyOptions)
def command(
    source: DataFile,
    options: EmbedManyOptions,
    *,
    out: Annotated[
        Path,
        typer.Option(help="Vectors to write: .parquet, .npy or .json; with --engine ray a folder."),
    ],
    overwrite: Overwrite = False,
) -> None:
    """Turn each text into a vector and write them with their ids."""
    if options.engine == "ray":
        from coterie.integrations.ray import embed_many
        from coterie.progress import show_progress

        with show_progress():
            made = embed_many(source, out, options, overwrite=overwrite)
        print_many(made, as_json=False)
        return
    from coterie.encoders import (
        EmbeddingCache,
        embed_texts,
        embedding_files,
        load_encoder,
        write_embeddings,
    )
    from coterie.outputs import claim_file
    from coterie.progress import show_progress
    from coterie.records import require_texts, write_quarantine
    from coterie.verbs.reading import read_texts
    from coterie.workflows.dataset import dataset_of, part_names
    from coterie.workflows.reading import check_reading

    aside = out.with_name(f"{out.stem}.quarantine.csv")
    beside = (*embedding_files(out), aside.name)
    claimed = claim_file(
        out, by="embed", beside=beside, inputs=(source, *options.sources()), overwrite=overwrite
    )
    with show_progress(), claimed:
        by_row = options.level == "row"
        # the id is the part's then, and several groups may share it, as badges share a session
        reading = read_texts(source, options.changed(id=None) if by_row else options)
        records, dataset = reading.records, dataset_of(reading, by_row=by_row)
        require_texts(records, "Embedding")
        texts = [str(item) for item in dataset.texts]
        loaded = load_encoder(options.encoder, device=options.device, fit_on=texts)
        check_reading(loaded, texts)
        vectors = embed_texts(texts, loaded, cache=EmbeddingCache())
        ids, parts = records.ids, None
        if dataset.source_texts is not None:
            ids = ids[dataset.source_texts.owners]
            parts = part_names(dataset, options.id)
        write_embeddings(out, [str(item) for item in ids], vectors, encoder=loaded, parts=parts)
        aside.unlink(missing_ok=True)
        if len(records.rejects):
            write_quarantine(records, aside)
    of = f" of {len(records):,} ids" if by_row else ""
    typer.echo(
        f"{counted(len(vectors), 'vector')}{of} of width {loaded.dim} by {loaded.name}: {out}"
    )
    if len(records.rejects):
        typer.echo(told_set_aside(len(records.rejects), aside), err=True)
