"""The page that shows the groups found in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.recipes.agreement import Agreement
from coterie.recipes.discover_words import (
    Counts,
    agreement_in_words,
    choice_in_words,
    summary,
    title_of,
)
from coterie.report import (
    Block,
    Group,
    Groups,
    HeatMap,
    Line,
    Lines,
    Map,
    Mark,
    Note,
    Page,
    Partition,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.segments import STATUSES, Discovery, Segment

if TYPE_CHECKING:
    from coterie.recipes.discovering import DiscoverResult

__all__ = ["discover_page"]

_LEGEND = 300  # names of a label column that a map can tell apart
_ACROSS, _DOWN = 90, 90
_MARKS = 3
_SEGMENT = "Segment"


def discover_page(result: DiscoverResult, title: str = "") -> Page:
    """Lay a discovery out as a page with pictures.

    Parameters
    ----------
    result
        What `coterie.recipes.discovering.run_discover` found.
    title
        What was looked at; the page names the source when empty.

    Returns
    -------
    Page
        ``page.write(path)`` makes the file.
    """
    material, discovery = result.material, result.discovery
    records, counts = material.records, Counts(discovery)
    page = Page(
        title_of(material, discovery, title),
        subtitle=f"{records.source}, {records.rows_in:,} rows",
        footer=_footer(result),
    )
    for section in (
        _overview(result, counts),
        _map(result),
        _groups(result, counts),
        *_choice(discovery),
        *_labels(result),
        *_set_aside(result),
        _made(result),
    ):
        page.add(section)
    return page


def _footer(result: DiscoverResult) -> str:
    metrics = result.metrics
    return (
        f"Coterie {metrics['versions'].get('coterie', '')}, encoder {metrics['encoder']['name']}, "
        f"seed {metrics['seed']}"
    )


def _overview(result: DiscoverResult, counts: Counts) -> Section:
    material, discovery = result.material, result.discovery
    records, metrics = material.records, result.metrics
    unsure = counts.total["ambiguous"]
    tiles = [
        Tile(material.unit, counts.n, f"{metrics['distinct_texts']:,} different"),
        Tile("groups", len(discovery.segmentation), _kinds(discovery)),
        Tile("covered", f"{metrics['coverage']:.1%}", f"{counts.total['outside']:,} fit no group"),
        Tile("how sure, on average", f"{counts.sure:.0%}", f"{unsure:,} ambiguous"),
    ]
    if result.agreements:
        best = max(result.agreements, key=lambda agreement: agreement.scores.ari)
        note = f"ARI; NMI {best.scores.nmi:z.2f}; 1 is perfect"
        tiles.append(Tile(f"agreement with {best.column}", f"{best.scores.ari:z.2f}", note))
    if len(records.rejects):
        tiles.append(Tile("rows set aside", len(records.rejects), "listed below"))
    return Section("In short", [Tiles(tiles), Prose(summary(material, discovery, counts))])


def _kinds(discovery: Discovery) -> str:
    parents = _parents(discovery.segmentation.segments)
    return f"in {len(parents):,} larger families" if len(parents) > 1 else "chosen by the data"


def _parents(segments: Sequence[Segment]) -> dict[str, list[Segment]]:
    """Families of more than one segment, by name."""
    families: dict[str, list[Segment]] = {}
    for segment in segments:
        families.setdefault(segment.parent, []).append(segment)
    return {name: members for name, members in families.items() if name and len(members) > 1}


def _map(result: DiscoverResult) -> Section:
    material, discovery = result.material, result.discovery
    rows = discovery.assignments
    chart = Map(
        discovery.layout,
        material.records.texts.tolist(),
        list(_partitions(result)),
        ids=material.records.ids.tolist(),
        statuses=rows.statuses.tolist(),
        confidence=rows.confidences,
    )
    intro = (
        f"Each point is one of the {material.unit}; those that mean nearly the same lie close "
        "together. Point at one to read it, search for words, or colour by something else."
    )
    return Section("The map", [chart], intro=intro)


def _partitions(result: DiscoverResult) -> Iterator[Partition]:
    discovery = result.discovery
    segments = discovery.segmentation.segments
    of_rows = discovery.assignments.segments
    names = _display_names(segments)
    yield _partition(_SEGMENT, of_rows, [s.id for s in segments], list(names.values()), "outside")
    parent = {s.id: s.parent or names[s.id] for s in segments}
    families = list(dict.fromkeys(parent.values()))
    if 1 < len(families) < len(segments):
        in_family = np.array([parent.get(s) for s in of_rows], dtype=object)
        yield _partition("Family", in_family, families, families, "outside")
    fine = discovery.levels.get("fine")
    if fine is not None and len(segments) < len(np.unique(fine[fine >= 0])) <= _LEGEND:
        yield _finer(fine, of_rows, names)
    for column, labels in result.material.records.labels.items():
        known = Counter(label for label in labels if label is not None)
        if 0 < len(known) <= _LEGEND:
            values = [label for label, _ in known.most_common()]
            yield _partition(column, labels, values, values, "no label")
    statuses = [s for s in STATUSES if s in discovery.assignments.statuses]
    yield _partition("Status", discovery.assignments.statuses, statuses, statuses, "none")


def _partition(
    name: str,
    values: npt.NDArray[np.object_],
    known: Sequence[str],
    names: Sequence[str],
    none: str,
) -> Partition:
    at = {value: code for code, value in enumerate(known)}
    codes = np.array([at.get(value, -1) for value in values], dtype=np.int64)
    return Partition(name, codes, list(names), none=none)


def _finer(
    fine: npt.NDArray[np.int64], of_rows: npt.NDArray[np.object_], names: dict[str, str]
) -> Partition:
    """Name finer groups after the segment that holds most of each, with a number."""
    held: Counter[str] = Counter()
    known: list[str] = []
    codes = np.full(len(fine), -1, dtype=np.int64)
    for group in np.unique(fine[fine >= 0]):
        rows = fine == group
        owner = Counter(of_rows[rows].tolist()).most_common(1)[0][0]
        held[owner] += 1
        codes[rows] = len(known)
        known.append(f"{names.get(owner, 'outside')} {held[owner]}")
    return Partition("Finer group", codes, known)


def _display_names(segments: Sequence[Segment]) -> dict[str, str]:
    """Segment id to a name that no other segment has."""
    seen = Counter(segment.name for segment in segments)
    return {
        s.id: s.name if s.name and seen[s.name] == 1 else f"{s.name} ({s.id})".strip()
        for s in segments
    }


def _groups(result: DiscoverResult, counts: Counts) -> Section:
    material, segments = result.material, result.discovery.segmentation.segments
    names = _display_names(segments)
    families = _parents(segments)
    heads = {name: f"{name} (family)" if name in names.values() else name for name in families}
    groups = [
        Group(
            head,
            sum(counts.sizes[s.id] for s in families[name]),
            description=f"{len(families[name]):,} groups that have something in common.",
        )
        for name, head in heads.items()
    ]
    groups += [
        Group(
            names[segment.id],
            counts.sizes[segment.id],
            description=segment.description,
            terms=segment.terms,
            exemplars=segment.exemplars,
            confidence=counts.confidence.get(segment.id),
            statuses=counts.statuses.get(segment.id, {}),
            parent=heads.get(segment.parent, ""),
            facts={"id": segment.id, **_label_facts(result, segment)},
        )
        for segment in segments
    ]
    intro = (
        "Each group by its telling words and its most typical "
        f"{material.unit}. The names are made from the texts; better ones are yours to give."
    )
    return Section("The groups", [Groups(groups, total=counts.n, partition=_SEGMENT)], intro=intro)


def _label_facts(result: DiscoverResult, segment: Segment) -> dict[str, str]:
    facts = {}
    inside = result.discovery.assignments.segments == segment.id
    for agreement in result.agreements:
        labels = result.material.records.labels[agreement.column][inside]
        known = Counter(label for label in labels if label is not None)
        if known:
            label, most = known.most_common(1)[0]
            facts[f"mostly {agreement.column}"] = f"{label}, {most / known.total():.0%}"
    return facts


def _choice(discovery: Discovery) -> Iterator[Section]:
    sweep = discovery.sweep
    if not len(sweep):
        return
    blocks: list[Block] = [Prose(choice_in_words(discovery))]
    lines = [
        Line(name, ordered["groups"].to_numpy(), ordered[name].to_numpy())
        for name in ("silhouette", "stability", "score")
        if name in sweep
        and len(ordered := sweep.sort_values("groups"))
        and np.isfinite(sweep[name].to_numpy(dtype=float)).any()
    ]
    if lines and sweep["groups"].nunique() > 1:
        blocks.append(
            Lines(
                lines,
                x_label="number of groups",
                y_label="score, higher is better",
                marks=_marks(sweep),
                log_x=bool(sweep["groups"].min() >= 1),
            )
        )
    shown = sweep.rename(columns={"runner_up": "runner-up"})
    for column in ("chosen", "runner-up"):
        shown[column] = np.where(shown[column], "yes", "")
    title = f"All {len(sweep):,} candidates"
    blocks.append(Table(shown.sort_values("groups"), title=title, limit=10))
    yield Section("How the number was chosen", blocks)


def _marks(sweep: pd.DataFrame) -> list[Mark]:
    marks = [
        Mark(float(k), f"chosen: {k:,}") for k in sweep.loc[sweep["chosen"], "groups"].astype(int)
    ][:1]
    runners_up = dict.fromkeys(sweep.loc[sweep["runner_up"], "groups"].astype(int))
    return marks + [Mark(float(k), f"{k:,}", kind="runner-up") for k in runners_up][:_MARKS]


def _labels(result: DiscoverResult) -> Iterator[Section]:
    if not result.agreements:
        return
    frame = pd.DataFrame(
        {
            "label column": agreement.column,
            "values": len(agreement.purity),
            "rows": agreement.scores.rows,
            "ARI": agreement.scores.ari,
            "NMI": agreement.scores.nmi,
            "groups of one label": agreement.scores.homogeneity,
            "labels in one group": agreement.scores.completeness,
        }
        for agreement in result.agreements
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
        column_label=_SEGMENT,
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


def _set_aside(result: DiscoverResult) -> Iterator[Section]:
    rejects = result.material.records.rejects
    if not len(rejects):
        return
    reasons = rejects["reason"].str.replace(r"\d[\d,]*", "…", regex=True).value_counts()
    frame = pd.DataFrame({"reason": reasons.index, "rows": reasons.to_numpy()})
    note = "Each row, with its number and reason, is in quarantine.csv."
    yield Section("Rows set aside", [Table(frame, note=note)])


def _made(result: DiscoverResult) -> Section:
    metrics, material = result.metrics, result.material
    seconds = metrics["seconds"]
    facts = {
        "source": metrics["source"],
        "encoder": f"{metrics['encoder']['name']}, {metrics['encoder']['dim']} wide, "
        f"fingerprint {metrics['encoder']['fingerprint'][:12]}",
        "method": metrics["method"],
        "seed": str(metrics["seed"]),
        "versions": ", ".join(f"{name} {number}" for name, number in metrics["versions"].items()),
        "seconds": ", ".join(f"{stage} {spent:,.1f}" for stage, spent in seconds.items()),
    }
    if material.parts is not None:
        facts["vectors"] = f"mean over the {len(material.parts.texts):,} rows of the source"
    for name, note in enumerate((*material.choices, *material.records.notes), 1):
        facts[f"note {name}"] = note
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    onward = (
        'Give a group a better name with: coterie segments rename FOLDER ID "New name". Merge, '
        "split and move work the same way, and every change is recorded in segments.json. "
        "assignments.csv has the group, status and confidence of every row."
    )
    return Section("How this was made", [Table(frame), Note(onward, title="How to go on.")])
