"""One VoiceLive session within a call: its link, its writer, what it was asked for and the response that is open.

A call has one leg, and another while an agent with a different voice takes over: VoiceLive cannot change a voice that
has spoken. The leg keeps the protocol's rule that at most one response is open; the session decides what is asked.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from backend.agents.profiles import AgentProfile
from backend.agents.tools import Toolbox
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.voice.counters import FRAMES
from backend.voice.load import load_for
from backend.voice.outlet import Outlet
from backend.voice.voicelive.link import SEND_FAILURES, Link, not_at_once
from backend.voice.voicelive.repetition import Repetition
from backend.voice.voicelive.upstream import Endpoint

log = logging.getLogger("backend.voice")

PIECE_FRAMES = 25
"""Frames of held sound sent in one piece: a second of it, as browsers send 40 ms."""


def short_id(prefix: str) -> str:
    """Return an id of at most 32 characters, the most the service takes for an item: the prefix and 96 random bits."""
    return new_id(prefix)[: len(prefix) + 25]


GATHERED_BYTES = 6_400
"""Of base64: 100 ms, the most that is sent as one."""
GATHERED_S = 0.1


class Leg:
    """A VoiceLive session.

    microphone_frames: how many frames wait at most when the service reads too slowly.
    waits: called when something goes out, or is gathered, that microphone sound must not overtake.
    spoken: the answers that have made sound here; a voice that has spoken cannot change.
    voiced: the last response that has made sound.
    silenced: the responses whose further sound is dropped.
    quiet: set while no response is open.
    yielding: another agent is about to answer, and nothing new is to be heard of this one; yielded: it would have been.
    due: the instructions of an answer that is owed if nothing was said after all.
    box: the tools it was configured with; working: how many of its responses wait for tools.
    filler: the last response in which a few words fill a pause. repetition: what it hears again, None for nothing.
    awaiting: whether an answer is due; silent_since: when the service was last heard of, but for sound that was sent on
    unread, or was asked for something (loop time, seconds).
    served: whether it has ended a response; told: the turns from before it began that it knows of.
    retired: another answers from here on; deaf: nothing of it counts any more, not even words.
    roll_at, leave_at: when another may, and when it must, take its place before it expires (loop time, seconds).
    """

    def __init__(
        self, link: Link, endpoint: Endpoint, profile: AgentProfile, session: dict[str, Any], microphone_frames: int
    ) -> None:
        self.link = link
        self.endpoint = endpoint
        self.profile = profile
        self.asked = session
        self.ready = asyncio.Event()
        self.rejected = False
        self.expires_at: float | None = None
        self.response_id: str | None = None
        self.silenced: set[str] = set()
        self.spoken: set[str] = set()
        self.voiced: str | None = None
        self.due: str | None = None
        self.yielding = self.yielded = False
        self.box = Toolbox()
        self.working = 0
        self.filler: str | None = None
        self.repetition: Repetition | None = None
        self.awaiting = False
        self.silent_since = asyncio.get_running_loop().time()
        self.expired = self.retired = self.lost = self.deaf = self.served = False
        self.problem: Problem | None = None
        self.told: set[str] = set()
        self.roll_at = self.leave_at = math.inf
        self.quiet = asyncio.Event()
        self.quiet.set()
        self.outlet: Outlet[bytes | dict[str, Any]] = Outlet(self._write, _is_sound)
        self.waits: Callable[[], None] = lambda: None
        self._microphone_frames = microphone_frames
        self._load = load_for(self)
        self._gathered: list[bytes] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._update_id = ""
        self._create_id = ""
        self._opened_by = ""
        self._create_wanted = False
        self._create_instructions = self._given_instructions = ""
        self._retold: dict[str, str] = {}

    @property
    def responding(self) -> bool:
        """Whether a response is open or has been asked for."""
        return self.response_id is not None or bool(self._create_id)

    @property
    def asks(self) -> bool:
        """Whether we have asked for a response that is not open yet."""
        return bool(self._create_id)

    @property
    def busy(self) -> bool:
        """Whether something is on its way: a response, or a tool that one waits for."""
        return self.responding or self.working > 0

    @property
    def unheard(self) -> bool:
        """Whether an answer is due, asked for or begun, of which nothing has been heard."""
        return self.owes_answer and (self.response_id is None or self.response_id != self.voiced)

    @property
    def owes_answer(self) -> bool:
        """Whether an answer is due, asked for or begun, that nobody has stopped."""
        return (
            self._create_wanted
            or self.working > 0
            or ((self.awaiting or self.responding) and self.response_id not in self.silenced)
        )

    def send(self, event: dict[str, Any]) -> None:
        """Send an event; never waits."""
        self._send_gathered()
        self._put(event)

    def audio(self, base64: bytes) -> None:
        """Send microphone sound; several frames as one while the load is high.

        When the service does not keep up, the oldest waiting sound is given up.
        """
        if self._gathered or self._load.high:
            base64 = self._gather(base64)
            if not base64:
                return
        append = self.link.append
        if self.outlet.free and append(base64):
            return
        if self.outlet.weight >= self._microphone_frames and self.outlet.drop_oldest(_is_sound):
            FRAMES.labels("dropped").inc()
        self._put(base64)

    @property
    def at_once(self) -> Callable[[bytes], bool]:
        """Sends microphone sound, and tells whether it did; for use until `waits` is called."""
        free = self.outlet.free and not self._load.high and not self._gathered
        return self.link.append if free else not_at_once

    def load_rises(self) -> None:
        """Frames are gathered from here on."""
        self.waits()

    def _put(self, item: bytes | dict[str, Any]) -> None:
        self.waits()
        self.outlet.put(item)

    def _gather(self, base64: bytes) -> bytes:
        """Keep a frame for the next, or return all that was kept when it is long enough, or the load is not high."""
        size = sum(map(len, self._gathered)) + len(base64)
        if size > GATHERED_BYTES:
            self._send_gathered()
            size = len(base64)
        self._gathered.append(base64)
        # Behind padding no base64 can follow.
        if self._load.high and size + len(base64) <= GATHERED_BYTES and not base64.endswith(b"="):
            if self._gathering is None:
                self._gathering = asyncio.get_running_loop().call_later(GATHERED_S, self._send_gathered)
            return b""
        return self._take_gathered()

    def _take_gathered(self) -> bytes:
        whole = b"".join(self._gathered)
        self._gathered.clear()
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        return whole

    def _send_gathered(self) -> None:
        """Nothing has followed: send what there is."""
        if self._gathered:
            self._put(self._take_gathered())

    def configure(self, profile: AgentProfile, session: dict[str, Any], box: Toolbox) -> None:
        """Ask for this session, in full. box: the tools that it declares."""
        self.profile, self.asked, self.box = profile, session, box
        self._update_id = short_id("update")
        self.rejected = False
        self.ready.clear()
        self.send({"type": "session.update", "event_id": self._update_id, "session": session})

    def only_listen(self, repetition: Repetition) -> None:
        """Have sound that is heard again written down and not answered, until `answer_again`."""
        self.repetition = repetition
        self._update_listening({"create_response": False})

    def answer_again(self) -> None:
        """Have what is said from now on answered as it comes."""
        assert self.repetition is not None
        self.repetition.restoring = True
        self._update_listening({})

    def _update_listening(self, changes: dict[str, Any]) -> None:
        # In full: the service resets what a part of a session leaves out.
        session = self.asked | {"turn_detection": self.asked["turn_detection"] | changes}
        self.send({"type": "session.update", "event_id": short_id("listen"), "session": session})

    def say(self, item_id: str, role: str, text: str) -> None:
        """Put something said earlier, or typed now, into the conversation."""
        part = {"type": "input_text" if role == "user" else "text", "text": text}
        item = {"id": item_id, "type": "message", "role": role, "content": [part]}
        self.send({"type": "conversation.item.create", "item": item})

    def ask_response(self, instructions: str = "") -> None:
        """Ask for an answer: at once, or when the open response is done. instructions: for this answer alone."""
        self._create_instructions = instructions or self._create_instructions
        if self.responding:
            self._create_wanted = True
            return
        instructions, self._create_instructions = self._create_instructions, ""
        self._given_instructions = instructions
        self._create_wanted = False
        self._create_id = short_id("create")
        self._await_answer()
        event = {"type": "response.create", "event_id": self._create_id}
        self.send(event | {"additional_instructions": instructions} if instructions else event)

    def speak(self, text: str, *, as_written: bool) -> None:
        """Have these words said as a response of their own, unless one is open.

        as_written: the service takes prepared words (api-version 2026-04-10 and later); else the model is asked to say
        them.
        """
        if self.responding:
            return
        self._create_id = short_id("filler")
        self._await_answer()
        part = {"type": "text", "text": text}
        words: dict[str, Any] = (
            {"pre_generated_assistant_message": {"type": "message", "role": "assistant", "content": [part]}}
            if as_written
            else {"instructions": f'Say exactly this and nothing else: "{text}"', "tools": [], "tool_choice": "none"}
        )
        self.send({"type": "response.create", "event_id": self._create_id, "response": words})

    def _await_answer(self) -> None:
        self.awaiting = True
        self.silent_since = asyncio.get_running_loop().time()  # nobody spoke before: that was no silence
        self.quiet.clear()

    def cancel(self) -> None:
        """End the open response, if there is one; its later sound is dropped."""
        self.silence()
        if self.responding:
            self.send({"type": "response.cancel", "event_id": short_id("cancel")})

    def give_way(self) -> None:
        """Another agent is to give the answer that has begun here."""
        self.yielded = True
        self.cancel()

    def silence(self) -> None:
        """Drop what still comes of the open response."""
        self.link.splice(None)
        if self.response_id is not None:
            self.silenced.add(self.response_id)

    def retire(self) -> None:
        """Another leg answers from here on, and nothing of this one counts any more."""
        self.link.splice(None)
        self.retired = self.deaf = True

    def truncate(self, item_id: str, heard_ms: int) -> None:
        """Shorten an answer in the service's context to what was heard."""
        self.send(
            {
                "type": "conversation.item.truncate",
                "event_id": short_id("truncate"),
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": heard_ms,
            }
        )

    def tell(self, turn_id: str, role: str, text: str) -> None:
        """Put a turn from before this leg into the conversation."""
        known_as = short_id("past")
        self.say(known_as, role, text)
        self.told.add(turn_id)
        if role == "assistant":
            self._retold[turn_id] = known_as

    def retell(self, item_id: str, text: str) -> None:
        """Put an answer that was shortened into the service's context again, as text: sound cannot be given back."""
        self.forget(item_id)
        self._retold[item_id] = short_id("retold")
        part = {"type": "text", "text": text}
        item = {"id": self._retold[item_id], "type": "message", "role": "assistant", "content": [part]}
        self.send({"type": "conversation.item.create", "event_id": short_id("retell"), "item": item})

    def forget(self, item_id: str) -> None:
        """Take an item out of the service's context."""
        known_as = self._retold.pop(item_id, item_id)
        self.send({"type": "conversation.item.delete", "event_id": short_id("forget"), "item_id": known_as})

    def is_retold(self, item_id: str) -> bool:
        """Whether the service knows this answer as text only, so that it cannot be cut at a moment of its sound."""
        return item_id in self._retold

    def response_created(self, response_id: str) -> None:
        """The service has opened a response."""
        self.response_id = response_id
        self.due = None
        self._opened_by, self._create_id = self._create_id, ""
        if self._opened_by.startswith("filler_"):
            self.filler = response_id
        self.quiet.clear()

    def response_done(self, response_id: str) -> None:
        """The service has ended a response; the answer that was waiting for it is asked for."""
        self.served = True
        if self.response_id in (None, response_id):
            self.response_id = None
            self._opened_by = ""
            self.awaiting = False
            if self._create_wanted:
                self.ask_response()
            elif not self.responding:
                self.quiet.set()

    def refused(self, event_id: str, code: str) -> bool:
        """Take an `error` of the service; tell whether it is dealt with here and no concern of the caller."""
        create_id = self._create_id or self._opened_by
        if code == "conversation_already_has_active_response" and create_id and event_id in ("", create_id):
            # Speech has opened one meanwhile, which may have been taken for ours: ask again when it is done.
            self._create_id = self._opened_by = ""
            self.awaiting = False
            if self.filler == self.response_id:
                self.filler = None
            if not create_id.startswith("filler_"):
                self._create_wanted = True
                self._create_instructions = self._create_instructions or self._given_instructions
            return True
        if event_id and event_id == self._create_id:
            self._create_id = ""
            self.awaiting = False
            if self._create_wanted:
                self.ask_response()
            return event_id.startswith("filler_")
        if event_id and event_id == self._update_id:
            self.rejected = True
            self.ready.set()
            return True
        if event_id.startswith("listen_"):
            self.repetition = None  # it answers what it hears again: better twice than never
            return True
        # The answer was over, or cut already, when we asked to end or cut it; the item was not there to be forgotten.
        return event_id.startswith(("cancel_", "truncate_", "retell_", "forget_")) or code in (
            "response_cancel_not_active",
            "item_already_truncated",
        )

    def hear_again(self, frames: Sequence[bytes]) -> None:
        """Send sound that was held or that another leg heard, in large pieces: far faster than it was spoken."""
        piece: list[bytes] = []
        for frame in frames:
            piece.append(frame)
            if frame.endswith(b"=") or len(piece) == PIECE_FRAMES:  # base64 that is padded ends there
                self._put(b"".join(piece))
                piece = []
        if piece:
            self._put(b"".join(piece))

    async def close(self) -> None:
        """Close the link. What waits to be sent is given up."""
        self._take_gathered()
        await self.link.close()
        self.outlet.abandon()

    async def write(self) -> None:
        """Write what has to wait, until the connection ends; why it ended is told by its reader."""
        try:
            await self.outlet.run()
        except SEND_FAILURES:
            log.debug("the writer found the VoiceLive connection closed")

    def _write(self, item: bytes | dict[str, Any]) -> Coroutine[Any, Any, None]:
        return self.link.send_audio(item) if isinstance(item, bytes) else self.link.send(item)


def _is_sound(item: bytes | dict[str, Any]) -> bool:
    return isinstance(item, bytes)
