"""What `engram doctor` says of a Zep."""

import pytest
from typer.testing import CliRunner

from backend.cli.main import app
from backend.tests.conftest import free_port


def last_line(monkeypatch: pytest.MonkeyPatch, **settings: str) -> str:
    monkeypatch.setenv("AUTH_REQUIRED", "false")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0, result.output
    return result.output.strip().splitlines()[-1]


def test_without_a_zep_it_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZEP_API_KEY", raising=False)
    assert last_line(monkeypatch) == "zep: not configured: set ZEP_API_KEY to keep a copy of the memory in Zep"


def test_a_zep_that_is_not_there_is_told_with_what_to_check_and_without_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = last_line(monkeypatch, ZEP_API_KEY="the-secret-key", ZEP_API_URL=f"http://127.0.0.1:{free_port()}")
    assert "does not answer" in said
    assert "ZEP_API_URL" in said
    assert "the-secret-key" not in said
