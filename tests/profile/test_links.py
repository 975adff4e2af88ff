import numpy as np
import pytest
from scipy.sparse import csr_array

from coterie.profile.links import linked_texts
from coterie.profile.near import fold, near_duplicates, shingles_of
from coterie.tuning import split_rows


def _likeness(texts):
    sets = shingles_of([fold(text) for text in texts])
    sizes = np.diff(sets.indptr)
    known, columns = np.unique(sets.indices, return_inverse=True)  # of all that hashes can be
    sets = csr_array((sets.data, columns, sets.indptr), shape=(len(texts), len(known)))
    shared = (sets @ sets.T).toarray()
    return shared / np.maximum(sizes[:, None] + sizes[None, :] - shared, 1)


def _templates(rows, seed):
    """Make many texts around the threshold: a few words of a template are changed."""
    rng = np.random.default_rng(seed)
    words = [
        f"{a}{b}" for a in ("ka", "lo", "mi", "nu") for b in ("ra", "sto", "ven", "lig", "mor")
    ]
    templates = [rng.choice(words, 9) for _ in range(12)]
    texts = []
    for _ in range(rows):
        text = templates[rng.integers(12)].copy()
        text[rng.integers(9, size=rng.integers(1, 3))] = rng.choice(words)
        texts.append(" ".join(text))
    return texts


@pytest.mark.parametrize("threshold", [0.6, 0.8, 1.0])
def test_texts_of_different_numbers_are_less_alike_than_the_threshold(threshold):
    texts = _templates(800, 0)
    found = linked_texts(texts, threshold=threshold)
    near = _likeness(texts) >= threshold
    assert (found[:, None] == found[None, :])[near].all()


def test_no_near_twin_is_on_both_sides_of_a_split():
    texts = _templates(1500, 1)
    labels = np.array([str(place % 5) for place in range(1500)], dtype=object)
    near = _likeness(texts) >= 0.8
    sides = split_rows(labels, linked_texts(texts), test=0.2)
    assert not near[np.ix_(sides.test, sides.train)].any()


def test_links_are_joined_and_never_divided():
    texts = _templates(600, 2)
    whole, found = linked_texts(texts), near_duplicates(texts).chain
    for chain in np.unique(found):
        assert len(set(whole[found == chain])) == 1
    assert linked_texts([]).shape == (0,)
    assert linked_texts(["one", "ONE!"]).tolist() == [0, 0]
    assert len(set(linked_texts(["one text", "and quite another"]))) == 2
