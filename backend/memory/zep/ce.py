"""Zep Community Edition 1.0 (/api/v2, self-hosted): deprecated, and still in use.

Messages carry UUIDs of our choice, which are unique there, so a repetition is refused rather than stored twice. Facts
come by search only, without a time of validity; when a message was said stands in its metadata.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.memory.zep import answers
from backend.memory.zep.port import Capabilities, Dialect, ErasureState, ZepError, ZepFact, ZepMessage
from backend.memory.zep.routes import CE
from backend.memory.zep.transport import Transport

_ABOUT = "who the user is, what they do, like, dislike and plan"
"""The search that stands for a list of facts."""


class CePort:
    """See `ZepPort`."""

    dialect: Dialect = "ce"
    capabilities = Capabilities(
        facts=True,
        fact_list=False,
        validity=False,
        search=True,
        context=False,
        named_sessions=True,
        safe_repeat=True,
        said_at=False,
        erasure_task=False,
        soft_erasure=False,
    )

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._read, self._write = transport.reading, transport.writing

    async def find_user(self, user_id: str) -> str | None:
        return user_id if await self._has("get_user", {"user_id": user_id}) else None

    async def ensure_user(self, user_id: str) -> str:
        if not await self._has("get_user", {"user_id": user_id}):
            try:
                await self._transport.call(self._write, CE["add_user"], body={"user_id": user_id})
            except ZepError:  # 400 when another replica was quicker
                if not await self._has("get_user", {"user_id": user_id}):
                    raise
        return user_id

    async def ensure_session(self, user: str, session_id: str) -> str:
        if not await self._has("get_session", {"session_id": session_id}):
            try:
                body = {"session_id": session_id, "user_id": user}
                await self._transport.call(self._write, CE["add_session"], body=body)
            except ZepError:
                if not await self._has("get_session", {"session_id": session_id}):
                    raise
        return session_id

    async def add_messages(self, session: str, messages: Sequence[ZepMessage], key: str) -> list[str]:
        body = {"messages": [_message(message) for message in messages]}
        answer = await self._transport.call(self._write, CE["add_messages"], {"session_id": session}, body=body)
        answers.text(answer, "message")
        return [message.uuid for message in messages]

    async def tail(self, session: str, count: int) -> list[ZepMessage]:
        """Read the pages that hold the last messages: they come oldest first, and only the answer tells how many."""
        found, total = await self._page(session, count, 1)
        last = -(-total // count)
        if last > 1:
            pages = [found] if last == 2 else [(await self._page(session, count, last - 1))[0]]
            found = [*pages[0], *(await self._page(session, count, last))[0]]
        return [answers.message(raw, "role_type", "created_at") for raw in found[-count:]]

    async def annotate(self, session: str, uuid: str, metadata: Mapping[str, str | int | bool]) -> None:
        path = {"session_id": session, "message_uuid": uuid}
        await self._transport.call(self._write, CE["annotate"], path, body={"metadata": dict(metadata)})

    async def delete_session(self, session: str) -> None:
        await self._transport.call(self._write, CE["delete_session"], {"session_id": session})

    async def facts(self, user: str, limit: int) -> list[ZepFact]:
        return await self.search(user, _ABOUT, limit)

    async def search(self, user: str, query: str, limit: int) -> list[ZepFact]:
        body = {"text": query, "user_id": user, "search_scope": "facts"}
        answer = await self._transport.call(self._read, CE["search"], body=body, query={"limit": limit})
        found = [result.get("fact") for result in answers.items(answer, "results")]
        return answers.facts([fact for fact in found if isinstance(fact, dict)])

    async def context(self, session: str) -> str:
        return ""

    async def erase_user(self, user: str) -> str:
        await self._transport.call(self._write, CE["delete_user"], {"user_id": user})
        return ""

    async def erasure(self, user: str, task: str) -> ErasureState:
        return "running" if await self._has("get_user", {"user_id": user}) else "done"

    async def check(self) -> None:
        await self.find_user("engram-check")  # nobody has this id: "not there" is the answer of a server that is well

    async def _has(self, route: str, path: Mapping[str, str]) -> bool:
        try:
            await self._transport.call(self._write, CE[route], path)
        except ZepError as error:
            if error.cause == "not_found":
                return False
            raise
        return True

    async def _page(self, session: str, size: int, page: int) -> tuple[list[dict[str, Any]], int]:
        query = {"limit": size, "cursor": page}
        answer = await self._transport.call(self._write, CE["get_messages"], {"session_id": session}, query=query)
        total = answer.get("total_count") if isinstance(answer, dict) else None
        return answers.items(answer, "messages", "total_count"), total if isinstance(total, int) else 0


def _message(message: ZepMessage) -> dict[str, Any]:
    return {
        "uuid": message.uuid,
        "role": message.name or message.role,
        "role_type": message.role,
        "content": message.content,
        "metadata": dict(message.metadata),
    }
