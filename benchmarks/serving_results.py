"""What RESULTS.md says of the service."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.tables import table

__all__ = ["serving", "soak"]

Part = Mapping[str, Any]


def serving(part: Part) -> list[str]:
    """Say how many requests a second a service answers, beside the usual one by hand."""
    rows: dict[str, list[Part]] = {}
    for row in part["rows"]:
        rows.setdefault(row["server"], []).append(row)
    rates = {name: [row["requests_per_second"] for row in own] for name, own in rows.items()}
    ours, plain = list(rates)
    ratios = [a / b for a, b in zip(rates[ours], rates[plain], strict=True)]
    over, usual = part["overload"]["overload"], part["overload"]["usual"]
    refused = sum(n for status, n in over["statuses"].items() if status in ("429", "503"))
    others = {s: n for s, n in over["statuses"].items() if s not in ("200", "429", "503")}
    return [
        "## P7: requests a second, 32 connections",
        table(
            "server | requests/s | p50 ms | p99 ms | memory MiB",
            [
                [
                    name,
                    _spread(rates[name], "{:.0f}"),
                    _spread([row["p50_ms"] for row in own], "{:.0f}"),
                    _spread([row["p99_ms"] for row in own], "{:.0f}"),
                    f"{median(row['memory_mib'] for row in own):.0f}",
                ]
                for name, own in rows.items()
            ],
        ),
        f"Requests a second, {ours} beside the other, run by run: {_spread(ratios, '{:.1f}')} "
        "times. `POST /predict` with a linear model on MiniLM, trained on Banking77; each text of "
        "its test file is sent with a number of its own, so no text comes twice. Every prediction "
        "is in the prediction log on disk before it is answered; the other service logs nothing. "
        "The client runs on the same two cores. Median, and the lowest and highest of the runs.",
        f"Overload: {part['overload']['connections']:,} connections, a queue of 256 rows: "
        f"{over['requests_per_second']:.0f} requests a second are answered (usually "
        f"{usual['requests_per_second']:.0f}), {refused:,} are refused with 503 and a time to try "
        f"again, other statuses: {others or 'none'}. Memory goes from "
        f"{part['overload']['memory_before_mib']:,} to {part['overload']['memory_after_mib']:,} "
        "MiB.",
    ]


def soak(part: Part) -> list[str]:
    """Say how memory goes while a service answers for long."""
    rows = part["rows"]
    chosen = rows[:: max(1, len(rows) // 12)]
    last = rows[-1]
    later = [row["memory_mib"] for row in rows if row["minutes"] >= last["minutes"] / 2]
    return [
        "## An hour of requests",
        table(
            "minutes | requests | memory MiB | open files | threads",
            [
                [
                    f"{row['minutes']:.0f}",
                    f"{row['requests']:,}",
                    f"{row['memory_mib']:.0f}",
                    str(row["handles"]),
                    str(row["threads"]),
                ]
                for row in chosen
            ],
        ),
        f"{last['requests']:,} requests, {last['wrong']:,} of them not answered with 200. In the "
        f"second half memory stays between {min(later):.0f} and {max(later):.0f} MiB. The vectors "
        "of the last 10,000 texts are kept, which is why it grows at first.",
    ]


def _spread(values: list[float], form: str) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    return f"{form.format(median(values))} ({low} to {high})"
