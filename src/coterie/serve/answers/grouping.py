"""The segments of a service: listed, edited, and assigned to new texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from coterie.encoders import Encoder, MemoryCache, embed_texts, load_encoder, read_shares
from coterie.errors import EncoderMismatchError, OptionError
from coterie.segments import Segmentation, is_segmentation
from coterie.segments.taxonomy import edits
from coterie.segments.taxonomy.files import load_segmentation
from coterie.segments.taxonomy.folder import fitted_encoder
from coterie.segments.taxonomy.rows import StoredRows
from coterie.serve.problems import RefusedError
from coterie.verbs.edits import edit_saved
from coterie.workflows.prediction.rows import TextReader

__all__ = ["EDITS", "Grouping"]

_Edit = Callable[[Segmentation, StoredRows | None, dict[str, Any]], Segmentation]

EDITS: dict[str, _Edit] = {
    "rename": lambda s, _, o: edits.rename(s, o["segment"], o["name"], o.get("description")),
    "merge": lambda s, _, o: edits.merge(s, o["segments"], o.get("name")),
    "split": lambda s, rows, o: edits.split_stored(
        s, o["segment"], rows, o.get("into", 2), names=o.get("names"), seed=o.get("seed", 0)
    ),
    "move": lambda s, rows, o: edits.move_stored(s, o["rows"], o["to"], rows),
    "parent": lambda s, _, o: edits.set_parent(s, o["segment"], o["name"]),
    "freeze": lambda s, _, __: edits.freeze(s),
    "thaw": lambda s, _, __: edits.thaw(s),
}
"""Kind of an edit to what does it, given its options."""

_FILE = "segments.json"


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    segmentation: Segmentation
    stamp: tuple[int, int, int]
    tag: str


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
    _encoder: Encoder | None = None
    _lock: Lock = field(default_factory=Lock)
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
        found = file.stat()
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        with self._lock:
            if self._loaded is None or self._loaded.stamp != stamp:
                tag = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
                self._loaded = _Loaded(load_segmentation(self.folder), stamp, tag)
            return self._loaded.segmentation, self._loaded.tag

    def overview(self) -> dict[str, Any]:
        """List the segments."""
        segmentation, _ = self.current()
        return {
            "title": segmentation.title,
            "frozen": segmentation.frozen,
            "encoder": segmentation.encoder.name,
            "segments": [asdict(each.masked()) for each in segmentation.segments],
        }

    def history(self) -> list[dict[str, Any]]:
        """List every change, the first one first."""
        segmentation, _ = self.current()
        return [asdict(change) for change in segmentation.history]

    def edit(
        self, kind: str, options: dict[str, Any], *, by: str, tag: str | None = None
    ) -> dict[str, Any]:
        """Edit the segments, their tables and their page.

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
        done = edit_saved(
            self.folder, lambda s, rows: self._checked(kind, options, tag, s, rows), by=by
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
            raise RefusedError(
                412,
                "The segments were changed by somebody else in the meantime: look at them again.",
            )
        return EDITS[kind](segmentation, rows, options)

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
