"""Generated data into files: all of them whole, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from coterie.files import replacing_files, write_json
from coterie.progress import Stage, current

__all__ = ["ABOUT", "DataFiles", "Generated", "writing"]

ABOUT = "about.json"


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written.

    Attributes
    ----------
    kind
        A key of `coterie.synthetic.GENERATORS`.
    rows, seed, left_out
        What was asked for.
    files
        The data first, then ``about.json``, which holds `to_dict`.
    details
        How the data was made, and the best scores that any model can have on it.
    """

    form: ClassVar[int] = 1
    kind: str
    rows: int
    seed: int
    left_out: tuple[str, ...]
    files: tuple[Path, ...]
    details: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give all but the files as JSON takes it."""
        asked = {"rows": self.rows, "seed": self.seed, "left_out": list(self.left_out)}
        return {"form": self.form, "kind": self.kind, **asked, **self.details}


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The files of one data set while they are written, and the progress of it."""

    draft: Path
    out: Path
    names: Sequence[str]
    stage: Stage

    def add(self, name: str, table: pd.DataFrame, decimals: str | None = None) -> None:
        """Add rows to a CSV file; the first ones write its header."""
        path = self.draft / name
        table.to_csv(
            path,
            mode="a",
            header=not path.exists(),
            index=False,
            lineterminator="\n",
            float_format=decimals,
        )

    def describe(
        self, kind: str, rows: int, seed: int, left_out: Sequence[str] = (), **details: Any
    ) -> Generated:
        """Write ``about.json``."""
        paths = tuple(self.out / name for name in (*self.names, ABOUT))
        made = Generated(kind, rows, seed, tuple(left_out), paths, details)
        write_json(self.draft / ABOUT, made.to_dict())
        return made


@contextmanager
def writing(out: Path, *names: str, title: str, rows: int) -> Iterator[DataFiles]:
    """Write files of these names and ``about.json``; `StoreError` where that is impossible."""
    with (
        replacing_files(out, owned=[*names, ABOUT], last=ABOUT) as draft,
        current().stage(title, rows) as stage,
    ):
        yield DataFiles(draft, out, names, stage)
