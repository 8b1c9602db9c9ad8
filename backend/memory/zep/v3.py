"""Zep's cloud, v3 (/api/v2): users and threads go by our ids; the default with ZEP_API_KEY.

There is no Idempotency-Key, so a repeated write may store twice: delivery looks before it repeats.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.memory.zep import answers
from backend.memory.zep.port import Capabilities, Dialect, ErasureState, ZepError, ZepFact, ZepMessage
from backend.memory.zep.routes import V3
from backend.memory.zep.transport import Transport


class V3Port:
    """See `ZepPort`."""

    dialect: Dialect = "v3"
    capabilities = Capabilities(
        facts=True,
        fact_list=True,
        validity=True,
        search=True,
        context=True,
        named_sessions=True,
        safe_repeat=False,
        said_at=True,
        erasure_task=False,
        soft_erasure=False,
    )

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._read, self._write = transport.reading, transport.writing

    async def find_user(self, user_id: str) -> str | None:
        try:
            await self._transport.call(self._write, V3["get_user"], {"user_id": user_id})
        except ZepError as error:
            if error.cause == "not_found":
                return None
            raise
        return user_id

    async def ensure_user(self, user_id: str) -> str:
        try:
            await self._transport.call(self._write, V3["add_user"], body={"user_id": user_id})
        except ZepError as error:  # 400 or 409 when there is one
            if error.cause != "refused" or await self.find_user(user_id) is None:
                raise
        return user_id

    async def ensure_session(self, user: str, session_id: str) -> str:
        try:
            body = {"thread_id": session_id, "user_id": user}
            await self._transport.call(self._write, V3["add_session"], body=body)
        except ZepError as error:
            if error.cause != "refused" or not await self._has_session(session_id):
                raise
        return session_id

    async def add_messages(self, session: str, messages: Sequence[ZepMessage], key: str) -> list[str]:
        body = {"messages": [_message(message) for message in messages]}
        answer = await self._transport.call(self._write, V3["add_messages"], {"thread_id": session}, body=body)
        uuids = answer.get("message_uuids") if isinstance(answer, dict) else None
        if not isinstance(uuids, list) or len(uuids) != len(messages):
            raise answers.wrong_form()
        return [str(uuid) for uuid in uuids]

    async def tail(self, session: str, count: int) -> list[ZepMessage]:
        answer = await self._transport.call(
            self._write, V3["get_messages"], {"thread_id": session}, query={"lastn": count}
        )
        return [
            answers.message(raw, "role", "created_at")
            for raw in answers.items(answer, "messages", "row_count", "total_count")
        ]

    async def annotate(self, session: str, uuid: str, metadata: Mapping[str, str | int | bool]) -> None:
        await self._transport.call(
            self._write, V3["annotate"], {"message_uuid": uuid}, body={"metadata": dict(metadata)}
        )

    async def delete_session(self, session: str) -> None:
        await self._transport.call(self._write, V3["delete_session"], {"thread_id": session})

    async def facts(self, user: str, limit: int) -> list[ZepFact]:
        body = {"limit": limit, "order_by": "created_at", "direction": "desc"}
        answer = await self._transport.call(self._read, V3["facts"], {"user_id": user}, body=body)
        return answers.facts(answers.items(answer, ""))

    async def search(self, user: str, query: str, limit: int) -> list[ZepFact]:
        body = {"user_id": user, "query": query, "scope": "edges", "limit": limit}
        answer = await self._transport.call(self._read, V3["search"], body=body)
        return answers.facts(answers.items(answer, "edges"))

    async def context(self, session: str) -> str:
        answer = await self._transport.call(self._read, V3["context"], {"thread_id": session})
        return str(answer.get("context") or "") if isinstance(answer, dict) else ""

    async def erase_user(self, user: str) -> str:
        await self._transport.call(self._write, V3["delete_user"], {"user_id": user})
        return ""

    async def erasure(self, user: str, task: str) -> ErasureState:
        return "done" if await self.find_user(user) is None else "running"

    async def check(self) -> None:
        await self.find_user("engram-check")  # nobody has this id: "not there" is the answer of a server that is well

    async def _has_session(self, session_id: str) -> bool:
        try:
            await self.tail(session_id, 1)
        except ZepError as error:
            if error.cause == "not_found":
                return False
            raise
        return True


def _message(message: ZepMessage) -> dict[str, Any]:
    said = {"created_at": message.said_at.isoformat()} if message.said_at else {}
    name = {"name": message.name} if message.name else {}
    return {"role": message.role, "content": message.content, "metadata": dict(message.metadata)} | said | name
