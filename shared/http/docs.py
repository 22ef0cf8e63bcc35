"""`/docs`: the routes of a service on one page, written on the server, without any script."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter()

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}code{font-size:.95em}td,th{text-align:left;padding:.35rem 1rem .35rem 0;"
    "vertical-align:top;border-bottom:1px solid #ddd}table{border-collapse:collapse;width:100%}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}td,th{border-color:#444}a{color:#9cf}}"
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Show what can be asked of this service; the same in machine form is at /openapi.json."""
    return HTMLResponse(page_of(request.app.openapi()), headers=_HEADERS)


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
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        "<p>Keys travel as <code>Authorization: Bearer …</code>; errors are <code>application/problem+json</code>;"
        " times are RFC 3339 with offset; lists answer <code>{items, next}</code>. In machine form:"
        ' <a href="/openapi.json">/openapi.json</a>, <a href="/schemas">/schemas</a>.</p>'
        "<table><thead><tr><th>method</th><th>path</th><th>does</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>"
    )
