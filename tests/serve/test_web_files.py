"""The built page: whole, small, and without anything that the policy of the service refuses."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import coterie.serve

WEB = Path(coterie.serve.__file__).with_name("web")
MOST = 350_000  # bytes of the first load, compressed
_IMPORT = re.compile(r"""(?:from|import)\s*["'](\./[^"']+)["']""")


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the text within scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        self._within = ""

    def handle_data(self, data: str) -> None:
        """Keep what is written in a script or a style."""
        if self._within in ("script", "style"):
            self.inline += data.strip()


def page() -> Tags:
    tags = Tags()
    tags.feed((WEB / "index.html").read_text(encoding="utf-8"))
    return tags


def loaded_first() -> set[Path]:
    """The files that a browser fetches before anything is shown."""
    found: set[Path] = set()
    waiting = []
    for _, attributes in page().tags:
        named = attributes.get("src") or attributes.get("href") or ""
        if named.startswith("/studio/"):
            waiting.append(WEB / named.removeprefix("/studio/"))
    while waiting:
        path = waiting.pop()
        assert path.is_file(), path
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".js":
            names = _IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [path.parent / name for name in names]
    return found


def test_the_page_is_whole_and_small() -> None:
    files = loaded_first()
    assert any(path.suffix == ".js" for path in files)
    assert any(path.suffix == ".css" for path in files)
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < MOST


def test_nothing_is_inline_or_from_elsewhere() -> None:
    tags = page()
    assert tags.inline == ""
    for name, attributes in tags.tags:
        assert not any(key == "style" or key.startswith("on") for key in attributes), name
        for key in ("src", "href"):
            assert (attributes.get(key) or "/studio/").startswith("/studio/"), attributes


def test_no_script_makes_code_of_text() -> None:
    scripts = list(WEB.glob("assets/*.js"))
    assert scripts
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function\(|document\.write\(", text), path


def test_no_source_makes_markup_of_text() -> None:
    sources = Path(__file__).parents[2] / "web" / "src"
    files = [path for path in sources.rglob("*.ts*") if path.name != "openapi.d.ts"]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|insertAdjacentHTML|outerHTML\s*=|srcdoc", text, re.I), path


def test_what_is_bundled_has_its_licence() -> None:
    notices = (WEB / "licences.txt").read_text(encoding="utf-8")
    for name in ("preact", "@preact/signals", "@uwdata/flechette"):
        assert name in notices
