"""What each verb makes of the records of a block: the same functions as in one process."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from coterie.encoders import NoCache, Vectors, embed_texts, load_encoder, read_shares
from coterie.encoders.cache import text_key
from coterie.encoders.files import vectors_table
from coterie.errors import CoterieWarning, EncoderMismatchError, IntegrityError
from coterie.records import Records
from coterie.segments import assignments_table, load_segmentation
from coterie.segments.taxonomy.files import FILE
from coterie.workflows.prediction.predict import (
    LoadedModel,
    load_model,
    predict_jointly,
    predict_records,
)

__all__ = ["Answer", "answer_of", "assigning", "digest_of", "predicting"]

Answer: TypeAlias = Callable[[Records], pa.Table]
"""From records to a table with a row for each row of the source."""


def answer_of(verb: str, said: Mapping[str, Any]) -> Answer:
    """Load what a verb needs, as its options say; the same in a worker as in one process.

    Raises
    ------
    IntegrityError
        When a model or segments are not those that the work began with.
    EncoderMismatchError
        When the encoder is not.
    """
    return {"embed": _embed, "predict": _predict, "assign": _assign, "keep": _keep}[verb](said)


def predicting(
    models: Sequence[LoadedModel], *, joint: bool, id_as: str, label_as: str
) -> dict[str, Any]:
    """Say what `answer_of` needs to predict; ``joint`` is for the models of a folder."""
    named = [
        {"path": str(m.home.resolve()), "version": m.manifest.version, "digest": digest_of(m)}
        for m in models
    ]
    return {"models": named, "joint": joint, "id_as": id_as, "label_as": label_as}


def digest_of(model: LoadedModel) -> str:
    """Hash what the manifest says of all files of a model, each of which is checked against it."""
    files = {name: entry.sha256 for name, entry in model.manifest.files.items()}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def assigning(folder: Path, encoder: str) -> dict[str, Any]:
    """Say what `answer_of` needs to assign rows to the segments of a folder."""
    digest = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    return {"segments": str(folder.resolve()), "digest": digest, "encoder": encoder}


def _predict(said: Mapping[str, Any]) -> Answer:
    loaded = [load_model(each["path"], each["version"]) for each in said["models"]]
    for model, each in zip(loaded, said["models"], strict=True):
        _check_same(digest_of(model), each["digest"], each["path"])

    def answer(records: Records) -> pa.Table:
        if said["joint"]:
            frame = predict_jointly(loaded, records, cache=NoCache()).frame()
            names = [said["id_as"]]
        else:
            frame = predict_records(loaded[0].classifier, records, cache=NoCache()).frame()
            names = [said["id_as"], said["label_as"]]
        return _named(_spread(records, frame), names)

    return _quietly(answer)


def _assign(said: Mapping[str, Any]) -> Answer:
    folder = Path(said["segments"])
    segmentation = load_segmentation(folder)
    _check_same(hashlib.sha256((folder / FILE).read_bytes()).hexdigest(), said["digest"], folder)
    encoder = load_encoder(said["encoder"])

    def answer(records: Records) -> pa.Table:
        texts = records.texts.tolist()
        vectors = embed_texts(texts, encoder, cache=NoCache())
        found = segmentation.predict(
            vectors, fingerprint=encoder.fingerprint, readable=read_shares(encoder, texts)
        )
        return _spread(records, assignments_table(segmentation, records.ids.tolist(), found))

    return _quietly(answer)


def _embed(said: Mapping[str, Any]) -> Answer:
    encoder = _encoder(said)

    def answer(records: Records) -> pa.Table:
        vectors = embed_texts(records.texts.tolist(), encoder, cache=NoCache())
        rows = records.source_rows
        kept = rows.owners >= 0
        spread = np.zeros((len(rows), encoder.dim), dtype=np.float32)
        spread[kept] = vectors[rows.owners[kept]]
        table = vectors_table(rows.ids.tolist(), spread, encoder=encoder, missing=~kept)
        table = table.append_column("reason", pa.array(rows.reasons, pa.large_string()))
        return table.add_column(0, "row", pa.array(rows.numbers, pa.int64()))

    return answer


def _keep(said: Mapping[str, Any]) -> Answer:
    """Give the vector of each distinct text by its key, for `KeptVectors`."""
    encoder = _encoder(said)

    def answer(records: Records) -> pa.Table:
        texts = list(dict.fromkeys(records.texts.tolist()))
        vectors = embed_texts(texts, encoder, cache=NoCache())
        keys = pa.array([text_key(text) for text in texts], pa.binary(16))
        return pa.table({"key": keys, "vector": _lists(vectors)})

    return answer


def _lists(vectors: Vectors) -> pa.Array:
    flat = pa.array(vectors.reshape(-1), type=pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def _encoder(said: Mapping[str, Any]) -> Any:
    encoder = load_encoder(said["encoder"], device=said.get("device"))
    if encoder.fingerprint != said["fingerprint"]:
        raise EncoderMismatchError(
            f"A worker has another {encoder.name} than this process: install the same versions "
            "and weights on all machines, set COTERIE_CACHE to a folder that all share, and give "
            "?precision=f32 where a processor does not compute in bfloat16."
        )
    return encoder


def _check_same(found: str, wanted: str, place: Path | str) -> None:
    if found != wanted:
        raise IntegrityError(
            f"{place} is not what the work began with: let it stay as it is until the end, the "
            "same on all machines."
        )


def _quietly(answer: Answer) -> Answer:
    """Leave warnings out, which were given before for rows of all blocks."""

    def quiet(records: Records) -> pa.Table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)
            return answer(records)

    return quiet


def _spread(records: Records, frame: pd.DataFrame) -> pa.Table:
    spread = records.spread(frame)
    spread.insert(0, "row", records.source_rows.numbers)
    return pa.table({str(name): _typed(spread[name]) for name in spread.columns})


def _typed(column: pd.Series[Any]) -> pa.Array:
    """Take numbers and truth values as they are, and anything else as text."""
    if pd.api.types.is_numeric_dtype(column.dtype):  # truth values among them
        return pa.array(column)
    texts = [None if cell is None else str(cell) for cell in column.astype(object)]
    return pa.array(texts, pa.large_string())


def _named(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Give the columns after that of the row numbers other names."""
    return table.rename_columns(
        [table.column_names[0], *names, *table.column_names[len(names) + 1 :]]
    )
