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
