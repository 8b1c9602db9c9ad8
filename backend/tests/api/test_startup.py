"""The SOP's own steps: `uvicorn backend.api.main:app`, the validation calls as printed, refusals in plain words."""

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen, run
from typing import Any

import pytest

from backend.api import main
from backend.core.settings import Settings
from backend.tests.conftest import StoreSettings

ROOT = Path(__file__).parents[3]


def environment(**values: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with these."""
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in ours} | values


@contextmanager
def serving(port_file: Path, **values: str) -> Iterator[str]:
    """The service as `uvicorn backend.api.main:app` on a free port, run in an empty directory (no .env)."""
    command = [sys.executable, "-m", "uvicorn", "backend.api.main:app", "--port", "0", "--app-dir", str(ROOT)]
    with Popen(command, stdout=PIPE, stderr=STDOUT, text=True, cwd=port_file, env=environment(**values)) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            printed = ""
            for line in process.stdout:
                printed += line
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
            else:
                raise AssertionError(f"it did not start:\n{printed}")
            yield found.group()
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            assert process.wait(20) in (0, -signal.SIGTERM)
        finally:
            process.kill()
            watchdog.cancel()


def test_the_procedures_validation_calls_are_answered_as_printed(
    gateway: str, store_settings: StoreSettings, tmp_path: Path
) -> None:
    with serving(
        tmp_path, ENVIRONMENT="development", AUTH_REQUIRED="false", DATA_DIR=str(store_settings.data_dir),
        ENCRYPTION_KEY=store_settings.encryption_key,
        DATABASE_URL=store_settings.database_url, AZURE_AI_ENDPOINT=gateway, AZURE_AI_KEY="k",
        CORS_ORIGINS='["https://app.example.org"]', AZURE_VOICELIVE_ENDPOINT="https://acc.services.ai.azure.com",
        AZURE_VOICELIVE_MODEL="gpt-realtime", AZURE_VOICELIVE_VOICE="en-US-Ava:DragonHDLatestNeural",
    ) as base:  # fmt: skip

        def curl(*arguments: str) -> dict[str, Any]:
            answered = run(["curl", "-sS", *arguments], capture_output=True, text=True, check=True, timeout=30)
            answer: dict[str, Any] = json.loads(answered.stdout)
            return answer

        assert curl(f"{base}/health")["status"] == "healthy"
        question = '{"content":"What is the capital of France?","agent_id":"elena"}'
        assert "Paris" in curl("-H", "Content-Type: application/json", "-d", question, f"{base}/api/v1/chat")["content"]
        status = curl(f"{base}/api/v1/voice/status")
        assert status["voicelive_configured"] is True
        assert status["model"] == "gpt-realtime"
        assert status["endpoint"] == "acc.services.ai.azure.com"


def refused(tmp_path: Path, **values: str) -> str:
    """What is printed when it does not start."""
    command = [sys.executable, "-m", "uvicorn", "backend.api.main:app", "--port", "0", "--app-dir", str(ROOT)]
    ended = run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment(**values), timeout=60, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_settings_that_must_not_start_are_refused_all_together_in_words(tmp_path: Path) -> None:
    said = refused(tmp_path, ENVIRONMENT="production", AUTH_REQUIRED="false", DEBUG="true", CORS_ORIGINS='["*"]')
    for name in ("AUTH_REQUIRED", "DATABASE_URL", "DEBUG", "CORS_ORIGINS", "ENCRYPTION_KEY"):
        assert f"  - {name}: " in said


def test_a_level_with_entra_id_is_refused_until_it_knows_whose_tokens_to_accept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@127.0.0.1:1/e")
    with pytest.raises(SystemExit, match="2"):
        main.app  # noqa: B018  # what uvicorn asks for
    said = capsys.readouterr().err
    assert "  - AZURE_TENANT_ID: " in said
    assert "  - AZURE_CLIENT_ID: " in said


def test_a_database_that_cannot_be_reached_ends_the_start_with_its_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "uvicorn", "backend.api.main:app", "--port", "0", "--app-dir", str(ROOT)]
    values = environment(AUTH_REQUIRED="false", DATABASE_URL="postgresql://u:hunter2hunter2@127.0.0.1:1/e")
    ended = run(command, capture_output=True, text=True, cwd=tmp_path, env=values, timeout=60, check=False)
    assert ended.returncode != 0
    assert "DATABASE_URL" in ended.stdout + ended.stderr
    assert "hunter2hunter2" not in ended.stdout + ended.stderr
