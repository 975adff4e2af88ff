"""The one guard for optional libraries."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from coterie.errors import MissingExtraError

__all__ = ["installed", "require", "version_of"]


def installed(module: str) -> bool:
    """Whether an optional library is there; it is not imported."""
    return importlib.util.find_spec(module) is not None


def version_of(module: str) -> str:
    """Give the version of a library that is there; it is imported."""
    return str(importlib.import_module(module).__version__)


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional library, or say how to install it.

    Parameters
    ----------
    module
        Dotted name of the module, such as ``"openvino"``.
    extra
        The extra of this package that brings it, such as ``"minilm"``.
    purpose
        What needs it, at the beginning of a sentence: ``"The encoder minilm"``.

    Raises
    ------
    MissingExtraError
        When the library is absent. There is never a silent fall-back to something else.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] != library:
            raise  # the library is there and broken inside: its own message says more
        raise MissingExtraError(
            f"{purpose} needs {library}, which is not installed: "
            f"run pip install 'coterie[{extra}]'."
        ) from error
