"""The OpenAPI document is what the service does: random requests by it find no fault."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from .conftest import Running, running

schemathesis = pytest.importorskip("schemathesis", reason="needs coterie[dev]")

EXAMPLES = int(os.environ.get("COTERIE_HTTP_CASES", "4"))  # for each address
OPERATIONS = (
    *("/predict", "/v1/classify", "/v1/explain", "/v1/assign", "/v1/search", "/v1/similar"),
    *("/v1/columns", "/models", "/v1/models/{name}", "/models/{name}/load", "/v1/traffic"),
    *("/v1/models/{name}/activate", "/v1/models/{name}/rollback", "/v1/segments"),
    *("/v1/to-label", "/v1/traffic/comparison"),
    *("/v1/segments/history", "/v1/segments/edits", "/v1/feedback", "/logs", "/performance"),
    *("/v1/jobs", "/v1/jobs/{kind}", "/v1/jobs/{job}", "/v1/jobs/{job}/cancel", "/health"),
    *("/v1/projects", "/v1/projects/{project}", "/v1/projects/{project}/preview"),
    *("/v1/projects/{project}/discover", "/v1/projects/{project}/cancel"),
    *("/v1/projects/{project}/train", "/v1/projects/{project}/name", "/v1/language-models"),
    *("/v1/projects/{project}/points", "/v1/projects/{project}/find"),
    *("/v1/projects/{project}/rows", "/v1/projects/{project}/segments"),
    *("/v1/projects/{project}/segments/history", "/v1/projects/{project}/segments/edits"),
    *("/v1/projects/{project}/search", "/v1/projects/{project}/similar"),
    *("/v1/projects/{project}/columns", "/v1/projects/{project}/report"),
    *("/v1/projects/{project}/files/{name}", "/v1/drift"),
    *("/v1/models/{name}/versions/{version}/scores",),
    *("/v1/jobs/{job}/files/{name}", "/health/live", "/health/ready", "/metrics", "/", "/session"),
)


@pytest.fixture(scope="module")
def service(
    trained: Path, found: Path, indexed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service with everything that can be served."""
    home = tmp_path_factory.mktemp("contract")
    models = Path(shutil.copytree(trained, home / "models"))
    segments = Path(shutil.copytree(found, home / "found"))
    options = ("--segments", segments, "--index", indexed, "--rate", 1_000_000)
    with running(models, *options) as made:
        yield made


def test_every_address_is_tried(service: Running) -> None:
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    assert {each.ok().path for each in schema.get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("path", OPERATIONS)
def test_random_requests_find_no_fault(service: Running, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    chosen = schema.include(path=path)
    checks = schemathesis.checks
    wanted = [
        checks.not_a_server_error,
        schemathesis.specs.openapi.checks.status_code_conformance,
        schemathesis.specs.openapi.checks.content_type_conformance,
        schemathesis.specs.openapi.checks.response_schema_conformance,
    ]

    for operation in chosen.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        def ask(case: Any) -> None:
            if "project" in (case.path_parameters or {}):
                case.path_parameters["project"] = "run"  # a project that is there
            case.call_and_validate(checks=wanted)

        ask()


def test_the_document_has_examples_and_problems(service: Running) -> None:
    document = httpx.get(f"{service.url}/openapi.json").json()
    assert document["components"]["schemas"]["PredictRequest"]["examples"]
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert "503" in operation["responses"]
    assert "http://" not in json.dumps(document["paths"])
