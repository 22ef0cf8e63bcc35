"""`/docs`: readable without a script, with one from a package, and nothing from elsewhere."""

import re

import httpx
import pytest
from fastapi import FastAPI

from shared.http.docs import router


@pytest.fixture
def client() -> httpx.AsyncClient:
    """Give a client of an application that has these routes and one more."""
    app = FastAPI(title="Countersign <trial>", docs_url=None)
    app.include_router(router)

    @app.get("/v1/things")
    async def things() -> None:
        """List <things>."""

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


async def test_the_page_asks_nobody_else(client: httpx.AsyncClient) -> None:
    """Every script and style is our own, the icon is nothing, and the browser is told to take no other."""
    answer = await client.get("/docs")
    assert re.findall(r'(?:src|href)="([^/"][^"]*|//[^"]*)"', answer.text) == ["data:,"]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self'" in policy
    assert "List &lt;things&gt;." in answer.text
    assert "<noscript><table>" in answer.text


async def test_every_file_of_the_page_is_served(client: httpx.AsyncClient) -> None:
    """What the page names is there, of the right kind, and asks no validator elsewhere."""
    page = (await client.get("/docs")).text
    named = re.findall(r'(?:src|href)="(/docs/[^"]+)"', page)
    assert len(named) == 3
    for path in named:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (
            200,
            "text/css" if path.endswith("css") else "text/javascript",
        )
    assert "validatorUrl: null" in (await client.get("/docs/begin.js")).text
    assert "SwaggerUIBundle" in (await client.get("/docs/swagger-ui-bundle.js")).text


async def test_no_other_file_is_given_out() -> None:
    """The package's folder is no shop."""
    app = FastAPI(docs_url=None)
    app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        for file in ("index.html", "..%2F__init__.py", "oauth2-redirect.html"):
            assert (await client.get(f"/docs/{file}")).status_code != 200
