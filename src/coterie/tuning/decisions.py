"""What is done about suspect labels: kept, dropped or fixed, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.metrics.columns import is_missing
from coterie.tuning.suspects import Suspects

__all__ = ["Decided", "apply_decisions"]


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """Labels after the decisions.

    Attributes
    ----------
    labels
        Shape (n,), object: a new array; None where the label was dropped, or absent before.
    kept, dropped, fixed
        Suspects, and rows decided on besides, whose label stands, went, or was replaced.
    """

    labels: npt.NDArray[np.object_]
    kept: int
    dropped: int
    fixed: int


def apply_decisions(
    labels: npt.NDArray[np.object_],
    suspects: Suspects,
    decisions: str | Mapping[int, str | None],
) -> Decided:
    """Keep, drop or fix suspect labels.

    Parameters
    ----------
    labels
        Shape (n,): those that `find_suspects` judged; left as they are.
    suspects
        What it found.
    decisions
        ``"keep"`` leaves all labels, ``"drop"`` takes them from all suspects, ``"fix"`` gives all
        suspects the suggested ones; or row number to the label it shall have, None to drop it.
        Suspects that a mapping does not name are kept; it may name other rows too.

    Raises
    ------
    OptionError
        When the decision is none of these, or a mapping names a row that is not there or a label
        that no row has.
    """
    table = suspects.table
    rows = [int(row) for row in table["row"]]
    wanted: Mapping[int, str | None]
    if decisions == "keep":
        wanted = {}
    elif decisions == "drop":
        wanted = dict.fromkeys(rows)
    elif decisions == "fix":
        wanted = dict(zip(rows, table["suggested"].tolist(), strict=True))
    elif isinstance(decisions, Mapping):
        wanted = decisions
        _check(wanted, labels)
    else:
        raise OptionError(
            f"The decision about suspect labels is {decisions!r}: give keep, drop, fix, or a label "
            "for each row."
        )
    given = np.asarray(labels, dtype=object)
    changed = given.copy()
    for row, label in wanted.items():
        changed[row] = label
    concerned = np.unique(np.array([*rows, *wanted], dtype=np.int64))
    gone = is_missing(changed[concerned])
    same = (changed[concerned] == given[concerned]).astype(np.bool_) & ~gone
    return Decided(
        labels=changed,
        kept=int(same.sum()),
        dropped=int(gone.sum()),
        fixed=int((~same & ~gone).sum()),
    )


def _check(wanted: Mapping[int, Any], labels: npt.NDArray[np.object_]) -> None:
    known = set(labels[~is_missing(labels)].tolist())
    for row, label in wanted.items():
        if not 0 <= row < len(labels):
            raise OptionError(
                f"A decision names row {row}, but there are {len(labels):,} rows, counted from 0: "
                "name one of them."
            )
        if label is not None and label not in known:
            raise OptionError(
                f"The decision for row {row} is the label {label!r}, which no row has: give a "
                "label of the table, or None to drop the row."
            )
