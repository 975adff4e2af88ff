"""A worker: one block after the other, from records to a file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from coterie.integrations.ray.answers import Answer, answer_of
from coterie.integrations.ray.blocks import Block, HowToRead, read_block
from coterie.integrations.ray.parts import Done, write_part
from coterie.records import SET_ASIDE

__all__ = ["Job", "Worker"]


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker must know, as JSON takes it.

    Attributes
    ----------
    verb, said
        See `coterie.integrations.ray.answers.answer_of`.
    how
        How to read a block.
    schema
        Types of the columns to write, in Arrow's form, as base64.
    rows
        What changes when the rows do.
    block_rows
        Rows in a block.
    form
        Raised when what is written changes.
    """

    verb: str
    said: Mapping[str, Any]
    how: HowToRead
    schema: str
    rows: str
    block_rows: int
    form: int = 1

    @property
    def digest(self) -> str:
        """What changes when anything does that the parts depend on."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Write it for the workers."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, written: str) -> Self:
        """Read what `to_json` wrote."""
        said = json.loads(written)
        return cls(**{**said, "how": HowToRead(**said["how"])})

    @staticmethod
    def packed(schema: pa.Schema) -> str:
        """Write a schema."""
        return base64.b64encode(schema.serialize().to_pybytes()).decode()

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema as an object."""
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(self.schema)))


class Worker:
    """Does blocks of a job.

    Parameters
    ----------
    job
        The job.
    folder
        Where the parts are written, on all machines.
    answer
        What `answer_of` gives, where that is loaded already.
    """

    def __init__(self, job: Job, folder: Path, answer: Answer | None = None) -> None:
        self._job, self._folder = job, folder
        self._digest, self._schema = job.digest, job.arrow_schema
        self._answer = answer or answer_of(job.verb, job.said)

    def __call__(self, block: Block) -> Done:
        """Do one block."""
        table = self._answer(read_block(block, self._job.how))
        table = table.cast(self._schema)
        done = Done(block.number, block.rows, _statuses(table))
        write_part(self._folder / f"part-{block.number:06d}.parquet", table, self._digest, done)
        return done


def _statuses(table: pa.Table) -> dict[str, int]:
    """Count the rows of each status; those of several models by what was set aside alone."""
    names = table.column_names
    if "status" in names:
        return dict(Counter(table["status"].to_pylist()))
    if "reason" not in names:
        return {}
    aside = sum(bool(reason) for reason in table["reason"].to_pylist())
    return {SET_ASIDE: aside} if aside else {}
