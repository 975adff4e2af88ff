"""Records to segments that are there, encoders side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    Encoder,
    GivenVectors,
    Vectors,
    check_given,
)
from coterie.errors import OptionError
from coterie.records import RowVectors, require_texts
from coterie.segments.assigning.comparison import Comparison
from coterie.segments.assigning.nearest import assign_texts, compare_encoders
from coterie.segments.assigning.nomenclature import load_nomenclature
from coterie.segments.model import Segment, Segmentation
from coterie.segments.naming.names import group_terms
from coterie.segments.taxonomy.files import is_segmentation, load_segmentation
from coterie.segments.taxonomy.folder import fitted_encoder, save_folder
from coterie.segments.taxonomy.lookup import fold
from coterie.segments.taxonomy.rows import StoredRows
from coterie.workflows.dataset import Dataset
from coterie.workflows.vectors import warn_of_width

__all__ = ["AssignResult", "assign", "embeds_rows", "encoder_of", "home_of"]


@dataclass(frozen=True, slots=True, eq=False)
class AssignResult:
    """The segments of records, by one encoder or several; the first one's answers are saved.

    Attributes
    ----------
    dataset
        The records.
    compared
        Assignments, scores and costs of each encoder.
    described
        Whether the segments were described in words; else they were found in a table.
    label
        The column of labels that names segments, or "".
    layout
        Shape (n, 2): where to draw each record; None for no map.
    show_personal
        Whether the page and exemplars show personal data, which is masked otherwise.
    """

    dataset: Dataset
    compared: Comparison
    described: bool
    label: str
    layout: Vectors | None = None
    show_personal: bool = False

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = (
        "segments.json", "assignments.csv", "comparison.csv", "rows.parquet", "encoder",
        "router-*.safetensors",
    )  # fmt: skip

    @property
    def segmentation(self) -> Segmentation:
        """The segments, as the first encoder embeds them."""
        return self.compared.best.segmentation

    @property
    def doubts(self) -> list[str]:
        """What to read first: encoders that are no better than the most frequent label."""
        return [
            f"With {run.name}, {run.scores.accuracy:.0%} of the rows with a label are right, which "
            f"is no better than always answering the most frequent one ({run.scores.largest:.0%}): "
            "do not rely on these segments. Describe what sets each apart in the words of your "
            "texts, or add examples."
            for run in self.compared.runs
            if run.scores.above_largest is False
        ]

    @property
    def left_out(self) -> list[str]:
        """Which encoders are missing from the comparison, and why."""
        missing = self.compared.unreachable.items()
        return [f"The encoder {name} is left out: {reason}" for name, reason in missing]

    def terms(self) -> list[tuple[str, ...]]:
        """Give the terms of each segment: its own, or else those that set its rows apart."""
        segments = self.segmentation.segments
        known = [tuple(segment.terms) for segment in segments]
        records = self.dataset.records
        if any(known) or not records.has_texts:
            return known
        codes = self.compared.best.assignments.codes([segment.id for segment in segments])
        return group_terms(records.texts.tolist(), codes, len(segments))

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.dataset.records.rejects

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The answers of several encoders side by side, where there are several."""
        if len(self.compared.runs) < 2:
            return {}
        side_by_side = self.compared.side_by_side
        side_by_side.insert(0, "id", self.dataset.records.ids, allow_duplicates=True)
        return {"comparison.csv": side_by_side}

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        records = self.dataset.records
        return {
            "form": self.form,
            "source": records.source,
            "rows": len(records),
            "rows_in": records.rows_in,
            "set_aside": len(records.rejects),
            "label": self.label or None,
            **self.compared.to_dict(),
        }

    def write_parts(self, folder: Path) -> None:
        """Write the segments of the first encoder, the rows and where they went."""
        best, records = self.compared.best, self.dataset.records
        fingerprint = best.segmentation.encoder.fingerprint
        rows = StoredRows(
            records.ids,
            records.texts,
            self.compared.vectors,
            fingerprint,
            readable=self.compared.readable,
            originals=records.originals,
            show_personal=self.show_personal,
        )
        save_folder(folder, best.segmentation, rows, best.assignments, self.compared.fitted)


def assign(
    dataset: Dataset,
    segments: str | Path,
    encoders: Sequence[str] = (),
    *,
    cache: EmbeddingCache | None = None,
    token: str | None = None,
    layout: Vectors | None = None,
    show_personal: bool = False,
) -> AssignResult:
    """Assign records to segments: described in words, or found before.

    One encoder is in memory at a time.

    Parameters
    ----------
    dataset
        The n records.
    segments
        A TOML file of descriptions or the name of a built-in one, whose segments take what is
        nearest by cosine; or the folder of a segmentation, or its ``segments.json``.
    encoders
        Names; by default the segmentation's own, or MiniLM for descriptions.
    cache
        Where vectors are kept; the user's own when None.
    token
        Hub token; written nowhere.
    layout
        Shape (n, 2): where to draw each record, or None for no map.
    show_personal
        Whether the page and exemplars show personal data, which is masked otherwise.

    Raises
    ------
    InputError, StoreError
        When the segments cannot be read, or the records have no texts.
    OptionError
        When several encoders are named for a segmentation.
    EncoderError
        When an encoder cannot be had.
    EncoderMismatchError
        When the encoder, or how records are embedded, is not that of the segmentation.

    Warns
    -----
    CoterieWarning
        Names the segments that no label has.
    """
    records = dataset.records
    described = not is_segmentation(segments)
    if records.vectors is None:
        require_texts(records, "Assigning")
    else:
        encoders = _of_vectors(records.vectors, encoders, described=described)
    if described:
        known = load_nomenclature(segments)
        label, labels = _labels(dataset, known.segments)
        names = list(dict.fromkeys(encoders)) or ["minilm"]
        compared = compare_encoders(dataset, known, names, labels, cache, token=token)
    else:
        segmentation = load_segmentation(segments)
        label, labels = _labels(dataset, segmentation.segments)
        made_by = segmentation.encoder
        if records.vectors is None:
            encoder = encoder_of(encoders, segmentation, segments)
            compared = assign_texts(dataset, segmentation, encoder, labels, cache)
        else:
            stand_in = GivenVectors(made_by.name, made_by.dim, made_by.fingerprint)
            if not check_given(records.vectors, stand_in):
                warn_of_width(records.vectors, "the segments")
            rows = _GivenRows(dataset, made_by.pooling)
            compared = assign_texts(rows, segmentation, stand_in, labels, cache)
    return AssignResult(dataset, compared, described, label, layout, show_personal)


@dataclass(frozen=True, slots=True)
class _GivenRows:
    """Records whose vectors are given: whether they are means, the one who gave them knows."""

    dataset: Dataset
    pooling: Literal["record", "row"]

    @property
    def texts(self) -> Sequence[str]:
        return self.dataset.texts

    @property
    def row_texts(self) -> Sequence[str]:
        return self.dataset.row_texts

    def embed(self, encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
        return self.dataset.embed(encoder, cache)


def _of_vectors(vectors: RowVectors, encoders: Sequence[str], *, described: bool) -> Sequence[str]:
    """Name the encoder that embeds the descriptions of segments, to compare with vectors."""
    if not described:
        if encoders:
            raise OptionError(
                "Vectors are given for segments that were found in vectors: leave --encoder "
                "(encoders=) out."
            )
        return ()
    if len(set(encoders)) > 1:
        raise OptionError(
            "The vectors that are given are of one encoder: name that one only, or leave --vectors "
            "(vectors=) out to compare several."
        )
    if not encoders and not vectors.origin:
        raise OptionError(
            f"It is not known which encoder made the vectors of {vectors.source}, and the "
            "descriptions need the same one: name it with --encoder (encoders=)."
        )
    if not vectors.origin:
        warn_of_width(vectors, f"the encoder {encoders[0]}")
    return encoders or (vectors.origin.name,)


def embeds_rows(segments: str | Path) -> bool | None:
    """Whether segments were found on means of rows, and so are for means of rows.

    None for segments that are described in words, see `coterie.workflows.dataset.rolls_up`.
    """
    if not is_segmentation(segments):
        return None
    return load_segmentation(segments).encoder.pooling == "row"


def home_of(segments: str | Path) -> Path:
    """Give the folder of a segmentation that is named by its folder or by its file in it."""
    path = Path(segments)
    return path.parent if path.suffix == ".json" else path


def encoder_of(encoders: Sequence[str], segmentation: Segmentation, segments: str | Path) -> str:
    """Name the encoder of a segmentation: its own, which the folder may hold, or one asked for.

    Parameters
    ----------
    encoders
        Names that were asked for.
    segmentation, segments
        The segmentation, and the folder or file that it was read from.

    Raises
    ------
    OptionError
        When several are asked for, or its own is not known.
    """
    if len(encoders) > 1:
        raise OptionError(
            f"{segments} works only with the encoder it was made with: compare encoders on a TOML "
            "file of descriptions."
        )
    if segmentation.encoder.name == UNKNOWN_ENCODER:
        raise OptionError(
            f"The segments in {segments} were found in vectors whose encoder is not known: give "
            "vectors of it with --vectors (vectors=)."
        )
    encoder = next(iter(encoders), segmentation.encoder.name)
    own = fitted_encoder(home_of(segments)) if encoder == segmentation.encoder.name else None
    return encoder if own is None else str(own)


def _labels(
    dataset: Dataset, segments: Sequence[Segment]
) -> tuple[str, Sequence[str | None] | None]:
    """Find the column of labels that names segments; a single column is taken in any case."""
    columns = dataset.records.label_texts
    names = {fold(key) for s in segments for key in (s.id, s.name)}
    for column, labels in columns.items():
        named = any(label is not None and fold(label) in names for label in labels)
        if named or len(columns) == 1:
            return column, labels.tolist()
    return "", None
