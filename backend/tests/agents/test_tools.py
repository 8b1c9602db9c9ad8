"""The toolbox: what a model asks for is checked, bounded and answered in words, whatever the tool does."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.agents import own_tools
from backend.agents.profiles import AgentDirectory
from backend.agents.tools import LONGEST_RESULT, Asking, Result, Tool, Toolbox, Toolboxes, ToolFailed
from backend.core.context import SecurityLayer
from backend.core.problems import Problem

ADA = Asking(SecurityLayer("t", "ada", "Ada", frozenset()), "s1", "elena", "chat", "msg_1")
AGENTS = AgentDirectory.load()
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city"],
    "additionalProperties": False,
}


def weather(run: Any, **more: Any) -> Toolbox:
    return Toolbox([Tool("get_weather", "The weather.", SCHEMA, run, **more)])


async def sunny(arguments: dict[str, Any], asking: Asking) -> Result:
    return Result(f"Sunny in {arguments['city']}, {asking.who.display_name}.")


async def test_a_call_that_fits_the_schema_is_run_for_the_person_who_asks() -> None:
    result = await weather(sunny).call("get_weather", ' {\n "city": "London" } ', ADA)
    assert (result.text, result.outcome) == ("Sunny in London, Ada.", "done")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"city": ', "not valid JSON"),
        ('{"city": 7}', "city: 7 is not of type 'string'"),
        ("{}", "'city' is a required property"),
        ('["London"]', "is not of type 'object'"),
        ('{"city": "London", "owner": "bob"}', "'owner' was unexpected"),
        ('{"city": "London", "days": 0}', "days: 0 is less than the minimum of 1"),
        ("null", "null or too long"),
        ('{"city": "' + "x" * 20_000 + '"}', "null or too long"),
    ],
)
async def test_arguments_that_do_not_fit_are_refused_before_anything_runs(arguments: str, told: str) -> None:
    async def never(arguments: dict[str, Any], asking: Asking) -> Result:
        raise AssertionError("it ran")

    result = await weather(never).call("get_weather", arguments, ADA)
    assert result.outcome == "refused"
    assert told in result.text


async def test_an_unknown_tool_is_told_with_those_there_are() -> None:
    result = await weather(sunny).call("get_whether", "{}", ADA)
    assert (result.outcome, result.text) == ("refused", "There is no tool 'get_whether'. There are: get_weather.")


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ToolFailed("The station is closed. Ask for another city."), "The station is closed. Ask for another city."),
        (Problem(503, "unavailable", "Down", "The store is down. Try later."), "The store is down. Try later."),
        (ZeroDivisionError("secret inside"), "get_weather failed inside"),
    ],
)
async def test_a_failure_is_told_with_its_remedy_and_nothing_internal(failure: Exception, told: str) -> None:
    async def fails(arguments: dict[str, Any], asking: Asking) -> Result:
        raise failure

    result = await weather(fails).call("get_weather", '{"city": "London"}', ADA)
    assert result.outcome == "failed"
    assert told in result.text
    assert "secret" not in result.text


async def test_a_tool_that_does_not_answer_is_given_up_and_one_that_changes_something_goes_on() -> None:
    gate, done, cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(arguments: dict[str, Any], asking: Asking) -> Result:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        done.set()
        return Result("late")

    result = await weather(slow).call("get_weather", '{"city": "London"}', ADA, seconds=0.01)
    assert "did not answer within 0.01 s. Say so" in result.text
    await asyncio.wait_for(cancelled.wait(), 5)
    result = await weather(slow, read_only=False).call("get_weather", '{"city": "London"}', ADA, seconds=0.01)
    assert "It may still be done; do not say that it is." in result.text
    gate.set()
    await asyncio.wait_for(done.wait(), 5)


async def test_a_result_that_is_too_long_is_cut_with_a_note() -> None:
    async def long(arguments: dict[str, Any], asking: Asking) -> Result:
        return Result("x" * (LONGEST_RESULT + 1))

    result = await weather(long).call("get_weather", '{"city": "London"}', ADA)
    assert result.text.startswith("x" * LONGEST_RESULT + "\n[Cut here: these are 6,000 of 6,001 characters.")


async def test_hand_off_names_the_others_and_nobody_else() -> None:
    box = await Toolboxes({"hand_off": own_tools.hand_off(AGENTS)}).open(AGENTS.get("elena"))
    assert box.functions[0]["parameters"]["properties"]["agent_id"]["enum"] == ["marcus"]
    result = await box.call("hand_off", '{"agent_id": "marcus", "reason": "A plan is wanted."}', ADA)
    assert result.hand_over is not None
    assert (result.hand_over.agent.id, result.hand_over.reason) == ("marcus", "A plan is wanted.")
    assert (await box.call("hand_off", '{"agent_id": "elena", "reason": "x"}', ADA)).outcome == "refused"


async def test_the_time_is_told_in_the_zone_that_is_asked_for() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    box = await Toolboxes({"get_time": own_tools.get_time(lambda: moment)}).open(AGENTS.get("elena"))
    berlin = await box.call("get_time", '{"timezone": "Europe/Berlin"}', ADA)
    assert berlin.text == "Thursday, 2 July 2026, 00:30 (Europe/Berlin, UTC+0200)"
    assert (await box.call("get_time", "", ADA)).text == "Wednesday, 1 July 2026, 22:30 (UTC, UTC+0000)"
    for wrong in ("Atlantis/Sea", "../etc/passwd", "Europe"):
        result = await box.call("get_time", f'{{"timezone": "{wrong}"}}', ADA)
        assert "Name one of the IANA database" in result.text


def test_a_profile_with_a_tool_that_nobody_has_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"elena\.yaml: unknown tools \['get_time'"):
        Toolboxes({}).check(AGENTS.all())
