"""What the jobs of a project do, each in a process of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from coterie.options import DiscoverOptions, IndexOptions, NameOptions, TrainOptions
from coterie.progress import current
from coterie.segments import is_segmentation
from coterie.serve.projects.project import FOUND, INDEX, read_project
from coterie.verbs.discovery import discover_with
from coterie.verbs.model import claim_model, train_with
from coterie.verbs.naming import name_saved
from coterie.verbs.saving import METRICS
from coterie.verbs.searching import index_into

__all__ = ["WORK"]

Places: TypeAlias = Mapping[str, str]
"""Where things are: home, table, found and models; and the language model."""
_Work: TypeAlias = Callable[[Places, Mapping[str, Any], str], dict[str, Any]]

_DRAFT = ".draft"
_READS = ("text", "id", "time", "sheet")
SEGMENTS = "segments"
"""Value of ``labels`` that means the segments, and not a column."""


def find_segments(places: Places, options: Mapping[str, Any], _: str) -> dict[str, Any]:
    """Find the segments of a project's table, and index its rows.

    Both appear together or not at all: a job that is stopped leaves nothing half made.
    """
    home, table = Path(places["home"]), places["table"]
    if is_segmentation(home / FOUND):  # made already by a process that was killed at its end
        figures: dict[str, Any] = json.loads((home / FOUND / METRICS).read_bytes())
        return figures
    draft = home / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    reading = {name: options[name] for name in _READS if options.get(name)}
    if person := options.get("person"):
        reading["group"] = person
        reading.pop("id", None)
        if "time" in reading:
            reading["order"] = reading["time"]
    encoder = options.get("encoder") or "minilm"
    found = discover_with(
        table,
        DiscoverOptions(
            **reading,
            encoder=encoder,
            labels=options.get("labels") or (),
            groups=options.get("groups"),
            title=options.get("title") or "",
            show_personal=bool(options.get("show_personal")),
        ),
    )
    found.save(draft / FOUND, overwrite=True)
    with current().stage("Making the index"):
        index_into(table, draft / INDEX, IndexOptions(**reading, encoder=encoder))
    for name in (INDEX, FOUND):  # a project is done as soon as its segments are there
        shutil.rmtree(home / name, ignore_errors=True)
        (draft / name).rename(home / name)
    shutil.rmtree(draft, ignore_errors=True)
    return found.figures


def train_model(places: Places, options: Mapping[str, Any], _: str) -> dict[str, Any]:
    """Train a model on the segments of a project, or on a column of its table."""
    name, kind = str(options["name"]), options.get("kind") or "linear"
    project = read_project(Path(places["home"])) if "home" in places else None
    source: str | None = None
    if options.get("labels", SEGMENTS) == SEGMENTS:
        asked = TrainOptions(segments=places[FOUND], model=kind)
    else:
        chosen = {} if project is None else project.columns
        source = places["table"]
        reading = {column: chosen[column] for column in _READS if chosen.get(column)}
        encoder = chosen.get("encoder") or "minilm"
        asked = TrainOptions(**reading, label=options["labels"], model=kind, encoder=encoder)
    out = Path(places["models"]) / name
    with claim_model(out, source, asked):
        trained = train_with(source, asked)
        manifest = trained.write(out, note=str(options.get("note") or ""))
    # read again: it may have another title by now
    project = read_project(Path(places["home"])) if "home" in places else None
    if project is not None and name not in project.models:
        project.changed(models=(*project.models, name))
    assert trained.trained is not None
    return {"model": name, "version": manifest.version, **trained.trained.to_dict()}


def name_segments(places: Places, _: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Have a language model name the segments of a project."""
    named = name_saved(places[FOUND], NameOptions(llm=places["llm"]), by=by or "Somebody")
    return named.to_dict()


WORK: Mapping[str, _Work] = {
    "project": find_segments,
    "train": train_model,
    "name": name_segments,
}
"""Kind of a job to what does it: places and options in, figures out."""
