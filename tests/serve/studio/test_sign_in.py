"""Keys in the browser: who is let in, what each is offered, and pages that speak for nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

import coterie
from coterie.serve.access.key_file import KEYS_FILE, add_key, keys_path, revoke_key

from ..conftest import WANTS, Running, rows, running, until_ready
from .conftest import LAPTOP, PHONE, Meet, sign_in, upload

pytestmark = pytest.mark.browser

SCOPES: dict[str, list[Any]] = {
    "ada": ["read", "predict", "edit"],
    "olga": ["admin"],
    "rita": ["read"],
    "gone": ["read"],
}


@dataclass
class Locked:
    """A service that asks for keys."""

    service: Running
    keys: dict[str, str]
    path: Path
    project: str
    fresh: str
    """A project whose columns are not chosen yet."""

    def client(self, name: str) -> httpx.Client:
        """Ask with somebody's key."""
        headers = {"x-api-key": self.keys[name]}
        return httpx.Client(base_url=self.service.url, headers=headers, timeout=60)

    def state(self) -> Any:
        """All that a page of another site could have changed."""
        with self.client("olga") as asked:
            projects = asked.get("/v1/projects").json()
            segments = asked.get(f"/v1/projects/{self.project}/segments").json()
            return projects, segments, asked.get("/v1/traffic").json()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    """A project, a model of two versions, a prediction, and four people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(KEYS_FILE, raising=False)
        folder = tmp_path_factory.mktemp("locked")
        table = rows(120).assign(id=[f"m{at}" for at in range(120)])
        table.to_csv(folder / "messages.csv", index=False)
        home = folder / "work"
        (home / "projects").mkdir(parents=True)
        model = coterie.train(table, text="text", label="want", model="linear", encoder="tfidf")
        for _ in range(2):
            model.save(home / "models" / "wants")
        path = keys_path(home / "service")
        keys = {name: add_key(path, name, scopes)[0] for name, scopes in SCOPES.items()}
        with running(home, "--no-browser", "--keep-text", "raw", verb="studio") as service:
            own = {"x-api-key": keys["ada"]}
            chosen = {"text": "text", "id": "id", "encoder": "tfidf", "groups": 3}
            key = upload(service, folder / "messages.csv", own, **chosen)
            found = Locked(service, keys, path, key, "")
            with found.client("ada") as asked:
                body = (folder / "messages.csv").read_bytes()
                made = asked.post("/v1/projects", params={"name": "new.csv"}, content=body)
                found.fresh = made.json()["id"]
                until_ready(lambda: bool(asked.get("/models").json()["models"][0]["ready"]))
                text = WANTS["refund"].format("day 7")
                assert asked.post("/predict", json={"transcript": text}).status_code == 200
            with found.client("olga") as asked:
                shares = [{"model": "wants", "version": n, "weight": 1} for n in (1, 2)]
                divided = asked.put("/v1/traffic", json={"variants": shares, "shadow": []})
                assert divided.status_code == 200, divided.text
            yield found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_the_page_asks_for_a_key_and_shows_nothing_before(
    locked: Locked, meet: Meet, size: tuple[int, int], theme: str
) -> None:
    person = meet(locked.service.url, size=size, theme=theme)
    page = person.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    person.go(f"p/{locked.project}/segments")
    expect(page.get_by_role("heading", name="Sign in to Coterie")).to_be_visible()
    person.check()
    assert not [url for url in asked if "/v1/" in url]
    page.get_by_label("Key").fill("coterie_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    expect(page.get_by_label("Key")).to_have_value("coterie_wrong")
    person.check()
    page.get_by_label("Key").fill(f"  {locked.keys['ada']} ")
    page.keyboard.press("Enter")
    # where the address led to
    expect(page.get_by_role("heading", name="Segments", exact=True)).to_be_visible()
    expect(page.get_by_text("ada", exact=True)).to_be_attached()
    person.check()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Coterie")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Coterie")).to_be_visible()
    assert page.request.get(f"{locked.service.url}/v1/projects").status == 401
    assert person.page.context.cookies() == []


def test_the_key_is_kept_nowhere_that_a_script_can_read(locked: Locked, meet: Meet) -> None:
    person = meet(locked.service.url)
    sign_in(person, locked.keys["ada"])
    (cookie,) = person.page.context.cookies()
    assert cookie["name"] == f"coterie_session_{urlsplit(locked.service.url).port}"
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Strict"
    held = "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    found = str(person.page.evaluate(held))
    assert locked.keys["ada"] not in found
    assert cookie["value"] not in found
    assert person.page.evaluate("document.cookie") == ""
    assert locked.keys["ada"] not in person.page.content() + person.page.url


def test_whose_key_is_revoked_is_asked_again(locked: Locked, meet: Meet) -> None:
    person = meet(locked.service.url)
    sign_in(person, locked.keys["gone"])
    revoke_key(locked.path, "gone")
    person.go("models")  # by its address: the form may take the place of the links at any time
    expect(person.page.get_by_role("heading", name="Sign in to Coterie")).to_be_visible()
    person.page.get_by_label("Key").fill(locked.keys["rita"])
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("heading", name="Models", exact=True)).to_be_visible()


EDITS = re.compile(
    r"^(Rename|Merge|Split|Group|Train a model|Undo|Redo|New project|Find segments|Thaw|Predict$"
    r"|Move to|New segment|Activate|Roll back|Add a|Remove |Use this|Send|Yes|Choose 20 rows"
    r"|Choose a file|Actions for refund|Cancel$)"
)


def offered(page: Page) -> list[str]:
    """Names of the buttons and links that can be used and would change something."""
    page.wait_for_load_state("networkidle")
    found = [
        each.get_attribute("aria-label") or each.inner_text()
        for role in ("button", "link")
        for each in page.get_by_role("main")
        .get_by_role(role, disabled=False if role == "button" else None)
        .all()
        if each.is_visible()
    ]
    return [name for name in found if EDITS.match(name.strip())]


VIEWS = (
    "",
    "new",
    "p/{fresh}",
    "p/{project}/map",
    "p/{project}/map?at=1",
    "p/{project}/map?segment={segment}",
    "p/{project}/segments",
    "p/{project}/segments/{segment}",
    "p/{project}/history",
    "p/{project}/search?q=refund",
    "p/{project}/report",
    "models",
    "models/wants",
    "monitor",
    "log",
    "predict",
)


def test_a_reader_sees_everything_and_is_offered_no_edit(locked: Locked, meet: Meet) -> None:
    reader = meet(locked.service.url)
    sign_in(reader, locked.keys["rita"])
    with locked.client("rita") as asked:
        segment = asked.get(f"/v1/projects/{locked.project}/segments").json()["segments"][0]
    where = {"project": locked.project, "fresh": locked.fresh, "segment": segment["id"]}
    page = reader.page
    for view in VIEWS:
        reader.go(view.format(**where))
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert offered(page) == [], view
        expect(page.get_by_role("alert")).to_have_count(0)
        reader.check()
    reader.go(f"p/{locked.project}/segments")
    expect(page.get_by_role("link", name=segment["name"], exact=True)).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_label("Number of segments")).to_be_disabled()
    page.get_by_role("button", name=f"Actions for {segment['name']}").click()
    for item in ("Merge with…", "Split…", "Name and description…", "Put in a group…"):
        expect(page.get_by_role("menuitem", name=item)).to_be_disabled()
    reader.go("models")
    expect(page.get_by_label("Version", exact=True)).to_have_count(2)
    for role in ("slider", "combobox"):
        for control in page.get_by_role(role).all():
            expect(control).to_be_disabled()
    reader.go("log")
    page.get_by_role("row").nth(1).get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("refund")
    expect(page.get_by_label("What was true?")).to_have_count(0)
    # nor does the service do it
    asking = f"""fetch("/v1/projects/{locked.project}", {{
        method: "PATCH", body: JSON.stringify({{ title: "Rita's" }}),
        headers: {{ "content-type": "application/json", "x-coterie-studio": "1" }},
    }}).then((answer) => answer.status)"""
    assert page.evaluate(asking) == 403


def test_who_may_do_more_is_offered_more(locked: Locked, meet: Meet) -> None:
    ada, olga = meet(locked.service.url), meet(locked.service.url)
    sign_in(ada, locked.keys["ada"])
    sign_in(olga, locked.keys["olga"])
    for person in (ada, olga):
        person.go("")
        expect(person.page.get_by_role("link", name="New project")).to_be_visible()
        person.go(f"p/{locked.project}/segments")
        expect(person.page.get_by_role("button", name="Train a model")).to_be_visible()
        person.go("predict")
        expect(person.page.get_by_role("button", name="Predict", exact=True)).to_be_visible()
        person.go("models/wants")
        expect(person.page.get_by_text("answers", exact=True)).to_be_visible()
    expect(olga.page.get_by_role("button", name="Activate version 1")).to_be_visible()
    expect(olga.page.get_by_role("button", name="Roll back")).to_be_visible()
    assert offered(ada.page) == []


def test_a_request_without_the_header_of_the_page_is_refused(locked: Locked, meet: Meet) -> None:
    person = meet(locked.service.url)
    sign_in(person, locked.keys["ada"])
    before = locked.state()
    asking = """([path, own]) => fetch(path, {
        method: "PATCH", body: JSON.stringify({ title: "Another" }),
        headers: { "content-type": "application/json", ...own },
    }).then((answer) => answer.status)"""
    path = f"/v1/projects/{locked.fresh}"
    assert person.page.evaluate(asking, [path, {}]) == 403
    assert person.page.evaluate(asking, [path, {"x-coterie-studio": "0"}]) == 403
    assert locked.state() == before
    assert person.page.evaluate(asking, [path, {"x-coterie-studio": "1"}]) == 200


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another site: it posts what it can to the studio of whoever looks at it."""

    target: ClassVar[str] = ""
    project: ClassVar[str] = ""

    def do_GET(self) -> None:
        """Give a form to send, which is sent at once where its number is asked for."""
        projects = f"{self.target}/v1/projects"
        addresses = (
            f"{projects}?name=evil.csv",
            f"{projects}/{self.project}/segments/edits",
            f"{projects}/{self.project}/cancel",
            f"{self.target}/session",
        )
        number = int(self.path.strip("/") or 0)
        body = f"""<!doctype html><title>Elsewhere</title>
            <form method="post" enctype="text/plain" action="{addresses[number]}">
            <textarea name='{{"edit": "freeze", "key": "'>"}}</textarea>
            <button>Win a prize</button></form>"""
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def elsewhere(service: str, project: str) -> Iterator[int]:
    """Serve the other page; gives its port."""
    handler = type("Aimed", (Elsewhere,), {"target": service, "project": project})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


SENT_UNSEEN = """async ([target, project]) => {
    for (const [method, path, type] of [
        ["POST", "/v1/projects?name=evil.csv", "text/plain"],
        ["POST", `/v1/projects/${project}/segments/edits`, "text/plain"],
        ["POST", `/v1/projects/${project}/cancel`, "application/x-www-form-urlencoded"],
        ["POST", "/v1/feedback", "text/plain"],
    ]) await fetch(target + path, {
        method, mode: "no-cors", credentials: "include",
        headers: { "content-type": type }, body: '{"edit": "freeze"}',
    }).catch(() => {});
}"""


# another port of this address is the same site to a cookie; another name of it is not
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_changes_nothing(locked: Locked, meet: Meet, host: str) -> None:
    person = meet(locked.service.url)
    sign_in(person, locked.keys["ada"])
    page = person.page
    before = locked.state()
    with elsewhere(locked.service.url, locked.project) as port:
        statuses: list[int] = []
        page.on(
            "response",
            lambda answer: (
                statuses.append(answer.status) if answer.request.method == "POST" else None
            ),
        )
        for number in range(4):
            page.goto(f"http://{host}:{port}/{number}")
            with page.expect_navigation(url=f"{locked.service.url}/**"):
                page.get_by_role("button", name="Win a prize").click()
        assert statuses, "nothing was sent"
        assert set(statuses) <= {401, 403}
        page.goto(f"http://{host}:{port}/")
        page.evaluate(SENT_UNSEEN, [locked.service.url, locked.project])
    assert locked.state() == before
    # and whoever looked at it is signed in as before
    person.go("")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    expect(page.get_by_text("ada", exact=True)).to_be_attached()


def test_it_changes_nothing_where_no_key_is_asked_for(tmp_path: Path, meet: Meet) -> None:
    with running(tmp_path / "work", "--no-browser", "--log", "none", verb="studio") as service:
        person = meet(service.url)
        person.go("")
        expect(person.page.get_by_text("Drop a table of texts here")).to_be_visible()
        with elsewhere(service.url, "none") as port:
            person.page.goto(f"http://127.0.0.1:{port}/0")
            with person.page.expect_navigation(url=f"{service.url}/**") as moved:
                person.page.get_by_role("button", name="Win a prize").click()
            assert moved.value.status == 403
            person.page.goto(f"http://127.0.0.1:{port}/0")
            person.page.evaluate(SENT_UNSEEN, [service.url, "none"])
        assert httpx.get(f"{service.url}/v1/projects", timeout=60).json() == {"projects": []}
