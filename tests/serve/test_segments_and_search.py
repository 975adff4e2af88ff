"""Segments and search over HTTP: what Python and the command line answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

import coterie
from coterie.segments.taxonomy.edits import merge, rename
from coterie.verbs.edits import catch_up, edit_saved

from .conftest import Client, rows

TEXTS = rows(12, shift=300)["text"].tolist()


def test_texts_go_where_python_puts_them(client: Client, found: Path) -> None:
    service = client(segments=found)
    said = service.post("/v1/assign", json={"texts": [*TEXTS, "", None]}).json()["assignments"]
    python = coterie.assign(rows(12, shift=300), text="text", segments=found).assignments
    assert [each["segment"] for each in said[:12]] == python["segment"].tolist()
    assert [each["status"] for each in said[:12]] == python["status"].tolist()
    assert [each["status"] for each in said[12:]] == ["set aside"] * 2
    assert all(each["reason"] for each in said[12:])


def test_edits_are_signed_and_seen_by_all_and_a_late_one_is_refused(
    client: Client, found: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(found, tmp_path / "own"))
    service = client(segments=own)
    first = service.get("/v1/segments")
    segments, tag = first.json()["segments"], first.headers["etag"]
    asked = {"edit": "rename", "segment": segments[0]["id"], "name": "money back"}
    done = service.post("/v1/segments/edits", json=asked, headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    assert done.headers["etag"] != tag
    names = [each["name"] for each in service.get("/v1/segments").json()["segments"]]
    assert "money back" in names
    late = {"edit": "rename", "segment": segments[1]["id"], "name": "late"}
    refused = service.post("/v1/segments/edits", json=late, headers={"If-Match": tag})
    assert refused.status_code == 412
    assert "late" not in [each["name"] for each in service.get("/v1/segments").json()["segments"]]
    merged = {"edit": "merge", "segments": [each["id"] for each in segments[:2]]}
    assert service.post("/v1/segments/edits", json=merged).status_code == 200
    history = service.get("/v1/segments/history").json()
    assert [each["what"] for each in history[-2:]] == ["rename", "merge"]
    assert all(each["by"] for each in history[-2:])
    said = service.post("/v1/assign", json={"texts": TEXTS}).json()["assignments"]
    assert {each["segment"] for each in said} <= {
        each["id"] for each in service.get("/v1/segments").json()["segments"]
    } | {None}
    assert service.post("/v1/segments/edits", json={"edit": "freeze"}).status_code == 200
    assert service.post("/v1/segments/edits", json=asked).status_code == 409
    unknown = {"edit": "rename", "segment": "nobody", "name": "x"}
    assert service.post("/v1/segments/edits", json=unknown).status_code in (404, 409, 422)
    assert service.post("/v1/segments/edits", json={"edit": "rename"}).status_code == 422


def test_rows_make_a_segment_and_every_edit_is_undone_and_redone(
    client: Client, found: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(found, tmp_path / "own"))
    service = client(segments=own)

    def edit(**asked: object) -> dict[str, Any]:
        done = service.post("/v1/segments/edits", json=asked)
        assert done.status_code == 200, done.text
        assert done.headers["etag"] == service.get("/v1/segments").headers["etag"]
        answer: dict[str, Any] = done.json()
        return answer

    first = service.get("/v1/segments").json()
    assert (first["rows"], first["level"], first["can_undo"]) == (150, 3, None)
    assert sum(each["size"] for each in first["segments"]) + first["outside"] == 150
    assert first["range"][0] <= first["range"][1]
    assert 3 in first["levels"]
    assert all(0 < each["confidence"] <= 1 for each in first["segments"])
    assert sum(each["share"] for each in first["segments"]) <= 1 + 1e-9
    home = first["segments"][0]["id"]
    chosen = list(range(0, 150, 3))[:10]
    made = edit(edit="create", at=chosen, name="Picked")
    [new] = [each["id"] for each in made["segments"] if each["name"] == "Picked"]
    assert made["moved"] >= 10
    assert "Picked" in made["can_undo"]
    moved = edit(edit="move", at=[chosen[0]], to=home)
    assert moved["changes"][0]["details"]["to"] == home
    frame = pd.read_csv(own / "assignments.csv", dtype=str)
    assert set(frame["segment"][chosen[1:]]) == {new}
    assert frame["segment"][chosen[0]] == home
    other = next(number for number in made["levels"] if number != made["level"])
    leveled = edit(edit="level", groups=other)
    assert leveled["level"] == other == len(leveled["segments"])
    for _ in range(3):
        last = edit(edit="undo")
    assert last["can_undo"] is None
    assert last["can_redo"]
    assert last["segments"] == first["segments"]
    assert "Picked" in {each["name"] for each in edit(edit="redo")["segments"]}
    history = service.get("/v1/segments/history").json()
    assert [each["what"] for each in history][-4:] == ["undo"] * 3 + ["redo"]
    assert all(each["words"] for each in history)
    assert service.post("/v1/segments/edits", json={"edit": "undo"}).status_code == 200
    assert service.post("/v1/segments/edits", json={"edit": "undo"}).status_code == 409
    for wrong in (
        {"edit": "create", "name": "None"},
        {"edit": "create", "at": [], "name": "None"},
        {"edit": "move", "to": home},
        {"edit": "level"},
    ):
        assert service.post("/v1/segments/edits", json=wrong).status_code == 422
    absent = {"edit": "create", "at": [150], "name": "None"}
    assert service.post("/v1/segments/edits", json=absent).status_code == 409


def test_who_comes_late_is_told_who_was_first_and_what_they_did(
    client: Client, found: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(found, tmp_path / "own"))
    service = client(segments=own)
    seen = service.get("/v1/segments")
    tag, (first, second, third) = seen.headers["etag"], seen.json()["segments"]
    edit_saved(own, lambda s, _: rename(s, first["id"], "Money back"), by="Bo")
    edit_saved(own, lambda s, _: merge(s, [second["id"], third["id"]], "Both"), by="Ana")
    asked = {"edit": "rename", "segment": first["id"], "name": "Mine"}
    late = service.post("/v1/segments/edits", json=asked, headers={"If-Match": tag})
    assert late.status_code == 412
    for word in ("Ana", "Both", third["name"], "1 other edit"):
        assert word in late.json()["detail"]
    again = service.get("/v1/segments").headers["etag"]
    done = service.post("/v1/segments/edits", json=asked, headers={"If-Match": again})
    assert done.status_code == 200
    unknown = service.post("/v1/segments/edits", json=asked, headers={"If-Match": "nonsense"})
    assert unknown.status_code == 412


def test_the_page_follows_when_it_is_asked_for(client: Client, found: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(found, tmp_path / "own"))
    service = client(segments=own)
    segment = service.get("/v1/segments").json()["segments"][0]["id"]
    asked = {"edit": "rename", "segment": segment, "name": "Quite another name"}
    assert service.post("/v1/segments/edits", json=asked).status_code == 200
    assert "Quite another name" in (own / "assignments.csv").read_text(encoding="utf-8")
    assert "Quite another name" in (own / "groups.csv").read_text(encoding="utf-8")
    catch_up(own)
    page = (own / "report.html").read_bytes()
    assert b"Quite another name" in page
    catch_up(own)
    assert (own / "report.html").read_bytes() == page
    asked["name"] = "A third name"
    assert service.post("/v1/segments/edits", json=asked).status_code == 200
    edit_saved(own, lambda s, _: s)  # an edit of the command line
    assert "A third name" in (own / "report.html").read_text(encoding="utf-8")


def test_search_finds_what_python_finds(client: Client, indexed: Path) -> None:
    service = client(index=indexed)
    python = coterie.load(indexed).search("parcel at home", k=5, where="plan = 'paid'")
    asked = {"query": "parcel at home", "k": 5, "where": "plan = 'paid'"}
    said = service.post("/v1/search", json=asked).json()
    assert [each["id"] for each in said["hits"]] == python.hits["id"].tolist()
    assert all(each["plan"] == "paid" for each in said["hits"])
    like = service.post("/v1/similar", json={"like": ["m0"], "k": 3}).json()["hits"]
    assert [each["id"] for each in like] == coterie.load(indexed).search(like="m0", k=3).hits[
        "id"
    ].tolist()
    assert {each["name"] for each in service.get("/v1/columns").json()} >= {"plan", "seats"}
    assert service.post("/v1/search", json={"query": "x", "where": "plan ="}).status_code == 422
    assert service.post("/v1/search", json={"query": "x", "where": "plann = 1"}).status_code == 422
    assert service.post("/v1/similar", json={"like": ["absent"]}).status_code == 422


def test_what_a_service_has_not_it_says(client: Client) -> None:
    service = client(log="none")
    assert service.post("/v1/assign", json={"texts": ["x"]}).status_code == 404
    assert service.get("/v1/segments").status_code == 404
    assert service.post("/v1/search", json={"query": "x"}).status_code == 404
    assert service.get("/logs").status_code == 404
    assert service.post("/predict", json={"transcript": "refund"}).status_code == 200
