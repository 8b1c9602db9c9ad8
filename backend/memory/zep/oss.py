"""Zep 0.27 (/api/v1, self-hosted, archived): keeps messages and summaries, and no facts at all.

Messages carry UUIDs of our choice, which are unique there. Users are erased softly: the server purges later.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.memory.zep import answers
from backend.memory.zep.port import Capabilities, Dialect, ErasureState, ZepError, ZepFact, ZepMessage
from backend.memory.zep.routes import OSS
from backend.memory.zep.transport import Transport


class OssPort:
    """See `ZepPort`."""

    dialect: Dialect = "oss"
    capabilities = Capabilities(
        facts=False,
        fact_list=False,
        validity=False,
        search=False,
        context=False,
        named_sessions=True,
        safe_repeat=True,
        said_at=False,
        erasure_task=False,
        soft_erasure=True,
    )

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._write = transport.writing

    async def find_user(self, user_id: str) -> str | None:
        return user_id if await self._has("get_user", {"user_id": user_id}) else None

    async def ensure_user(self, user_id: str) -> str:
        if not await self._has("get_user", {"user_id": user_id}):
            try:
                await self._transport.call(self._write, OSS["add_user"], body={"user_id": user_id})
            except ZepError:  # 0.27 answers 500 when another replica was quicker
                if not await self._has("get_user", {"user_id": user_id}):
                    raise
        return user_id

    async def ensure_session(self, user: str, session_id: str) -> str:
        if not await self._has("get_session", {"session_id": session_id}):
            try:
                body = {"session_id": session_id, "user_id": user}
                await self._transport.call(self._write, OSS["add_session"], body=body)
            except ZepError:
                if not await self._has("get_session", {"session_id": session_id}):
                    raise
        return session_id

    async def add_messages(self, session: str, messages: Sequence[ZepMessage], key: str) -> list[str]:
        body = {"messages": [_message(message) for message in messages]}
        await self._transport.call(self._write, OSS["add_messages"], {"session_id": session}, body=body)
        return [message.uuid for message in messages]

    async def tail(self, session: str, count: int) -> list[ZepMessage]:
        path, query = {"session_id": session}, {"lastn": count}
        try:
            answer = await self._transport.call(self._write, OSS["get_messages"], path, query=query)
        except ZepError as error:
            # 0.27 says 404 for a session without messages, too.
            if error.cause == "not_found" and await self._has("get_session", path):
                return []
            raise
        return [answers.message(raw, "role", "created_at") for raw in answers.items(answer, "messages", "summary")]

    async def annotate(self, session: str, uuid: str, metadata: Mapping[str, str | int | bool]) -> None:
        path = {"session_id": session, "message_uuid": uuid}
        await self._transport.call(self._write, OSS["annotate"], path, body={"metadata": dict(metadata)})

    async def delete_session(self, session: str) -> None:
        await self._transport.call(self._write, OSS["delete_session"], {"session_id": session})

    async def facts(self, user: str, limit: int) -> list[ZepFact]:
        return []

    async def search(self, user: str, query: str, limit: int) -> list[ZepFact]:
        return []

    async def context(self, session: str) -> str:
        return ""

    async def erase_user(self, user: str) -> str:
        await self._transport.call(self._write, OSS["delete_user"], {"user_id": user})
        return ""

    async def erasure(self, user: str, task: str) -> ErasureState:
        return "running" if await self._has("get_user", {"user_id": user}) else "done"

    async def check(self) -> None:
        await self.find_user("engram-check")  # nobody has this id: "not there" is the answer of a server that is well

    async def _has(self, route: str, path: Mapping[str, str]) -> bool:
        try:
            await self._transport.call(self._write, OSS[route], path)
        except ZepError as error:
            if error.cause == "not_found":
                return False
            raise
        return True


def _message(message: ZepMessage) -> dict[str, Any]:
    return {
        "uuid": message.uuid,
        "role": message.role,
        "content": message.content,
        "metadata": dict(message.metadata),
    }
