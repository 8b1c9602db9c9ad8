"""The call's line to VoiceLive: which leg answers, what it is told when it begins, and how another takes its place."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from backend.agents.profiles import AgentProfile, voice_name
from backend.core import notes
from backend.voice import configuration, failures
from backend.voice.caller import Caller
from backend.voice.events import Events
from backend.voice.keeper import Keeper
from backend.voice.leg import Leg, short_id
from backend.voice.room import Room
from backend.voice.transcript import Transcript

log = logging.getLogger("backend.voice")

REPLAYED_TURNS = 20
REPLAYED_CHARACTERS = 12_000


class Line:
    """The legs of one call; `leg` is the one that answers, None while there is none: then microphone sound waits."""

    def __init__(
        self,
        room: Room,
        call: str,
        caller: Caller,
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._room = room
        self._call = call
        self._caller = caller
        self._spawn = spawn
        self.leg: Leg | None = None
        self._legs: list[Leg] = []
        self._held: deque[bytes] = deque(maxlen=room.settings.voice_audio_queue_frames)

    def attach(self, keeper: Keeper, transcript: Transcript, events: Events) -> None:
        """From here on legs can begin: what is known of the conversation is there."""
        self._keeper, self._transcript, self._events = keeper, transcript, events

    def microphone(self, base64: bytes) -> None:
        """Send what the person says."""
        if self.leg is not None:
            self.leg.audio(base64)
        else:
            self._held.append(base64)

    async def connect(self, profile: AgentProfile) -> Leg:
        """Open a VoiceLive session, not configured yet; raise `Problem`."""
        room = self._room
        if not room.voicelive.configured:
            raise failures.not_configured()
        room.admission.connection()
        link = await room.voicelive.connect(self.model(profile), timeout=room.patience.connect, request_id=self._call)
        leg = Leg(link, profile, {}, room.settings.voice_audio_queue_frames)
        self._legs.append(leg)
        return leg

    async def begin(self, leg: Leg, profile: AgentProfile) -> None:
        """Configure a fresh leg, tell it what was said before, and let it answer from here on; raise `Problem`."""
        await self.configure(leg, profile)
        for role, text in self._recent():
            leg.say(short_id("past"), role, text)
        listening = self._spawn(self._events.listen(leg))
        self._spawn(leg.write())
        confirmed = asyncio.create_task(leg.ready.wait())
        await asyncio.wait({confirmed, listening}, timeout=self._room.patience.confirm, return_when="FIRST_COMPLETED")
        confirmed.cancel()
        if not leg.ready.is_set() or leg.rejected:
            leg.retired = True
            await leg.close()
            if listening.done() and (failure := listening.exception()) is not None:
                raise failure
            if leg.rejected:
                raise failures.lost(1008, expired=False)
            raise failures.not_ready(self._room.patience.confirm)
        self.answer_with(leg)
        self._caller.set_state("ready")

    def answer_with(self, leg: Leg) -> None:
        """Let this leg hear the microphone, from what was held on, and be the one that is heard."""
        self.leg = leg
        while self._held:
            leg.audio(self._held.popleft())

    def model(self, profile: AgentProfile) -> str:
        """Return the model that speaks for an agent."""
        return profile.model or self._room.settings.azure_voicelive_model

    async def configure(self, leg: Leg, profile: AgentProfile) -> None:
        """Ask a leg for an agent's session, with what is known about the person and the agent's tools."""
        box = await self._room.toolboxes.open(profile)
        session = configuration.session(
            profile,
            model=self.model(profile),
            voice=voice_name(profile, self._room.settings),
            memory_block=notes.of(self._keeper.context).text,
            box=box,
        )
        leg.configure(profile, session, box)

    def _recent(self) -> list[tuple[str, str]]:
        """Return the last turns as (role, text), oldest first: what was heard of an answer, not what was meant."""
        recent: list[tuple[str, str]] = []
        characters = 0
        for turn in reversed(self._keeper.context.episodic.turns[-REPLAYED_TURNS:]):
            characters += len(turn.content)
            if characters > REPLAYED_CHARACTERS:
                break
            if turn.content.strip():
                recent.append((turn.role, turn.content))
        return recent[::-1]

    async def retire(self, leg: Leg) -> None:
        """Listen to the old leg for as long as words may still come, then let it go."""
        quiet = asyncio.ensure_future(leg.quiet.wait())
        await asyncio.wait({quiet}, timeout=self._room.patience.words)
        quiet.cancel()
        await self._transcript.words(self._room.patience.words)
        await leg.close()
        self._legs.remove(leg)

    async def close(self) -> None:
        """Close every leg that is open."""
        await asyncio.gather(*(leg.close() for leg in self._legs))
