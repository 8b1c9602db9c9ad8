"""One session, as far as answers go: what is asked for is given in the end, whoever opens a response in between."""

from typing import Any, cast

import pytest

from backend.agents.profiles import AgentDirectory
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import Link
from backend.voice.voicelive.upstream import Endpoint

ACTIVE = "conversation_already_has_active_response"


class Wire:
    """What goes to VoiceLive."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)

    def splice(self, take: None) -> None: ...

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [event for event in self.sent if event["type"] == "response.create"]


async def a_leg() -> tuple[Leg, Wire]:
    wire = Wire()
    return Leg(cast("Link", wire), cast("Endpoint", None), AgentDirectory.load().default, {}, 50), wire


@pytest.mark.parametrize("seen", [True, False], ids=["seen before the refusal", "seen after it"])
@pytest.mark.parametrize("named", [True, False], ids=["with our event id", "without"])
async def test_an_answer_refused_because_speech_has_opened_one_meanwhile_is_asked_for_again_as_it_was(
    *, seen: bool, named: bool
) -> None:
    leg, wire = await a_leg()
    leg.ask_response("Be brief.")
    if seen:  # it is taken for the one that was asked for
        leg.response_created("resp_speech")
    assert leg.refused(wire.asked[0]["event_id"] if named else "", ACTIVE), "no concern of the caller"
    if not seen:
        leg.response_created("resp_speech")
    assert leg.owes_answer
    leg.response_done("resp_speech")
    first, again = wire.asked
    assert again["additional_instructions"] == first["additional_instructions"] == "Be brief."
    leg.response_created("resp_ours")
    leg.response_done("resp_ours")
    assert len(wire.asked) == 2
    assert not leg.owes_answer


async def test_a_filler_that_speech_forestalls_is_not_said_later() -> None:
    leg, wire = await a_leg()
    leg.speak("Let me look.", as_written=True)
    leg.response_created("resp_speech")
    assert leg.refused(wire.asked[0]["event_id"], ACTIVE)
    leg.response_done("resp_speech")
    assert len(wire.asked) == 1


async def test_a_refusal_that_is_not_about_our_question_is_told() -> None:
    leg, _ = await a_leg()
    assert not leg.refused("", ACTIVE)
    leg.ask_response()
    assert not leg.refused("create_of_somebody_else", ACTIVE)
