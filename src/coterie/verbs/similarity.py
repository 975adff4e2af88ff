"""``coterie.similarity``: how alike two rows are, as a check that a person can make."""

from __future__ import annotations

from typing import Any

from coterie.encoders import EmbeddingCache, embed_texts, load_encoder
from coterie.encoders import similarity as cosine_of_ids
from coterie.records import ReadOptions, Records, Source, Table, require_texts
from coterie.verbs.options import check_names
from coterie.verbs.reading import read_given

__all__ = ["similarity"]


def similarity(
    table: Source | Table | Records,
    first: str,
    second: str,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    encoder: str = "minilm",
    cache: EmbeddingCache | None = None,
    **reading: Any,
) -> float:
    """Cosine similarity of two rows, by their ids.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    first, second
        Ids; row numbers from 1 where no id column is named.
    text, id
        Columns.
    encoder
        A name that `coterie.load_encoder` knows.
    cache
        Where vectors are kept; the user's own cache when None.
    **reading
        Other arguments of `coterie.read_records`.

    Returns
    -------
    float
        -1 to 1.

    Raises
    ------
    InputError
        When there is no such id; the message names the nearest.
    """
    check_names(reading, similarity, ReadOptions, without=("table", "source"))
    records = read_given(table, text=text, id=id, **reading).records
    require_texts(records, "Comparing")
    pair = (str(first), str(second))
    wanted = [row for row, key in enumerate(records.ids) if str(key) in pair]
    made = load_encoder(encoder, fit_on=records.texts.tolist())
    kept = EmbeddingCache() if cache is None else cache
    vectors = embed_texts(records.texts[wanted].tolist(), made, cache=kept)
    return cosine_of_ids(records.ids[wanted], vectors, *pair)
