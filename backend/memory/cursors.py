"""Where a page ended: the time and id of its last row, as an opaque text for the caller to give back."""

import base64
import binascii
from datetime import datetime

from backend.core import problems


def write(moment: datetime, last_id: str) -> str:
    """Return the cursor behind a row."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {last_id}".encode()).decode().rstrip("=")


def read(cursor: str) -> tuple[datetime, str]:
    """Return the row's time and id. Raises `Problem` 422 for a text that is no cursor."""
    try:
        raw = cursor.encode("ascii")
        text = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).decode()
        at, _, last_id = text.partition(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not last_id or "\x00" in last_id:
            raise ValueError(text)
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise problems.invalid_request("cursor: use the next_cursor of an earlier answer, unchanged.") from error
    return moment, last_id
