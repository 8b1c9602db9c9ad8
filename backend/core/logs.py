"""Logging for the whole process: one JSON object a line on stdout, LOG_LEVEL honoured, no secret in any line.

Rooms log through the standard library (`logging.getLogger("backend.voice")`), so an operator can turn one room up as
the SOP says (3.5). What is logged is identifiers and numbers; content never is.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson

from backend.core.masking import Mask
from backend.core.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request or call that is being served; every line written meanwhile carries it."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_NOISY = (
    "alembic",
    "httpx",
    "httpcore",
    "openai",
    "opentelemetry",
    "asyncio",
    "azure",
    "aiohttp.access",
    "psycopg.pool",
    "uvicorn.access",
)


class JsonLines(logging.Formatter):
    """Formats a record, the request id and its `extra` fields as one JSON object; secrets become '***'."""

    def __init__(self, secrets: list[str]) -> None:
        super().__init__()
        self._mask = Mask(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a line break inside."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line.update({name: value for name, value in record.__dict__.items() if name not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info))
        return self._mask(orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode())


def configure(settings: Settings) -> None:
    """Send every logger's records to stdout in this form. Calling it again replaces what it set before."""
    out = logging.StreamHandler(sys.stdout)
    out.setFormatter(JsonLines(settings.secrets()))
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler.formatter, JsonLines)]:
        root.removeHandler(old)
    root.addHandler(out)
    root.setLevel(logging.DEBUG if settings.debug and settings.log_level == "INFO" else settings.log_level)
    for name in _NOISY:
        # Libraries print whole requests at DEBUG and one line a request at INFO: content and noise.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
