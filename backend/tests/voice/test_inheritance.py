"""How a call begins that another process began: what the last turn is taken for, and what is stored of an answer."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from backend.core.context import Turn
from backend.voice.browser.caller import Caller
from backend.voice.browser.messages import Playing
from backend.voice.call.inheritance import inherit
from backend.voice.words.keeper import Keeper
from backend.voice.words.transcript import Transcript

ANSWER = "one two three four five six seven eight nine ten"
PACE = 62.0  # ms a character


class Kept:
    """What memory is told to correct."""

    def __init__(self) -> None:
        self.amended: list[Turn] = []

    def amend(self, turn: Turn) -> None:
        self.amended.append(turn)

    def keep(self, turns: list[Turn]) -> None:
        assert not turns, "it is stored already"


def turn(role: str, content: str, ago_s: float = 3.0, **fields: object) -> Turn:
    said_at = datetime.now(UTC) - timedelta(seconds=ago_s)
    made = Turn("a1" if role == "assistant" else "u1", role, content, "voice", "elena", said_at, "s")  # type: ignore[arg-type]
    return made._replace(**fields)  # type: ignore[arg-type]


def begin(turns: list[Turn], playing: Playing | None) -> tuple[str, list[Turn], Caller]:
    kept, caller = Kept(), Caller()
    transcript = Transcript("s", cast("Keeper", kept), caller.say)
    return inherit(turns, transcript, caller, playing), kept.amended, caller


def question() -> Turn:
    return turn("user", "Count!")


def whole_answer() -> Turn:
    return turn("assistant", ANSWER)


NOTHING = Playing("", 0.0, 0.0, ended=False)


async def test_a_question_without_an_answer_is_answered() -> None:
    assert begin([question()], NOTHING)[:2] == ("answer", [])


async def test_an_old_question_is_left_alone() -> None:
    assert begin([turn("user", "Count!", ago_s=600)], NOTHING)[0] == "listen"


async def test_a_question_typed_in_chat_is_answered_there() -> None:
    assert begin([turn("user", "Count!", channel="chat")], NOTHING)[0] == "listen"


async def test_an_answer_that_has_arrived_whole_stays_as_it_is() -> None:
    whole = Playing("a1", 500.0, len(ANSWER) * PACE, ended=True)
    how, amended, caller = begin([question(), whole_answer()], whole)
    assert (how, amended) == ("listen", [])
    assert caller.speaking_for() == pytest.approx((whole.received_ms - 500) / 1000, abs=0.1)


async def test_an_answer_that_broke_off_is_stored_as_far_as_its_sound_has_arrived_and_goes_on() -> None:
    how, [stored], _ = begin([question(), whole_answer()], Playing("a1", 300.0, 20 * PACE, ended=False))
    assert how == "go on"
    assert stored.interrupted
    assert stored.content == "one two three four"
    assert f"{stored.content} {stored.unheard}" == ANSWER


async def test_an_answer_of_which_nothing_arrived_was_not_heard_and_is_given_again() -> None:
    how, [stored], _ = begin([question(), whole_answer()], NOTHING)
    assert (how, stored.content, stored.unheard) == ("answer", "", ANSWER)


async def test_whoever_came_in_is_listened_to() -> None:
    cut = turn("assistant", "one two", unheard="three", interrupted=True)
    assert begin([question(), cut], Playing("a1", 400.0, 400.0, ended=False))[:2] == ("listen", [])


async def test_an_answer_that_was_left_while_it_was_heard_is_whole_when_all_of_it_has_arrived() -> None:
    left = turn("assistant", "one two three", unheard=ANSWER.removeprefix("one two three "), interrupted=True)
    how, [stored], _ = begin([question(), left], Playing("a1", 700.0, len(ANSWER) * PACE, ended=True))
    assert how == "listen"
    assert (stored.content, stored.unheard, stored.interrupted) == (ANSWER, "", False)


async def test_a_browser_that_does_not_say_what_it_plays_is_taken_to_have_heard_it() -> None:
    assert begin([question(), whole_answer()], None)[:2] == ("listen", [])
