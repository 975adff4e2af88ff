"""The nouns: segments, where rows go, and the segmentation that outlives the run that found it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from coterie.encoders import Vectors
from coterie.errors import EncoderMismatchError
from coterie.personal import mask
from coterie.segments.assignments import Assignments
from coterie.segments.router import Router, Shares

__all__ = ["Change", "EncoderRef", "Segment", "Segmentation"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One group of texts or people.

    Attributes
    ----------
    id
        Stable for life: kept through renames and merges, never given to another segment.
    name, description
        For people.
    terms
        Words that set the segment apart, the most telling first.
    exemplars
        Texts nearest its centre.
    parent
        Name of the coarser group it belongs to, or "".
    size
        Rows it held when it was last counted.
    vanished
        When a refresh found hardly any rows of it, in ISO 8601; "" while rows go to it. It stays
        in use, and rows that return to it clear the mark.
    """

    id: str
    name: str
    description: str = ""
    terms: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    parent: str = ""
    size: int = 0
    vanished: str = ""

    def masked(self) -> Segment:
        """Mask personal data in what the segment quotes; a name is as a person gave it."""
        return replace(
            self,
            description=mask(self.description),
            terms=tuple(map(mask, self.terms)),
            exemplars=tuple(map(mask, self.exemplars)),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One edit, as it was made: never altered, only added to.

    Attributes
    ----------
    when, what
        Time and kind of the edit.
    details
        What was edited, and to what.
    by
        Who made it; empty where that is not known, as in histories of older versions, or where
        nobody asked for it.
    """

    when: str
    what: str
    details: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""

    @property
    def model(self) -> str:
        """The language model that it came from, or ""."""
        return str(self.details.get("model", ""))

    @property
    def line(self) -> str:
        """What was done, whenever and by whom: two changes with the same line are the same edit."""
        said = json.dumps(dict(self.details), sort_keys=True, ensure_ascii=False, default=str)
        return f"{self.what} {hashlib.sha256(said.encode(errors='replace')).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class EncoderRef:
    """Which encoder a segmentation's vectors are of, and what it embedded.

    Attributes
    ----------
    name, fingerprint, dim
        Those of the encoder.
    pooling
        ``"record"``: the whole text of a record; ``"row"``: each of its rows, of whose vectors
        the record has the mean, scaled to unit length.
    """

    name: str
    fingerprint: str
    dim: int
    pooling: Literal["record", "row"] = "record"


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Named groups, and the rule that says which one a new row belongs to.

    Attributes
    ----------
    segments
        The segments, the largest first.
    router
        The rule, see `Router`. Its answer for a row depends on that row alone.
    encoder
        The encoder of the vectors it routes.
    title
        What was segmented, for people.
    frozen
        True once no edit is allowed any more: classifiers trained on it rely on its ids.
    history
        Every change since it was made.
    """

    segments: tuple[Segment, ...]
    router: Router
    encoder: EncoderRef
    title: str = ""
    frozen: bool = False
    history: tuple[Change, ...] = ()

    @property
    def edits(self) -> list[str]:
        """The line of each change that somebody asked for, see `Change`.

        Names that a language model gave while the groups were found are none.
        """
        return [change.line for change in self.history if change.by or not change.model]

    def __len__(self) -> int:
        return len(self.segments)

    def __getitem__(self, segment_id: str) -> Segment:
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        raise KeyError(segment_id)

    def predict(
        self, vectors: Vectors, *, fingerprint: str | None = None, readable: Shares | None = None
    ) -> Assignments:
        """Say which segment each row belongs to.

        Parameters
        ----------
        vectors
            Shape (n, encoder.dim), unit length, pooled as ``encoder.pooling`` says.
        fingerprint
            Of the encoder that made the vectors; checked where given.
        readable
            Shape (n,): share of each text that the encoder reads, see `Router.route`.

        Raises
        ------
        EncoderMismatchError
            When the vectors are of another width or another encoder.

        Notes
        -----
        O(n · prototypes · dim) time, and memory for a block of 8,192 rows at a time.
        """
        self.check(vectors)
        if fingerprint is not None and fingerprint != self.encoder.fingerprint:
            raise EncoderMismatchError(
                f"The vectors are of another encoder than '{self.encoder.name}', with which the "
                "segmentation was made: embed the texts with that one, or discover again."
            )
        return self.router.route(vectors, readable)

    def check(self, vectors: Vectors) -> None:
        """Raise `EncoderMismatchError` where vectors are of another width."""
        if vectors.ndim != 2 or vectors.shape[1] != self.encoder.dim:
            given = f"width {vectors.shape[1]}" if vectors.ndim == 2 else f"shape {vectors.shape}"
            raise EncoderMismatchError(
                f"The segmentation works on vectors of width {self.encoder.dim} and these have "
                f"{given}: embed the texts with '{self.encoder.name}'."
            )
