"""Jobs over HTTP: a file in, a discovery out, in the background."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Client, rows, until_ready


def begin(service: Any, kind: str, content: bytes, name: str, **options: Any) -> Any:
    query = {"name": name, "options": json.dumps(options)}
    return service.post(f"/v1/jobs/{kind}", params=query, content=content)


def ended(service: Any, job: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def look() -> bool:
        found.update(service.get(f"/v1/jobs/{job}").json())
        return found["state"] not in ("queued", "running")

    until_ready(look, 120)
    return found


def test_a_file_becomes_a_discovery_in_the_background(client: Client) -> None:
    service = client()
    content = rows(150).to_csv(index=False).encode()
    made = begin(
        service,
        "discover",
        content,
        "../../my messages.csv",
        text="text",
        encoder="tfidf",
        groups=3,
    )
    assert made.status_code == 202, made.text
    job = made.json()
    assert service.post("/predict", json={"transcript": "refund"}).status_code == 200
    done = ended(service, job["id"])
    assert done["state"] == "done", done
    assert done["result"]["rows"] == 150
    assert {"report.html", "segments.json", "assignments.csv"} <= set(done["files"])
    page = service.get(f"/v1/jobs/{job['id']}/files/report.html")
    assert page.headers["content-type"].startswith("text/html")
    assert "sandbox" in page.headers["content-security-policy"]
    csv = service.get(f"/v1/jobs/{job['id']}/files/assignments.csv")
    assert "attachment" in csv.headers["content-disposition"]
    assert csv.text.count("\n") == 151
    assert service.get(f"/v1/jobs/{job['id']}/files/..%2Fjob.json").status_code == 404
    assert service.get("/v1/jobs").json()[0]["id"] == job["id"]
    assert service.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert service.get(f"/v1/jobs/{job['id']}").status_code == 404


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"text": "text", "encoder": "/etc"}, "encoder"),
        ({"text": "text", "vectors": "/etc/passwd"}, "vectors"),
        ({"text": "text", "join": ["/etc/passwd"]}, "join"),
        ({"text": "text", "llm": "openai:x"}, "llm"),
        ({"text": "text", "cache": "/tmp"}, "cache"),
        ({"txt": "text"}, "text"),
        ({"text": "text", "groups": 0}, "groups"),
    ],
)
def test_options_that_reach_beyond_the_file_are_refused(
    client: Client, options: dict[str, Any], words: str
) -> None:
    service = client()
    answer = begin(service, "discover", b"text\nhello\n", "m.csv", **options)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert service.get("/v1/jobs").json() == []


def test_a_job_that_fails_says_why_and_others_go_on(client: Client, tmp_path: Path) -> None:
    service = client()
    first = begin(service, "explore", b"\x00\x01", "m.xlsx", text="text").json()
    second = begin(service, "explore", b"text\nhello\nworld\n", "m.csv", text="text").json()
    assert begin(service, "explore", b"", "m.csv").status_code == 422
    assert begin(service, "explore", b"x", "m.exe").status_code == 422
    assert begin(service, "train", b"x", "m.csv").status_code == 422
    failed = ended(service, first["id"])
    assert failed["state"] == "failed"
    assert failed["error"]
    assert ended(service, second["id"])["state"] == "done"


def test_jobs_are_cancelled_and_survive_a_restart(client: Client, tmp_path: Path) -> None:
    service = client()
    jobs = [
        begin(
            service,
            "discover",
            rows(count).to_csv(index=False).encode(),
            "m.csv",
            text="text",
            encoder="tfidf",
        ).json()["id"]
        for count in (3000, 200, 3000)
    ]
    service.post(f"/v1/jobs/{jobs[2]}/cancel")
    assert ended(service, jobs[2])["state"] == "cancelled"
    until_ready(lambda: service.get(f"/v1/jobs/{jobs[0]}").json()["state"] == "running", 30)
    assert service.delete(f"/v1/jobs/{jobs[0]}").status_code == 409
    service.post(f"/v1/jobs/{jobs[0]}/cancel")
    assert ended(service, jobs[0])["state"] == "cancelled"
    service.__exit__(None, None, None)
    again = client(state=tmp_path / "state")
    assert ended(again, jobs[1])["state"] == "done"
    assert [each["state"] for each in again.get("/v1/jobs").json()] == [
        "cancelled",
        "done",
        "cancelled",
    ]
