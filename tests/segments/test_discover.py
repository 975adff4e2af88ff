"""Groups in vectors: those that are there are found, and no row is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from coterie.encoders import EmbeddingCache, embed_texts, fit_tfidf, load_encoder
from coterie.errors import (
    CoterieWarning,
    EncoderError,
    MissingExtraError,
    NoRowsError,
    OptionError,
)
from coterie.metrics import score_clusters
from coterie.segments import (
    METHODS,
    STATUSES,
    Discovery,
    EncoderRef,
    find_groups,
    load_segmentation,
    save_segmentation,
)

from .blobs import AXES, blobs, found, unit

COLUMNS = ["method", "candidate", "groups", "silhouette", "stability", "information", "score"]
COLUMNS += ["supported", "chosen"]


@pytest.fixture(scope="module")
def six() -> Discovery:
    return found(blobs(6, 60)[0])


def holds_together(discovery: Discovery, rows: int) -> None:
    """Assert what is true of every discovery."""
    assignments, segments = discovery.assignments, discovery.segmentation.segments
    assert len(assignments) == rows == len(discovery.layout)
    assert np.isfinite(discovery.layout).all()
    assert set(assignments.statuses) <= set(STATUSES)
    assert sum(assignments.counts().values()) == rows
    assert np.array_equal(assignments.segments == "", assignments.statuses == "outside")
    assert ((assignments.confidences >= 0) & (assignments.confidences <= 1)).all()
    sizes = [int((assignments.segments == segment.id).sum()) for segment in segments]
    assert sizes == [segment.size for segment in segments] == sorted(sizes, reverse=True)
    assert min(sizes) > 0
    assert sorted(s.id for s in segments) == [s.id for s in segments]
    assert len(np.unique(discovery.levels["best"][assignments.segments != ""])) == len(segments)
    assert discovery.sweep["chosen"].sum() == 1
    assert set(discovery.sweep) == set(COLUMNS)
    nested(discovery)


def nested(discovery: Discovery) -> None:
    levels = pd.DataFrame(discovery.levels)
    assert (levels.groupby("finer")["best"].nunique() == 1).all()
    assert (levels.groupby("best")["coarser"].nunique() == 1).all()
    assert (levels.groupby("best")["families"].nunique() == 1).all()
    outside = discovery.assignments.segments == ""
    assert (levels[outside] == -1).all(axis=None)
    assert (levels[~outside] >= 0).all(axis=None)


@pytest.mark.parametrize("count", [6, 12])
def test_the_number_of_blobs_is_found(count: int) -> None:
    vectors, codes = blobs(count, 40, spread=0.12)
    discovery = found(vectors)
    holds_together(discovery, len(vectors))
    assert len(discovery.segmentation) == count
    assert adjusted_rand_score(codes, discovery.levels["best"]) > 0.98


@pytest.mark.parametrize(
    ("method", "groups"), [("auto", 6), ("kmeans", None), ("kmeans", 6), ("hdbscan", None)]
)
def test_every_method_covers_every_row(method: str, groups: int | None) -> None:
    vectors, codes = blobs(6, 50)
    discovery = found(vectors, method=method, groups=groups)
    holds_together(discovery, len(vectors))
    assert discovery.method == method == discovery.sweep["method"][0]
    assert len(discovery.segmentation) == 6
    assert adjusted_rand_score(codes, discovery.levels["best"]) > 0.98


@pytest.mark.parametrize("groups", [1, 3, 20])
def test_as_many_groups_as_asked(groups: int) -> None:
    discovery = found(blobs(6, 50)[0], groups=groups)
    holds_together(discovery, 300)
    assert len(discovery.segmentation) == groups


def test_another_number_than_asked_is_said() -> None:
    with pytest.warns(CoterieWarning, match="150 .* 1"):
        discovery = found(blobs(6, 60)[0], groups=150)
    holds_together(discovery, 360)


def test_predict_repeats_the_assignments_bit_for_bit(six: Discovery) -> None:
    vectors = blobs(6, 60)[0]
    order = np.random.default_rng(0).permutation(len(vectors))
    at_once = six.segmentation.predict(vectors)
    shuffled = six.segmentation.predict(vectors[order])
    singly = [six.segmentation.predict(row[None]) for row in vectors]
    for column in ("segments", "statuses", "confidences", "similarities"):
        made = getattr(six.assignments, column)
        assert np.array_equal(made, getattr(at_once, column))
        assert np.array_equal(made[order], getattr(shuffled, column))
        assert np.array_equal(made, [getattr(one, column)[0] for one in singly])


def test_one_seed_repeats_and_two_agree(six: Discovery) -> None:
    vectors = blobs(6, 60)[0]
    again, other = found(vectors), found(vectors, seed=5)
    assert np.array_equal(again.assignments.segments, six.assignments.segments)
    assert np.array_equal(again.assignments.confidences, six.assignments.confidences)
    assert np.array_equal(again.layout, six.layout)
    assert adjusted_rand_score(other.levels["best"], six.levels["best"]) >= 0.85


def test_a_text_repeated_weighs_once(six: Discovery) -> None:
    vectors = blobs(6, 60)[0]
    texts = [f"text {row}" for row in range(360)] + ["text 7"] * 500
    repeated = found(np.concatenate([vectors, np.repeat(vectors[7:8], 500, axis=0)]), texts)
    holds_together(repeated, 860)
    assert adjusted_rand_score(repeated.levels["best"][:360], six.levels["best"]) == 1.0
    assert np.array_equal(repeated.assignments.confidences[:360], six.assignments.confidences)
    pd.testing.assert_frame_equal(repeated.sweep, six.sweep)
    its_group = six.levels["best"] == six.levels["best"][7]
    assert repeated.segmentation.segments[0].size == 500 + its_group.sum()


def test_a_row_off_a_tight_crowd_belongs_to_it_and_one_of_no_crowd_does_not() -> None:
    discovery = found(blobs(5, 60, spread=0.005)[0])
    off = discovery.segmentation.predict(unit(AXES[:5] + 0.6 * AXES[10:15]))
    assert off.similarities.max() < discovery.assignments.similarities.min() - 0.05
    assert off.segments.tolist() == discovery.assignments.segments[::60].tolist()
    assert set(discovery.segmentation.predict(AXES[20:22]).statuses) == {"outside"}


def test_rows_far_from_everything_are_outside() -> None:
    vectors = np.concatenate([blobs(6, 60)[0], AXES[20:26]])
    discovery = found(vectors)
    holds_together(discovery, 366)
    assert set(discovery.assignments.statuses[360:]) == {"outside"}
    assert set(discovery.assignments.confidences[360:]) == {0.0}
    assert discovery.assignments.coverage == pytest.approx(360 / 366)


def test_a_row_half_way_is_less_sure_than_centre_rows() -> None:
    discovery = found(blobs(6, 60, spread=0.15)[0])
    turn = np.linspace(0, 0.5, 21)[:, None]
    between = unit((1 - turn) * AXES[0] + turn * AXES[1])
    answers = discovery.segmentation.predict(between)
    assert answers.confidences[0] > 0.9
    assert answers.confidences[-1] < 0.6
    _, margins = discovery.segmentation.router.margins(between)
    inside = answers.statuses != "outside"
    assert inside.all()
    in_order = answers.confidences[np.argsort(margins)]
    assert (np.diff(in_order) >= 0).all()


def test_a_tie_is_a_toss_up_though_no_row_of_the_table_is_near_one(six: Discovery) -> None:
    margins, confidences = np.transpose(six.segmentation.router.curve)
    assert margins[0] == 0
    assert confidences[0] < 0.5
    assert (np.diff(margins) >= 0).all()
    assert (np.diff(confidences) >= 0).all()


@pytest.mark.parametrize("spread", [0.2, 0.3, 10.0])
def test_confidence_is_how_often_a_discovery_on_other_rows_agrees(spread: float) -> None:
    """With groups that are apart, that overlap, and that are nothing but chance."""
    claimed, agreed = [], []
    for seed in range(3):
        one, other = (blobs(8, 60, spread=spread, seed=2 * seed + s)[0] for s in (0, 1))
        mine, theirs = found(one, groups=8, seed=seed), found(other, groups=8, seed=seed)
        said = mine.assignments
        kept = said.statuses != "outside"
        pairs = pd.crosstab(theirs.segmentation.predict(one).segments[kept], said.segments[kept])
        claimed.append(said.confidences[kept].mean())
        agreed.append(pairs.max(axis=1).sum() / kept.sum())
    assert np.mean(claimed) == pytest.approx(np.mean(agreed), abs=0.07)


def test_levels_are_nested_and_at_the_ends_of_the_range() -> None:
    discovery = found(blobs(12, 40, spread=0.2)[0])
    nested(discovery)
    sizes = {level: len(np.unique(codes)) for level, codes in discovery.levels.items()}
    assert sizes["families"] < sizes["best"]
    assert sizes["coarser"] <= sizes["best"] <= sizes["finer"]
    low, high = discovery.range
    assert low <= sizes["best"] <= high
    parents = {segment.parent for segment in discovery.segmentation.segments}
    assert parents == {f"g{place}" for place in range(1, len(parents) + 1)}


def test_either_end_of_the_range_can_be_asked_for() -> None:
    vectors = blobs(8, 40, spread=0.3)[0]
    middle, coarser, finer = (found(vectors, end=end) for end in ("", "coarser", "finer"))
    low, high = middle.range
    assert coarser.range == finer.range == (low, high)
    assert [len(d.segmentation) for d in (coarser, finer)] == [low, high]
    assert low < len(middle.segmentation) < high
    for discovery in (coarser, finer):
        holds_together(discovery, 320)


def test_ids_go_by_size() -> None:
    vectors, codes = blobs(4, 90)
    kept = np.concatenate([np.flatnonzero(codes == c)[: 90 - 20 * c] for c in range(4)])
    discovery = found(vectors[kept])
    assert [(s.id, s.size) for s in discovery.segmentation.segments] == [
        ("s1", 90),
        ("s2", 70),
        ("s3", 50),
        ("s4", 30),
    ]


def test_more_groups_than_distinct_texts_is_refused_with_the_mend() -> None:
    with pytest.raises(OptionError, match="3 distinct"):
        found(blobs(1, 6)[0], ["a", "b", "c"] * 2, groups=4)


@pytest.mark.parametrize("groups", [0, -3])
def test_no_group_at_all_is_refused(groups: int) -> None:
    with pytest.raises(OptionError, match="at least 1"):
        found(blobs(1, 6)[0], groups=groups)


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"topics.*auto, hdbscan, kmeans"):
        found(blobs(1, 6)[0], method="topics")


@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_a_method_without_its_library_names_the_extra(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'coterie\[umap\]'"):
        found(blobs(1, 6)[0], method=method)


def test_no_rows_are_refused() -> None:
    with pytest.raises(NoRowsError, match="text"):
        found(blobs(1, 6)[0][:0])


@pytest.mark.parametrize("texts", [["same"] * 50, None])
def test_rows_that_nothing_tells_apart_are_one_group(texts: list[str] | None) -> None:
    discovery = found(np.repeat(AXES[:1], 50, axis=0), texts)
    holds_together(discovery, 50)
    assert [s.size for s in discovery.segmentation.segments] == [50]


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 10, 30])
@pytest.mark.parametrize("method", METHODS)
def test_few_rows_are_no_trouble(method: str, rows: int) -> None:
    random = np.random.default_rng(rows).normal(size=(rows, 32))
    holds_together(found(unit(random), method=method), rows)


@given(
    st.lists(
        st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
        min_size=1,
        max_size=7,  # from 8 rows on UMAP lays the map out, which takes its time
    ),
    st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_any_few_rows_hold_together(points: list[tuple[int, int, int]], seed: int) -> None:
    vectors = unit(np.pad(np.array(points, dtype=np.float64), ((0, 0), (0, 29))))
    holds_together(found(vectors, seed=seed), len(points))


def test_another_process_gives_every_row_its_segment(tmp_path: Path) -> None:
    things = ["card", "transfer", "password", "invoice", "delivery", "refund"]
    asks = ["lost", "broken", "late", "wrong", "missing", "declined", "pending", "unknown"]
    texts = [f"my {thing} is {ask} since {day}" for thing in things for ask in asks
             for day in ("monday", "yesterday")]  # fmt: skip
    encoder = fit_tfidf(texts, dim=32)
    encoder.save(tmp_path / "encoder")
    reference = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    discovery = find_groups(texts, encoder.encode(texts), encoder=reference)
    save_segmentation(discovery.segmentation, tmp_path / "segments")
    here = load_segmentation(tmp_path / "segments").predict(encoder.encode(texts))
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    program = """
import sys
from pathlib import Path
from coterie.encoders import TfidfEncoder
from coterie.segments import load_segmentation
home = Path(sys.argv[1])
encoder = TfidfEncoder.load(home / "encoder")
for text in reversed((home / "texts.txt").read_text("utf-8").splitlines()):
    answer = load_segmentation(home / "segments").predict(encoder.encode([text]))
    print(answer.segments[0], answer.statuses[0], answer.confidences[0].item().hex())
"""
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()[::-1]
    for answers in (discovery.assignments, here):
        columns = zip(answers.segments, answers.statuses, answers.confidences, strict=True)
        assert said == [f"{s} {status} {c.item().hex()}" for s, status, c in columns]
    assert len(discovery.segmentation) > 1


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.weights
def test_customers_questions_to_a_bank_are_found(data: Callable[..., Path]) -> None:
    table = pd.read_csv(data("banking77", "test.csv"))
    try:
        encoder = load_encoder("minilm")
    except EncoderError as error:
        pytest.skip(str(error))
    vectors = embed_texts(list(table["text"]), encoder, cache=EmbeddingCache())
    reference = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    discovery = find_groups(list(table["text"]), vectors, encoder=reference)
    holds_together(discovery, len(table))
    scores = score_clusters(discovery.assignments.segments, table["category"].to_numpy())
    assert scores.ari > 0.5
    assert scores.nmi > 0.8
    assert 54 <= scores.groups <= 100
