from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from coterie.errors import OptionError
from coterie.synthetic import AttendeeData, generate_attendees, iter_attendees

NAMES = (
    "Networking",
    "Learning",
    "Searching",
    "Sourcing: Early",
    "Sourcing: In Process",
    "Sourcing: Deciding",
)
GIVE_AWAY = re.compile(r"\b(network|learn|search|sourc|early|in process|decid)\w*", re.IGNORECASE)


@pytest.fixture(scope="module")
def fair() -> AttendeeData:
    return generate_attendees(1500, seed=4)


def texts_of(fair: AttendeeData) -> list[str]:
    joined: dict[str, str] = {}
    for record in fair.badges:
        told = [record["AggregatedInfo"], *(s["Title"] for s in record["SessionInfo"])]
        joined[record["BadgeId"]] = " ".join([joined.get(record["BadgeId"], ""), *told])
    return list(joined.values())


def test_every_badge_has_one_label_and_at_least_one_record(fair: AttendeeData) -> None:
    assert fair.classes == NAMES
    assert list(fair.labels.columns) == ["BadgeId", "ClusterId"]
    assert fair.labels["BadgeId"].is_unique
    ids = [record["BadgeId"] for record in fair.badges]
    assert list(dict.fromkeys(ids)) == fair.labels["BadgeId"].tolist()
    assert set(fair.labels["ClusterId"]) == set(NAMES)


def test_some_badges_come_in_several_records_one_for_each_day(fair: AttendeeData) -> None:
    days: dict[str, list[set[str]]] = {}
    for record in fair.badges:
        found = {session["Start"][:10] for session in record["SessionInfo"]}
        days.setdefault(record["BadgeId"], []).append(found)
    several = [parts for parts in days.values() if len(parts) > 1]
    assert 0.05 < len(several) / 1500 < 0.2
    assert all(all(len(part) == 1 for part in parts) for parts in several)
    assert all(len(set.union(*parts)) == len(parts) for parts in several)


def test_sessions_are_whole_and_in_order(fair: AttendeeData) -> None:
    keys = ["SessionId", "Title", "Description", "Type", "Topic", "Location", "Start", "Minutes"]
    for record in fair.badges:
        starts = [session["Start"] for session in record["SessionInfo"]]
        assert starts == sorted(starts)
        assert record["AggregatedInfo"].strip()
        for session in record["SessionInfo"]:
            assert list(session) == keys
            assert session["Minutes"] > 0
            assert session["Title"] and session["Description"]  # noqa: PT018
    assert any(not record["SessionInfo"] for record in fair.badges)  # registered, never came


def test_no_text_names_a_behaviour(fair: AttendeeData) -> None:
    people = re.compile(r"\b(Early|Lear\w+)\b")  # surnames and firms may look like it
    for record in fair.badges:
        for text in [record["AggregatedInfo"], *map(json.dumps, record["SessionInfo"])]:
            found = [match[0] for match in GIVE_AWAY.finditer(text)]
            assert all(people.fullmatch(word) for word in found), text


def test_texts_hold_no_sign_of_the_templates(fair: AttendeeData) -> None:
    assert not any(set("{}|") & set(text) for text in texts_of(fair))


def test_the_posterior_is_as_right_as_it_says(fair: AttendeeData) -> None:
    assert fair.posterior.shape == (1500, 6)
    np.testing.assert_allclose(fair.posterior.sum(axis=1), 1)
    best = np.array(fair.classes)[fair.posterior.argmax(axis=1)]
    hit = float((best == fair.labels["ClusterId"]).mean())
    assert 0.85 < fair.ceiling < 0.95
    assert hit == pytest.approx(fair.ceiling, abs=0.025)  # three standard errors


def test_noise_lowers_the_ceiling_down_to_the_largest_share() -> None:
    ceilings = [generate_attendees(300, noise=noise).ceiling for noise in (0.0, 0.4, 1.0)]
    assert ceilings[0] > ceilings[1] + 0.05 > ceilings[2]
    assert ceilings[2] == pytest.approx(0.24)


def test_behaviour_shapes_what_people_do(fair: AttendeeData) -> None:
    label = dict(fair.labels.itertuples(index=False))
    seen: dict[str, list[str]] = {}
    for record in fair.badges:
        types = [session["Type"] for session in record["SessionInfo"]]
        seen.setdefault(label[record["BadgeId"]], []).extend(types)

    def share(name: str, kind: str) -> float:
        return seen[name].count(kind) / len(seen[name])

    assert share("Networking", "reception") > 2 * share("Learning", "reception")
    assert share("Learning", "workshop") > 2 * share("Searching", "workshop")
    assert share("Searching", "guided tour") > 2 * share("Sourcing: In Process", "guided tour")
    assert share("Sourcing: Early", "live demo") > 2 * share("Networking", "live demo")
    assert share("Sourcing: In Process", "technical session") > share("Sourcing: Early", "workshop")
    assert share("Sourcing: Deciding", "buyers' clinic") > 2 * share("Learning", "buyers' clinic")


def test_a_model_of_the_text_does_well_and_stays_under_the_ceiling(fair: AttendeeData) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB

    texts, labels = texts_of(fair), fair.labels["ClusterId"]
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    model = ComplementNB().fit(vectorizer.fit_transform(texts[:1000]), labels[:1000])
    score = model.score(vectorizer.transform(texts[1000:]), labels[1000:])
    assert 0.5 < score < fair.ceiling


def test_five_behaviours_work_where_the_sixth_is_left_out() -> None:
    fair = generate_attendees(300, leave_out=["Sourcing: Deciding"])
    assert fair.classes == NAMES[:5]
    assert set(fair.labels["ClusterId"]) == set(NAMES[:5])
    assert fair.posterior.shape == (300, 5)


def test_blocks_do_not_depend_on_how_many_follow(fair: AttendeeData) -> None:
    blocks = list(iter_attendees(1100, seed=4))
    assert [len(block.labels) for block in blocks] == [1000, 100]
    assert [b for block in blocks for b in block.badges] == fair.badges[
        : sum(map(len, [block.badges for block in blocks]))
    ]


def test_a_seed_gives_the_same_badges_whatever_the_hash_seed() -> None:
    code = (
        "import json; from coterie.synthetic import generate_attendees as g;"
        "made = g(40, seed=9); print(json.dumps([made.badges, made.labels.values.tolist()]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    made = generate_attendees(40, seed=9)
    assert json.loads(run.stdout) == [made.badges, made.labels.to_numpy().tolist()]
    assert generate_attendees(40, seed=8).badges != made.badges


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"leave_out": ["Deciding"]}, "'Deciding'.*Sourcing: Deciding"),
        ({"leave_out": list(NAMES[1:])}, "behaviours"),
        ({"noise": 1.5}, r"noise is 1\.5"),
        ({"seed": -3}, "seed is -3"),
    ],
)
def test_what_cannot_be_had_is_told(options: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        generate_attendees(10, **options)  # type: ignore[arg-type]


def test_the_segment_definitions_are_of_the_same_behaviours() -> None:
    table = tomllib.loads(
        (files("coterie") / "segments" / "assigning" / "attendees.toml").read_text("utf-8")
    )
    assert table["title"]
    assert [segment["name"] for segment in table["segment"]] == list(NAMES)
    ids = [segment["id"] for segment in table["segment"]]
    assert len(set(ids)) == 6
    assert all(re.fullmatch(r"[a-z-]+", name) for name in ids)
    assert all(2 <= s["description"].count(".") <= 4 for s in table["segment"])
