"""The stylesheet and scripts: read once, named by their digest, and kept by browsers as long as they like."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Request, Response

from shared.http.problems import not_found

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

router = APIRouter()


class Assets:
    """What pages load beside themselves."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _KINDS}
        self._digests = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in self._files.items()}

    def url(self, name: str) -> str:
        """Give the address of a file in the version that we have; KeyError for one that is not there."""
        return f"/static/{self._digests[name]}/{name}"

    def answer(self, digest: str, name: str) -> Response:
        """Give a file, to be kept for a year if it is the version asked for; 404 for what is not there."""
        content = self._files.get(name)
        if content is None:
            raise not_found()
        is_this = self._digests[name] == digest
        cache = "public, max-age=31536000, immutable" if is_this else "no-cache"
        return Response(content, media_type=_KINDS[Path(name).suffix], headers={"Cache-Control": cache})


@router.get("/static/{digest}/{name}")
async def static(request: Request, digest: str, name: str) -> Response:
    """Give a stylesheet or a script."""
    assets: Assets = request.app.state.assets
    return assets.answer(digest, name)
