"""Memory that comes and goes: exports of ChatGPT, mem0 and Zep, and our own lines of JSON, which lose nothing.

Files are read piece by piece, so their size does not matter. What is imported is data like everything that was said:
nothing is executed, and ids follow from the source's ids, so importing twice adds nothing.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import orjson

from backend.core.context import Channel, Fact, FactKind, FactSource, Role, Turn
from backend.core.ids import is_session_id
from backend.identity.principal import Principal
from backend.memory.json_pieces import Broken, Piece, lines, pieces
from backend.memory.predicates import USER, parse, predicate_of
from backend.memory.text import clean

Format = Literal["chatgpt", "mem0", "zep", "jsonl"]

Records = Generator["Turn | Fact | Broken", None, None]

BATCH = 200
"""Turns or facts that are stored in one transaction."""

LONGEST = 200_000
"""Characters of a turn; what is longer is reported and left out."""

_SHOWN = 20  # faults that a report quotes
_PAGE = 500
_VERSION = 1
_AGENT = "imported"
_ROLES: dict[str, Role] = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant"}


class ImportFailed(Exception):
    """A strict import met a fault; the message names the line. What came before it is stored."""


class Log(Protocol):
    """What this room needs of the log of turns; `TurnLog` is it."""

    async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
        """Store turns; those that are stored already stay as they are."""
        ...


class FactsLog(Protocol):
    """What this room needs of the log of facts; `FactLog` is it."""

    async def add(self, principal: Principal, facts: Sequence[Fact]) -> list[Fact]:
        """Store facts; those that are stored already stay as they are. Returns what is held."""
        ...

    async def all(self, principal: Principal) -> list[Fact]:
        """Return every fact."""
        ...


@dataclass(slots=True)
class Report:
    """What an import did. turns, facts: read and held afterwards. faults: the first ones, as "line 7: why"."""

    turns: int = 0
    facts: int = 0
    left_out: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, broken: Broken) -> None:
        """Count what could not be read."""
        self.left_out += 1
        if len(self.faults) < _SHOWN:
            self.faults.append(f"line {broken.line}: {broken.why}")


async def load(
    path: Path, form: Format, principal: Principal, turns: Log, facts: FactsLog, *, strict: bool = False
) -> Report:
    """Import a file for one user. strict: stop at the first fault with `ImportFailed`; else report it and go on.

    Raises OSError when the file cannot be read, and `Problem` 503 when the database fails.
    """
    report = Report()
    said: list[Turn] = []
    known: list[Fact] = []

    async def flush() -> None:
        if said:
            report.turns += len(await turns.append_all(principal, said))
            said.clear()
        if known:
            report.facts += len(await facts.add(principal, known))
            known.clear()

    with closing(_READERS[form](path)) as records:
        while (record := await asyncio.to_thread(next, records, None)) is not None:
            if isinstance(record, Turn):
                said.append(record)
            elif isinstance(record, Fact):
                known.append(record)
            else:
                report.fault(record)
                if strict:
                    await flush()
                    raise ImportFailed(f"line {record.line}: {record.why}")
            if len(said) >= BATCH or len(known) >= BATCH:
                await flush()
    await flush()
    return report


class Exported(Protocol):
    """What an export reads of the log of turns."""

    async def changes(self, principal: Principal, after: int, limit: int) -> Any:
        """Return a page of the log: `turns`, `upto` and `head`."""
        ...


async def dump(principal: Principal, turns: Exported, facts: FactsLog) -> AsyncIterator[bytes]:
    """Yield everything that is remembered of one user, a line of JSON at a time: a header, turns, then facts."""
    yield orjson.dumps({"type": "engram", "version": _VERSION, "user": principal.user_id}) + b"\n"
    after = 0
    while True:
        page = await turns.changes(principal, after, _PAGE)
        for turn in page.turns:
            if turn.content or turn.unheard:  # else it was withdrawn
                yield _line("turn", turn._asdict())
        if page.upto <= after or page.upto >= page.head:
            break
        after = page.upto
    for fact in await facts.all(principal):
        yield _line("fact", asdict(fact))


def _line(kind: str, record: dict[str, Any]) -> bytes:
    body = {name: value for name, value in record.items() if name != "seq"}
    return orjson.dumps({"type": kind, **body}, option=orjson.OPT_NAIVE_UTC) + b"\n"


# Our own lines


def _ours(path: Path) -> Records:
    for piece in lines(path):
        if isinstance(piece, Broken):
            yield piece
            continue
        try:
            record = _record(piece)
        except (KeyError, TypeError, ValueError) as error:
            yield Broken(piece.line, _why(error))
            continue
        if record is not None:
            yield record


def _record(piece: Piece) -> Turn | Fact | None:
    given = dict(piece.value)
    kind = given.pop("type", None)
    if kind == "engram":
        if given.get("version") != _VERSION:
            raise ValueError(f"version {given.get('version')!r} is not known here")
        return None
    if kind == "turn":
        return _checked_turn(_made(Turn, given))
    if kind == "fact":
        return _checked_fact(_made(Fact, given))
    raise ValueError(f"type {kind!r} is neither turn nor fact")


_TIMES = frozenset(("said_at", "valid_from", "valid_to", "recorded_at", "superseded_at"))
_LISTS = frozenset(("recalled", "proof"))


def _made(kind: Any, given: dict[str, Any]) -> Any:
    known = kind.__annotations__.keys() - {"seq"}
    if strange := sorted(given.keys() - known):
        raise ValueError(f"{strange[0]!r} is not a field of a {kind.__name__.lower()}")
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name in _TIMES:
            values[name] = None if value is None else _moment(value)
        elif name in _LISTS:
            values[name] = tuple(str(entry) for entry in value)
        elif name == "confidence":
            values[name] = float(value)
        elif name == "interrupted":
            values[name] = bool(value)
        elif value is not None and not isinstance(value, str):
            raise ValueError(f"{name!r} is not text")
        else:
            values[name] = value
    return kind(**values)


def _checked_turn(turn: Turn) -> Turn:
    if turn.role not in get_args(Role) or turn.channel not in get_args(Channel):
        raise ValueError("role or channel is not known here")
    if not turn.id or not is_session_id(turn.session_id):
        raise ValueError("id or session_id is not one")
    if len(turn.content) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    return turn


def _checked_fact(fact: Fact) -> Fact:
    if fact.kind not in get_args(FactKind) or fact.source not in get_args(FactSource) or not fact.id:
        raise ValueError("kind or source is not known here")
    if fact.channel not in (None, *get_args(Channel)) or len(fact.text) > LONGEST or not 0 <= fact.confidence <= 1:
        raise ValueError("channel, text or confidence is not one")
    return fact


# ChatGPT: conversations.json, an array of trees


def _chatgpt(path: Path) -> Records:
    for piece in pieces(path):
        if isinstance(piece, Broken):
            yield piece
            continue
        try:
            yield from _conversation(piece.value)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            yield Broken(piece.line, _why(error))


def _conversation(given: dict[str, Any]) -> Iterator[Turn]:
    mapping = given["mapping"]
    name = str(given.get("conversation_id") or given.get("id") or _digest(orjson.dumps(sorted(mapping)).decode()))
    begun = _seconds(given.get("create_time")) or datetime(1970, 1, 1, tzinfo=UTC)
    last = begun
    found: list[Turn] = []
    for node in _branch(mapping, given.get("current_node")):
        message = node.get("message")
        role = _ROLES.get(str(((message or {}).get("author") or {}).get("role")))
        text = _parts((message or {}).get("content"))
        if message is None or role is None or not text or (message.get("recipient") or "all") != "all":
            continue
        if len(text) > LONGEST:
            raise ValueError(f"a message is longer than {LONGEST} characters")
        # Some messages have no time: they follow the one before.
        last = max(_seconds(message.get("create_time")) or last, last + timedelta(milliseconds=1))
        turn_id = _id("chatgpt", name, str(message.get("id") or node.get("id")))
        found.append(Turn(turn_id, role, clean(text), "chat", _AGENT, last, _session("chatgpt", name)))
    yield from found


def _branch(mapping: dict[str, Any], current: Any) -> list[dict[str, Any]]:
    """Return the nodes of the branch that was shown last, root first: from `current` upwards by parents."""
    if current not in mapping:
        current = next((name for name, node in mapping.items() if not node.get("parent")), None)
        seen: set[str] = set()
        while current is not None and current not in seen and mapping[current].get("children"):
            seen.add(current)
            current = mapping[current]["children"][-1]
    chain: list[dict[str, Any]] = []
    passed: set[str] = set()
    while current in mapping and current not in passed:
        passed.add(current)
        chain.append(mapping[current])
        current = mapping[current].get("parent")
    return chain[::-1]


def _parts(content: Any) -> str:
    if not isinstance(content, dict) or content.get("content_type", "text") not in ("text", "multimodal_text"):
        return ""
    parts = content.get("parts") or []
    return "\n".join(part for part in parts if isinstance(part, str) and part.strip()).strip()


# mem0: memories, in an array or under a name


def _mem0(path: Path) -> Records:
    for piece in pieces(path):
        if isinstance(piece, Broken):
            yield piece
            continue
        try:
            text = piece.value.get("memory") or piece.value.get("text") or piece.value["data"]["memory"]
            said_at = _moment(piece.value.get("updated_at") or piece.value["created_at"])
            yield _imported("mem0", str(piece.value.get("id") or _digest(text)), text, said_at)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Broken(piece.line, _why(error))


# Zep: sessions (threads) with messages, and facts (edges)


def _zep(path: Path) -> Records:
    for piece in pieces(path):
        if isinstance(piece, Broken):
            yield piece
            continue
        given = piece.value
        try:
            if "fact" in given:
                yield _zep_fact(given)
            elif "messages" in given:
                session = str(given.get("session_id") or given.get("thread_id") or given.get("uuid") or given["id"])
                yield from [turn for turn in (_zep_turn(message, session) for message in given["messages"]) if turn]
            else:
                turn = _zep_turn(given, str(given.get("session_id") or given["thread_id"]))
                if turn is not None:
                    yield turn
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Broken(piece.line, _why(error))


def _zep_turn(given: dict[str, Any], session: str) -> Turn | None:
    role = _ROLES.get(str(given.get("role_type") or given.get("role")).casefold())
    text = given["content"]
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError("a message's content is not text, or too long")
    if role is None or not text.strip():
        return None
    said_at = _moment(given.get("created_at") or given["reference_time"])
    name = str(given.get("uuid") or given.get("id") or _digest(f"{said_at.isoformat()}{text}"))
    return Turn(_id("zep", session, name), role, clean(text), "chat", _AGENT, said_at, _session("zep", session))


def _zep_fact(given: dict[str, Any]) -> Fact:
    created = _moment(given["created_at"])
    fact = _imported("zep", str(given.get("uuid") or _digest(given["fact"])), given["fact"], created)
    begin, end = (_moment(given[name]) if given.get(name) else None for name in ("valid_at", "invalid_at"))
    expired = _moment(given["expired_at"]) if given.get("expired_at") else None
    return Fact(
        **{**asdict(fact), "valid_from": begin, "valid_to": end, "superseded_at": expired, "recorded_at": created}
    )


def _imported(source: str, name: str, text: Any, said_at: datetime) -> Fact:
    """Make a fact of another engine's sentence: by the table where it reads like one of ours, else word for word."""
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise ValueError("a fact's text is not text, or too long")
    text = " ".join(clean(text).split())
    plain = re.sub(r"^(?:the )?user(?:'s)? ", "", text, flags=re.IGNORECASE)
    predicate, subject, value = parse(plain) or ("note", USER, text)
    kind = predicate_of(predicate).kind
    return Fact(_id(source, "fact", name), text, said_at, subject, predicate, value, kind, "import", 0.8)


_READERS = {"chatgpt": _chatgpt, "mem0": _mem0, "zep": _zep, "jsonl": _ours}


# Ids and times


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _id(source: str, group: str, name: str) -> str:
    return f"imp_{_digest(chr(31).join((source, group, name)))}"


def _session(source: str, name: str) -> str:
    """Return the session's own id where it may be one, else one that follows from it."""
    own = f"{source}-{name}"
    return own if is_session_id(own) else f"{source}-{_digest(name)}"


def _moment(given: Any) -> datetime:
    """Read a time: RFC 3339 text, or seconds since 1970. Raises ValueError."""
    if isinstance(given, int | float):
        seconds = _seconds(given)
        if seconds is None:
            raise ValueError("a time is out of range")
        return seconds
    if not isinstance(given, str):
        raise ValueError("a time is missing")
    moment = datetime.fromisoformat(given)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _seconds(given: Any) -> datetime | None:
    if not isinstance(given, int | float) or isinstance(given, bool):
        return None
    try:
        return datetime.fromtimestamp(given, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _why(error: Exception) -> str:
    """Say what is wrong without a word of the content: reports are printed and logged."""
    if isinstance(error, KeyError):
        return f"{str(error.args[0])[:40]!r} is missing"
    if isinstance(error, ValueError) and error.args and not str(error).startswith("Invalid isoformat"):
        return str(error)[:120]
    return "it does not have the form of this format"
