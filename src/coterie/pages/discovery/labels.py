"""The section of a discovery that lays its groups beside labels."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coterie.pages.discovery import words
from coterie.pages.partitions import SEGMENT
from coterie.report import Block, HeatMap, Note, Section, Table
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.label_agreement import LabelAgreement

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
            "compared with": f"{scores.groups:,} {level}",
            "rows": scores.rows,
            "ARI": scores.ari,
            "NMI": scores.nmi,
            "homogeneity": scores.homogeneity,
            "completeness": scores.completeness,
        }
        for agreement in result.agreements
        for level, scores in (("groups", agreement.scores), ("families", agreement.coarse))
        if scores is not None
    )
    scores = ("ARI", "NMI", "homogeneity", "completeness")
    formats = dict.fromkeys(scores, "z.3f")
    blocks: list[Block] = [Table(frame, note=words.SCORES_NOTE, formats=formats)]
    for agreement in result.agreements:
        if agreement.of_ids:
            blocks.append(Note(words.ids_in_words(agreement), title=agreement.column))
            continue
        blocks += [
            Note(words.agreement_in_words(agreement), title=agreement.column),
            _contingency(agreement),
            _purity(agreement),
        ]
    yield Section(words.LABELS_TITLE, blocks, intro=words.LABELS_INTRO)


def _contingency(agreement: LabelAgreement) -> HeatMap:
    counts = agreement.counts
    down = counts.sum(axis=1).nlargest(_DOWN).index
    across = counts.sum(axis=0).nlargest(_ACROSS).index
    whole = counts.shape == (len(down), len(across))
    return HeatMap(
        counts.loc[down, across].to_numpy(),
        [str(name) for name in down],
        [str(name) for name in across],
        row_label=agreement.column,
        column_label=SEGMENT,
        title=f"Groups of each {agreement.column}",
        note=words.contingency_note(agreement.column, whole=whole),
    )


def _purity(agreement: LabelAgreement) -> Table:
    frame = agreement.purity.sort_values("share_in_best", kind="stable")
    frame = frame.drop(columns="rows_of_best")
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
        title=f"How divided each {agreement.column} is",
        note=words.PURITY_NOTE,
        formats={"share in it": ".1%", "its share of the group": ".1%"},
        limit=10,
    )
