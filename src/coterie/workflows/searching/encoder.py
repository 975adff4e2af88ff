"""The encoder of an index: by its name, or beside the index where it was made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from coterie.classifiers.model import Origin
from coterie.classifiers.saved.encoder import check_encoder, write_encoder
from coterie.encoders import Encoder, load_encoder
from coterie.errors import EncoderMismatchError
from coterie.scratch import ScratchFolder
from coterie.search.storage.layout import ENCODERS, Version
from coterie.store import Draft

__all__ = ["EncoderCopy", "copy_encoder", "index_encoder"]


_WRITTEN = "encoder"  # where `write_encoder` puts the files


class EncoderCopy(NamedTuple):
    """What an index keeps of its encoder.

    Attributes
    ----------
    facts
        Name, width, fingerprint and options.
    files
        Folder of its files, where its name alone does not bring it back; else None.
    held
        What keeps that folder there.
    """

    facts: Mapping[str, Any]
    files: Path | None
    held: ScratchFolder


@dataclass(slots=True, eq=False)
class _Asked:
    """An encoder as it was named."""

    encoder: str | Encoder
    encoder_: Encoder
    origin_: Origin | None = None


def copy_encoder(named: str, encoder: Encoder) -> EncoderCopy:
    """Take what an index keeps of an encoder: files only where its name does not bring it back."""
    home = ScratchFolder()
    facts = write_encoder(_Asked(named, encoder), Draft(home.path), "")
    made = home.path / _WRITTEN
    return EncoderCopy(facts, made if made.is_dir() else None, home)


def index_encoder(home: Path, version: Version) -> Encoder:
    """Load the encoder of a version of an index.

    Raises
    ------
    EncoderMismatchError
        When the index was made of vectors whose encoder is not known, or the encoder of its name
        is another one by now.
    """
    facts = version.encoder
    if not facts or facts.get("given"):
        raise EncoderMismatchError(
            f"The index {home} was made of vectors, so it cannot read words: search by --like ID "
            "(like=), by a vector, or by words alone with --by words (by='words')."
        )
    folder = home / ENCODERS / version.own_encoder if version.own_encoder else None
    encoder = load_encoder(str(folder or facts["asked"]), **facts["options"])
    encoder.name = str(facts["name"])
    weights = getattr(encoder, "weights", encoder.fingerprint)
    if encoder.dim != facts["dim"] or weights != facts["weights"]:
        raise EncoderMismatchError(
            f"The encoder {encoder.name} is not the one that the index {home} was made with: "
            "restore that encoder, or make the index again."
        )
    check_encoder(encoder, facts)  # says so where the processor computes in another precision
    return encoder
