"""Browsers that sign in, and pages of other sites that must not speak for them."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from coterie.serve.access.key_file import KEYS_FILE, SCOPES, add_key, keys_path, revoke_key
from coterie.serve.access.keys import KeyRing
from coterie.serve.access.sessions import LONGEST, Sessions, cookie_name

from .conftest import Client, running

COOKIE = cookie_name("testserver")
OURS = {"x-coterie-studio": "1"}
HOUR = 3600.0
Start = Callable[..., TestClient]
FEEDBACK = {"feedback": [{"prediction_id": "0" * 32, "truth": "refund"}]}


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYS_FILE, raising=False)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key of each of two people, in the state folder of the service."""
    path = keys_path(tmp_path / "state")
    scopes: dict[str, Any] = {"ada": ["read", "edit"], "bob": ["predict"]}
    return {name: add_key(path, name, given)[0] for name, given in scopes.items()}


@pytest.fixture
def start(client: Client) -> Start:
    """Start a service, which may have keys."""
    return lambda **options: client(ready=False, **options)


def sign_in(service: TestClient, key: str, **headers: str) -> httpx.Response:
    return service.post("/session", json={"key": key}, headers={**OURS, **headers})


def test_who_signs_in_may_do_what_the_key_allows_and_is_known_by_its_name(
    start: Start, keys: dict[str, str]
) -> None:
    service = start()
    nobody = {"keys": True, "signed_in": False, "name": "", "scopes": []}
    assert service.get("/session").json() == nobody
    assert service.get("/models").status_code == 401
    answer = sign_in(service, keys["ada"])
    assert answer.status_code == 200
    ada = {"keys": True, "signed_in": True, "name": "ada", "scopes": ["metrics", "read", "edit"]}
    assert answer.json() == service.get("/session").json() == ada
    assert service.get("/models").status_code == 200
    assert service.post("/predict", json={}, headers=OURS).status_code == 403
    assert service.delete("/session", headers=OURS).status_code == 204
    assert COOKIE not in service.cookies
    assert service.get("/session").json() == nobody
    assert service.get("/models").status_code == 401


def test_the_cookie_is_for_this_site_and_out_of_reach_of_scripts(
    start: Start, keys: dict[str, str], tmp_path: Path
) -> None:
    service = start()
    given = sign_in(service, keys["ada"]).headers["set-cookie"]
    token = service.cookies[COOKIE]
    parts = {part.strip().lower() for part in given.split(";")[1:]}
    assert parts == {"httponly", "samesite=strict", "path=/", f"max-age={LONGEST}"}
    assert token not in keys["ada"]
    folder = tmp_path / "state" / "sessions"
    (file,) = folder.iterdir()
    assert token not in file.name + file.read_text("utf-8")
    assert keys["ada"] not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_services_of_a_machine_keep_their_sessions_apart(
    start: Start, keys: dict[str, str]
) -> None:
    service = start()
    one, two = "http://testserver:8000", "http://testserver:8001"
    for base, name in ((one, "ada"), (two, "bob")):
        given = service.post(f"{base}/session", json={"key": keys[name]}, headers=OURS)
        assert given.status_code == 200
    for base, name in ((one, "ada"), (two, "bob"), (one, "ada")):
        assert service.get(f"{base}/session").json()["name"] == name
    service.delete(f"{one}/session", headers=OURS)
    assert service.get(f"{one}/session").json()["signed_in"] is False
    assert service.get(f"{two}/session").json()["name"] == "bob"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("coterie.example.com", "coterie_session"),
        ("localhost:8000", "coterie_session_8000"),
        ("[::1]:8001", "coterie_session_8001"),
        ("[::1]", "coterie_session"),
        ("a:1; path=/", "coterie_session"),
        ("", "coterie_session"),
    ],
)
def test_the_name_of_the_cookie_has_the_port(host: str, name: str) -> None:
    assert cookie_name(host) == name


def test_over_tls_the_cookie_is_secure(start: Start, keys: dict[str, str]) -> None:
    service = start()
    for headers in (
        {"x-forwarded-proto": "https"},
        {"x-forwarded-proto": "https, http"},
        {"origin": "https://testserver"},
        {"origin": "https://coterie.example.com", "x-forwarded-host": "coterie.example.com"},
    ):
        answer = sign_in(service, keys["ada"], **headers)
        assert "secure" in answer.headers["set-cookie"].lower(), headers


def test_a_wrong_key_signs_nobody_in(start: Start, keys: dict[str, str]) -> None:
    service = start()
    for wrong in ("", "x", keys["ada"][:-1], f"{keys['ada']}0"):
        answer = sign_in(service, wrong)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "basic" not in answer.headers["www-authenticate"].lower()
    assert service.get("/session").json()["signed_in"] is False


def test_tries_are_limited(start: Start, keys: dict[str, str]) -> None:
    service = start(rate=60)
    assert {sign_in(service, "x").status_code for _ in range(40)} == {401, 429}


def test_signing_in_again_ends_the_session_before(start: Start, keys: dict[str, str]) -> None:
    service = start()
    sign_in(service, keys["ada"])
    first = service.cookies[COOKIE]
    sign_in(service, keys["bob"])
    assert service.get("/session").json()["name"] == "bob"
    service.cookies.clear()
    answer = service.get("/session", headers={"cookie": f"{COOKIE}={first}"})
    assert answer.json()["signed_in"] is False


def test_revoking_the_key_ends_the_session_at_once(
    start: Start, keys: dict[str, str], tmp_path: Path
) -> None:
    service = start()
    sign_in(service, keys["ada"])
    assert service.get("/models").status_code == 200
    revoke_key(keys_path(tmp_path / "state"), "ada")
    assert service.get("/models").status_code == 401
    assert list((tmp_path / "state" / "sessions").iterdir()) == []


def test_a_session_outlives_the_process_and_is_known_to_every_worker(
    models: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    key, _ = add_key(keys_path(state), "ada", ["read"])
    with running(models, "--state", state, "--workers", 2) as service:
        signed = httpx.post(f"{service.url}/session", json={"key": key}, headers=OURS)
        cookies = dict(signed.cookies)
        # each request has a connection of its own, and so either worker
        said = [httpx.get(f"{service.url}/models", cookies=cookies) for _ in range(20)]
        assert {answer.status_code for answer in said} == {200}
    (token,) = cookies.values()
    with running(models, "--state", state) as service:
        cookies = {cookie_name(urlsplit(service.url).netloc): token}  # as of a restart on its port
        assert httpx.get(f"{service.url}/models", cookies=cookies).status_code == 200
        httpx.request("DELETE", f"{service.url}/session", cookies=cookies, headers=OURS)
        assert httpx.get(f"{service.url}/models", cookies=cookies).status_code == 401


def test_a_session_ends_when_it_is_not_used_and_after_a_week(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    path = keys_path(tmp_path)
    add_key(path, "ada", ["read"])
    ring = KeyRing.open(path)
    (number,) = ring._held.keys
    grant = ring.find(number)
    assert grant is not None
    sessions = Sessions(tmp_path / "sessions", ring, clock=lambda: now[0])
    idle = sessions.begin(grant)
    now[0] += 11 * HOUR
    assert sessions.check(idle) == grant  # and so it has another twelve hours
    now[0] += 11 * HOUR
    assert sessions.check(idle) == grant
    now[0] += 13 * HOUR
    assert sessions.check(idle) is None
    assert list((tmp_path / "sessions").iterdir()) == []
    used = sessions.begin(grant)
    for _ in range(16):
        now[0] += 10 * HOUR
        assert sessions.check(used) == grant
    now[0] += 10 * HOUR  # a week has 168 hours
    assert sessions.check(used) is None


def test_sessions_that_are_over_go_from_the_disk_and_a_key_has_so_many(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    path, folder = keys_path(tmp_path), tmp_path / "sessions"
    _, ada = add_key(path, "ada", ["read"])
    _, bob = add_key(path, "bob", ["read"])
    ring = KeyRing.open(path)
    sessions = Sessions(folder, ring, clock=lambda: now[0])
    grants = [ring.find(each.id) for each in (ada, bob)]
    assert grants[0] is not None
    assert grants[1] is not None
    other, tokens = sessions.begin(grants[1]), []
    for _ in range(101):
        now[0] += 1
        tokens.append(sessions.begin(grants[0]))
    assert sessions.check(tokens[0]) is None
    assert [sessions.check(token) for token in (tokens[1], tokens[-1])] == [grants[0]] * 2
    assert sessions.check(other) == grants[1]
    (folder / "note.txt").write_text("not ours", "utf-8")
    revoke_key(path, "bob")
    sessions.prune()
    assert len(list(folder.iterdir())) == 101
    now[0] += 13 * HOUR
    sessions.prune()
    assert [each.name for each in folder.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("token", [None, "", "x", "../../keys.json", "a" * 43, "é" * 43, "\0" * 43])
def test_no_other_cookie_is_a_session(tmp_path: Path, token: str | None) -> None:
    path = keys_path(tmp_path)
    _, key = add_key(path, "ada", ["read"])
    ring = KeyRing.open(path)
    sessions = Sessions(tmp_path / "sessions", ring)
    grant = ring.find(key.id)
    assert grant is not None
    sessions.begin(grant)
    assert sessions.check(token) is None
    sessions.end(token)
    assert path.exists()
    assert len(list((tmp_path / "sessions").iterdir())) == 1


def test_a_damaged_session_is_none(tmp_path: Path) -> None:
    path = keys_path(tmp_path)
    _, key = add_key(path, "ada", ["read"])
    ring = KeyRing.open(path)
    sessions = Sessions(tmp_path / "sessions", ring)
    grant = ring.find(key.id)
    assert grant is not None
    token = sessions.begin(grant)
    (file,) = (tmp_path / "sessions").iterdir()
    for content in (b"", b"[]", b'{"key": 1}', b"\xff"):
        file.write_bytes(content)
        assert sessions.check(token) is None
        sessions.prune()


def test_a_signed_in_browser_changes_things_from_our_pages_alone(
    start: Start, keys: dict[str, str]
) -> None:
    service = start()
    sign_in(service, keys["ada"])

    def change(**headers: str) -> int:
        return service.post("/v1/feedback", json=FEEDBACK, headers=headers).status_code

    assert change(**OURS) == 200
    assert change(**OURS, origin="http://testserver") == 200
    assert change(**OURS, origin="http://testserver:80") == 200
    assert change() == 403
    assert change(**{"x-coterie-studio": "0"}) == 403
    for origin in ("http://evil.example", "http://testserver:81", "http://localhost", "null", ""):
        assert change(**OURS, origin=origin) == 403
    assert change(**OURS, **{"sec-fetch-site": "same-site"}) == 403
    for method in ("PUT", "PATCH", "DELETE"):
        assert service.request(method, "/v1/traffic", json={}).status_code in (403, 405)
    assert service.put("/v1/traffic", json={}).status_code == 403


def test_a_key_needs_no_header_of_ours(start: Start, keys: dict[str, str]) -> None:
    service = start()
    for headers in ({"authorization": f"Bearer {keys['ada']}"}, {"x-api-key": keys["ada"]}):
        assert service.post("/v1/feedback", json=FEEDBACK, headers=headers).status_code == 200
    sign_in(service, keys["ada"])
    wrong = {"x-api-key": "wrong", **OURS}  # a key that was shown is the one that counts
    assert service.post("/v1/feedback", json=FEEDBACK, headers=wrong).status_code == 401


def test_nobody_is_signed_in_or_out_by_another_site(start: Start, keys: dict[str, str]) -> None:
    service = start()
    assert service.post("/session", json={"key": keys["ada"]}).status_code == 403
    elsewhere = {"origin": "http://evil.example"}
    assert sign_in(service, keys["ada"], **elsewhere).status_code == 403
    sign_in(service, keys["ada"])
    assert service.delete("/session").status_code == 403
    assert service.delete("/session", headers={**OURS, **elsewhere}).status_code == 403
    assert service.get("/session").json()["signed_in"] is True


def test_a_browser_asks_for_no_password_in_the_middle_of_the_studio(
    start: Start, keys: dict[str, str]
) -> None:
    service = start()

    def asked(**headers: str) -> bool:
        answer = service.get("/models", headers=headers)
        assert answer.status_code == 401
        return "basic" in answer.headers["www-authenticate"].lower()

    assert asked()
    assert asked(**{"sec-fetch-mode": "navigate"})
    assert not asked(**OURS)
    assert not asked(**{"sec-fetch-mode": "cors"})
    assert not asked(cookie=f"{COOKIE}=over")


def test_without_keys_everybody_here_may_do_everything(start: Start) -> None:
    service = start()
    everybody = {"keys": False, "signed_in": True, "name": "", "scopes": list(SCOPES)}
    assert service.get("/session").json() == everybody
    answer = sign_in(service, "whatever")
    assert answer.json() == everybody
    assert "set-cookie" not in answer.headers
    assert service.post("/v1/feedback", json=FEEDBACK).status_code == 200


def test_without_keys_a_page_of_another_site_changes_nothing(start: Start) -> None:
    service = start()
    for headers in (
        {},
        {"origin": "http://testserver"},
        {"origin": "http://testserver", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example", "x-api-key": "any"},  # no page can send this
    ):
        answer = service.post("/v1/feedback", json=FEEDBACK, headers=headers)
        assert answer.status_code == 200, headers
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "http://testserver:3000"},
        {"origin": "https://testserver.evil.example"},
        {"origin": "null"},
        {"origin": "http://evil.example", "authorization": "Basic OnNlY3JldA=="},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = service.post("/v1/feedback", json=FEEDBACK, headers=headers)
        assert answer.status_code == 403, headers
        assert answer.headers["content-type"] == "application/problem+json"


def test_without_keys_a_name_of_somebody_elses_leads_nowhere(models: Path) -> None:
    ours = ("localhost", "LOCALHOST:1", "localhost.", "127.0.0.1:8000", "127.0.0.2", "[::1]:9", "")
    others = ("evil.example", "evil.example:80", "localhost.evil.example", "10.0.0.1", "[", ":80")
    with running(models) as service:
        for host in (*ours, *others):
            for path in ("/health/live", "/logs", "/"):
                answer = httpx.get(f"{service.url}{path}", headers={"host": host})
                assert answer.status_code == (200 if host in ours else 403), (host, path)


def test_with_keys_a_service_has_any_name(start: Start, keys: dict[str, str]) -> None:
    headers = {"host": "coterie.example.com", "x-api-key": keys["ada"]}
    assert start().get("/models", headers=headers).status_code == 200
