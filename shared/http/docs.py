"""`/docs`: the routes of a service to read and to try, with a script from a package, served by ourselves.

Nothing comes from a foreign host, and the page says so to the browser. Without a script it is a plain table.
"""

from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from shared.http.problems import not_found

router = APIRouter(tags=["documents"])

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}code{font-size:.95em}td,th{text-align:left;padding:.35rem 1rem .35rem 0;"
    "vertical-align:top;border-bottom:1px solid #ddd}table{border-collapse:collapse;width:100%}"
)
_HEADERS = {
    # The script sets styles of elements by itself, and draws its icons from data.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
#: The validator's badge would ask a foreign host about our document.
_BEGIN = b"""SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null, tryItOutEnabled: true,
  persistAuthorization: false, presets: [SwaggerUIBundle.presets.apis]
});
"""
_TYPES = MappingProxyType({"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"})


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Show what can be asked of this service; the same in machine form is at /openapi.json."""
    return HTMLResponse(page_of(request.app.openapi()), headers=_HEADERS)


@router.get(
    "/docs/{file}", response_class=Response, responses={200: {"content": {"text/css": {}, "text/javascript": {}}}}
)
async def docs_file(file: str) -> Response:
    """Give the page's script or style."""
    if file == "begin.js":
        return Response(_BEGIN, media_type="text/javascript", headers=_HEADERS)
    if file not in _TYPES:
        raise not_found()
    return Response(_packaged(file), media_type=_TYPES[file], headers=_HEADERS | {"Cache-Control": "max-age=86400"})


@cache
def _packaged(file: str) -> bytes:
    """Read a file of Swagger UI out of the package that brings it; the package itself is never run."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise not_found()
    return (Path(spec.origin).parent / "dist" / file).read_bytes()


def page_of(document: dict[str, Any]) -> str:
    """Write the page of an OpenAPI document."""
    title = escape(document["info"]["title"])
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('description') or operation.get('summary', ''))}</td></tr>"
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/docs/swagger-ui.css">'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        "<p>Keys travel as <code>Authorization: Bearer …</code>; errors are <code>application/problem+json</code>;"
        " times are RFC 3339 with offset; lists answer <code>{items, next}</code>. In machine form:"
        ' <a href="/openapi.json">/openapi.json</a>, <a href="/schemas">/schemas</a>.</p>'
        '<div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/begin.js"></script>'
        "<noscript><table><thead><tr><th>method</th><th>path</th><th>does</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></noscript></body></html>"
    )
