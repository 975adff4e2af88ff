"""The pages of the studio: which file an address gives, and how it is sent."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from starlette.testclient import TestClient

from coterie.serve.access.key_file import add_key, keys_path
from coterie.serve.routes import pages

from .conftest import Client

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
INDEX = "<!doctype html><title>Studio</title>"
SCRIPT = "export const words = " + repr("many words " * 500)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end as its build leaves it, with something private beside it."""
    folder = tmp_path / "package" / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX, "utf-8")
    (folder / "assets" / "index-B1_x.js").write_text(SCRIPT, "utf-8")
    (folder / "assets" / "font-a.woff2").write_bytes(b"\0" * 1000)
    (folder / "icon.svg").write_text("<svg/>", "utf-8")
    (folder / ".hidden.js").write_text("private", "utf-8")
    (folder.parent / "secret.js").write_text("private", "utf-8")
    monkeypatch.setattr(pages, "WEB", folder)
    return folder


@pytest.fixture
def service(web: Path, client: Client) -> TestClient:
    return client(ready=False)


def test_a_browser_is_sent_to_the_studio_and_a_program_is_not(service: TestClient) -> None:
    answer = service.get("/", headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/studio/")
    assert service.get("/", headers=BROWSER).text == INDEX
    for headers in ({}, {"accept": "*/*"}, {"accept": "application/json"}):
        assert service.get("/", headers=headers).json()["service"] == "coterie"


def test_every_address_of_the_studio_is_its_page(service: TestClient) -> None:
    for path in ("/studio", "/studio/", "/studio/projects/p1/map", "/studio/v1.2/models"):
        answer = service.get(path)
        assert (answer.status_code, answer.text) == (200, INDEX), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


def test_files_have_their_kind_and_assets_are_kept(service: TestClient) -> None:
    script = service.get("/studio/assets/index-B1_x.js")
    assert script.text == SCRIPT
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    icon = service.get("/studio/icon.svg")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert "immutable" not in icon.headers["cache-control"]
    font = service.get("/studio/assets/font-a.woff2", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in font.headers
    missing = service.get("/studio/assets/index-old.js")
    assert missing.status_code == 404
    assert missing.headers["cache-control"] == "no-store"


def test_what_is_text_is_compressed_for_whoever_takes_it(service: TestClient) -> None:
    def asked(accepted: str) -> httpx.Response:
        headers = {"accept-encoding": accepted}
        with service.stream("GET", "/studio/assets/index-B1_x.js", headers=headers) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers["vary"] == "accept-encoding"
        assert int(answer.headers["content-length"]) == len(raw)
        packed = answer.headers.get("content-encoding") == "gzip"
        assert (gzip.decompress(raw) if packed else raw).decode() == SCRIPT
        assert (len(raw) < len(SCRIPT) / 10) is packed
        return answer

    for accepted in ("gzip", "deflate, GZIP", "br, gzip; q=0.5"):
        assert "content-encoding" in asked(accepted).headers, accepted
    for accepted in ("identity", "br", "gzip;q=0", "gzip; q=0.0"):
        assert "content-encoding" not in asked(accepted).headers, accepted


def test_head_says_what_get_would(service: TestClient) -> None:
    for path in ("/studio/", "/studio/assets/index-B1_x.js"):
        head, got = service.head(path), service.get(path)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("content-length", "content-type", "cache-control", "content-encoding"):
            assert head.headers.get(name) == got.headers.get(name)
    assert service.head("/studio/none.js").status_code == 404
    assert service.post("/studio/").status_code == 405


def raw(service: TestClient, path: str) -> tuple[int, bytes]:
    """Ask for a path as it is on the wire, which a client would tidy."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "headers": [],
        "query_string": b"",
        "root_path": "",
        "path": unquote(path),
        "raw_path": path.encode(),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    asyncio.run(service.app(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])


def test_nothing_outside_the_folder_is_sent(web: Path, service: TestClient) -> None:
    assert raw(service, "/studio/assets/index-B1_x.js") == (200, SCRIPT.encode())
    for name in (
        "../secret.js",
        "assets/../../secret.js",
        "assets/../icon.svg",
        "./icon.svg",
        "%2e%2e/secret.js",
        "..%2fsecret.js",
        "..%5csecret.js",
        "assets/%2e%2e/%2e%2e/secret.js",
        "%252e%252e/secret.js",
        "/secret.js",
        f"{web.parent}/secret.js",
        f"/{web.parent}/secret.js",
        "%2fetc/host.conf",
        ".hidden.js",
        "assets/.js",
        "%00.js",
        "icon.svg%00.js",
        "assets%5cindex-B1_x.js",
        "a/" * 3000 + "x.js",
        f"{'x' * 5000}.js",
    ):
        status, content = raw(service, f"/studio/{name}")
        assert status == 404, name
        assert b"private" not in content


def test_a_new_build_is_served_without_a_restart(web: Path, service: TestClient) -> None:
    assert service.get("/studio/").text == INDEX
    (web / "index.html").write_text("new", "utf-8")
    os.utime(web / "index.html", ns=(1, 1))
    assert service.get("/studio/").text == "new"


def test_pages_need_no_key_and_what_they_show_does(
    web: Path, client: Client, tmp_path: Path
) -> None:
    key, _ = add_key(keys_path(tmp_path / "state"), "ada", ["read"])
    service = client(ready=False)
    assert service.get("/", headers=BROWSER).text == INDEX
    assert service.get("/studio/assets/index-B1_x.js").status_code == 200
    assert service.get("/").status_code == 401
    assert service.get("/", headers={"x-api-key": key}).status_code == 200


def test_the_policy_of_pages_allows_their_own_scripts_alone(service: TestClient) -> None:
    said = service.get("/studio/").headers["content-security-policy"]
    policy = dict(part.strip().split(" ", 1) for part in said.split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in said


def test_figures_name_routes_and_never_what_was_asked(service: TestClient) -> None:
    for path in ("/studio/some-project", "/studio/assets/some-file.js", "/studio/%ff.js"):
        service.get(path)
    text = service.get("/metrics").text
    routes = set(re.findall(r'coterie_http_requests_total\{.*?route="(/studio.*?)"', text))
    assert routes == {"/studio/{path:path}"}
    assert "some-" not in text


def test_without_a_build_the_pages_say_how_to_make_one(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WEB", tmp_path / "none")
    answer = client(ready=False).get("/studio/")
    assert answer.status_code == 503
    assert "make web" in answer.json()["detail"]
