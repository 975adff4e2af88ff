"""All measurements as tables, with targets and whether they are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean, median, stdev
from typing import Any

from benchmarks.classify_results import few_shot, full, latency, sales
from benchmarks.ensemble_results import clients, leads
from benchmarks.few_examples_results import few_examples
from benchmarks.labelling_results import labelling
from benchmarks.many_tables_results import many_tables
from benchmarks.million_results import million
from benchmarks.names_results import names
from benchmarks.outside_results import outside
from benchmarks.peers_results import peers
from benchmarks.prompting_results import prompting
from benchmarks.search_results import lookalikes, search
from benchmarks.segment_results import confidence, described
from benchmarks.serving_results import serving, soak
from benchmarks.studio_results import studio
from benchmarks.tables import judged, table, verdict
from benchmarks.tune_results import trainer, transfer, tuning
from benchmarks.watch_results import watching

Part = Mapping[str, Any]

_LABELS = {"bitext": "Q1: discover Bitext, number of groups unknown"} | {
    "banking77": "Q2: discover Banking77 train, number of groups unknown"
}

_HEAD = """\
Written by `python -m benchmarks`; do not edit. Each figure is compared with a target (*reach*), and
some with a further one (*aim*)."""
_SEEN = """\
> Q1, Q2 and Q3 are not on unseen data: the constants of the method were settled on Bitext and
> Banking77 themselves, with parts and mixtures of them, by agreement with their labels. No label
> is used in a run."""

# reach of ARI, aim of ARI, reach of NMI
_TARGETS = {"bitext": (0.60, 0.75, 0.82), "banking77": (0.54, 0.62, 0.81)}


def render(kept: Mapping[str, Part]) -> str:
    """Write the page from all parts that were measured, now or earlier."""
    blocks = ["# Results", _HEAD]
    if any(part["quick"] for part in kept.values()):
        blocks.append("**A smoke test on few rows: not figures of the project.**")
    writers: dict[str, Callable[[Part], list[str]]] = {"embed": _embed, "pipeline": _pipeline}
    for name in ("embed", "pipeline"):
        if name in kept:
            blocks += [*writers[name](kept[name]), _when(kept[name])]
    sets = [name for name in _LABELS if name in kept]
    if sets:
        blocks.append(_SEEN)
    for name in sets:
        blocks += [*_quality(name, kept[name]), _when(kept[name])]
    if sets:
        blocks += _stability({name: kept[name] for name in sets})
    tuned = {"trainer": trainer, "tuning": tuning, "transfer": transfer}
    for name in (each for each in tuned if each in kept):
        blocks += [*tuned[name](kept[name]), _when(kept[name])]
    classified = {"few_shot": few_shot, "full": full, "sales": sales, "latency": latency}
    classified |= {"clients": clients, "leads": leads, "peers": peers, "outside": outside}
    classified |= {"few_examples": few_examples}
    for name in (each for each in classified if each in kept):
        blocks += [*classified[name](kept[name]), _when(kept[name])]
    segments = {"many_tables": many_tables, "names": names}
    segments |= {"described": described, "confidence": confidence, "watching": watching}
    for name in (each for each in segments if each in kept):
        blocks += [*segments[name](kept[name]), _when(kept[name])]
    last = {"search": search, "lookalikes": lookalikes}
    last |= {"prompting": prompting, "labelling": labelling, "serving": serving, "soak": soak}
    last |= {"million": million, "studio": studio}
    for name in (each for each in last if each in kept):
        blocks += [*last[name](kept[name]), _when(kept[name])]
    return "\n\n".join([*blocks, *_surroundings(kept)]) + "\n"


def _when(part: Part) -> str:
    remark = f" {part['remark']}" if "remark" in part else ""
    return f"Measured on {part['date']}, at commit {part['commit']}.{remark}"


def _embed(part: Part) -> list[str]:
    rows = {row["name"]: row for row in part["rows"]}
    fast, static, peer = rows["minilm"], rows["static"], rows["sentence-transformers"]
    exact = fast["least_cosine"] >= 0.995
    ratio = "{ratio_per_second}x ({ratio_per_second_spread[0]} to {ratio_per_second_spread[1]})"
    lines = [
        (
            "P1 MiniLM, ratio of texts per second",
            ratio.format(**fast),
            "3x",
            "5x",
            verdict(fast["ratio_per_second"] * exact, 3, 5),
        ),
        (
            "P1 least cosine to float32",
            f"{fast['least_cosine']:.5f}",
            "0.995",
            "",
            verdict(fast["least_cosine"], 0.995),
        ),
        (
            "P2 static, ratio of texts per second",
            ratio.format(**static),
            "100x",
            "",
            verdict(static["ratio_per_second"], 100),
        ),
    ]
    speeds = table(
        "encoder | texts per second | per CPU second",
        [(name, r["per_second"], r["per_cpu_second"]) for name, r in rows.items()],
    )
    note = (
        f"{peer['texts']:,} texts, {peer['repeats']} repeats in which the encoders take turns, "
        "loaded and warmed up; median of the ratios, smallest and largest. The aim of P2, an "
        "accuracy, is not measured here."
    )
    return ["## P1 and P2: embed Banking77 train", judged(lines), speeds, note]


def _pipeline(part: Part) -> list[str]:
    cold, warm, peer = (_column(part[key], "seconds") for key in ("cold", "warm", "peer"))
    faster, again = median(peer) / median(cold), median(peer) / median(warm)
    most = max(_column([*part["cold"], *part["warm"]], "peak_mib"))
    theirs = min(_column(part["peer"], "peak_mib"))
    lines = [
        (
            "P3 cold cache, times faster than BERTopic",
            f"{faster:.1f}x",
            "4x",
            "8x",
            verdict(faster, 4, 8),
        ),
        (
            "P3 warm cache, times faster than BERTopic",
            f"{again:.1f}x",
            "",
            "20x",
            verdict(again, 20),
        ),
        (
            "P3 peak memory",
            f"{most:,.0f} MiB",
            f"less than {theirs:,.0f} MiB",
            "",
            "reached" if most < theirs else "falls short",
        ),
    ]
    names = {"cold": "Coterie, cold cache", "warm": "Coterie, warm cache", "peer": "BERTopic"}
    runs = [
        (
            name,
            len(part[key]),
            f"{median(_column(part[key], 'seconds')):.1f}",
            f"{min(_column(part[key], 'seconds')):.1f} to {max(_column(part[key], 'seconds')):.1f}",
            f"{max(_column(part[key], 'peak_mib')):,.0f}",
            f"{median(_column(part[key], 'groups')):.0f}",
            f"{1 - mean(_column(part[key], 'coverage')):.1%}",
        )
        for key, name in names.items()
    ]
    note = (
        f"{part['cold'][0]['rows']:,} rows. Seconds and peak resident memory of a whole fresh "
        "process, imports included. Coterie reads the table, embeds, discovers, names, and writes "
        "folder and report; BERTopic, with the same MiniLM weights and otherwise its defaults, "
        f"reads the table and fits ({_times(len(peer))}), and writes nothing."
    )
    head = "run | repeats | seconds, median | spread | peak MiB | groups | outside, or in topic -1"
    return ["## P3: discover Bitext, from CSV to report", judged(lines), table(head, runs), note]


def _quality(name: str, part: Part) -> list[str]:
    runs, (ari, ari_aim, nmi) = part["runs"], _TARGETS[name]
    code = _LABELS[name][:2]
    lines = [
        (
            f"{code} ARI",
            _spread(runs, "ari"),
            f"{ari:.2f}",
            f"{ari_aim:.2f}",
            verdict(mean(_column(runs, "ari")), ari, ari_aim),
        ),
        (
            f"{code} NMI",
            _spread(runs, "nmi"),
            f"{nmi:.2f}",
            "",
            verdict(mean(_column(runs, "nmi")), nmi),
        ),
    ]
    if name == "bitext":
        coverage = mean(_column(runs, "coverage"))
        lines.append(
            ("Q1 coverage", _spread(runs, "coverage"), "0.98", "", verdict(coverage, 0.98))
        )
    else:
        near = abs(mean(_column(runs, "groups")) - 77) <= 0.3 * 77
        within = "reached" if near else "falls short"
        lines.append(("Q2 groups", _spread(runs, "groups", 1), "77 ± 30%", "", within))
    columns = (("ari", 3), ("nmi", 3), ("groups", 0), ("coverage", 3), ("seconds", 1))
    all_runs = [(f"Coterie, seed {run['seed']}", run) for run in runs]
    all_runs += [("BERTopic, seeds as they come", run) for run in part["peer"]]
    told = table(
        "run | ARI | NMI | groups | coverage | seconds",
        [(who, *(f"{run[key]:.{digits}f}" for key, digits in columns)) for who, run in all_runs],
    )
    note = (
        "MiniLM; mean ± standard deviation over the seeds. Rows outside of every group, or in "
        "topic -1, count as one group. Seconds: Coterie's discovery alone, embeddings from the "
        f"cache; BERTopic's whole process ({_times(len(part['peer']))})."
    )
    return [f"## {_LABELS[name]}", judged(lines), told, note]


def _stability(parts: Mapping[str, Part]) -> list[str]:
    lines = []
    for name, part in parts.items():
        between = part["between"]
        for what, value in (("mean", mean(between)), ("least", min(between))):
            figure = f"Q3 {name}, {what} of {len(between)} pairs"
            lines.append((figure, f"{value:.3f}", "0.85", "0.95", verdict(value, 0.85, 0.95)))
    return ["## Q3: ARI between runs with different seeds", judged(lines)]


def _surroundings(kept: Mapping[str, Part]) -> list[str]:
    """Machine and versions, once for all parts that share them."""
    blocks = ["## Machine and versions"]
    for key in ("machine", "versions"):
        for facts in {tuple(part[key].items()): None for part in kept.values()}:
            parts = [name for name, part in kept.items() if tuple(part[key].items()) == facts]
            said = ", ".join(f"{name} {value}" for name, value in facts)
            blocks.append(f"{', '.join(parts)}: {said}.")
    return blocks


def _spread(runs: Sequence[Part], key: str, digits: int = 3) -> str:
    values = _column(runs, key)
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def _column(runs: Iterable[Part], key: str) -> list[float]:
    return [run[key] for run in runs]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
