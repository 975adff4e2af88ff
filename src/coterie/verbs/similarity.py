"""``coterie.similarity``: how alike two rows are, as a check that a person can make."""

from __future__ import annotations

from coterie.encoders import embed_texts, load_encoder
from coterie.encoders import similarity as cosine_of_ids
from coterie.options import SimilarityOptions
from coterie.records import Records, Source, Table, require_texts
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts

__all__ = ["similarity", "similarity_with"]


def similarity_with(
    table: Source | Table | Records, one: str, other: str, options: SimilarityOptions
) -> float:
    """Cosine similarity of two rows, by their ids.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    one, other
        Ids; row numbers from 1 where no id column is named.
    options
        Declared in `coterie.options.SimilarityOptions`.

    Returns
    -------
    float
        -1 to 1.

    Raises
    ------
    InputError
        When there is no such id; the message names the nearest.
    """
    records = read_texts(table, options).records
    require_texts(records, "Comparing")
    pair = (str(one), str(other))
    wanted = [row for row, key in enumerate(records.ids) if str(key) in pair]
    encoder = load_encoder(options.encoder, token=options.token, fit_on=records.texts.tolist())
    vectors = embed_texts(records.texts[wanted].tolist(), encoder, cache=options.cache)
    return cosine_of_ids(records.ids[wanted], vectors, *pair)


similarity = by_name(similarity_with, SimilarityOptions)
