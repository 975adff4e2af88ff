"""Real texts put into invented e-mails, to measure what cleaning gives back.

Markup, threads, signatures and footers vary from mail to mail as those of mail programs do; the
words of the text stay as they are. ``python -m benchmarks.emails [rows] [seeds]`` discovers them.
"""

from __future__ import annotations

import html
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coterie.encoders import NoCache

__all__ = ["measure", "wrapped"]

_NAMES = ("Ann Bell", "Bo Chen", "Carla Diaz", "Dev Patel", "Eva Roth", "Finn Olsen", "Gina Rossi")
_FIRMS = ("Acme Ltd", "Northwind GmbH", "Contoso", "Blue Kettle Inc", "Fabrikam SA")
_GREETINGS = ("Hello,", "Hi there,", "Dear support team,", "Good morning,", "")
_CLOSINGS = ("Best regards,", "Kind regards", "Thanks,", "Many thanks", "Cheers,", "--", "")
_REPLIES = (
    "Thank you for contacting us. Your request is important to us and an agent will answer soon.",
    "We have received your order and will tell you when it is on its way.",
    "How would you rate the service that you received from our team today?",
    "Please do not reply to this message. You can find answers in our help centre.",
)
_NOTICE = (
    "This e-mail and its attachments are confidential and intended solely for the person to whom "
    "it is addressed."
)
_STYLE = "<style><!-- p.MsoNormal {margin:0cm;font-size:11.0pt;font-family:Calibri} --></style>"


def wrapped(texts: Sequence[str], *, seed: int, html: bool = True) -> list[str]:
    """Put each text into an e-mail of its own, as HTML or as plain text."""
    rng = random.Random(seed)
    return [_as_html(rng, text) if html else "\n".join(_lines(rng, text)) for text in texts]


def _lines(rng: random.Random, text: str) -> list[str]:
    lines = [greeting, ""] if (greeting := rng.choice(_GREETINGS)) else []
    lines += [text, ""]
    if closing := rng.choice(_CLOSINGS):
        firm, name = rng.choice(_FIRMS), rng.choice(_NAMES)
        lines += [closing, name, firm, f"Tel. +44 20 7946 0{rng.randrange(100, 999)}", ""]
    if rng.random() < 0.4:
        lines += [_NOTICE, ""]
    if rng.random() < 0.3:
        lines += ["Sent from my iPhone", ""]
    if rng.random() < 0.6:
        lines += _thread(rng)
    return lines


def _thread(rng: random.Random) -> list[str]:
    said = [rng.choice(_REPLIES) for _ in range(rng.randrange(1, 4))]
    day, name = rng.randrange(1, 28), rng.choice(_NAMES)
    kind = rng.randrange(3)
    if kind == 0:
        return [f"On {day} March 2025 at 10:00, {name} <help@shop.example> wrote:", *said]
    if kind == 1:
        return [
            f"On {day} March 2025, {name} <help@shop.example> wrote:",
            *(f"> {line}" for line in said),
        ]
    return [
        "-----Original Message-----" if rng.random() < 0.5 else "_" * 32,
        f"From: {name} <help@shop.example>",
        f"Sent: {day} March 2025 10:00",
        "To: A customer",
        "Subject: Your request",
        "",
        *said,
    ]


def _as_html(rng: random.Random, text: str) -> str:
    lines = [html.escape(line) for line in _lines(rng, text)]
    if rng.random() < 0.5:
        body = "<br>\n".join(lines)
        return f'<div dir="ltr" style="font-family:Arial,sans-serif;font-size:small">{body}</div>'
    body = "\n".join(
        f'<p class="MsoNormal" style="mso-margin-top-alt:auto"><span lang="EN-GB" '
        f'style="font-size:11.0pt;color:#1F497D">{line or "&nbsp;"}<o:p></o:p></span></p>'
        for line in lines
    )
    return f'<html xmlns="http://www.w3.org/TR/REC-html40"><head>{_STYLE}</head><body>{body}</body></html>'


def measure(rows: int = 400, seeds: int = 3) -> Iterator[dict[str, Any]]:
    """Discover texts of Bitext in e-mails, by how they are cleaned; one line for each run."""
    import pandas as pd

    import coterie

    home = os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    table = pd.read_csv(Path(home) / "support" / "bitext_27k.csv")
    for seed in range(seeds):
        drawn = table.sample(rows, random_state=seed)
        mails = drawn.assign(text=wrapped(drawn["instruction"].tolist(), seed=seed))
        plain = drawn.assign(text=drawn["instruction"])
        for name, frame, clean in (
            ("not cleaned", mails, ["none"]),
            ("by default", mails, []),
            ("all kinds", mails, ["quotes", "signatures", "boilerplate"]),
            ("the texts themselves", plain, []),
        ):
            started = time.perf_counter()
            found = coterie.discover(
                frame, text="text", labels=["intent"], clean=clean, seed=seed, cache=NoCache()
            )
            yield {
                "seed": seed,
                "cleaned": name,
                "ari": round(found.figures["labels"]["intent"]["ari"], 3),
                "groups": found.figures["groups"],
                "seconds": round(time.perf_counter() - started, 1),
            }


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
