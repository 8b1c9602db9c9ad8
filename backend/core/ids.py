"""Identifiers: how new ones are made and which ones a client may choose."""

import re
import secrets

SESSION_ID = re.compile(r"^(?!\.+$)[A-Za-z0-9._-]{1,128}$")
"""A session id is chosen by the client: 1-128 of [A-Za-z0-9._-], and not only dots (no path can be built from it)."""


def new_id(prefix: str) -> str:
    """Return an opaque id such as `msg_5f0c...`: 128 random bits behind a prefix that tells what it names."""
    return f"{prefix}_{secrets.token_hex(16)}"


def is_session_id(value: str) -> bool:
    """Tell whether `value` may name a session. `fullmatch`, because `$` would let a final newline pass."""
    return SESSION_ID.fullmatch(value) is not None
