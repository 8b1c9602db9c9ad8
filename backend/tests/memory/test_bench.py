"""The measuring of memory: reading evidence, counting it, filling a budget, judging what is shown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from backend.core.context import Turn
from bench.memory import recall, within
from bench.memory_baselines import Plain
from bench.memory_dialogues import holds_value
from bench.memory_locomo import Asked, evidence_ids, is_locomo, read_locomo
from bench.memory_said import admits
from bench.memory_said import right as said_right

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


def test_malformed_evidence_is_split_and_normalised() -> None:
    assert evidence_ids(["D8:6; D9:17", "D30:05", "D:11:26", "D8:6", "D"]) == ["D8:6", "D9:17", "D30:5", "D11:26"]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """One dialogue of the data's form, with words of our own."""
    said = [
        {"speaker": "Ada", "dia_id": "D1:1", "text": "I planted a pear tree.", "blip_caption": "a small tree"},
        {"speaker": "Bo", "dia_id": "D1:2", "text": "Lovely!"},
    ]
    asked = [
        {"question": "What did Ada plant?", "evidence": ["D1:1", "D7:99"], "category": 4},
        {"question": "Who knows?", "evidence": [], "category": 3},
    ]
    spoken = {"speaker_a": "Ada", "speaker_b": "Bo", "session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": said}
    path = tmp_path / "sample.json"
    path.write_text(json.dumps([{"sample_id": "s", "conversation": spoken, "qa": asked}]), encoding="utf-8")
    return path


def test_a_dialogue_is_read_with_its_captions_and_without_evidence_that_names_no_turn(sample: Path) -> None:
    assert is_locomo(sample)
    (dialogue,) = read_locomo(sample)
    assert dialogue.turns[0].content == "I planted a pear tree. [a small tree]"
    assert dialogue.turns[0].said_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert [(asked.evidence, asked.category) for asked in dialogue.asked] == [(("D1:1",), "single-hop")]
    assert dialogue.indexed(dialogue.turns[1]) == "Bo: Lovely!"


def test_recall_is_the_share_of_the_evidence() -> None:
    assert recall(["a", "b"], ["b", "c"]) == 0.5


def test_a_turn_that_does_not_fit_is_passed_over() -> None:
    turns = [Turn(str(size), "user", "x" * size, "chat", "elena", NOW) for size in (40, 4_000, 80)]
    assert [turn.id for turn in within(turns, {}, 80)] == ["40", "80"]


@pytest.mark.parametrize(
    ("lines", "right"),
    [
        (["I live in Graz."], True),
        (["I live in Linz.", "I live in Graz."], False),
        (["I do not live in Linz any more.", "I live in Graz."], True),
        (["From Linz to Graz.", "I live in Linz."], True),
        (["I like it here."], False),
    ],
)
def test_the_right_value_must_stand_before_an_outdated_one_that_is_not_marked(lines: list[str], right: bool) -> None:
    asked = Asked("Where do I live?", "contradiction", ("t1",), answer="graz", outdated=("Linz",))
    assert holds_value(lines, asked) is right


@pytest.mark.parametrize(
    ("said", "admitted"),
    [
        ("I do not know it yet.", True),
        ("You haven't told me how old Hedda is. Shall I note it?", True),
        ("Hedda's age is not mentioned in my notes.", True),
        ("Hedda is 38.", False),
        ("I do not know exactly, but Hedda is thirty eight.", False),
        ("I don't know how old Hedda is, but her brother Elias is older.", False),
        ("Hedda is your sister.", False),
    ],
)
def test_an_answer_admits_that_it_is_not_known_when_it_says_so_and_names_nothing_in_its_place(
    said: str, admitted: bool
) -> None:
    assert admits(said, "How old is Hedda?") is admitted


@pytest.mark.parametrize(
    ("said", "is_right"),
    [
        ("It was on the 3rd of March.", True),
        ("It moved on March 3, 2026.", True),
        ("On 4 March.", False),
        ("Forty thousand euros.", True),
        ("You have 40,000.", True),
        ("It was 35,000 and is 40,000 now.", False),
        ("I do not know it.", False),
    ],
)
def test_an_answer_is_right_when_it_holds_the_value_in_any_spelling_before_an_outdated_one(
    said: str, is_right: bool
) -> None:
    asked = Asked("?", "single-hop", ("t",), answer="2026-03-03", also=("40,000",), outdated=("35,000",))
    assert said_right(said, asked) is is_right


def test_the_formulas_of_others_rank_the_only_match_first() -> None:
    vectors = np.eye(3, 384, dtype=np.float32)
    plain = Plain(["a pear tree", "lovely weather", "see the harbour"], vectors)
    for scores in (
        plain.bm25("pear"),
        plain.fused("pear", vectors[0], 1),
        plain.fused("pear", vectors[0], 60),
        plain.summed("pear", vectors[0]),
    ):
        assert int(np.argmax(scores)) == 0
