"""`coterie explore`: what is in this table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coterie.cli.shared.common import DataFile, Json, OutFolder, Overwrite
from coterie.cli.shared.options import takes
from coterie.options import ExploreOptions

if TYPE_CHECKING:
    from coterie.profile import Profile

__all__ = ["command"]


@takes(ExploreOptions)
def command(
    source: DataFile,
    options: ExploreOptions,
    *,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Show what is in a table: sizes, gaps, duplicates, labels, lengths, words."""
    from coterie.progress import show_progress
    from coterie.verbs.exploration import FILES, explore_with

    with show_progress(), FILES.claim(out, source, options, overwrite=overwrite):
        found = explore_with(source, options)
        page = found.save(out, overwrite=overwrite)
    if as_json:
        json.dump(found.figures, sys.stdout)
        sys.stdout.write("\n")
    else:
        _summarise(found.profile, page)


def _summarise(profile: Profile, page: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(
        Text(f"{profile.source}: {profile.rows:,} {profile.unit} with a text", style="bold")
    )
    marks = {"warning": ("!", "yellow"), "info": ("·", "blue"), "good": ("✓", "green")}
    for finding in profile.findings:
        mark, style = marks[finding.kind]
        console.print(Text.assemble((f"{mark} ", style), finding.text))
    console.print(Text(f"{page}"), soft_wrap=True)
