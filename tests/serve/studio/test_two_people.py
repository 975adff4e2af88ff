"""Two people at one project: who comes second is told, and neither loses anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from coterie.serve.access.key_file import KEYS_FILE, add_key, keys_path

from ..conftest import Running, running
from .conftest import Meet, lasso, messages, sign_in, upload

pytestmark = pytest.mark.browser

NAMES = ("ada", "bob")


@dataclass
class Shared:
    """A project of a service where each person has a key."""

    service: Running
    keys: dict[str, str]
    project: str

    def ask(self, path: str) -> Any:
        """Read something of the project over HTTP."""
        headers = {"x-api-key": self.keys["ada"]}
        answer = httpx.get(
            f"{self.service.url}/v1/projects/{self.project}/{path}", headers=headers, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sizes(self) -> dict[str, int]:
        """Name to size."""
        return {each["name"]: each["size"] for each in self.ask("segments")["segments"]}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, data: Callable[..., Path]) -> Iterator[Shared]:
    """One project, and two people who may edit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(KEYS_FILE, raising=False)
        folder = tmp_path_factory.mktemp("two")
        messages(folder, data("banking77", "train.csv"), 700)
        home = folder / "work"
        (home / "projects").mkdir(parents=True)
        path = keys_path(home / "service")
        keys = {name: add_key(path, name, ["read", "edit"])[0] for name in NAMES}
        with running(home, "--no-browser", verb="studio") as service:
            headers = {"x-api-key": keys["ada"]}
            chosen = {"text": "text", "id": "id", "encoder": "tfidf", "groups": 14}
            key = upload(service, folder / "messages.csv", headers, **chosen)
            yield Shared(service, keys, key)


@pytest.fixture
def both(shared: Shared, meet: Meet) -> tuple[Page, Page]:
    """Ada and Bob, who look at the segments at the same time."""
    pages = []
    for name in NAMES:
        person = meet(shared.service.url)
        sign_in(person, shared.keys[name])
        person.go(f"p/{shared.project}/segments")
        expect(person.page.get_by_role("heading", name="Segments", exact=True)).to_be_visible()
        pages.append(person.page)
    ada, bob = pages
    return ada, bob


def rename(page: Page, old: str, new: str) -> None:
    """Rename a segment in its place and wait until it is done."""
    page.get_by_role("button", name=f"Rename {old}", exact=True).click()
    page.get_by_label(f"New name of {old}").fill(new)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Rename {new}", exact=True)).to_be_visible()


def begin_merge(page: Page, names: list[str], into: str) -> None:
    """Choose segments and say what they become, but do not send it."""
    for name in names:
        page.get_by_label(f"Choose {name}", exact=True).check()
    page.get_by_role("region", name="Chosen segments").get_by_role("button", name="Merge").click()
    page.get_by_label("Name of what they become").fill(into)


def test_a_merge_after_a_rename_is_told_and_then_made(
    shared: Shared, both: tuple[Page, Page]
) -> None:
    ada, bob = both
    before = shared.sizes()
    first, second, third = list(before)[:3]
    begin_merge(bob, [first, second], "Merged by Bob")
    rename(ada, third, "Named by Ada")

    dialog = bob.get_by_role("dialog")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    told = dialog.get_by_role("alert")
    expect(told).to_contain_text("ada")
    expect(told).to_contain_text("Named by Ada")
    expect(bob.get_by_label("Name of what they become")).to_have_value("Merged by Bob")
    after = shared.sizes()
    assert after == {
        **{n: s for n, s in before.items() if n != third},
        "Named by Ada": before[third],
    }
    # behind the dialog Bob sees what Ada did
    expect(
        bob.get_by_role("link", name="Named by Ada", exact=True, include_hidden=True)
    ).to_be_attached()

    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(dialog).to_be_hidden()
    sizes = shared.sizes()
    assert sizes["Merged by Bob"] == before[first] + before[second]
    assert sizes["Named by Ada"] == before[third]
    assert sum(sizes.values()) == sum(before.values())


def test_two_names_for_one_segment_are_both_in_the_history(
    shared: Shared, both: tuple[Page, Page]
) -> None:
    ada, bob = both
    name = next(iter(shared.sizes()))
    bob.get_by_role("button", name=f"Rename {name}", exact=True).click()
    bob.get_by_label(f"New name of {name}").fill("Bob's name")
    rename(ada, name, "Ada's name")

    bob.keyboard.press("Enter")
    told = bob.get_by_role("status").filter(has_text="ada")
    expect(told).to_contain_text("Ada's name")
    typed = bob.get_by_label("New name of Ada's name")  # the segment is called so by now
    expect(typed).to_have_value("Bob's name")
    assert "Ada's name" in shared.sizes()

    typed.press("Enter")
    expect(bob.get_by_role("button", name="Rename Bob's name", exact=True)).to_be_visible()
    made = [(each["by"], each["what"]) for each in shared.ask("segments/history")[-2:]]
    assert made == [("ada", "rename"), ("bob", "rename")]
    for page in both:
        page.get_by_role("link", name="History").click()
        for text in ("Ada's name", "Bob's name"):
            expect(page.get_by_role("listitem").filter(has_text=text).first).to_be_visible()
    expect(ada.get_by_role("listitem").filter(has_text="bob · ").first).to_be_visible()
    expect(bob.get_by_role("listitem").filter(has_text="ada · ").first).to_be_visible()


def test_rows_within_a_lasso_stay_chosen_while_another_merges(
    shared: Shared, both: tuple[Page, Page]
) -> None:
    ada, bob = both
    bob.get_by_role("link", name="Map", exact=True).click()
    expect(bob.get_by_label("Colour by")).to_be_visible()
    lasso(bob)
    bar = bob.get_by_role("region", name="Chosen rows")
    found = re.match(r"[\d,]+(?= rows? chosen)", bar.inner_text())
    assert found is not None
    chosen = int(found[0].replace(",", ""))
    assert chosen > 10
    bar.get_by_role("button", name="New segment").click()
    bob.get_by_label("Name", exact=True).fill("From the middle")

    before = shared.sizes()
    first, second = list(before)[:2]
    begin_merge(ada, [first, second], "Merged by Ada")
    ada.get_by_role("dialog").get_by_role("button", name="Merge", exact=True).click()
    expect(ada.get_by_role("dialog")).to_be_hidden()

    dialog = bob.get_by_role("dialog")
    dialog.get_by_role("button", name="Make the segment").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ada")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("From the middle")
    assert "From the middle" not in shared.sizes()

    dialog.get_by_role("button", name="Make the segment").click()
    expect(dialog).to_be_hidden()
    sizes = shared.sizes()
    assert sizes["From the middle"] == chosen
    assert "Merged by Ada" in sizes
    assert sum(sizes.values()) >= sum(before.values())
    # the map has both
    names = bob.get_by_role("complementary", name="Segments and colours")
    for name in ("From the middle", "Merged by Ada"):
        expect(names.get_by_role("button", name=name)).to_be_visible()


def test_nobody_undoes_what_another_did_unseen(shared: Shared, both: tuple[Page, Page]) -> None:
    ada, bob = both
    mine, theirs = list(shared.sizes())[:2]
    rename(bob, mine, "Bob was here")
    ada.reload()
    rename(ada, theirs, "Ada was here")

    bob.get_by_role("button", name=re.compile("^Undo: ")).click()
    told = bob.get_by_role("status").filter(has_text="ada")
    expect(told).to_contain_text("Ada was here")
    assert {"Bob was here", "Ada was here"} <= shared.sizes().keys()
    # now it says that Ada's name is what would be undone
    undo = bob.get_by_role("button", name=re.compile("^Undo: .*Ada was here"))
    expect(undo).to_be_enabled()
    undo.click()
    expect(bob.get_by_role("button", name=f"Rename {theirs}", exact=True)).to_be_visible()
    names = shared.sizes().keys()
    assert "Bob was here" in names
    assert theirs in names
    assert "Ada was here" not in names
