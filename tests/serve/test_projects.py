"""Projects: a file uploaded, its segments found in the background, looked at and edited."""

from __future__ import annotations

import io
import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from coterie.serve.jobs.expected import Expected
from coterie.serve.projects.projects import RUN

from .conftest import Client, rows, running, until_ready

SCRIPT = "<script>alert(1)</script>"
CHOSEN = {"text": "text", "id": "id", "labels": ["want"], "encoder": "tfidf", "groups": 3}


def table(n: int = 150) -> pd.DataFrame:
    """Rows with an id, a time and an address of a person in some texts."""
    made = rows(n)
    made.insert(0, "id", [f"m{i}" for i in range(n)])
    days = pd.date_range("2026-01-01", periods=n, freq="h")
    made["sent"] = days.strftime("%Y-%m-%d %H:%M")
    made.loc[0, "text"] += " write to anna.smith@example.com"
    return made


def arrow(content: bytes) -> tuple[pa.Table, dict[str, Any]]:
    """Read a stream, and the JSON in its metadata."""
    found = pa.ipc.open_stream(io.BytesIO(content)).read_all()
    return found, json.loads(found.schema.metadata[b"coterie"])


def upload(asked: TestClient, frame: pd.DataFrame, name: str = "messages.csv") -> dict[str, Any]:
    """Upload a table."""
    body = frame.to_csv(index=False).encode()
    answer = asked.post("/v1/projects", params={"name": name}, content=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def finished(asked: TestClient, key: str) -> dict[str, Any]:
    """Wait for the segments of a project."""

    def ended() -> bool:
        return asked.get(f"/v1/projects/{key}").json()["state"] in ("done", "failed", "cancelled")

    until_ready(ended, 120)
    found: dict[str, Any] = asked.get(f"/v1/projects/{key}").json()
    return found


@pytest.fixture(scope="module")
def found_project(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """A folder of models with one project, whose segments were found by a real job."""
    from coterie.options import ServeOptions
    from coterie.serve.app import create_app

    home = tmp_path_factory.mktemp("projects")
    models = Path(shutil.copytree(trained, home / "models"))
    app = create_app(models, ServeOptions(state=home / "state"))
    with TestClient(app) as asked:
        key = upload(asked, table())["id"]
        begun = asked.post(f"/v1/projects/{key}/discover", json={**CHOSEN, "time": "sent"})
        assert begun.status_code == 202, begun.text
        assert begun.json()["state"] in ("queued", "running")
        done = finished(asked, key)
        assert done["state"] == "done", done
    return models


@pytest.fixture
def asked(found_project: Path, tmp_path: Path, client: Client) -> TestClient:
    """A service of a copy of the project."""
    folder = Path(shutil.copytree(found_project, tmp_path / "copy"))
    return client(folder)


@pytest.fixture
def key(asked: TestClient) -> str:
    """Id of the project."""
    found: str = asked.get("/v1/projects").json()["projects"][0]["id"]
    return found


def test_a_project_shows_what_was_found(asked: TestClient, key: str) -> None:
    project = asked.get(f"/v1/projects/{key}").json()
    assert (project["rows"], project["groups"], project["searchable"]) == (150, 3, True)
    assert project["columns"]["text"] == "text"
    assert project["report"]
    assert asked.get("/v1/projects/nothing").status_code == 404
    assert asked.get("/v1/projects/..%2f").status_code == 404


def test_points_are_all_rows_with_their_segments(asked: TestClient, key: str) -> None:
    points, about = arrow(asked.get(f"/v1/projects/{key}/points").content)
    assert points.num_rows == about["rows"] == 150
    assert {"x", "y", "segment", "confidence", "time"} == set(points.column_names)
    known = asked.get(f"/v1/projects/{key}/segments").json()["segments"]
    counts = np.bincount(np.asarray(points["segment"]), minlength=len(about["segments"]))
    sizes = {each["id"]: each["size"] for each in known}
    assert {s["id"]: int(n) for s, n in zip(about["segments"], counts, strict=True)} == sizes
    assert about["time"][0] == pd.Timestamp("2026-01-01").timestamp() * 1000
    assert {c["name"] for c in about["columns"]} >= {"want", "plan", "seats", "sent"}
    assert len({each["colour"] for each in about["segments"]}) == 3


def test_columns_colour_every_row(asked: TestClient, key: str) -> None:
    address = f"/v1/projects/{key}/points"
    wants, about = arrow(asked.get(address, params={"column": "want"}).content)
    named = [about["categories"][code] for code in wants["value"].to_pylist()]
    assert named == table()["want"].tolist()
    seats, about = arrow(asked.get(address, params={"column": "seats"}).content)
    assert seats["value"].to_pylist() == table()["seats"].tolist()
    assert (about["kind"], about["low"], about["high"]) == ("number", 0, 16)
    sent, about = arrow(asked.get(address, params={"column": "sent"}).content)
    assert sent["value"][1].as_py() - sent["value"][0].as_py() == 3_600_000
    assert asked.get(address, params={"column": "nothing"}).status_code == 422


def test_rows_are_found_by_words_and_shown_with_their_values(asked: TestClient, key: str) -> None:
    hits, about = arrow(asked.get(f"/v1/projects/{key}/find", params={"q": "PARCEL day"}).content)
    assert about["count"] == hits.num_rows == 50
    none, _ = arrow(asked.get(f"/v1/projects/{key}/find", params={"q": "   "}).content)
    assert none.num_rows == 0
    at = hits["place"].to_pylist()[:2]
    shown = asked.post(f"/v1/projects/{key}/rows", json={"at": at}).json()["rows"]
    assert [row["at"] for row in shown] == at
    assert all("parcel" in row["text"] for row in shown)
    assert shown[0]["values"]["want"] == "delivery"
    assert shown[0]["name"]
    assert asked.post(f"/v1/projects/{key}/rows", json={"at": [150]}).status_code == 422


def test_rows_of_a_segment_come_in_pages(asked: TestClient, key: str) -> None:
    segment = asked.get(f"/v1/projects/{key}/segments").json()["segments"][0]
    asking = {"segment": segment["id"], "limit": 20, "order": "confidence"}
    first = asked.post(f"/v1/projects/{key}/rows", json=asking).json()
    rest = asked.post(f"/v1/projects/{key}/rows", json={**asking, "offset": 20, "limit": 200})
    both = first["rows"] + rest.json()["rows"]
    assert len(both) == first["total"] == segment["size"]
    assert {row["segment"] for row in both} == {segment["id"]}
    assert [r["confidence"] for r in both] == sorted(r["confidence"] for r in both)
    few = asked.post(f"/v1/projects/{key}/rows", json={"segment": segment["id"], "q": "day 1"})
    assert 0 < few.json()["total"] < segment["size"]


def test_personal_data_is_masked_unless_it_may_be_seen(asked: TestClient, key: str) -> None:
    row = asked.post(f"/v1/projects/{key}/rows", json={"at": [0]}).json()["rows"][0]
    assert "anna.smith" not in json.dumps(row)
    hits = asked.post(f"/v1/projects/{key}/search", json={"query": "write to anna", "k": 50})
    assert "anna.smith" not in hits.text


def test_search_says_where_its_hits_are(asked: TestClient, key: str) -> None:
    found = asked.post(f"/v1/projects/{key}/search", json={"query": "refund please", "k": 5}).json()
    shown = asked.post(
        f"/v1/projects/{key}/rows", json={"at": [hit["at"] for hit in found["hits"]]}
    ).json()["rows"]
    assert [row["id"] for row in shown] == [hit["id"] for hit in found["hits"]]
    assert [row["segment"] for row in shown] == [hit["segment"] for hit in found["hits"]]
    like = asked.post(f"/v1/projects/{key}/similar", json={"like": ["m3"], "k": 3}).json()
    assert len(like["hits"]) == 3
    columns = {each["name"]: each for each in asked.get(f"/v1/projects/{key}/columns").json()}
    assert sum(columns["want"]["counts"]) == 150


def test_an_edit_moves_points_and_keeps_colours(asked: TestClient, key: str) -> None:
    before = asked.get(f"/v1/projects/{key}/segments")
    first, second, third = (each["id"] for each in before.json()["segments"])
    colours = {each["id"]: each["colour"] for each in before.json()["segments"]}
    tag = {"If-Match": before.headers["etag"]}
    merged = asked.post(
        f"/v1/projects/{key}/segments/edits",
        json={"edit": "merge", "segments": [first, second], "name": "both"},
        headers=tag,
    )
    assert merged.status_code == 200, merged.text
    assert merged.headers["etag"] != before.headers["etag"]
    left = {each["id"]: each["colour"] for each in merged.json()["segments"]}
    assert left == {first: colours[first], third: colours[third]}
    points, about = arrow(asked.get(f"/v1/projects/{key}/points").content)
    assert {each["id"] for each in about["segments"]} == {first, third}
    assert (np.asarray(points["segment"]) >= 0).sum() == sum(s["size"] for s in about["segments"])
    late = asked.post(
        f"/v1/projects/{key}/segments/edits",
        json={"edit": "rename", "segment": third, "name": "other"},
        headers=tag,
    )
    assert late.status_code == 412
    history = asked.get(f"/v1/projects/{key}/segments/history").json()
    assert [change["what"] for change in history][-1] == "merge"


def test_sizes_over_time_sum_to_the_rows(asked: TestClient, key: str) -> None:
    found = asked.get(f"/v1/projects/{key}/segments").json()
    assert found["trend"]["from"] < found["trend"]["to"]
    assert all(sum(each["trend"]) == each["size"] for each in found["segments"])


def test_a_model_is_trained_on_the_segments_and_served(asked: TestClient, key: str) -> None:
    begun = asked.post(f"/v1/projects/{key}/train", json={"name": "wants", "kind": "linear"})
    assert begun.status_code == 202, begun.text
    job = begun.json()["id"]
    until_ready(lambda: asked.get(f"/v1/jobs/{job}").json()["state"] in ("done", "failed"), 120)
    done = asked.get(f"/v1/jobs/{job}").json()
    assert done["state"] == "done", done
    assert done["result"]["model"] == "wants"
    assert "places" not in json.dumps(done)
    assert asked.get(f"/v1/projects/{key}").json()["models"] == ["wants"]
    scores = asked.get("/v1/models/wants/versions/1/scores")
    until_ready(lambda: asked.get("/v1/models/wants").status_code == 200)
    scores = asked.get("/v1/models/wants/versions/1/scores").json()
    kinds = {b["kind"] for section in scores["page"]["sections"] for b in section["blocks"]}
    assert {"heat_map", "lines", "tiles"} <= kinds
    told = asked.post("/v1/classify", json={"model": "wants", "rows": [{"text": "my parcel"}]})
    assert told.json()["predictions"][0]["label"]
    wrong = asked.post(f"/v1/projects/{key}/train", json={"name": "../wants"})
    assert wrong.status_code in (409, 422)


def test_a_project_is_renamed_and_removed(asked: TestClient, key: str) -> None:
    assert asked.patch(f"/v1/projects/{key}", json={"title": SCRIPT}).json()["title"] == SCRIPT
    again = asked.post(f"/v1/projects/{key}/discover", json=CHOSEN)
    assert again.status_code == 409  # its segments would be lost
    assert asked.delete(f"/v1/projects/{key}").status_code == 204
    assert asked.get("/v1/projects").json()["projects"] == []


def test_a_file_that_cannot_be_used_leaves_nothing(client: Client) -> None:
    asked = client()
    for name, body in (("a.exe", b"x"), ("messages.csv", b"")):
        answer = asked.post("/v1/projects", params={"name": name}, content=body)
        assert answer.status_code == 422, answer.text
    assert asked.get("/v1/projects").json()["projects"] == []
    key = upload(asked, table(9), "a b.csv")["id"]
    assert asked.get(f"/v1/projects/{key}/points").status_code == 409
    asked.post(f"/v1/projects/{key}/discover", json={**CHOSEN, "text": "nothing"})
    failed = finished(asked, key)
    assert failed["state"] == "failed"
    assert "nothing" in failed["error"]


def test_a_cancelled_project_begins_again(client: Client) -> None:
    asked = client()
    key = upload(asked, table(60))["id"]
    asked.post(f"/v1/projects/{key}/discover", json=CHOSEN)
    assert asked.delete(f"/v1/projects/{key}").status_code in (409, 204)
    asked.post(f"/v1/projects/{key}/cancel")
    assert finished(asked, key)["state"] in ("cancelled", "done")
    if asked.get(f"/v1/projects/{key}").json()["state"] == "cancelled":
        asked.post(f"/v1/projects/{key}/discover", json=CHOSEN)
        assert finished(asked, key)["state"] == "done"


def test_what_a_run_found_is_a_project_too(found: Path, indexed: Path, client: Client) -> None:
    asked = client(segments=found, index=indexed)
    run = asked.get(f"/v1/projects/{RUN}").json()
    assert (run["rows"], run["own"]) == (150, False)
    points, _ = arrow(asked.get(f"/v1/projects/{RUN}/points").content)
    assert points.num_rows == 150
    assert asked.delete(f"/v1/projects/{RUN}").status_code == 409


def test_work_goes_on_after_a_restart(models: Path) -> None:
    import httpx

    with running(models) as first:
        body = table(400).to_csv(index=False).encode()
        made = httpx.post(
            f"{first.url}/v1/projects", params={"name": "m.csv"}, content=body, timeout=60
        )
        key = made.json()["id"]
        httpx.post(f"{first.url}/v1/projects/{key}/discover", json=CHOSEN, timeout=60)
        first.stop()
    with running(models) as second:

        def state() -> str:
            return str(httpx.get(f"{second.url}/v1/projects/{key}", timeout=60).json()["state"])

        until_ready(lambda: state() in ("done", "failed"), 120)
        assert state() == "done"


def test_a_process_that_was_left_behind_is_waited_for(models: Path) -> None:
    import httpx

    with running(models) as first:
        body = table(400).to_csv(index=False).encode()
        made = httpx.post(
            f"{first.url}/v1/projects", params={"name": "m.csv"}, content=body, timeout=60
        )
        key = made.json()["id"]
        httpx.post(f"{first.url}/v1/projects/{key}/discover", json=CHOSEN, timeout=60)
        jobs = models / "service" / "jobs"
        until_ready(lambda: any(jobs.glob("*/.running")))
        first.stop(signal.SIGKILL)  # the process of the job lives on
    with running(models) as second:

        def show() -> dict[str, Any]:
            found: dict[str, Any] = httpx.get(f"{second.url}/v1/projects/{key}", timeout=60).json()
            return found

        until_ready(lambda: show()["state"] in ("done", "failed"), 120)
        address = f"{second.url}/v1/projects/{key}/segments"
        first_one = httpx.get(address, timeout=60).json()["segments"][0]["id"]
        edit = {"edit": "rename", "segment": first_one, "name": "kept"}
        assert httpx.post(f"{address}/edits", json=edit, timeout=60).status_code == 200
        job = httpx.get(f"{second.url}/v1/jobs", timeout=60).json()[0]["id"]
        until_ready(lambda: httpx.get(f"{second.url}/v1/jobs/{job}").json()["state"] == "done", 120)
        names = [s["name"] for s in httpx.get(address, timeout=60).json()["segments"]]
        assert "kept" in names  # nothing was found again over the edit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on when it is told to."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_time_left_shrinks_as_stages_end(clock: list[float]) -> None:
    expected = Expected.of("project")
    left = []
    for title, total in (
        ("Reading a", None),
        ("Embedding with x", 10_000),
        ("Joining words", None),
    ):
        expected.begin(title, total)
        clock[0] += 5
        if total:
            expected.advance(5_000)
        left.append(expected.to_dict()["seconds_left"])
        expected.end()
    assert left[0] is None
    assert left[1] > left[2] > 0
    assert expected.to_dict()["step"] == 3


def test_a_preview_guesses_the_columns(client: Client) -> None:
    asked = client()
    key = upload(asked, table(60))["id"]
    shown = asked.get(f"/v1/projects/{key}/preview").json()
    assert [each["name"] for each in shown["columns"]] == table(1).columns.tolist()
    assert (shown["guess"]["text"], shown["guess"]["time"]) == ("text", "sent")
    assert len(shown["rows"]) == 20


@pytest.mark.weights
def test_a_language_model_names_the_segments(
    found_project: Path, tmp_path: Path, client: Client, smollm2: Path
) -> None:
    folder = Path(shutil.copytree(found_project, tmp_path / "copy"))
    asked = client(folder, llm=f"gguf:{smollm2}")
    key = asked.get("/v1/projects").json()["projects"][0]["id"]
    models = asked.get("/v1/language-models").json()["models"]
    assert models == [f"gguf:{smollm2.name}"]  # not where it lies
    other = asked.post(f"/v1/projects/{key}/name", json={"llm": "gguf:/etc/passwd"})
    assert other.status_code == 422
    begun = asked.post(f"/v1/projects/{key}/name", json={"llm": models[0]})
    assert begun.status_code == 202, begun.text
    job = begun.json()["id"]
    until_ready(lambda: asked.get(f"/v1/jobs/{job}").json()["state"] in ("done", "failed"), 300)
    done = asked.get(f"/v1/jobs/{job}").json()
    assert done["state"] == "done", done
    assert len(done["result"]["names"]) >= 3


def test_rows_of_a_person_become_one(client: Client) -> None:
    asked = client()
    made = table(160)
    made["customer"] = [f"c{i // 4}" for i in range(len(made))]
    key = upload(asked, made)["id"]
    options = {**CHOSEN, "id": None, "person": "customer", "time": "sent", "groups": 2}
    asked.post(f"/v1/projects/{key}/discover", json=options)
    done = finished(asked, key)
    assert (done["state"], done["rows"]) == ("done", 40), done
    row = asked.post(f"/v1/projects/{key}/rows", json={"at": [0]}).json()["rows"][0]
    assert row["id"] == "c0"
    assert asked.post(f"/v1/projects/{key}/search", json={"query": "refund"}).json()["hits"]


def test_a_sheet_of_a_workbook_is_a_project(client: Client, tmp_path: Path) -> None:
    asked = client()
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["nothing to see"]}).to_excel(book, sheet_name="notes", index=False)
        table(90).to_excel(book, sheet_name="messages", index=False)
    made = asked.post("/v1/projects", params={"name": path.name}, content=path.read_bytes()).json()
    shown = asked.get(f"/v1/projects/{made['id']}/preview").json()
    assert shown["sheets"] == ["notes", "messages"]
    second = asked.get(f"/v1/projects/{made['id']}/preview", params={"sheet": "messages"}).json()
    assert second["guess"]["text"] == "text"
    options = {**CHOSEN, "sheet": "messages"}
    asked.post(f"/v1/projects/{made['id']}/discover", json=options)
    assert finished(asked, made["id"])["rows"] == 90
