"""OpenVINO, which runs the models, without its telemetry."""

from __future__ import annotations

import importlib
import sys
from typing import Any

__all__ = ["load_openvino"]

_TELEMETRY = "openvino_telemetry"


def load_openvino() -> Any:
    """Import OpenVINO without its telemetry.

    By itself ``import openvino`` sends an event to Google Analytics. Where its package for that
    cannot be imported it takes a stub of its own, which sends nothing.
    """
    if "openvino" in sys.modules or _TELEMETRY in sys.modules:
        return importlib.import_module("openvino")
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[_TELEMETRY]
