"""A misspelt option is an error that names the nearest, before any work is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError

VERBS: dict[str, Callable[..., Any]] = {
    "discover": lambda frame, **options: coterie.discover(frame, text="message", **options),
    "assign": lambda frame, **options: coterie.assign(
        frame, text="message", segments="attendees", **options
    ),
    "similarity": lambda frame, **options: coterie.similarity(
        frame, "1", "2", text="message", **options
    ),
    "explore": lambda frame, **options: coterie.explore(frame, text="message", **options),
    "tune": lambda frame, **options: coterie.tune(frame, text="message", label="intent", **options),
}


@pytest.mark.parametrize(
    ("verb", "option", "meant"),
    [
        ("discover", "encodr", "encoder"),
        ("discover", "delimeter", "delimiter"),
        ("assign", "groop", "group"),
        ("similarity", "encodr", "encoder"),
        ("explore", "respons", "response"),
        ("explore", "delimeter", "delimiter"),
        ("tune", "epoch", "epochs"),
        ("tune", "suspect", "suspects"),
        ("tune", "delimeter", "delimiter"),
    ],
)
def test_a_misspelt_option_names_the_nearest(
    verb: str, option: str, meant: str, frame: pd.DataFrame
) -> None:
    with pytest.raises(OptionError, match=f"'{meant}'"):
        VERBS[verb](frame, **{option: "x"})


def test_so_it_is_where_a_model_is_asked(frame: pd.DataFrame, cache: EmbeddingCache) -> None:
    model = coterie.train(frame, text="message", label="intent", encoder="tfidf", cache=cache)
    with pytest.raises(OptionError, match="'delimiter'"):
        model.predict(frame, delimeter=";")
    with pytest.raises(OptionError, match="'positive'"):
        coterie.evaluate(model, frame, positiv="refund")
