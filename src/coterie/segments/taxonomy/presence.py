"""Which segments have vanished, returned, grown or shrunk: exact tests of counts of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.metrics import LEVEL, adjust_p_values

__all__ = ["LEFT", "Presence", "judge_presence"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEFT = 0.1
"""Share of its earlier share below which a segment has vanished; a judgement, not measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """What became of k segments.

    Attributes
    ----------
    vanished, returned, grew, shrank
        Shape (k,), bool: whether the segment did so now. At most one of them is true.
    p_values
        Shape (k,), float64: probability of a difference in share at least as large by chance, in
        both directions, corrected for the number of segments; NaN where there is nothing to
        compare.
    """

    vanished: Bools
    returned: Bools
    grew: Bools
    shrank: Bools
    p_values: Floats


def judge_presence(
    before: Ints, before_rows: Ints, now: Ints, rows: int, absent: Bools
) -> Presence:
    """Compare the rows of segments with those that they had before.

    Whether so few, or so many, of all rows would fall into the later ones is Fisher's exact test,
    with Holm's correction for the number of segments.

    A segment *vanishes* where it has significantly fewer rows, and less than a tenth of its earlier
    share. One that had vanished *returns* where it has significantly more rows than that tenth
    (exact binomial test).

    Parameters
    ----------
    before, before_rows
        Shape (k,): earlier rows of each segment, and of how many rows in all.
    now, rows
        Shape (k,): later rows of each segment; and of how many in all.
    absent
        Shape (k,): whether the segment had vanished before.

    Notes
    -----
    R. A. Fisher, "Statistical Methods for Research Workers" (fifth edition, 1934), section 21.02.
    """
    from scipy.stats import binom, hypergeom

    nobody = np.zeros(len(before), dtype=np.bool_)
    if not rows:
        return Presence(nobody, nobody, nobody, nobody, np.full(len(before), np.nan))
    known = before_rows > 0
    every, held = before_rows + rows, before + now
    few = np.where(known, hypergeom.cdf(now, every, held, rows), np.nan)
    many = np.where(known, hypergeom.sf(now - 1, every, held, rows), np.nan)
    share = now / rows
    earlier = before / np.maximum(before_rows, 1)
    present = known & ~absent
    falls = _adjusted(few, present) < LEVEL
    vanished = falls & (share < LEFT * earlier)
    back = binom.sf(now - 1, rows, LEFT * earlier)
    returned = (_adjusted(back, known & absent) < LEVEL) & (now > 0)
    p_values = adjust_p_values(np.where(present, np.minimum(2 * np.minimum(few, many), 1), np.nan))
    differs = (p_values < LEVEL) & ~vanished
    return Presence(
        vanished, returned, differs & (share > earlier), differs & (share < earlier), p_values
    )


def _adjusted(p_values: Floats, chosen: Bools) -> Floats:
    """Correct the p-values of those chosen for their number; the others are NaN."""
    return adjust_p_values(np.where(chosen, p_values, np.nan))
