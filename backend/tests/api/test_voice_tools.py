"""Tools in a call on a whole service: the memory that they search and write is the one that chat knows."""

import asyncio
import json

from websockets.asyncio.client import ClientConnection

from backend.tests.api.conftest import SOON, StartService, someone
from backend.tests.api.test_voice_and_chat import call, until

SEARCH = '[call:search_memory {"query": "dentist"}]'
NOTE = '[call:remember {"text": "My dentist is Dr. Khan."}]'


async def says(socket: ClientConnection, content: str) -> str:
    """Type something into the call and return the words of the answer, once its sound is there."""
    await socket.send(json.dumps({"type": "text", "content": content}))
    ended = await until(socket, type="audio_end")
    return str((await until(socket, type="transcription", status="complete", item_id=ended["item_id"]))["text"])


async def test_what_was_typed_elsewhere_during_a_call_is_found_in_it_and_what_is_noted_is_known_in_chat(
    start_service: StartService, gateway: str
) -> None:
    token = someone()
    headers = {"Authorization": f"Bearer {token}"}
    voicelive = {"azure_voicelive_endpoint": gateway.removesuffix("/openai/v1"), "azure_voicelive_key": "k"}
    async with start_service(**voicelive) as service:
        async with call(service, "spoken", token) as socket:
            await until(socket, type="state", state="ready")
            assert "Nothing was found" in await says(socket, SEARCH)
            await service.ask("My dentist works in Leith.", token=token, session_id="typed")
            found = await says(socket, SEARCH)
            assert found.startswith("The result is Notes from earlier conversations")
            assert "Leith" in found
            assert await says(socket, NOTE) == 'The result is Noted: "My dentist is Dr. Khan.".'
        async with asyncio.timeout(SOON):
            while True:
                episode = await service.client.get("/api/v1/memory/episodes/spoken", headers=headers)
                if not episode.is_error and len(turns := episode.json()["transcript"]) >= 6:
                    break
        facts = (await service.client.get("/api/v1/memory/facts", headers=headers)).json()["facts"]
        (noted,) = [fact for fact in facts if fact["text"] == "My dentist is Dr. Khan."]
        assert [(proof["turn_id"], proof["channel"]) for proof in noted["provenance"]] == [(turns[4]["id"], "voice")]
        # The spoken answer can be asked why it was given, like a typed one.
        why = await service.client.get(f"/api/v1/memory/why/{turns[3]['id']}", headers=headers)
        assert "My dentist works in Leith." in why.text
