"""The section of a discovery that lays its groups beside labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from coterie.pages.discovery.sentences import agreement_in_words, ids_in_words
from coterie.pages.partitions import SEGMENT
from coterie.report import Block, HeatMap, Note, Section, Table
from coterie.workflows.discovery.label_agreement import Agreement

if TYPE_CHECKING:
    from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["labels_section"]

_ACROSS, _DOWN = 90, 90


def labels_section(result: DiscoverResult) -> Iterator[Section]:
    """Compare with each column of labels; nothing where there is none."""
    if not result.agreements:
        return
    frame = pd.DataFrame(
        {
            "label column": agreement.column,
            "values": len(agreement.purity),
            "beside": f"{scores.groups:,} {level}",
            "rows": scores.rows,
            "ARI": scores.ari,
            "NMI": scores.nmi,
            "groups of one label": scores.homogeneity,
            "labels in one group": scores.completeness,
        }
        for agreement in result.agreements
        for level, scores in (("groups", agreement.scores), ("families", agreement.coarse))
        if scores is not None
    )
    note = (
        "ARI, the adjusted Rand index, is 0 for groups drawn at random and 1 for groups that are "
        "the labels; NMI is the mutual information as a share of what both tell. The last two are "
        "its halves, homogeneity and completeness. Rows without a label are left out."
    )
    scores = ("ARI", "NMI", "groups of one label", "labels in one group")
    formats = dict.fromkeys(scores, "z.3f")
    blocks: list[Block] = [Table(frame, note=note, formats=formats)]
    for agreement in result.agreements:
        if agreement.of_ids:
            blocks.append(Note(ids_in_words(agreement), title=agreement.column))
            continue
        blocks += [
            Note(agreement_in_words(agreement), title=agreement.column),
            _contingency(agreement),
            _purity(agreement),
        ]
    intro = "The labels took no part in finding the groups; here they are laid beside them."
    yield Section("Beside the labels", blocks, intro=intro)


def _contingency(agreement: Agreement) -> HeatMap:
    counts = agreement.counts
    down = counts.sum(axis=1).nlargest(_DOWN).index
    across = counts.sum(axis=0).nlargest(_ACROSS).index
    cut = "" if counts.shape == (len(down), len(across)) else " Only the largest are shown."
    return HeatMap(
        counts.loc[down, across].to_numpy(),
        [str(name) for name in down],
        [str(name) for name in across],
        row_label=agreement.column,
        column_label=SEGMENT,
        title=f"Where each {agreement.column} went",
        note=f"Percent of the rows of each {agreement.column}.{cut}",
    )


def _purity(agreement: Agreement) -> Table:
    frame = agreement.purity.sort_values("share_in_best", kind="stable")
    frame = frame.rename(
        columns={
            "label": agreement.column,
            "best_group": "largest group",
            "share_in_best": "share in it",
            "purity_of_best": "its share of the group",
            "groups_needed": "groups for 90%",
        }
    )
    return Table(
        frame,
        title=f"How far each {agreement.column} stays together",
        note="The least together first.",
        formats={"share in it": ".1%", "its share of the group": ".1%"},
        limit=10,
    )
