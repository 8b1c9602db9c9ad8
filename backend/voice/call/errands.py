"""The tools of a call: they run beside the sound, within a time, and what they give is answered with in one response.

The reader of a leg only hands over what the model asks for; nothing here is waited for by it. When all calls of a
response have given something and the response is over, the answer is asked for, once. When that takes long, the agent
says a few words meanwhile. When the leg is lost, the next one is told what was asked for and what came of it, so that
nothing is done twice. Whoever speaks takes the floor: a tool that only reads is given up then, one that changes
something finishes, and neither leads to an answer of its own.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from backend.agents.tools import Asking, HandOver, Result
from backend.core.context import SecurityLayer
from backend.voice.browser import messages
from backend.voice.browser.caller import Caller
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.patience import Patience
from backend.voice.voicelive.leg import Leg, short_id

log = logging.getLogger("backend.voice")

Event = dict[str, Any]

MOST_ROUNDS = 4
"""Responses in a row that may use tools, until the person says something; the next one has to be words."""

_ENOUGH = "Not done: tools were used often enough for this answer. Answer in words now, with what you have."
_GIVEN_UP = "Given up, because the person began to speak. Call it again if it is still wanted."
_UNDER_WAY = "This is being done already, as it was asked for before. Do not ask for it again."
_LOOK_AGAIN_S = 0.1


@dataclass(eq=False, slots=True)
class _Call:
    """What the model asked for. output: what it was given, None while it runs. effect: it changes something."""

    leg: Leg
    call_id: str
    name: str
    arguments: str
    effect: bool
    output: str | None = None

    def is_like(self, name: str, arguments: str) -> bool:
        """Tell whether somebody who asks so asks for the same."""
        return self.name == name and _parsed(self.arguments) == _parsed(arguments)


@dataclass(eq=False, slots=True)
class _Batch:
    """The calls of one response. running: by call id. spoke: the response had words of its own, so no filler is due."""

    leg: Leg
    response_id: str
    running: "dict[str, asyncio.Task[Result]]" = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    ended: bool = False
    spoke: bool = False
    interrupted: bool = False
    handing_over: bool = False
    filler: asyncio.TimerHandle | None = None


class Errands:
    """What the tools of one call are doing.

    as_written: see `Leg.speak`.
    asked_by: tells the id of the person's last turn. current: the leg that answers.
    recalled: takes what the next answer is given from. bring_in: lets another agent in.
    """

    def __init__(
        self,
        call: str,
        who: SecurityLayer,
        caller: Caller,
        stopwatch: Stopwatch,
        patience: Patience,
        *,
        as_written: bool,
        asked_by: Callable[[], str],
        current: Callable[[], Leg | None],
        recalled: Callable[[tuple[str, ...]], None],
        bring_in: Callable[[HandOver], None],
    ) -> None:
        self._call = call
        self._who = who
        self._caller = caller
        self._stopwatch = stopwatch
        self._patience = patience
        self._as_written = as_written
        self._asked_by = asked_by
        self._current = current
        self._recalled = recalled
        self._bring_in = bring_in
        self._batches: dict[str, _Batch] = {}
        self._seen: set[str] = set()
        self._running: set[asyncio.Task[Result]] = set()
        self._given_up: Leg | None = None
        self._turn = ""
        self._rounds = 0
        self._calls: list[_Call] = []
        self._answered = False

    def asked(self, leg: Leg, response_id: str, call: Event) -> None:
        """The model asks for a tool. call: {call_id, name, arguments}; told several times, it counts once."""
        call_id, name = str(call.get("call_id") or ""), str(call.get("name") or "")
        if not call_id or not name or call_id in self._seen or response_id in leg.silenced:
            return
        self._seen.add(call_id)
        if leg is not self._current():
            return
        batch = self._batches.get(response_id)
        if batch is None:
            batch = self._batches[response_id] = _Batch(leg, response_id)
            leg.working += 1
            self._arm(batch, self._patience.filler)
            self._count()
        self._given_up, self._answered = None, False
        if self._rounds > MOST_ROUNDS:
            self._give(leg, call_id, _ENOUGH)
            return
        arguments = str(call.get("arguments") or "")
        before = next((one for one in self._calls if self._repeats(one, leg, name, arguments)), None)
        if before is not None:
            self._give(leg, call_id, _UNDER_WAY if before.output is None else before.output)
            return
        made = _Call(leg, call_id, name, arguments, effect=not leg.box.read_only(name))
        self._calls.append(made)
        shown = name if name in leg.box.names else "unknown"
        self._caller.say(messages.tool(shown, "started", call_id))
        asking = Asking(self._who, self._call, leg.profile.id, "voice", self._asked_by())
        calling = leg.box.call(name, arguments, asking, seconds=self._patience.tool)
        task = batch.running[call_id] = asyncio.create_task(calling, name=name)
        self._running.add(task)
        task.add_done_callback(partial(self._over, batch, made, shown, self._stopwatch.now()))

    @staticmethod
    def _repeats(before: _Call, leg: Leg, name: str, arguments: str) -> bool:
        """Tell whether another leg, lost since, has asked for the same effect for the same turn of the person."""
        return before.effect and before.leg is not leg and before.is_like(name, arguments)

    def _count(self) -> None:
        turn = self._asked_by()
        if turn != self._turn:
            self._turn, self._rounds = turn, 0
            self._calls.clear()
        self._rounds += 1

    def response_done(self, leg: Leg, response: Event) -> None:
        """A response is over; calls that were told by nothing else are found in it."""
        response_id = str(response.get("id") or "")
        output = response.get("output") or []
        if response.get("status") in (None, "completed"):
            for item in output:
                if item.get("type") == "function_call":
                    self.asked(leg, response_id, item)
        batch = self._batches.get(response_id)
        if batch is not None:
            batch.ended = True
            batch.spoke = any(item.get("type") == "message" for item in output)
            self._settle(batch)

    def answer_begins(self, response_id: str) -> None:
        """An answer begins; one of a response that asks for tools as well is not the last."""
        if response_id not in self._batches:
            self._answered = True

    @property
    def unanswered(self) -> bool:
        """Whether tools were asked for to answer what the person said last, and the answer has not begun."""
        return bool(self._calls) and not self._answered and self._turn == self._asked_by()

    def carry_over(self, fresh: Leg) -> Literal["no", "later", "now"]:
        """Let a leg go on in the place of one that is gone: it learns what was asked for and what came of it.

        Returns when an answer with that is due: "later" comes by itself, when the tools have given something.
        """
        if not self.unanswered:
            return "no"
        for call in self._calls:
            known = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
            fresh.send({"type": "conversation.item.create", "item": {"id": short_id("asked"), **known}})
            if call.output is not None:
                self._give(fresh, call.call_id, call.output)
        left = [batch for batch in self._batches.values() if batch.leg.deaf]
        for batch in left:
            batch.leg.working -= 1
            fresh.working += 1
            batch.leg, batch.ended = fresh, True
            self._arm(batch, self._patience.filler)
            self._settle(batch)
        return "later" if left else "now"

    def interrupt(self, leg: Leg, *, certain: bool = True) -> None:
        """The person takes the floor: give up what only reads, and ask for no answer to the rest.

        certain: False for a sound that may turn out to be no words; `something_was_said` or `nothing_was_said` follows.
        """
        self._given_up, self._answered = None, True
        theirs = [batch for batch in self._batches.values() if batch.leg is leg or batch.leg.deaf]
        for batch in [batch for batch in theirs if not batch.handing_over]:
            if not certain:
                self._given_up = leg
            batch.interrupted = True
            self._give_up(batch)
            self._settle(batch, over=True)

    def something_was_said(self) -> None:
        """The interruption was one: the service answers it by itself."""
        self._given_up = None

    def nothing_was_said(self, leg: Leg) -> None:
        """The interruption was none: the answer that was on its way is asked for again."""
        if self._given_up is leg:
            self._given_up, self._answered = None, False
            if leg is self._current() and not leg.responding:
                leg.ask_response()
                self._caller.set_state("thinking")

    async def close(self, seconds: float) -> None:
        """The call is over: give up what only reads, and wait at most `seconds` for the rest."""
        for batch in list(self._batches.values()):
            batch.interrupted = True
            self._give_up(batch)
            self._settle(batch, over=True)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _give_up(self, batch: _Batch) -> None:
        for task in batch.running.values():
            if batch.leg.box.read_only(task.get_name()):
                task.cancel()

    def _over(self, batch: _Batch, call: _Call, shown: str, began: float, task: "asyncio.Task[Result]") -> None:
        """A call has given something, or was given up."""
        self._running.discard(task)
        leg, call_id = batch.leg, call.call_id
        result = None if task.cancelled() else task.result()
        status: messages.ToolStatus = "cancelled" if result is None else "failed" if result.failed else "done"
        self._caller.say(messages.tool(shown, status, call_id))
        self._stopwatch.tool(shown, began, failed=status != "done")
        batch.running.pop(call_id, None)
        batch.sources.extend(result.sources if result is not None else ())
        call.output = _GIVEN_UP if result is None else result.text
        self._give(leg, call_id, call.output)
        wanted = leg is self._current() or (leg.deaf and self._batches.get(batch.response_id) is batch)
        if result is not None and result.hand_over is not None and not batch.handing_over and wanted:
            batch.handing_over = True
            self._bring_in(result.hand_over)
        self._settle(batch)

    def _give(self, leg: Leg, call_id: str, output: str) -> None:
        if not leg.retired and not leg.lost:
            item = {"id": short_id("output"), "type": "function_call_output", "call_id": call_id, "output": output}
            leg.send({"type": "conversation.item.create", "item": item})

    def _settle(self, batch: _Batch, *, over: bool = False) -> None:
        """Ask for the answer once everything is there; `over`: there will be none."""
        if not over and (batch.running or not batch.ended or batch.leg.deaf):  # deaf: waits for `carry_over`
            return
        if self._batches.get(batch.response_id) is not batch:
            return
        del self._batches[batch.response_id]
        if batch.filler is not None:
            batch.filler.cancel()
        leg = batch.leg
        leg.working -= 1
        if over or batch.interrupted or batch.handing_over or leg is not self._current():
            return
        self._recalled(tuple(dict.fromkeys(batch.sources)))
        if self._rounds > MOST_ROUNDS + 1:  # it was told to answer, and asks for tools again
            log.warning("%s: %s does nothing but use tools", self._call, leg.profile.id)
            told = f"{leg.profile.name} found no answer. Please ask again, in other words."
            self._caller.say(messages.error(told, "no_answer", retryable=True))
            self._caller.set_state("ready")
            return
        leg.ask_response(_ENOUGH if self._rounds > MOST_ROUNDS else "")
        self._caller.set_state("thinking")

    def _arm(self, batch: _Batch, seconds: float) -> None:
        if batch.filler is not None:
            batch.filler.cancel()
        batch.filler = asyncio.get_running_loop().call_later(seconds, self._fill, batch)

    def _fill(self, batch: _Batch) -> None:
        """Have a few words said while a tool takes its time, unless something is being said."""
        leg = batch.leg
        if batch.spoke or batch.interrupted or not batch.running or leg is not self._current():
            return
        if not batch.ended or leg.responding or self._caller.speaking_for() > 0:
            self._arm(batch, _LOOK_AGAIN_S)
            return
        log.debug("%s: a tool takes its time; %s says so", self._call, leg.profile.id)
        leg.speak(leg.profile.filler, as_written=self._as_written)


def _parsed(arguments: str) -> Any:
    """Return what the arguments say, however they are written."""
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments
