"""The ledger: order by item, each turn once, and what was heard of an interrupted answer."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from backend.core.context import Role, Turn
from backend.voice.words.turns import OPEN_PATIENCE_S, TRANSCRIPT_PATIENCE_S, Ledger, Speech

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def test_an_answer_waits_for_the_question_whose_transcript_is_late() -> None:
    ledger = Ledger("s")
    ledger.begin("u1", "user", "elena", NOON, 0.0)
    ledger.over("u1", 1.0)
    ledger.begin("a1", "assistant", "elena", NOON + timedelta(seconds=1), 1.2)
    ledger.finish("a1", "Hi Ada", Speech(900))
    assert ledger.settle(1.5) == []
    ledger.finish("u1", "Hello, my name is Ada")
    assert [turn.content for turn in ledger.settle(1.6)] == ["Hello, my name is Ada", "Hi Ada"]


def test_the_wait_for_a_transcript_ends_and_a_later_one_is_stored_with_the_time_it_was_said() -> None:
    ledger = Ledger("s")
    ledger.begin("u1", "user", "elena", NOON, 0.0)
    ledger.over("u1", 1.0)
    ledger.begin("a1", "assistant", "elena", NOON + timedelta(seconds=1), 1.2)
    ledger.finish("a1", "Hi", Speech(900))
    assert ledger.next_deadline() == 1.0 + TRANSCRIPT_PATIENCE_S
    assert [turn.id for turn in ledger.settle(1.0 + TRANSCRIPT_PATIENCE_S)] == ["a1"]
    ledger.finish("u1", "Hello")
    (late,) = ledger.settle(20.0)
    assert (late.id, late.said_at) == ("u1", NOON)
    assert ledger.settle(1e9) == []


def test_the_conversation_order_of_the_service_wins_over_the_order_of_arrival() -> None:
    ledger = Ledger("s")
    ledger.begin("u1", "user", "elena", NOON, 0.0)
    ledger.begin("u2", "user", "elena", NOON + timedelta(seconds=3), 3.0)
    ledger.begin("a1", "assistant", "elena", NOON + timedelta(seconds=4), 4.0)
    ledger.follows("a1", "u1")
    for item_id in ("u1", "u2", "a1"):
        ledger.finish(item_id, item_id)
    turns = ledger.settle(5.0)
    assert [turn.id for turn in turns] == ["u1", "a1", "u2"]
    assert sorted(turns, key=lambda turn: turn.said_at) == turns


def test_an_interruption_after_the_turn_was_handed_out_returns_the_corrected_turn() -> None:
    ledger = Ledger("s")
    ledger.begin("a1", "assistant", "elena", NOON, 0.0)
    ledger.finish("a1", "one two three four", Speech(1000))
    (whole,) = ledger.settle(0.1)
    assert whole.content == "one two three four"
    corrected = ledger.interrupt("a1", 500)
    assert corrected is not None
    assert (corrected.id, corrected.content, corrected.unheard) == ("a1", "one two", "three four")
    assert corrected.interrupted
    exactly = ledger.interrupt("a1", 700)
    assert exactly is not None
    assert exactly.content == "one two", "the browser knows better than the clock where it stopped"
    restored = ledger.restore("a1")
    assert restored is not None
    assert (restored.content, restored.unheard, restored.interrupted) == ("one two three four", "", False)


def test_an_answer_of_which_nothing_was_heard_is_not_a_turn() -> None:
    ledger = Ledger("s")
    ledger.begin("a1", "assistant", "elena", NOON, 0.0)
    assert ledger.interrupt("a1", 0) is None
    ledger.finish("a1", "never spoken", Speech(1000))
    assert ledger.settle(1.0) == []


def test_the_end_of_the_call_hands_out_the_words_of_an_unfinished_answer() -> None:
    ledger = Ledger("s")
    ledger.begin("u1", "user", "elena", NOON, 0.0)
    ledger.begin("a1", "assistant", "elena", NOON, 0.5)
    ledger.heard_part("a1", "So far")
    assert [turn.content for turn in ledger.close(1.0)] == ["So far"]


def test_of_an_unfinished_answer_what_was_heard_is_known_at_the_end_of_the_call() -> None:
    ledger, speech = Ledger("s"), Speech(short=True)
    ledger.begin("a", "assistant", "elena", NOON, 0.0)
    ledger.heard_part("a", "", speech)
    ledger.heard_part("a", "One two three four")
    speech.audio_ms, speech.marks[:] = 2000.0, [(500, 3), (1000, 7), (1500, 13), (2000, 18)]
    ledger.interrupt("a", 1100)
    (turn,) = ledger.close(1.0)
    assert (turn.content, turn.unheard, turn.interrupted) == ("One two", "three four", True)


@given(st.text(max_size=200), st.floats(0, 1e5), st.floats(0, 1e5))
def test_heard_and_unheard_together_are_the_whole_answer(text: str, heard_ms: float, audio_ms: float) -> None:
    heard, unheard = Speech(audio_ms).split(text, heard_ms)
    assert heard + unheard == text
    if heard and unheard:
        assert unheard[0].isspace(), "a word is not torn apart"


def test_marks_of_the_service_say_where_a_word_ends() -> None:
    text = "Well... it depends, I think."
    speech = Speech(3000, marks=[(400, 4), (1500, 10), (1900, 18), (2000, 21), (2400, 27)])
    assert speech.split(text, 1499) == ("Well...", " it depends, I think.")
    assert speech.split(text, 1900) == ("Well... it depends,", " I think.")
    assert speech.split(text, 2999)[0] == text, "the last word is heard before the sound ends"


def test_an_answer_that_was_stopped_while_it_was_made_says_no_more_than_it_has_sound_for() -> None:
    text = "one two three four five six seven eight nine ten"
    speech = Speech(1300, marks=[(300, 3), (700, 7), (1200, 13)], short=True)
    assert speech.said(text) == "one two three"
    assert Speech(1300, short=True).said(text) == "one two three four", "20 characters, at 62 ms each"


def test_an_answer_of_which_nothing_was_heard_is_a_turn_once_it_goes_on() -> None:
    ledger = Ledger("s")
    ledger.begin("a1", "assistant", "elena", NOON, 0.0)
    ledger.interrupt("a1", 0)
    ledger.finish("a1", "spoken after all", Speech(1000))
    assert ledger.settle(1.0) == []
    ledger.restore("a1")
    assert [(turn.content, turn.interrupted) for turn in ledger.settle(2.0)] == [("spoken after all", False)]
    assert ledger.settle(3.0) == []


class Conversation(RuleBasedStateMachine):
    """Random calls: items begin in order, and their texts come in any order, twice, late or never."""

    open_items = Bundle("open_items")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger("s")
        self.now = 0.0
        self.begun: list[str] = []
        self.text: dict[str, str] = {}
        self.handed_out: list[Turn] = []
        self.waited_for: dict[str, float] = {}

    @rule(target=open_items, role=st.sampled_from(["user", "assistant"]))
    def begin(self, role: Role) -> str:
        self.now += 0.001  # two people cannot begin in the same microsecond
        item_id = f"item{len(self.begun)}"
        self.begun.append(item_id)
        self.waited_for[item_id] = self.now + OPEN_PATIENCE_S
        self.ledger.begin(item_id, role, "elena", NOON + timedelta(seconds=self.now), self.now)
        return item_id

    @rule(item_id=open_items)
    def begins_again(self, item_id: str) -> None:
        self.ledger.begin(item_id, "user", "marcus", NOON, self.now)

    @rule(item_id=open_items)
    def over(self, item_id: str) -> None:
        self.waited_for[item_id] = min(self.waited_for[item_id], self.now + TRANSCRIPT_PATIENCE_S)
        self.ledger.over(item_id, self.now)

    @rule(item_id=open_items, text=st.sampled_from(["hello", "good day", "  "]))
    def text_comes(self, item_id: str, text: str) -> None:
        if not self.text.get(item_id):
            self.text[item_id] = text.strip()
        self.ledger.finish(item_id, text)

    @rule(item_id=consumes(open_items))
    def fails(self, item_id: str) -> None:
        self.text.setdefault(item_id, "")
        self.ledger.fail(item_id)

    @rule(seconds=st.sampled_from([0.1, 3.0, TRANSCRIPT_PATIENCE_S, OPEN_PATIENCE_S]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def settle(self) -> None:
        turns = self.ledger.settle(self.now)
        late_or_in_order = [turn.id for turn in turns]
        self.handed_out += turns
        for item_id in late_or_in_order:
            before = self.begun[: self.begun.index(item_id)]
            for earlier in before:
                known = earlier in self.text
                assert known or self.now >= self.waited_for[earlier], "an open item that may still come was overtaken"

    def teardown(self) -> None:
        self.handed_out += self.ledger.close(self.now)
        assert {turn.id for turn in self.handed_out} == {item_id for item_id, text in self.text.items() if text}
        self.the_time_said_keeps_the_order_in_which_items_began()

    @invariant()
    def each_turn_is_handed_out_once(self) -> None:
        ids = [turn.id for turn in self.handed_out]
        assert len(ids) == len(set(ids))

    @invariant()
    def the_time_said_keeps_the_order_in_which_items_began(self) -> None:
        by_time = sorted(self.handed_out, key=lambda turn: turn.said_at)
        began = [self.begun.index(turn.id) for turn in by_time]
        assert began == sorted(began)


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=150, stateful_step_count=30)
