"""The VoiceLive protocol, spoken by the real SDK to the real process; orders and shapes are those of recordings."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from .caller import Caller, calling, pitch, silence, tone
from .conftest import Start

NATIVE, CASCADE = "gpt-realtime", "gpt-4.1"
WHISPER = {"input_audio_transcription": {"model": "whisper-1"}}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def test_session_created_comes_before_the_client_says_anything(server: str) -> None:
    async with calling(server, greet=False) as caller:
        created = await caller.next()
    session = created["session"]
    assert created["type"] == "session.created"
    assert session["id"].startswith("sess_")
    assert session["voice"] == {"name": "alloy", "type": "openai"}
    assert session["input_audio_transcription"] is None
    assert session["turn_detection"]["prefix_padding_ms"] == 300
    assert session["turn_detection"]["silence_duration_ms"] == 200


async def test_a_cascade_session_starts_with_an_azure_voice_and_transcription(server: str) -> None:
    async with calling(server, CASCADE, greet=False) as caller:
        session = (await caller.next())["session"]
    assert session["model"] == CASCADE
    assert session["voice"]["name"] == "en-US-AvaNeural"
    assert session["voice"]["rate"] is None
    assert session["input_audio_transcription"]["model"] == "azure-speech"
    assert session["temperature"] == 0.8
    assert session["turn_detection"]["prefix_padding_ms"] == 400


@pytest.mark.parametrize("path", ["", "/api/projects/p1"])
async def test_the_service_is_found_on_the_resource_and_on_a_project(server: str, path: str) -> None:
    async with calling(server + path) as caller:
        assert (await caller.update(instructions="Hello."))["instructions"] == "Hello."


async def test_an_update_replaces_sub_objects_and_leaves_the_rest_alone(server: str) -> None:
    async with calling(server) as caller:
        first = await caller.update(
            instructions="Be brief.",
            turn_detection={"type": "server_vad", "threshold": 0.3, "silence_duration_ms": 900},
            metadata={"tenant": "t1"},
            something_new={"a": 1},
        )
        second = await caller.update(turn_detection={"type": "server_vad"})
    assert first["turn_detection"]["silence_duration_ms"] == 900
    assert first["metadata"] == {"tenant": "t1"}
    assert "something_new" not in first
    assert second["turn_detection"]["silence_duration_ms"] == 500
    assert second["turn_detection"]["threshold"] == 0.5
    assert second["instructions"] == "Be brief."


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"model": "gpt-4o"}, "session.model"),
        ({"turn_detection": {"type": "telepathy"}}, "session.turn_detection.type"),
        ({"max_response_output_tokens": 0}, "session.max_response_output_tokens"),
        ({"modalities": ["smell"]}, "session.modalities"),
        ({"voice": {"type": "azure-standard"}}, "session.voice.name"),
        ({"input_audio_format": "mp3"}, "session.input_audio_format"),
    ],
)
async def test_a_wrong_update_is_refused_as_a_whole(server: str, session: dict[str, object], param: str) -> None:
    async with calling(server) as caller:
        await caller.send("session.update", session={"instructions": "changed", **session}, event_id="mine")
        error = (await caller.until("error"))["error"]
        after = await caller.update()
    assert error["param"] == param
    assert error["event_id"] == "mine"
    assert after["instructions"] != "changed"


async def test_a_spoken_turn_of_a_native_model_goes_in_the_recorded_order(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"hear": "Hello", "say": "Hi Ada, nice to meet you!"}]))
    async with calling(await start("--script", str(script))) as caller:
        await caller.update(**WHISPER)
        caller.events.clear()
        await caller.hear(tone(180) + silence(400))
        done = await caller.answer()
    assert caller.kinds() == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.created",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.audio_transcript.delta",
        "conversation.item.input_audio_transcription.delta",
        "response.audio_transcript.delta",
        "response.audio.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    user, assistant = caller.of("conversation.item.created")
    assert user["previous_item_id"] is None
    assert user["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert assistant["previous_item_id"] == user["item"]["id"]
    assert assistant["item"]["status"] == "in_progress"
    assert done["conversation_id"].startswith("conv_")
    assert done["max_output_tokens"] == "inf"
    assert done["output"][0]["content"] == [{"type": "audio", "transcript": "Hi Ada, nice to meet you!"}]
    assert caller.of("conversation.item.input_audio_transcription.completed")[0]["transcript"] == "Hello"


async def test_a_spoken_turn_of_a_cascade_goes_in_the_recorded_order(server: str) -> None:
    async with calling(server, CASCADE) as caller:
        caller.events.clear()
        await caller.hear(tone(180) + silence(400))
        done = await caller.answer()
    assert caller.kinds() == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.created",
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.audio_transcript.delta",
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    user, assistant = caller.of("conversation.item.created")
    assert user["previous_item_id"] == ""
    assert user["item"]["content"] == [{"type": "input_audio", "transcript": "utterance 1"}]
    assert assistant["item"]["status"] == "incomplete"
    assert assistant["item"]["id"].startswith("msg_")
    assert caller.of("conversation.item.input_audio_transcription.completed")[0]["language"] == "en-US"
    assert done["conversation_id"] == ""
    assert done["max_output_tokens"] is None
    assert done["usage"]["input_token_details"]["cache_write_tokens"] == 0


async def test_a_native_session_without_transcription_answers_without_telling_the_words(server: str) -> None:
    async with calling(server) as caller:
        await caller.say()
        assert (await caller.answer())["output"][0]["content"][0]["transcript"] == "You said: utterance 1."
    assert not any("input_audio_transcription" in kind for kind in caller.kinds())


async def test_words_are_told_while_the_user_still_speaks(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- hear: my name is Ada and I lead the migration\n")
    async with calling(await start("--script", str(script)), CASCADE) as caller:
        await caller.hear(tone(1200))
        await caller.until("conversation.item.input_audio_transcription.delta")
        assert "input_audio_buffer.speech_stopped" not in caller.kinds()
        await caller.hear(tone(1200) + silence(400))
        completed = await caller.until("conversation.item.input_audio_transcription.completed")
        await caller.answer()
    told = "".join(event["delta"] for event in caller.of("conversation.item.input_audio_transcription.delta"))
    assert len(told.split()) > 3
    assert completed["transcript"].startswith(told)


async def test_speech_times_count_the_audio_that_was_sent(server: str) -> None:
    async with calling(server, CASCADE) as caller:
        await caller.hear(silence(2000) + tone(600) + silence(400))
        started = await caller.until("input_audio_buffer.speech_started")
        stopped = await caller.until("input_audio_buffer.speech_stopped")
        await caller.answer()
    assert started["audio_start_ms"] == 2000 - 400  # with the prefix padding
    assert stopped["audio_end_ms"] == 2600


@pytest.mark.parametrize(("voice", "hertz"), [("en-US-Ava:DragonHDLatestNeural", 220), ("heart", 220)])
async def test_elenas_voice_is_the_higher_one(server: str, voice: str, hertz: int) -> None:
    assert pitch(await _spoken_by(server, voice)) == hertz


@pytest.mark.parametrize("voice", ["en-US-Andrew:DragonHDLatestNeural", "heart-low"])
async def test_marcus_voice_is_the_lower_one(server: str, voice: str) -> None:
    assert pitch(await _spoken_by(server, voice)) == 150


async def _spoken_by(server: str, voice: str) -> bytes:
    async with calling(server) as caller:
        await caller.update(voice={"type": "azure-standard", "name": voice})
        await caller.type("hello")
        await caller.answer()
        return caller.audio()


async def test_audio_is_as_long_as_the_text_asks_and_in_quarter_seconds(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("hello there")
        done = await caller.answer()
    text = done["output"][0]["content"][0]["transcript"]
    assert text == "You said: hello there."
    lengths = [len(base64.b64decode(event["delta"])) // 48 for event in caller.of("response.audio.delta")]
    assert lengths[:-1] == [250] * (len(lengths) - 1)
    assert sum(lengths) == 60 * len(text)


async def test_the_speaking_rate_of_the_voice_is_followed(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(voice={"type": "azure-standard", "name": "heart", "rate": "1.5"})
        await caller.type("hello there, you")
        text = (await caller.answer())["output"][0]["content"][0]["transcript"]
    assert len(caller.audio()) // 48 == 40 * len(text)


async def test_text_runs_ahead_of_audio(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("one two three. four five six. seven eight nine.")
        await caller.answer()
    kinds = [event["type"] for event in caller.events]
    last_text = max(place for place, kind in enumerate(kinds) if kind == "response.audio_transcript.delta")
    assert kinds.index("response.audio.delta") > kinds.index("response.audio_transcript.delta")
    assert kinds[last_text:].count("response.audio.delta") >= kinds.count("response.audio.delta") - 1


async def test_speech_cancels_the_running_response(server: str) -> None:
    async with calling(server, query={"pace": "1"}) as caller:
        await caller.type("tell me something that takes a while to say")
        first = await caller.until("response.audio.delta")
        await caller.hear(tone(200))
        cancelled = await caller.answer()
        closing = caller.kinds()
        await caller.hear(silence(400))
        answered = await caller.until("response.created")
    assert cancelled["id"] == first["response_id"]
    assert cancelled["status"] == "cancelled"
    assert cancelled["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert cancelled["output"][0]["status"] == "incomplete"
    assert closing[closing.index("input_audio_buffer.speech_started") :] == [
        "input_audio_buffer.speech_started",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert answered["response"]["id"] != cancelled["id"]


async def test_no_delta_follows_a_cancelled_response(server: str) -> None:
    async with calling(server, query={"pace": "1"}) as caller:
        await caller.type("tell me something that takes a while to say")
        await caller.until("response.audio.delta")
        await caller.send("response.cancel")
        cancelled = await caller.answer()
        count = len(caller.events)
        await caller.type("and now?")
        await caller.until("response.audio.delta")
    assert cancelled["status_details"]["reason"] == "client_cancelled"
    assert all(event.get("response_id") != cancelled["id"] for event in caller.events[count:])


async def test_auto_truncate_cuts_the_context_to_what_was_heard(server: str) -> None:
    async with calling(server) as caller:
        detection = {"type": "azure_semantic_vad", "auto_truncate": True, "appended_text_after_truncation": " [cut]"}
        await caller.update(turn_detection=detection)
        await caller.type("a long story that nobody will listen to until its very end, I fear")
        done = await caller.answer()  # all is delivered, but it plays on for seconds
        item_id = done["output"][0]["id"]
        await caller.hear(tone(200))
        truncated = await caller.until("conversation.item.truncated")
        await caller.send("conversation.item.retrieve", item_id=item_id)
        kept = (await caller.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
        await caller.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1)
        error = (await caller.until("error"))["error"]
    assert truncated["item_id"] == item_id
    assert 0 < truncated["audio_end_ms"] < len(caller.audio()) // 48
    assert kept.endswith(" [cut]")
    assert done["output"][0]["content"][0]["transcript"].startswith(kept.removesuffix(" [cut]"))
    assert len(kept) < len(done["output"][0]["content"][0]["transcript"])
    assert error["code"] == "item_already_truncated"


async def test_truncated_comes_between_speech_and_the_end_of_a_running_response(server: str) -> None:
    async with calling(server, query={"pace": "1"}) as caller:
        await caller.update(turn_detection={"type": "server_vad", "auto_truncate": True})
        await caller.type("tell me something that takes a while to say")
        await caller.until("response.audio.delta")
        await caller.hear(tone(200))
        cancelled = await caller.answer()
    kinds = caller.kinds()
    start = kinds.index("input_audio_buffer.speech_started")
    assert kinds[start + 1 : start + 3] == ["conversation.item.truncated", "response.audio.done"]
    said = caller.of("response.audio_transcript.done")[0]["transcript"]
    assert cancelled["output"][0]["content"][0]["transcript"] == said
    assert len(said) < len("You said: tell me something that takes a while to say.")


async def test_interrupt_response_false_lets_the_answer_finish_first(server: str) -> None:
    async with calling(server, query={"pace": "4"}) as caller:
        await caller.update(turn_detection={"type": "server_vad", "interrupt_response": False})
        await caller.type("hello")
        await caller.until("response.audio.delta")
        await caller.say()
        first, second = await caller.answer(), await caller.answer()
    assert first["status"] == "completed"
    assert second["output"][0]["content"][0]["transcript"] == "You said: utterance 1."


async def test_create_response_false_leaves_the_answer_to_the_client(server: str) -> None:
    async with calling(server, CASCADE) as caller:
        await caller.update(turn_detection={"type": "server_vad", "create_response": False})
        await caller.say()
        await caller.until("conversation.item.created")
        await caller.nothing_more()
        await caller.send("response.create")
        assert (await caller.answer())["output"][0]["content"][0]["transcript"] == "You said: utterance 1."


async def test_a_second_response_is_refused_while_one_runs(server: str) -> None:
    async with calling(server, query={"pace": "1"}) as caller:
        await caller.type("hello")
        created = await caller.until("response.created")
        await caller.send("response.create", event_id="mine")
        error = (await caller.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "mine"
    assert created["response"]["id"] in error["message"]


@pytest.mark.parametrize("response_id", [None, "resp_other"])
async def test_cancelling_nothing_is_an_error_and_harmless(server: str, response_id: str | None) -> None:
    async with calling(server) as caller:
        fields = {"response_id": response_id} if response_id else {}
        await caller.send("response.cancel", event_id="ev_3", **fields)
        error = (await caller.until("error"))["error"]
        await caller.type("hello")
        assert (await caller.answer())["status"] == "completed"
    assert error["code"] == "response_cancel_not_active"
    assert error["event_id"] == "ev_3"


@pytest.mark.parametrize("model", [NATIVE, CASCADE])
async def test_manual_turns_are_committed_and_answered_on_request(server: str, model: str) -> None:
    async with calling(server, model) as caller:
        updated = await caller.update(turn_detection=None, **WHISPER)
        await caller.say(600, 400)
        await caller.nothing_more()
        await caller.hear(tone(300))
        await caller.send("input_audio_buffer.commit")
        completed = await caller.until("conversation.item.input_audio_transcription.completed")
        await caller.send("response.create")
        done = await caller.answer()
    assert updated["turn_detection"] is None
    assert completed["transcript"] == "utterance 1 utterance 2"
    assert done["output"][0]["content"][0]["transcript"] == "You said: utterance 1 utterance 2."
    assert "input_audio_buffer.speech_started" not in caller.kinds()


async def test_a_response_asked_for_right_after_the_commit_waits_for_the_words(server: str) -> None:
    async with calling(server, CASCADE) as caller:
        await caller.update(turn_detection=None)
        await caller.hear(tone(600))
        await caller.send("input_audio_buffer.commit")
        await caller.send("response.create")
        done = await caller.answer()
    assert done["output"][0]["content"][0]["transcript"] == "You said: utterance 1."


@pytest.mark.parametrize("detection", [None, {"type": "server_vad"}])
async def test_committing_no_audio_is_an_error(server: str, detection: dict[str, str] | None) -> None:
    async with calling(server) as caller:
        await caller.update(turn_detection=detection)
        await caller.send("input_audio_buffer.commit", event_id="mine")
        error = (await caller.until("error"))["error"]
    assert error["code"] == "input_audio_buffer_commit_empty"
    assert error["event_id"] == "mine"


async def test_a_commit_ends_a_detected_turn_at_once(server: str) -> None:
    async with calling(server) as caller:
        await caller.hear(tone(400))
        await caller.until("input_audio_buffer.speech_started")
        await caller.send("input_audio_buffer.commit")
        await caller.until("input_audio_buffer.committed")
        assert (await caller.answer())["status"] == "completed"


async def test_cleared_audio_is_forgotten(server: str) -> None:
    async with calling(server) as caller:
        await caller.hear(tone(400))
        await caller.until("input_audio_buffer.speech_started")
        await caller.send("input_audio_buffer.clear")
        await caller.until("input_audio_buffer.cleared")
        await caller.hear(silence(600))
        await caller.nothing_more()


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
