"""Rates of the verbs on many rows, in rows for each second of one processor core.

Each is a run of the command in a process of its own, of several numbers of rows. The rate is the
difference of two numbers over that of the processor seconds, so that starting costs nothing in it.

    python benchmarks/scale.py FOLDER
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd

from coterie.synthetic import generate

STATIC = 20_000, 100_000, 300_000
MINILM = 1_000, 3_000, 6_000  # slower
GENERATED, TRAIN = 100_000, 3_000


def tables(home: Path) -> dict[int, Path]:
    """Write messages as Parquet files of these numbers of rows.

    Generating is slow: from some number on, they are the first ones, each with a word more.
    """
    generated = home / "all.parquet"
    if not generated.exists():
        generate("support", home / "data", rows=GENERATED + 2_000)
        frame = pd.read_csv(home / "data" / "messages.csv", dtype=str)
        frame.drop_duplicates("id").head(GENERATED).to_parquet(generated)
    first = pd.read_parquet(generated)
    made = {}
    for rows in (*MINILM, *STATIC, TRAIN):
        made[rows] = home / f"{rows}.parquet"
        parts = [
            first.assign(id=first["id"] + f"-{turn}", text=first["text"] + f" again{turn}")
            for turn in range(1, -(-rows // GENERATED))
        ]
        pd.concat([first, *parts]).head(rows).to_parquet(made[rows])
    return made


def run(typed: list[str], out: Path) -> tuple[float, float]:
    """Run a command; give its processor seconds and its peak of memory in MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = (
        "import sys, resource\nfrom coterie.cli import main\ncode = main(sys.argv[1:])\n"
        "print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *typed, "--out", str(out), "--overwrite"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = next(line for line in done.stdout.splitlines()[::-1] if line.startswith("PEAK"))
    return spent, int(peak.split()[1]) / 1024


def main(home: Path) -> None:
    """Measure, and print a line for each verb."""
    home.mkdir(parents=True, exist_ok=True)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = tables(home)
    text = ["--text", "text", "--id", "id"]
    ray = ["--engine", "ray", "--ray-from", "1000000000"]
    train = ["train", str(data[TRAIN]), *text, "--label", "intent"]
    for encoder in ("static", "minilm"):
        run([*train, "--encoder", encoder], home / f"model-{encoder}")
    found = ["discover", str(data[TRAIN]), *text, "--encoder", "static"]
    run(found, home / "groups")
    assign = ["--segments", str(home / "groups"), *ray]
    verbs: dict[str, tuple[list[str], list[str], tuple[int, ...]]] = {
        "embed static": (["embed"], [*text, "--encoder", "static", *ray], STATIC),
        "assign static": (
            ["assign"],
            [*text, *assign],
            STATIC,
        ),
        "predict static": (["predict", str(home / "model-static")], ray, STATIC),
        "index static": (["index"], [*text, "--encoder", "static", *ray], STATIC),
        "embed minilm": (["embed"], [*text, "--encoder", "minilm", *ray], MINILM),
        "predict minilm": (["predict", str(home / "model-minilm")], ray, MINILM),
    }
    for name, (verb, options, counts) in verbs.items():
        took = [
            run([*verb, str(data[rows]), *options], home / f"out-{name.replace(' ', '-')}-{rows}")
            for rows in counts
        ]
        rates = [
            (counts[at + 1] - counts[at]) / (took[at + 1][0] - took[at][0])
            for at in range(len(counts) - 1)
        ]
        told = {
            "verb": name,
            "rows": counts,
            "core_seconds": [round(each[0], 1) for each in took],
            "rows_per_core_second": [round(rate) for rate in rates],
            "peak_mib": [round(each[1]) for each in took],
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
