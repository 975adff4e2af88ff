"""Undo and redo: the states that edits replaced, kept beside the segmentation.

::

    FOLDER/.steps/steps.json      which states come before and after the one in the folder
    FOLDER/.steps/000012/         a state: segments.json and its router, as it was when its history
                                  had 12 lines; links to the files that the edit replaced

The states hold for one ``segments.json`` alone. Whatever else writes it, such as a refresh, which
adds rows, ends them: nothing before it can be brought back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from coterie.errors import SegmentError
from coterie.files import write_json
from coterie.segments.model import Change, Segmentation
from coterie.segments.taxonomy.drafts import edited, refuse_frozen
from coterie.segments.taxonomy.files import FILE, load_segmentation
from coterie.segments.taxonomy.lookup import REDO, UNDO
from coterie.segments.taxonomy.told import deed

__all__ = [
    "MOST",
    "STEPS",
    "Step",
    "Steps",
    "first_of_run",
    "keeping_step",
    "read_steps",
    "redo",
    "tag_of",
    "undo",
]

STEPS = ".steps"
MOST = 50
"""Edits that can be undone: a bound for the space that their states take."""

_LIST, _FORM = "steps.json", 1
_NO_STEPS = ("freeze", "thaw")  # each takes back the other


@dataclass(frozen=True, slots=True)
class Step:
    """A state that can be brought back.

    Attributes
    ----------
    state
        Its folder below ``.steps``.
    changes
        Places in the history of the changes between it and the state next to it.
    """

    state: str
    changes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The states before and after the one in a folder.

    Attributes
    ----------
    back, forth
        What undo and redo lead to; the last one is the next.
    """

    back: tuple[Step, ...] = ()
    forth: tuple[Step, ...] = ()

    def told(self, history: Sequence[Change]) -> tuple[str | None, str | None]:
        """Say what undo would take back and what redo would make again; None where nothing."""
        return _said(history, self.back), _said(history, self.forth)

    @property
    def states(self) -> set[str]:
        """Folders that are in use."""
        return {step.state for step in (*self.back, *self.forth)}


def undo(segmentation: Segmentation, folder: Path | str) -> Segmentation:
    """Bring back the segmentation as it was before the last edit of its folder.

    The history keeps the edit, and says that it was undone. Ids of segments that the edit made are
    not given again. Freezing is taken back by `thaw` alone.

    Raises
    ------
    SegmentError
        When the segmentation is frozen, or there is nothing to undo.
    StoreError
        When the state before cannot be read.
    """
    refuse_frozen(segmentation)
    steps = read_steps(folder)
    if not steps.back:
        raise SegmentError(
            "There is no edit to undo: only edits since the last discovery or refresh can be, "
            f"{MOST} at most."
        )
    return _restored(segmentation, folder, UNDO, steps.back[-1])


def redo(segmentation: Segmentation, folder: Path | str) -> Segmentation:
    """Make the edit again that was undone last; errors are those of `undo`."""
    refuse_frozen(segmentation)
    steps = read_steps(folder)
    if not steps.forth:
        raise SegmentError("There is no edit to redo: only what was undone last can be.")
    return _restored(segmentation, folder, REDO, steps.forth[-1])


def read_steps(folder: Path | str) -> Steps:
    """Read the states around the segmentation of a folder; none where it was written otherwise."""
    home = Path(folder)
    try:
        said: Any = json.loads((home / STEPS / _LIST).read_text(encoding="utf-8"))
        if said["at"] != tag_of(home):
            return Steps()
        back, forth = (
            tuple(Step(step["state"], tuple(step["changes"])) for step in said[way])
            for way in ("back", "forth")
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Steps()
    return Steps(back, forth)


def first_of_run(folder: Path | str, segmentation: Segmentation, what: str) -> Segmentation | None:
    """Give the state before the last edits of a folder that are all of one kind; None for none."""
    history = segmentation.history
    run: Step | None = None
    for step in reversed(read_steps(folder).back):
        if {history[place].what for place in step.changes} != {what}:
            break
        run = step
    return None if run is None else _load(folder, run)


def tag_of(folder: Path | str) -> str:
    """Give a hash of the segmentation in a folder; "" where there is none."""
    try:
        return hashlib.sha256((Path(folder) / FILE).read_bytes()).hexdigest()
    except OSError:
        return ""


@contextmanager
def keeping_step(folder: Path | str, before: Segmentation, after: Segmentation) -> Iterator[None]:
    """Keep the state of a folder, ``before``, while ``after`` takes its place."""
    home = Path(folder)
    steps = _followed(read_steps(home), before, after)
    kept = home / STEPS
    state = kept / _state_of(before)
    if state.name in steps.states:
        _link_files(home, state)
    yield
    if not steps.states:
        shutil.rmtree(kept, ignore_errors=True)
        return
    about = {way: [asdict(step) for step in getattr(steps, way)] for way in ("back", "forth")}
    write_json(kept / _LIST, {"form": _FORM, "at": tag_of(home), **about})
    for other in kept.iterdir():
        if other.is_dir() and other.name not in steps.states:
            shutil.rmtree(other, ignore_errors=True)


def _followed(steps: Steps, before: Segmentation, after: Segmentation) -> Steps:
    """Give the states around an edited segmentation, given those around the one before."""
    new = after.history[len(before.history) :]
    here = _state_of(before)
    match [change.what for change in new]:
        case []:
            return steps
        case ["undo"]:
            step = Step(here, steps.back[-1].changes)
            return Steps(steps.back[:-1], (*steps.forth, step))
        case ["redo"]:
            step = Step(here, steps.forth[-1].changes)
            return Steps((*steps.back, step), steps.forth[:-1])
        case kinds if set(kinds) <= set(_NO_STEPS):
            return steps
    step = Step(here, tuple(range(len(before.history), len(after.history))))
    return Steps((*steps.back, step)[-MOST:])


def _state_of(segmentation: Segmentation) -> str:
    return f"{len(segmentation.history):06d}"  # histories only grow


def _restored(
    segmentation: Segmentation, folder: Path | str, what: str, step: Step
) -> Segmentation:
    state = _load(folder, step)
    history = segmentation.history
    details = {
        "of": history[step.changes[0]].what,
        "words": _said(history, [step]),
        "changes": list(step.changes),
    }
    return replace(state, frozen=False, history=edited(segmentation, what, details).history)


def _load(folder: Path | str, step: Step) -> Segmentation:
    return load_segmentation(Path(folder) / STEPS / Path(step.state).name)


def _said(history: Sequence[Change], steps: Sequence[Step]) -> str | None:
    if not steps:
        return None
    first, *more = (history[place] for place in steps[-1].changes)
    return deed(first) + (f", and {len(more):,} more" if more else "")


def _link_files(home: Path, state: Path) -> None:
    """Give the files of a segmentation another name; they are replaced, and never written into."""
    shutil.rmtree(state, ignore_errors=True)  # of a run that was killed
    state.mkdir(parents=True)
    for file in (home / FILE, *home.glob("router-*.safetensors")):
        try:
            os.link(file, state / file.name)
        except OSError:  # a file system without links
            shutil.copy2(file, state / file.name)
