"""The two JSON files of a model directory, each with a digest of its own content.

The digest is the SHA-256 of the canonical JSON (keys sorted, no spaces, ASCII) of all but itself.
It finds accidents and edits. It is not a signature: whoever can write all files of a model can make
them fit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from coterie.errors import IntegrityError, StoreError
from coterie.store.names import check_file_name

__all__ = [
    "FORM",
    "MOST_BYTES",
    "Activation",
    "FileEntry",
    "Manifest",
    "Register",
    "canonical_json",
    "pack",
    "unpack",
    "unpack_manifest",
    "unpack_register",
]

FORM: Final = 1
MOST_BYTES = 4 << 20  # of a manifest, and of a register; a judgement, not measured

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, Field(ge=1)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a version.

    Attributes
    ----------
    sha256
        Of its bytes, as hex digits.
    bytes
        Its size.
    """

    sha256: _Sha256
    bytes: Annotated[int, Field(ge=0)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version of a model is, and which files it has.

    Attributes
    ----------
    form
        Format version of the manifest.
    kind
        What wrote the files and can read them, such as ``"few-shot"``.
    version
        Counted from 1 in its model directory.
    created
        UTC, ISO 8601.
    schema
        What the model takes and gives; JSON of whoever wrote it.
    classes
        Labels that it knows, in the order of its probabilities; empty where it has none.
    metrics
        Figures measured when it was made; JSON.
    libraries
        Versions of Python and of the libraries that were loaded when it was saved.
    note
        Free text.
    files
        Relative name, with ``/`` between parts, to hash and size.
    """

    form: Literal[1]
    kind: Annotated[str, Field(min_length=1)]
    version: _Number
    created: str
    schema: Mapping[str, Any]
    classes: tuple[str, ...]
    metrics: Mapping[str, Any]
    libraries: Mapping[str, str]
    note: str
    files: Mapping[str, FileEntry]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Activation:
    """One change of the active version.

    Attributes
    ----------
    when
        UTC, ISO 8601.
    version, by
        The version that became active, and the action that did it.
    """

    when: str
    version: _Number
    by: Literal["save", "activate", "rollback"]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Register:
    """The versions of a model directory, and which of them is used.

    Attributes
    ----------
    form
        Format version of the register.
    active
        The version that is used; None where none was activated yet.
    versions
        Number to the SHA-256 of the version's ``manifest.json``.
    history
        Every activation, the first one first.
    """

    form: Literal[1] = FORM
    active: _Number | None = None
    versions: Mapping[_Number, _Sha256] = field(default_factory=dict)
    history: tuple[Activation, ...] = ()

    def __post_init__(self) -> None:
        trail = self.trail()
        if self.active != (trail[-1] if trail else None):
            raise ValueError("the active version is not the last one that was activated")
        if not {each.version for each in self.history} <= set(self.versions):
            raise ValueError("a version was activated that does not exist")

    def trail(self) -> list[int]:
        """List the versions that a roll-back would go through, the active one last."""
        trail: list[int] = []
        for each in self.history:
            if each.by == "rollback":
                del trail[-1:]
            else:
                trail.append(each.version)
        return trail

    def activating(
        self, version: int, when: str, by: Literal["save", "activate", "rollback"]
    ) -> Register:
        """Return the register after one more activation; the same where nothing changes."""
        if version == self.active:
            return self
        done = Activation(when, version, by)
        return Register(FORM, version, self.versions, (*self.history, done))

    def naming(self, versions: Mapping[int, str]) -> Register:
        """Return the register with more versions in it."""
        return Register(FORM, self.active, {**self.versions, **versions}, self.history)


_MANIFEST, _REGISTER = TypeAdapter(Manifest), TypeAdapter(Register)


def canonical_json(content: Any) -> bytes:
    """Write JSON in the one way that its digest is taken of."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def pack(content: Any, most: int = MOST_BYTES) -> bytes:
    """Write a dataclass as JSON that people can read, with its digest, in ``most`` bytes."""
    try:
        plain = json.loads(json.dumps(asdict(content), allow_nan=False))  # keys become text
        plain["sha256"] = hashlib.sha256(canonical_json(plain)).hexdigest()
        text = json.dumps(plain, ensure_ascii=False, indent=2)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"The manifest cannot be written as JSON ({error}): give schema and metrics as plain "
            "text, finite numbers, lists and mappings."
        ) from error
    packed = text.encode("utf-8", "backslashreplace") + b"\n"  # a lone surrogate as JSON has it
    if len(packed) > most:
        raise StoreError(
            f"The manifest has {len(packed):,} bytes and may have {most:,}: put large "
            "content into files of the model."
        )
    return packed


def unpack_manifest(packed: bytes, file: Path, mend: str) -> Manifest:
    """Read a manifest from what `file` holds; `mend` tells in errors what to do.

    Raises
    ------
    IntegrityError
        When its digest is not that of its content.
    StoreError
        When it has another format version, or is malformed.
    """
    manifest: Manifest = unpack(_MANIFEST, packed, file, mend)
    for name in manifest.files:
        check_file_name(name)
    return manifest


def unpack_register(packed: bytes, file: Path, mend: str) -> Register:
    """Read a register; parameters and errors as for `unpack_manifest`."""
    register: Register = unpack(_REGISTER, packed, file, mend)
    return register


def unpack(adapter: TypeAdapter[Any], packed: bytes, file: Path, mend: str) -> Any:
    """Read what `pack` wrote; parameters and errors as for `unpack_manifest`."""
    try:
        plain = json.loads(packed.decode("utf-8"))
        if not isinstance(plain, dict):
            raise ValueError("not a JSON object")
        form, recorded = plain.get("form"), plain.pop("sha256", None)
        digest = hashlib.sha256(canonical_json(plain)).hexdigest()
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{file} is damaged ({error}): {mend}.") from None
    if isinstance(form, int) and form > FORM:
        raise StoreError(
            f"{file} has format version {form}, and this Coterie reads version {FORM}: use a newer "
            "Coterie."
        )
    if recorded != digest:
        raise IntegrityError(f"{file} was altered after it was written: {mend}.")
    try:
        return adapter.validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{file} is damaged at {where} ({first['msg']}): {mend}.") from None
