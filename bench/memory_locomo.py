"""Reads a LoCoMo file (Maharana et al., 2024): long dialogues of two friends, with questions and the turns that answer.

The data is CC BY-NC 4.0: measured by path, never kept here. Both speakers are indexed as people ("user"), by their
names; an image is indexed by its caption, with its turn.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backend.core.context import Turn

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}

_EVIDENCE = re.compile(r"D:?(\d+):(\d+)")


@dataclass(frozen=True)
class Asked:
    """A question. evidence: ids of the turns that answer it. answer, also: right values, outdated: wrong ones."""

    text: str
    category: str
    evidence: tuple[str, ...]
    id: str = ""
    answer: str = ""
    also: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialogue:
    """One person's memory: turns in order, the speaker of each (by turn id), the agents' names by id, the questions.

    named: whether a turn's vector stands for its speaker's name, too.
    """

    name: str
    user: str
    agents: dict[str, str]
    turns: tuple[Turn, ...]
    speakers: dict[str, str]
    asked: tuple[Asked, ...]
    asked_at: datetime
    named: bool = True

    def indexed(self, turn: Turn) -> str:
        """The text whose vector stands for a turn."""
        return f"{self.speakers[turn.id]}: {turn.content}" if self.named else turn.content


def is_locomo(path: Path) -> bool:
    """Tell a LoCoMo file from the project's own dialogues."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return isinstance(data, list) and all("qa" in sample and "conversation" in sample for sample in data)


def read_locomo(path: Path) -> list[Dialogue]:
    """Return the file's dialogues; questions without evidence are left out, as is evidence that names no turn."""
    return [_dialogue(sample) for sample in json.loads(path.read_text(encoding="utf-8"))]


def evidence_ids(named: list[str]) -> list[str]:
    """Return turn ids as the dialogue writes them: "D8:6; D9:17" are two, "D30:05" is D30:5, "D:11:26" is D11:26."""
    return list(dict.fromkeys(f"D{int(a)}:{int(b)}" for text in named for a, b in _EVIDENCE.findall(text)))


def _dialogue(sample: dict[str, Any]) -> Dialogue:
    spoken = sample["conversation"]
    first, second = spoken["speaker_a"], spoken["speaker_b"]
    turns: list[Turn] = []
    speakers: dict[str, str] = {}
    keys = sorted((key for key in spoken if re.fullmatch(r"session_\d+", key)), key=lambda key: int(key[8:]))
    for key in keys:
        begins = datetime.strptime(spoken[f"{key}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for place, said in enumerate(spoken[key]):
            caption = said.get("blip_caption")
            content = f"{said['text']} [{caption}]" if caption else said["text"]
            at = begins + timedelta(seconds=30 * place)
            turns.append(Turn(said["dia_id"], "user", content, "chat", "", at, key, seq=len(turns) + 1))
            speakers[said["dia_id"]] = said["speaker"]
    known = {turn.id for turn in turns}
    asked = []
    for entry in sample["qa"]:
        evidence = tuple(turn_id for turn_id in evidence_ids(entry["evidence"]) if turn_id in known)
        if evidence:
            asked.append(Asked(entry["question"], CATEGORIES[entry["category"]], evidence))
    asked_at = turns[-1].said_at + timedelta(days=1)
    name = str(sample.get("sample_id", first))
    return Dialogue(name, first, {second.casefold(): second}, tuple(turns), speakers, tuple(asked), asked_at)
