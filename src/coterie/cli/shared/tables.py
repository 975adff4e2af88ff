"""Tables on a terminal; what customers wrote is never read as markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["print_lines", "print_table"]

Side = Literal["left", "right"]


def print_table(
    title: str, columns: Mapping[str, Side], rows: Iterable[Sequence[str | Text]]
) -> None:
    """Print a table with a title above it."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, side in columns.items():
        table.add_column(name, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console = Console(highlight=False)
    console.print(Text(title, style="bold"))
    console.print(table)


def print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Print labelled lines, one below the other; those without a label are headings."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for label, text in lines:
        if label:
            console.print(Text.assemble((f"{label:<7}", "dim"), text))
        else:
            console.print(Text(text, style="bold"))
