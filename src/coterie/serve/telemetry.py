"""Traces of requests for OpenTelemetry, where its extra is installed and somebody receives them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from coterie.extras import require

__all__ = ["trace"]

_ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def trace(app: FastAPI) -> bool:
    """Send a trace of each request to where the usual variables of the environment say.

    A trace holds routes, statuses and times; never a body, a key or an address with a query.

    Returns
    -------
    bool
        Whether traces are sent: not without a receiver.

    Raises
    ------
    MissingExtraError
        When there is a receiver, and the extra ``telemetry`` is not installed.
    """
    if not any(os.environ.get(name) for name in _ASKED):
        return False
    for part in ("sdk", "instrumentation.fastapi", "exporter.otlp.proto.http"):
        require(f"opentelemetry.{part}", extra="telemetry", purpose="Tracing")
    from opentelemetry import trace as api
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "coterie"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    api.set_tracer_provider(provider)
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls="health,metrics", server_request_hook=_without_query
    )
    return True


def _without_query(span: Any, scope: Mapping[str, Any]) -> None:
    """Leave the query out, which may name a customer."""
    if span is not None and span.is_recording():
        for name in ("http.url", "http.target", "url.full", "url.query"):
            span.set_attribute(name, scope["path"])
