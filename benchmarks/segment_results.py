"""Results of the benchmarks of assigning and of the confidence of discoveries as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["confidence", "described"]

Part = Mapping[str, Any]
Row = Mapping[str, Any]

_BINS = ("0 to 0.4", "to 0.5", "to 0.6", "to 0.7", "to 0.8", "to 0.9", "to 0.95", "to 1")


def described(part: Part) -> list[str]:
    own = [row for row in part["rows"] if "table" in row]
    foreign = [row for row in part["rows"] if "rows_of" in row]

    def average(rows: Sequence[Row], side: str, figure: str) -> float:
        return mean(row[side][figure] for row in rows)

    kept_out = 1 - average(foreign, "now", "assigned")
    gained = average(own, "now", "accuracy") - average(own, "before", "accuracy")
    lines = [
        ("accuracy gained, mean of the tables", f"{gained:+.3f}", "0", "", verdict(gained, 0)),
        ("unrelated rows not assigned", f"{kept_out:.1%}", "80%", "", verdict(kept_out, 0.8)),
    ]
    rows = [
        (
            row["table"], row["classes"], f"{row['largest']:.3f}",
            *(f"{row[side]['accuracy']:.3f}" for side in ("before", "now")),
            *(f"{row[side]['assigned']:.0%}" for side in ("before", "now")),
            f"{row['now']['ambiguous']:.0%}", f"{row['now']['outside']:.0%}",
            *(f"{row[side]['ece']:.3f}" for side in ("before", "now")),
        )
        for row in own
    ]  # fmt: skip
    worst = sorted(foreign, key=lambda row: -row["now"]["assigned"])[:5]
    attendees = [row for row in foreign if row["classes_of"] == "attendees"]
    pairs = [
        (row["rows_of"], row["classes_of"],
         *(f"{row[side]['assigned']:.0%}" for side in ("before", "now")),
         f"{row['now']['outside']:.0%}")
        for row in (*attendees, *(each for each in worst if each not in attendees))
    ]  # fmt: skip
    note = (
        "MiniLM; up to 2,000 rows a table, described by the names of its classes alone; generated "
        "badges by the packaged descriptions. A row outside counts as wrong. Before: the nearest "
        "description, confidence by the distance between descriptions. ECE: over ten bins of "
        "equally many rows. The constants of the rule were settled on these tables."
    )
    also = (
        f"Rows of {len(foreign)} pairs of a table and the classes of an unrelated one, up to 300 "
        f"each: {average(foreign, 'before', 'assigned'):.1%} were assigned before, "
        f"{average(foreign, 'now', 'assigned'):.1%} are now, and "
        f"{average(foreign, 'now', 'outside'):.1%} are outside. The pairs with the six segments of "
        "attendees, and the worst others:"
    )
    columns = (
        "table | classes | largest | accuracy before | now | assigned before | now | ambiguous | "
        "outside | ECE before | now"
    )
    return [
        "## Segments described in words",
        judged(lines),
        table(columns, rows),
        note,
        also,
        table("rows of | classes of | assigned before | now | outside", pairs),
    ]


def confidence(part: Part) -> list[str]:
    names = list(dict.fromkeys(row["table"] for row in part["rows"]))
    rows, gaps = [], []
    for name in names:
        some = [row for row in part["rows"] if row["table"] == name]
        claimed, agreed = (mean(row[key] for row in some) for key in ("claimed", "agreed"))
        gaps.append(claimed - agreed)
        rows.append(
            (
                name,
                ", ".join(f"{row['groups']}" for row in some),
                f"{claimed:.3f}",
                f"{agreed:.3f}",
                f"{claimed - agreed:+.3f}",
                f"{mean(row['one_to_one'] for row in some):.3f}",
                *(f"{mean(row[s] for row in some):.0%}" for s in ("core", "ambiguous")),
            )
        )
    close = mean(abs(gap) <= 0.05 for gap in gaps)
    lines = [
        ("claimed and measured, mean distance", f"{mean(map(abs, gaps)):.3f}", "0.05", "",
         verdict(-mean(map(abs, gaps)), -0.05)),
        ("tables within 5 points", f"{close:.0%}", "100%", "", verdict(close, 1)),
    ]  # fmt: skip
    bins = []
    for place, title in enumerate(_BINS):
        count, claimed, agreed = (
            sum(row["bins"][place][k] for row in part["rows"]) for k in range(3)
        )
        if count:
            bins.append((title, f"{count:,}", f"{claimed / count:.3f}", f"{agreed / count:.3f}"))
    note = (
        "Up to 1,200 rows of each table in two halves without a common row, each discovered by "
        "itself with its own number of groups; two random splits, both halves in turn. Claimed: "
        "mean confidence of a half's rows. Measured: the other half's discovery puts the row into "
        "the same segment, where each of its groups counts as the segment in which most of its "
        "rows are; one to one: as no more than one segment. No label is used."
    )
    columns = "table | groups | claimed | measured | difference | one to one | core | ambiguous"
    return [
        "## Confidence of discoveries",
        judged(lines),
        table(columns, rows),
        table("confidence | rows | claimed | measured", bins),
        note,
    ]
