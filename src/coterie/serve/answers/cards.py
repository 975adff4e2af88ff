"""Models as a list of them shows them."""

from __future__ import annotations

from coterie.serve.answers.served import Served, ServedModels, single_numbers
from coterie.serve.forms import ModelCard

__all__ = ["model_cards"]


def model_cards(models: ServedModels) -> list[ModelCard]:
    """Describe the models, and say which of them answers for ``auto``."""
    ready = {served.name: served for served in models}
    return [
        _card(name, ready.get(name), models.faults.get(name), default=name == models.default)
        for name in models.homes
    ]


def _card(name: str, served: Served | None, fault: str | None, *, default: bool) -> ModelCard:
    if served is None:
        return ModelCard(
            name=name,
            kind="",
            ready=False,
            default=default,
            version=None,
            created=None,
            classes=[],
            columns=[],
            reads_text=False,
            metrics={},
            fault=fault,
        )
    manifest = served.model.manifest
    return ModelCard(
        name=name,
        kind=manifest.kind,
        ready=True,
        default=default,
        version=served.version,
        created=manifest.created,
        classes=list(manifest.classes),
        class_names=dict(served.model.class_names),
        columns=list(served.reader.columns),
        reads_text=served.reader.reads_text,
        metrics=single_numbers(manifest.metrics),
        fault=fault,
    )
