"""Which models of a recipe can be trained here, and why the others cannot."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from coterie.llm import why_unreachable
from coterie.options import TrainSettings
from coterie.pages.recipe import NO_LANGUAGE_MODEL, NO_TORCH, cannot_be_tuned
from coterie.workflows.training.models import PROMPT
from coterie.workflows.tuning.tune import can_tune

__all__ = ["models_of", "why_untrainable", "why_untunable"]

_NEED_TORCH = ("mlp", "contrastive")


def models_of(wanted: TrainSettings, llm: str | None) -> Sequence[str]:
    """Name the models to train; a language model that the user names asks alone."""
    own = [name for name in wanted.models if name.partition(":")[0] != PROMPT]
    asking = [name for name in wanted.models if name not in own]
    if asking and llm:
        asking = [f"{PROMPT}:{llm}"]
    elif asking and wanted.llm:
        asking = [f"{PROMPT}:{wanted.llm}" if name == PROMPT else name for name in asking]
    return list(dict.fromkeys([*own, *asking]))


def why_untrainable(model: str, encoder: str, token: str | None) -> str:
    """Say why a model cannot be trained here; empty where it can."""
    name, _, rest = model.partition(":")
    if name == PROMPT:
        return why_unreachable(rest) if rest else NO_LANGUAGE_MODEL
    if name in _NEED_TORCH and not _has_torch():
        return NO_TORCH
    if name != "contrastive":
        return ""
    return why_untunable(rest.partition(":")[0] or encoder, token)


def why_untunable(encoder: str, token: str | None) -> str:
    """Say why an encoder cannot be tuned here; empty where it can."""
    if not can_tune(encoder, token=token):
        return cannot_be_tuned(encoder)
    return "" if _has_torch() else NO_TORCH


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None
