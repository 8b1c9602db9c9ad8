"""The assistants are files: complete ones are offered, faulty ones refused by name, new ones need no code."""

import shutil
from pathlib import Path

import pytest

from backend.agents.profiles import PROFILES, AgentDirectory, voice_name
from backend.core.problems import Problem
from backend.core.settings import Settings


def test_elena_and_marcus_are_there_with_different_voices_and_colours() -> None:
    elena, marcus = AgentDirectory.load().all()
    assert (elena.id, marcus.id) == ("elena", "marcus")
    assert elena.voice.azure == "en-US-Ava:DragonHDLatestNeural"
    assert marcus.voice.azure == "en-US-Andrew:DragonHDLatestNeural"
    assert elena.voice.local != marcus.voice.local
    assert elena.colour != marcus.colour
    assert AgentDirectory.load().default is not None


def test_the_voice_setting_is_elenas_and_leaves_marcus_his_own() -> None:
    elena, marcus = AgentDirectory.load().all()
    settings = Settings(azure_voicelive_voice="en-GB-SoniaNeural")
    assert voice_name(elena, settings) == "en-GB-SoniaNeural"
    assert voice_name(marcus, settings) == marcus.voice.azure
    assert voice_name(elena, Settings(azure_voicelive_voice="")) == elena.voice.azure


def test_an_unknown_agent_is_404_and_names_those_there_are() -> None:
    with pytest.raises(Problem) as caught:
        AgentDirectory.load().get("nobody")
    assert caught.value.status == 404
    assert "elena, marcus" in caught.value.detail


def test_an_agent_is_added_with_a_file_and_no_code(tmp_path: Path) -> None:
    shutil.copytree(PROFILES, tmp_path, dirs_exist_ok=True)
    text = (
        (tmp_path / "marcus.yaml").read_text().replace("id: marcus", "id: ines").replace("name: Marcus", "name: Ines")
    )
    (tmp_path / "ines.yaml").write_text(text)
    assert [agent.id for agent in AgentDirectory.load(tmp_path).all()] == ["elena", "ines", "marcus"]
    assert AgentDirectory.load(tmp_path).get("ines").name == "Ines"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("name: Marcus", "nam: Marcus", "nam"),
        ('light: "#a34a12"', "light: rust", "light"),
        ("id: marcus", "id: other", "marcus.yaml"),
        ("title: Project manager", "title: ''", "title"),
        ("voice:", "voice: [", "marcus.yaml"),
        ("threshold: 0.5", "threshold: 1.5", "turn_detection.threshold"),
        ("silence_duration_ms: 500", "silence_duration_ms: 40", "turn_detection.silence_duration_ms"),
        ("silence_duration_ms:", "silence_ms:", "turn_detection.silence_ms"),
        ("threshold_level: default", "threshold_level: extreme", "threshold_level"),
        ("type: azure_semantic_vad", "type: good_manners", "turn_detection.type"),
        ("type: azure_semantic_vad", "type: server_vad\n  languages: [de]", "takes no languages"),
        ("type: azure_semantic_vad", "type: azure_semantic_vad\n  backchannels: [Mhm]", "turn_detection.backchannels"),
    ],
)
def test_a_faulty_file_is_refused_by_its_name_and_field(tmp_path: Path, old: str, new: str, named: str) -> None:
    shutil.copytree(PROFILES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "marcus.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=r"marcus\.yaml") as caught:
        AgentDirectory.load(tmp_path)
    assert named in str(caught.value)


def test_without_the_default_agent_nothing_starts(tmp_path: Path) -> None:
    shutil.copy(PROFILES / "marcus.yaml", tmp_path)
    with pytest.raises(ValueError, match=r"elena\.yaml"):
        AgentDirectory.load(tmp_path)
