"""Zep's cloud, v4 (/api/v4): everything goes by the server's UUIDs, which `zep_user` and `zep_session` keep.

Every write carries an Idempotency-Key; that of messages tells what they are, so a repetition is safe. v3 and v4 serve
the same data: users and threads that an earlier v3 configuration named are found by their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from backend.memory.zep import answers
from backend.memory.zep.port import Capabilities, Dialect, ErasureState, ZepError, ZepFact, ZepMessage
from backend.memory.zep.routes import V4
from backend.memory.zep.transport import Transport

_DONE = frozenset({"succeeded", "completed"})
_FAILED = frozenset({"failed", "partial"})


class V4Port:
    """See `ZepPort`."""

    dialect: Dialect = "v4"
    capabilities = Capabilities(
        facts=True,
        fact_list=True,
        validity=True,
        search=True,
        context=True,
        named_sessions=False,
        safe_repeat=True,
        said_at=True,
        erasure_task=True,
        soft_erasure=False,
    )

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._read, self._write = transport.reading, transport.writing

    async def find_user(self, user_id: str) -> str | None:
        return await self._found("find_user", {"user_id": user_id})

    async def ensure_user(self, user_id: str) -> str:
        if (found := await self.find_user(user_id)) is not None:
            return found
        try:
            answer = await self._transport.call(self._write, V4["add_user"], body={"user_id": user_id}, key=_new_key())
        except ZepError as error:
            if error.http_status not in (400, 409) or (found := await self.find_user(user_id)) is None:
                raise
            return found
        return answers.text(answer, "uuid")

    async def ensure_session(self, user: str, session_id: str) -> str:
        if (found := await self._found("find_session", {"thread_id": session_id})) is not None:
            return found
        # A key of its own for each attempt: the answer of one that was deleted since must not come again. A lost answer
        # leaves an empty thread behind, which nobody sees.
        answer = await self._transport.call(self._write, V4["add_session"], body={"user_uuid": user}, key=_new_key())
        return answers.text(answer, "uuid")

    async def add_messages(self, session: str, messages: Sequence[ZepMessage], key: str) -> list[str]:
        body = {"messages": [_message(message) for message in messages]}
        answer = await self._transport.call(
            self._write, V4["add_messages"], {"thread_uuid": session}, body=body, key=key
        )
        added = [str(raw.get("uuid") or "") for raw in answers.items(answer, "messages")]
        if len(added) != len(messages) or not all(added):
            raise answers.wrong_form()
        return added

    async def tail(self, session: str, count: int) -> list[ZepMessage]:
        query: dict[str, str | int] = {"page_size": count, "order_by": "created_at", "order": "desc"}
        answer = await self._transport.call(self._write, V4["get_messages"], {"thread_uuid": session}, query=query)
        newest_first = [
            answers.message(raw, "role", "reference_time") for raw in answers.items(answer, "items", "total_size")
        ]
        return newest_first[::-1]

    async def annotate(self, session: str, uuid: str, metadata: Mapping[str, str | int | bool]) -> None:
        path = {"thread_uuid": session, "message_uuid": uuid}
        await self._transport.call(self._write, V4["annotate"], path, body={"metadata": dict(metadata)}, key=_new_key())

    async def delete_session(self, session: str) -> None:
        await self._transport.call(self._write, V4["delete_session"], {"thread_uuid": session}, key=_new_key())

    async def facts(self, user: str, limit: int) -> list[ZepFact]:
        query: dict[str, str | int] = {"page_size": limit, "order_by": "created_at", "order": "desc"}
        # A user's UUID is taken for their graph's.
        answer = await self._transport.call(self._read, V4["facts"], {"graph_uuid": user}, query=query, key=_new_key())
        return answers.facts(answers.items(answer, "items"))

    async def search(self, user: str, query: str, limit: int) -> list[ZepFact]:
        answer = await self._transport.call(
            self._read,
            V4["search"],
            {"graph_uuid": user},
            query={"page_size": limit},
            body={"query": query},
            key=_new_key(),
        )
        return answers.facts(answers.items(answer, "items"))

    async def context(self, session: str) -> str:
        answer = await self._transport.call(self._read, V4["context"], {"thread_uuid": session})
        return str(answer.get("context") or "") if isinstance(answer, dict) else ""

    async def erase_user(self, user: str) -> str:
        answer = await self._transport.call(self._write, V4["delete_user"], {"user_uuid": user}, key=_new_key())
        task = answer.get("task") if isinstance(answer, dict) else None
        return answers.text(task, "uuid")

    async def erasure(self, user: str, task: str) -> ErasureState:
        try:
            answer = await self._transport.call(self._write, V4["get_task"], {"task_uuid": task})
        except ZepError as error:
            if error.cause != "not_found":
                raise
            return await self._gone(user)  # the task is no longer known: the user tells
        status = answers.text(answer, "status")
        if status in _FAILED:
            return "failed"
        return await self._gone(user) if status in _DONE else "running"

    async def check(self) -> None:
        await self.find_user("engram-check")  # nobody has this id: "not there" is the answer of a server that is well

    async def _gone(self, user: str) -> ErasureState:
        try:
            await self._transport.call(self._write, V4["get_user"], {"user_uuid": user})
        except ZepError as error:
            if error.cause != "not_found":
                raise
            return "done"
        return "running"

    async def _found(self, route: str, body: Mapping[str, str]) -> str | None:
        try:
            answer = await self._transport.call(self._write, V4[route], body=body, key=_new_key())
        except ZepError as error:
            if error.cause == "not_found":
                return None
            raise
        return answers.text(answer, "uuid")


def _new_key() -> str:
    """Return a key for a write that may be done twice: it is asked for anew, not answered from the first time."""
    return str(uuid4())


def _message(message: ZepMessage) -> dict[str, Any]:
    said = {"reference_time": message.said_at.isoformat()} if message.said_at else {}
    name = {"name": message.name} if message.name else {}
    return {"role": message.role, "content": message.content, "metadata": dict(message.metadata)} | said | name
