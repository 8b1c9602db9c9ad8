"""One VoiceLive connection: client events in, the session's state, server events out.

The user's turns are found in `user_turns` by the rules of `turn_taking`, an answer is made in `responding`, the shapes
are in `events`. All state changes happen between two awaits, so that events of one cause go out together and in order.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import orjson

from . import events
from .brains import Brain
from .conversation import Conversation, set_text, text_of
from .events import Event, family_of
from .faults import Faults
from .outbox import Outbox
from .requests import RequestRejected, read_item, response_asked
from .responding import Asked, Response, Stage
from .session_settings import LIFETIME_S, Rejected, SessionSettings
from .turn_taking import Playback
from .user_turns import Said, UserTurns


class VoiceSession:
    """State of one connection. `run` lives as long as the connection does."""

    def __init__(self, brain: Brain, model: str, query: Mapping[str, str], outbox: Outbox, *, faults: bool) -> None:
        self._brain = brain
        self._outbox = outbox
        self._family = family_of(model)
        self._faults = Faults(faults, query)
        self._settings = SessionSettings(
            events.new_id("sess_"), model, self._family, self._faults.expires_in or LIFETIME_S
        )
        self._conversation = Conversation()
        self._playback = Playback()
        self._loop = asyncio.get_running_loop()
        self._stage = Stage(
            emit=outbox.event,
            drain=outbox.drain,
            now=self._loop.time,
            brain=brain,
            family=self._family,
            conversation=self._conversation,
            conversation_id=events.new_id("conv_"),
            playback=self._playback,
            faults=self._faults,
        )
        self._response: Response | None = None
        self._answer_due = False
        self._beside: deque[tuple[str, Event]] = deque()
        self._expiry: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._turns = UserTurns(
            self._stage,
            self._settings,
            on_speech=self._on_speech,
            on_said=self._on_said,
            on_committed=self._on_committed,
        )

    async def run(self, receive: Callable[[], Awaitable[str | bytes | None]]) -> None:
        """Serve until the client leaves or the outbox closes. receive: the next frame, None when there are no more."""
        self._outbox.event(events.session_created(self._settings.values))
        self._set_expiry()
        self._fire_at_start()
        while (frame := await receive()) is not None:
            await self._take(frame)
            await self._outbox.drain()

    async def close(self) -> None:
        """End what the session has begun; to be called in any case, however `run` ended, or if it never began."""
        if self._expiry is not None:
            self._expiry.cancel()
        self._answer_due = False
        if self._response is not None:
            await self._response.discard()
        await self._turns.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    # What the client sends

    async def _take(self, frame: str | bytes) -> None:
        try:
            event = orjson.loads(frame)
        except orjson.JSONDecodeError as failure:
            self._reject("invalid_json", f"The frame is not valid JSON: {failure}.", None)
            return
        kind = event.get("type") if isinstance(event, dict) else None
        if not isinstance(kind, str):
            self._reject("missing_required_parameter", "Missing required parameter: 'type'.", None, "type")
            return
        handler = _HANDLERS.get(kind)
        event_id = event.get("event_id")
        event_id = event_id if isinstance(event_id, str) else None
        if handler is None:
            known = ", ".join(f"'{name}'" for name in _HANDLERS)
            self._reject("invalid_value", f"Invalid value: '{kind}'. Supported values are: {known}.", event_id, "type")
            return
        try:
            await handler(self, event)
        except (Rejected, RequestRejected) as rejected:
            rejected.event["error"]["event_id"] = event_id
            self._outbox.event(rejected.event)

    def _reject(self, code: str, message: str, event_id: str | None, param: str | None = None) -> None:
        self._outbox.event(events.error(code, message, param=param, event_id=event_id))

    async def _on_session_update(self, event: Event) -> None:
        asked = event.get("session")
        if not isinstance(asked, dict):
            raise RequestRejected("missing_required_parameter", "Missing required parameter: 'session'.", "session")
        instructions = self._settings.values["instructions"]
        self._settings.update(asked, voice_used=self._playback.used)
        values = self._settings.values
        await self._turns.follow_settings()
        expires_in = self._faults.expires_in
        self._faults.read(values.get("metadata"))
        if self._faults.expires_in is not None and self._faults.expires_in != expires_in:
            self._settings.expire_in(self._faults.expires_in)
            self._set_expiry()
        self._outbox.event(events.session_updated(values))
        if any(tool["type"] == "mcp" for tool in values["tools"]):
            message = "MCP servers are not called by the local stand-in; function tools are."
            self._outbox.event(events.warning("mcp_not_available", message))
        if values["instructions"] != instructions and values["instructions"]:
            self._beside_the_audio(self._brain.warm([{"role": "system", "content": values["instructions"]}]))
        self._fire_at_start()

    async def _on_append(self, event: Event) -> None:
        self._turns.append(event)

    async def _on_commit(self, event: Event) -> None:
        del event
        await self._turns.commit()

    async def _on_clear(self, event: Event) -> None:
        del event
        self._turns.clear()

    async def _on_item_create(self, event: Event) -> None:
        item = read_item(event.get("item"))
        if item["id"] in self._conversation:
            raise RequestRejected(
                "item_create_duplicate_id", f"Item with item_id already exists: {item['id']}.", "item.id"
            )
        try:
            previous = self._conversation.add(item, event.get("previous_item_id"))
        except KeyError as unknown:
            message = f"Previous item with item_id not found: {unknown.args[0]}."
            raise RequestRejected("item_create_invalid_previous_item_id", message, "previous_item_id") from None
        self._outbox.event(events.item_created(item, self._family.previous(previous)))

    async def _on_item_delete(self, event: Event) -> None:
        item_id = str(event.get("item_id"))
        if not self._conversation.delete(item_id):
            raise RequestRejected("item_delete_invalid_item_id", f"Item with item_id not found: {item_id}.", "item_id")
        self._outbox.event(events.item_deleted(item_id))

    async def _on_item_retrieve(self, event: Event) -> None:
        item = self._conversation.get(str(event.get("item_id")))
        if item is None:
            message = f"Item with item_id not found: {event.get('item_id')}."
            raise RequestRejected("item_retrieve_invalid_item_id", message, "item_id")
        self._outbox.event(events.item_retrieved(item))

    async def _on_item_truncate(self, event: Event) -> None:
        item_id, end_ms = str(event.get("item_id")), event.get("audio_end_ms")
        item = self._conversation.get(item_id)
        if item is None:
            raise RequestRejected(
                "item_truncate_invalid_item_id", f"Item with item_id not found: {item_id}.", "item_id"
            )
        if item.get("role") != "assistant":
            message = "Only model output audio messages can be truncated."
            raise RequestRejected("invalid_item_type", message, "item_id")
        if isinstance(end_ms, bool) or not isinstance(end_ms, int) or end_ms < 0:
            message = "Invalid 'audio_end_ms': expected an integer of at least 0."
            raise RequestRejected("invalid_value", message, "audio_end_ms")
        if self._playback.is_cut(item_id):
            raise RequestRejected("item_already_truncated", f"Item is already truncated: {item_id}.", "item_id")
        length = self._playback.length_ms(item_id)
        if end_ms > length:
            message = f"Audio content of {length}ms is already shorter than {end_ms}ms"
            raise RequestRejected("invalid_value", message, "audio_end_ms")
        self._truncate(item_id, end_ms)

    async def _on_response_create(self, event: Event) -> None:
        request = event.get("response") or {}
        asked = response_asked(self._settings.values, request, self._messages_when_settled(event), self._family)
        if self._response is not None:
            if request.get("cancel_previous"):
                self._response.cancel("client_cancelled")
            else:
                raise RequestRejected(
                    "conversation_already_has_active_response",
                    "Conversation already has an active response in progress: "
                    f"{self._response.id}. Wait until the response is finished before creating a new one.",
                )
        if request.get("commit"):
            await self._on_commit({})
        for item in request.get("append_input_items") or []:
            await self._on_item_create({"item": item})
        self._respond(asked)

    async def _on_response_cancel(self, event: Event) -> None:
        response_id = event.get("response_id")
        if self._response is None or response_id not in (None, self._response.id):
            message = "Cancellation failed: no active response found"
            raise RequestRejected("response_cancel_not_active", message)
        self._response.cancel("client_cancelled")

    async def _on_output_clear(self, event: Event) -> None:
        del event
        self._playback.silence(self._loop.time())
        self._outbox.event({"type": "output_audio_buffer.cleared"})

    # What is heard

    def _on_committed(self) -> None:
        if self._faults.take("reset-after-commit"):
            self._outbox.abort()

    def _on_said(self, said: Said) -> None:
        if said.answered and self._turns.speaking is None and self._response is None:
            # Native models answer before they have transcribed: the words arrive between the reply's first deltas.
            self._beside.extend(zip(("text", "audio")[-len(said.told) :], said.told, strict=False))
        else:
            for event in said.told:
                self._outbox.event(event)
        if said.answered:
            self._answer_due = True
        self._answer()  # also after noise: what was said before it may still wait for its answer

    def _on_speech(self) -> bool:
        over_answer = self._response is not None or self._playback.playing(self._loop.time()) is not None
        if self._turns.rules.interrupts:
            self._interrupt()
        return over_answer

    def _interrupt(self) -> None:
        now = self._loop.time()
        playing, heard = self._playback.playing(now), None
        if playing is not None and self._turns.rules.truncates:
            heard = self._truncate(*playing)
        # The client stops playing when speech starts: what is said next is heard at once.
        self._playback.silence(now)
        self._answer_due = False
        if self._response is not None:
            self._response.cancel("turn_detected", heard if playing and playing[0] == self._response.item_id else None)

    def _truncate(self, item_id: str, end_ms: int) -> str:
        heard = self._playback.truncate(item_id, end_ms)
        item = self._conversation.get(item_id)
        if item is not None:
            set_text(item, heard + self._turns.rules.truncation_mark)
        self._outbox.event(events.item_truncated(item_id, 0, end_ms))
        return heard

    # What is answered

    def _answer(self) -> None:
        """Answer what is due, unless the user goes on speaking or an answer is still running: then later."""
        if self._answer_due and self._turns.speaking is None and self._response is None:
            self._answer_due = False
            asked = response_asked(self._settings.values, {}, self._messages_when_settled({}), self._family)
            asked.beside, self._beside = self._beside, deque()
            self._respond(asked)

    def _respond(self, asked: Asked) -> None:
        asked.audio_tokens_in = self._turns.audio_tokens
        last = self._conversation.last_of_user()
        if last is not None:
            self._faults.read_text(last["id"], text_of(last))
        if self._fire():
            return
        self._response = Response(self._stage, asked, self._on_response_over)

    def _on_response_over(self, response: Response) -> None:
        if self._response is response:
            self._response = None
            self._loop.call_soon(self._answer)

    def _messages_when_settled(self, event: Event) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
        request = event.get("response") or {}

        async def messages() -> list[dict[str, Any]]:
            await self._turns.settled.wait()
            instructions = request.get("instructions") or self._settings.values["instructions"]
            result = [{"role": "system", "content": instructions}] if instructions else []
            items = request.get("input_items")
            result += self._conversation.messages(None if items is None else [read_item(item) for item in items])
            extra = event.get("additional_instructions")
            return [*result, {"role": "system", "content": extra}] if extra else result

        return messages

    # Faults, the end, and small things

    def _fire(self) -> bool:
        """Let armed faults go off that concern the connection; whether it is at an end."""
        if self._faults.take("reset"):
            self._outbox.abort()
            return True
        code = self._faults.take_close()
        if code is not None:
            self._outbox.close(code)
            return True
        if self._faults.take("bad-json"):
            self._outbox.frame('{"type": "response.audio.delta", "delta": ')
        if self._faults.take("unknown-event"):
            limits = [{"name": "tokens", "limit": 1000, "remaining": 999, "reset_seconds": 1}]
            self._outbox.event({"type": "rate_limits.updated", "rate_limits": limits})
        if self._faults.take("big-message"):
            self._outbox.event({"type": "rate_limits.updated", "rate_limits": [], "padding": "x" * (5 * 1024 * 1024)})
        if self._faults.take("error-event"):
            message = "The server had an error while processing your request."
            self._outbox.event(events.error("server_error", message, kind="server_error"))
        return False

    def _fire_at_start(self) -> None:
        code = self._faults.take_close("@start")
        if code is not None:
            self._outbox.close(code)
        elif self._faults.take("reset@start"):
            self._outbox.abort()

    def _set_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        left = self._faults.expires_in if self._faults.expires_in is not None else LIFETIME_S
        self._expiry = self._loop.call_later(left, self._expire)

    def _expire(self) -> None:
        message = "Your session hit the maximum duration."
        self._outbox.event(events.error("session_expired", message))
        self._outbox.close(1001)

    def _beside_the_audio(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


_Handler = Callable[[VoiceSession, Event], Awaitable[None]]
_HANDLERS: dict[str, _Handler] = {
    "session.update": VoiceSession._on_session_update,
    "input_audio_buffer.append": VoiceSession._on_append,
    "input_audio_buffer.commit": VoiceSession._on_commit,
    "input_audio_buffer.clear": VoiceSession._on_clear,
    "conversation.item.create": VoiceSession._on_item_create,
    "conversation.item.delete": VoiceSession._on_item_delete,
    "conversation.item.retrieve": VoiceSession._on_item_retrieve,
    "conversation.item.truncate": VoiceSession._on_item_truncate,
    "response.create": VoiceSession._on_response_create,
    "response.cancel": VoiceSession._on_response_cancel,
    "output_audio_buffer.clear": VoiceSession._on_output_clear,
}
