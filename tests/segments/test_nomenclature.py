"""Segments written by hand: the file, the nearest by cosine, encoders side by side."""

import json
from pathlib import Path

import numpy as np
import pytest

from coterie.encoders import EmbeddingCache, fit_tfidf, load_encoder
from coterie.errors import (
    CoterieWarning,
    EncoderError,
    EncoderMismatchError,
    InputError,
    OptionError,
)
from coterie.segments.assigning.nearest import assign_texts, compare_encoders
from coterie.segments.assigning.nomenclature import (
    load_nomenclature,
    segmentation_from_nomenclature,
    texts_of,
)
from coterie.segments.assigning.scores import match_labels
from coterie.segments.finding.consensus import unit

TOML = """
title = "Fruit"
[[segment]]
name = "Sweet Apples"
description = "red apple and green apple"
examples = ["an apple a day", "apple pie"]
[[segment]]
id = "pears"
name = "Pears"
description = "soft yellow pear"
parent = "Pome"
[[segment]]
name = "Plums"
"""
TEXTS = ["an apple", "a yellow pear", "plums plums", "red apple", "soft pear", "green"]


@pytest.fixture
def fruit(tmp_path):
    (tmp_path / "fruit.toml").write_text(TOML, encoding="utf-8")
    return load_nomenclature(tmp_path / "fruit.toml")


@pytest.fixture
def encoder(fruit):
    return fit_tfidf([*TEXTS, *texts_of(fruit)[0]], dim=8)


def test_the_packaged_attendees_are_six():
    attendees = load_nomenclature("attendees")
    assert [s.name for s in attendees.segments] == [
        "Networking",
        "Learning",
        "Searching",
        "Sourcing: Early",
        "Sourcing: In Process",
        "Sourcing: Deciding",
    ]
    assert all(len(s.description) > 100 for s in attendees.segments)


def test_a_file_gives_ids_names_examples_and_parents(fruit):
    assert fruit.title == "Fruit"
    assert [s.id for s in fruit.segments] == ["sweet-apples", "pears", "plums"]
    assert fruit.segments[0].exemplars == ("an apple a day", "apple pie")
    assert fruit.segments[1].parent == "Pome"
    texts, owners = texts_of(fruit)
    assert texts[0] == "Sweet Apples: red apple and green apple"
    assert texts[-1] == "Plums"
    assert owners == ("sweet-apples",) * 3 + ("pears", "plums")


@pytest.mark.parametrize(
    ("toml", "error", "says"),
    [
        ('[[segment]]\nname="a"\ndescripton="b"', OptionError, "segment 1.*'description'"),
        ('titel="x"\n[[segment]]\nname="a"', OptionError, "'title'"),
        ('[[segment]]\nname="a"\nzzz=1', OptionError, "the keys are id, name"),
        ('title="x"', OptionError, r"no \[\[segment\]\]"),
        ('[[segment]]\nid="a"', OptionError, "segment 1, name"),
        ('[[segment]]\nname="a"\n[[segment]]\nname="b"\nexamples=[1]', OptionError, "segment 2"),
        ('[[segment]]\nname=" "', OptionError, "segment 1, name"),
        ('[[segment]]\nname="a"\nid="@1"', OptionError, "segment 1, id"),
        ('[[segment]]\nname="a"\n[[segment]]\nname="A "', OptionError, "the id 'a'"),
        (
            '[[segment]]\nname="a"\nid="x"\n[[segment]]\nname="A "\nid="y"',
            OptionError,
            "the name 'a'",
        ),
        ("[[segment", InputError, "wrong.toml"),
    ],
)
def test_a_wrong_file_is_one_clear_error(tmp_path, toml, error, says):
    file = tmp_path / "wrong.toml"
    file.write_text(toml)
    with pytest.raises(error, match=says) as caught:
        load_nomenclature(file)
    assert "\n" not in str(caught.value).replace(str(file), "").split(" (")[0]


def test_an_absent_file_names_what_is_packaged(tmp_path):
    with pytest.raises(InputError, match="attendees"):
        load_nomenclature("atendees")
    with pytest.raises(InputError, match="attendees"):
        load_nomenclature(tmp_path)


def test_rows_go_to_the_nearest_by_cosine(fruit, encoder):
    segmentation = segmentation_from_nomenclature(fruit, encoder)
    found = segmentation.predict(encoder.encode(TEXTS), fingerprint=encoder.fingerprint)
    vectors = encoder.encode(texts_of(fruit)[0])
    examples = unit(vectors[1:3].sum(axis=0, keepdims=True))
    prototypes = np.concatenate([unit(vectors[:1] + examples), vectors[3:]])
    assert segmentation.router.prototypes == pytest.approx(prototypes, abs=1e-6)
    nearest = (encoder.encode(TEXTS) @ prototypes.T).argmax(axis=1)
    assert found.segments.tolist() == [fruit.segments[place].id for place in nearest]
    assert found.segments[0] == "sweet-apples"
    assert found.coverage == 1.0
    itself = segmentation.predict(vectors[3:4])
    assert itself.confidences[0] > 0.9
    assert itself.similarities[0] == pytest.approx(1.0, abs=1e-5)


def test_a_text_between_two_segments_is_ambiguous(fruit, encoder):
    segmentation = segmentation_from_nomenclature(fruit, encoder)
    middle = segmentation.router.prototypes[[1, 2]].sum(axis=0, keepdims=True)
    middle /= np.linalg.norm(middle)
    assert segmentation.predict(middle).statuses.tolist() == ["ambiguous"]


def test_one_segment_takes_all(tmp_path, encoder):
    (tmp_path / "one.toml").write_text('[[segment]]\nname="Apple"')
    one = segmentation_from_nomenclature(load_nomenclature(tmp_path / "one.toml"), encoder)
    found = one.predict(encoder.encode(TEXTS))
    assert set(found.segments) == {"apple"}
    assert np.isfinite(found.confidences).all()


def test_encoders_are_compared_side_by_side(fruit, encoder):
    labels = ["Sweet Apples", "pears", "PLUMS", None, "sweet-apples", "pears"]
    compared = compare_encoders(TEXTS, fruit, ["tfidf", Renamed(encoder)], labels)
    assert compared.side_by_side.columns.tolist() == ["tfidf", "again"]
    assert len(compared.side_by_side) == len(TEXTS)
    assert compared.vectors.shape[0] == len(TEXTS)
    for name, row in compared.encoders.set_index("encoder").iterrows():
        found = compared.side_by_side[name]
        true = [None if label is None else label.lower().replace(" ", "-") for label in labels]
        hits = [f == t for f, t in zip(found, true, strict=True) if t is not None]
        assert row["accuracy"] == pytest.approx(np.mean(hits))
        assert row["labelled"] == 5
        assert row["seconds"] > 0
        if Path("/proc/self/clear_refs").exists():
            assert row["peak_mib"] > 10
    [pair] = compared.agreement.to_dict("records")
    assert (
        pair["share"] == (compared.side_by_side["tfidf"] == compared.side_by_side["again"]).mean()
    )
    placed = [int((run.assignments.segments != "").sum()) for run in compared.runs]
    assigned = compared.classes.groupby("encoder", sort=False)["assigned"].sum()
    assert assigned.tolist() == placed
    told = json.loads(json.dumps(compared.to_dict(), allow_nan=False))
    assert list(told["encoders"]) == list(told["classes"]) == ["tfidf", "again"]
    assert told["agreement"][0]["share"] == pytest.approx(pair["share"], abs=1e-6)
    assert sum(row["assigned"] for row in told["classes"]["again"]) == placed[1]


class Renamed:
    """The same encoder by another name."""

    def __init__(self, encoder):
        self.name, self.dim, self.fingerprint = "again", encoder.dim, encoder.fingerprint
        self.encode = encoder.encode


def test_without_labels_accuracy_is_not_known(fruit, encoder):
    compared = compare_encoders(TEXTS, fruit, [encoder])
    assert np.isnan(compared.encoders["accuracy"][0])
    assert compared.agreement.empty
    assert compared.to_dict()["encoders"][encoder.name]["accuracy"] is None


def test_a_class_absent_from_the_labels_is_named(fruit, encoder):
    labels = ["pears"] * 3 + ["Sweet Apples"] * 3
    with pytest.warns(CoterieWarning, match="Plums"):
        compared = compare_encoders(TEXTS, fruit, [encoder], labels)
    plums = compared.classes.set_index("segment").loc["plums"]
    assert plums["labelled"] == 0
    assert np.isnan(plums["recall"])
    assert np.isfinite(compared.encoders["accuracy"][0])


def test_labels_that_are_no_segment_are_named_and_left_out(fruit):
    with pytest.warns(CoterieWarning, match="Kiwi"):
        found = match_labels(
            ["Kiwi", "pears", float("nan"), "plums", "sweet apples", "  ", ""], fruit.segments
        )
    assert found.tolist() == [None, "pears", None, "plums", "sweet-apples", None, None]


def test_labels_must_be_as_many_as_texts(fruit, encoder):
    with pytest.raises(InputError, match="3 labels"):
        compare_encoders(TEXTS, fruit, [encoder], ["pears", "plums", "sweet-apples"])


@pytest.mark.parametrize("encoders", [[], ["tfidf", "tfidf"]])
def test_encoders_are_named_once(fruit, encoders):
    with pytest.raises(OptionError, match="encoders"):
        compare_encoders(TEXTS, fruit, encoders)


def test_texts_of_another_encoder_are_refused(fruit, encoder):
    segmentation = segmentation_from_nomenclature(fruit, encoder)
    assert assign_texts(TEXTS, segmentation, encoder).best.assignments.coverage == 1.0
    for other in (fit_tfidf(TEXTS, dim=8), fit_tfidf([*TEXTS, "other words"], dim=3)):
        with pytest.raises(EncoderMismatchError, match="another 'tfidf'"):
            assign_texts(TEXTS, segmentation, other)
    with pytest.raises(EncoderError, match="tfidf"):
        assign_texts(TEXTS, segmentation)


@pytest.mark.parametrize("named", [True, False])
def test_an_encoder_of_another_name_is_refused_by_its_name(fruit, encoder, named):
    segmentation = segmentation_from_nomenclature(fruit, Renamed(encoder))
    narrow = fit_tfidf(TEXTS, dim=2)
    with pytest.raises(EncoderMismatchError) as refused:
        assign_texts(TEXTS, segmentation, "tfidf" if named else narrow)
    assert "'again'" in str(refused.value)
    assert "--encoder tfidf" in str(refused.value)


def test_vectors_of_another_width_are_told_by_their_width(fruit, encoder):
    segmentation = segmentation_from_nomenclature(fruit, encoder)
    wide = np.zeros((0, encoder.dim + 1), np.float32)
    with pytest.raises(
        EncoderMismatchError, match=f"width {encoder.dim} and .* width {encoder.dim + 1}:"
    ):
        segmentation.predict(wide)


@pytest.mark.weights
def test_minilm_knows_who_comes_to_learn(tmp_path):
    try:
        load_encoder("minilm")
    except EncoderError as error:
        pytest.skip(str(error))
    texts = [
        "Sat through six talks and two workshops, took notes and downloaded all slides.",
        "Scanned forty badges at the reception and was introduced to many people.",
        "Negotiated price, contract and delivery dates with one supplier and our purchaser.",
    ]
    labels = ["Learning", "Networking", "Sourcing: Deciding"]
    cache = EmbeddingCache(tmp_path)
    with pytest.warns(CoterieWarning, match="label"):
        compared = compare_encoders(
            texts, load_nomenclature("attendees"), ["minilm"], labels, cache
        )
    assert compared.encoders["accuracy"][0] == 1.0
    assert list(tmp_path.glob("*.sqlite"))
