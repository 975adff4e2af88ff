"""``coterie segments`` and ``coterie assign``, as typed."""

import csv
import json

import numpy as np
import pytest

from coterie.cli import main
from coterie.encoders import fit_tfidf
from coterie.segments import EncoderRef, Segmentation
from coterie.segments.taxonomy.edits import counted
from coterie.segments.taxonomy.files import load_segmentation, save_segmentation
from coterie.segments.taxonomy.folder import write_assignments
from coterie.segments.taxonomy.rows import load_rows, save_rows

from .worlds import made, rows_of, unit

CORNERS = unit(np.eye(3))
ROWS = unit(np.array([[3, 1, 0], [3, 0, 1], [0, 3, 1], [1, 3, 0], [0, 1, 3]]))
IDS = [f"r{row}" for row in range(len(ROWS))]


@pytest.fixture
def drawer(tmp_path):
    folder = tmp_path / "found"
    segmentation = made(ROWS, CORNERS)
    save_segmentation(segmentation, folder)
    texts = ["a", "b", "=c", "[red]d", "e"]
    save_rows(folder, rows_of(IDS, texts, ROWS, fingerprint="f" * 64))
    write_assignments(folder, segmentation, IDS, segmentation.predict(ROWS))
    return folder


@pytest.fixture
def typed(drawer, capsys):
    """Type ``coterie segments VERB DIR ...``; exit code, standard output and error."""

    def type_in(verb, *words, folder=drawer):
        code = main(["segments", verb, str(folder), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return type_in


def exported(folder):
    with (folder / "assignments.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_list_and_show(typed):
    code, out, _ = typed("list")
    assert code == 0
    assert "Group s01" in out
    assert "40.0%" in out
    code, out, _ = typed("list", "--json")
    assert [s["size"] for s in json.loads(out)["segments"]] == [2, 2, 1]
    code, out, _ = typed("show", "group S02", "--json")
    shown = json.loads(out)
    assert shown["id"] == "s02"
    assert sum(shown["statuses"].values()) == shown["size"] == 2


def test_rename_keeps_the_id_and_is_in_the_export(typed, drawer):
    code, out, _ = typed("rename", "s01", "[bold]=Fans", "--description", "They cheer.")
    assert code == 0
    assert "[bold]=Fans" in out
    assert "All rows stay" in out
    assert exported(drawer)["r0"] == {
        "id": "r0",
        "segment": "s01",
        "name": "[bold]=Fans",
        "status": exported(drawer)["r0"]["status"],
        "confidence": exported(drawer)["r0"]["confidence"],
    }
    assert load_segmentation(drawer)["s01"].description == "They cheer."
    code, out, _ = typed("show", "s01")
    assert "They cheer." in out
    assert "rename" in out


@pytest.mark.parametrize(("sweep", "says"), [(False, "assign the table"), (True, "discover again")])
def test_a_page_that_cannot_be_drawn_anew_is_told_of(typed, drawer, sweep, says):
    assert "report.html" not in "".join(map(str, typed("rename", "s01", "Fans")))
    (drawer / "report.html").write_text("<p>found</p>")
    if sweep:
        (drawer / "sweep.csv").write_text("method,candidate,groups,silhouette\n")
        (drawer / "metrics.json").write_text('{"rows": 5}')
    code, out, err = typed("rename", "s01", "Visitors")
    assert (code, "report.html" in out) == (0, False)
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert (drawer / "report.html").read_text() == "<p>found</p>"
    assert exported(drawer)["r0"]["name"] == "Visitors"


def test_merge_split_move_and_history(typed, drawer):
    code, out, _ = typed("merge", "s01", "s03", "--name", "Both", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["moved"] == 1
    assert {s["id"]: s["size"] for s in answer["segments"]} == {"s01": 3, "s02": 2}
    code, out, _ = typed("split", "Both", "--into", "2", "--name", "Big", "--name", "Small")
    assert code == 0
    assert "3 rows moved" in out
    assert exported(drawer)["r0"]["name"] == "Big"
    assert exported(drawer)["r4"]["name"] == "Small"
    assert exported(drawer)["r4"]["segment"] == "s05"
    code, out, _ = typed("move", "r0", "r2", "--to", "Small", "--json")
    assert code == 0
    assert json.loads(out)["moved"] == 2
    assert [exported(drawer)[row]["segment"] for row in IDS] == ["s05", "s04", "s05", "s02", "s05"]
    code, out, _ = typed("history", "--json")
    assert [change["what"] for change in json.loads(out)] == ["merge", "split", "move"]
    assert json.loads(out)[2]["details"]["rows"] == ["r0", "r2"]
    code, out, _ = typed("history")
    assert "merge" in out
    code, _, err = typed("show", "s03")
    assert code == 2
    assert "merged into s01" in err


def test_rows_make_a_segment_and_one_undo_takes_it_back(typed, drawer):
    before = {row: each["segment"] for row, each in exported(drawer).items()}
    code, out, _ = typed("create", "Picked", "--rows", "r0", "--rows", "r3", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["moved"] == 2
    [new] = [each["id"] for each in answer["segments"] if each["name"] == "Picked"]
    after = {row: each["segment"] for row, each in exported(drawer).items()}
    assert after == before | {"r0": new, "r3": new}
    assert "Picked" in typed("history")[1]
    assert typed("undo")[0] == 0
    assert {row: each["segment"] for row, each in exported(drawer).items()} == before
    assert [each["what"] for each in json.loads(typed("history", "--json")[1])] == [
        "create",
        "undo",
    ]


def test_freeze_refuses_and_thaw_makes_a_draft_elsewhere(typed, drawer, tmp_path):
    assert typed("freeze")[0] == 0
    assert "frozen" in typed("list")[1]
    assert "Nothing to change" in typed("freeze")[1]
    code, _, err = typed("rename", "s01", "New")
    assert code == 2
    assert "thaw" in err
    assert len(err.strip().splitlines()) == 1
    draft = tmp_path / "draft"
    assert typed("thaw", "--out", str(draft))[0] == 0
    assert load_segmentation(drawer).frozen
    assert typed("rename", "s01", "New", folder=draft)[0] == 0
    assert exported(draft)["r0"]["name"] == "New"
    assert exported(drawer)["r0"]["name"] == "Group s01"
    code, _, err = typed("thaw", "--out", str(draft))
    assert code == 2
    assert "not empty" in err
    assert typed("thaw")[0] == 0
    assert not load_segmentation(drawer).frozen


def test_parent_groups_segments(typed, drawer):
    assert typed("parent", "s02", "Money")[0] == 0
    assert load_segmentation(drawer)["s02"].parent == "Money"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rename", "Grup s01", "x"), "did you mean Group s01"),
        (("rename", "s01", "Group s02"), "s02"),
        (("rename", "s01", " "), "blank"),
        (("merge", "s01", "s01"), "two"),
        (("move", "r9", "--to", "s01"), "did you mean"),
        (("split", "s03"), "2 parts"),
        (("create", "Group s02", "--rows", "r0"), "s02"),
        (("create", "New", "--rows", "r9"), "did you mean"),
        (("level", "2"), "only 3"),
        (("undo",), "no edit to undo"),
        (("redo",), "no edit to redo"),
        (("split", "s01", "--name", "one"), "1 names"),
    ],
)
def test_mistakes_are_one_sentence_and_change_nothing(typed, drawer, words, says):
    before = {path.name: path.read_bytes() for path in drawer.iterdir()}
    code, out, err = typed(*words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert {path.name: path.read_bytes() for path in drawer.iterdir()} == before


def test_altered_folder_and_no_folder(typed, drawer, tmp_path):
    code, _, err = typed("list", folder=tmp_path / "none")
    assert code == 2
    assert "discover" in err
    (drawer / "rows.parquet").unlink()
    code, _, err = typed("split", "s01")
    assert code == 2
    assert "rows.parquet" in err
    [arrays] = drawer.glob("router-*.safetensors")
    arrays.write_bytes(arrays.read_bytes()[:-1])
    code, _, err = typed("rename", "s01", "New")
    assert code == 2
    assert "put that one back" in err


TABLE = """id,text,fruit
1,an apple,Apples
2,a yellow pear,pears
3,,Apples
4,red apple,Apples
5,soft pear,
"""
FRUIT = """
title = "Fruit"
[[segment]]
name = "Apples"
description = "red apple and green apple"
[[segment]]
name = "Pears"
description = "soft yellow pear"
"""


@pytest.fixture
def orchard(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "fruit.toml").write_text(FRUIT)
    return tmp_path


def assign(orchard, *words):
    return main(["assign", str(orchard / "table.csv"), "--text", "text", "--id", "id", *words])


def test_assign_writes_what_it_found(orchard, capsys):
    out = orchard / "out"
    code = assign(
        orchard,
        *("--label", "fruit", "--segments", str(orchard / "fruit.toml")),
        *("--encoder", "tfidf", "--out", str(out)),
    )
    assert code == 0
    said = capsys.readouterr().out
    assert "100.0%" in said
    assert f"1 row set aside: {out / 'quarantine.csv'}" in said
    found = exported(out)
    assert {row: found[row]["name"] for row in found} == {
        "1": "Apples",
        "2": "Pears",
        "4": "Apples",
        "5": "Pears",
    }
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["label"] == "fruit"
    assert metrics["encoders"]["tfidf"]["accuracy"] == 1.0
    assert metrics["encoders"]["tfidf"]["labelled"] == 3
    assert f"Report: {out / 'report.html'}" in said
    assert "3," in (out / "quarantine.csv").read_text()
    segmentation, rows = load_segmentation(out), load_rows(out)
    predicted = segmentation.predict(rows.vectors, fingerprint=rows.fingerprint)
    assert predicted.segments.tolist() == [found[row]["segment"] for row in rows.ids]
    assert [s.size for s in segmentation.segments] == [2, 2]
    assert main(["segments", "move", str(out), "1", "--to", "Pears"]) == 0
    assert exported(out)["1"]["name"] == "Pears"


def test_assign_to_a_saved_segmentation_with_its_own_encoder(orchard, capsys):
    home = orchard / "saved"
    texts = ["an apple", "a yellow pear", "red apple", "soft pear"]
    encoder = fit_tfidf(texts, dim=4)
    encoder.save(home / "encoder")
    plain = made(encoder.encode(texts), encoder.encode(["red apple", "soft yellow pear"]))
    reference = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    segmentation = Segmentation(plain.segments, plain.router, reference)
    save_segmentation(counted(segmentation, segmentation.predict(encoder.encode(texts))), home)
    words = ("--segments", str(home), "--json", "--out")
    assert assign(orchard, *words, str(orchard / "out")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["set_aside"]) == (4, 1)
    found = exported(orchard / "out")
    assert [found[row]["segment"] for row in "1245"] == ["s01", "s02", "s01", "s02"]

    fit_tfidf([*texts, "plums"], dim=4).save(orchard / "other")
    wrong = (*words, str(orchard / "out2"), "--encoder", str(orchard / "other"))
    assert assign(orchard, *wrong) == 2
    assert "--encoder" in capsys.readouterr().err
    assert not (orchard / "out2").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--segments", "atendees", "--out", "x"), "attendees"),
        (
            ("--segments", "attendees", "--out", "x", "--label", "a", "--label", "b"),
            "--label",
        ),
    ],
)
def test_assign_says_what_is_wrong(orchard, capsys, words, says):
    assert assign(orchard, *words) == 2
    assert says in capsys.readouterr().err
