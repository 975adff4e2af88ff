"""Similar conversations of an index, with their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from coterie.encoders import EmbeddingCache, Encoder, NoCache, Vectors, embed_texts, mean_rows
from coterie.personal import excerpt, mask
from coterie.search.closeness import closeness_of
from coterie.search.searching import Query, search_index
from coterie.search.storage.reader import IndexReader
from coterie.search.words import is_long
from coterie.workflows.analysis.analysis import SimilarConversation

__all__ = ["find_similar", "text_vector"]

_SHOWN = 200  # characters of a conversation: a judgement
_TRUE, _FALSE = ("1", "true", "yes", "y", "t"), ("0", "false", "no", "n", "f")
_SPARE = 5  # hits more, since some can be the conversation itself


def find_similar(
    index: IndexReader,
    encoder: Encoder,
    text: str,
    *,
    label: str | None,
    classes: Sequence[str] = (),
    most: int = 5,
    cache: EmbeddingCache | None = None,
    hide: Callable[[str], str] = mask,
) -> tuple[SimilarConversation, ...]:
    """Find the conversations of an index that are most like one, by meaning and by words.

    A conversation with the same text is left out.

    Parameters
    ----------
    index, encoder
        The index, and the encoder that it was made with.
    text
        The conversation.
    label
        The column that holds how conversations ended; None where there is none.
    classes
        How the model calls these ends: an index reads 1 and 0 as true and false.
    most
        How many.
    cache
        Where vectors are kept; nowhere when None.
    hide
        What masks personal data.
    """
    if not text.strip() or most < 1:
        return ()
    vector = text_vector(
        text, encoder, by_row=bool(index.version.reading.get("by_row")), cache=cache
    )
    words = text if is_long(text) else ""  # those of a short text hide what its meaning shows
    found = search_index(index, Query(vector=vector, words=words, k=most + _SPARE)).hits
    places = np.array([hit.place for hit in found], dtype=np.int64)
    own = _bare(text)
    texts = index.texts(places)
    outcomes = [None] * len(found)
    if label is not None and label in index.schema:
        outcomes = index.cells(label, places, as_written=True)
    cosines = np.array([hit.cosine for hit in found], dtype=float)
    matches = closeness_of(cosines, index.version.closeness, by_words=False)
    return tuple(
        SimilarConversation(
            id=key,
            match=None if matches is None else float(matches[at]),
            cosine=float(cosines[at]),
            outcome=_outcome(outcomes[at], classes),
            text=excerpt(texts[at], _SHOWN, hide),
        )
        for at, key in enumerate(index.ids(places))
        if _bare(texts[at]) != own
    )[:most]


def text_vector(
    text: str, encoder: Encoder, *, by_row: bool, cache: EmbeddingCache | None = None
) -> Vectors:
    """Embed a text as the rows of an index were: whole, or as the mean of its lines."""
    lines = [line for line in text.splitlines() if line.strip()] if by_row else []
    parts = embed_texts(lines or [text], encoder, cache=cache or NoCache())
    vector: Vectors = mean_rows(parts, np.zeros(len(parts), dtype=np.int64), 1)[0]
    return vector


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())


def _outcome(value: object, classes: Sequence[str]) -> object:
    """Call an end as the model does, where it knows it."""
    if value is None or str(value) in classes:
        return None if value is None else str(value)
    if isinstance(value, bool):
        words = _TRUE if value else _FALSE
        return next((each for each in classes if each.strip().casefold() in words), value)
    whole = isinstance(value, float) and value.is_integer()
    plain = int(value) if whole and isinstance(value, float) else value
    if str(plain) in classes:
        return str(plain)
    return plain if isinstance(plain, str | int | float) else str(plain)
