"""Features of clients: right by hand, learnt from training rows only, the same after saving."""

import copy
import json
import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, issparse, vstack
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from coterie.classifiers import (
    FEATURE_KINDS,
    ConceptEmbeddings,
    ConceptPairs,
    ConceptStatistics,
    ContextColumns,
    OneHotConcepts,
    TextEmbeddings,
    TfidfConcepts,
    feature_sources,
    features_from_state,
    features_state,
    make_features,
)
from coterie.classifiers.features import concept_vectors
from coterie.classifiers.features.clients import read_mentions
from coterie.encoders import EmbeddingCache
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderMismatchError,
    InputError,
    OptionError,
)

from .worlds import Hashed

SPARSE = ("one-hot", "tfidf", "pairs")


def frame(cells, **columns):
    return pd.DataFrame({"concepts": pd.Series(cells, dtype=object), **columns})


SHOP = frame(
    [
        ["Price sensitive", "likes tea", "price sensitive "],
        "likes tea\n\nPrice sensitive",
        ("likes tea", "new in town"),
        None,
        {"new in town"},
        np.array(["price sensitive", "likes tea", None], dtype=object),
    ]
)


def world(n=300, concepts=60, seed=0):
    """n clients with some concepts, a note and context, and whether they bought."""
    rng = np.random.default_rng(seed)
    often = 1 / np.arange(1, concepts + 1) ** 0.7
    words = rng.choice(["price", "tea", "town", "card", "late", "fond"], (concepts, 2))
    names = [f"{one} {two} {place}" for place, (one, two) in enumerate(words)]
    held = rng.random((n, concepts)) < often
    bought = rng.random(n) < 1 / (1 + np.exp(-(held @ rng.normal(0, 1.5, concepts))))
    cells = [[names[each] for each in np.flatnonzero(row)] or None for row in held]
    table = frame(
        cells,
        note=["asks for the price" if row % 3 else " " for row in range(n)],
        visits=rng.integers(0, 9, n).astype(float),
        source=rng.choice(["google", "friend", "Select"], n),
    )
    table.loc[table.index[::11], "visits"] = np.nan
    return table, bought.astype(int)


def whole(encoder=None, **options):
    given = {"text": "note", "context": ("visits", "source"), "encoder": encoder or Hashed()}
    return make_features(**{**given, **options})


def fitted(**options):
    table, _ = world()
    with pytest.warns(CoterieWarning, match=r"'Select'.*source"):
        return whole(**options).fit(table), table


def feature_block(pipeline, kind):
    return dict(pipeline["blocks"].transformer_list)[kind]


def dense(features):
    return features.toarray() if issparse(features) else features


def same(one, other):
    return one.dtype == other.dtype and np.array_equal(dense(one), dense(other))


# What each block gives


def test_mentions_are_read_from_every_kind_of_cell():
    found = read_mentions(SHOP["concepts"], "concepts")
    assert found.keys == ["likes tea", "new in town", "price sensitive"]
    assert found.names == ["likes tea", "new in town", "Price sensitive"]
    assert found.counts.toarray().tolist() == [
        [1, 0, 2],
        [1, 0, 1],
        [1, 1, 0],
        [0, 0, 0],
        [0, 1, 0],
        [1, 0, 1],
    ]


def test_the_commonest_spelling_is_shown_and_of_equals_the_first():
    cells = frame([["tea", "Tea"], ["TEA", " TEA"], "b", "B"])
    names = read_mentions(cells["concepts"], "concepts").names
    assert names == ["B", "TEA"]


@pytest.mark.parametrize("cell", [None, np.nan, pd.NA, pd.NaT, "", " \n ", [], (), [None, " "]])
def test_a_client_without_concepts(cell):
    clients = frame([["a", "b"], ["a"], ["b"], cell])
    features = make_features(encoder=Hashed()).fit_transform(clients)
    assert features[3].nnz == 0


@pytest.mark.parametrize("cell", [3.5, {"a": 1}, b"a", True])
def test_a_cell_that_holds_no_concepts_is_told(cell):
    with pytest.raises(InputError, match=r"Row 2 .*'concepts'"):
        OneHotConcepts().fit(frame(["a", cell]))


def test_columns_of_other_kinds_are_read():
    arrow = pd.DataFrame({"concepts": pd.Series(["a\nb", None], dtype="string[pyarrow]")})
    assert read_mentions(arrow["concepts"], "concepts").keys == ["a", "b"]
    numbers = frame([[12, 7], [12]])
    assert read_mentions(numbers["concepts"], "concepts").keys == ["12", "7"]


def test_one_hot():
    block = OneHotConcepts()
    found = block.fit_transform(SHOP)
    assert found.format == "csr"
    assert found.dtype == np.float32
    assert block.get_feature_names_out().tolist() == [
        "concept: likes tea",
        "concept: Price sensitive",
        "concept: new in town",
    ]
    assert found.toarray().tolist() == [
        [1, 1, 0],
        [1, 1, 0],
        [1, 0, 1],
        [0, 0, 0],
        [0, 0, 1],
        [1, 1, 0],
    ]
    assert list(OneHotConcepts(least=3).fit(SHOP).names_) == ["likes tea", "price sensitive"]
    assert list(OneHotConcepts(most=1).fit(SHOP).names_) == ["likes tea"]
    assert OneHotConcepts(least=9).fit_transform(SHOP).shape == (6, 0)


def test_tfidf_is_that_of_scikit_learn():
    table, _ = world()
    texts = ["\n".join(cell or []) for cell in table["concepts"]]
    theirs = TfidfVectorizer(token_pattern=r"\w+", max_features=10)
    expected = theirs.fit_transform(texts)
    block = TfidfConcepts(most=10)
    found = block.fit_transform(table)
    assert found.format == "csr"
    assert found.dtype == np.float32
    order = [theirs.vocabulary_[term] for term in block.terms_]
    assert len(order) == 10
    np.testing.assert_allclose(found.toarray(), expected[:, order].toarray(), atol=1e-6)
    assert block.get_feature_names_out()[0] == f"term: {block.terms_[0]}"
    totals = np.asarray(theirs.set_params(use_idf=False, norm=None).fit_transform(texts).sum(0))[0]
    assert np.all(np.diff(totals[order]) <= 0)


def test_how_often_a_client_has_a_concept_counts_for_tfidf_only():
    once, twice = frame([["a", "b"], ["c"]]), frame([["a", "a", "b"], ["c"]])
    assert same(OneHotConcepts().fit_transform(once), OneHotConcepts().fit_transform(twice))
    encoder = Hashed()
    assert same(
        ConceptEmbeddings(encoder).fit_transform(once),
        ConceptEmbeddings(encoder).fit_transform(twice),
    )
    weights = TfidfConcepts().fit(once).transform(twice).toarray()[0]
    assert weights[0] == pytest.approx(2 * weights[1])


def test_embeddings_are_means_and_each_concept_is_embedded_once(tmp_path):
    encoder = Hashed()
    found = ConceptEmbeddings(encoder).fit_transform(SHOP)
    assert sorted(encoder.asked) == ["likes tea", "new in town", "price sensitive"]
    tea, town, price = encoder.encode(["likes tea", "new in town", "price sensitive"])
    expected = [(tea + price) / 2, (tea + price) / 2, (tea + town) / 2, 0 * tea, town]
    np.testing.assert_allclose(found[:5], expected, atol=1e-6)
    assert found.dtype == np.float32
    cached, cache = Hashed(), EmbeddingCache(tmp_path)
    block = ConceptEmbeddings(cached, cache).fit(SHOP)
    assert same(block.transform(SHOP), found)
    assert same(block.transform(SHOP), found)
    assert len(cached.asked) == 3
    assert block.get_feature_names_out()[7] == "embedding 7"


def test_concepts_of_the_training_are_not_embedded_again(monkeypatch):
    encoder = Hashed()
    whole_vectors = ConceptEmbeddings(encoder).fit(SHOP)
    asked = len(encoder.asked)
    strangers = frame([["likes tea", "zz"], ["zz"], []])
    found = whole_vectors.transform(strangers)
    assert encoder.asked[asked:] == ["zz"]
    monkeypatch.setattr(concept_vectors, "_KEPT", 1)
    commonest = ConceptEmbeddings(encoder).fit(SHOP)
    assert list(commonest.keys_) == ["likes tea"]
    assert same(commonest.transform(strangers), found)
    monkeypatch.setattr(concept_vectors, "_KEPT", 0)
    assert same(ConceptEmbeddings(encoder).fit(SHOP).transform(strangers), found)


def test_texts_are_embedded_and_blank_ones_are_zeros():
    encoder = Hashed()
    texts = pd.DataFrame({"text": ["a b", "", None, np.nan, " \n", "c", 7]})
    block = TextEmbeddings(encoder=encoder)
    found = block.fit_transform(texts)
    assert not found[1:5].any()
    assert np.array_equal(found[[0, 5, 6]], encoder.encode(["a b", "c", "7"]))
    assert block.get_feature_names_out()[3] == "text 3"


def test_pairs_are_those_whose_own_effect_can_be_told():
    # a and b: 2 with both, 2 with a only, 2 with b only, 4 with neither; x never comes without y
    cells = ["a\nb"] * 2 + ["a"] * 2 + ["b"] * 2 + ["x\ny"] * 3 + ["y"]
    block = ConceptPairs()
    found = block.fit_transform(frame(cells))
    assert block.pairs_ == (("a", "b"),)
    assert block.get_feature_names_out().tolist() == ["pair: a + b"]
    assert found.toarray().ravel().tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert (found.format, found.dtype) == ("csr", np.float32)
    with pytest.warns(CoterieWarning, match="zz"):
        other = OneHotConcepts().fit(frame(cells)).transform(frame(["zz"]))
    assert other.nnz == 0
    assert block.transform(frame(["B\nA\nzz"])).toarray().tolist() == [[1]]
    assert ConceptPairs(least=3).fit_transform(frame(cells)).shape == (10, 0)


def plain_ranking(held, most, least):
    """Rank all pairs at once, as it is written in the text."""
    found = []
    for one in range(held.shape[1]):
        for two in range(one + 1, held.shape[1]):
            a, b = held[:, one], held[:, two]
            cells = [(a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum()]
            if min(cells) > 0 and cells[0] >= least:
                found.append((sum(Fraction(1, int(cell)) for cell in cells), one, two))
    return [(one, two) for _, one, two in sorted(found)[:most]]


@pytest.mark.parametrize("slab", [1, 4, 256])
@pytest.mark.parametrize("most", [1, 7, 200, 1000])
def test_pairs_are_the_best_of_all_whatever_the_slab(monkeypatch, slab, most):
    from coterie.classifiers.features import concept_pairs

    monkeypatch.setattr(concept_pairs, "_SLAB", slab)
    rng = np.random.default_rng(most)
    few = rng.random((60, 15)) < rng.random(15) * 0.6  # many of whose pairs are equals
    many = rng.random((400, 40)) < rng.permutation(np.geomspace(0.6, 0.01, 40))
    for held in (few, many):
        found = concept_pairs.rank_pairs(csr_matrix(held.astype(np.int64)), most, 2)
        expected = plain_ranking(held, most, 2)
        assert len(found) == min(most, len(expected))
        assert found == expected


def test_statistics():
    block = ConceptStatistics()
    found = block.fit_transform(SHOP)
    assert found.dtype == np.float32
    assert block.get_feature_names_out().tolist() == [
        "statistics: mentions",
        "statistics: distinct concepts",
        "statistics: mean rarity",
    ]
    tea, town, price = (1 + np.log(7 / (1 + having)) for having in (4, 2, 3))
    expected = [
        [3, 2, (tea + price) / 2],
        [2, 2, (tea + price) / 2],
        [2, 2, (tea + town) / 2],
        [0, 0, 0],
        [1, 1, town],
        [2, 2, (tea + price) / 2],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.warns(CoterieWarning, match="never heard"):
        unseen = block.transform(frame(["never heard"]))
    np.testing.assert_allclose(unseen, [[1, 1, 1 + np.log(7 / 2)]], rtol=1e-6)


def test_context_columns_say_what_they_count_as_missing():
    table = pd.DataFrame(
        {
            "visits": [1.0, np.inf, 3.0, np.nan, 2.0, -np.inf],
            "source": ["google", "Select", " select", "friend", "google", "N/A"],
            "seats": ["1", "?", "3", "4", "5", "6"],
            "same": ["x"] * 6,
        }
    )
    block = ContextColumns(["visits", "source", "seats", "same"])
    with pytest.warns(CoterieWarning) as told:
        found = block.fit_transform(table)
    infinite, words, constant = (str(each.message) for each in told)
    assert "2 infinite values in visits" in infinite
    assert "3 of 'N/A', 'Select', 'select' in source; 1 of '?' in seats" in words
    assert "same" in constant
    assert np.isfinite(found).all()
    assert block.get_feature_names_out().tolist() == [
        "context: visits",
        "context: visits is missing",
        "context: source = google",
        "context: source = friend",
        "context: seats",
        "context: seats is missing",
    ]
    missing = pd.DataFrame({"visits": [np.nan], "source": [None], "seats": [None]})
    odd = pd.DataFrame({"visits": [np.inf], "source": ["NULL"], "seats": ["n/a"]})
    with pytest.warns(CoterieWarning, match="visits"):
        assert same(block.transform(odd), block.transform(missing))
    with pytest.warns(CoterieWarning, match=r"source.*bing"):
        block.transform(pd.DataFrame({"visits": [1], "source": ["bing"], "seats": [1]}))
    with pytest.warns(CoterieWarning, match="source or seats"):
        block.transform(pd.DataFrame({"visits": [1]}))
    with pytest.raises(ColumnError, match="'visits'"):
        ContextColumns(["visit"]).fit(table)


def test_answers_that_only_look_like_placeholders_are_kept():
    table = pd.DataFrame({"cover": ["none", "unknown", "other", "-", "full", "Selected"]})
    names = ContextColumns(["cover"]).fit(table).get_feature_names_out()
    assert len(names) == 6
    with pytest.warns(CoterieWarning, match=r"'none'.*cover"):
        names = ContextColumns(["cover"], placeholders=("None",)).fit(table).get_feature_names_out()
    assert "context: cover = none" not in names


# All of them together


def test_names_and_sources_match_the_columns():
    pipeline, table = fitted()
    features = pipeline.transform(table)
    names = pipeline.get_feature_names_out()
    sources = feature_sources(pipeline)
    assert features.shape == (len(table), len(names))
    assert (features.format, features.dtype) == ("csr", np.float32)
    assert sources["name"].tolist() == names.tolist()
    assert len(set(names)) == len(names)
    assert sources["kind"].drop_duplicates().tolist() == [*FEATURE_KINDS, "text", "context"]
    found = pd.DataFrame(features.toarray(), columns=names)
    for row in sources[sources["kind"].isin(["one-hot", "pairs"])].itertuples():
        has = [set(row.concepts) <= set(cell or ()) for cell in table["concepts"]]
        assert found[row.name].astype(bool).tolist() == has
    statistics = sources[sources["kind"] == "statistics"]["source"].tolist()
    assert statistics == ["mentions", "distinct concepts", "mean rarity"]
    context = sources[sources["kind"] == "context"]["source"].tolist()
    assert context == ["visits", "visits", "source", "source"]
    counts = table["concepts"].map(lambda cell: len(cell or ()))
    scaled = found["statistics: mentions"] * counts.max()
    np.testing.assert_allclose(scaled, counts, rtol=1e-5)


def test_names_that_would_be_the_same_are_told_apart():
    cells = ["a\nb + c"] * 3 + ["a + b\nc"] * 3 + ["a", "b + c", "a + b", "c"] * 2
    names = ConceptPairs().fit(frame(cells)).get_feature_names_out().tolist()
    assert sorted(names) == ["pair: a + b + c", "pair: a + b + c (2)"]


@pytest.mark.parametrize("kind", [*FEATURE_KINDS, "text", "context"])
def test_sparse_stays_sparse(kind):
    table, _ = world()
    kinds = [kind] if kind in FEATURE_KINDS else []
    pipeline = make_features(
        kinds,
        text="note" if kind == "text" else None,
        context=["visits"] if kind == "context" else (),
        encoder=Hashed(),
    )
    features = pipeline.fit_transform(table)
    assert issparse(features) == (kind in SPARSE)
    block = feature_block(pipeline, kind).fit_transform(table)
    assert issparse(block) == (kind in SPARSE)
    assert block.dtype == np.float32
    assert kind not in SPARSE or block.has_canonical_format
    assert features.dtype == np.float32
    assert np.abs(dense(features)).max() <= 1
    assert len(pipeline.get_feature_names_out()) == features.shape[1]
    assert set(feature_sources(pipeline)["kind"]) == {kind}


def test_a_table_can_be_had_where_all_is_dense():
    table, _ = world()
    pipeline = make_features(["statistics"]).set_output(transform="pandas")
    found = pipeline.fit_transform(table)
    assert found.columns.tolist() == pipeline.get_feature_names_out().tolist()


def test_only_training_rows_are_learnt_from():
    table, _ = world()
    pipeline = whole(warn=False).fit(table)
    before = pipeline.get_feature_names_out().tolist()
    odd = table.head(3).copy()
    odd["concepts"] = [["only here"], ["only here", "also here"], ["third one", "fourth one"]]
    odd["source"] = "bing"
    features = pipeline.transform(odd)
    assert features.shape[1] == len(before)
    assert pipeline.get_feature_names_out().tolist() == before
    assert not any("here" in name or "bing" in name for name in before)
    kinds = feature_sources(pipeline)["kind"].to_numpy()
    assert features[:, np.flatnonzero(np.isin(kinds, SPARSE))].nnz == 0
    both = pd.concat([table, odd])
    other = whole(warn=False).fit(both).get_feature_names_out().tolist()
    assert "concept: only here" in other


def test_unseen_concepts_are_told_once_with_their_number():
    table, _ = world()
    pipeline = make_features(encoder=Hashed()).fit(table)
    odd = frame([["A", "b"], ["c", "a", "a", "d"], table["concepts"][0]])
    with pytest.warns(CoterieWarning) as told:
        pipeline.transform(odd)
    assert len(told) == 1
    assert "4 concepts, among them a, b, c." in str(told[0].message)
    pipeline.set_params(read__warn=False).transform(odd)


def test_folds_and_clones_do_not_warn_where_that_is_not_wanted():
    table, bought = world(120)
    model = make_pipeline(whole(warn=False), LogisticRegression(max_iter=1000))
    assert len(cross_val_score(model, table, bought, cv=5)) == 5


@pytest.mark.parametrize(
    "model",
    [LogisticRegression(max_iter=2000), RandomForestClassifier(60, random_state=0)],
    ids=["linear", "forest"],
)
def test_shuffled_labels_cannot_be_predicted(model):
    table, bought = world(600)
    pipeline = make_pipeline(whole(warn=False), model)
    scores = cross_val_score(pipeline, table, bought, cv=5, scoring="roc_auc")
    assert scores.mean() > 0.75
    chance = [
        cross_val_score(
            pipeline, table, np.random.default_rng(seed).permutation(bought), scoring="roc_auc"
        ).mean()
        for seed in range(3)
    ]
    assert np.mean(chance) == pytest.approx(0.5, abs=0.06)


def test_labels_are_not_looked_at():
    table, bought = world()
    without = whole(warn=False).fit_transform(table)
    assert same(whole(warn=False).fit_transform(table, bought), without)
    assert same(whole(warn=False).fit(table, np.zeros(len(table))).transform(table), without)


def test_what_never_varies_stays_finite():
    table = frame([["a", "b"]] * 5, same=[1.0] * 5, level=["x"] * 5, ends=[np.inf] * 5)
    pipeline = make_features(context=["same", "level", "ends"], encoder=Hashed(), warn=False)
    features = pipeline.fit_transform(table)
    assert np.isfinite(features.data).all()
    assert not any(name.startswith("context") for name in pipeline.get_feature_names_out())


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.integers(0, 39), min_size=1, max_size=12),
    others=st.lists(st.lists(st.sampled_from("abcÄß "), max_size=4), max_size=4),
)
def test_a_row_is_the_same_in_any_company(rows, others):
    table, expected, pipeline = _company()
    more = pd.concat([table.iloc[rows], frame(others)], ignore_index=True)
    found = pipeline.transform(more)[: len(rows)]
    assert same(found, expected[rows])
    assert same(vstack([pipeline.transform(table.iloc[[row]]) for row in rows]), found)


def _company(made=[]):  # noqa: B006
    if not made:
        table, _ = world(40)
        pipeline = whole(warn=False).fit(table)
        made += [table, pipeline.transform(table), pipeline]
    return made


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.lists(st.text(max_size=5), max_size=5))))
def test_any_text_can_be_a_concept(cells):
    clients = frame(["a", *cells])
    pipeline = make_features(encoder=Plain()).fit(clients)
    features = pipeline.transform(clients)
    assert np.isfinite(features.data).all()
    assert len(set(pipeline.get_feature_names_out())) == features.shape[1]
    state, arrays = features_state(pipeline)
    again = features_from_state(json.loads(json.dumps(state)), arrays, encoder=Plain())
    assert same(again.transform(clients), features)


class Plain(Hashed):
    """Takes any text, lone surrogates among them."""

    def encode(self, texts):
        return super().encode([text.encode("utf-8", "surrogatepass").hex() for text in texts])


def test_the_real_size_is_sparse_and_each_concept_is_embedded_once():
    rng = np.random.default_rng(0)
    often = 1 / np.arange(1, 1251) ** 0.7
    cells = [
        [f"concept {each}" for each in rng.choice(1250, size, p=often / often.sum())]
        for size in rng.poisson(18, 2000)
    ]
    clients, encoder = frame(cells), Hashed()
    kinds = feature_sources(make_features(encoder=encoder).fit(clients))["kind"].value_counts()
    distinct = {each for cell in cells for each in cell}
    assert kinds.to_dict() == {
        "one-hot": len(distinct),
        "tfidf": 200,
        "embeddings": 8,
        "pairs": 100,
        "statistics": 3,
    }
    assert sorted(encoder.asked) == sorted(distinct)


# scikit-learn's contract, and errors


@pytest.mark.parametrize(
    "block",
    [
        OneHotConcepts("c", least=2, most=5),
        TfidfConcepts("c", most=3),
        ConceptEmbeddings(Hashed(), EmbeddingCache("folder"), "c"),
        ConceptPairs("c", most=4, least=3),
        ConceptStatistics("c"),
        TextEmbeddings("t", Hashed()),
        ContextColumns(("a",), placeholders=("x",)),
        whole(),
    ],
    ids=lambda block: type(block).__name__,
)
def test_clone_copies_the_parameters(block):
    again = clone(block)
    flat = {k: v for k, v in again.get_params().items() if isinstance(v, str | int | tuple | None)}
    theirs = block.get_params()
    assert {k: theirs[k] for k in flat} == flat
    encoders = [k for k in theirs if k.endswith(("encoder", "cache"))]
    assert all(again.get_params()[k] is theirs[k] for k in encoders)
    with pytest.raises(NotFittedError):
        again.transform(SHOP)


@pytest.mark.parametrize(
    ("kinds", "hint"),
    [
        (["onehot"], "one-hot"),
        (["tf-idf"], "tfidf"),
        (["zzz"], "one-hot, tfidf"),
        ([], "features"),
    ],
)
def test_unknown_kinds(kinds, hint):
    with pytest.raises(OptionError, match=hint):
        make_features(kinds)


@pytest.mark.parametrize(
    "block",
    [
        OneHotConcepts(least=0),
        OneHotConcepts(most=0),
        TfidfConcepts(most=1.5),
        ConceptPairs(most=0),
    ],
    ids=str,
)
def test_parameters_out_of_bounds(block):
    with pytest.raises(OptionError, match=r"(least|most) is .* 1"):
        block.fit(SHOP)


def test_what_cannot_be_learnt_from_is_told():
    with pytest.raises(ColumnError, match=r"'concept'.*'concepts'"):
        make_features(["one-hot"], concepts="concept").fit(SHOP)
    with pytest.raises(InputError, match="2 "):
        make_features(["one-hot"]).fit(frame([None, " "]))
    with pytest.raises(InputError):
        make_features(["pairs"]).fit(frame(["a", "b"]))
    with pytest.raises(InputError, match="DataFrame"):
        make_features(["one-hot"]).fit([["a"]])
    with pytest.raises(ColumnError, match="concepts"):
        make_features(["one-hot"]).fit(pd.concat([SHOP, SHOP], axis=1))
    with pytest.raises(OptionError, match="tfidf"):
        make_features(["embeddings"], encoder="tfidf").fit(SHOP)


def test_no_row_gives_no_row():
    pipeline, table = fitted()
    assert pipeline.transform(table.iloc[:0]).shape == (0, len(pipeline.get_feature_names_out()))


# Saved and read again


@pytest.mark.parametrize(
    "kinds", [FEATURE_KINDS, *[(kind,) for kind in FEATURE_KINDS], ()], ids=str
)
def test_a_round_trip_gives_the_same_bits(kinds):
    table, _ = world()
    held, _ = world(seed=1, concepts=70)
    encoder = Hashed()
    pipeline = whole(encoder, kinds=kinds, warn=False).fit(table)
    state, arrays = features_state(pipeline)
    again = features_from_state(json.loads(json.dumps(state)), arrays, encoder=encoder)
    for rows in (table, held, held.iloc[[4]]):
        assert same(again.transform(rows), pipeline.transform(rows))
    assert again.get_feature_names_out().tolist() == pipeline.get_feature_names_out().tolist()
    assert feature_sources(again).equals(feature_sources(pipeline))
    ours, theirs = again.get_params(), pipeline.get_params()
    plain = {k: v for k, v in theirs.items() if isinstance(v, str | int | tuple | None)}
    assert {k: ours[k] for k in plain} == plain
    twice, others = features_state(again)
    assert twice == state
    assert {k: v.tobytes() for k, v in others.items()} == {
        k: v.tobytes() for k, v in arrays.items()
    }
    refitted = clone(again).fit(table)
    assert same(refitted.transform(held), pipeline.transform(held))


def test_a_cache_can_be_had_again(tmp_path):
    pipeline, table = fitted()
    encoder, cache = Hashed(), EmbeddingCache(tmp_path)
    again = features_from_state(*features_state(pipeline), encoder=encoder, cache=cache)
    again.transform(table)
    asked = len(encoder.asked)
    again.transform(table)
    assert len(encoder.asked) == asked > 0


def test_an_encoder_is_checked():
    pipeline, table = fitted()
    state, arrays = features_state(pipeline)
    with pytest.raises(EncoderMismatchError):
        features_from_state(state, arrays, encoder=Hashed("other"))
    with pytest.raises(ValueError, match="hashed"):
        features_from_state(state, arrays)
    precise = Hashed("f32")
    precise.weights = state["encoder"]["weights"]
    with pytest.warns(CoterieWarning, match="precision"):
        features_from_state(state, arrays, encoder=precise)
    mixed = clone(pipeline)
    mixed["blocks"].set_params(text__encoder=Hashed("b"))
    with pytest.raises(OptionError, match="encoders"):
        features_state(mixed.set_params(read__warn=False).fit(table))


def _places(value, path=()):
    """List the paths of all that a state holds, but the single concepts of long lists."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from _places(each, (*path, key))


def test_a_damaged_state_is_never_read():
    pipeline, _ = fitted()
    state, arrays = features_state(pipeline)
    state = json.loads(json.dumps(state))
    tried = 0
    for path in list(_places(state)):
        for damage in ("gone", "twice", None, 7.5, "odd", [], {}, True):
            broken = copy.deepcopy(state)
            home = broken
            for key in path[:-1]:
                home = home[key]
            old = home[path[-1]]
            if damage == "gone":
                del home[path[-1]]
            elif damage == "twice":
                if not isinstance(home, list) or isinstance(old, float):
                    continue
                home[path[-1]] = home[path[-1] - 1]
            elif type(damage) is type(old) or (damage is None and path[-1] == "most"):
                continue  # another text may be a spelling, and there may be no limit
            else:
                home[path[-1]] = damage
            _refused(broken, arrays, path, damage)
            tried += 1
    assert tried > 200


def _refused(state, arrays, path=(), damage=None):
    try:
        features_from_state(state, arrays, encoder=Hashed())
    except ValueError:
        return
    pytest.fail(f"{path} as {damage!r} was read")


def test_damaged_arrays_are_never_read():
    pipeline, _ = fitted()
    state, arrays = features_state(pipeline)
    learnt = {"tfidf.idf", "embeddings.vectors", "statistics.rarity"}
    assert set(arrays) == {"scale.largest", "scale.divisor", *learnt}
    for name, array in arrays.items():
        bad = [
            array[:-1],
            array.astype(np.int64),
            array.reshape(1, -1),
            np.full_like(array, np.nan),
        ]
        bad += [np.full_like(array, np.inf)]
        bad += [-1 - array] if name != "embeddings.vectors" else [array[:, :-1]]
        for each in bad:
            _refused(state, {**arrays, name: each}, name, each.shape)
        _refused(state, {k: v for k, v in arrays.items() if k != name}, name, "gone")
    for each in state["blocks"]:
        twice = {**state, "blocks": [*state["blocks"], each]}
        _refused(twice, arrays, each["kind"], "twice")


def test_nothing_is_told_when_a_state_is_read():
    pipeline, _ = fitted()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features_from_state(*features_state(pipeline), encoder=Hashed())
