"""The application: `uvicorn backend.api.main:app`. It puts rooms, routes and layers together and decides nothing."""

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from backend.agents.profiles import AgentDirectory
from backend.api import heads, problem_documents
from backend.api.description import describe
from backend.api.drain import before_the_server_stops
from backend.api.edge import Catch, Edge
from backend.api.routers import (
    admin,
    agents,
    audit,
    chat,
    config,
    episode_events,
    facts,
    health,
    memory,
    metrics,
    search,
    voice,
)
from backend.api.services import open_services
from backend.api.ui import UserInterface
from backend.api.version import VERSION
from backend.core import logs
from backend.core.settings import Settings, SettingsError, load_settings

_ROUTERS = (
    health.router,
    config.router,
    agents.router,
    chat.router,
    voice.router,
    memory.router,
    episode_events.router,
    facts.router,
    search.router,
    admin.router,
    audit.router,
    metrics.router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application for these settings, or for those of the environment and `.env`.

    Raises `SettingsError` for settings that must not start. The database and all else open with the lifespan.
    """
    settings = load_settings() if settings is None else settings
    logs.configure(settings)
    heads.let_handshakes_be_long()
    directory = AgentDirectory.load()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, directory) as services:
            app.state.services, app.state.gate, app.state.trail = services, services.gate, services.trail
            with before_the_server_stops(services.drain, services.changes.close):
                yield

    app = FastAPI(
        title="Engram",
        version=VERSION,
        summary="Assistants that remember you: chat and voice with one memory.",
        lifespan=lifespan,
        openapi_url=None,  # routers/config.py serves it, under an access rule like every route
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    for router in _ROUTERS:
        app.include_router(router)
    app.state.description = lambda: describe(app, _ROUTERS, settings.auth_mode)
    app.router.default = UserInterface(settings.ui_dir)
    problem_documents.install(app)
    # Added from the inside out.
    app.add_middleware(Catch, debug=settings.debug)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After", "WWW-Authenticate"],
            max_age=600,
        )
    app.add_middleware(Edge, settings=settings)
    return app


def __getattr__(name: str) -> Any:
    """Make `app` when a server asks for it, so that importing this file for `create_app` reads no environment."""
    if name != "app":
        raise AttributeError(name)
    try:
        made = create_app()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  # a refusal is read by a person, before there is a log
        raise SystemExit(2) from None
    globals()["app"] = made
    return made
