"""Records into a profile: what is in a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pandas as pd

from coterie.jsonable import as_plain
from coterie.personal import hiding
from coterie.profile import Profile, ProfileFinding, profile_records
from coterie.records import Records, Table
from coterie.records.cleaning import CleaningSurvey, survey_cleaning

__all__ = ["Exploration", "explore_records"]

_NOTEWORTHY = 0.01  # share of the texts from which on a finding says so; a judgement
_NAMED = 4
_WHAT = {
    "html": "HTML",
    "quotes": "a quoted thread",
    "signatures": "a signature",
    "boilerplate": "lines that many texts repeat",
}
_HOW = {
    "html": "--clean other than none (clean=)",
    **{
        name: f"--clean {name} (clean='{name}')" for name in ("quotes", "signatures", "boilerplate")
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """What is in a table.

    Attributes
    ----------
    profile
        Everything found.
    rejects
        The rows that were set aside.
    cleaning
        What cleaning took out of the texts, and what more it could.
    """

    profile: Profile
    rejects: pd.DataFrame
    cleaning: CleaningSurvey

    form: ClassVar[int] = Profile.form
    tables: ClassVar[Mapping[str, pd.DataFrame]] = MappingProxyType({})

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return {**self.profile.to_dict(), "cleaning": as_plain(asdict(self.cleaning))}

    def write_parts(self, folder: Path) -> None:
        """Write nothing: there are only the figures and the rows set aside."""


def explore_records(
    records: Records,
    *,
    table: Table | None = None,
    response: str | None = None,
    near: float = 0.8,
    seed: int = 0,
    cleanings: Collection[str] = ("html",),
    side: str | None = None,
    show_personal: bool = False,
) -> Exploration:
    """Find out what is in a table of texts.

    Parameters and errors are those of `coterie.profile.profile_records`; ``near`` is its
    ``near_duplicate_threshold``. ``cleanings`` and ``side`` tell how the records were cleaned.
    Personal data in examples is masked unless ``show_personal``.
    """
    profile = profile_records(
        records,
        table=table,
        response=response,
        near_duplicate_threshold=near,
        seed=seed,
        show_personal=show_personal,
    )
    hide = hiding(show_personal=show_personal)
    cleaning = survey_cleaning(records.shown, cleanings, side, hide)
    findings = (*profile.findings, *_findings(cleaning))
    return Exploration(replace(profile, findings=findings), records.rejects, cleaning)


def _findings(survey: CleaningSurvey) -> Iterator[ProfileFinding]:
    """Say what cleaning is worth asking for."""
    for kind in survey.kinds:
        if kind.texts and not kind.on and kind.share >= _NOTEWORTHY:
            yield ProfileFinding(
                f"{kind.texts:,} texts ({kind.share:.0%}) have {_WHAT[kind.name]}: leave that out "
                f"of what is learnt with {_HOW[kind.name]}.",
                "warning",
                "cleaning",
            )
    if survey.sides and survey.side is None:
        first = next(iter(survey.sides))
        yield ProfileFinding(
            f"The texts are conversations of {' and '.join([*survey.sides][:_NAMED])}: learn from "
            f"one side with --side {first!r} (side=).",
            "info",
            "cleaning",
        )
