"""Tools of a call in any order of events: each call is given to once, and each finished response is answered once."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Asking, HandOver, Result, Tool, Toolbox
from backend.core.context import SecurityLayer
from backend.voice.browser.caller import Caller
from backend.voice.call.errands import _ENOUGH, MOST_ROUNDS, Errands
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.patience import Patience
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import Link
from backend.voice.voicelive.upstream import Endpoint

PROFILE = AgentDirectory.load().default
NOTHING = {"type": "object", "properties": {}}
EVENTS = st.lists(
    st.sampled_from(["read", "write", "unknown", "again", "done", "finish", "speech", "words", "noise", "answered"]),
    max_size=30,
)


@dataclass
class Wire:
    """What goes to VoiceLive, and what becomes of the tools."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    written: int = 0

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)

    def splice(self, take: None) -> None: ...

    async def read(self, arguments: dict[str, Any], asking: Asking) -> Result:
        self.waiting.append(gate := asyncio.get_running_loop().create_future())
        await gate
        return Result("read")

    async def write(self, arguments: dict[str, Any], asking: Asking) -> Result:
        self.waiting.append(gate := asyncio.get_running_loop().create_future())
        await gate
        self.written += 1
        return Result("written")

    def outputs(self) -> list[tuple[str, str]]:
        items = [event["item"] for event in self.sent if event["type"] == "conversation.item.create"]
        return [(item["call_id"], item["output"]) for item in items]

    def asked(self) -> int:
        return sum(event["type"] == "response.create" for event in self.sent)


async def play(events: list[str]) -> None:
    wire, loop = Wire(), asyncio.get_running_loop()
    leg = Leg(cast("Link", wire), cast("Endpoint", None), PROFILE, {}, 50)
    leg.box = Toolbox([Tool("read", "", NOTHING, wire.read), Tool("write", "", NOTHING, wire.write, read_only=False)])
    errands = Errands(
        "s",
        SecurityLayer("t", "u", "", frozenset()),
        Caller(),
        Stopwatch(loop.time, lambda turn: None),
        Patience(),
        as_written=True,
        asked_by=lambda: "item_u",
        current=lambda: leg,
        recalled=lambda sources: None,
        bring_in=lambda hand_over: _never(hand_over),
    )
    calls, responses, writes = list[str](), 0, list[str]()
    open_calls, may_be_noise = list[str](), False

    async def settle() -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    for event in events:
        response_id = f"resp_{responses}"
        if event in ("read", "write", "unknown"):
            if leg.response_id is None:
                if leg.asks:  # what we asked for is answered first
                    leg.response_created(response_id)
                    leg.response_done(response_id)
                    responses += 1
                    response_id = f"resp_{responses}"
                leg.response_created(response_id)
                open_calls = []
            if response_id not in leg.silenced:
                calls.append(f"call_{len(calls)}")
                open_calls.append(calls[-1])
                if event == "write":
                    writes.append(calls[-1])
                name = event if event != "unknown" else "no_such_tool"
                errands.asked(leg, response_id, {"call_id": calls[-1], "name": name, "arguments": "{}"})
        elif event == "again" and open_calls and leg.response_id:
            errands.asked(leg, response_id, {"call_id": open_calls[-1], "name": "read", "arguments": "{}"})
        elif event == "done" and leg.response_id:
            leg.response_done(response_id)
            errands.response_done(leg, {"id": response_id, "status": "completed", "output": []})
            responses += 1
        elif event == "finish" and wire.waiting:
            if not (gate := wire.waiting.pop(0)).done():
                gate.set_result(None)
        elif event == "speech":
            leg.silence()
            errands.interrupt(leg, certain=False)
            may_be_noise = True
        elif event == "words":
            errands.something_was_said()
            may_be_noise = False
        elif event == "noise" and may_be_noise:
            errands.nothing_was_said(leg)
            may_be_noise = False
        elif event == "answered" and leg.asks:
            leg.response_created(response_id)
            leg.response_done(response_id)
            responses += 1
        await settle()
        assert leg.working >= 0
    if leg.response_id:
        response_id = f"resp_{responses}"
        leg.response_done(response_id)
        errands.response_done(leg, {"id": response_id, "status": "completed", "output": []})
    for gate in wire.waiting:
        if not gate.done():
            gate.set_result(None)
    await settle()
    await errands.close(1)
    await settle()
    assert sorted(call_id for call_id, _ in wire.outputs()) == sorted(calls), "each call is given something, once"
    refused = {call_id for call_id, output in wire.outputs() if output == _ENOUGH}
    assert not refused or responses >= MOST_ROUNDS
    begun = [call_id for call_id in writes if call_id not in refused]
    assert wire.written == len(begun), "what changes something is never given up"
    done = [call_id for call_id, output in wire.outputs() if output == "written"]
    assert sorted(done) == sorted(begun), "and the model is told that it was done"
    assert leg.working == 0
    assert wire.asked() <= responses + 1 + events.count("noise")


def _never(hand_over: HandOver) -> None:
    raise AssertionError("nobody hands over here")


@settings(max_examples=300)
@given(EVENTS)
@example(["read", "done"] * 12 + ["write", "done"])  # so many rounds that no more tools are used
def test_each_call_is_given_to_once_and_each_response_answered_at_most_once(events: list[str]) -> None:
    asyncio.run(play(events))
