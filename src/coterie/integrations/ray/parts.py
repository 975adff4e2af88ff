"""The folder of a result: one Parquet file for each block, and what is done of it after a kill."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from coterie.errors import OptionError
from coterie.files import replacing, write_json
from coterie.integrations.ray.blocks import Block

__all__ = ["MANIFEST", "ROWS", "Done", "Unfinished", "write_part"]

MANIFEST, ROWS = "manifest.json", "rows"
WORK, _JOB, _INPUT = ".unfinished-rows", "job.json", "input"
_ABOUT = b"coterie.part"


@dataclass(frozen=True, slots=True)
class Done:
    """A block that is done.

    Attributes
    ----------
    number, rows
        Of the block.
    statuses
        Status to the number of rows that have it.
    """

    number: int
    rows: int
    statuses: Mapping[str, int]


def write_part(path: Path, table: pa.Table, job: str, done: Done) -> None:
    """Write what was made of a block, whole or not at all.

    A worker that does a block again writes the same file again.
    """
    about = {"job": job, "number": done.number, "rows": done.rows, "statuses": done.statuses}
    metadata = {**(table.schema.metadata or {}), _ABOUT: json.dumps(about).encode()}
    with replacing(path) as fresh:
        pq.write_table(table.replace_schema_metadata(metadata), fresh)


class Unfinished:
    """The parts that are done of a result, until all are.

    Parameters
    ----------
    folder
        Of the result; the parts are in a hidden folder in it.
    name
        Of that hidden folder.
    """

    def __init__(self, folder: Path, name: str = WORK) -> None:
        self.home = folder / name
        self.job = ""
        self.folder = folder

    @property
    def input(self) -> Path:
        """Folder for what the workers read."""
        return self.home / _INPUT

    def path(self, number: int) -> Path:
        """Where the part of a block is written."""
        return self.home / ROWS / f"part-{number:06d}.parquet"

    def begin(self, job: str, *, overwrite: bool = False) -> None:
        """Go on with a job, or begin it.

        Raises
        ------
        OptionError
            When the parts of another job are there.
        """
        self.job = job
        note = self.home / _JOB
        try:
            known = json.loads(note.read_text("utf-8"))["job"]
        except (OSError, ValueError, KeyError, TypeError):
            known = None
        if known == job:
            return
        if known is not None and any((self.home / ROWS).glob("part-*")) and not overwrite:
            raise OptionError(
                f"{self.home} holds unfinished work of other rows, or with other options: run "
                "that command again to finish it, name another folder with --out, or give it up "
                "with --overwrite (overwrite=True)."
            )
        shutil.rmtree(self.home / ROWS, ignore_errors=True)
        (self.home / ROWS).mkdir(parents=True)
        write_json(note, {"job": job})

    def done(self, blocks: Sequence[Block]) -> Iterator[Done]:
        """Give the blocks of the job whose parts are there."""
        for block in blocks:
            try:
                written = pq.read_schema(self.path(block.number)).metadata or {}
                about = json.loads(written[_ABOUT])
            except (OSError, KeyError, ValueError, pa.ArrowException):
                continue
            if about.pop("job") == self.job and about["rows"] == block.rows:
                yield Done(**about)

    def finish(self, manifest: Mapping[str, Any]) -> Path:
        """Put all parts and the manifest into their places, the manifest last.

        What a killed worker had begun to write beside the parts is deleted.
        """
        rows, place = self.home / ROWS, self.folder / ROWS
        parts = {each["file"].rpartition("/")[2] for each in manifest["files"]}
        for begun in rows.iterdir():
            if begun.name not in parts:
                begun.unlink()
        (self.folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        rows.replace(place)
        write_json(self.folder / MANIFEST, manifest)
        self.drop()
        return self.folder / MANIFEST

    def drop(self) -> None:
        """Delete what was needed for the work."""
        shutil.rmtree(self.home, ignore_errors=True)
