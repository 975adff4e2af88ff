"""How files are moved to and from another machine."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from coterie.options.base import Options

__all__ = ["TransferOptions"]


class TransferOptions(Options):
    """Options of ``transfer push`` and ``transfer pull``."""

    key: Path | None = Field(
        default=None,
        description="File of your private key; the keys of the agent and of ~/.ssh otherwise.",
    )
    known_hosts: Path | None = Field(
        default=None,
        description="File of the keys of known servers, ~/.ssh/known_hosts otherwise. A server "
        "that is not in it, or has another key, is refused.",
    )
    parallel: int = Field(default=4, ge=1, le=32, description="Files to move at once.")
    retries: int = Field(
        default=5,
        ge=0,
        le=100,
        description="Times to connect again after the connection was lost, without anything being "
        "moved between them.",
    )
    checksum: bool = Field(
        default=False,
        description="Compare files that are already there by their content, also where size and "
        "time are the same.",
    )
    overwrite: bool = Field(
        default=False, description="Replace files that are already there with other content."
    )
