"""Records into a profile: what is in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pandas as pd

from coterie.profile import Profile, profile_records
from coterie.records import Records, Table

__all__ = ["Exploration", "explore_records"]


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """What is in a table.

    Attributes
    ----------
    profile
        Everything found.
    rejects
        The rows that were set aside.
    """

    profile: Profile
    rejects: pd.DataFrame

    form: ClassVar[int] = Profile.form
    tables: ClassVar[Mapping[str, pd.DataFrame]] = MappingProxyType({})

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return self.profile.to_dict()

    def write_parts(self, folder: Path) -> None:
        """Write nothing: there are only the figures and the rows set aside."""


def explore_records(
    records: Records,
    *,
    table: Table | None = None,
    response: str | None = None,
    near: float = 0.8,
    seed: int = 0,
) -> Exploration:
    """Find out what is in a table of texts.

    Parameters and errors are those of `coterie.profile.profile_records`; ``near`` is its
    ``near_duplicate_threshold``.
    """
    profile = profile_records(
        records, table=table, response=response, near_duplicate_threshold=near, seed=seed
    )
    return Exploration(profile, records.rejects)
