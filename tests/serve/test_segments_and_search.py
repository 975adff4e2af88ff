"""Segments and search over HTTP: what Python and the command line answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import coterie

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
