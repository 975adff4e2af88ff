"""Segments written by hand: names and descriptions in TOML, nearest by cosine.

::

    title = "Trade-show attendees by behaviour"

    [[segment]]
    id = "networking"             # left out, it is made of the name
    name = "Networking"
    description = "They come for the people."
    examples = ["I met forty people at the reception."]   # if you have some
    parent = ""                   # if there is a coarser group
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coterie.encoders import Encoder, Vectors
from coterie.errors import InputError, OptionError
from coterie.hints import did_you_mean
from coterie.segments.finding.consensus import unit
from coterie.segments.model import EncoderRef, Segment, Segmentation
from coterie.segments.router import Curve, Router
from coterie.segments.taxonomy.lookup import fold

__all__ = ["Nomenclature", "load_nomenclature", "segmentation_from_nomenclature", "texts_of"]

_PACKAGED = {"attendees": "attendees.toml"}
_UNSURE, _SURE = 0.05, 0.5  # shares of the gap at which confidence is 0.5 and 0.9
_LEAST_GAP = 1e-3

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Id = Annotated[str, StringConstraints(pattern=r"^\w[\w.:-]*$")]


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """Segments as a person described them, not yet tied to an encoder.

    Attributes
    ----------
    title
        What is segmented.
    segments
        In the order of the file; a segment's ``exemplars`` are the file's ``examples``.
    """

    title: str
    segments: tuple[Segment, ...]

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def descriptions(self) -> dict[str, str]:
        """Id and name of each segment to what it means."""
        known = {segment.id: segment.description for segment in self.segments}
        return known | {segment.name: segment.description for segment in self.segments}


class _SegmentForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: _Id | None = None
    name: _Text
    description: str = ""
    examples: tuple[_Text, ...] = ()
    parent: str = ""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = ""
    segment: tuple[_SegmentForm, ...] = Field(min_length=1)


def load_nomenclature(path: Path | str) -> Nomenclature:
    """Read a nomenclature.

    Parameters
    ----------
    path
        A TOML file, or ``"attendees"`` for the six behaviours of trade-show visitors.

    Raises
    ------
    InputError
        When the file is absent or no TOML.
    OptionError
        When a key is unknown, a value is missing or wrong, or an id or a name is given twice.
    """
    packaged = _PACKAGED.get(str(path))
    file = resources.files(__package__) / packaged if packaged else Path(path)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        hint = did_you_mean(
            str(path), list(_PACKAGED), f"write a file, or name {', '.join(_PACKAGED)}."
        )
        raise InputError(f"There is no nomenclature {path}: {hint}") from None
    except ValueError as error:
        raise InputError(f"{path} is not valid TOML ({error}): correct that line.") from None
    try:
        form = _Form.model_validate(raw)
    except ValidationError as error:
        raise OptionError(f"{path}: {_explain(error, raw)}") from None
    segments = tuple(
        Segment(
            id=each.id or _slug(each.name),
            name=" ".join(each.name.split()),
            description=" ".join(each.description.split()),
            exemplars=each.examples,
            parent=each.parent.strip(),
        )
        for each in form.segment
    )
    for what, values in (("id", [s.id for s in segments]), ("name", [s.name for s in segments])):
        _refuse_doubles(path, what, values)
    return Nomenclature(form.title.strip(), segments)


def texts_of(nomenclature: Nomenclature) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts that stand for the segments, and the segment id of each: one, and its examples.

    Other wordings of a description, and means over several, were no better; see
    docs/decisions/described-segments.md.
    """
    pairs = [
        (text, s.id)
        for s in nomenclature.segments
        for text in (f"{s.name}: {s.description}" if s.description else s.name, *s.exemplars)
    ]
    return tuple(text for text, _ in pairs), tuple(owner for _, owner in pairs)


def segmentation_from_nomenclature(nomenclature: Nomenclature, encoder: Encoder) -> Segmentation:
    """Embed what a nomenclature says, so that `Segmentation.predict` gives the nearest by cosine.

    A segment's prototype is the vector of ``name: description``; where it has examples, the mean of
    that and of the direction of their mean. No row is outside (the floor is -1), and none is core,
    until `coterie.segments.assigning.fitting.fit_to_rows` has seen the rows of a table.

    Parameters
    ----------
    nomenclature, encoder
        The segments, and the encoder that will embed the rows.

    Notes
    -----
    Confidence follows the margin between the nearest and the second nearest segment. Its scale is
    the gap, the median over the prototypes of 1 less the cosine to the nearest of another segment.
    A margin of a twentieth of the gap has confidence 0.5, of half of it 0.9. This is a convention,
    not a calibration: no labels were used.
    """
    texts, owners = texts_of(nomenclature)
    vectors, owner = encoder.encode(texts), np.array(owners)
    ids = [segment.id for segment in nomenclature.segments]
    prototypes = np.concatenate([_prototype(vectors[owner == each]) for each in ids])
    router = Router.flat(prototypes, ids, curve=_curve(prototypes))
    reference = EncoderRef(encoder.name, encoder.fingerprint, encoder.dim)
    return Segmentation(nomenclature.segments, router, reference, title=nomenclature.title)


def _prototype(vectors: Vectors) -> Vectors:
    """Mean of a description, the first row, and of the direction of its examples, the others."""
    if len(vectors) == 1:
        return vectors
    return unit(vectors[:1] + unit(vectors[1:].sum(axis=0, keepdims=True)))


def _curve(prototypes: Vectors) -> Curve:
    """Confidence by margin, scaled to how far apart the descriptions are."""
    cosines = prototypes.astype(np.float64) @ prototypes.T
    np.fill_diagonal(cosines, -np.inf)
    gaps = 1.0 - cosines.max(axis=1)
    gap = max(float(np.median(gaps)), _LEAST_GAP) if np.isfinite(gaps).all() else 1.0
    return ((0.0, 0.45), (_UNSURE * gap, 0.5), (_SURE * gap, 0.9), (gap, 0.99))


def _explain(error: ValidationError, raw: Mapping[str, Any]) -> str:
    """One sentence for what pydantic found first."""
    first = error.errors()[0]
    place, key = first["loc"][:-1], str(first["loc"][-1])
    if first["type"] == "extra_forbidden":
        known = list((_SegmentForm if place else _Form).model_fields)
        hint = did_you_mean(key, known, f"the keys are {', '.join(known)}.")
        return f"{_place(place)}unknown key {key!r}: {hint}"
    if first["type"] == "missing" and not place and raw:
        return "there is no [[segment]]: write one for each segment."
    return f"{_place(first['loc'][:2])}{key}: {first['msg']}."


def _place(place: tuple[int | str, ...]) -> str:
    return f"segment {int(place[1]) + 1}, " if len(place) > 1 else ""


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.casefold()).strip("-") or "segment"


def _refuse_doubles(path: Path | str, what: str, values: list[str]) -> None:
    folded = [fold(value) for value in values]
    doubles = [v for v, f in zip(values, folded, strict=True) if folded.count(f) > 1]
    if doubles:
        raise OptionError(f"{path}: two segments have the {what} {doubles[0]!r}: change one.")
