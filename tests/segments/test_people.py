"""Groups of people, of whom each has several texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

import coterie
from coterie.encoders import EmbeddingCache, Vectors, mean_rows
from coterie.segments import EncoderRef, find_groups
from coterie.segments.finding.neighbours import nearest_neighbours
from coterie.segments.finding.number import INFORMATION_TOLERANCE, choose
from coterie.segments.finding.split_halves import SplitHalves, split_in_halves
from coterie.segments.naming.english import EMPTY
from coterie.segments.naming.people import Parts, describe_people, find_topics, openings

from .blobs import DIM, blobs

TOPICS = (
    "Django forms", "Kubernetes clusters", "Neural networks", "Unit testing",
    "Web scraping", "Time series", "Open source licences", "Language parsers",
)  # fmt: skip
ENDINGS = ("in practice", "for beginners", "at scale", "without tears", "step by step", "today")
EACH = 24  # texts of a topic


def texts_of_topics() -> tuple[list[str], Vectors]:
    """Sessions: a title that names the topic, and a description that says nothing of it."""
    vectors, codes = blobs(len(TOPICS), EACH)
    texts = [
        f"{TOPICS[code]} {ENDINGS[place % 6]}. We use many examples, part {place} of this talk."
        for place, code in enumerate(codes.tolist())
    ]
    return texts, vectors


def people(
    laws: list[list[int]], each: int, *, visits: int = 6, seed: int = 0
) -> tuple[Parts, npt.NDArray[np.int64]]:
    """Make people who draw sessions of the topics of their law, and which law is whose."""
    rng = np.random.default_rng(seed)
    texts, vectors = texts_of_topics()
    truth = np.repeat(np.arange(len(laws)), each)
    owners = np.repeat(np.arange(len(truth)), visits)
    topic = np.array([rng.choice(laws[truth[owner]]) for owner in owners])
    drawn = topic * EACH + rng.integers(EACH, size=len(owners))
    return Parts(np.array(texts, object)[drawn], owners, vectors[drawn]), truth


LAWS = [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_a_group_is_named_by_the_topics_that_more_of_its_people_have() -> None:
    parts, truth = people(LAWS, 30)
    vectors = mean_rows(parts.vectors, parts.owners, len(truth))
    found = describe_people(parts, find_topics(parts, len(LAWS)), truth, vectors)
    for about, law in zip(found, LAWS, strict=True):
        assert " and " in about.name
        assert all(TOPICS[topic] in about.name for topic in law)
        assert set(about.exemplars) <= set(parts.texts)
        assert "(0%)" in about.description
        assert "examples" not in " ".join(about.terms)


def test_people_count_and_not_their_texts() -> None:
    parts, truth = people(LAWS, 30)
    mad = np.flatnonzero(parts.owners == 0)
    loud = Parts(
        np.concatenate([parts.texts, np.repeat("Web scraping at scale. Again.", 500)]),
        np.concatenate([parts.owners, np.zeros(500, np.int64)]),
        np.concatenate([parts.vectors, np.repeat(parts.vectors[mad[:1]], 500, axis=0)]),
    )
    vectors = mean_rows(parts.vectors, parts.owners, len(truth))
    found = describe_people(loud, find_topics(loud, len(LAWS)), truth, vectors)
    assert TOPICS[0] in found[0].name
    assert TOPICS[1] in found[0].name
    assert "scraping" not in " ".join(found[0].terms[:2])


def test_openings_are_first_sentences_each_once() -> None:
    text = "Django in practice. We use it.\nDjango in practice. Part 2\n\nTesting? Yes!"
    assert openings(text) == "Django in practice.\nTesting?"
    assert len(openings("word " * 100)) <= 120


ODD = st.sampled_from(["", "?", "Django. Forms", "\u8ba2\u5355", "a\nb"])


@given(st.lists(st.tuples(st.integers(0, 5), ODD), min_size=1), st.integers(0, 3))
def test_odd_people_have_names_unlike_each_other(rows: list[tuple[int, str]], last: int) -> None:
    owners, texts = zip(*rows, strict=True)
    _, places = np.unique(owners, return_inverse=True)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(rows), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = Parts(np.array(texts, object), places.astype(np.int64), vectors)
    n = int(places.max()) + 1
    codes = np.arange(n) % (last + 1) - (last == 3)
    found = describe_people(
        parts, find_topics(parts, last + 1), codes, mean_rows(vectors, parts.owners, n)
    )
    assert len(found) == codes.max(initial=-1) + 1
    assert len({each.name.casefold() for each in found}) == len(found)
    assert all(each.name.strip() and each.description.endswith(".") for each in found)


def test_information_is_that_of_groups_found_again_and_none_beyond_chance() -> None:
    vectors, _ = blobs(6, 40)

    def in_halves(rows: np.ndarray) -> SplitHalves:
        near, rngs = nearest_neighbours(rows, 60), np.random.default_rng(0).spawn(8)
        return SplitHalves(rows, lambda: split_in_halves(rows, rows, near, rngs))

    halves = in_halves(vectors)
    assert halves.compare([6])[1][0] == pytest.approx(np.log(6), abs=0.15)
    noise = np.random.default_rng(1).normal(size=(240, DIM)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    assert in_halves(noise).compare([6])[1][0] < 0.5


def test_the_fewest_groups_that_hold_nearly_all_information_are_chosen() -> None:
    vectors, codes = blobs(8, 20)
    cuts = {k: codes * k // 8 for k in range(2, 9)}
    told = {2: 0.2, 3: 0.5, 4: 0.9, 5: 1.5, 6: 1.95, 7: 2.0, 8: 2.0}
    table = choose(
        list(cuts),
        cuts.__getitem__,
        vectors,
        lambda ks: (np.linspace(1, 0.2, len(ks)), np.array([told[k] for k in ks])),
        means=True,
    )
    assert table["information"].tolist() == list(told.values())
    chosen = int(table["chosen"].idxmax())
    enough = table["score"] >= INFORMATION_TOLERANCE * table["score"].max()
    assert chosen == int(enough.idxmax())
    assert table["groups"][chosen] == 6


def test_the_laws_of_invented_people_are_recovered() -> None:
    laws = [[0], [1, 2], [3, 4], [5], [6, 7], [0, 3], [2, 5, 7]]
    parts, truth = people(laws, 40, visits=8)
    vectors = mean_rows(parts.vectors, parts.owners, len(truth))
    made = EncoderRef("blobs", "b" * 64, DIM, "row")
    texts = [f"person {place}" for place in range(len(truth))]
    found = find_groups(texts, vectors, encoder=made)
    codes = found.assignments.segments
    assert adjusted_rand_score(truth, codes) > 0.8
    assert max(pd.Series(codes).value_counts(normalize=True)) < 0.3


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    parts, _ = people(LAWS, 25)
    return pd.DataFrame({"badge": [f"B{owner:03d}" for owner in parts.owners], "text": parts.texts})


def test_each_person_is_one_row_and_can_be_edited_saved_and_assigned(
    visits: pd.DataFrame, tmp_path: Path
) -> None:
    cache = EmbeddingCache(tmp_path / "cache")
    found = coterie.discover(visits, text="text", group="badge", encoder="tfidf", cache=cache)
    assert found.assignments.index.equals(visits.index)
    assert found.assignments["id"].tolist() == visits["badge"].tolist()
    assert (found.assignments.groupby("id")["segment"].nunique() == 1).all()
    assert found.segments["size"].sum() == visits["badge"].nunique()
    assert found.segmentation.encoder.pooling == "row"
    assert found.segments["name"].is_unique
    for name in found.segments["name"]:
        assert any(topic in name for topic in TOPICS)
    found.save(tmp_path / "found")
    assigned = coterie.assign(
        visits, text="text", group="badge", segments=tmp_path / "found", cache=cache
    )
    assert assigned.assignments["segment"].tolist() == found.assignments["segment"].tolist()

    again = coterie.load(tmp_path / "found")
    first, second, *_ = again.segments.index
    again.rename(first, "Cloud people")
    parts = set(again.segments.index)
    again.split(second, 2)
    new = again.segments.loc[[s for s in again.segments.index if s not in parts]]
    assert len(new) == 2
    assert not new["name"].str.contains("examples", case=False).any()
    assert new["size"].sum() == found.segments.loc[second, "size"]


@pytest.mark.parametrize("options", [{"order": "turn"}, {"speaker": "who"}, {"level": "record"}])
def test_conversations_are_embedded_whole(
    visits: pd.DataFrame, options: dict[str, str], tmp_path: Path
) -> None:
    found = coterie.discover(
        visits.assign(turn=range(len(visits)), who="client"),
        text="text",
        group="badge",
        encoder="tfidf",
        groups=4,
        cache=EmbeddingCache(tmp_path),
        **options,
    )
    assert found.segmentation.encoder.pooling == "record"


def test_a_table_of_one_text_a_row_is_grouped_alike_with_and_without_groups(
    tmp_path: Path,
) -> None:
    texts, _ = texts_of_topics()
    table = pd.DataFrame({"text": texts, "who": [f"w{place}" for place in range(len(texts))]})
    cache = EmbeddingCache(tmp_path)
    plain = coterie.discover(table, text="text", encoder="tfidf", cache=cache)
    alone = coterie.discover(table, text="text", group="who", encoder="tfidf", cache=cache)
    assert plain.assignments["segment"].tolist() == alone.assignments["segment"].tolist()
    assert plain.segments["name"].tolist() == alone.segments["name"].tolist()


def test_a_verb_that_says_nothing_names_a_group_only_where_nothing_else_does() -> None:
    from coterie.segments import describe_segments

    rows = [
        ["how do I use my gift voucher", "I want to use a gift voucher", "use the gift voucher"],
        ["my card is lost", "lost card", "I have lost the card"],
        ["where can I use it", "can I use that", "how is it used"],
    ]
    codes = np.repeat(np.arange(3), 12)
    vectors = np.eye(4, dtype=np.float32)[codes]
    found = describe_segments([t for each in rows for t in each * 4], codes, vectors)
    voucher, card, use = (each.name.casefold().split() for each in found)
    assert "voucher" in voucher
    assert not EMPTY & {*voucher, *card}
    assert use


@pytest.mark.data
def test_a_conference_has_an_audience_that_its_owner_knows(
    data: Callable[..., Path], tmp_path: Path
) -> None:
    attendance = data("attendees", "attendance.csv")
    found = coterie.discover(
        attendance,
        join=[data("attendees", "sessions.csv")],
        text="{title}. {description}",
        group="badge_id",
        encoder="tfidf",
        cache=EmbeddingCache(tmp_path),
    )
    badges = pd.read_csv(attendance, dtype=str)["badge_id"]
    outside = found.assignments.loc[found.assignments["status"] == "outside", "id"].nunique()
    assert found.segments["size"].sum() + outside == badges.nunique()
    assert found.assignments["id"].tolist() == badges.tolist()
    assert 8 <= len(found.segments) <= 60
    assert found.segments["size"].max() < 0.3 * badges.nunique()
    names = found.segments["name"].str.casefold()
    assert names.str.contains("django").any()
    assert not EMPTY & {name.split()[0] for name in names}
    assert not names.str.contains("this talk").any()
