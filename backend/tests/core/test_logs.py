"""Log lines: one JSON object each, LOG_LEVEL honoured, room by room, and no secret in any of them."""

import json
import logging
from collections.abc import Iterator

import pytest

from backend.core import logs
from backend.core.settings import Settings


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Give the test run its own logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("backend.voice").setLevel(logging.NOTSET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What was logged, parsed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("level", "expected"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)])
def test_log_level_decides_what_is_written(capsys: pytest.CaptureFixture[str], level: str, expected: int) -> None:
    logs.configure(Settings(log_level=level))  # type: ignore[arg-type]
    log = logging.getLogger("backend.somewhere")
    log.debug("one")
    log.info("two")
    log.warning("three")
    log.error("four")
    assert [line["level"] for line in lines(capsys)] == ["DEBUG", "INFO", "WARNING", "ERROR"][4 - expected :]


def test_one_room_can_be_turned_up_as_the_procedure_says(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_level="WARNING"))
    logging.getLogger("backend.voice").setLevel(logging.DEBUG)
    logging.getLogger("backend.voice").debug("heard")
    logging.getLogger("backend.chat").debug("not heard")
    assert [line["message"] for line in lines(capsys)] == ["heard"]


def test_a_line_carries_the_request_id_and_the_exception(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings())
    token = logs.request_id.set("req_1")
    try:
        raise ZeroDivisionError("a\nb")
    except ZeroDivisionError:
        logging.getLogger("backend.api").exception("it broke", extra={"route": "/x"})
    finally:
        logs.request_id.reset(token)
    (line,) = lines(capsys)
    assert (line["request_id"], line["route"], line["message"]) == ("req_1", "/x", "it broke")
    assert "ZeroDivisionError" in line["exception"]


def test_no_secret_reaches_a_line_whichever_way_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    secret = "s3cr3t-gateway-key"
    logs.configure(Settings(azure_ai_key=secret, database_url=f"postgresql://u:{secret}x@db/e"))
    log = logging.getLogger("backend.chat")
    log.error("key %s", secret, extra={"url": f"https://h/?k={secret}"})
    try:
        raise ValueError(f"postgresql://u:{secret}x@db/e")
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().out
    assert written.count("\n") == 2
    assert secret not in written


def test_configuring_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings())
    logs.configure(Settings())
    logging.getLogger("backend.api").warning("once")
    assert len(lines(capsys)) == 1
