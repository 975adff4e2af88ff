"""Kill writers of an index at random moments, and see what is left: ``killed_writers.py HOME N``.

A child appends, updates and deletes rows, and says so after each change. It is killed without
warning; what is there then must be all that it said was done, or that and the change it was at.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from coterie.search.columns import TEXT_TYPE, describe
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import append_rows, create_index, delete_rows, update_rows

Change = dict[str, Any]
DIM = 8


def rows_of(values: dict[str, int]) -> NewRows:
    """Make rows whose text, column and vector all tell their value."""
    ids, numbers = list(values), list(values.values())
    vectors = np.zeros((len(ids), DIM), dtype=np.float32)
    vectors[np.arange(len(ids)), np.array(numbers, dtype=int) % DIM] = 1
    arrays = {
        "value": pa.array(numbers, pa.int64()),
        "word": pa.array([f"w{n}" for n in numbers], pa.large_string()).dictionary_encode(),
    }
    arrays["word"] = arrays["word"].cast(TEXT_TYPE)
    kinds = {"value": "number", "word": "text"}
    columns = [describe(name, kinds[name], array) for name, array in arrays.items()]
    return NewRows(ids, [f"text {n}" for n in numbers], vectors, arrays, columns)


def held(home: Path) -> dict[str, int]:
    """Read all rows back, and check that each of their parts tells the same value."""
    reader = IndexReader(home)
    places = np.flatnonzero(reader.alive)
    values = reader.cells("value", places)
    assert reader.texts(places) == [f"text {n}" for n in values]
    assert reader.cells("word", places) == [f"w{n}" for n in values]
    assert (reader.vectors(places).argmax(axis=1) == np.array(values) % DIM).all()
    ids = reader.ids(places)
    assert len(set(ids)) == len(ids) == len(reader)
    return dict(zip(ids, values, strict=True))


def draw(state: dict[str, int], chance: random.Random) -> Change:
    """Draw the next change."""
    kind = chance.choice(["append", "update", "delete"] if state else ["append"])
    if kind == "append":
        new = {
            f"r{chance.randrange(10**9)}": chance.randrange(1000)
            for _ in range(chance.randint(1, 5))
        }
        return {"kind": kind, "rows": new}
    some = chance.sample(sorted(state), min(len(state), chance.randint(1, 4)))
    if kind == "update":
        return {"kind": kind, "rows": {key: chance.randrange(1000) for key in some}}
    return {"kind": kind, "ids": some}


def applied(state: dict[str, int], change: Change) -> dict[str, int]:
    """Say what a change comes to."""
    if change["kind"] == "delete":
        return {key: value for key, value in state.items() if key not in change["ids"]}
    return {**state, **change["rows"]}


def carry_out(home: Path, change: Change) -> None:
    """Make a change."""
    if change["kind"] == "delete":
        delete_rows(home, change["ids"])
    elif change["kind"] == "append":
        append_rows(home, rows_of(change["rows"]))
    else:
        update_rows(home, rows_of(change["rows"]))


def work(home: Path, state: dict[str, int], seed: int, told: int) -> None:
    """Change the index again and again, telling what is begun and what is done."""
    chance = random.Random(seed)
    while True:
        change = draw(state, chance)
        os.write(told, (json.dumps(change) + "\n").encode())
        carry_out(home, change)
        os.write(told, b"done\n")
        state = applied(state, change)


def main(home: Path, kills: int) -> None:
    """Kill so many writers; print what was seen as JSON."""
    create_index(home, rows_of({"r0": 0, "r1": 1}), encoder={}, reading={})
    chance = random.Random(0)
    usual = 0.0  # time of one change, which is a matter of the disk
    for number in range(10):
        started = time.monotonic()
        append_rows(home, rows_of({f"first {number}": number}))
        usual = max(usual, time.monotonic() - started)
    state, done, cut = held(home), 0, 0
    for number in range(kills):
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reads)
            try:
                work(home, state, number, writes)
            finally:
                os._exit(1)
        os.close(writes)
        time.sleep(chance.uniform(0.0, 5 * usual))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reads) as pipe:
            lines = pipe.read().splitlines()
        begun = None
        for line in lines:
            if line == "done":
                assert begun is not None
                state, begun, done = applied(state, begun), None, done + 1
            else:
                begun = json.loads(line)
        found = held(home)
        if found != state:
            assert begun is not None, f"kill {number}: {len(found)} rows for {len(state)}"
            assert found == applied(state, begun), f"kill {number}: half of {begun['kind']}"
            state, cut = found, cut + 1
    left = sorted(path.name for path in home.iterdir())
    sys.stdout.write(
        json.dumps(
            {"kills": kills, "changes": done, "unsaid": cut, "rows": len(state), "left": left}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
