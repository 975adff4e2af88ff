"""A table of utterances of any size, for P8: real ones, variations of them, and generated ones.

``python -m benchmarks.utterances FILE ROWS`` writes it: columns ``id``, ``text`` and ``label``.
Each row is drawn alone, so a small table is like a large one. In a million rows each real text is
there about once.
"""

from __future__ import annotations

import csv
import json
import os
import random
import string
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

# file, text column, label column. Articles and posts of hundreds of words are no utterances.
_SETS = (
    ("support/bitext_27k.csv", "instruction", "intent"),
    ("banking77/train.csv", "text", "category"),
    ("banking77/test.csv", "text", "category"),
    ("sales/turns.csv", "text", "role"),
    ("discovery/hwu64.csv", "text", "label"),
    ("discovery/stackoverflow.csv", "text", "label"),
    ("discovery/natcs_finance.csv", "text", "label"),
    ("discovery/nlu_small.csv", "text", "label"),
    ("discovery/hint3_curekart.csv", "text", "label"),
    ("discovery/searchsnippets.csv", "text", "label"),
    ("discovery/nhs_feedback.csv", "text", "label"),
    ("discovery/anes_problem.csv", "text", "label"),
    ("discovery/trec50.csv", "text", "label"),
)
_REAL, _REPEATED, _GENERATED = 0.12, 0.06, 0.20  # shares of the rows; the others are variations
_RECENT = 20_000  # rows that a repeated one is one of
_BEFORE = ("hi,", "hello,", "hey there,", "good morning,", "please", "so,", "sorry,", "well,")
_AFTER = ("thanks", "thank you!", "please help", "any idea?", "it is urgent", "as I said before")

Pair = tuple[str, str]


def real_pairs() -> list[Pair]:
    """Read all real texts, each once, with the set and the label of each."""
    home = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    found: dict[str, str] = {}
    for file, text, label in _SETS:
        with (home / file).open(encoding="utf-8", newline="") as given:
            for row in csv.DictReader(given):
                found.setdefault(row[text].strip(), f"{Path(file).stem}: {row[label]}")
    found.pop("", None)
    return list(found.items())


def generated_pairs(seed: int) -> Iterator[Pair]:
    """Generate support messages of an invented shop, without end."""
    from coterie.synthetic import generate_support

    while True:
        messages = generate_support(20_000, seed=seed)
        for text, intent in zip(messages["text"], messages["intent"], strict=True):
            yield text, f"generated: {intent}"
        seed += 1


def utterances(rows: int, seed: int = 0) -> Iterator[Pair]:
    """Draw texts with their labels; a variation keeps the label of what it varies."""
    rng = random.Random(seed)
    real = real_pairs()
    rng.shuffle(real)
    unused, made = iter(real * (rows // len(real) + 1)), generated_pairs(seed)
    recent: list[Pair] = []
    for row in range(rows):
        kind = rng.random()
        if kind < _REAL:
            pair = next(unused)
        elif kind < _REAL + _REPEATED and recent:
            pair = rng.choice(recent)
        elif kind < _REAL + _REPEATED + _GENERATED:
            pair = next(made)
        else:
            text, label = rng.choice(real)
            pair = varied(text, rng), label
        if len(recent) < _RECENT:
            recent.append(pair)
        else:
            recent[row % _RECENT] = pair
        yield pair


def varied(text: str, rng: random.Random) -> str:
    """Change a text in two to four places, as people who say the same do."""
    words = text.split()
    for change in rng.choices(_CHANGES, weights=_WEIGHTS, k=rng.randint(2, 4)):
        words = change(words, rng)
    return " ".join(words)


def _without(words: list[str], rng: random.Random) -> list[str]:
    if len(words) < 4:
        return words
    at = rng.randrange(len(words))
    return words[:at] + words[at + 1 :]


def _swapped(words: list[str], rng: random.Random) -> list[str]:
    if len(words) < 3:
        return words
    at = rng.randrange(len(words) - 1)
    return [*words[:at], words[at + 1], words[at], *words[at + 2 :]]


def _mistyped(words: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(words))
    word = words[at]
    if len(word) < 4:
        return words
    letter = rng.randrange(1, len(word))
    new = rng.choice(("", word[letter] * 2, rng.choice(string.ascii_lowercase)))
    return [*words[:at], word[:letter] + new + word[letter + 1 :], *words[at + 1 :]]


def _opened(words: list[str], rng: random.Random) -> list[str]:
    return [*rng.choice(_BEFORE).split(), *words]


def _closed(words: list[str], rng: random.Random) -> list[str]:
    return [*words, *rng.choice(_AFTER).split()]


def _numbered(words: list[str], rng: random.Random) -> list[str]:
    return [*words, rng.choice(("order", "account", "on day", "for")), str(rng.randint(2, 99_999))]


def _capital(words: list[str], rng: random.Random) -> list[str]:
    return " ".join(words).swapcase().split() if rng.random() < 0.1 else words


_Change = Callable[[list[str], random.Random], list[str]]
_CHANGES: Sequence[_Change] = (
    *(_without, _swapped, _mistyped, _opened, _closed, _numbered, _capital),
)
_WEIGHTS = (5, 1, 3, 1, 1, 1, 1)


def write(path: Path, rows: int) -> None:
    """Write the table, and print how many of its texts differ."""
    seen: set[int] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "label"))
        for number, (text, label) in enumerate(islice(utterances(rows), rows)):
            writer.writerow((f"U{number:07}", text, label))
            seen.add(hash(text))
    print(json.dumps({"rows": rows, "distinct": len(seen), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
