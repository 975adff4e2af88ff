"""How well groups agree with labels that were given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics.pairs import (
    Names,
    Pairs,
    check_lengths,
    count_pairs,
    is_missing,
    is_outside,
)

__all__ = ["ClusterScores", "contingency", "purity_per_label", "score_clusters"]

_DENSE_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class ClusterScores:
    """Agreement of groups with labels; NaN where no row carries a label.

    The rows outside of every group count as one more group in all scores but those that end in
    ``_inside``, which leave them out.

    Attributes
    ----------
    ari, ari_inside
        Adjusted Rand index, -0.5 to 1; 0 is chance.
    nmi, nmi_inside
        Normalised mutual information, arithmetic mean of the entropies; 0 to 1.
    homogeneity
        How far each group holds one label only; 0 to 1.
    completeness
        How far each label is in one group only; 0 to 1.
    purity
        Share of rows whose label is the commonest of their group; 0 to 1.
    coverage
        Share of the labelled rows that are inside of a group.
    groups, labels
        Distinct ones among the labelled rows, outside not counted.
    rows, unlabelled, outside
        Rows scored, rows left out for want of a label, rows scored that are outside.
    """

    ari: float
    nmi: float
    homogeneity: float
    completeness: float
    purity: float
    ari_inside: float
    nmi_inside: float
    coverage: float
    groups: int
    labels: int
    rows: int
    unlabelled: int
    outside: int


def score_clusters(codes: Names, labels: Names) -> ClusterScores:
    """Score groups against labels.

    Parameters
    ----------
    codes
        Shape (n,): group of each row; -1, or no name, is outside of every group.
    labels
        Shape (n,): label of each row; rows with None, NaN or blank text are left out and counted.

    Raises
    ------
    InputError
        When codes and labels differ in length.

    Notes
    -----
    O(n) time and memory, never a matrix of groups by labels. ARI after L. Hubert and P. Arabie,
    "Comparing partitions" (Journal of Classification 2, 1985); homogeneity and completeness after
    A. Rosenberg and J. Hirschberg, "V-measure" (EMNLP 2007). They equal those of scikit-learn,
    which warns about, and is slow on, text labels of many kinds.
    """
    check_lengths(codes, labels, "codes and labels")
    groups, given = np.asarray(codes), np.asarray(labels, dtype=object)
    labelled = ~is_missing(given)
    outside = is_outside(groups)
    pairs = _pairs(groups, given, labelled, outside)
    inside = count_pairs(groups[labelled & ~outside], given[labelled & ~outside])
    homogeneity, completeness, nmi = _information(pairs)
    rows, n_outside = pairs.rows, int((labelled & outside).sum())
    return ClusterScores(
        ari=_adjusted_rand(pairs),
        nmi=nmi,
        homogeneity=homogeneity,
        completeness=completeness,
        purity=_purity(pairs),
        ari_inside=_adjusted_rand(inside),
        nmi_inside=_information(inside)[2],
        coverage=(rows - n_outside) / rows if rows else float("nan"),
        groups=len(inside.left_names),
        labels=len(pairs.right_names),
        rows=rows,
        unlabelled=int((~labelled).sum()),
        outside=n_outside,
    )


def contingency(codes: Names, labels: Names) -> pd.DataFrame:
    """Count the rows of each group and label.

    Parameters
    ----------
    codes, labels
        As in `score_clusters`; the rows outside are a group of their own, shown as they came.

    Returns
    -------
    DataFrame
        One row a group, one column a label, both sorted; int64, or sparse int64 where there are
        more than two million cells.

    Raises
    ------
    InputError
        When codes and labels differ in length.
    """
    check_lengths(codes, labels, "codes and labels")
    given = np.asarray(labels, dtype=object)
    kept = ~is_missing(given)
    pairs = count_pairs(np.asarray(codes)[kept], given[kept])
    shape = len(pairs.left_names), len(pairs.right_names)
    index = pd.Index(pairs.left_names, name="group")
    columns = pd.Index(pairs.right_names, name="label")
    if shape[0] * shape[1] <= _DENSE_CELLS:
        table = np.zeros(shape, np.int64)
        table[pairs.left, pairs.right] = pairs.count
        return pd.DataFrame(table, index=index, columns=columns)
    from scipy.sparse import coo_matrix

    matrix = coo_matrix((pairs.count, (pairs.left, pairs.right)), shape=shape)
    sparse: pd.DataFrame = pd.DataFrame.sparse.from_spmatrix(  # type: ignore[attr-defined]
        matrix, index=index, columns=columns
    )
    return sparse


def purity_per_label(codes: Names, labels: Names, *, share: float = 0.9) -> pd.DataFrame:
    """Tell for each label how far it went into one group, and what else is in that group.

    Parameters
    ----------
    codes, labels
        As in `score_clusters`.
    share
        The part of a label's rows that ``groups_needed`` are to hold.

    Returns
    -------
    DataFrame
        One row a label, the largest first:

        ``label``, ``rows``;
        ``best_group``, the group with most of its rows, None where all of them are outside;
        ``share_in_best``, the share of the label's rows in it (recall);
        ``purity_of_best``, the share of that group's labelled rows that carry the label;
        ``groups_needed``, the least number of groups that hold ``share`` of its rows, each row
        outside counted as a group of its own;
        ``outside``, its rows outside of every group.

    Raises
    ------
    InputError
        When codes and labels differ in length.
    """
    check_lengths(codes, labels, "codes and labels")
    groups, given = np.asarray(codes), np.asarray(labels, dtype=object)
    labelled, out = ~is_missing(given), is_outside(groups)
    pairs = count_pairs(groups[labelled & ~out], given[labelled & ~out])
    sizes = dict(zip(pairs.left_names, pairs.left_sizes.tolist(), strict=True))
    lost = pd.Series(given[labelled & out].astype(str), dtype=object).value_counts()
    cells = pd.DataFrame(
        {
            "label": np.array(pairs.right_names, dtype=object)[pairs.right],
            "group": np.array(pairs.left_names, dtype=object)[pairs.left],
            "count": pairs.count,
        }
    )
    held = dict(iter(cells.groupby("label", sort=False)))
    rows = []
    for label in sorted({*held, *lost.index}):
        part = held.get(label, cells.iloc[:0]).sort_values("count", ascending=False, kind="stable")
        outside = int(lost.get(label, 0))
        total = int(part["count"].sum()) + outside
        group = part["group"].iloc[0] if len(part) else None
        most = int(part["count"].iloc[0]) if len(part) else 0
        rows.append(
            {
                "label": label,
                "rows": total,
                "best_group": group,
                "share_in_best": most / total,
                "purity_of_best": most / sizes[group] if len(part) else float("nan"),
                "groups_needed": _needed(part["count"].to_numpy(), share * total),
                "outside": outside,
            }
        )
    columns = {
        name: pd.Series([row[name] for row in rows], dtype=dtype)
        for name, dtype in _LABEL_COLUMNS.items()
    }
    table = pd.DataFrame(columns)
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


_LABEL_COLUMNS = {
    "label": "object",
    "rows": "int64",
    "best_group": "object",
    "share_in_best": "float64",
    "purity_of_best": "float64",
    "groups_needed": "int64",
    "outside": "int64",
}


def _needed(counts: npt.NDArray[np.int64], rows: float) -> int:
    held = np.cumsum(counts)
    enough = held >= rows - 1e-9
    if enough.any():
        return int(enough.argmax()) + 1
    return len(counts) + int(np.ceil(rows - 1e-9 - (held[-1] if len(held) else 0)))


def _pairs(
    groups: npt.NDArray[np.generic],
    given: npt.NDArray[np.object_],
    labelled: npt.NDArray[np.bool_],
    outside: npt.NDArray[np.bool_],
) -> Pairs:
    codes = np.where(outside, -1, pd.factorize(groups)[0])
    return count_pairs(codes[labelled], given[labelled])


def _adjusted_rand(pairs: Pairs) -> float:
    n = pairs.rows
    if not n:
        return float("nan")
    together = _couples(pairs.count)
    left, right = _couples(pairs.left_sizes), _couples(pairs.right_sizes)
    total = n * (n - 1) / 2
    expected = left * right / total if total else 0.0
    most = (left + right) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _couples(sizes: npt.NDArray[np.int64]) -> float:
    """Count the unordered pairs of rows within groups of these sizes."""
    counts = sizes.astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())


def _information(pairs: Pairs) -> tuple[float, float, float]:
    """Homogeneity, completeness and normalised mutual information."""
    if not pairs.rows:
        return float("nan"), float("nan"), float("nan")
    of_groups, of_labels = _entropy(pairs.left_sizes), _entropy(pairs.right_sizes)
    mutual = max(of_groups + of_labels - _entropy(pairs.count), 0.0)
    homogeneity = min(mutual / of_labels, 1.0) if of_labels else 1.0
    completeness = min(mutual / of_groups, 1.0) if of_groups else 1.0
    both = of_groups + of_labels
    return homogeneity, completeness, min(2 * mutual / both, 1.0) if both else 1.0


def _entropy(sizes: npt.NDArray[np.int64]) -> float:
    if len(sizes) < 2:
        return 0.0
    share = sizes / sizes.sum()
    return float(-(share * np.log(share)).sum())


def _purity(pairs: Pairs) -> float:
    if not pairs.rows:
        return float("nan")
    best = np.zeros(len(pairs.left_names), np.int64)
    np.maximum.at(best, pairs.left, pairs.count)
    return float(best.sum() / pairs.rows)
