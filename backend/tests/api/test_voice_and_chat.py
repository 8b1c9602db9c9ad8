"""One memory for both ways of speaking: what was said in a call is known in chat and the other way round."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from backend.tests.api.conftest import SOON, Service, StartService, someone


async def until(socket: ClientConnection, **fields: Any) -> dict[str, Any]:
    """Read messages until one has these fields."""
    async with asyncio.timeout(SOON):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if all(message.get(name) == value for name, value in fields.items()):
                return message


def call(service: Service, session_id: str, token: str = "", **options: Any) -> Any:
    """A way into a call of this session."""
    protocols = [Subprotocol("engram.v1")] + ([Subprotocol(f"bearer.{token}")] if token else [])
    url = f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/{session_id}"
    return connect(url, subprotocols=protocols, **options)


async def test_what_was_said_in_a_call_is_known_in_chat_and_both_are_one_episode_voice_chat(
    start_service: StartService, gateway: str
) -> None:
    token, headers = someone(), {}
    headers["Authorization"] = f"Bearer {token}"
    voicelive = {"azure_voicelive_endpoint": gateway.removesuffix("/openai/v1"), "azure_voicelive_key": "k"}
    async with start_service(**voicelive) as service:
        async with call(service, "both", token) as socket:
            assert socket.subprotocol == "engram.v1"
            await until(socket, type="state", state="ready")
            await socket.send(json.dumps({"type": "text", "content": "Hello, my name is Ada."}))
            await until(socket, type="transcription", status="complete", speaker="assistant")
        async with asyncio.timeout(SOON):
            while (kept := await service.client.get("/api/v1/memory/episodes/both", headers=headers)).is_error or len(
                kept.json()["transcript"]
            ) < 2:
                pass
        answer = await service.ask("What is my name?", token=token, session_id="both")
        assert "Ada" in answer.json()["content"]
        kept = await service.client.get("/api/v1/memory/episodes/both", headers=headers)
        turns = kept.json()["transcript"]
        assert [(turn["role"], turn["channel"]) for turn in turns] == [
            ("user", "voice"),
            ("assistant", "voice"),
            ("user", "chat"),
            ("assistant", "chat"),
        ]
        async with asyncio.timeout(SOON):  # a fact is learned beside the conversation, within a second
            while "Ada" not in (await service.client.get("/api/v1/memory/facts", headers=headers)).text:
                pass
        async with call(service, "another", token) as socket:
            await until(socket, type="state", state="ready")
            await socket.send(json.dumps({"type": "text", "content": "What is my name?"}))
            said = await until(socket, type="transcription", status="complete", speaker="assistant")
            assert "Ada" in said["text"]


@pytest.mark.parametrize(
    ("token", "options", "code", "close"),
    [
        ("", {}, "missing_token", 4401),
        ("nonsense", {}, "invalid_token", 4401),
        ("dev_carol_viewer", {}, "forbidden", 4403),
        ("dev_alice_analyst", {"origin": "https://evil.test"}, "origin_refused", 4403),
    ],
)
async def test_who_may_not_call_is_told_why_and_the_socket_closes(
    service: Service, token: str, options: dict[str, Any], code: str, close: int
) -> None:
    async with call(service, "s", token, **options) as socket:
        assert (await until(socket, type="error"))["code"] == code
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == close
