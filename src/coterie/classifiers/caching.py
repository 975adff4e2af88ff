"""A fitted model with another cache of vectors, for as long as a call takes."""

from __future__ import annotations

from copy import copy
from typing import Any, TypeVar

from coterie.encoders import EmbeddingCache, NoCache
from coterie.llm import NoAnswers

__all__ = ["with_cache"]

ModelT = TypeVar("ModelT")


def with_cache(model: ModelT, cache: EmbeddingCache | None) -> ModelT:
    """Give a fitted model that looks vectors up in another cache; the model itself stays as it is.

    Both share what was learnt, so this costs nothing:
    ``with_cache(model, MemoryCache()).predict_proba(texts)``.

    Parameters
    ----------
    model
        A fitted classifier or regressor; a vote or a cascade hands the cache to its members.
    cache
        Where vectors are kept; the user's own cache when None, and `NoCache` keeps none, and no
        answers of a language model either.
    """
    found: Any = copy(model)
    asker = getattr(found, "asker", None)
    if asker is not None and isinstance(cache, NoCache) and not isinstance(asker.kept, NoAnswers):
        found.asker = found.asker.without_kept()
    if hasattr(found, "members_"):
        found.members_ = [with_cache(member, cache) for member in found.members_]
    else:
        found.cache = cache
    same: ModelT = found
    return same
