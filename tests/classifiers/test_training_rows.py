"""Rows that a model was trained on are found again, by their content, and others are not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.classifiers import load_classifier, save_classifier
from coterie.classifiers import training_rows as room
from coterie.classifiers.training_rows import content_hashes, training_rows

from .conftest import KINDS
from .worlds import frame

CELLS = st.one_of(st.none(), st.text(max_size=8), st.integers(-5, 5), st.floats(allow_nan=False))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.randoms())
def test_a_row_is_found_whatever_the_order_of_rows_and_columns(rows, random):
    table = pd.DataFrame(rows, columns=["a", "b"], dtype=object)
    shuffled = list(range(len(table)))
    random.shuffle(shuffled)
    turned = table.iloc[shuffled][["b", "a"]]
    assert content_hashes(turned).tolist() == content_hashes(table)[shuffled].tolist()
    assert training_rows(content_hashes(table)).count(content_hashes(turned)) == len(table)


def test_content_counts_and_not_how_it_is_written():
    rows = pd.DataFrame({"n": [1, 2], "t": ["caf\u00e9", " b "], "m": [None, np.nan]}, dtype=object)
    same = pd.DataFrame({"n": [1.0, 2.0], "t": ["cafe\u0301", "b"], "m": ["", pd.NA]}, dtype=object)
    assert content_hashes(rows).tolist() == content_hashes(same).tolist()
    swapped = rows.rename(columns={"n": "t", "t": "n"})
    assert not set(content_hashes(rows)) & set(content_hashes(swapped))
    assert len(set(content_hashes(["a", "b", "a"]).tolist())) == 2
    assert len(content_hashes([])) == 0


def test_a_sample_of_contents_estimates_how_many_rows_are_known(monkeypatch):
    monkeypatch.setattr(room, "_MOST", 500)
    known = training_rows(content_hashes([f"text {number}" for number in range(5000)]))
    assert (len(known.hashes), known.complete) == (500, False)
    asked = content_hashes([f"text {number}" for number in range(4000, 6000)])
    assert known.count(asked) == pytest.approx(1000, abs=200)


def test_repeated_rows_are_counted():
    assert training_rows(content_hashes(["a", "b", "a", "c"])).repeated == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_knows_its_rows_after_it_was_saved(kind, fitted, tmp_path):
    model, (rows, _), (others, _) = fitted(kind), frame(), frame(seed=7)
    save_classifier(model, tmp_path / kind)
    for each in (model, load_classifier(tmp_path / kind)):
        assert each.rows_.count(each.contents(rows)) == len(rows)
        assert each.rows_.count(each.contents(rows["text"].tolist())) == len(rows)
        shared = set(rows["text"]) & set(others["text"])
        assert each.rows_.count(each.contents(others)) == len(shared)
