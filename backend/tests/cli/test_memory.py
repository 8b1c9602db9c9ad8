"""`engram memory import` and `export`, run as a person runs them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backend.cli.main import app
from backend.core.ids import new_id
from backend.core.settings import Settings
from backend.tests.conftest import StoreSettings

CHATGPT = [
    {
        "conversation_id": "c1", "current_node": "a",
        "mapping": {"a": {"id": "a", "parent": None, "children": [], "message": {
            "id": "a", "author": {"role": "user"}, "create_time": 1700000000,
            "content": {"content_type": "text", "parts": ["I live in Bonn"]}}}},
    }
]  # fmt: skip


def engram(settings: StoreSettings, *arguments: str) -> Result:
    environment: dict[str, str | None] = {name.upper(): None for name in Settings.model_fields}
    environment |= {
        "ENVIRONMENT": "development",
        "AUTH_REQUIRED": "false",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "ENCRYPTION_KEY": settings.encryption_key,
    }
    return CliRunner().invoke(app, ["memory", *arguments], env=environment)


@pytest.fixture
def somebody() -> list[str]:
    return ["--user", new_id("ada"), "--tenant", "test"]


def test_what_is_imported_is_exported_and_comes_back_the_same(
    database: object, store_settings: StoreSettings, tmp_path: Path, somebody: list[str]
) -> None:
    source = tmp_path / "conversations.json"
    source.write_text(json.dumps(CHATGPT))
    imported = engram(store_settings, "import", str(source), "--format", "chatgpt", *somebody)
    assert (imported.exit_code, imported.stdout) == (0, "1 turns and 0 facts are held; 0 could not be read.\n")
    first = engram(store_settings, "export", *somebody)
    assert [json.loads(line)["type"] for line in first.stdout.splitlines()] == ["engram", "turn"]
    again = tmp_path / "out.jsonl"
    again.write_text(first.stdout)
    engram(store_settings, "import", str(again), "--format", "jsonl", *somebody)
    assert engram(store_settings, "export", *somebody).stdout == first.stdout


def test_bad_lines_are_named_and_strict_stops_at_the_first(
    database: object, store_settings: StoreSettings, tmp_path: Path, somebody: list[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"type": "engram", "version": 1}\nno json\n')
    loose = engram(store_settings, "import", str(source), "--format", "jsonl", *somebody)
    assert (loose.exit_code, loose.stderr) == (0, "line 2: not JSON\n")
    strict = engram(store_settings, "import", str(source), "--format", "jsonl", "--strict", *somebody)
    assert strict.exit_code == 1
    assert strict.stderr == "Stopped at line 2: not JSON. What came before it is stored.\n"


def test_a_file_that_is_not_there_is_said(store_settings: StoreSettings, somebody: list[str]) -> None:
    missing = engram(store_settings, "import", "/nowhere.json", "--format", "mem0", *somebody)
    assert missing.exit_code == 2
    assert "does not exist" in missing.stderr
