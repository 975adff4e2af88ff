"""Agreement of groups with labels: ARI, NMI, purity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics.columns import (
    Floats,
    Ints,
    Names,
    check_lengths,
    ignore_many_classes,
    is_missing,
    is_outside,
)

__all__ = ["ClusterScores", "contingency", "purity_per_label", "score_clusters"]

_DENSE_CELLS = 2_000_000  # 16 MB of counts; larger tables are kept sparse: a judgement


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
    homogeneity, completeness
        How far each group holds one label only, and each label is in one group only; 0 to 1.
    purity
        Share of rows whose label is the commonest of their group; 0 to 1.
    coverage
        Share of the labelled rows that are inside of a group.
    groups, labels
        Distinct ones among the labelled rows, outside not counted.
    rows, unlabelled, outside
        Rows scored, rows left out because they have no label, rows scored that are outside.
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
    A. Rosenberg and J. Hirschberg, "V-measure" (EMNLP 2007), which is the normalised mutual
    information too.
    """
    check_lengths(codes, labels, "codes and labels")
    labelled, out = ~is_missing(labels), is_outside(codes)
    given, label_names = _coded(np.asarray(labels, dtype=object)[labelled])
    groups = pd.factorize(np.asarray(codes))[0][labelled]
    inside = ~out[labelled]
    rows = len(given)
    nmi, homogeneity, completeness, ari = _agreement(np.where(inside, groups, -1), given)
    nmi_inside, _, _, ari_inside = _agreement(groups[inside], given[inside])
    return ClusterScores(
        ari=ari,
        nmi=nmi,
        homogeneity=homogeneity,
        completeness=completeness,
        purity=_purity(np.where(inside, groups, -1), given),
        ari_inside=ari_inside,
        nmi_inside=nmi_inside,
        coverage=float(inside.mean()) if rows else float("nan"),
        groups=len(np.unique(groups[inside])),
        labels=len(label_names),
        rows=rows,
        unlabelled=int((~labelled).sum()),
        outside=int((~inside).sum()),
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
    kept = ~is_missing(labels)
    group, group_names = _coded(np.asarray(codes)[kept])
    label, label_names = _coded(np.asarray(labels, dtype=object)[kept])
    index, columns = pd.Index(group_names, name="group"), pd.Index(label_names, name="label")
    if len(index) * len(columns) <= _DENSE_CELLS:
        table = pd.crosstab(group, label)
        table.index, table.columns = index, columns
        return table
    from scipy.sparse import coo_matrix

    matrix = coo_matrix((np.ones(len(group), np.int64), (group, label)))
    matrix.sum_duplicates()
    sparse: pd.DataFrame = pd.DataFrame.sparse.from_spmatrix(  # type: ignore[attr-defined]
        matrix, index=index, columns=columns
    )
    return sparse


def purity_per_label(codes: Names, labels: Names, *, share: float = 0.9) -> pd.DataFrame:
    """Tell for each label what share of it is in one group, and what else is in that group.

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
        ``rows_of_best``, how many labelled rows that group has;
        ``groups_needed``, the least number of groups that hold ``share`` of its rows, each row
        outside counted as a group of its own;
        ``outside``, its rows outside of every group.

    Raises
    ------
    InputError
        When codes and labels differ in length.
    """
    check_lengths(codes, labels, "codes and labels")
    labelled, out = ~is_missing(labels), is_outside(codes)
    group, names = _coded(np.asarray(codes)[labelled])
    frame = pd.DataFrame(
        {
            "label": np.asarray(labels, dtype=object)[labelled].astype(str).astype(object),
            "group": np.where(out[labelled], -1, group),
        }
    )
    cells = frame.groupby(["label", "group"]).size().rename("count").reset_index()
    inside = cells[cells["group"] >= 0].sort_values("count", ascending=False, kind="stable")
    sizes = inside.groupby("group")["count"].sum()
    best = inside.drop_duplicates("label").set_index("label")
    counts = {label: each.to_numpy() for label, each in inside.groupby("label")["count"]}
    table = cells.groupby("label")["count"].sum().rename("rows").to_frame()
    lost = cells[cells["group"] < 0].set_index("label")["count"].reindex(table.index, fill_value=0)
    table["best_group"] = best["group"].map(dict(enumerate(names))).astype(object)
    table["best_group"] = table["best_group"].where(table["best_group"].notna(), None)
    table["share_in_best"] = best["count"].reindex(table.index, fill_value=0) / table["rows"]
    table["purity_of_best"] = best["count"] / best["group"].map(sizes)
    table["rows_of_best"] = best["group"].map(sizes).reindex(table.index, fill_value=0)
    table["groups_needed"] = np.array(
        [
            _needed(np.append(counts.get(label, ()), np.ones(alone)), share * rows)
            for label, rows, alone in zip(table.index, table["rows"], lost, strict=True)
        ],
        dtype=np.int64,
    )
    table["outside"] = lost
    return table.sort_values("rows", ascending=False, kind="stable").reset_index()


def _needed(counts: Floats, rows: float) -> int:
    """Count the groups, the largest first, that together hold this many rows."""
    return int(np.searchsorted(np.cumsum(counts), rows - 1e-9)) + 1


def _coded(values: npt.NDArray[Any]) -> tuple[Ints, list[Any]]:
    """Give each value its place among the distinct ones; all but whole numbers are text."""
    whole = values.dtype.kind in "iu"
    codes, names = pd.factorize(values if whole else values.astype(str).astype(object), sort=True)
    return codes.astype(np.int64), names.tolist()


def _agreement(groups: Ints, labels: Ints) -> tuple[float, float, float, float]:
    """Normalised mutual information, homogeneity, completeness, adjusted Rand index."""
    from sklearn.metrics import adjusted_rand_score, homogeneity_completeness_v_measure

    if not len(labels):
        return (float("nan"),) * 4
    with ignore_many_classes():
        homogeneity, completeness, nmi = homogeneity_completeness_v_measure(labels, groups)
        return nmi, homogeneity, completeness, adjusted_rand_score(labels, groups)


def _purity(groups: Ints, labels: Ints) -> float:
    if not len(labels):
        return float("nan")
    counts = pd.Series(1, index=[groups, labels]).groupby(level=[0, 1]).sum()
    return float(counts.groupby(level=0).max().sum() / len(labels))
