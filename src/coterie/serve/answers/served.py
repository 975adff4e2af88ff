"""Versions of models that are ready to answer, and the exchange of one for another under load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from coterie.classifiers import with_cache
from coterie.classifiers.saved.encoder import Encoders
from coterie.encoders import MemoryCache
from coterie.errors import OptionError, UnavailableError, UserError
from coterie.hints import did_you_mean
from coterie.store import activate, list_versions, models_in, open_model, rollback
from coterie.store.layout import REGISTER
from coterie.workflows.prediction.decisions import Decision, decisions_of, set_aside
from coterie.workflows.prediction.explain import explain_row
from coterie.workflows.prediction.predict import LoadedModel, load_model
from coterie.workflows.prediction.rows import Row, RowReader

__all__ = ["AUTO", "Served", "ServedModels", "single_numbers"]

AUTO = "auto"
"""Name by which a request leaves the choice of the model to the service."""

_WARM = ("hello", "good morning to you")  # an encoder makes what one text needs at the second


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Served:
    """One version of a model, ready to answer; it never changes.

    Attributes
    ----------
    name
        Of its model directory.
    model
        Its vectors are kept in memory.
    reader
        Reads rows for it.
    """

    name: str
    model: LoadedModel
    reader: RowReader

    @property
    def version(self) -> int:
        """Number of the version."""
        return self.model.manifest.version

    @property
    def label(self) -> str:
        """Name and version, as answers show them: ``voting:3``."""
        return f"{self.name}:{self.version}"

    def read(self, text: str | None, context: Mapping[str, Any]) -> Row:
        """Read a row, see `RowReader.read`."""
        return self.reader.read(text, context)

    def decide(self, rows: Sequence[Row]) -> list[Decision]:
        """Predict n rows; those that cannot be used are set aside with their reason."""
        found = [set_aside(row.reason) for row in rows]
        good = [at for at, row in enumerate(rows) if not row.reason]
        if good:
            given = self.reader.together([rows[at] for at in good])
            said = self.model.classifier.decide(given)
            for at, each in zip(good, decisions_of(said, self.model.class_names), strict=True):
                found[at] = each
        return found

    def explain(self, row: Row) -> dict[str, Any]:
        """Say what carries the prediction for a row that can be used: sentences and figures."""
        found = explain_row(self.model.classifier, self.model.schema, row.text, row.context)
        return {"model_used": self.label, "sentences": found.sentences(), **asdict(found)}


class ServedModels:
    """The models of a folder: one version of each answers, others can stand beside it.

    Exchanging a version is one assignment, after the new one was read whole and has answered once:
    a request that has begun keeps the version that it began with.

    Parameters
    ----------
    homes
        Name to model directory.
    default
        Name of the model that answers for ``"auto"``; the one of the highest accuracy on validation
        rows when None.
    vectors
        Where vectors are kept; shared by all models.
    shelf
        A folder in which new models are looked for as well.
    """

    def __init__(
        self,
        homes: Mapping[str, Path],
        *,
        default: str | None = None,
        vectors: MemoryCache,
        shelf: Path | None = None,
    ) -> None:
        self._shelf = shelf
        self.homes = dict(homes)
        self.faults: dict[str, str] = {}
        self.swaps = 0
        self._default = default
        self._vectors = vectors
        self._active: dict[str, Served] = {}
        self._beside: dict[tuple[str, int], Served] = {}
        self._stamps: dict[str, tuple[int, int, int]] = {}
        self._encoders: Encoders = {}
        self._lock = Lock()
        if default is not None:
            self.home_of(default)

    def __iter__(self) -> Any:
        return iter(self._active.values())

    def __len__(self) -> int:
        return len(self._active)

    @property
    def ready(self) -> bool:
        """Whether a model can answer for ``"auto"``."""
        return bool(self._active) and (self._default is None or self._default in self._active)

    @property
    def default(self) -> str | None:
        """Name of the model that answers for ``"auto"``; None while none is ready."""
        if self._default is not None:
            return self._default
        return max(self._active, key=self._merit, default=None)

    def find(self, name: str = AUTO, version: int | None = None) -> Served:
        """Give a version that is ready.

        Parameters
        ----------
        name
            Of a model, or ``"auto"``.
        version
            Its active version when None; another one must have been loaded before.

        Raises
        ------
        OptionError
            When there is no such model.
        UnavailableError
            When it is not ready; the message says why.
        """
        if name == AUTO:
            chosen = self.default
            if chosen is None:
                raise UnavailableError(f"No model is ready: {self._why()}.")
            name = chosen
        self.home_of(name)
        active = self._active.get(name)
        if version is not None and (active is None or active.version != version):
            active = self._beside.get((name, version))
        if active is None and version is not None and name in self._active:
            raise OptionError(
                f"Version {version} of the model {name} is not loaded: load it with POST "
                f"/models/{name}/load."
            )
        if active is None:
            number = "" if version is None else f"version {version} of "
            mend = self.faults.get(name) or f"load it with POST /models/{name}/load."
            raise UnavailableError(f"The {number}model {name} is not ready: {mend}")
        return active

    def open_all(self) -> None:
        """Load the active version of every model; one that cannot be read is a fault of its own."""
        for name in self.homes:
            self._try(name)

    def load(self, name: str, version: int | None = None) -> Served:
        """Load a version: the active one, to answer from now on; any other, to stand beside it.

        Raises
        ------
        OptionError, StoreError
            When there is none, or it cannot be read; what answered before goes on.
        """
        home = self.home_of(name)
        with self._lock:
            active = open_model(home).manifest.version
            if version is None or version == active:
                return self._use(name, self._read(name, None))
            return self._stand_beside(name, version)

    def activate(self, name: str, version: int) -> Served:
        """Use a version from now on, here and by whoever loads the model later.

        Raises
        ------
        OptionError, StoreError
            When there is none, or it is damaged; what answered before goes on, and is active still.
        """
        home = self.home_of(name)
        with self._lock:
            fresh = self._read(name, version)
            activate(home, version)
            return self._use(name, fresh)

    def roll_back(self, name: str) -> Served:
        """Use the version that was active before; errors as for `activate`."""
        home = self.home_of(name)
        with self._lock:
            before = open_model(home).manifest.version
            rollback(home)
            try:
                return self._use(name, self._read(name, None))
            except UserError:
                activate(home, before)
                raise

    def refresh(self) -> list[str]:
        """Load what was activated elsewhere, as by the command line; name the models that changed.

        A model that is new in the folder of models is served from now on. A version that cannot be
        read is a fault, and the one before goes on.
        """
        self._look_for_new()
        changed = []
        for name, home in self.homes.items():
            if self._stamps.get(name) != _stamp(home):
                before = self._active.get(name)
                self._try(name)
                if self._active.get(name) is not before:
                    changed.append(name)
        return changed

    def _look_for_new(self) -> None:
        try:
            names = [] if self._shelf is None else models_in(self._shelf)
        except OSError:  # such as a network drive that is away
            return
        new = {name: self._shelf / name for name in names if self._shelf and name not in self.homes}
        if new:
            self.homes = dict(sorted({**self.homes, **new}.items()))

    def versions(self, name: str) -> list[dict[str, Any]]:
        """List the versions of a model."""
        return [
            {
                "version": each.version,
                "active": each.active,
                "loaded": self._is_loaded(name, each.version),
                "kind": each.kind,
                "created": each.created,
                "note": each.note,
                "classes": each.classes,
                "bytes": each.bytes,
                "metrics": single_numbers(each.metrics),
                "fault": each.fault,
            }
            for each in list_versions(self.home_of(name))
        ]

    def _try(self, name: str) -> None:
        home = self.homes[name]
        with self._lock:
            stamp = _stamp(home)
            try:
                current = self._active.get(name)
                if current is None or open_model(home).manifest != current.model.manifest:
                    self._use(name, self._read(name, None))
                else:
                    self.faults.pop(name, None)
            except UserError as error:
                self.faults[name] = str(error)
            self._stamps[name] = stamp

    def _read(self, name: str, version: int | None) -> Served:
        """Read a version whole and let it answer, so that its first request is not slow."""
        model = load_model(self.homes[name], version, encoders=self._encoders)
        # those that lie in a model directory go with their version
        self._encoders = {k: (e, place) for k, (e, place) in self._encoders.items() if not place}
        model = replace(model, classifier=with_cache(model.classifier, self._vectors))
        served = Served(name, model, RowReader(model))
        for text in _WARM:
            served.decide([served.read(text, {})])
        return served

    def _use(self, name: str, served: Served) -> Served:
        self._stamps[name] = _stamp(self.homes[name])
        self._active = {**self._active, name: served}
        self._beside.pop((name, served.version), None)
        self.faults.pop(name, None)
        self.swaps += 1
        return served

    def _stand_beside(self, name: str, version: int) -> Served:
        served = self._read(name, version)
        self._beside = {**self._beside, (name, version): served}
        return served

    def _is_loaded(self, name: str, version: int) -> bool:
        active = self._active.get(name)
        return (name, version) in self._beside or (active is not None and active.version == version)

    def home_of(self, name: str) -> Path:
        """Find the directory of a model; an `OptionError` names the nearest where there is none."""
        if name not in self.homes:
            known = f"known are {', '.join(self.homes)}." if self.homes else "train one first."
            hint = did_you_mean(name, list(self.homes), known)
            raise OptionError(f"There is no model '{name}': {hint}")
        return self.homes[name]

    def _merit(self, name: str) -> tuple[float, str]:
        metrics = self._active[name].model.manifest.metrics
        accuracy = metrics.get("accuracy")
        return (float(accuracy) if isinstance(accuracy, int | float) else -1.0, name)

    def _why(self) -> str:
        return "; ".join(self.faults.values()).rstrip(".") or (
            "none was loaded" if self.homes else "there is none yet, so train one first"
        )


def single_numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Keep the figures that are one number each."""
    return {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _stamp(home: Path) -> tuple[int, int, int]:
    """Tell one state of a model's register from another without reading it."""
    try:
        found = (home / REGISTER).stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_ino, found.st_size)
