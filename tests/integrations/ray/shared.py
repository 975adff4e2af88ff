"""What the tests of many rows share: a table with faults, and answers laid out to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coterie.integrations.ray import ManyRows
from coterie.options import EngineSettings
from coterie.progress import Silent, Stage, report_to
from coterie.synthetic import generate

ASIDE = "set aside"


def write_table(folder: Path, rows: int = 600) -> Path:
    """Write messages as CSV: some cells of the text blank, some of a number missing."""
    generate("support", folder, rows=rows)
    path = folder / "messages.csv"
    frame = pd.read_csv(path, dtype=str).drop_duplicates("id", ignore_index=True)
    frame.loc[frame.index % 97 == 5, "text"] = "  "
    frame["stars"] = [str(at % 5) if at % 11 else "" for at in range(len(frame))]
    frame["price"] = [f"{at % 7},50" for at in range(len(frame))]
    frame.to_csv(path, index=False)
    return path


def write_parquet(csv: Path, place: Path, *, files: int = 1, group: int = 70) -> Path:
    """Write the same table as one Parquet file, or as a folder of several; numbers are numbers."""
    frame = pd.read_csv(csv, dtype=str)
    frame["stars"] = frame["stars"].astype("Int64")
    frame["price"] = frame["price"].str.replace(",", ".").astype(float)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if files == 1:
        pq.write_table(table, place, row_group_size=group)
        return place
    place.mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(table)), files)):
        pq.write_table(table.take(part), place / f"{number}.parquet", row_group_size=group)
    return place


def read_rows(made: ManyRows) -> pd.DataFrame:
    """Read what was written, and see that there is one row for each, in order."""
    table = pq.read_table(made.folder / "rows")
    frame = table.to_pandas()
    assert frame["row"].tolist() == list(range(1, made.rows + 1))
    return frame.drop(columns="row")


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Make the columns that one process gives comparable with those that were read again."""
    made = frame.reset_index(drop=True)
    for name in made.select_dtypes(object):
        made[name] = [None if pd.isna(cell) else str(cell) for cell in made[name]]
    return made


def same(made: ManyRows, expected: pd.DataFrame) -> None:
    """Assert that the rows are those that one process gives, to the bit."""
    pd.testing.assert_frame_equal(
        plain(read_rows(made)), plain(expected), check_exact=True, check_dtype=False
    )


def with_engine(**options: Any) -> dict[str, Any]:
    """Give options of the engine, for blocks that are small enough to have several."""
    made = EngineSettings(**{"engine": "ray", "block_rows": 64, "ray_from": 10**9, **options})
    return made.given()


class Watching(Silent):
    """A progress that calls a function at each step of a stage."""

    def __init__(self, title: str, call: Callable[[int], None]) -> None:
        self._title, self._call = title, call

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        with report_to(Silent()):
            yield _Steps(self._call) if title == self._title else self


class _Steps:
    def __init__(self, call: Callable[[int], None]) -> None:
        self._call = call

    def advance(self, steps: int = 1) -> None:
        self._call(steps)
