"""Whether a built site loads anything from another host: ``python reference/offline.py site``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["loaded_from_elsewhere"]

_ELSEWHERE = re.compile(r"\s*(?:https?:)?//")
_STYLES = re.compile(r"(?:@import\s+|url\()\s*[\"']?((?:https?:)?//[^\"')\s;]+)")
_LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"}
_LOADED_FOR = {"mermaid": "https://unpkg.com/mermaid"}  # a class, and what a page with it loads


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        loads = [given[name] for name in ("src", "srcset", "poster", "data") if name in given]
        if tag == "link" and _LINKS_THAT_LOAD & set(given.get("rel", "").split()):
            loads.append(given.get("href", ""))
        self.found += [url for url in loads if _ELSEWHERE.match(url)]
        self.found += _STYLES.findall(given.get("style", ""))
        self.found += [_LOADED_FOR[c] for c in given.get("class", "").split() if c in _LOADED_FOR]


def loaded_from_elsewhere(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield what the pages and styles of a site load from another host.

    Parameters
    ----------
    site
        Folder of the built site.

    Yields
    ------
    tuple of Path and str
        The file, and the address that it loads. A link that a reader may follow is no such.
    """
    for path in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        yield from ((path, url) for url in page.found)
    for path in sorted(site.rglob("*.css")):
        yield from ((path, url) for url in _STYLES.findall(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    found = list(loaded_from_elsewhere(Path(sys.argv[1])))
    sys.exit("\n".join(f"{path} loads {url}" for path, url in found) or 0)
