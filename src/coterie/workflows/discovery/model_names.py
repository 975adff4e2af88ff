"""Groups of a discovery named by a language model."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coterie.errors import InputError
from coterie.files import replacing
from coterie.jsonable import as_plain
from coterie.llm import Asker, Estimate, Ledger
from coterie.options import NamingSettings
from coterie.progress import current
from coterie.segments import Segment, Segmentation, StoredRows
from coterie.segments.naming.by_model.ask import Names, ask_names, naming_questions
from coterie.segments.naming.by_model.groups import GroupView, view_groups
from coterie.segments.naming.by_model.questions import Wishes
from coterie.segments.naming.people import openings
from coterie.segments.taxonomy.drafts import refuse_frozen
from coterie.segments.taxonomy.edits import named_by_hand, rename_by_model
from coterie.segments.taxonomy.lookup import retired
from coterie.workflows.asking import make_asker

__all__ = [
    "EXCHANGES",
    "NAMES",
    "Naming",
    "NamingFigures",
    "estimate_names",
    "name_by_model",
]

NAMES, EXCHANGES = "names.csv", "language-model.jsonl"
"""Files with what came of each group, and with all prompts and answers."""

NAMED, BY_HAND, TOO_SMALL, REFUSED = "named", "by hand", "too small", "refused"


@dataclass(frozen=True, slots=True)
class NamingFigures:
    """What came of naming groups by a language model.

    Attributes
    ----------
    model, language
        Who named them, in which language.
    statuses
        ``"named"``, ``"by hand"`` (a person had named it), ``"too small"`` (to be shown to a remote
        model) and ``"refused"`` (no name could be used) to the number of groups.
    families, families_named
        Families, and those of them that were named.
    told_apart
        How well the model sorts texts by the names, on average; 0.5 is chance; None where
        that was not asked.
    ledger
        Calls, tokens, seconds and money, see `coterie.llm.Ledger`.
    """

    model: str
    language: str
    statuses: Mapping[str, int]
    families: int
    families_named: int
    told_apart: float | None
    ledger: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return as_plain(asdict(self))

    @property
    def line(self) -> str:
        """What came of it, in a sentence."""
        found = Counter(self.statuses)
        told = [f"{found[NAMED]:,} of {found.total():,} groups named by {self.model}"]
        if self.families:
            told.append(f"{self.families_named:,} of {self.families:,} families")
        whys = {
            BY_HAND: "named by hand before",
            TOO_SMALL: "too small to be shown to a remote model",
            REFUSED: "without a usable answer",
        }
        told += [f"{found[status]:,} {why}" for status, why in whys.items() if found[status]]
        if self.told_apart is not None:
            told.append(
                f"by these names the model sorts {self.told_apart:.0%} of further texts rightly"
            )
        return f"{'; '.join(told)}."


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """Groups that a language model named.

    Attributes
    ----------
    segmentation
        With the names, each a recorded edit.
    table
        One row a group: ``segment``, ``name``, ``before``, ``description``, ``status``, ``why`` and
        ``told_apart``; families follow, with an empty ``segment``.
    figures
        See `NamingFigures`.
    exchanges
        Every prompt, as it was sent, and every answer.
    ledger
        What it took.
    """

    segmentation: Segmentation
    table: pd.DataFrame
    figures: NamingFigures
    exchanges: Sequence[Mapping[str, Any]]
    ledger: Ledger

    def write_exchanges(self, path: Path) -> None:
        """Write all prompts and answers as JSON Lines, whole or not at all."""
        with replacing(path) as fresh:
            lines = (json.dumps(each, ensure_ascii=False) for each in self.exchanges)
            text = "".join(f"{line}\n" for line in lines)
            fresh.write_text(text, encoding="utf-8", errors="replace")


def name_by_model(
    segmentation: Segmentation,
    rows: StoredRows,
    options: NamingSettings,
    *,
    asker: Asker | None = None,
    seed: int = 0,
) -> Naming:
    """Name groups and their families by a language model.

    Names that a person gave stay. So do those made of words where the model gives none that can be
    used. The estimate is told before the first question.

    Parameters
    ----------
    segmentation, rows
        A draft, and its rows.
    options
        Which model, and how names should be.
    asker
        Who asks; made of the options when None.
    seed
        Random seed of the order in which texts are shown in the second look.

    Raises
    ------
    SegmentError
        When the segmentation is frozen.
    InputError
        When the rows have no texts.
    OptionError, LanguageModelError, MissingExtraError
        When the model cannot be used.
    """
    asker = asker or make_asker(options.llm or "", options)
    job = _Job.of(segmentation, rows, options, asker)
    current().say(job.estimate(asker, options, seed).line)
    found = ask_names(
        asker,
        job.views,
        job.families,
        job.wishes,
        kept=job.kept,
        kept_families=job.kept_families,
        second_look=options.second_look,
        seed=seed,
    )
    named = {key: (each.name, each.description) for key, each in found.groups.items()}
    families = {key: each.name for key, each in found.families.items()}
    after = rename_by_model(segmentation, named, families, asker.model.name)
    table = job.table(segmentation, after, found)
    statuses = Counter(table["status"][table["segment"] != ""])
    apart = [each.told_apart for each in found.groups.values() if each.told_apart is not None]
    figures = NamingFigures(
        asker.model.name,
        options.language,
        dict(statuses),
        len(job.families),
        len(families),
        float(np.mean(apart)) if apart else None,
        asker.ledger.to_dict(),
    )
    return Naming(after, table, figures, found.exchanges, asker.ledger)


def estimate_names(
    segmentation: Segmentation,
    rows: StoredRows,
    options: NamingSettings,
    *,
    asker: Asker | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate what `name_by_model` will take; nothing is asked."""
    asker = asker or make_asker(options.llm or "", options)
    return _Job.of(segmentation, rows, options, asker).estimate(asker, options, seed)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be named, and what is not."""

    views: Sequence[GroupView]
    families: Mapping[str, Sequence[Segment]]
    wishes: Wishes
    kept: Sequence[str]
    kept_families: Sequence[str]
    why_not: Mapping[str, str]

    @classmethod
    def of(
        cls,
        segmentation: Segmentation,
        rows: StoredRows,
        options: NamingSettings,
        asker: Asker,
    ) -> _Job:
        refuse_frozen(segmentation)
        if not any(rows.texts):
            raise InputError(
                "These rows have no texts, so that a language model has nothing to go by: name "
                "the groups by hand, with coterie segments rename."
            )
        segments, by_hand = segmentation.segments, named_by_hand(segmentation)
        assigned = segmentation.predict(rows.vectors, readable=rows.readable)
        codes = assigned.codes([segment.id for segment in segments])
        sizes = np.bincount(codes[codes >= 0], minlength=len(segments))
        why_not = {s.id: BY_HAND for s in segments if s.id in by_hand}
        small = [
            s.id
            for s, size in zip(segments, sizes, strict=True)
            if asker.model.remote and size < options.smallest_group
        ]
        why_not |= {key: TOO_SMALL for key in small if key not in why_not}
        # of people, the first sentence of each of their texts
        shorter = openings if segmentation.encoder.pooling == "row" else str
        every = view_groups(
            segments, rows.shown.tolist(), codes, rows.vectors, opening=shorter, hidden=small
        )
        groups: defaultdict[str, list[Segment]] = defaultdict(list)
        for segment in segments:
            if segment.parent and segment.parent not in by_hand and segment.id not in small:
                groups[segment.parent].append(segment)
        families = {name: children for name, children in groups.items() if len(children) > 1}
        names = [s.name for s in segments if s.id in why_not]
        return cls(
            [view for view in every if view.segment.id not in why_not],
            families,
            Wishes(options.language, options.business, options.name_words),
            [*names, *(s.id for s in segments), *retired(segmentation)],
            sorted({s.parent for s in segments} - {"", *families}),
            why_not,
        )

    def estimate(self, asker: Asker, options: NamingSettings, seed: int) -> Estimate:
        return asker.estimate(
            naming_questions(
                asker,
                self.views,
                self.families,
                self.wishes,
                second_look=options.second_look,
                seed=seed,
            )
        )

    def table(self, before: Segmentation, after: Segmentation, found: Names) -> pd.DataFrame:
        """Tell what came of each group and family."""
        lines = []
        for segment in after.segments:
            given = found.groups.get(segment.id)
            status = NAMED if given else self.why_not.get(segment.id, REFUSED)
            lines.append(
                {
                    "segment": segment.id,
                    "name": segment.name,
                    "before": before[segment.id].name,
                    "description": segment.description,
                    "status": status,
                    "why": found.why.get(segment.id, "") if status == REFUSED else "",
                    "told_apart": None if given is None else given.told_apart,
                }
            )
        for family in self.families:
            given = found.families.get(family)
            lines.append(
                {
                    "segment": "",
                    "name": family if given is None else given.name,
                    "before": family,
                    "description": "" if given is None else given.description,
                    "status": REFUSED if given is None else NAMED,
                    "why": "" if given else found.why.get(family, ""),
                    "told_apart": None,
                }
            )
        return pd.DataFrame(lines).astype({"told_apart": float})
