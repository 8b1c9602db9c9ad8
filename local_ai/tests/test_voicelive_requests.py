"""What a client may ask of a voice session: items, functions, texts, formats, limits; and what it gets for mistakes."""

import asyncio
import json

import pytest

from .caller import Caller, calling, silence, tone

NATIVE, CASCADE = "gpt-realtime", "gpt-4.1"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def test_items_are_created_placed_retrieved_and_deleted(server: str) -> None:
    async with calling(server) as caller:
        await _add(caller, "a", "first")
        await _add(caller, "b", "third")
        between = await _add(caller, "c", "second", previous_item_id="a")
        first = await _add(caller, "d", "zeroth", previous_item_id="root")
        await caller.send("conversation.item.retrieve", item_id="c")
        item = (await caller.until("conversation.item.retrieved"))["item"]
        await caller.send("conversation.item.delete", item_id="c")
        deleted = await caller.until("conversation.item.deleted")
        await caller.send("conversation.item.retrieve", item_id="c")
        error = (await caller.until("error"))["error"]
    assert between["previous_item_id"] == "a"
    assert first["previous_item_id"] is None
    assert item["content"] == [{"type": "input_text", "text": "second"}]
    assert deleted["item_id"] == "c"
    assert error["code"] == "item_retrieve_invalid_item_id"


async def _add(caller: Caller, item_id: str, text: str, **fields: str) -> dict[str, object]:
    content = [{"type": "input_text", "text": text}]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    await caller.send("conversation.item.create", item=item, **fields)
    return await caller.until("conversation.item.created", "error")


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("conversation.item.create", {"item": {"type": "dream"}}, "invalid_value"),
        ("conversation.item.create", {}, "missing_required_parameter"),
        ("conversation.item.create", {"item": {"type": "message", "role": "king", "content": []}}, "invalid_value"),
        (
            "conversation.item.create",
            {"item": {"type": "function_call_output", "call_id": "c", "output": 1}},
            "invalid_type",
        ),
        ("conversation.item.delete", {"item_id": "nobody"}, "item_delete_invalid_item_id"),
        ("conversation.item.truncate", {"item_id": "nobody", "audio_end_ms": 1}, "item_truncate_invalid_item_id"),
        ("input_audio_buffer.append", {"audio": "§"}, "invalid_value"),
        ("input_audio_buffer.append", {}, "missing_required_parameter"),
        ("response.create", {"response": {"max_output_tokens": -1}}, "invalid_value"),
        (
            "response.create",
            {"response": {"tool_choice": {"type": "function", "name": "x"}, "tools": [WEATHER]}},
            "invalid_value",
        ),
        ("session.update", {}, "missing_required_parameter"),
        ("telepathy.start", {}, "invalid_value"),
    ],
)
async def test_a_wrong_event_gets_an_error_with_its_id_and_the_session_goes_on(
    server: str, kind: str, fields: dict[str, object], code: str
) -> None:
    async with calling(server) as caller:
        await caller.send(kind, event_id="mine", **fields)
        error = (await caller.until("error"))["error"]
        await caller.type("hello")
        assert (await caller.answer())["status"] == "completed"
    assert (error["type"], error["code"], error["event_id"]) == ("invalid_request_error", code, "mine")


@pytest.mark.parametrize("frame", ["{not json", "[1, 2]", '"text"', '{"no": "type"}', '{"type": 7}', ""])
async def test_a_frame_that_is_no_event_gets_an_error_and_the_session_goes_on(server: str, frame: str) -> None:
    async with calling(server) as caller:
        await caller.connection._connection.send_str(frame)
        error = (await caller.until("error"))["error"]
        await caller.type("hello")
        assert (await caller.answer())["status"] == "completed"
    assert error["type"] == "invalid_request_error"


async def test_a_binary_frame_with_json_is_read_like_text(server: str) -> None:
    async with calling(server) as caller:
        await caller.connection._connection.send_bytes(b'{"type": "response.create"}')
        assert (await caller.answer())["status"] == "completed"


async def test_a_client_can_truncate_what_was_not_heard(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("one two three four five six")
        item_id = (await caller.answer())["output"][0]["id"]
        await caller.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=10**6)
        too_far = (await caller.until("error"))["error"]
        await caller.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1000)
        truncated = await caller.until("conversation.item.truncated")
        await caller.send("conversation.item.retrieve", item_id=item_id)
        item = (await caller.until("conversation.item.retrieved"))["item"]
    assert "already shorter" in too_far["message"]
    assert truncated == {
        "type": "conversation.item.truncated",
        "item_id": item_id,
        "content_index": 0,
        "audio_end_ms": 1000,
    }
    assert item["content"][0]["transcript"] == "You said: one"


@pytest.mark.parametrize("model", [NATIVE, CASCADE])
async def test_a_function_is_called_and_its_result_is_spoken(server: str, model: str) -> None:
    async with calling(server, model) as caller:
        await caller.update(tools=[WEATHER])
        await caller.type("What is the weather in London?")
        call = (await caller.answer())["output"][0]
        done = caller.of("response.function_call_arguments.done")[0]
        pieces = "".join(event["delta"] for event in caller.of("response.function_call_arguments.delta"))
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "12 degrees"}
        await caller.send("conversation.item.create", item=output)
        created = (await caller.until("conversation.item.created"))["item"]
        await caller.send("response.create")
        spoken = await caller.answer()
    assert call["type"] == "function_call"
    assert call["name"] == done["name"] == "get_weather"
    assert json.loads(call["arguments"]) == json.loads(pieces) == json.loads(done["arguments"]) == {"city": "London"}
    assert created["type"] == "function_call_output"
    assert spoken["output"][0]["content"][0]["transcript"] == "The result is 12 degrees."


async def test_words_before_a_call_are_a_whole_message_of_their_own(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(tools=[WEATHER])
        await caller.type('[say:Let me look.][call:get_weather {"city": "Oslo"}][call:get_weather {"city": "Rome"}]')
        done = await caller.answer()
        over = [event["item"]["type"] for event in caller.of("response.output_item.done")]
        calls = caller.of("response.function_call_arguments.done")
    assert [item["type"] for item in done["output"]] == over == ["message", "function_call", "function_call"]
    assert [call["output_index"] for call in calls] == [1, 2]
    assert done["output"][0]["content"][0]["transcript"] == "Let me look."


async def test_tools_are_not_called_when_nothing_asks_for_them_or_they_are_off(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(tools=[WEATHER])
        await caller.type("Hello there")
        assert (await caller.answer())["output"][0]["type"] == "message"
        await caller.update(tool_choice="none")
        await caller.type("What is the weather in London?")
        assert (await caller.answer())["output"][0]["type"] == "message"
        await caller.update(tool_choice="required")
        await caller.type("Hello there")
        assert (await caller.answer())["output"][0]["type"] == "function_call"


async def test_a_text_session_answers_in_text_only(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(modalities=["text"])
        caller.events.clear()
        await caller.type("hello")
        done = await caller.answer()
    assert caller.kinds() == [
        "conversation.item.created",
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.text.delta",
        "response.text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert caller.of("response.text.done")[0]["text"] == "You said: hello."
    assert caller.of("response.content_part.done")[0]["part"] == {"type": "text", "text": ""}
    assert done["output"][0]["content"] == [{"type": "text", "text": "You said: hello."}]
    assert done["usage"]["output_token_details"]["audio_tokens"] == 0


async def test_a_prepared_greeting_is_spoken_without_the_model(server: str) -> None:
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello, I am Elena."}]}
    async with calling(server) as caller:
        await caller.send("response.create", response={"pre_generated_assistant_message": message})
        done = await caller.answer()
    assert done["output"][0]["content"][0]["transcript"] == "Hello, I am Elena."
    assert done["usage"]["input_tokens"] == 0
    assert len(caller.audio()) // 48 == 60 * len("Hello, I am Elena.")


async def test_instructions_and_history_reach_the_model(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(instructions="You help. The user says: my name is Ada.")
        await caller.type("What is my name?")
        from_instructions = await caller.answer()
        await caller.type("my name is Grace")
        await caller.answer()
        await caller.type("What is my name?")
        from_history = await caller.answer()
    assert from_instructions["output"][0]["content"][0]["transcript"] == "Your name is Ada."
    assert from_history["output"][0]["content"][0]["transcript"] == "Your name is Grace."


async def test_a_reply_that_hits_the_token_limit_is_incomplete(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(max_response_output_tokens=3)
        await caller.type("one two three four")
        done = await caller.answer()
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert done["max_output_tokens"] == 3
    assert done["output"][0]["content"][0]["transcript"] == "You said: one "


async def test_usage_adds_up_and_counts_audio(server: str) -> None:
    async with calling(server) as caller:
        await caller.say(1000, 300)
        usage = (await caller.answer())["usage"]
    ins, outs = usage["input_token_details"], usage["output_token_details"]
    assert ins["audio_tokens"] == 13  # ten a second
    assert outs["audio_tokens"] == round(len(caller.audio()) / 48000 * 20)
    assert usage["input_tokens"] == ins["text_tokens"] + ins["audio_tokens"]
    assert usage["output_tokens"] == outs["text_tokens"] + outs["audio_tokens"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


@pytest.mark.parametrize(
    ("audio_format", "bytes_per_s"), [("pcm16_16000hz", 32000), ("pcm16_8000hz", 16000), ("g711_ulaw", 8000)]
)
async def test_audio_comes_in_the_format_asked_for(server: str, audio_format: str, bytes_per_s: int) -> None:
    async with calling(server) as caller:
        await caller.update(output_audio_format=audio_format)
        await caller.type("hello there")
        done = await caller.answer()
    seconds = 60 * len("You said: hello there.") / 1000
    assert done["output_audio_format"] == audio_format
    assert len(caller.audio()) == pytest.approx(seconds * bytes_per_s, rel=0.01)


async def test_the_clock_goes_on_when_the_input_rate_changes(server: str) -> None:
    async with calling(server, CASCADE) as caller:
        await caller.hear(silence(1000))
        await caller.update(input_audio_sampling_rate=16000)
        await caller.hear(silence(1000, rate=16000) + tone(600, rate=16000) + silence(400, rate=16000), rate=16000)
        started = await caller.until("input_audio_buffer.speech_started")
    assert started["audio_start_ms"] == 2000 - 400


async def test_an_openai_voice_cannot_change_once_it_was_heard_and_an_azure_voice_can(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("hello")
        await caller.answer()
        await caller.send("session.update", session={"voice": "echo"})
        error = (await caller.until("error"))["error"]
        changed = await caller.update(voice={"type": "azure-standard", "name": "en-US-Andrew:DragonHDLatestNeural"})
    assert error["code"] == "cannot_update_voice"
    assert changed["voice"]["name"] == "en-US-Andrew:DragonHDLatestNeural"


async def test_many_sessions_talk_at_once_without_mixing(server: str) -> None:
    async def one(number: int) -> str:
        async with calling(server) as caller:
            await caller.type(f"I am caller {number}")
            return str((await caller.answer())["output"][0]["content"][0]["transcript"])

    assert await asyncio.gather(*(one(number) for number in range(20))) == [
        f"You said: I am caller {number}." for number in range(20)
    ]


async def test_cleared_audio_is_forgotten(server: str) -> None:
    async with calling(server) as caller:
        await caller.hear(tone(400))
        await caller.until("input_audio_buffer.speech_started")
        await caller.send("input_audio_buffer.clear")
        await caller.until("input_audio_buffer.cleared")
        await caller.hear(silence(600))
        await caller.nothing_more()
