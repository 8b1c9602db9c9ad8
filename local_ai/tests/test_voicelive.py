"""The VoiceLive protocol, spoken by the real SDK to the real process; orders and shapes are those of recordings."""

import base64
import json
from pathlib import Path

import pytest

from .caller import calling, pitch, silence, tone
from .conftest import Start

NATIVE, CASCADE = "gpt-realtime", "gpt-4.1"
WHISPER = {"input_audio_transcription": {"model": "whisper-1"}}


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


async def test_the_place_of_each_word_in_the_sound_is_told_when_asked_for(server: str) -> None:
    async with calling(server) as caller:
        voice = {"type": "azure-standard", "name": "en-US-Ava:DragonHDLatestNeural"}
        await caller.update(voice=voice, output_audio_timestamp_types=["word"])
        await caller.type("where is the library")
        await caller.answer()
        told = caller.of("response.audio_timestamp.delta")
        await caller.update(output_audio_timestamp_types=None)
        await caller.type("and now without")
        await caller.answer()
    assert [event["text"] for event in told] == ["You", "said", "where", "is", "the", "library"]
    ends = [event["audio_offset_ms"] + event["audio_duration_ms"] for event in told]
    assert ends == sorted(ends)
    assert ends[-1] <= len("You said: where is the library.") * 60
    assert len(caller.of("response.audio_timestamp.delta")) == len(told)


@pytest.mark.parametrize("ignored", [True, False])
async def test_fillers_over_an_answer_are_no_words_when_the_session_asks_for_that(
    start: Start, tmp_path: Path, ignored: bool
) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"hear": "Mhm, okay."}, {"hear": "Mhm, okay."}]))
    async with calling(await start("--script", str(script)), CASCADE) as caller:
        await caller.update(turn_detection={"type": "azure_semantic_vad", "remove_filler_words": ignored})
        await caller.type("a long story that plays on for seconds after it was made")
        await caller.answer()
        await caller.say()
        over_the_answer = await caller.until("conversation.item.input_audio_transcription.completed")
        assert over_the_answer["transcript"] == ("" if ignored else "Mhm, okay.")
        if not ignored:
            return
        await caller.send("output_audio_buffer.clear")
        await caller.say()
        in_silence = await caller.until("conversation.item.input_audio_transcription.completed")
        assert in_silence["transcript"] == "Mhm, okay.", "nothing was being said: it may be an answer"
