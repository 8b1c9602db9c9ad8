"""A real service for tests at the door: uvicorn, PostgreSQL, the scripted stand-in as gateway in its own process."""

import asyncio
import contextlib
import gc
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from backend.api import services as opening
from backend.api.main import create_app
from backend.api.routers import episode_events
from backend.api.services import Services
from backend.chat.turn import Chat, ConversationMemory
from backend.core.settings import Settings
from backend.memory.embeddings import Embedder
from backend.tests.conftest import StoreSettings
from backend.tests.identity.issuer import API, API_URI, TENANT, Issuer

SOON = 15.0
"""The bound of every wait in these tests, in seconds: far above what is expected, so that a loaded machine passes."""


class Service:
    """A running service and the ways to call it. `client` signs in with `token` ('' for nobody)."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self.app = app
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.AsyncClient(base_url=self.url, timeout=SOON)

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found

    def remember_with(self, memory: ConversationMemory) -> None:
        """Let chat use this memory instead."""
        services = self.services
        chat = Chat(services.settings, services.agents, memory, services.gateway, services.toolboxes)
        self.app.state.services = replace(services, chat=chat)

    async def ask(
        self, content: Any = "Hello", *, token: str = "", headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """POST a question."""
        headers = ({"Authorization": f"Bearer {token}"} if token else {}) | (headers or {})
        return await self.client.post("/api/v1/chat", json={"content": content} | body, headers=headers)


def problem(response: httpx.Response, status: int, code: str = "") -> dict[str, Any]:
    """Check that the answer is a complete problem document with this status (and code), and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert set(document) == {"type", "title", "status", "detail", "code", "retryable", "request_id"}
    assert document["status"] == status
    assert document["detail"]
    assert document["type"].endswith(f"#{document['code']}")
    assert document["request_id"] == response.headers["x-request-id"]
    assert document["code"] == code or not code
    return document


def someone() -> str:
    """A token of an analyst nobody has been before: what they say is nobody else's."""
    return f"dev_u{uuid.uuid4().hex[:12]}_analyst"


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """The address of the scripted stand-in's chat service, in its own process."""
    command = [sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted"]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(30, process.kill)
        watchdog.start()
        line = process.stdout.readline().strip()
        watchdog.cancel()
        assert line.startswith("local_ai ready on http://127.0.0.1:"), f"local_ai said {line!r}"
        yield f"{line.removeprefix('local_ai ready on ')}/openai/v1"
        process.terminate()


StartService = Callable[..., contextlib.AbstractAsyncContextManager[Service]]


@pytest.fixture(scope="session")
def light_starts() -> Iterator[None]:
    """Services of one process load the embedding model once, and do not collect the heap of its tests each time."""
    loaded = Embedder.load()
    assert loaded is not None
    embedder = SimpleNamespace(load=lambda: Embedder(loaded._encode))
    collector = SimpleNamespace(
        collect=lambda: 0,
        freeze=lambda: None,
        unfreeze=lambda: None,
        get_threshold=gc.get_threshold,
        set_threshold=lambda *objects: None,
    )
    with patch.object(opening, "Embedder", embedder), patch.object(opening, "gc", collector):
        yield
    loaded.close()


@pytest.fixture(scope="session")
def start_service(gateway: str, store_settings: StoreSettings, light_starts: None) -> StartService:
    """A way to start a service with its own settings; all share the tests' database.

    server_options: those of uvicorn, in place of what `engram serve` gives it; {}: as `uvicorn backend.api.main:app`.
    """

    @contextlib.asynccontextmanager
    async def start(*, server_options: dict[str, Any] | None = None, **changes: Any) -> AsyncIterator[Service]:
        values: dict[str, Any] = {
            "environment": "development",
            "auth_required": True,
            "azure_ai_endpoint": gateway,
            "azure_ai_key": "test-key",
            "database_url": store_settings.database_url,
            "data_dir": store_settings.data_dir,
            "encryption_key": store_settings.encryption_key,
            "log_level": "ERROR",
            "ui_dir": Path("no-such-directory"),
            # Some tests ask faster than anybody types.
            "limit_requests_per_minute": 1_000_000,
            "limit_sessions_per_minute": 1_000_000,
            "limit_calls": 1_000,
        }
        settings = Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg]
        app = create_app(settings)
        ours = {
            "proxy_headers": False, "http": "backend.api.heads:BoundedHead", "ws": "backend.api.wire:WireProtocol",
            "ws_per_message_deflate": False,
        }  # fmt: skip
        common: dict[str, Any] = {"port": 0, "log_config": None, "access_log": False, "lifespan": "on"}
        config = uvicorn.Config(app, **(common | (ours if server_options is None else server_options)))
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        async with asyncio.timeout(60):  # the first start makes the database's files
            while not server.started:  # uvicorn has no event for it
                assert not serving.done(), "the service did not start"
                await asyncio.sleep(0.005)
        service = Service(app, server.servers[0].sockets[0].getsockname()[1])
        try:
            yield service
        finally:
            await service.client.aclose()
            server.should_exit = True
            await serving

    return start


@pytest.fixture(scope="session")
async def service(start_service: StartService) -> AsyncIterator[Service]:
    """A service at the development level: dev tokens."""
    async with start_service() as running:
        yield running


@pytest.fixture(scope="session")
async def open_service(start_service: StartService) -> AsyncIterator[Service]:
    """A service at the proof-of-concept level: nobody signs in."""
    async with start_service(auth_required=False, cors_origins=["http://localhost:5173"]) as running:
        yield running


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    """An identity provider that stands for Entra ID."""
    async with Issuer().serving() as serving:
        yield serving


StartLevel = Callable[..., contextlib.AbstractAsyncContextManager[Service]]


@pytest.fixture(scope="session")
def start_level(start_service: StartService, gateway: str, issuer: Issuer) -> StartLevel:
    """A way to start a service at a level with Entra ID, with voice, trusting `issuer`."""

    def start(environment: str, **changes: Any) -> contextlib.AbstractAsyncContextManager[Service]:
        values: dict[str, Any] = {
            "environment": environment,
            "entra_authority": issuer.url,
            "azure_tenant_id": TENANT,
            "entra_api_audience": [API, API_URI],
            "azure_voicelive_endpoint": gateway.removesuffix("/openai/v1"),
            "azure_voicelive_key": "test-key",
            "voice_connections_per_minute": 10_000,
        }
        return start_service(**(values | changes))

    return start


@pytest.fixture(scope="session")
async def production(start_level: StartLevel) -> AsyncIterator[Service]:
    """A service at the production level: Entra ID and a second factor."""
    async with start_level("production", cors_origins=["https://app.example.org"]) as running:
        yield running


@pytest.fixture(scope="session")
async def uat(start_level: StartLevel) -> AsyncIterator[Service]:
    """A service at the UAT level: Entra ID."""
    async with start_level("uat") as running:
        yield running


@pytest.fixture(scope="session")
async def test_level(start_level: StartLevel) -> AsyncIterator[Service]:
    """A service at the test level: service principals."""
    async with start_level("test") as running:
        yield running


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams that follow a conversation end at once, for those who read every answer to its end."""
    monkeypatch.setattr(episode_events, "STREAM_SECONDS", 0.05)
