"""The kinds of invented data, by the name a user types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coterie.errors import OptionError
from coterie.outputs import claim_folder
from coterie.synthetic.adopters import files as adopters
from coterie.synthetic.attendees import files as attendees
from coterie.synthetic.clients import files as clients
from coterie.synthetic.files import ABOUT, Generated
from coterie.synthetic.sales import files as sales
from coterie.synthetic.support import files as support

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
    files
        Their names, but for ``about.json``.
    """

    title: str
    rows: int
    write: Callable[[Path, int, int, Sequence[str]], Generated]
    files: Sequence[str]


GENERATORS: dict[str, Generator] = {
    "support": Generator(
        "support messages with what each one wants", 5000, support.write_support, support.FILES
    ),
    "attendees": Generator(
        "badges of a trade fair and their segment", 1000, attendees.write_attendees, attendees.FILES
    ),
    "sales": Generator("sales conversations and how they end", 200, sales.write_sales, sales.FILES),
    "clients": Generator(
        "concepts of clients' notes and their outcomes", 2000, clients.write_clients, clients.FILES
    ),
    "adopters": Generator(
        "profiles of people who take up technology, to search for look-alikes",
        2000,
        adopters.write_adopters,
        adopters.FILES,
    ),
}
"""The kinds of data, by the name a user types."""


def generate(
    kind: str,
    out: str | Path,
    rows: int | None = None,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> Generated:
    """Generate one kind of data into a folder.

    Parameters
    ----------
    kind
        A key of `GENERATORS`.
    out
        The folder; made when it is not there. Files generated before are replaced, all at the end.
    rows
        How many rows, badges, conversations, clients or profiles; None for the default of the kind.
    seed
        Not negative; the same seed gives the same files.
    leave_out
        Classes (intents, segments, adopter categories) that get no row; sales conversations and
        clients need all of theirs.
    overwrite
        Whether to replace files of the same name that were not generated, or were changed since.

    Returns
    -------
    Generated
        The files and what they hold.

    Raises
    ------
    OptionError
        When the kind or a class to leave out is not known, a number is out of range, or a file in
        the way was not generated.
    StoreError
        When the folder cannot be written to.
    """
    if kind not in GENERATORS:
        raise OptionError(f"There is no generator {kind!r}: give one of {', '.join(GENERATORS)}.")
    generator = GENERATORS[kind]
    wanted = generator.rows if rows is None else rows
    files = (*generator.files, ABOUT)
    with claim_folder(out, by="generate", writes=files, overwrite=overwrite):
        return generator.write(Path(out), wanted, seed, leave_out)
