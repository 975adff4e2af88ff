"""The OpenAPI document, and the page that shows it, without anything from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from coterie.serve.access.callers import needs

__all__ = ["add_documentation"]

_ASSETS = "/docs/assets"
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Coterie: HTTP service</title>
<link rel="stylesheet" href="{_ASSETS}/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="page"></div>
<script src="{_ASSETS}/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
});
"""
_KEYS = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of the service."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


_Reader = Annotated[str, Depends(needs("metrics"))]
_Asset = Literal["swagger-ui.css", "swagger-ui-bundle.js"]


def add_documentation(app: FastAPI, *shown: type[BaseModel]) -> None:
    """Add ``/openapi.json`` and ``/docs``.

    Parameters
    ----------
    app
        With all its routes.
    shown
        Models that the document names and no route returns.
    """
    import fastapi_offline

    made = app.openapi

    @cache
    def document() -> dict[str, Any]:
        found = made()
        components = found.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for model in shown:
            schemas.setdefault(
                model.__name__,
                model.model_json_schema(ref_template="#/components/schemas/{model}"),
            )
        for operation in (each for path in found["paths"].values() for each in path.values()):
            operation["summary"] = operation.pop("description").rstrip(".").replace("`", "")
        components["securitySchemes"] = _KEYS
        found["security"] = [{"key": []}, {"header": []}]
        return found

    app.openapi = document  # type: ignore[method-assign]

    async def openapi(request: Request, _: _Reader) -> Response:
        return JSONResponse(request.app.openapi())

    async def docs(_: _Reader) -> Response:
        return HTMLResponse(_PAGE)

    async def start(_: _Reader) -> Response:
        return Response(_START, media_type="text/javascript")

    async def asset(name: _Asset, _: _Reader) -> Response:
        return FileResponse(assets / name)

    assets = Path(fastapi_offline.__file__).with_name("static")
    app.add_api_route("/openapi.json", openapi, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)
    app.add_api_route("/docs/start.js", start, include_in_schema=False)
    app.add_api_route(f"{_ASSETS}/{{name}}", asset, include_in_schema=False)
