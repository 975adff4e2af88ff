"""``embed``, ``assign`` and ``predict`` of many rows, into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from coterie.encoders import learns_from_texts, load_encoder
from coterie.errors import OptionError
from coterie.integrations.ray.answers import assigning, predicting
from coterie.integrations.ray.folders import ManyRows, do_blocks, write_rows
from coterie.integrations.ray.parts import MANIFEST, ROWS, Unfinished
from coterie.integrations.ray.source import RowBlocks, divide
from coterie.options import (
    AssignManyOptions,
    EmbedManyOptions,
    EngineSettings,
    PredictManyOptions,
    TableOptions,
)
from coterie.outputs import Claim, claim_folder
from coterie.records import Settled, Source, Table, require_texts
from coterie.segments import is_segmentation, load_segmentation
from coterie.store import models_in
from coterie.verbs.reading import (
    check_alike,
    columns_alike,
    options_alike,
    read_alike,
    read_texts,
)
from coterie.verbs.saving import sources_of
from coterie.workflows.assignment import embeds_rows, encoder_of, home_of
from coterie.workflows.prediction.predict import LoadedModel, load_models
from coterie.workflows.reading import check_models, check_reading

__all__ = [
    "assign_blocks",
    "assign_many",
    "check_encoder",
    "embed_many",
    "predict_many",
    "text_blocks",
]


def embed_many(
    source: Source, out: str | Path, options: EmbedManyOptions, *, overwrite: bool = False
) -> ManyRows:
    """Embed the text of each row.

    Parameters
    ----------
    source
        A path, a URL or a table in memory; see `coterie.integrations.ray.source.divide`.
    out
        Folder to write. Each of its files has the columns ``row``, ``id``, ``vector`` and
        ``reason``, which tells why a row was set aside.
    options
        Declared in `coterie.options.EmbedManyOptions`.
    overwrite
        Whether to replace what a person made, and to give up unfinished work of other rows.

    Raises
    ------
    OptionError
        When the encoder learns from the texts, or rows are to be rolled up.
    """
    check_encoder(options.encoder)
    with _claim(out, "embed", source, options, overwrite=overwrite):
        work = Unfinished(Path(out))
        rows = text_blocks(source, options, work, "Embedding")
        encoder = load_encoder(options.encoder, device=options.device)
        check_reading(encoder, rows.some.texts.tolist())
        said = {
            "encoder": options.encoder,
            "device": options.device,
            "fingerprint": encoder.fingerprint,
        }
        made = do_blocks("Embedding", "embed", said, rows, work, options, overwrite=overwrite)
        about = {"verb": "embed", "encoder": encoder.name, "fingerprint": encoder.fingerprint}
        return write_rows(made, rows, work, about)


def assign_many(
    source: Source, out: str | Path, options: AssignManyOptions, *, overwrite: bool = False
) -> ManyRows:
    """Assign each row to a segment that was found before.

    Parameters
    ----------
    source, out, overwrite
        As for `embed_many`. The files have the columns of `coterie.Assigned.assignments`, after
        ``row``.
    options
        Declared in `coterie.options.AssignManyOptions`.

    Raises
    ------
    OptionError
        When the segments are described in words only, or rows are to be rolled up.
    """
    home = home_of(options.segments)
    if not is_segmentation(options.segments):
        raise OptionError(
            "Descriptions of segments are fitted to the rows together: assign some thousand rows "
            "without --engine ray (engine='ray') first, and name the folder of that with "
            "--segments (segments=)."
        )
    for name in ("vectors", "label", "encoders"):
        if getattr(options, name):
            raise OptionError(
                f"'{name}' cannot be used with --engine ray (engine='ray'): leave one of them out."
            )
    if embeds_rows(options.segments):
        raise OptionError(
            "The segments were found in means of rows, and --engine ray (engine='ray') works on "
            "single rows: leave it out."
        )
    with _claim(out, "assign", source, home, options, overwrite=overwrite):
        work = Unfinished(Path(out))
        rows = text_blocks(source, options, work, "Assigning")
        made = assign_blocks(rows, home, work, options, overwrite=overwrite)
        return write_rows(made, rows, work, {"verb": "assign", "segments": str(options.segments)})


def assign_blocks(
    rows: RowBlocks,
    home: Path,
    work: Unfinished,
    options: EngineSettings,
    *,
    overwrite: bool = False,
) -> ManyRows:
    """Assign rows to the segments of a folder; the parts stay where the unfinished work is."""
    encoder = encoder_of((), load_segmentation(home), home)
    check_reading(load_encoder(encoder), rows.some.texts.tolist())
    said = assigning(home, encoder)
    return do_blocks("Assigning", "assign", said, rows, work, options, overwrite=overwrite)


def predict_many(
    model: str | Path,
    source: Source,
    out: str | Path,
    options: PredictManyOptions,
    *,
    version: int | None = None,
    id_as: str = "id",
    label_as: str = "label",
    overwrite: bool = False,
) -> ManyRows:
    """Predict each row with a saved model, or with all of a folder.

    Parameters
    ----------
    model
        Model directory, or a folder of several.
    source, out, overwrite
        As for `embed_many`. The files have the columns of `coterie.Model.predict`, after ``row``.
    options
        Declared in `coterie.options.PredictManyOptions`.
    version
        Of the model; the active one when None.
    id_as, label_as
        What the columns of ids and of the labels are called.

    Raises
    ------
    OptionError
        When a model asks a language model, or rows are to be rolled up.
    """
    if options.vectors is not None:
        raise OptionError(
            "'vectors' cannot be used with --engine ray (engine='ray'): leave one of them out."
        )
    with _claim(out, "predict", model, source, options, overwrite=overwrite):
        work, loaded = Unfinished(Path(out)), load_models(model, version)
        if any(hasattr(each.classifier, "asker") for each in loaded):
            raise OptionError(
                "The model asks a language model, which Ray's workers would do without a common "
                "limit: leave --engine ray (engine='ray') out."
            )
        rows = _alike_blocks(source, loaded, options, work)
        check_models([each.classifier for each in loaded], rows.some)
        said = predicting(loaded, joint=bool(models_in(model)), id_as=id_as, label_as=label_as)
        made = do_blocks("Predicting", "predict", said, rows, work, options, overwrite=overwrite)
        models = [{"model": str(m.home), "version": m.manifest.version} for m in loaded]
        return write_rows(made, rows, work, {"verb": "predict", "models": models})


def check_encoder(name: str) -> None:
    """Refuse an encoder that learns from all texts."""
    if learns_from_texts(name):
        raise OptionError(
            f"The encoder {name} learns from all texts, and Ray's workers read some of them each: "
            "name another with --encoder (encoder=), or leave --engine ray (engine='ray') out."
        )


def text_blocks(source: Source, options: Any, work: Unfinished, doing: str) -> RowBlocks:
    """Divide a table of texts."""
    if options.text is None:
        raise OptionError("Name the column of the text with --text (text=).")
    rows = divide(
        source,
        lambda _: (options, Settled()),
        partial(read_texts, source, options),
        folder=work.input,
        block_rows=options.block_rows,
    )
    require_texts(rows.some, doing)
    return rows


def _alike_blocks(
    source: Source, loaded: Sequence[LoadedModel], options: PredictManyOptions, work: Unfinished
) -> RowBlocks:
    """Divide a table that is read as those were that models were trained on."""
    schemas = [each.schema for each in loaded]
    models = [each.classifier for each in loaded]
    wanted = options_alike(options, schemas, models)

    def asked(some: Table) -> tuple[TableOptions, Settled]:
        return columns_alike(some, options, wanted, schemas, models)

    return divide(
        source,
        asked,
        partial(read_alike, source, options, schemas, models),
        folder=work.input,
        block_rows=options.block_rows,
        check=lambda reading: check_alike(reading, schemas, models),
    )


def _claim(
    out: str | Path, verb: str, *reads: Any, overwrite: bool
) -> AbstractContextManager[Claim]:
    return claim_folder(
        out, by=verb, writes=(MANIFEST, ROWS), inputs=sources_of(reads), overwrite=overwrite
    )
