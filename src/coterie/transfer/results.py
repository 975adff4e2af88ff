"""What a transfer did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from coterie.formatting import counted

__all__ = ["Moved", "Transfer"]


@dataclass(frozen=True)
class Moved:
    """A file of a transfer.

    Attributes
    ----------
    name
        Its path below the folder that was moved; its own name where it was moved alone.
    bytes
        Its size.
    state
        ``"moved"``, or ``"there"`` where the same file was there already.
    continued_at
        Bytes that an earlier, unfinished transfer had moved.
    sha256
        Of the whole; None where size and time told that it is there already.
    """

    name: str
    bytes: int
    state: Literal["moved", "there"]
    continued_at: int = 0
    sha256: str | None = None


@dataclass(frozen=True)
class Transfer:
    """What a transfer did.

    Attributes
    ----------
    local
        Path of the file or folder on this machine.
    url
        Address of the file or folder on the server.
    files
        Sorted by name.
    left_out
        Paths of links that lead out of the folder or to a folder, and of what is no file.
    """

    local: Path
    url: str
    files: tuple[Moved, ...]
    left_out: tuple[str, ...] = ()

    @property
    def moved(self) -> tuple[Moved, ...]:
        """The files that were not there before."""
        return tuple(each for each in self.files if each.state == "moved")

    def to_dict(self) -> dict[str, Any]:
        """Give the figures and the files, for JSON."""
        return {
            "local": str(self.local),
            "url": self.url,
            "moved": len(self.moved),
            "there": len(self.files) - len(self.moved),
            "bytes": sum(each.bytes for each in self.moved),
            "files": [asdict(each) for each in self.files],
            "left_out": list(self.left_out),
        }

    def __repr__(self) -> str:
        there = len(self.files) - len(self.moved)
        size = sum(each.bytes for each in self.moved)
        told = [f"{counted(len(self.moved), 'file')} moved ({size / 1e6:,.1f} MB)"]
        told += [f"{there:,} there already"] if there else []
        told += [f"{len(self.left_out):,} left out"] if self.left_out else []
        return ", ".join(told)
