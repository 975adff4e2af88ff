"""Whole files and folders: what is written takes its place all at once, or not at all."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coterie.errors import StoreError

__all__ = ["replacing", "replacing_files", "write_json"]

_DRAFT = ".unfinished"


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a path to write to that takes the place of ``path`` when all went well.

    The new file lies beside the old one, so that the last step is one rename; on any error, and on
    Ctrl-C, the old file stays and the new one goes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def replacing_files(out: Path, *, owned: Sequence[str], last: str) -> Iterator[Path]:
    """Give a folder to write to, whose files move to ``out`` when all of them are whole.

    Parameters
    ----------
    out
        The folder; made when absent. Files in it that are not ours are left alone.
    owned
        Names, or patterns of names, of all that the job may write: what an earlier run wrote and
        this one did not is removed, so that the folder never tells of two runs.
    last
        The file that moves last: where it is, all the others are.

    Raises
    ------
    StoreError
        When the folder cannot be written to; what was there before is left as it was.
    """
    draft = out / _DRAFT
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
        draft.mkdir()
        yield draft
        (out / last).unlink(missing_ok=True)
        written = sorted(draft.iterdir(), key=lambda path: (path.name == last, path.name))
        for path in written:
            if path.is_dir():
                _remove(out / path.name)
            path.replace(out / path.name)
        names = {path.name for path in written}
        for path in [path for pattern in owned for path in out.glob(pattern)]:
            if path.name not in names:
                _remove(path)
    except OSError as error:
        raise StoreError(
            f"Cannot write to {out}: {error.strerror or error}; make room or name another folder."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write figures for people and machines, whole or not at all.

    Halves of surrogate pairs, which UTF-8 cannot hold, become question marks.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(path) as fresh:
        fresh.write_text(text + "\n", encoding="utf-8", errors="replace")
