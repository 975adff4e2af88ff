"""No model reports rows that it was trained on as unseen: labels by chance score at chance."""

import numpy as np
import pytest

from coterie.classifiers import ContrastiveClassifier
from coterie.errors import EncoderError

from .conftest import KINDS, make
from .worlds import WORDS

SHAPES = {"even": (30, 30, 30), "one row": (45, 44, 1), "skewed": (60, 25, 2), "pairs": (2,) * 20}


def by_chance(sizes):
    """Texts, and labels that have nothing to do with them."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([f"label {k}" for k in range(len(sizes))], sizes))
    return [" ".join(rng.permutation(WORDS)[:5]) for _ in labels], labels


def at_chance(held):
    """Whether no more of the rows are right than three standard deviations above chance."""
    right = held.probabilities.argmax(axis=1) == held.codes
    chance = np.bincount(held.codes).max() / len(held.codes)
    return right.mean() <= chance + 3 * np.sqrt(chance * (1 - chance) / len(right))


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_labels_drawn_by_chance_score_at_chance(kind, shape, bert):
    if kind in ("mlp", "contrastive", "voting"):
        pytest.importorskip("torch", reason="needs coterie[torch]")
    assert at_chance(make(kind, bert).fit(*by_chance(SHAPES[shape])).held_)


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_an_encoder_that_knows_its_rows_by_heart_is_judged_by_others():
    """One row of a label: all rows were tuned on in earlier versions, and 97% of them right."""
    pytest.importorskip("torch", reason="needs coterie[torch]")
    try:
        model = ContrastiveClassifier("minilm", epochs=15).fit(*by_chance((30, 29, 1)))
    except EncoderError as error:
        pytest.skip(f"needs the weights of MiniLM: {error}")
    assert len(model.held_.rows) < 30
    assert at_chance(model.held_)
