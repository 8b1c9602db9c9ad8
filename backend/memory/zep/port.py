"""What Engram asks of a Zep server, in our words; each dialect translates it and decides nothing.

A dialect says in `Capabilities` what it has not, so that callers ask for flags and never for names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from backend.core.context import Role
from backend.core.problems import Problem

Dialect = Literal["v3", "v4", "ce", "oss"]
Cause = Literal[
    "timeout", "unreachable", "malformed", "refused", "not_found", "unauthorised", "rate_limited", "server", "breaker"
]
ErasureState = Literal["done", "running", "failed"]

BATCH = 30
"""Messages in one call, at most (every dialect's limit)."""

MESSAGE_LENGTH = 2_500
"""Characters in one message, at most: what every plan takes. Paid plans of the cloud take 14,000."""


class ZepError(Problem):
    """A call that did not end well. Never carries content, ids of people, or the key.

    cause: one word for logs and /ready. answered: whether the server has answered, so that nothing of this call is
    still under way there. happened: whether the call may have taken effect all the same.
    """

    def __init__(
        self,
        cause: Cause,
        detail: str,
        *,
        retryable: bool,
        retry_after: float | None = None,
        http_status: int | None = None,
        answered: bool = False,
        happened: bool = False,
    ) -> None:
        super().__init__(
            503, f"zep_{cause}", "Zep failed", detail, retryable=retryable, retry_after=retry_after
        )  # 503: a caller who waits for Zep can try again or go on without
        self.cause = cause
        self.http_status = http_status
        self.answered = answered
        self.happened = happened


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a dialect has.

    facts: it keeps facts about a user. fact_list: it lists them without a query. validity: facts say from when until
    when they are true. search: facts can be searched. context: it renders a context block for a session.
    named_sessions: users and sessions are addressed by ids of our choice. safe_repeat: a write sent twice is stored
    once. said_at: messages keep the time they were said at. erasure_task: erasing a user runs as a task after the
    answer. soft_erasure: erased rows are only marked, and purged later by the server.
    """

    facts: bool
    fact_list: bool
    validity: bool
    search: bool
    context: bool
    named_sessions: bool
    safe_repeat: bool
    said_at: bool
    erasure_task: bool
    soft_erasure: bool


@dataclass(frozen=True, slots=True)
class ZepFact:
    """An edge of Zep's graph. valid_from, valid_to: when it was true. expired_at: when Zep ceased to hold it for true.

    name: the relation ("WORKS_AT"), empty where the dialect gives none. score: in [0, 1], None for a plain list.
    """

    uuid: str
    text: str
    name: str = ""
    created_at: datetime | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expired_at: datetime | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class ZepMessage:
    """A message as it is sent and as it is read back. uuid: the server's id; where we choose it, ours.

    metadata: at most 10 keys, scalars only.
    """

    uuid: str
    role: Role
    name: str
    content: str
    said_at: datetime | None
    metadata: Mapping[str, str | int | bool] = field(default_factory=dict)


class ZepPort(Protocol):
    """A Zep server. Every method raises `ZepError`; reads take at most 1 s, everything else at most 3 s a call.

    user, session: what `ensure_user` and `ensure_session` returned, the server's address of each.
    """

    dialect: Dialect
    capabilities: Capabilities

    async def find_user(self, user_id: str) -> str | None:
        """Return the address of the user with our id, None when there is none."""
        ...

    async def ensure_user(self, user_id: str) -> str:
        """Create the user unless there is one; return its address."""
        ...

    async def ensure_session(self, user: str, session_id: str) -> str:
        """Create the session unless there is one; return its address."""
        ...

    async def add_messages(self, session: str, messages: Sequence[ZepMessage], key: str) -> list[str]:
        """Append 1 to `BATCH` messages; return their uuids in order. key: the same for a repetition of the call."""
        ...

    async def tail(self, session: str, count: int) -> list[ZepMessage]:
        """Return the session's last messages, oldest first; `count` is 100 at most."""
        ...

    async def annotate(self, session: str, uuid: str, metadata: Mapping[str, str | int | bool]) -> None:
        """Set a stored message's metadata: no dialect lets its content be changed."""
        ...

    async def delete_session(self, session: str) -> None:
        """Delete a session and its messages. Facts that Zep drew from them stay until the user is erased."""
        ...

    async def facts(self, user: str, limit: int) -> list[ZepFact]:
        """Return the user's facts, newest first; empty where the dialect keeps none."""
        ...

    async def search(self, user: str, query: str, limit: int) -> list[ZepFact]:
        """Return the facts that answer `query` best; empty where the dialect keeps none."""
        ...

    async def context(self, session: str) -> str:
        """Return the server's context block for a session, untrusted data; '' where the dialect has none."""
        ...

    async def erase_user(self, user: str) -> str:
        """Ask for the user's erasure with everything of theirs; return the task that does it, '' for none."""
        ...

    async def erasure(self, user: str, task: str) -> ErasureState:
        """Tell how far an erasure has come."""
        ...

    async def check(self) -> None:
        """Raise `ZepError` unless the server answers and accepts the key."""
        ...
