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

ROUTERS = [about.router, completions.router, chat.router, embeddings.router]


def create_app(models: Models, config: ServerConfig) -> FastAPI:
    """Everything that is answered about ``models``; they are stopped when the server goes down."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        models.stop()

    app = FastAPI(title="Hornbook", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.models = models
    install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Guard, config=config)
    return app
