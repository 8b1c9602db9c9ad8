"""A Zep server on the loopback interface: the routes of one dialect, kept to strictly, with faults on demand.

What a real server would swallow is noted in `violations`, which the fixtures hold to be empty.
"""

import asyncio
import contextlib
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from backend.tests.memory.zep.stub_routes import MESSAGE_KEYS, TABLES, StubRoute

KEY = "z_1dWlkIjoiMDAwMC1wbGFudGVkLXNlY3JldA"
PREFIX = {"v3": "/api/v2", "v4": "/api/v4", "ce": "/api/v2", "oss": "/api/v1"}
ROLES = frozenset({"system", "assistant", "user", "function", "tool"})

FAULTS = (
    "307", "404", "405", "429", "500", "stall", "non_json", "reset", "lost", "500_after", "wrong_form", "late", "huge"
)  # fmt: skip
"""What can go wrong with a request. lost: it is done and the connection closed; 500_after: done and answered 500;
late: answered by nothing, and done when the test says so (`do_late`).
"""

Fault = Callable[[str, str], str]


class Refusal(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Session:
    """A thread or session."""

    uuid: str
    name: str | None
    user: str
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    headers: dict[str, str]


class ZepStub:
    """One server; `fault` decides for each request what goes wrong with it ('' for nothing)."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.fault: Fault = lambda _method, _path: ""
        self.retry_after = "7"
        self.violations: list[str] = []
        self.requests: list[Request] = []
        self.users: dict[str, dict[str, Any]] = {}  # by uuid
        self.sessions: dict[str, Session] = {}  # by uuid
        self.edges: dict[str, list[dict[str, Any]]] = {}  # by the user's uuid
        self.tasks: dict[str, list[str]] = {}  # the states still to be told, the last one for ever
        self.task_states = ["pending", "processing", "succeeded"]
        self.message_length = 2_500
        self.url = ""
        self.soft_deleted: set[str] = set()
        self._known: dict[str, tuple[str, tuple[int, Any]]] = {}  # answers by Idempotency-Key
        self._late: list[Request] = []
        self._clock = datetime(2026, 6, 1, tzinfo=UTC)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._done = asyncio.Event()
        self._answered = asyncio.Event()

    @property
    def base(self) -> str:
        """Where the routes begin."""
        return self.url + PREFIX[self.dialect]

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Listen no more, and break what is open: an outage."""
        self._done.set()
        if self._server is not None:
            self._server.close()
        for writer in list(self._connections):
            writer.close()
        self._done = asyncio.Event()

    async def restart(self) -> None:
        """Come back at the same address."""
        await self.start(int(self.url.rsplit(":", 1)[1]))

    async def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until something holds, looking after each request."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._answered.clear()
                await self._answered.wait()

    @property
    def hangs(self) -> bool:
        """Whether a request is still to be done late."""
        return bool(self._late)

    def add_edge(self, user_id: str, fact: str, **more: Any) -> None:
        """Let the server have drawn a fact."""
        user = self._user(user_id)
        edge = {
            "uuid": str(uuid.uuid4()),
            "fact": fact,
            "name": "RELATES_TO",
            "created_at": self._tick(),
            "source_node_uuid": user["uuid"],
            "target_node_uuid": str(uuid.uuid4()),
        }
        self.edges.setdefault(user["uuid"], []).append(edge | more)

    def do_late(self) -> None:
        """Do what was asked for before and hung since."""
        late, self._late = self._late, []
        for request in late:
            with contextlib.suppress(Refusal):
                self._answer(request)

    def contents(self) -> list[str]:
        """Return the contents of all messages, in the order they came."""
        return [message["content"] for session in self.sessions.values() for message in session.messages]

    def turn_ids(self) -> list[str]:
        """Return our turn ids in all messages that begin a turn."""
        return [
            message["metadata"]["engram_turn"]
            for session in self.sessions.values()
            for message in session.messages
            if message["metadata"]["engram_part"] == 0
        ]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request = await _read(reader, head)
                self.requests.append(request)
                goes_on = await self._reply(request, writer)
                self._answered.set()
                if not goes_on:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _reply(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer as the fault says; tell whether the connection goes on."""
        fault = self.fault(request.method, request.path)
        if fault in ("lost", "500_after", "wrong_form"):
            with contextlib.suppress(Refusal):
                self._answer(request)
        if fault in ("stall", "late"):
            if fault == "late":
                self._late.append(request)
            await self._done.wait()
            return False
        if fault in ("reset", "lost"):
            writer.transport.abort()
            return False
        planned: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "307": (307, b"", {"location": self.url + "/elsewhere"}),
            "404": (404, b'{"message": "not found"}', {}),
            "405": (405, b'{"message": "method not allowed"}', {}),
            "429": (429, b'{"message": "slow down"}', {"retry-after": self.retry_after}),
            "500": (500, b'{"message": "internal"}', {}),
            "500_after": (500, b'{"message": "internal"}', {}),
            "non_json": (200, b"<html>It works!</html>", {"content-type": "text/html"}),
            "wrong_form": (200, b'["unexpected"]', {}),
            "huge": (200, b'"' + b"x" * 3_000_000 + b'"', {}),
        }
        if fault:
            status, content, headers = planned[fault]
        else:
            headers = {}
            try:
                status, answer = self._answer(request)
                content = answer.encode() if isinstance(answer, str) else orjson.dumps(answer)
            except Refusal as refusal:
                status, content = refusal.status, orjson.dumps({"message": str(refusal)})
        sent = {"content-type": "application/json", "content-length": str(len(content))} | headers
        writer.write(f"HTTP/1.1 {status} X\r\n".encode())
        writer.write("".join(f"{name}: {value}\r\n" for name, value in sent.items()).encode() + b"\r\n" + content)
        await writer.drain()
        return True

    def _answer(self, request: Request) -> tuple[int, Any]:
        route, path = self._route(request)
        scheme = "Bearer" if self.dialect == "oss" else "Api-Key"
        if request.headers.get("authorization") != f"{scheme} {KEY}":
            raise Refusal(401, "unauthorized")
        self._hold(request.body.keys() <= route.body, f"{request.path}: body {sorted(request.body)}")
        self._hold(request.query.keys() <= route.query, f"{request.path}: query {sorted(request.query)}")
        key = request.headers.get("idempotency-key", "")
        if self.dialect == "v4" and request.method != "GET":
            self._hold(0 < len(key) <= 255, f"{request.path}: no Idempotency-Key")
            told = f"{request.method} {request.path} {orjson.dumps(request.body).decode()}"
            if key in self._known:
                self._hold(self._known[key][0] == told, f"{request.path}: an Idempotency-Key of another request")
                return self._known[key][1]
            answer: tuple[int, Any] = getattr(self, route.does)(request, path)
            self._known[key] = told, answer
            return answer
        done: tuple[int, Any] = getattr(self, route.does)(request, path)
        return done

    def _route(self, request: Request) -> tuple[StubRoute, dict[str, str]]:
        prefix = PREFIX[self.dialect] + "/"
        self._hold(request.path.startswith(prefix), f"{request.method} {request.path}: not below {prefix}")
        below = request.path.removeprefix(prefix)
        known = sorted(TABLES[self.dialect], key=lambda route: route.path.count("{"))
        for route in known:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
            if route.method == request.method and (match := re.fullmatch(pattern, below)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise self._violation(405, f"{request.method} {request.path}: no such route")

    def _hold(self, holds: bool, what: str) -> None:
        if not holds:
            raise self._violation(400, what)

    def _violation(self, status: int, what: str) -> Refusal:
        self.violations.append(f"{self.dialect}: {what}")
        return Refusal(status, what)

    def _tick(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat().replace("+00:00", "Z")

    def _users(self, name: str) -> Iterator[dict[str, Any]]:
        return (user for user in self.users.values() if name in (user["uuid"], user["user_id"]))

    def _user(self, name: str) -> dict[str, Any]:
        for user in self._users(name):
            return user
        raise Refusal(404, "not found")

    def _session(self, name: str) -> Session:
        by = "uuid" if self.dialect == "v4" else "name"
        for session in self.sessions.values():
            if getattr(session, by) == name:
                return session
        raise Refusal(404, "not found")

    def add_user(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        name = request.body.get("user_id", "")
        self._hold(bool(name) and len(name) <= 500 and "@" not in name, f"a user id of {name!r}")
        if any(self._users(name)):
            raise Refusal({"v4": 409, "oss": 500}.get(self.dialect, 400), "user already exists")
        made = {"uuid": str(uuid.uuid4()), "user_id": name, "created_at": self._tick()}
        self.users[made["uuid"]] = made
        return 201, made

    def find_user(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        return 200, self._user(request.body["user_id"])

    def get_user(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        return 200, self._user(next(iter(path.values())))

    def delete_user(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        user = self._user(next(iter(path.values())))
        if self.dialect == "v4":
            task = str(uuid.uuid4())
            self.tasks[task] = [user["uuid"], *self.task_states]
            return 202, {"task": {"uuid": task, "status": "pending", "type": "delete_user"}}
        self._erase(user["uuid"])
        return 200, "OK" if self.dialect == "oss" else {"message": "OK"}

    def get_task(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        task = self.tasks.get(path["task_uuid"])
        if task is None:
            raise Refusal(404, "not found")
        state = task[1] if len(task) == 2 else task.pop(1)
        if state == "succeeded":
            self._erase(task[0])
        return 200, {"uuid": path["task_uuid"], "status": state, "type": "delete_user"}

    def _erase(self, user: str) -> None:
        self.users.pop(user, None)
        self.edges.pop(user, None)
        self.sessions = {name: session for name, session in self.sessions.items() if session.user != user}

    def add_session(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        owner = request.body.get("user_uuid") or request.body.get("user_id", "")
        if not any(self._users(owner)):
            raise Refusal(400 if self.dialect == "ce" else 404, "user not found")
        user = self._user(owner)
        name = request.body.get("thread_id") or request.body.get("session_id")
        self._hold((name is None) == (self.dialect == "v4"), "a session has its name from us, but not in v4")
        if name is not None and any(session.name == name for session in self.sessions.values()):
            raise Refusal(500 if self.dialect == "oss" else 400, "session already exists")
        made = Session(str(uuid.uuid4()), name, user["uuid"])
        self.sessions[made.uuid] = made
        return 201, self._told(made)

    def find_session(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        for session in self.sessions.values():
            if session.name == request.body["thread_id"]:
                return 200, self._told(session)
        raise Refusal(404, "not found")

    def get_session(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        return 200, self._told(self._session(path["session_id"]))

    def _told(self, session: Session) -> dict[str, Any]:
        user = self.users[session.user]
        told = {"uuid": session.uuid, "created_at": self._tick(), "user_uuid": user["uuid"]}
        if self.dialect == "v3":
            return told | {"thread_id": session.name, "user_id": user["user_id"]}
        return told if self.dialect == "v4" else told | {"session_id": session.name, "user_id": user["user_id"]}

    def list_sessions(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        user = self._user(path.get("user_id") or request.query.get("user_uuid", ""))
        told = [self._told(session) for session in self.sessions.values() if session.user == user["uuid"]]
        return 200, {"items": told} if self.dialect == "v4" else told

    def delete_session(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        session = self._session(next(iter(path.values())))
        del self.sessions[session.uuid]
        if self.dialect == "v4":
            return 202, {"task": {"uuid": str(uuid.uuid4()), "status": "pending"}}
        return 200, "OK" if self.dialect == "oss" else {"message": "OK"}

    def add_messages(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        session = self._session(next(iter(path.values())))
        messages = request.body.get("messages")
        self._hold(isinstance(messages, list) and 0 < len(messages) <= 30, f"{len(messages or [])} messages")
        assert isinstance(messages, list)
        for message in messages:
            self._check(message)
            if "refuse me" in message["content"]:
                raise Refusal(400, "message refused")
        if self.dialect in ("ce", "oss"):
            taken = {message["uuid"] for other in self.sessions.values() for message in other.messages}
            if taken & {message["uuid"] for message in messages}:
                raise Refusal(500 if self.dialect == "oss" else 400, "message_uuid already exists")
        stored = [{"uuid": str(uuid.uuid4()), "created_at": self._tick()} | message for message in messages]
        session.messages += stored
        if self.dialect == "v3":
            return 200, {"message_uuids": [message["uuid"] for message in stored]}
        if self.dialect == "v4":
            return 202, {"messages": stored, "task": {"uuid": str(uuid.uuid4()), "status": "pending"}}
        return (200, "OK") if self.dialect == "oss" else (201, {"message": "OK"})

    def _check(self, message: dict[str, Any]) -> None:
        self._hold(message.keys() <= MESSAGE_KEYS[self.dialect], f"a message with {sorted(message)}")
        self._hold(message.get("role_type" if self.dialect == "ce" else "role") in ROLES, "a message's role")
        self._hold(0 < len(message["content"].strip()) <= self.message_length, "a message's length")
        self._hold((self.dialect in ("ce", "oss")) == ("uuid" in message), "a message's uuid")
        metadata = message.get("metadata", {})
        self._hold(len(metadata) <= 10, "more than 10 keys of metadata")
        self._hold(all(isinstance(value, str | int | bool) for value in metadata.values()), "metadata's values")
        for name in ("created_at", "reference_time"):
            if name in message:
                datetime.fromisoformat(message[name])

    def get_messages(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        session, query = self._session(next(iter(path.values()))), request.query
        messages = session.messages
        if self.dialect == "v4":
            size = int(query.get("page_size", 50))
            self._hold(0 < size <= 100, f"a page of {size}")
            ordered = messages[::-1] if query.get("order") == "desc" else messages
            begin = int(query.get("cursor", 0))
            more = {"next_cursor": str(begin + size)} if begin + size < len(messages) else {}
            return 200, {"items": ordered[begin : begin + size], "total_size": len(messages)} | more
        if self.dialect == "v3":
            found = messages[-int(query["lastn"]) :] if "lastn" in query else messages
        else:
            size, page = int(query.get("limit", 100)), int(query.get("cursor", 1))
            self._hold(page > 0, "a page before the first")
            found = messages[(page - 1) * size : page * size]
        return 200, {"messages": found, "row_count": len(found), "total_count": len(messages) if found else 0}

    def get_memory(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        session = self._session(path["session_id"])
        last = int(request.query.get("lastn", 6 if self.dialect == "ce" else 0))
        if self.dialect == "oss" and (last == 0 or not session.messages):
            raise Refusal(400 if last == 0 else 404, "not found")
        return 200, {"messages": session.messages[-last:], "relevant_facts": self.edges.get(session.user, [])[-5:]}

    def annotate(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        self._hold(len(request.body.get("metadata", {})) <= 10, "more than 10 keys of metadata")
        for session in self.sessions.values():
            for message in session.messages:
                if message["uuid"] == path["message_uuid"]:
                    message["metadata"] = message["metadata"] | request.body["metadata"]
                    return 200, message
        raise Refusal(404, "not found")

    def context(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        session = self._session(next(iter(path.values())))
        return 200, {"context": "\n".join(edge["fact"] for edge in self.edges.get(session.user, []))}

    def facts(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        user = self._user(next(iter(path.values())))
        self._hold({**request.query, **request.body}.get("order_by") in (None, "created_at"), "an order")
        limit = int(request.query.get("page_size") or request.body.get("limit") or 50)
        self._hold(limit <= 100, f"a page of {limit}")
        found = self.edges.get(user["uuid"], [])[::-1][:limit]
        return 200, {"items": found} if self.dialect == "v4" else found

    def search(self, request: Request, path: dict[str, str]) -> tuple[int, Any]:
        words = request.body.get("query") or request.body.get("text", "")
        self._hold(0 < len(words) <= 400, "a query's length")
        limit = int(request.query.get("page_size") or request.query.get("limit") or request.body.get("limit") or 10)
        self._hold(limit <= 50, f"a limit of {limit}")
        user = self._user(path.get("graph_uuid") or request.body.get("user_id", ""))
        asked = set(words.lower().split())
        known = self.edges.get(user["uuid"], [])
        found = sorted(known, key=lambda edge: -len(asked & set(edge["fact"].lower().split())))[:limit]
        if self.dialect == "ce":
            facts = [{"uuid": edge["uuid"], "fact": edge["fact"], "created_at": edge["created_at"]} for edge in found]
            return 200, {"results": [{"fact": fact} for fact in facts]}
        scored = [edge | {"score": 0.5} for edge in found]
        return 200, {"items": scored} if self.dialect == "v4" else {"edges": scored}


async def _read(reader: asyncio.StreamReader, head: bytes) -> Request:
    line, *lines = head.decode().strip().split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    body = orjson.loads(raw) if raw else {}
    return Request(method, path, dict(parse_qsl(query)), body, headers)


async def _serve_apart(dialect: str, fault: str, user_id: str) -> None:
    """Serve one user's fact with one fault for ever, until standard input ends; print the address."""
    stub = ZepStub(dialect)
    user = {"uuid": str(uuid.uuid4()), "user_id": user_id}
    stub.users[user["uuid"]] = user
    stub.add_edge(user_id, "Ada likes the cello")
    await stub.start()
    stub.fault = lambda _method, _path: fault
    print(stub.url, flush=True)  # noqa: T201 - for the one who started us
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve_apart(*sys.argv[1:]))
