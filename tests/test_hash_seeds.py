"""What is equally frequent comes in the same order in every process, whatever its hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from coterie.classifiers.features.texts import find_speakers
from coterie.records.cleaning import find_sides
from coterie.records.cleaning.boilerplate import find_boilerplate

NAMES = ("Buyer", "Seller", "Agent", "Customer", "Support", "Guest")
LINES = ("Sent from my phone", "All the best from us", "This message is private", "Kind regards")
CALLS = ["\n".join(f"{name}: this is about order {n}" for name in NAMES) for n in range(12)]
MAILS = [f"{LINES[0]}\n{LINES[1]}\nwhat about {n}?\n{LINES[2]}\n{LINES[3]}" for n in range(20)]

CODE = """
import json, warnings
warnings.simplefilter("ignore")
import pandas as pd
from coterie.classifiers import EnsembleClassifier
from coterie.classifiers.features.texts import find_speakers
from coterie.classifiers.trees.importance import concept_effects
from coterie.records.cleaning import find_sides
from coterie.records.cleaning.boilerplate import find_boilerplate
from tests.test_hash_seeds import CALLS, MAILS
topics = [["tax", "rent", "pension", "health"], ["loan", "savings"]]
rows = pd.DataFrame({"said": [topics[n % 2] for n in range(60)]})
target = pd.Series([n % 2 for n in range(60)])
model = EnsembleClassifier(("lightgbm",), kinds=("one-hot",), concepts="said", draws=1)
model.fit(rows, target)
print(json.dumps([
    find_sides(CALLS), find_boilerplate(MAILS), find_speakers([c.lower() for c in CALLS]),
    concept_effects(model, rows, most=3)["concept"].tolist(),
]))
"""


def _in_a_process(seed: int) -> list[Any]:
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": path}
    run = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    found: list[Any] = json.loads(run.stdout)
    return found


def test_what_is_equally_frequent_is_in_one_order() -> None:
    first, *others = map(_in_a_process, (1, 2, 3))
    assert others == [first, first]
    sides, lines, speakers, concepts = first
    # the order in which they stand in the texts
    assert list(sides) == list(find_sides(CALLS)) == list(NAMES)
    assert lines == list(find_boilerplate(MAILS))
    known = [line.casefold() for line in LINES]
    assert [line for line in lines if line in known] == known
    assert speakers == list(find_speakers([call.lower() for call in CALLS]))
    assert len(concepts) == 3
