"""How models, segments and an index are served over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from coterie.options.base import Options, Reads, Typed

__all__ = ["McpOptions", "ServeOptions"]

_LIMITS = Typed(panel="Limits")
_LOG = Typed(panel="Prediction log")
_WHAT = Typed(panel="What is served")
_SPEED = Typed(panel="Speed")


class _Listens(Options):
    """Where a service listens."""

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; beyond this machine, a key is needed: coterie serve "
        "keys add.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 for a free one.")


class _Offers(Options):
    """What is served beside the folder that is named."""

    state: Annotated[Path | None, Typed("--state")] = Field(
        default=None,
        description="Folder of keys, prediction log, traffic and jobs; 'service' in the folder "
        "that is served otherwise.",
    )
    default: Annotated[str | None, _WHAT] = Field(
        default=None,
        description="Model that answers for 'auto'; otherwise the one of the highest accuracy on "
        "validation rows.",
    )
    index: Annotated[Path | None, Reads(), _WHAT] = Field(
        default=None, description="Index to search; the one of the recipe otherwise."
    )
    segments: Annotated[Path | None, Reads(), _WHAT] = Field(
        default=None, description="Folder of a discovery; the one of the recipe otherwise."
    )


class ServeOptions(_Offers, _Listens):
    """Options of ``serve``."""

    workers: int = Field(
        default=1, ge=1, le=64, description="Number of processes; each loads the models."
    )
    rules: Annotated[Path | None, Reads(), _WHAT] = Field(
        default=None,
        description="TOML file of rules for recommendations; that of the recipe otherwise.",
    )
    llm: Annotated[str | None, _WHAT] = Field(
        default=None,
        description="Language model that can name segments in the studio, as ollama:llama3.2 or "
        "gguf:FILE; none otherwise.",
    )
    log: Annotated[str | None, _LOG] = Field(
        default=None,
        description="Database of the prediction log: a file, a URL such as "
        "postgresql+psycopg://HOST/NAME, or none; predictions.sqlite in the state folder "
        "otherwise. COTERIE_LOG_URL can hold a URL with a password.",
    )
    keep_text: Annotated[Literal["none", "masked", "raw"], _LOG] = Field(
        default="none",
        description="Whether the log keeps texts: none, masked (personal data replaced) or raw.",
    )
    keep_days: Annotated[int, _LOG] = Field(
        default=90, ge=1, description="Days after which predictions leave the log."
    )
    wait: Annotated[float, _SPEED] = Field(
        default=2.0,
        ge=0,
        le=1000,
        description="Milliseconds that a prediction waits for others, to be made together.",
    )
    batch: Annotated[int, _SPEED] = Field(
        default=16, ge=1, le=4096, description="Largest number of rows that are predicted together."
    )
    queue: Annotated[int, _SPEED] = Field(
        default=512,
        ge=1,
        description="Rows that may wait in one process; more are refused with 503.",
    )
    max_body: Annotated[int, _LIMITS] = Field(
        default=2_000_000, ge=1000, description="Largest request, in bytes; larger ones get 413."
    )
    max_rows: Annotated[int, _LIMITS] = Field(
        default=1000, ge=1, description="Most rows of one request; more get 422."
    )
    max_chars: Annotated[int, _LIMITS] = Field(
        default=100_000, ge=1, description="Longest text, in characters; longer ones get 422."
    )
    rate: Annotated[int, _LIMITS] = Field(
        default=60_000,
        ge=1,
        description="Requests a minute for each key, or for each address where there are no keys; "
        "more get 429.",
    )
    max_upload: Annotated[int, _LIMITS] = Field(
        default=200_000_000, ge=1000, description="Largest file of a job, in bytes."
    )
    drain: float = Field(
        default=1.0,
        ge=0,
        le=8,
        description="Seconds that a stopping service still takes requests while it says that it is "
        "not ready.",
    )


class McpOptions(_Offers, _Listens):
    """Options of ``mcp``."""

    edit: Annotated[bool, Typed("--edit")] = Field(
        default=False,
        description="Let the assistant edit segments too; otherwise it can only read.",
    )
    by: str = Field(
        default="assistant",
        min_length=1,
        max_length=100,
        description="Who the history of the segments says made the edits.",
    )
    http: Annotated[bool, Typed("--http")] = Field(
        default=False,
        description="Listen on --host and --port, at /mcp, in place of standard input and output.",
    )
