"""``coterie segments``: the taxonomy, and its edits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.shared.common import Json
from coterie.errors import OptionError
from coterie.formatting import counted

if TYPE_CHECKING:
    from coterie.segments import Change, Segment, Segmentation
    from coterie.segments.taxonomy.folder import Edit
    from coterie.segments.taxonomy.rows import StoredRows

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, rename, merge, split, move, create and freeze segments; undo edits.",
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that discover wrote.")]
One = Annotated[str, typer.Argument(metavar="SEGMENT", help="Id or name of a segment.")]
By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who makes the edit, for the history; else the user name."
    ),
]
Several = Annotated[list[str], typer.Argument(metavar="SEGMENT...", help="Ids or names.")]


@app.command("list")
def list_segments(folder: Folder, *, as_json: Json = False) -> None:
    """List the segments, the largest first."""
    from coterie.segments.taxonomy.files import load_segmentation

    segmentation = load_segmentation(folder)
    if as_json:
        _print_json(_overview(segmentation))
    else:
        _print_list(segmentation)


@app.command()
def show(folder: Folder, segment: One, *, as_json: Json = False) -> None:
    """Show one segment: what it is, its rows, and what was done to it."""
    from coterie.segments.taxonomy.files import load_segmentation
    from coterie.segments.taxonomy.lookup import changes_of, find
    from coterie.segments.taxonomy.rows import has_rows, load_rows

    segmentation = load_segmentation(folder)
    found = find(segmentation, segment)
    statuses = {}
    if has_rows(folder):
        rows = load_rows(folder)
        assignments = segmentation.predict(
            rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
        )
        statuses = assignments.counts(found.id)
    changes = changes_of(segmentation, found.id)
    if as_json:
        edits = [asdict(change) for change in changes]
        _print_json({**asdict(found), "statuses": statuses, "changes": edits})
    else:
        _print_one(found, statuses, changes)


@app.command()
def rename(
    folder: Folder,
    segment: One,
    name: Annotated[str, typer.Argument(help="The new name.")],
    *,
    description: Annotated[str | None, typer.Option(help="The new description.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give a segment another name; its id stays."""
    _edit(
        folder,
        lambda edits, s, _: edits.rename(s, segment, name, description),
        by=by,
        as_json=as_json,
    )


@app.command()
def merge(
    folder: Folder,
    segments: Several,
    *,
    name: Annotated[str | None, typer.Option(help="Name of the whole.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make one segment of several; the id of the first named one stays."""
    _edit(folder, lambda edits, s, _: edits.merge(s, segments, name), by=by, as_json=as_json)


@app.command()
def split(
    folder: Folder,
    segment: One,
    *,
    into: Annotated[int, typer.Option(min=2, help="Number of parts.")] = 2,
    name: Annotated[
        list[str] | None, typer.Option(help="Name of a part, the largest first; one for each.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same parts.")] = 0,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make several segments of one, with new ids; rows of the others stay."""
    _edit(
        folder,
        lambda edits, s, rows: edits.split_stored(s, segment, rows, into, names=name, seed=seed),
        by=by,
        as_json=as_json,
    )


@app.command()
def move(
    folder: Folder,
    rows: Annotated[list[str], typer.Argument(metavar="ROWID...", help="Ids of rows.")],
    *,
    to: Annotated[str, typer.Option(metavar="SEGMENT", help="Where they belong.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Put rows into another segment, and texts that are all but the same with them."""
    _edit(
        folder,
        lambda edits, s, known: edits.move_stored(s, rows, to, known),
        by=by,
        as_json=as_json,
    )


@app.command()
def create(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="Name of the new segment.")],
    *,
    rows: Annotated[
        list[str], typer.Option(metavar="ROWID", help="Id of a row; repeat it for more.")
    ],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a segment of rows; no other row moves, later rows like them go there too."""
    _edit(
        folder,
        lambda edits, s, known: edits.create_stored(s, name, known, ids=rows),
        by=by,
        as_json=as_json,
    )


@app.command()
def level(
    folder: Folder,
    groups: Annotated[int, typer.Argument(metavar="GROUPS", help="How many segments.")],
    *,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make another number of segments, of those that are about as well supported."""
    from coterie.segments.taxonomy import levels

    _edit(
        folder,
        lambda _, s, rows: levels.level_stored(s, rows, groups, folder),
        by=by,
        as_json=as_json,
    )


@app.command()
def parent(
    folder: Folder,
    segment: One,
    name: Annotated[str, typer.Argument(help="The coarser group; '' takes it out.")],
    *,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Put a segment under a coarser group."""
    _edit(folder, lambda edits, s, _: edits.set_parent(s, segment, name), by=by, as_json=as_json)


@app.command()
def freeze(folder: Folder, *, by: By = None, as_json: Json = False) -> None:
    """Allow no edit any more, so that classifiers can rely on the ids."""
    _edit(folder, lambda edits, s, _: edits.freeze(s), by=by, as_json=as_json)


@app.command()
def thaw(
    folder: Folder,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the draft; else DIR itself.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a draft of a frozen segmentation, to edit it again."""
    if out is not None:
        if out.exists() and any(out.iterdir()):
            raise OptionError(f"{out} is not empty: name another folder for the draft.")
        shutil.copytree(folder, out, dirs_exist_ok=True)
    _edit(out or folder, lambda edits, s, _: edits.thaw(s), by=by, as_json=as_json)


@app.command()
def undo(folder: Folder, *, by: By = None, as_json: Json = False) -> None:
    """Take back the last edit; repeat it to take back more."""
    from coterie.segments.taxonomy import steps

    _edit(folder, lambda _, s, __: steps.undo(s, folder), by=by, as_json=as_json)


@app.command()
def redo(folder: Folder, *, by: By = None, as_json: Json = False) -> None:
    """Make the edit again that was undone last."""
    from coterie.segments.taxonomy import steps

    _edit(folder, lambda _, s, __: steps.redo(s, folder), by=by, as_json=as_json)


@app.command()
def history(folder: Folder, *, as_json: Json = False) -> None:
    """Show every change, the first one first."""
    from coterie.segments.taxonomy.files import load_segmentation

    changes = load_segmentation(folder).history
    if as_json:
        _print_json([asdict(change) for change in changes])
    else:
        _print_changes(changes)


def _edit(
    folder: Path,
    edit: Callable[[ModuleType, Segmentation, StoredRows | None], Segmentation],
    *,
    by: str | None,
    as_json: bool,
) -> None:
    """Edit a folder by a function of `coterie.segments.taxonomy.edits`."""
    from coterie.progress import show_progress
    from coterie.segments.taxonomy import edits
    from coterie.verbs.edits import edit_saved

    with show_progress():
        done = edit_saved(folder, lambda s, rows: edit(edits, s, rows), by=by)
    if as_json:
        changes = [asdict(change) for change in done.changes]
        _print_json({"changes": changes, "moved": done.moved} | _overview(done.segmentation))
    else:
        _print_edit(done)


def _overview(segmentation: Segmentation) -> dict[str, Any]:
    return {
        "title": segmentation.title,
        "frozen": segmentation.frozen,
        "encoder": segmentation.encoder.name,
        "segments": [asdict(each) for each in segmentation.segments],
    }


def _print_json(answer: Any) -> None:
    typer.echo(json.dumps(answer))


def _print_list(segmentation: Segmentation) -> None:
    from rich.text import Text

    from coterie.cli.shared.tables import print_table

    total = sum(s.size for s in segmentation.segments) or 1
    state = "frozen" if segmentation.frozen else "draft"
    print_table(
        f"{segmentation.title or 'Segments'} ({state})",
        {"id": "left", "name": "left", "rows": "right", "share": "right", "terms": "left"},
        [
            (
                s.id,
                Text.assemble((s.name, "bold"), " (vanished)" if s.vanished else ""),
                f"{s.size:,}",
                f"{s.size / total:.1%}",
                ", ".join(s.terms[:5]),
            )
            for s in segmentation.segments
        ],
    )


def _print_one(segment: Segment, statuses: dict[str, int], changes: Sequence[Change]) -> None:
    from coterie.cli.shared.tables import print_lines

    counts = ", ".join(f"{count:,} {status}" for status, count in statuses.items())
    lines = [
        ("Rows", f"{segment.size:,}" + (f": {counts}" if counts else "")),
        ("State", f"vanished {segment.vanished}" if segment.vanished else ""),
        ("Family", segment.parent),
        ("About", segment.description),
        ("Terms", ", ".join(segment.terms)),
        *(("Example", text) for text in segment.exemplars),
    ]
    print_lines([("", f"{segment.id}  {segment.name}"), *(line for line in lines if line[1])])
    if changes:
        _print_changes(changes)


def _print_changes(changes: Sequence[Change]) -> None:
    from coterie.cli.shared.tables import print_table
    from coterie.segments.taxonomy.told import in_words

    print_table(
        "Changes",
        {"when": "left", "by": "left", "what": "left", "details": "left"},
        [(each.when, each.by, each.what, in_words(each)) for each in changes],
    )


def _print_edit(done: Edit) -> None:
    if not done.changes:
        typer.echo("Nothing to change.")
    for change in done.changes:
        typer.echo(f"Done: {change.what}.")
    if done.moved is not None:
        moved = f"{counted(done.moved, 'row')} moved" if done.moved else "All rows stay"
        typer.echo(f"{moved}.")
    _print_list(done.segmentation)
