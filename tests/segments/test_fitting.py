"""Described segments fitted to the rows of a table: who belongs, what is outside, how sure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coterie.encoders import EmbeddingCache, Vectors, load_encoder
from coterie.errors import CoterieWarning, EncoderError
from coterie.segments import (
    EncoderRef,
    Router,
    Segment,
    Segmentation,
    compare_encoders,
    load_nomenclature,
    load_segmentation,
    merge,
    save_segmentation,
    split,
)
from coterie.segments.assigning.fitting import fit_to_rows, unrelated_texts
from coterie.segments.assigning.nomenclature import Nomenclature
from coterie.segments.assigning.scores import score_assignments
from coterie.segments.assignments import Assignments
from coterie.segments.finding.consensus import unit

DIM = 48


def segments(prototypes: Vectors) -> Segmentation:
    ids = [f"c{place}" for place in range(len(prototypes))]
    router = Router.flat(unit(prototypes), ids)
    return Segmentation(tuple(Segment(i, i) for i in ids), router, EncoderRef("e", "f", DIM))


def near(centres: Vectors, each: int, noise: float, rng: np.random.Generator) -> Vectors:
    """Draw rows around centres of unit length, one centre after the other."""
    rows = np.repeat(unit(centres), each, axis=0)
    return unit(rows + noise * rng.normal(size=rows.shape) / np.sqrt(DIM))


def with_a_hub(rng: np.random.Generator) -> tuple[Segmentation, Vectors]:
    """Make four segments of which the last is near what all rows share, and 80 rows of each."""
    shared, centres = np.eye(DIM)[[30]], np.eye(4, DIM)
    rows = near(2 * shared + 0.5 * centres, 80, 0.3, rng)
    leaning = np.concatenate([centres[:3] + 0.2 * shared, centres[3:] + 0.6 * shared])
    return segments(leaning), rows


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def unrelated(rng: np.random.Generator) -> Vectors:
    return unit(rng.normal(size=(130, DIM)))


def test_rows_unlike_any_segment_are_not_assigned(
    rng: np.random.Generator, unrelated: Vectors
) -> None:
    described = segments(np.eye(4, DIM))
    foreign = near(np.eye(DIM)[10:14], 60, 1.0, rng)
    found = fit_to_rows(described, foreign, unrelated).predict(foreign)
    assert np.mean(found.statuses == "assigned") < 0.15
    assert np.mean(found.statuses == "outside") > 0.5
    own = near(np.eye(4, DIM), 60, 1.0, rng)
    both = np.concatenate([own, foreign])
    found = fit_to_rows(described, both, unrelated).predict(both)
    truth = np.repeat([f"c{place}" for place in range(4)], 60)
    assert np.mean((found.segments == truth.tolist() + [""] * 240)[:240]) > 0.95
    assert np.mean(found.statuses[:240] == "assigned") > 0.9
    assert np.mean(found.statuses[240:] == "assigned") < 0.15


def test_prototypes_move_to_the_rows_that_belong(
    rng: np.random.Generator, unrelated: Vectors
) -> None:
    """Descriptions point half at the rows and half at something the rows do not say."""
    centres = np.eye(6, DIM)
    wrong = np.eye(DIM)[20:26] + 0.7 * np.roll(centres, 1, axis=0)
    described = segments(unit(centres + wrong))
    rows = near(centres, 50, 1.0, rng)
    truth = np.repeat([f"c{place}" for place in range(6)], 50)
    before = np.mean(described.predict(rows).segments == truth)
    after = np.mean(fit_to_rows(described, rows, unrelated).predict(rows).segments == truth)
    assert after > before + 0.02
    assert after > 0.95


def test_a_segment_that_is_near_everything_does_not_take_everything(
    rng: np.random.Generator, unrelated: Vectors
) -> None:
    described, rows = with_a_hub(rng)
    truth = np.repeat([f"c{place}" for place in range(4)], 80)
    assert np.mean(described.predict(rows).segments == "c3") > 0.8
    fitted = fit_to_rows(described, rows, unrelated)
    assert fitted.router.offsets
    assert np.mean(fitted.predict(rows).segments == truth) > 0.9


def test_confidence_is_low_where_the_margin_is_no_more_than_chance(
    rng: np.random.Generator, unrelated: Vectors
) -> None:
    described = segments(np.eye(4, DIM))
    sums = np.eye(4, DIM) + np.roll(np.eye(4, DIM), 1, axis=0)
    rows = np.concatenate([near(np.eye(4, DIM), 50, 0.5, rng), near(sums, 10, 0.1, rng)])
    found = fit_to_rows(described, rows, unrelated).predict(rows)
    assert found.confidences[:200].mean() > found.confidences[200:].mean() + 0.1
    assert ((found.confidences >= 0) & (found.confidences <= 1)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_few_rows_and_segments_are_fitted_too(
    count: int, number: int, rng: np.random.Generator, unrelated: Vectors
) -> None:
    fitted = fit_to_rows(segments(np.eye(number, DIM)), unrelated[:count], unrelated)
    found = fitted.predict(np.eye(number, DIM, dtype=np.float32))
    assert found.segments.tolist() == [f"c{place}" for place in range(number)]
    assert np.isfinite(found.confidences).all()
    assert (np.diff([margin for margin, _ in fitted.router.curve]) > 0).all()


def test_a_row_has_the_same_answer_alone_and_after_a_merge_a_split_and_a_reading(
    tmp_path: Path, rng: np.random.Generator, unrelated: Vectors
) -> None:
    described, rows = with_a_hub(rng)
    fitted = fit_to_rows(described, rows, unrelated)
    whole = fitted.predict(rows)
    assert fitted.predict(rows[5:6]).segments[0] == whole.segments[5]
    save_segmentation(fitted, tmp_path)
    again = load_segmentation(tmp_path)
    assert again.router.offsets == pytest.approx(fitted.router.offsets)
    assert again.predict(rows).segments.tolist() == whole.segments.tolist()
    parts = split(fitted, "c1", rows, seed=1)
    assert len(parts.router.offsets) == len(parts.router.prototypes)
    others = whole.segments != "c1"
    assert parts.predict(rows).segments[others].tolist() == whole.segments[others].tolist()
    joined = merge(parts, [s.id for s in parts.segments if s.id not in ("c0", "c2", "c3")])
    assert len(joined.router.offsets) == len(joined.router.prototypes)
    save_segmentation(replace(fitted, router=replace(fitted.router, offsets=())), tmp_path)
    assert '"offsets"' not in (tmp_path / "segments.json").read_text(encoding="utf-8")


def test_unrelated_texts_are_no_longer_than_those_of_the_table() -> None:
    whole = unrelated_texts([])
    assert len(set(whole)) > 100
    short = unrelated_texts(["one two three four", "five", "a b c d e f"])
    assert {len(text.split()) for text in short} <= {3, 4}
    assert max(len(text.split()) for text in unrelated_texts(["?", "no"])) == 3
    assert unrelated_texts(["word " * 500, ""]) == whole
    unspaced = unrelated_texts(["我要退款谢谢你们的帮助"])
    assert max(len(text.split()) for text in unspaced) > 5


def test_no_better_than_the_most_frequent_label_is_told() -> None:
    names = (Segment("a", "a"), Segment("b", "b"))
    truth = np.array(["a"] * 60 + ["b"] * 40, dtype=object)

    def scored(said: list[str]) -> tuple[float, bool | None]:
        ones = np.ones(100, np.float32)
        status = np.full(100, "assigned", object)
        given = Assignments(np.array(said, dtype=object), status, ones, ones)
        scores, _ = score_assignments(given, names, truth)
        return scores.largest, scores.above_largest

    assert scored(["a"] * 100) == (0.6, False)
    assert scored(["a"] * 62 + ["b"] * 38) == (0.6, True)
    assert scored(["a"] * 99 + ["b"]) == (0.6, False)  # 61%, but one row is no proof
    assert scored(["b"] * 100) == (0.6, False)


BANK = (
    "How do I activate my new card?", "The transfer to my account has not arrived yet.",
    "Why was I charged a fee for a cash withdrawal?", "I forgot the PIN of my card.",
    "Can I top up with a cheque?", "My payment was declined in a shop.",
    "What exchange rate do you use for euros?", "I want to close my account.",
    "Which currencies can I hold in my account?", "There is a transaction I do not recognise.",
    "How long does a refund to my card take?", "My card was swallowed by the machine.",
)  # fmt: skip
FAIR = (
    "Scanned many badges at the reception and met old contacts for a round table.",
    "Sat in talks and workshops all day, took notes and downloaded slides.",
    "Walked through all halls and looked at product launches without a project.",
    "Collected brochures and first prices of many suppliers for a long list.",
    "Went back to the shortlisted supplier for a technical demo and an offer.",
    "Negotiated the contract, the price and delivery dates with the supplier.",
)


@pytest.fixture
def compared(tmp_path: Path):
    try:
        encoder = load_encoder("minilm")
    except EncoderError as error:
        pytest.skip(str(error))

    def run(texts: list[str], known: Nomenclature, labels: list[str] | None = None):
        cache = EmbeddingCache(tmp_path)
        return compare_encoders(texts, known, [encoder], labels, cache).best

    return run


@pytest.mark.weights
def test_bank_questions_are_no_attendees(compared) -> None:
    attendees = load_nomenclature("attendees")
    found = compared([*BANK, *(f"Please help: {text}" for text in BANK)], attendees).assignments
    assert np.mean(found.statuses == "assigned") <= 0.2
    own = compared(list(FAIR) * 4, attendees).assignments
    assert np.mean(own.statuses == "outside") <= 0.15
    right = [segment.id for segment in attendees.segments] * 4
    assert np.mean(own.segments == right) > 0.8


@pytest.mark.weights
def test_chinese_is_no_attendee_of_an_english_encoder(compared) -> None:
    with pytest.warns(CoterieWarning):
        found = compared(["我的卡什么时候到", "我想取消订单"] * 10, load_nomenclature("attendees"))
    assert not (found.assignments.statuses == "assigned").any()
