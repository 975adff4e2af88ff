"""The OpenAPI document without a service that runs: ``python -m coterie.serve.document``."""

from __future__ import annotations

import json
import sys
from typing import Any

from coterie.options import ServeOptions
from coterie.scratch import ScratchFolder
from coterie.serve.app import create_app
from coterie.workflows.service import make_workspace

__all__ = ["document_of_service"]


def document_of_service() -> dict[str, Any]:
    """Make the document; the types of the page are made of it."""
    with ScratchFolder() as folder:
        make_workspace(folder / "workspace")
        gate: Any = create_app(folder / "workspace", ServeOptions(log="none"))
        found: dict[str, Any] = gate.app.openapi()
    return found


if __name__ == "__main__":
    json.dump(document_of_service(), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
