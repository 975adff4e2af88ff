"""The parts that a discovery is made of, against plain ways to compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array
from sklearn.metrics import adjusted_rand_score

from coterie.segments.finding.consensus import Structure, find_structure, nearest, unit
from coterie.segments.finding.neighbours import (
    communities,
    fuzzy_weights,
    nearest_neighbours,
    neighbour_graph,
    neighbours_among,
)
from coterie.segments.finding.number import candidate_numbers, choose, supported_range, take
from coterie.segments.finding.prototypes import prototypes
from coterie.segments.finding.split_halves import SplitHalves, split_in_halves
from coterie.segments.finding.ward import group_sums, grow_tree

from .blobs import blobs


@pytest.fixture(scope="module")
def structure() -> Structure:
    return find_structure(blobs(6, 50)[0], rounds=4, rng=np.random.default_rng(0))


@given(st.integers(2, 40), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_tree_is_that_of_ward_linkage(rows: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(rows, 4))
    tree = grow_tree(points, np.ones(rows))
    theirs = linkage(points, "ward")
    # Theirs are distances, ours the growth of the sum of squares.
    assert np.allclose(tree.heights, theirs[:, 2] ** 2 / 2)
    for groups in {1, 2, 3, rows // 2 or 1, rows}:
        expected = fcluster(theirs, min(groups, rows), "maxclust")
        assert adjusted_rand_score(tree.cut(groups), expected) == 1.0


def test_weighted_leaves_are_worth_as_many_rows() -> None:
    points = np.random.default_rng(0).normal(size=(12, 3))
    copies = np.repeat(np.arange(12), 3)
    tree = grow_tree(points * 3, np.full(12, 3.0))
    expected = fcluster(linkage(points[copies], "ward"), 4, "maxclust")
    assert adjusted_rand_score(tree.cut(4)[copies], expected) == 1.0


def test_cuts_are_nested_and_numbered_without_gaps() -> None:
    points = np.random.default_rng(1).normal(size=(50, 5))
    tree = grow_tree(points, np.ones(50))
    for groups in range(1, 50):
        coarse, fine = tree.cut(groups), tree.cut(groups + 1)
        assert sorted(set(coarse)) == list(range(groups))
        assert len(set(zip(coarse, fine, strict=True))) == groups + 1


def test_group_sums_add_up() -> None:
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    sums, counts = group_sums(rows, np.array([1, 0, 1, 1]), 3)
    assert sums.tolist() == [[3, 4, 5], [15, 18, 21], [0, 0, 0]]
    assert counts.tolist() == [1, 3, 0]


@pytest.mark.parametrize("copies", [1, 3, 20])
def test_neighbours_are_those_of_brute_force(copies: int) -> None:
    vectors = np.repeat(blobs(4, 15)[0], copies, axis=0)[:200]
    indices, distances = nearest_neighbours(vectors, 10)
    cosines = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(cosines, -np.inf)
    expected = 1 - np.sort(cosines, axis=1)[:, ::-1][:, :10]
    assert np.allclose(distances, expected, atol=1e-6)
    assert np.allclose(1 - np.take_along_axis(cosines, indices, axis=1), expected, atol=1e-6)
    assert all(len({row, *near}) == 11 for row, near in enumerate(indices.tolist()))


@given(st.integers(12, 120), st.integers(1, 40), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_neighbours_among_some_rows_are_those_of_a_search_among_them(
    n: int, wide: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(n, 6)))
    rows = np.sort(rng.choice(n, n // 2, replace=False))
    k = min(5, len(rows) - 1)
    known = nearest_neighbours(vectors, min(wide, n - 1))
    indices, distances = neighbours_among(rows, vectors, *known, k=k)
    expected = nearest_neighbours(vectors[rows], k)
    assert np.array_equal(indices, expected[0])
    assert np.allclose(distances, expected[1], atol=1e-6)


def test_cuts_at_once_are_the_nearest_means_of_each_cut(structure: Structure) -> None:
    cuts = structure.cuts([2, 6, 9])
    assert list(cuts) == [2, 6, 9]
    for groups, codes in cuts.items():
        of_leaf = structure.tree.cut(groups)
        means = unit(group_sums(structure.sums, of_leaf, groups)[0])
        assert np.array_equal(codes, nearest(structure.smooth, means))
        assert np.array_equal(codes, structure.cut(groups))


def test_stability_is_the_mean_agreement_of_the_halves_and_peaks_at_the_blobs() -> None:
    vectors, _ = blobs(6, 50)
    near = nearest_neighbours(vectors, 60)
    splits = split_in_halves(vectors, vectors, near, np.random.default_rng(0).spawn(8))
    halves = SplitHalves(vectors, lambda: splits)
    assert len(splits) == 8
    for split in splits:
        one, other = (half.vectors for half in split.halves)
        assert len(one) + len(other) == 300
        assert not {row.tobytes() for row in one} & {row.tobytes() for row in other}
    three, six, twelve = halves.compare([3, 6, 12])[0]
    assert six > 0.95
    assert six > max(three, twelve)
    pairs = [pair for _, *pair in halves.labels(6)]
    assert np.mean([adjusted_rand_score(*pair) for pair in pairs]) > 0.95


def test_fuzzy_weights_fall_off_from_one_and_sum_to_the_logarithm() -> None:
    _, distances = nearest_neighbours(blobs(4, 30)[0], 15)
    weights = fuzzy_weights(distances)
    assert np.all(weights[:, 0] == 1)
    assert np.all(np.diff(weights, axis=1) <= 0)
    assert np.allclose(weights.sum(axis=1), np.log2(16), atol=1e-6)


def test_graph_is_symmetric_and_links_no_row_to_itself() -> None:
    graph = neighbour_graph(*nearest_neighbours(blobs(4, 30)[0], 15)).toarray()
    assert np.allclose(graph, graph.T)
    assert np.all(np.diag(graph) == 0)
    assert graph.min() == 0
    assert graph.max() <= 1


def test_communities_are_the_blobs_and_repeat_for_a_seed() -> None:
    vectors, codes = blobs(5, 40)
    graph = neighbour_graph(*nearest_neighbours(vectors, 15))
    first = communities(graph, resolution=1.0, seed=3)
    assert adjusted_rand_score(first, codes) > 0.9
    assert np.array_equal(first, communities(graph, resolution=1.0, seed=3))


def test_communities_do_not_hang_on_how_the_graph_is_stored() -> None:
    graph = neighbour_graph(*nearest_neighbours(blobs(5, 40)[0], 15))
    stored = csr_array(graph.toarray())
    first, again = (communities(g, resolution=30.0, seed=3) for g in (graph, stored))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, communities(graph, resolution=30.0, seed=4))


def test_nodes_without_edges_are_communities_of_their_own() -> None:
    assert np.array_equal(communities(csr_array((3, 3)), resolution=1.0, seed=0), [0, 1, 2])
    pairs = np.zeros((5, 5))
    pairs[0, 1] = pairs[1, 0] = 1
    pairs[2, 4] = pairs[4, 2] = 0.5
    found = communities(csr_array(pairs), resolution=1.0, seed=0)
    assert adjusted_rand_score(found, [0, 0, 1, 2, 1]) == 1
    assert set(found) == {0, 1, 2}


def test_diffusion_keeps_unit_length_and_draws_blobs_together(structure: Structure) -> None:
    vectors, codes = blobs(6, 50)
    assert structure.smooth.dtype == np.float32
    assert np.allclose(np.linalg.norm(structure.smooth, axis=1), 1, atol=1e-5)
    same = codes[:, None] == codes
    assert (structure.smooth @ structure.smooth.T)[same].mean() > 0.95
    assert (vectors @ vectors.T)[same].mean() < 0.85


@pytest.mark.parametrize("groups", [1, 2, 6, 10])
def test_a_cut_has_as_many_groups_as_asked(structure: Structure, groups: int) -> None:
    assert sorted(set(structure.cut(groups))) == list(range(groups))


def test_prototypes_repeat_the_partition_they_stand_for(structure: Structure) -> None:
    vectors, codes = blobs(6, 50)
    codes = np.where(np.arange(300) % 50 == 0, -1, codes)
    centres, owners = prototypes(vectors, codes, structure.cut(60))
    kept = codes >= 0
    assert set(owners) == set(range(6))
    assert len(owners) > 6
    assert np.allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-5)
    assert np.array_equal(owners[nearest(vectors, centres)][kept], codes[kept])


@given(st.integers(1, 20_000), st.integers(2, 2_000), st.integers(2, 8))
@settings(max_examples=50, deadline=None)
def test_candidates_leave_eight_rows_a_group(rows: int, leaves: int, fewest: int) -> None:
    numbers = candidate_numbers(rows, leaves, fewest=fewest)
    assert numbers == sorted(set(numbers))
    assert 2 <= numbers[0] <= max(2, fewest)
    assert numbers[-1] <= max(2, min(rows // 8, leaves - 1, 400))


def told(
    stability: dict[int, float], information: dict[int, float] | None = None
) -> Callable[[Sequence[int]], tuple[Any, Any]]:
    information = information or {k: float(np.log(k)) for k in stability}
    return lambda ks: (
        np.array([stability[k] for k in ks]),
        np.array([information[k] for k in ks]),
    )


def test_the_middle_of_a_plateau_is_chosen_and_its_ends_are_supported() -> None:
    vectors, codes = blobs(8, 40)
    codes = codes * 5 + np.arange(320) % 5
    cuts = {k: codes * k // 40 for k in (2, 3, 4, 6, 8, 11, 16, 22, 32, 40)}
    level = {k: 1.0 if 6 <= k <= 22 else 0.2 for k in cuts}
    flat = {k: 0.0 if k == 2 else 1.0 for k in cuts}
    table = choose(list(cuts), cuts.__getitem__, vectors, told(level, flat))
    low, high = supported_range(table)
    assert table["chosen"].sum() == 1
    assert int(table.loc[table["chosen"], "groups"].iloc[0]) == 11
    assert 6 <= low < 11 < high <= 22
    inside = (table["groups"] >= low) & (table["groups"] <= high)
    assert table["supported"].tolist() == inside.tolist()
    for end, groups in (("coarser", low), ("finer", high)):
        table = choose(list(cuts), cuts.__getitem__, vectors, told(level, flat), end=end)
        assert table.loc[table["chosen"], "groups"].tolist() == [groups]


def test_a_clear_peak_is_chosen_though_finer_groups_are_nearly_as_stable() -> None:
    vectors, codes = blobs(8, 20)
    cuts = {k: codes * k // 8 for k in range(2, 9)}
    rates = {2: 0.3, 3: 0.5, 4: 0.6, 5: 1.0, 6: 0.91, 7: 0.82, 8: 0.75}
    table = choose(list(cuts), cuts.__getitem__, vectors, told(rates))
    assert table.loc[table["chosen"], "groups"].tolist() == [5]


def test_information_and_stability_are_smoothed_and_multiplied() -> None:
    vectors, codes = blobs(8, 20)
    cuts = {k: codes * k // 8 for k in (2, 3, 4, 5)}
    table = choose(
        list(cuts),
        cuts.__getitem__,
        vectors,
        told({2: 0.1, 3: 0.2, 4: 0.9, 5: -0.3}, {2: 0.3, 3: 0.6, 4: 1.2, 5: 0.9}),
    )
    score = table["score"]
    assert score[2] == pytest.approx((0.6 + 1.2 + 0.9) / 3 * ((0.2 + 0.9 + 0) / 3) ** 3.5)
    assert score[3] == pytest.approx((1.2 + 2 * 0.9) / 3 * (0.9 / 3) ** 3.5)


def test_candidates_far_from_the_best_are_left_unmeasured_and_change_nothing() -> None:
    vectors, codes = blobs(8, 100)
    codes = codes * 50 + np.arange(800) % 50
    numbers = [k for k in candidate_numbers(4000, 600, fewest=4) if k <= 400]
    cuts = {k: codes * k // 400 for k in numbers}
    stability = {k: float(np.exp(-(np.log(k / 24) ** 2))) for k in numbers}
    asked: list[int] = []

    def compare(ks: Sequence[int]) -> tuple[Any, Any]:
        asked.extend(ks)
        return told(stability)(ks)

    table = choose(numbers, cuts.__getitem__, vectors, compare)
    assert sorted(asked) == table["groups"].tolist()
    assert len(table) < 0.7 * len(numbers)
    assert {min(numbers), max(numbers)} <= set(asked)
    near = [k for k in numbers if np.log(k) * stability[k] ** 3.5 > 2.3]
    assert set(near) <= set(asked)
    odd = next(k for k in numbers if k not in asked)
    asked.clear()
    wanted = take(table, odd, cuts.__getitem__, vectors, compare)
    assert asked == [odd]
    assert wanted.loc[wanted["chosen"], "groups"].tolist() == [odd]


def test_the_number_asked_for_is_chosen_and_the_range_stays() -> None:
    vectors, codes = blobs(8, 20)
    cuts = {k: codes * k // 8 for k in range(2, 9)}
    rates = told({k: 1 - k / 20 for k in cuts})
    sizes = [k for k in cuts if k != 6]
    free = choose(sizes, cuts.__getitem__, vectors, rates)
    for number in (2, 6):
        asked = take(free.copy(), number, cuts.__getitem__, vectors, rates)
        assert asked.loc[asked["chosen"], "groups"].tolist() == [number]
        assert supported_range(asked) == supported_range(free)
        others = asked[asked["candidate"].isin(sizes)].drop(columns="chosen")
        assert others.reset_index(drop=True).equals(free.drop(columns="chosen"))
    assert take(free, 6, None, vectors)["candidate"].tolist() == sizes


def test_candidates_with_as_many_groups_have_the_same_evidence() -> None:
    vectors, codes = blobs(8, 20)
    cuts = {4: codes // 2, 8: codes, 20: codes[::-1].copy()}
    table = choose(list(cuts), cuts.__getitem__, vectors, told({4: 0.1, 8: 0.9}))
    assert table["stability"].tolist() == [0.1, 0.9, 0.9]
    assert table["chosen"].sum() == 1
    assert supported_range(table)[1] == 8


@given(st.lists(st.tuples(st.floats(-0.2, 1), st.floats(0, 3)), min_size=1, max_size=7))
@settings(max_examples=50, deadline=None)
def test_any_evidence_gives_one_choice_within_its_range(
    evidence: list[tuple[float, float]],
) -> None:
    vectors, codes = blobs(8, 4)
    cuts = {k: codes * k // 8 for k in range(2, 2 + len(evidence))}
    measured = dict(zip(cuts, evidence, strict=True))
    compare = told({k: e[0] for k, e in measured.items()}, {k: e[1] for k, e in measured.items()})
    table = choose(list(cuts), cuts.__getitem__, vectors, compare)
    assert table["chosen"].sum() == 1
    assert table["supported"].any()
    assert np.isfinite(table["score"]).all()


def test_rows_of_no_group_cost_separation() -> None:
    vectors, codes = blobs(4, 30)
    some = np.where(np.arange(120) % 3 == 0, -1, codes)
    table = choose([0, 1], [some, codes].__getitem__, vectors)
    assert table["silhouette"][0] == pytest.approx(2 / 3 * table["silhouette"][1], abs=0.05)
    assert table["stability"].isna().all()
