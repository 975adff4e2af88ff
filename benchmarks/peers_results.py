"""Results of PEERS, our models beside plain ones, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.tables import judged, table

__all__ = ["peers"]

Row = Mapping[str, Any]

_SURE, _CALIBRATED = 1.96, 0.05


def peers(part: Mapping[str, Any]) -> list[str]:
    rows = part["rows"]
    names = list(dict.fromkeys(row["table"] for row in rows))
    sizes = [max(row[key] for row in rows if key in row) for key in ("train", "test")]
    return [
        "## Models beside plain ones",
        judged([line for name in names for line in _lines(name, _of(rows, table=name))]),
        table(
            "table | model | accuracy, or MAE | AUC | calibration error | furthest behind a peer",
            [line for name in names for line in _models(_of(rows, table=name))],
        ),
        f"Draws of at most {sizes[0]:,} training and {sizes[1]:,} test rows; ± is the standard "
        "deviation over them. Gradient boosting has one draw where there are more than 20 classes. "
        "*Furthest behind a peer*: the mean difference of a model of ours (in bold type) from the "
        "peer that is best beside it, row by row on the same test rows, and the 95% interval of "
        "one draw. Clients and *sales* are generated; other tables are real. Classes with fewer "
        "than ten rows were left out. *Calibration error*: over the test rows of all draws "
        "together; of 200 rows alone, a perfectly calibrated model of two classes has one of 0.06 "
        "by chance.",
    ]


def _lines(name: str, rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Say for a table whether a default is behind, and how well the confidence is calibrated."""
    own = list(dict.fromkeys(row["model"] for row in rows if row.get("ours")))
    behind = [(_behind(rows, model), model) for model in own]
    significant = [model for (gained, error, _), model in behind if gained < -_SURE * error]
    said = "behind: " + ", ".join(significant) if significant else "none is"
    lines = [
        (f"{name}: behind a peer by more than the interval", said, "none", "",
         "falls short" if significant else "reached")
    ]  # fmt: skip
    errors = [_calibration_error(rows, model) for model in own]
    if errors[0] is not None:
        worst = max(error for error in errors if error is not None)
        told = "reached" if round(worst, 3) <= _CALIBRATED else "falls short"
        lines.append((f"{name}: calibration error, largest", f"{worst:.3f}", "0.05", "", told))
    return lines


def _models(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    found = []
    for model in dict.fromkeys(row["model"] for row in rows if "ours" in row):
        ours = any(row["ours"] for row in rows if row["model"] == model and "ours" in row)
        behind = ""
        if ours:
            gained, error, peer = _behind(rows, model)
            behind = f"{_signed(gained)} ± {_plain(_SURE * error)}, {peer}"
        main = _values(rows, model, "accuracy") or _values(rows, model, "mae")
        found.append(
            (
                f"{rows[0]['table']}, {len({row['draw'] for row in rows})} draws",
                f"**{model}**" if ours else model,
                _spread(main),
                _spread(_values(rows, model, "auc")),
                "" if (error := _calibration_error(rows, model)) is None else _plain(error),
                behind,
            )
        )
    return found


def _calibration_error(rows: Sequence[Row], model: str) -> float | None:
    """Give the expected calibration error over the test rows of all draws together."""
    draws = [row for row in rows if row["model"] == model and "gaps" in row]
    if not draws:
        return None
    gaps: defaultdict[str, float] = defaultdict(float)
    for row in draws:
        for place, gap in row["gaps"].items():
            gaps[place] += gap
    return sum(abs(gap) for gap in gaps.values()) / sum(row["test"] for row in draws)


def _behind(rows: Sequence[Row], model: str) -> tuple[float, float, str]:
    """Give the smallest mean difference from a peer, its standard error, and the peer."""
    pairs = [row for row in rows if row["model"] == model and "peer" in row]
    found = []
    for peer in dict.fromkeys(row["peer"] for row in pairs):
        own = [row for row in pairs if row["peer"] == peer]
        found.append((mean(r["difference"] for r in own), mean(r["error"] for r in own), peer))
    return min(found)


def _of(rows: Sequence[Row], **wanted: object) -> list[Row]:
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def _values(rows: Sequence[Row], model: str, key: str) -> list[float]:
    return [row[key] for row in rows if row["model"] == model and key in row]


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    more = f" ± {_plain(stdev(values))}" if len(values) > 1 else ""
    return f"{_plain(mean(values))}{more}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 10 else f"{value:+.3f}"
