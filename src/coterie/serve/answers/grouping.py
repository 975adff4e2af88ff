"""The segments of a service: listed, edited, and assigned to new texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd

from coterie.encoders import Encoder, MemoryCache, embed_texts, load_encoder, read_shares
from coterie.errors import EncoderMismatchError, OptionError
from coterie.formatting import counted
from coterie.segments import Segmentation, is_segmentation
from coterie.segments.taxonomy import edits
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.folder import fitted_encoder
from coterie.segments.taxonomy.levels import level_stored, levels, supported
from coterie.segments.taxonomy.rows import StoredRows
from coterie.segments.taxonomy.steps import read_steps, redo, tag_of, undo
from coterie.segments.taxonomy.told import in_words, who_did
from coterie.serve.refusals import RefusedError
from coterie.verbs.edits import KeptRows, catch_up, edit_saved
from coterie.workflows.prediction.rows import TextReader

__all__ = ["EDITS", "Grouping"]

_Edit = Callable[[Segmentation, StoredRows | None, dict[str, Any], Path], Segmentation]

EDITS: dict[str, _Edit] = {
    "rename": lambda s, _, o, __: edits.rename(s, o["segment"], o["name"], o.get("description")),
    "merge": lambda s, _, o, __: edits.merge(s, o["segments"], o.get("name")),
    "split": lambda s, rows, o, _: edits.split_stored(
        s, o["segment"], rows, o.get("into", 2), names=o.get("names"), seed=o.get("seed", 0)
    ),
    "move": lambda s, rows, o, _: edits.move_stored(
        s, o.get("rows", ()), o["to"], rows, places=o.get("at", ())
    ),
    "create": lambda s, rows, o, _: edits.create_stored(
        s, o["name"], rows, ids=o.get("rows", ()), places=o.get("at", ())
    ),
    "parent": lambda s, _, o, __: edits.set_parent(s, o["segment"], o["name"]),
    "level": lambda s, rows, o, folder: level_stored(s, rows, o["groups"], folder),
    "freeze": lambda s, _, __, ___: edits.freeze(s),
    "thaw": lambda s, _, __, ___: edits.thaw(s),
    "undo": lambda s, _, __, folder: undo(s, folder),
    "redo": lambda s, _, __, folder: redo(s, folder),
}
"""Kind of an edit to what does it, given its options and the folder."""

_FILE, _ASSIGNMENTS = "segments.json", "assignments.csv"
_KEPT = KeptRows()


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    segmentation: Segmentation
    stamp: tuple[int, int, int]
    tag: str


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows in all, those outside, and the mean confidence of each segment's rows."""

    rows: int
    outside: int
    confidences: Mapping[str, float]


@dataclass(slots=True, eq=False)
class Grouping:
    """The segments in a folder, read again when the folder changes.

    Attributes
    ----------
    folder
        Of a discovery or of assigned segments.
    vectors
        Where vectors of texts are kept.
    """

    folder: Path
    vectors: MemoryCache
    _loaded: _Loaded | None = None
    _counts: tuple[object, _Counts] | None = None
    _encoder: Encoder | None = None
    _lock: Lock = field(default_factory=Lock)
    _editing: Lock = field(default_factory=Lock)
    _texts: TextReader = field(default_factory=TextReader)

    def current(self) -> tuple[Segmentation, str]:
        """Give the segments and the tag of their state.

        Raises
        ------
        RefusedError
            When the folder holds none.
        """
        file = self.folder / _FILE
        if not is_segmentation(self.folder):
            raise RefusedError(
                404,
                f"There are no segments in {self.folder.name}: discover some, and name their "
                "folder with --segments.",
            )
        stamp = _stamp(file)
        with self._lock:
            if self._loaded is None or self._loaded.stamp != stamp:
                digest = tag_of(self.folder)[:16]
                segmentation = load_segmentation(self.folder)
                tag = f"{len(segmentation.history)}-{digest}"
                self._loaded = _Loaded(segmentation, stamp, tag)
            return self._loaded.segmentation, self._loaded.tag

    def overview(self) -> dict[str, Any]:
        """List the segments, with what their rows come to and what can be done to them.

        ``range`` is what the data support, ``levels`` the numbers of segments that the edit
        ``level`` takes; ``can_undo`` and ``can_redo`` say in words what these edits would do, or
        are None. ``trend`` is left to who knows the times of the rows.
        """
        segmentation, _ = self.current()
        counts, found = self._counted(segmentation), supported(self.folder)
        back, forth = None, None
        if not segmentation.frozen:
            back, forth = read_steps(self.folder).told(segmentation.history)
        here = len(segmentation)
        return {
            "title": segmentation.title,
            "frozen": segmentation.frozen,
            "encoder": segmentation.encoder.name,
            "rows": counts.rows,
            "outside": counts.outside,
            "segments": [
                {
                    **asdict(each.masked()),
                    "share": each.size / counts.rows if counts.rows else 0.0,
                    "confidence": counts.confidences.get(each.id),
                    "trend": [],
                }
                for each in segmentation.segments
            ],
            "trend": None,
            "range": list(found or (here, here)),
            "level": here,
            "levels": levels(self.folder, segmentation),
            "can_undo": back,
            "can_redo": forth,
        }

    def history(self) -> list[dict[str, Any]]:
        """List every change, the first one first, each in words too."""
        segmentation, _ = self.current()
        return [{**asdict(change), "words": in_words(change)} for change in segmentation.history]

    def catch_up(self) -> None:
        """Bring the page of the folder in step with the edits, before it is shown."""
        catch_up(self.folder)

    def edit(
        self, kind: str, options: dict[str, Any], *, by: str, tag: str | None = None
    ) -> dict[str, Any]:
        """Edit the segments and their tables; the page follows with `catch_up`.

        Parameters
        ----------
        kind
            One of `EDITS`.
        options
            What it takes.
        by
            Who asks for it, for the history.
        tag
            The state that was looked at; an edit of another state is refused.

        Raises
        ------
        SegmentError
            When the segments do not allow it.
        RefusedError
            When somebody else has edited them since.
        """
        if kind not in EDITS:
            raise OptionError(f"There is no edit '{kind}': choose one of {', '.join(EDITS)}.")
        with self._editing:  # else the second of two would find the folder taken
            done = edit_saved(
                self.folder,
                lambda s, rows: self._checked(kind, options, tag, s, rows),
                by=by,
                page=False,
                kept=_KEPT,
            )
        self.current()
        return {
            "changes": [asdict(change) for change in done.changes],
            "moved": done.moved,
            **self.overview(),
        }

    def assign(self, texts: Sequence[str | None]) -> list[dict[str, Any]]:
        """Assign n texts: segment, name, status, confidence; or the reason why not.

        Raises
        ------
        EncoderMismatchError
            When the segments were found on means of rows, or their encoder is another one by now.
        """
        segmentation, _ = self.current()
        if segmentation.encoder.pooling == "row":
            raise EncoderMismatchError(
                "These segments were found on people with several rows each: assign a table with "
                "coterie assign."
            )
        read = [self._texts.read(text) for text in texts]
        found: list[dict[str, Any]] = [
            {"segment": None, "status": "set aside", "reason": reason} for _, reason in read
        ]
        good = [at for at, (_, reason) in enumerate(read) if not reason]
        if not good:
            return found
        encoder, learnt = self._encoder_of(segmentation), [read[at][0] for at in good]
        vectors = embed_texts(learnt, encoder, cache=self.vectors)
        said = segmentation.predict(
            vectors, fingerprint=encoder.fingerprint, readable=read_shares(encoder, learnt)
        )
        names = {segment.id: segment.name for segment in segmentation.segments}
        rows = zip(good, said.segments, said.statuses, said.confidences.tolist(), strict=True)
        for at, segment, status, confidence in rows:
            found[at] = {
                "segment": segment or None,
                "name": names.get(segment, ""),
                "status": str(status),
                "confidence": round(confidence, 4),
            }
        return found

    def _checked(
        self,
        kind: str,
        options: dict[str, Any],
        tag: str | None,
        segmentation: Segmentation,
        rows: StoredRows | None,
    ) -> Segmentation:
        if tag is not None and self.current()[1] != tag:  # inside the claim of the folder
            raise RefusedError(412, _what_happened(segmentation, tag))
        return EDITS[kind](segmentation, rows, options, self.folder)

    def _counted(self, segmentation: Segmentation) -> _Counts:
        """Read where the rows went from the table of the folder, if it was written again."""
        file = self.folder / _ASSIGNMENTS
        if not file.is_file():
            return _Counts(sum(each.size for each in segmentation.segments), 0, {})
        stamp = _stamp(file)
        with self._lock:
            if self._counts is not None and self._counts[0] == stamp:
                return self._counts[1]
        frame = pd.read_csv(
            file,
            usecols=["segment", "confidence"],
            dtype={"segment": str},
            keep_default_na=False,
        )
        means = frame.groupby("segment")["confidence"].mean().round(4)
        counts = _Counts(
            len(frame),
            int((frame["segment"] == "").sum()),
            {str(segment): float(mean) for segment, mean in means.items()},
        )
        with self._lock:
            self._counts = (stamp, counts)
        return counts

    def _encoder_of(self, segmentation: Segmentation) -> Encoder:
        with self._lock:
            if self._encoder is None:
                own = fitted_encoder(self.folder)
                name = segmentation.encoder.name
                encoder = load_encoder(name if own is None else str(own))
                if encoder.fingerprint != segmentation.encoder.fingerprint:
                    raise EncoderMismatchError(
                        f"The segments were made with another '{name}' than the one here: "
                        "discover again, or name the folder of that encoder."
                    )
                self._encoder = encoder
            return self._encoder


def _stamp(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _what_happened(segmentation: Segmentation, tag: str) -> str:
    """Say who edited the segments since their state had a tag."""
    known = tag.partition("-")[0]
    since = segmentation.history[int(known) :] if known.isdecimal() and len(known) < 10 else ()
    if not since:
        return "The segments were changed since you looked: look again, then repeat your edit."
    said = who_did(since[-1], datetime.now(UTC))
    more = f", after {counted(len(since) - 1, 'other edit')}" if len(since) > 1 else ""
    return f"{said}{more}: look again, then repeat your edit."
