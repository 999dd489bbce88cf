"""The pages' own stylesheet, script and pictures. No page needs another host."""

from typing import Final

from chalice.app import Response

from chalicelib.answers import page
from chalicelib.pages.showing import STATIC, version_of
from chalicelib.pages.visits import Pages, Visit
from chalicelib.problems import NotFound

pages = Pages(__name__)
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@pages.get("/static/{name}", ids={"name": r"[a-z0-9_-]{1,40}\.(css|js|svg)"})
def send(visit: Visit) -> Response:
    """A file, to be kept for ever under the version that our pages ask for, and for an hour under any other."""
    file = STATIC / visit.path["name"]
    if not file.is_file():
        raise NotFound
    kept = _FOR_EVER if visit.given.get("v") == version_of(file.name) else "public, max-age=3600"
    return page(file.read_text("utf-8"), 200, {"Content-Type": _TYPES[file.suffix], "Cache-Control": kept})
