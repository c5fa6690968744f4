"""The application: routers side by side, errors in one form, a guard before it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from hornbook import __version__
from hornbook.server import about, chat, completions, embeddings
from hornbook.server.config import ServerConfig
from hornbook.server.errors import install
from hornbook.server.guard import Guard
from hornbook.server.models import Models
from hornbook.server.page import cards, decoding, inside, lessons, play, rating, runs, static, tokens, training
from hornbook.server.page import models as models_page
from hornbook.server.page.place import Page

ROUTERS = [about.router, completions.router, chat.router, embeddings.router]
SCREENS = [models_page, play, decoding, inside, runs, training, tokens, rating, lessons, cards]


def create_app(models: Models, config: ServerConfig, page: Page | None = None) -> FastAPI:
    """Everything that is answered about ``models``; they are stopped when the server goes down.

    ``page`` is the page's side; by default of the runs folder and of the runs that are served.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.page.trainings.stop()
        app.state.page.practice.stop()
        models.stop()

    app = FastAPI(title="Hornbook", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.models = models
    given = {each.loaded.run.name: each.loaded.run.folder for each in models.by_name.values()}
    app.state.page = page or Page(models, config, given=given)
    install(app)
    for router in [*ROUTERS, *(screen.router for screen in SCREENS)]:
        app.include_router(router)
    static.install(app)
    app.add_middleware(Guard, config=config)
    return app
