"""``coterie watch``: what changed in new rows, as a user types it and in Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import InputError, OptionError, StoreError
from coterie.segments import load_rows, load_segmentation
from coterie.workflows.watching.reference import route_left_out

ABOUT = {
    "card": ("card", "lost", "stolen", "blocked", "replace", "chip", "swallowed"),
    "refund": ("refund", "money", "charged", "twice", "invoice", "fee", "return"),
    "travel": ("flight", "hotel", "booking", "trip", "airport", "seat", "luggage"),
    "login": ("password", "login", "account", "code", "reset", "locked", "email"),
}
NEW = ("apple", "pay", "topup", "failing", "wallet", "watch", "declined")
OTHER = (
    *("my", "please", "the", "a", "was", "where", "is", "it", "now", "help", "today", "why"),
    *("did", "does", "how", "again", "yet", "still"),
)
EVEN = dict.fromkeys(ABOUT, 1.0)


def messages(rows: int, seed: int, shares: Mapping[str, float] = EVEN, new: int = 0) -> list[str]:
    """Make texts about four things, ``new`` of them about a fifth."""
    rng = np.random.default_rng(seed)
    chances = np.array(list(shares.values())) / sum(shares.values())
    wants = [*rng.choice(list(shares), rows - new, p=chances), *["new"] * new]
    kinds = {**ABOUT, "new": NEW}
    return [
        " ".join(rng.permutation([*rng.choice(kinds[want], 4, False), *rng.choice(OTHER, 4)]))
        for want in wants
    ]


def table(path: Path, texts: list[str], **more: object) -> Path:
    ids = [f"m{row}" for row in range(len(texts))]
    pd.DataFrame({"id": ids, "text": texts, **more}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a discovery, a model of the same rows, and tables."""
    folder = tmp_path_factory.mktemp("watch")
    texts = messages(800, 0)
    base = table(folder / "base.csv", texts, want=[_want(text) for text in texts])
    common = ["--text", "text", "--id", "id"]
    given = ["discover", base, *common, "--encoder", "tfidf", "--groups", "4"]
    assert main([str(word) for word in [*given, "--out", folder / "found"]]) == 0
    trained = ["train", base, *common, "--label", "want", "--encoder", "tfidf"]
    trained += ["--model", "linear", "--out", folder / "model"]
    assert main([str(word) for word in trained]) == 0
    table(folder / "quiet.csv", messages(400, 1))
    table(folder / "grown.csv", messages(400, 2, {**EVEN, "card": 3.0}))
    table(folder / "new.csv", messages(400, 3, new=24))
    return folder


def _want(text: str) -> str:
    return max(ABOUT, key=lambda want: len(set(ABOUT[want]) & set(text.split())))


TYPED = ("--text", "text", "--id", "id")


def watched(home: Path, name: str, *more: str, by: str = "found") -> dict[str, object]:
    out = home / f"out-{by}-{name}"
    given = ["watch", str(home / by), str(home / f"{name}.csv"), *TYPED, *more]
    assert main([*given, "--out", str(out)]) == 0
    found = json.loads((out / "watch.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("by", ["found", "model"])
def test_a_quiet_table_raises_no_alarm(
    home: Path, by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = watched(home, "quiet", by=by)
    assert (found["alarm"], found["changes"], found["rows"]) == (False, [], 400)
    said = capsys.readouterr().out
    assert str(found["headline"]) in " ".join(said.split())
    assert "to be noticed" in said
    assert (home / f"out-{by}-quiet" / "report.html").is_file()
    assert pd.read_csv(home / f"out-{by}-quiet" / "changes.csv").empty


@pytest.mark.parametrize("by", ["found", "model"])
def test_a_segment_that_grew_is_named_with_its_size(home: Path, by: str) -> None:
    found = watched(home, "grown", by=by)
    changes = found["changes"]
    assert isinstance(changes, list)
    grown = [change for change in changes if change["kind"] == "grew"]
    assert len(grown) == 1
    assert not [change for change in changes if change["kind"] == "new group"]
    (change,) = grown
    assert change["chance"] < 0.001
    assert 0.2 < change["before"] < 0.3
    assert 0.42 < change["after"] < 0.58
    assert change["low"] < 0.25 < change["high"]
    assert change["name"] in change["sentence"]
    listed = pd.read_csv(home / f"out-{by}-grown" / "changes.csv")
    assert len(listed) == len(changes)
    rows = pd.read_csv(home / f"out-{by}-grown" / "assignments.csv", keep_default_na=False)
    assert list(rows) == ["id", "segment", "name", "status", "confidence", "new_group"]
    assert (rows["segment"] == change["key"]).mean() == pytest.approx(change["after"])


@pytest.mark.parametrize("by", ["found", "model"])
def test_a_new_group_is_found_and_named_in_its_own_words(home: Path, by: str) -> None:
    found = watched(home, "new", by=by)
    changes = found["changes"]
    assert isinstance(changes, list)
    groups = [change for change in changes if change["kind"] == "new group"]
    assert len(groups) == 1
    (group,) = groups
    assert set(NEW) & set(" ".join([group["name"].lower(), *group["terms"]]).split())
    assert group["before"] < 0.01
    assert 0.045 < group["after"] < 0.08
    assert sum(group["within"].values()) == group["rows"]
    rows = pd.read_csv(home / f"out-{by}-new" / "assignments.csv", keep_default_na=False)
    members = rows["new_group"] == group["name"]
    assert members.sum() == group["rows"]
    assert members.iloc[-24:].mean() > 0.7
    assert members.iloc[:-24].mean() < 0.03
    page = (home / f"out-{by}-new" / "report.html").read_text(encoding="utf-8")
    assert group["name"] in page


def test_weeks_are_judged_one_by_one(home: Path) -> None:
    weeks = [messages(200, 10 + week) for week in range(3)] + [messages(200, 20, new=16)]
    texts = [text for week in weeks for text in week]
    days = pd.date_range("2025-03-03", "2025-03-29 12:00", periods=len(texts))
    when = days.strftime("%Y-%m-%d %H:%M").to_series()
    when.iloc[5] = ""
    table(home / "weeks.csv", texts, when=when.to_numpy())
    found = watched(home, "weeks", "--time", "when")
    periods = found["periods"]
    assert isinstance(periods, list)
    assert [each["period"] for each in periods][::3] == ["2025-03-03", "2025-03-24"]
    assert [each["whole"] for each in periods] == [True, True, True, False]
    assert [each["alarm"] for each in periods] == [False, False, False, True]
    assert sum(each["rows"] for each in periods) + found["rows_without_time"] == 800
    assert found["rows_without_time"] == 1
    assert (home / "out-found-weeks" / "periods.csv").is_file()
    changes = found["changes"]
    assert isinstance(changes, list)
    groups = [c for c in changes if set(NEW) & set(" ".join(c["terms"]).split())]
    assert [group["since"] for group in groups] == ["2025-03-24"]


def test_python_says_the_same(home: Path) -> None:
    found = coterie.watch(home / "new.csv", segments=home / "found", text="text", id="id")
    assert {change.kind for change in found.changes} <= {"new group", "unsure"}
    assert found.changes[0].name in found.sentences[0]
    assert found.changes[0].name in repr(found)
    assert found.changes[0].name in found._repr_html_()
    assert len(found.assignments) == 400
    assert found.save(home / "python").is_file()
    quiet = coterie.watch(home / "quiet.csv", segments=home / "found", text="text")
    assert quiet.changes == ()


def test_a_quiet_time_can_be_the_reference(home: Path) -> None:
    texts = messages(600, 30, {**EVEN, "card": 3.0})
    table(home / "other.csv", texts)
    given = {"segments": home / "found", "text": "text", "id": "id"}
    against = coterie.watch(home / "grown.csv", reference=home / "other.csv", **given)
    assert not [c for c in against.changes if c.kind in ("grew", "shrank", "new group")]
    assert against.figures["reference"]["doubt"] == 0


def test_a_burst_of_one_text_is_no_alarm(home: Path) -> None:
    texts = messages(400, 1)
    again = "my card was stolen and blocked please help today"
    found = coterie.watch(
        pd.DataFrame({"text": [*texts, *[again] * 40]}), segments=home / "found", text="text"
    )
    assert found.changes == ()
    assert found.figures["periods"][0]["repeated"] >= 35


def test_old_rows_are_answered_without_their_own_part_in_the_prototypes(home: Path) -> None:
    segmentation, rows = load_segmentation(home / "found"), load_rows(home / "found")
    inside = segmentation.predict(rows.vectors)
    left_out = route_left_out(segmentation.router, rows.vectors)
    assert len(left_out) == len(rows)
    assert float((left_out.segments == inside.segments).mean()) > 0.9
    assert float(left_out.similarities.mean()) < float(inside.similarities.mean())
    assert left_out.counts()["core"] < inside.counts()["core"]


def test_what_cannot_be_watched_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OptionError):
        coterie.watch(home / "quiet.csv", text="text")
    with pytest.raises(StoreError):
        coterie.watch(home / "quiet.csv", segments=home / "nothing", text="text")
    with pytest.raises(InputError):
        coterie.watch(messages_frame(10), segments=home / "found", text="text")
    assert main(["watch", str(home / "nothing"), "x.csv", "--out", str(home / "no")]) == 2
    assert not (home / "no").exists()
    assert capsys.readouterr().err.count("\n") == 1


def messages_frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"text": messages(rows, 0)})
