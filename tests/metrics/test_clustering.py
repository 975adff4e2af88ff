from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.metrics import contingency, purity_per_label, score_clusters

columns = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 6), min_size=n, max_size=n),
        st.lists(st.sampled_from("abcde"), min_size=n, max_size=n),
    )
)


def test_scores_of_a_case_counted_by_hand():
    scores = score_clusters([0, 0, 0, 1, 1, 1], ["a", "a", "b", "b", "b", "b"])
    # Pairs: together in both 1 + 3, within groups 3 + 3, within labels 1 + 6, of 15.
    expected = 6 * 7 / 15
    assert scores.ari == pytest.approx((4 - expected) / (6.5 - expected))
    assert scores.purity == pytest.approx(5 / 6)
    assert (scores.groups, scores.labels, scores.rows) == (2, 2, 6)
    assert scores.coverage == 1.0


def test_equal_partitions_score_one_whatever_they_are_called():
    scores = score_clusters(np.array(["x", "y", "z", "x"]), ["1", "2", "3", "1"])
    assert scores.ari == scores.homogeneity == scores.completeness == scores.purity == 1.0
    assert scores.nmi == pytest.approx(1.0)


def test_rows_without_label_are_left_out_and_counted():
    labels = ["a", None, "b", float("nan"), " ", "b"]
    scores = score_clusters([0, 0, 1, 1, 1, 1], labels)
    assert (scores.rows, scores.unlabelled) == (3, 3)
    assert scores.ari == 1.0


def test_rows_outside_count_as_one_group_and_are_reported_both_ways():
    scores = score_clusters([0, 0, 1, 1, -1, -1], ["a", "a", "b", "b", "a", "b"])
    assert scores.ari_inside == 1.0
    assert scores.ari < 0.5
    assert scores.coverage == pytest.approx(4 / 6)
    assert (scores.outside, scores.groups) == (2, 2)


def test_names_of_segments_may_stand_for_codes_and_no_name_is_outside():
    by_name = score_clusters(["s1", "s1", "", "s2"], ["a", "a", "b", "b"])
    assert by_name == score_clusters([4, 4, -1, 7], ["a", "a", "b", "b"])


def test_one_label_only():
    one = score_clusters([0, 0, 0], ["a", "a", "a"])
    assert (one.ari, one.nmi, one.homogeneity, one.completeness) == (1.0, 1.0, 1.0, 1.0)
    split = score_clusters([0, 1, 2], ["a", "a", "a"])
    assert (split.ari, split.nmi, split.homogeneity, split.completeness) == (0.0, 0.0, 1.0, 0.0)


def test_no_rows_and_no_labels_give_nan_and_no_warning():
    for codes, labels in [([], []), ([0, 1], [None, None])]:
        scores = score_clusters(codes, labels)
        assert np.isnan([scores.ari, scores.nmi, scores.purity, scores.coverage]).all()
        assert (scores.rows, scores.groups, scores.labels) == (0, 0, 0)
        assert contingency(codes, labels).empty
        assert purity_per_label(codes, labels).empty


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="2 and 1"):
        score_clusters([0, 1], ["a"])


def test_information_of_a_case_counted_by_hand():
    # Label a is split in two, each of its groups is pure; half a bit of two bits is lost.
    scores = score_clusters([0, 1, 2, 2], ["a", "a", "b", "b"])
    assert scores.homogeneity == pytest.approx(1.0)
    assert scores.completeness == pytest.approx(1 / 1.5)
    assert scores.nmi == pytest.approx(2 * 1 / (1 + 1.5))


@given(columns)
def test_information_is_within_its_bounds_and_symmetric(case):
    codes, labels = case
    ours = score_clusters(codes, labels)
    turned = score_clusters(labels, [str(code) for code in codes])
    assert (turned.homogeneity, turned.completeness) == pytest.approx(
        (ours.completeness, ours.homogeneity), abs=1e-9
    )
    assert turned.nmi == pytest.approx(ours.nmi, abs=1e-9)
    together = ours.homogeneity + ours.completeness
    harmonic = 2 * ours.homogeneity * ours.completeness / together if together else 0.0
    assert ours.nmi == pytest.approx(harmonic, abs=1e-9)
    assert all(-1e-9 <= each <= 1 + 1e-9 for each in (ours.homogeneity, ours.completeness))
    best = {code: Counter(b for a, b in zip(*case, strict=True) if a == code) for code in codes}
    most = sum(found.most_common(1)[0][1] for found in best.values())
    assert ours.purity == pytest.approx(most / len(codes))


def test_a_column_of_ids_is_scored_without_a_warning_and_without_a_table():
    ids = [f"id {i}" for i in range(3_000)]
    scores = score_clusters(range(3_000), ids)
    assert (scores.ari, scores.nmi) == pytest.approx((1, 1))
    assert purity_per_label(range(3_000), ids)["share_in_best"].eq(1).all()


@given(columns)
def test_ari_is_symmetric_and_blind_to_names(case):
    codes, labels = case
    ari = score_clusters(codes, labels).ari
    assert score_clusters(labels, [str(code) for code in codes]).ari == pytest.approx(ari)
    renamed = [{0: 40, 1: 3, 2: 17}.get(code, code + 100) for code in codes]
    assert score_clusters(renamed, labels[:]).ari == pytest.approx(ari)
    assert -0.5 <= ari <= 1.0


def test_contingency_counts_every_row_once():
    table = contingency([2, 0, 0, -1], ["b", "a", "b", "b"])
    assert table.index.tolist() == [-1, 0, 2]
    assert table.columns.tolist() == ["a", "b"]
    assert table.to_numpy().tolist() == [[0, 1], [1, 1], [0, 1]]


def test_large_contingency_is_sparse_and_counts_the_same():
    n = 3000
    table = contingency(np.arange(n), [f"label {i % 1500}" for i in range(n)])
    assert all(isinstance(dtype, pd.SparseDtype) for dtype in table.dtypes)
    assert table.loc[1501, "label 1"] == 1
    assert int(table.sparse.to_coo().sum()) == n


def test_purity_per_label_tells_where_a_label_went():
    codes = [0] * 6 + [1] * 3 + [-1] + [0] * 2
    labels = ["a"] * 10 + ["b"] * 2
    table = purity_per_label(codes, labels).set_index("label")
    assert table.index.tolist() == ["a", "b"]
    a, b = table.loc["a"], table.loc["b"]
    assert (a["rows"], a["best_group"], a["groups_needed"], a["outside"]) == (10, 0, 2, 1)
    assert a["share_in_best"] == pytest.approx(0.6)
    assert a["purity_of_best"] == pytest.approx(6 / 8)
    assert b["share_in_best"] == 1.0
    assert b["purity_of_best"] == pytest.approx(2 / 8)


def test_a_label_that_is_all_outside_has_no_best_group():
    row = purity_per_label([-1, -1, 0], ["a", "a", "b"]).iloc[0]
    assert row["best_group"] is None
    assert (row["share_in_best"], row["groups_needed"], row["outside"]) == (0.0, 2, 2)
    assert np.isnan(row["purity_of_best"])
