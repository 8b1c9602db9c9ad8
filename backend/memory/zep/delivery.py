"""Turns on their way to Zep: a follower of the log, so the log is the queue and an outage costs time, not turns.

In order within each session, at most `BATCH` messages a call, each turn once. Where a message went out and the answer
did not come back, the session's tail at Zep is read first and matched by our turn id in the metadata; only what is not
there is sent again.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from backend.core.context import Turn
from backend.identity.principal import Principal
from backend.memory.zep.ledger import Delivery, Ledger
from backend.memory.zep.port import BATCH, MESSAGE_LENGTH, ZepError, ZepMessage, ZepPort

logger = logging.getLogger("backend.memory")

TURN, PART, PARTS = "engram_turn", "engram_part", "engram_parts"
"""Keys of a message's metadata: which turn it is, and which piece of a long one."""

TAIL = 100
"""Messages read after an uncertain write: more than one call can have left there."""

UNDER_WAY = timedelta(seconds=35)
"""How long a write whose answer was lost may still take effect: a server gives a request up after 30 s."""

_REFUSED_CONTENT = frozenset({400, 413, 422})  # other refusals are of the route or the setting, not of what was said
_REFUSALS = 3  # in a row; more mean that it is the setting that is wrong, not the turns


@dataclass(frozen=True, slots=True)
class _Piece:
    """One message of a turn."""

    turn: Turn
    part: int
    parts: int
    content: str


class ZepDelivery:
    """The follower "zep". `take` is idempotent; it raises `ZepError` (a Problem) to be called again."""

    name = "zep"
    eager = True

    def __init__(
        self,
        port: ZepPort,
        ledger: Ledger,
        *,
        message_length: int = MESSAGE_LENGTH,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._port = port
        self._ledger = ledger
        self._length = message_length
        self._now = now
        self._refused_in_a_row = 0
        self.refused = 0
        """Turns that Zep has refused for good since the process began."""

    async def take(self, principal: Principal, turns: Sequence[Turn], *, deleted: bool) -> None:
        """Deliver turns. deleted: sessions were deleted since the last call; Zep then loses what the log has not."""
        known = await self._ledger.user(principal)
        if known is not None and known.erasing:
            raise ZepError(
                "refused", "The user is being erased at Zep.", retryable=True, retry_after=30.0, answered=True
            )
        try:
            if deleted:
                await self._delete_gone(principal)
            records = await self._ledger.deliveries(principal, [turn.id for turn in turns])
            for session_id, said in _by_session(turns):
                await self._deliver(principal, session_id, said, records)
        except ZepError as error:
            if error.retryable:
                raise
            # Nothing is given up for a server that says no: the turns wait until somebody has looked.
            raise _later(error, "Zep refuses what is needed before a turn can be delivered", 60.0) from error

    async def _deliver(
        self, principal: Principal, session_id: str, turns: Sequence[Turn], records: dict[str, Delivery]
    ) -> None:
        empty = [turn for turn in turns if not turn.content.strip() and turn.id not in records]
        if empty:  # an answer that was cut off before a word of it was heard
            await self._ledger.closed(principal, empty, "empty")
        waiting = [turn for turn in turns if turn.content.strip() and _outstanding(records.get(turn.id))]
        amended: dict[str, Sequence[str]] = {
            turn.id: records[turn.id].message_uuids
            for turn in turns
            if _delivered(records.get(turn.id)) and _differs(records, turn)
        }
        if not waiting and not amended:
            return
        session = await self._session(principal, session_id)
        try:
            if waiting:
                amended |= await self._send_all(principal, session, waiting, records)
            for turn in turns:
                if turn.id in amended:
                    await self._amend(principal, session, turn, amended[turn.id])
        except ZepError as error:
            if error.cause != "not_found":
                raise
            if await self._is_gone(session):
                # Somebody has deleted it at Zep: what is said from now on goes to a new one.
                await self._ledger.forget_address(principal, session_id)
            raise _later(error, "Zep has lost a session", 1.0) from error

    async def _is_gone(self, session: str) -> bool:
        """Look again: one 404 may be a proxy's, and a session left too early parts a conversation in two."""
        try:
            await self._port.tail(session, 1)
        except ZepError as error:
            return error.cause == "not_found"
        return False

    async def _send_all(
        self, principal: Principal, session: str, turns: Sequence[Turn], records: dict[str, Delivery]
    ) -> dict[str, Sequence[str]]:
        """Send what has not arrived; return the messages of turns that had arrived and were corrected since."""
        uncertain = [turn for turn in turns if turn.id in records and records[turn.id].state == "sent"]
        arrived: dict[str, dict[int, str]] = {turn.id: {} for turn in turns}
        if uncertain:
            self._wait_for_late_writes([records[turn.id] for turn in uncertain])
            for message in await self._port.tail(session, TAIL):
                turn_id, part = message.metadata.get(TURN), message.metadata.get(PART)
                if isinstance(turn_id, str) and isinstance(part, int | float) and turn_id in records:
                    arrived.get(turn_id, {})[int(part)] = message.uuid
        await self._confirm(principal, uncertain, arrived)
        pieces = [piece for turn in turns for piece in _pieces(turn, self._length)]
        missing = [piece for piece in pieces if piece.part not in arrived[piece.turn.id]]
        refused: set[str] = set()
        for begin in range(0, len(missing), BATCH):
            batch = [piece for piece in missing[begin : begin + BATCH] if piece.turn.id not in refused]
            if batch:
                await self._send(principal, session, batch, arrived, refused)
        incomplete = {piece.turn.id for piece in missing}
        return {
            turn.id: [arrived[turn.id][part] for part in sorted(arrived[turn.id])]
            for turn in uncertain
            if turn.id not in incomplete and _differs(records, turn)
        }

    def _wait_for_late_writes(self, uncertain: Sequence[Delivery]) -> None:
        """Raise when a write without an answer may still take effect and a repetition would make it two."""
        if self._port.capabilities.safe_repeat:
            return
        left = max((record.sent_at + UNDER_WAY - self._now() for record in uncertain if record.sent_at), default=None)
        if left is not None and left > timedelta(0):
            raise ZepError(
                "timeout",
                "A write to Zep is still without an answer; its end is awaited before it is repeated.",
                retryable=True,
                retry_after=left.total_seconds(),
            )

    async def _send(
        self,
        principal: Principal,
        session: str,
        pieces: Sequence[_Piece],
        arrived: dict[str, dict[int, str]],
        refused: set[str],
    ) -> None:
        turns = list({piece.turn.id: piece.turn for piece in pieces}.values())
        ids = [turn.id for turn in turns]
        messages = [_message(principal, session, piece) for piece in pieces]
        await self._ledger.sending(principal, turns, self._now())
        try:
            added = await self._port.add_messages(session, messages, _idempotency_key(messages))
        except ZepError as error:
            if error.answered:
                await self._ledger.settled(principal, ids)
            if error.http_status not in _REFUSED_CONTENT:
                raise
            if len(turns) == 1:
                await self._refuse(principal, turns[0], error)
                refused.add(turns[0].id)
                return
            for turn in turns:  # one of them is at fault: the others are delivered
                alone = [piece for piece in pieces if piece.turn.id == turn.id]
                await self._send(principal, session, alone, arrived, refused)
            return
        self._refused_in_a_row = 0
        for piece, message_uuid in zip(pieces, added, strict=True):
            arrived[piece.turn.id][piece.part] = message_uuid
        await self._confirm(principal, turns, arrived)

    async def _confirm(self, principal: Principal, turns: Sequence[Turn], arrived: dict[str, dict[int, str]]) -> None:
        """Enter as delivered the turns all of whose pieces have arrived."""
        whole: dict[str, list[str]] = {}
        for turn in turns:
            found = arrived[turn.id]
            if all(piece.part in found for piece in _pieces(turn, self._length)):
                whole[turn.id] = [found[part] for part in sorted(found)]
        if whole:
            await self._ledger.delivered(principal, whole)

    async def _refuse(self, principal: Principal, turn: Turn, error: ZepError) -> None:
        self._refused_in_a_row += 1
        if self._refused_in_a_row > _REFUSALS:
            raise _later(error, "Zep refuses everything", 60.0) from error
        self.refused += 1
        logger.error("Zep refuses turn %s for good (%s); it stays in our log only", turn.id, error.http_status)
        await self._ledger.closed(principal, [turn], "refused")

    async def _amend(self, principal: Principal, session: str, turn: Turn, uuids: Sequence[str]) -> None:
        """Tell Zep what a corrected turn was: content cannot be changed there, so the metadata says what was heard."""
        for part, message_uuid in enumerate(uuids):
            metadata = _metadata(_Piece(turn, part, len(uuids), ""))
            metadata["heard_characters"] = len(turn.content)
            try:
                await self._port.annotate(session, message_uuid, metadata)
            except ZepError as error:
                if error.cause not in ("not_found", "refused"):
                    raise
        await self._ledger.amended(principal, turn)

    async def _session(self, principal: Principal, session_id: str) -> str:
        dialect = self._port.dialect
        if (known := await self._ledger.session(principal, session_id, dialect)) is not None:
            return known
        user = await self._ledger.user(principal)
        address = user.address if user is not None and user.dialect == dialect else ""
        if not address:
            address = await self._port.ensure_user(user_id(principal))
            await self._ledger.save_user(principal, dialect, address)
        try:
            session = await self._port.ensure_session(address, session_name(principal, session_id))
        except ZepError as error:
            if error.cause not in ("not_found", "refused"):
                raise
            # Somebody has deleted the user at Zep: the next attempt creates them anew.
            await self._ledger.save_user(principal, dialect, "")
            raise _later(error, "Zep has lost a user, or refuses a session", 5.0) from error
        await self._ledger.save_session(principal, session_id, dialect, session)
        return session

    async def _delete_gone(self, principal: Principal) -> None:
        for session_id, address in await self._ledger.gone_sessions(principal, self._port.dialect):
            try:
                await self._port.delete_session(address)
            except ZepError as error:
                if error.cause != "not_found":
                    raise
            await self._ledger.forget_session(principal, session_id)


def user_id(principal: Principal) -> str:
    """Return the user's id at Zep: no name and no address can be read from it, and no two owners share one."""
    return "engram-" + _digest(principal.tenant, principal.user_id)


def session_name(principal: Principal, session_id: str) -> str:
    """Return the session's id at Zep: unique there, though two owners may have chosen the same one here."""
    return "engram-" + _digest(principal.tenant, principal.user_id, session_id)


def _digest(*parts: str) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:40]  # JSON, so that no two lists of parts read alike


def _by_session(turns: Sequence[Turn]) -> list[tuple[str, list[Turn]]]:
    sessions: dict[str, list[Turn]] = {}
    for turn in {turn.id: turn for turn in turns}.values():  # a turn that is there twice counts as it is last
        sessions.setdefault(turn.session_id, []).append(turn)
    return list(sessions.items())


def _outstanding(record: Delivery | None) -> bool:
    """Whether a turn with content has still to be delivered."""
    return record is None or record.state in ("sent", "empty")


def _delivered(record: Delivery | None) -> bool:
    return record is not None and record.state == "delivered"


def _differs(records: dict[str, Delivery], turn: Turn) -> bool:
    """Whether a turn was corrected since it was sent."""
    record = records[turn.id]
    return record.length != len(turn.content) or record.interrupted != turn.interrupted


def _later(error: ZepError, what: str, seconds: float) -> ZepError:
    """The same failure, to be tried again: only a person can decide that turns are not delivered."""
    return ZepError(
        error.cause,
        f"{what} ({error.http_status}). If it lasts, check ZEP_API_URL and ZEP_API_VERSION.",
        retryable=True,
        retry_after=seconds,
        http_status=error.http_status,
        answered=error.answered,
        happened=error.happened,
    )


def _pieces(turn: Turn, length: int) -> Iterator[_Piece]:
    contents = _cut(turn.content, length)
    for part, content in enumerate(contents):
        yield _Piece(turn, part, len(contents), content)


def _cut(content: str, length: int) -> list[str]:
    """Cut a text into pieces of at most `length` characters, after white space where there is any. Joined, they are the
    text, but for pieces of white space alone: Zep refuses empty messages.
    """
    pieces: list[str] = []
    while len(content) > length:
        at = max(content.rfind(" ", 0, length), content.rfind("\n", 0, length)) + 1
        at = at if at > length // 2 else length
        pieces.append(content[:at])
        content = content[at:]
    pieces.append(content)
    return [piece for piece in pieces if piece.strip()]


def _message(principal: Principal, session: str, piece: _Piece) -> ZepMessage:
    turn = piece.turn
    return ZepMessage(
        uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{session}\n{turn.id}\n{piece.part}")),
        role=turn.role,
        name=principal.display_name if turn.role == "user" else turn.agent_id,
        content=piece.content,
        said_at=turn.said_at,
        metadata=_metadata(piece),
    )


def _metadata(piece: _Piece) -> dict[str, str | int | bool]:
    turn = piece.turn
    return {
        TURN: turn.id,
        PART: piece.part,
        PARTS: piece.parts,
        "engram_agent": turn.agent_id,
        "engram_channel": turn.channel,
        "said_at": turn.said_at.isoformat(),
        "interrupted": turn.interrupted,
    }


def _idempotency_key(messages: Sequence[ZepMessage]) -> str:
    """Return the key of a call: only the same messages with the same content have the same one."""
    told = [[message.uuid, message.content, sorted(message.metadata.items())] for message in messages]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()
