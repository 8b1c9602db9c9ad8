"""One-time tickets for the voice socket: a browser can set no header there, and a token in an address ends up in logs.

A ticket is 256 random bits that stand for a caller for half a minute, once, for one session and one origin. Any replica
can redeem it: the database holds its hash and, sealed with a key made from the ticket itself, whom it stands for. Who
reads the table learns neither tickets nor names. A wrong use spends it as well.
"""

import hashlib
import secrets

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.core.problems import Problem
from backend.identity.principal import Principal, Proof
from backend.identity.refused import Refused
from backend.identity.signing_keys import sign_in_unavailable
from backend.storage.database import Connection, Database

TICKET_SECONDS = 30
_CHARACTERS = 43  # 32 bytes in base64url


class Tickets:
    """Issues and redeems tickets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, principal: Principal, session_id: str, origin: str) -> str:
        """Return a ticket for this caller, session and origin ('' for a caller that is no browser).

        Raises `Problem` 503 when the database cannot be reached.
        """
        ticket = secrets.token_urlsafe(32)
        sealed = AESGCM(_key(ticket)).encrypt(_NONCE, _packed(principal), _bound(session_id, origin))
        values = (_hash(ticket), sealed, TICKET_SECONDS)
        await self._database.run(lambda connection: connection.execute(_ISSUE, values))
        return ticket

    async def redeem(self, ticket: str, session_id: str, origin: str) -> Principal:
        """Return whom the ticket stands for, and spend it; raise `Refused`, or `Problem` 503 when that is not known."""
        if len(ticket) != _CHARACTERS or not ticket.isascii():
            raise Refused("ticket", "the ticket is not of the form that POST /api/v1/voice/ticket answers")

        async def work(connection: Connection) -> bytes | None:
            cursor = await connection.execute(_REDEEM, (_hash(ticket),))
            row = await cursor.fetchone()
            return bytes(row[0]) if row else None

        try:
            sealed = await self._database.run(work)
        except Problem:
            raise sign_in_unavailable() from None
        if sealed is None:
            raise Refused("ticket", "the ticket is unknown, was used before or is older than 30 s")
        try:
            return _unpacked(AESGCM(_key(ticket)).decrypt(_NONCE, sealed, _bound(session_id, origin)))
        except InvalidTag:
            raise Refused("ticket", "the ticket is for another session or another origin") from None

    async def sweep(self) -> None:
        """Delete tickets that nobody used in time."""
        await self._database.run(lambda connection: connection.execute(_SWEEP))


_NONCE = bytes(12)
"""Each key seals one message only."""


def _hash(ticket: str) -> bytes:
    return hashlib.blake2b(ticket.encode(), digest_size=32, person=b"engram.hash").digest()


def _key(ticket: str) -> bytes:
    return hashlib.blake2b(ticket.encode(), digest_size=32, person=b"engram.seal").digest()


def _bound(session_id: str, origin: str) -> bytes:
    return orjson.dumps([session_id, origin])


def _packed(principal: Principal) -> bytes:
    proof = principal.proof
    return orjson.dumps(
        {
            "principal": [principal.tenant, principal.user_id, principal.display_name],
            "roles": sorted(principal.roles),
            "kind": principal.kind,
            "proof": [proof.method, sorted(proof.contexts), sorted(proof.methods), proof.application],
            "times": [principal.signed_in_at, principal.expires_at],
        }
    )


def _unpacked(packed: bytes) -> Principal:
    """What we sealed ourselves, as `_packed` wrote it."""
    held = orjson.loads(packed)
    method, contexts, methods, application = held["proof"]
    proof = Proof(method, frozenset(contexts), frozenset(methods), application)
    tenant, user_id, name = held["principal"]
    began, expires = held["times"]
    return Principal(tenant, user_id, name, frozenset(held["roles"]), held["kind"], proof, began, expires)


_ISSUE = """
INSERT INTO voice_ticket (hash, sealed, expires_at) VALUES (%s, %s, now() + make_interval(secs => %s))
"""
_REDEEM = "DELETE FROM voice_ticket WHERE hash = %s AND expires_at > now() RETURNING sealed"
_SWEEP = "DELETE FROM voice_ticket WHERE expires_at < now()"
