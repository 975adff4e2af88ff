"""How work on many rows is divided."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coterie.errors import OptionError
from coterie.options.analysis import ExplainOneOptions
from coterie.options.assignment import AssignOptions
from coterie.options.base import Options, Typed
from coterie.options.discovery import DiscoverOptions
from coterie.options.exploration import EmbedOptions
from coterie.options.searching import IndexOptions

__all__ = [
    "AssignManyOptions",
    "DiscoverManyOptions",
    "EmbedManyOptions",
    "EngineSettings",
    "IndexManyOptions",
    "PredictManyOptions",
]

_PANEL = Typed(panel="Many rows")


class EngineSettings(Options):
    """What does the work on many rows."""

    engine: Annotated[Literal["process", "ray"], _PANEL] = Field(
        default="process",
        description="What does the work: this process, or ray, which divides it among processes of "
        "this machine or of a cluster. --out is a folder then.",
    )
    address: Annotated[str | None, _PANEL] = Field(
        default=None,
        description="Ray cluster to use, HOST:PORT of its head, or auto for the one that this "
        "machine is part of; processes of this machine otherwise.",
    )
    block_rows: Annotated[int, _PANEL] = Field(
        default=10_000,
        ge=1,
        description="Rows in a block, which one worker takes at a time and writes as one file.",
    )
    ray_from: Annotated[int, _PANEL] = Field(
        default=100_000,
        ge=0,
        description="Fewest rows for which Ray is started; this process does the work of fewer.",
    )

    @model_validator(mode="after")
    def _of_ray(self) -> Self:
        given = [name for name in EngineSettings.model_fields if name in self.given()]
        if self.engine == "process" and given:
            name = f"--{given[0].replace('_', '-')} ({given[0]}=)"
            raise OptionError(f"{name} is about Ray: add --engine ray (engine='ray') too.")
        return self


class EmbedManyOptions(EngineSettings, EmbedOptions):
    """Options of the command ``embed``."""


class AssignManyOptions(EngineSettings, AssignOptions):
    """Options of the command ``assign``."""


class PredictManyOptions(EngineSettings, ExplainOneOptions):
    """Options of the command ``predict``."""


class IndexManyOptions(EngineSettings, IndexOptions):
    """Options of the command ``index``."""


class DiscoverManyOptions(EngineSettings, DiscoverOptions):
    """Options of the command ``discover``."""

    sample: Annotated[int, _PANEL] = Field(
        default=20_000,
        ge=100,
        description="With --engine ray: rows to find the groups in; the others are assigned.",
    )
    stratify: Annotated[str | None, _PANEL] = Field(
        default=None,
        description="With --engine ray: column of whose values the sample has as large shares as "
        "the table, and of none fewer than 50 rows.",
    )

    @model_validator(mode="after")
    def _of_sample(self) -> Self:
        given = [name for name in ("sample", "stratify") if name in self.given()]
        if self.engine == "process" and given:
            raise OptionError(
                f"--{given[0]} ({given[0]}=) is about Ray: add --engine ray (engine='ray') too."
            )
        return self
