"""The kinds of invented data, by the name a user types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coterie.errors import OptionError
from coterie.synthetic.attendees.files import write_attendees
from coterie.synthetic.clients.files import write_clients
from coterie.synthetic.files import Generated
from coterie.synthetic.sales.files import write_sales
from coterie.synthetic.support.files import write_support

__all__ = ["GENERATORS", "Generator", "generate"]


@dataclass(frozen=True)
class Generator:
    """One kind of data.

    Attributes
    ----------
    title
        What it makes, for a list of kinds.
    rows
        How many rows it makes by default.
    write
        Writes the files, given the folder, rows, seed and the classes to leave out.
    """

    title: str
    rows: int
    write: Callable[[Path, int, int, Sequence[str]], Generated]


GENERATORS: dict[str, Generator] = {
    "support": Generator("support messages with what each one wants", 5000, write_support),
    "attendees": Generator("badges of a trade fair and their segment", 1000, write_attendees),
    "sales": Generator("sales conversations and how they end", 200, write_sales),
    "clients": Generator("concepts of clients' notes and their outcomes", 2000, write_clients),
}
"""The kinds of data, by the name a user types."""


def generate(
    kind: str,
    out: str | Path,
    rows: int | None = None,
    seed: int = 0,
    leave_out: Sequence[str] = (),
) -> Generated:
    """Generate one kind of data into a folder.

    Parameters
    ----------
    kind
        A key of `GENERATORS`.
    out
        The folder; made when it is not there. Files of the same name are replaced, all at the end.
    rows
        How many rows, badges, conversations or clients; None for the default of the kind.
    seed
        Not negative; the same seed gives the same files.
    leave_out
        Classes (intents, segments) that get no row; sales conversations and clients need all of
        theirs.

    Returns
    -------
    Generated
        The files and what they hold.

    Raises
    ------
    OptionError
        When the kind or a class to leave out is not known, or a number is out of range.
    StoreError
        When the folder cannot be written to.
    """
    if kind not in GENERATORS:
        raise OptionError(f"There is no generator {kind!r}: give one of {', '.join(GENERATORS)}.")
    generator = GENERATORS[kind]
    wanted = generator.rows if rows is None else rows
    return generator.write(Path(out), wanted, seed, leave_out)
