"""Which versions answer for ``auto``, and which are asked beside them: A/B and shadow."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from coterie.errors import OptionError, UserError
from coterie.files import write_json
from coterie.serve.answers.served import Served, ServedModels
from coterie.serve.forms import Traffic, Variant

__all__ = ["Roads"]

_FORM = 1


@dataclass(frozen=True, slots=True)
class _Plan:
    traffic: Traffic = field(default_factory=Traffic)
    salt: str = ""
    stamp: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Roads:
    """The traffic of a service, kept in a file so that all workers have the same.

    A customer sees one version: the choice depends on the customer's id and on a salt that stays
    the same while the file does. When weights change, only as many customers change version as
    need be.

    Attributes
    ----------
    path
        The file; absent while nobody has said anything.
    models
        What is served.
    """

    path: Path
    models: ServedModels
    fault: str = ""
    _plan: _Plan = field(default_factory=_Plan)

    @property
    def traffic(self) -> Traffic:
        """What was said last."""
        return self._plan.traffic

    def refresh(self) -> None:
        """Read the file where it changed; a damaged one is a fault, and changes nothing."""
        try:
            found = self.path.stat()
        except OSError:
            self._plan = _Plan() if self._plan.stamp != (0, 0) else self._plan
            return
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp == self._plan.stamp:
            return
        try:
            said = json.loads(self.path.read_bytes())
            self._plan = _Plan(Traffic.model_validate(said["traffic"]), str(said["salt"]), stamp)
            self._load()
            self.fault = ""
        except (OSError, ValueError, KeyError, TypeError, ValidationError, UserError) as error:
            self.fault = f"{self.path.name} cannot be used: {error}"

    def change(self, traffic: Traffic) -> None:
        """Send requests elsewhere from now on.

        Raises
        ------
        OptionError, StoreError
            When a version cannot be loaded; nothing changes then.
        """
        _check(traffic)
        for each in (*traffic.variants, *traffic.shadow):
            self._ready(each)
        salt = self._plan.salt or secrets.token_hex(8)
        write_json(
            self.path, {"form": _FORM, "salt": salt, "traffic": traffic.model_dump(mode="json")}
        )
        self.refresh()

    def choose(self, key: str | None) -> Served:
        """Choose the version that answers for a customer; for none, by chance."""
        variants = self._plan.traffic.variants
        if not variants:
            return self.models.find()
        place = _place(self._plan.salt, key)
        total = sum(each.weight for each in variants)
        for each in variants:
            place -= each.weight / total
            if place < 0:
                break
        try:
            return self.models.find(each.model, each.version)
        except UserError:
            return self.models.find()  # a version that is gone drops no request

    def shadows(self) -> list[Served]:
        """Give the versions that are asked beside; those that are not ready are left out."""
        found = []
        for each in self._plan.traffic.shadow:
            try:
                found.append(self.models.find(each.model, each.version))
            except UserError:
                continue
        return found

    def _load(self) -> None:
        for each in (*self._plan.traffic.variants, *self._plan.traffic.shadow):
            self._ready(each)

    def _ready(self, variant: Variant) -> None:
        self.models.home_of(variant.model)
        try:
            self.models.find(variant.model, variant.version)
        except UserError:
            self.models.load(variant.model, variant.version)


def _check(traffic: Traffic) -> None:
    named: Sequence[tuple[str, int | None]] = [
        (each.model, each.version) for each in traffic.variants
    ]
    if len(set(named)) < len(named):
        raise OptionError("A version is among the variants twice: give it once, with its weight.")


def _place(salt: str, key: str | None) -> float:
    """Give a customer's place between 0 and 1, evenly spread and always the same."""
    if key is None:
        return secrets.randbelow(2**53) / 2**53
    digest = hashlib.blake2b(f"{salt}\0{key}".encode(errors="replace"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
