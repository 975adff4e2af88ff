"""A real small model names a discovery: whatever it says, the names are sound."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from coterie.segments import load_segmentation
from coterie.segments.naming.by_model.checks import wrong_description, wrong_name
from coterie.segments.naming.names import name_key
from tests.workflows.conftest import Coterie

WANTS = {
    "refund": "refund my money for {0}",
    "password": "i forgot the password of {0}",
    "parcel": "when does the parcel with {0} come",
    "invoice": "send me the invoice of {0}",
    "taste": "the coffee with {0} tastes stale",
    "booking": "move my booking at {0} to monday",
}
THINGS = ("the lamp", "my kettle", "two chairs", "a rug")


@pytest.mark.weights
def test_names_of_a_small_model_are_sound_or_stay_made_of_words(
    coterie: Coterie, smollm2: Path, tmp_path: Path
) -> None:
    texts = [want.format(thing) for want in WANTS.values() for thing in THINGS]
    table, out = tmp_path / "messages.csv", tmp_path / "out"
    pd.DataFrame({"text": texts}).to_csv(table, index=False)
    want = ("discover", table, "--text", "text", "--encoder", "tfidf")
    assert coterie(*want, "--groups", 6, "--out", out).returncode == 0
    before = {s.id: s.name for s in load_segmentation(out).segments}
    llm = f"gguf:{smollm2}?window=800&threads=1"
    done = coterie("name", out, "--llm", llm, "--no-look", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    after = load_segmentation(out).segments
    assert len({name_key(s.name) for s in after}) == len(after) == len(before) > 1
    named = {each["segment"] for each in said["names"] if each["status"] == "named"}
    for segment in after:
        if segment.id in named:
            assert not wrong_name(segment.name, words=5, terms=segment.terms)
            assert not wrong_description(segment.description, language="English")
        else:
            assert segment.name == before[segment.id]
    lines = (out / "language-model.jsonl").read_text("utf-8").splitlines()
    assert said["ledger"]["calls"] + said["ledger"]["kept"] == len(lines) >= len(after)
    assert not said["ledger"]["remote"]
