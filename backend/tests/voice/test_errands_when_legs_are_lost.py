"""Legs are lost at any moment while tools run: nothing is done twice, and the last leg answers what was asked for."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Asking, Result, Tool, Toolbox
from backend.core.context import SecurityLayer
from backend.voice.browser.caller import Caller
from backend.voice.call.errands import MOST_ROUNDS, Errands
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.patience import Patience
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import Link
from backend.voice.voicelive.upstream import Endpoint

PROFILE = AgentDirectory.load().default
NOTHING = {"type": "object", "properties": {}}
EVENTS = st.lists(st.sampled_from(["read", "write", "done", "finish", "lost", "back", "answered", "turn"]), max_size=30)


@dataclass(eq=False)
class Wire:
    """What goes to one session."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Calls that its model has asked for."""

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)

    def splice(self, take: None) -> None: ...

    def items(self, kind: str) -> list[str]:
        created = [event["item"] for event in self.sent if event["type"] == "conversation.item.create"]
        return [item["call_id"] for item in created if item["type"] == kind]


class Play:
    """A call with one tool that reads and one that writes; each waits until it may finish."""

    def __init__(self) -> None:
        self.turn = 0
        self.gates: list[asyncio.Future[None]] = []
        self.written: dict[int, int] = {}
        self.asked_to_write: set[int] = set()
        self.calls = self.responses = 0
        self.wires: list[Wire] = []
        self.legs: list[Leg] = []
        self.errands = Errands(
            "s",
            SecurityLayer("t", "u", "", frozenset()),
            Caller(),
            Stopwatch(asyncio.get_running_loop().time, lambda turn: None),
            Patience(),
            as_written=True,
            asked_by=lambda: f"item_{self.turn}",
            current=lambda: None if self.leg.deaf else self.leg,
            recalled=lambda sources: None,
            bring_in=lambda hand_over: None,
        )
        self.begin()

    @property
    def leg(self) -> Leg:
        return self.legs[-1]

    def begin(self) -> None:
        self.wires.append(Wire())
        leg = Leg(cast("Link", self.wires[-1]), cast("Endpoint", None), PROFILE, {}, 50)
        leg.box = Toolbox(
            [Tool("read", "", NOTHING, self.read), Tool("write", "", NOTHING, self.write, read_only=False)]
        )
        self.legs.append(leg)

    async def read(self, arguments: dict[str, Any], asking: Asking) -> Result:
        self.gates.append(gate := asyncio.get_running_loop().create_future())
        await gate
        return Result("read")

    async def write(self, arguments: dict[str, Any], asking: Asking) -> Result:
        turn = int(asking.turn_id.removeprefix("item_"))
        self.written[turn] = self.written.get(turn, 0) + 1
        self.gates.append(gate := asyncio.get_running_loop().create_future())
        await gate
        return Result("written")

    def open(self) -> str:
        """Have the model begin a response; return its id."""
        if self.leg.response_id is None:
            self.responses += 1
            self.leg.response_created(f"resp_{self.responses}")
        return str(self.leg.response_id)

    def done(self) -> None:
        if (response_id := self.leg.response_id) is not None:
            self.leg.response_done(response_id)
            self.errands.response_done(self.leg, {"id": response_id, "status": "completed", "output": []})

    def ask(self, name: str) -> None:
        """The model asks for a tool; on one leg it writes once a turn."""
        wire, key = self.wires[-1], f"write_{self.turn}"
        if name == "write" and key in wire.asked:
            return
        response_id = self.open()
        if response_id in self.leg.silenced:
            return
        self.calls += 1
        wire.asked |= {f"call_{self.calls}"} | ({key} if name == "write" else set())
        if name == "write":
            self.asked_to_write.add(self.turn)
        self.errands.asked(self.leg, response_id, {"call_id": f"call_{self.calls}", "name": name, "arguments": "{}"})

    def lose(self) -> None:
        self.leg.retired = self.leg.deaf = self.leg.lost = True

    def come_back(self) -> None:
        """As `Line` does it."""
        owed = self.leg.owes_answer
        self.begin()
        due = self.errands.carry_over(self.leg)
        if due == "now" or (owed and due == "no"):
            self.leg.ask_response()

    def answered(self) -> None:
        """The model answers in words."""
        if self.leg.asks:
            self.errands.answer_begins(self.open())
            self.done()

    def speak(self) -> None:
        self.leg.silence()
        self.errands.interrupt(self.leg)
        self.turn += 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def play(events: list[str]) -> None:
    call = Play()
    for event in [*events, "back"]:
        match event:
            case "finish" if call.gates:
                if not (gate := call.gates.pop(0)).done():
                    gate.set_result(None)
            case "back" if call.leg.deaf:
                call.come_back()
            case _ if call.leg.deaf:  # nobody is there to ask for anything, or to say that somebody speaks
                continue
            case "read" | "write":
                call.ask(event)
            case "done":
                call.done()
            case "lost":
                call.lose()
            case "answered":
                call.answered()
            case "turn":
                call.speak()
        await settle()
        assert all(leg.working >= 0 for leg in call.legs)
    call.done()
    for gate in call.gates:
        if not gate.done():
            gate.set_result(None)
    await settle()
    assert all(number == 1 for number in call.written.values()), "nothing is done twice"
    if call.responses < MOST_ROUNDS:
        assert set(call.written) == call.asked_to_write
    for wire in call.wires:
        given = wire.items("function_call_output")
        assert len(set(given)) == len(given), "each call is given something once"
        assert set(given) <= wire.asked | set(wire.items("function_call")), "and the session knows the call"
    last = call.wires[-1]
    told = set(last.items("function_call"))
    assert told <= set(last.items("function_call_output")), "the last session is told what came of everything"
    assert call.leg.working == 0
    if told and call.turn == 0 and not call.leg.silenced and call.responses < MOST_ROUNDS:
        assert call.leg.responding or call.leg.served, "and answers with it"
    await call.errands.close(1)


@settings(max_examples=300)
@given(EVENTS)
@example(["write", "lost", "back", "write", "done", "finish"])
@example(["write", "done", "lost", "finish", "back"])
@example(["write", "done", "finish", "lost", "back", "answered", "lost"])
def test_nothing_is_done_twice_and_everything_is_answered(events: list[str]) -> None:
    asyncio.run(play(events))
