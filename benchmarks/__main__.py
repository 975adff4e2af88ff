"""Run the benchmarks, keep earlier figures, and write RESULTS.md: ``python -m benchmarks``.

Each part runs in processes of its own. This one imports nothing heavy: see `run_process`.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.earlier import merged
from benchmarks.machine import commit, machine, run_process, versions
from benchmarks.results import render
from benchmarks.search import installed

HERE = Path(__file__).parent
PARTS = {
    "P1": ["embed"],
    "P2": ["embed"],
    "P3": ["pipeline"],
    "Q1": ["bitext"],
    "Q2": ["banking77"],
    "Q3": ["bitext", "banking77"],
    "P9": ["trainer"],
    "Q6": ["tuning", "transfer"],
    "Q4": ["few_shot"],
    "Q5": ["full"],
    "Q7": ["sales"],
    "Q9": ["few_shot", "full", "sales"],
    "P4": ["latency"],
    "P5": ["clients"],
    "Q8": ["leads"],
    "PEERS": ["peers"],
    "X2": ["outside"],
    "FEWSHOT": ["few_examples"],
    "ASSIGN": ["described"],
    "CONFIDENCE": ["confidence"],
    "Q11": ["many_tables"],
    "Q12": ["names"],
    "P6": ["search"],
    "LOOKALIKES": ["lookalikes"],
    "PROMPT": ["prompting"],
    "P7": ["serving"],
    "P8": ["million"],
    "P11": ["studio"],
    "SOAK": ["soak"],
    "LABELLING": ["labelling"],
    "WATCH": ["watching"],
}
SETS = {
    "bitext": ("support/bitext_27k.csv", "instruction", "intent"),
    "banking77": ("banking77/train.csv", "text", "category"),
}
_QUICK = 1_500
_SEEDS = 5

Part = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The parts to run, and a folder for intermediate files."""

    work: Path
    quick: bool
    repeats: int | None
    peer_repeats: int

    def source(self, name: str) -> list[str]:
        """File, text column and label column of a set; every so many rows where it is quick."""
        file, text, label = SETS[name]
        home = os.environ.get("COTERIE_DATA", str(HERE.parents[1] / "shared" / "data"))
        path = Path(home) / file
        if not path.is_file():
            raise SystemExit(f"No {file} in the data folder: name the folder in COTERIE_DATA.")
        if self.quick:
            with path.open(encoding="utf-8", newline="") as given:
                head, *rows = csv.reader(given)
            path = self.work / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as made:
                csv.writer(made).writerows([head, *rows[:: max(1, len(rows) // _QUICK)]])
        return [str(path), text, label]

    def embed(self) -> Part:
        """P1 and P2."""
        self.source("banking77")
        command = ["-m", "benchmarks.embed", str(self.repeats or 5)]
        return {"rows": run_process(command + [str(_QUICK)] * self.quick).lines}

    def pipeline(self) -> Part:
        """P3: the command line from the table to the report, cold and warm cache, then BERTopic."""
        path, text, label = self.source("bitext")
        cold: list[Part] = []
        warm: list[Part] = []
        for repeat in range(self.repeats or 3):
            folder = self.work / f"pipeline{repeat}"
            settings = {"COTERIE_CACHE": str(folder / "cache")}
            command = ["-m", "coterie", "discover", path, "--text", text, "--label", label]
            for kept, name in ((cold, "cold"), (warm, "warm")):
                done = run_process([*command, "--out", str(folder / name), "--json"], settings)
                found = done.lines[-1]
                row = {key: found[key] for key in ("rows", "groups", "coverage")}
                kept.append({"seconds": done.seconds, "peak_mib": done.peak_mib, **row})
                say(f"P3 {name}, repeat {repeat + 1}: {done.seconds:.1f} s")
        return {"cold": cold, "warm": warm, "peer": self.peer("bitext")}

    def peer(self, name: str) -> list[Part]:
        """BERTopic from the table to its topics, each time in a fresh process."""
        runs = []
        for repeat in range(self.peer_repeats):
            say(f"BERTopic on {name}, repeat {repeat + 1}")
            done = run_process(["-m", "benchmarks.discovery", "bertopic", *self.source(name)])
            measured = {"seconds": done.seconds, "peak_mib": done.peak_mib}
            runs.append({**measured, **done.lines[-1]})
        return runs

    def quality(self, name: str, peer: list[Part] | None) -> Part:
        """Q1 to Q3 on one set."""
        command = ["-m", "benchmarks.discovery", "coterie", *self.source(name), str(_SEEDS)]
        *runs, last = run_process(command).lines
        return {"runs": runs, **last, "peer": peer or self.peer(name)}

    def trainer(self) -> Part:
        """P9."""
        steps = "4" if self.quick else "40"
        command = ["-m", "benchmarks.tune", "speed", steps, str(self.repeats or 5)]
        return {"measured": run_process(command).lines[-1]}

    def tuning(self) -> Part:
        """Q6."""
        command = ["-m", "benchmarks.tune", "quality", *self.source("bitext")]
        return {"measured": run_process(command).lines[-1]}

    def transfer(self) -> Part:
        """Q6 on Banking77: tune on one file, discover the other."""
        return {"measured": run_process(["-m", "benchmarks.tune", "transfer"]).lines[-1]}

    def classify(self, *tasks: str) -> Part:
        """Q4, Q5, Q7 and Q9, over five seeds."""
        rows: list[Part] = []
        for task in tasks:
            seeds = "1" if self.quick else str(_SEEDS)
            rows += run_process(["-m", "benchmarks.classify", task, seeds]).lines
        return {"rows": rows}

    def latency(self) -> Part:
        """P4."""
        command, repeats = ["-m", "benchmarks.latency"], str(self.repeats or 5)
        return {
            "measured": run_process([*command, repeats]).lines[-1],
            "many": run_process([*command, "many", repeats]).lines,
        }

    def clients(self) -> Part:
        """P5."""
        small, large = ("200", "2000") if self.quick else ("2000", "100000")
        repeats = str(self.repeats or 5)
        rows: list[Part] = []
        for task in (("features",), ("predict", "balanced"), ("predict", "speed")):
            command = ["-m", "benchmarks.clients", *task, repeats, small]
            rows += run_process(command).lines
        done = run_process(["-m", "benchmarks.clients", "many", "balanced", large])
        return {"rows": [*rows, {**done.lines[-1], "peak_mib": done.peak_mib}]}

    def outside(self) -> Part:
        """X2."""
        rows: list[Part] = []
        for most, models in (("9000", "linear"), ("4000", "few-shot,mlp")):
            sizes = ["1", str(_QUICK)] if self.quick else ["3", most]
            rows += run_process(["-m", "benchmarks.outside", *sizes, models]).lines
        return {"rows": rows}

    def few_examples(self) -> Part:
        """A few examples of each class, on many tables."""
        command = ["-m", "benchmarks.few_examples", *(["1", "3"] if self.quick else ["5"])]
        return {"rows": run_process(command).lines}

    def leads(self) -> Part:
        """Q8, on one seed."""
        command = ["-m", "benchmarks.leads", "1"]
        return {"rows": run_process(command + [str(_QUICK)] * self.quick).lines}

    def peers(self) -> Part:
        """Models beside plain ones."""
        command = ["-m", "benchmarks.peers", *["1", "200"] * self.quick]
        return {"rows": run_process(command).lines}

    def described(self) -> Part:
        """Segments described in words."""
        command = ["-m", "benchmarks.assign", *["300"] * self.quick]
        return {"rows": run_process(command).lines}

    def many_tables(self) -> Part:
        """Q11."""
        rows: list[Part] = []
        for method, seeds in (("coterie", "2"), ("k-means", "1"), ("hdbscan", "1")):
            command = ["-m", "benchmarks.many_tables", method, "1" if self.quick else seeds]
            rows += run_process([*command, *[str(_QUICK)] * self.quick]).lines
        if self.peer_repeats and importlib.util.find_spec("bertopic"):
            command = ["-m", "benchmarks.many_tables", "bertopic", "1"]
            rows += run_process([*command, *[str(_QUICK)] * self.quick]).lines
        return {"rows": rows}

    def names(self) -> Part:
        """Q12."""
        command = ["-m", "benchmarks.names", *[str(_QUICK)] * self.quick]
        return {"rows": run_process(command).lines}

    def search(self) -> Part:
        """P6; vectors and indexes, ten gigabytes, are kept in COTERIE_VECTORS where it is set."""
        folder = os.environ.get("COTERIE_VECTORS", str(self.work / "search"))
        given = [folder, "20000" if self.quick else "1000000"]
        rows: list[Part] = []
        for peer in installed():
            say(f"P6 {peer}")
            rows += run_process(["-m", "benchmarks.search", peer, *given]).lines
        return {"rows": rows}

    def lookalikes(self) -> Part:
        """Badges of one person or event."""
        command = ["-m", "benchmarks.alike", *["60"] * self.quick]
        return {"rows": run_process(command).lines}

    def prompting(self) -> Part:
        """Labels by asking a small language model."""
        command = ["-m", "benchmarks.prompting", *["2"] * self.quick]
        return {"rows": run_process(command).lines}

    def serving(self) -> Part:
        """P7: requests a second, and ten times too many."""
        repeats, seconds = ("1", "3") if self.quick else (str(self.repeats or 5), "20")
        command = ["-m", "benchmarks.serving"]
        return {
            "rows": run_process([*command, "requests", repeats, seconds]).lines,
            "overload": run_process([*command, "overload", seconds]).lines[-1],
        }

    def studio(self) -> Part:
        """P11; projects and pages are kept in COTERIE_STUDIO where it is set."""
        folder = os.environ.get("COTERIE_STUDIO", str(self.work / "studio"))
        few, fewer = ("1", "1") if self.quick else (str(self.repeats or 5), "3")
        table, text, _ = self.source("bitext")
        rows: list[Part] = []
        for name, repeats, *given in (
            ("bitext", few, table, text),
            ("synthetic", fewer, "20000" if self.quick else "1000000"),
        ):
            say(f"P11 {name}")
            command = ["-m", "benchmarks.studio", name, folder, repeats, *given]
            rows += run_process(command).lines
        return {"rows": rows}

    def million(self) -> Part:
        """P8: from a table of up to a million rows to the report, with an empty cache."""
        rows: list[Part] = []
        sizes = (_QUICK, 10 * _QUICK) if self.quick else (10_000, 100_000, 300_000, 1_000_000)
        for size in sizes:
            table = self.work / f"utterances-{size}.csv"
            made = run_process(["-m", "benchmarks.utterances", str(table), str(size)]).lines[-1]
            for encoder in ("static", "minilm"):
                folder = self.work / f"million-{encoder}-{size}"
                settings = {"COTERIE_CACHE": str(folder / "cache")}
                command = ["-m", "coterie", "discover", str(table), "--text", "text", "--id", "id"]
                given = ["--label", "label", "--encoder", encoder]
                done = run_process(
                    [*command, *given, "--out", str(folder / "found"), "--json"], settings
                )
                found = done.lines[-1]
                rows.append(
                    {
                        "encoder": encoder,
                        **made,
                        "seconds": done.seconds,
                        "embed": found["seconds"]["embed"],
                        "peak_mib": done.peak_mib,
                        "groups": found["groups"],
                        "coverage": found["coverage"],
                        "nmi": found["labels"]["label"]["nmi"],
                        "report_bytes": Path(found["report"]).stat().st_size,
                        "stages": found["seconds"],
                    }
                )
                say(f"P8 {encoder}, {size:,} rows: {done.seconds:.0f} s")
                shutil.rmtree(folder)
        return {"rows": sorted(rows, key=lambda row: (row["encoder"], row["rows"]))}

    def soak(self) -> Part:
        """An hour of requests."""
        command = ["-m", "benchmarks.serving", "soak", "1" if self.quick else "60"]
        return {"rows": run_process(command).lines}

    def labelling(self) -> Part:
        """Which rows to label next."""
        command = ["-m", "benchmarks.labelling", *["1", "1"] * self.quick]
        return {"rows": run_process(command).lines}

    def watching(self) -> Part:
        """Quiet weeks and planted groups."""
        command = ["-m", "benchmarks.watch", "1", *["few"] * self.quick]
        return {"rows": run_process(command).lines}

    def confidence(self) -> Part:
        """Confidence of discoveries."""
        command = ["-m", "benchmarks.confidence", *["300", "1"] * self.quick]
        return {"rows": run_process(command).lines}


def main() -> None:
    options = _options()
    folder = HERE
    if options.quick:  # a smoke test leaves the figures alone
        folder = Path(tempfile.gettempdir()) / "coterie-benchmarks"
        folder.mkdir(exist_ok=True)
    store = folder / "results.json"
    kept: dict[str, Part] = json.loads(store.read_text("utf-8")) if store.is_file() else {}
    wanted = list(dict.fromkeys(part for name in options.only for part in PARTS[name]))
    with tempfile.TemporaryDirectory() as work:
        plan = Plan(Path(work), options.quick, options.repeats, options.peer_repeats)
        parts: dict[str, Callable[[], Part]] = {
            "embed": plan.embed,
            "pipeline": plan.pipeline,
            "bitext": lambda: plan.quality(
                "bitext", kept["pipeline"]["peer"] if "pipeline" in wanted else None
            ),
            "banking77": lambda: plan.quality("banking77", None),
            "trainer": plan.trainer,
            "tuning": plan.tuning,
            "transfer": plan.transfer,
            "few_shot": lambda: plan.classify("few-shot", "tuned-few-shot"),
            "full": lambda: plan.classify("full", "tuned-full"),
            "sales": lambda: plan.classify("sales"),
            "latency": plan.latency,
            "clients": plan.clients,
            "leads": plan.leads,
            "peers": plan.peers,
            "outside": plan.outside,
            "few_examples": plan.few_examples,
            "described": plan.described,
            "confidence": plan.confidence,
            "many_tables": plan.many_tables,
            "names": plan.names,
            "search": plan.search,
            "lookalikes": plan.lookalikes,
            "prompting": plan.prompting,
            "serving": plan.serving,
            "million": plan.million,
            "studio": plan.studio,
            "soak": plan.soak,
            "labelling": plan.labelling,
            "watching": plan.watching,
        }
        for name in (each for each in parts if each in wanted):
            say(f"Measuring {name}")
            kept[name] = {
                "date": dt.datetime.now(dt.UTC).date().isoformat(),
                "commit": commit(),
                "quick": options.quick,
                "machine": machine(),
                "versions": versions(),
                **parts[name](),
            }
            store.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            page = folder / "RESULTS.md"
            earlier = page.read_text("utf-8") if page.is_file() else ""
            page.write_text(merged(earlier, render(kept), list(kept)), encoding="utf-8")
    say(f"Written: {folder / 'RESULTS.md'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,500 rows of each set")
    parser.add_argument("--repeats", type=_positive, help="else 5 for P1 and P2, 3 for P3")
    parser.add_argument("--peer-repeats", type=_positive, default=1, help="of BERTopic")
    parser.add_argument("--only", type=_names, default=list(PARTS), help="such as P1,P3")
    return parser.parse_args()


def _names(given: str) -> list[str]:
    names = [name.strip().upper() for name in given.split(",")]
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return names


def _positive(given: str) -> int:
    if not given.isdecimal() or not int(given):
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(given)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
