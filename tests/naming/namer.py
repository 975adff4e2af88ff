"""A language model behind a server that answers the questions of naming as a test decides."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from coterie.llm.quoting import quoted
from coterie.segments import load_rows, load_segmentation
from tests.llm.servers.playing import Act, Request

FIRST = ("amber", "brazen", "cosmic", "dusty", "earnest", "frozen", "golden", "hollow")
SECOND = ("lanterns", "marbles", "nettles", "orchards", "pebbles", "quarries", "rivers")
EVERY = [f"{one.title()} {other}" for other in SECOND for one in FIRST]
_TEXT = re.compile("<text>(.*?)</text>")


def texts_of(request: Request) -> list[str]:
    """Give what stands between the marks."""
    return _TEXT.findall(request.asked)


def kind_of(request: Request) -> str:
    """Tell a second look from a question for a name, by the field of the answer."""
    return "look" if '"numbers"' in request.asked else "name"


def answer(name: str, description: str = "") -> Act:
    about = description or f"Customers write about {name.lower()}."
    return Act(json.dumps({"name": name, "description": about}))


@dataclass
class Namer:
    """Gives every group a name of its own, and sorts texts rightly.

    Attributes
    ----------
    truth
        Beginning of a text to the id of its group.
    named
        What was asked, to the name that was given.
    groups
        A name that was given to the id of the group whose texts were shown.
    """

    truth: dict[str, str]
    named: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Namer:
        """Know which text is in which group."""
        rows, segmentation = load_rows(folder), load_segmentation(folder)
        ids = segmentation.predict(rows.vectors, readable=rows.readable).segments
        return cls({begin(text): str(i) for text, i in zip(rows.shown, ids, strict=True)})

    def __call__(self, request: Request) -> Act:
        shown = texts_of(request)
        if kind_of(request) == "look":
            own = self.groups[shown[0].split(".")[0]]
            right = [n for n, text in enumerate(shown[1:], 1) if self.truth[begin(text)] == own]
            return Act(json.dumps({"numbers": right}))
        name = self.named.setdefault(request.asked, EVERY[len(self.named) % len(EVERY)])
        self.groups[name] = self.truth.get(begin(shown[0]), "")
        return answer(name)


def begin(text: str) -> str:
    """Give the beginning of a text as a prompt writes it."""
    return quoted(text, 400, str).removeprefix("<text>")[:50]


def instead(namer: Namer, name: Callable[[Request], Act | None]) -> Callable[[Request], Act]:
    """Answer questions for names in another way; None leaves them to the namer."""

    def play(request: Request) -> Act:
        other = name(request) if kind_of(request) == "name" else None
        return namer(request) if other is None else other

    return play
