"""The page itself: files that ``make web`` has built, or, where nobody has built them, how to do so."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

router = APIRouter()

STATIC = Path(__file__).parent.parent / "static"
"""Where the built page lies; the wheel has it."""

NOT_BUILT = """<!doctype html>
<html lang="en">
<title>Hornbook: the page is not built</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<h1>The page is not built</h1>
<p>This is a checkout without the built page. In its folder, with Node at hand, run</p>
<pre>make web</pre>
<p>and load this page again. The interface for programs is there already: <a href="/v1/models">/v1/models</a>,
<a href="/health">/health</a>.</p>
</html>
"""


@router.get("/", include_in_schema=False)
async def index() -> Response:
    """The page; a browser asks every time whether it is another one."""
    path = STATIC / "index.html"
    if not path.is_file():
        return HTMLResponse(NOT_BUILT, status_code=503)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})


@router.get("/favicon.svg", include_in_schema=False)
async def icon() -> Response:
    """The page's icon."""
    path = STATIC / "favicon.svg"
    return FileResponse(path) if path.is_file() else Response(status_code=204)


class Files(StaticFiles):
    """Files of a folder; none where there is no such folder yet."""

    async def check_config(self) -> None:
        """Asked before the first file: is the folder there?"""
        if not Path(str(self.directory)).is_dir():
            raise HTTPException(404)
        await super().check_config()


def install(app: FastAPI) -> None:
    """Answer with the page's files."""
    app.include_router(router)
    app.mount("/assets", Files(directory=STATIC / "assets", check_dir=False), name="assets")
