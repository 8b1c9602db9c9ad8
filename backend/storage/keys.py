"""Encryption at rest: a data key for each owner, wrapped by one master key; rows sealed with AES-256-GCM.

A sealed value is `version(1) | kid(2) | nonce(12) | ciphertext | tag(16)`, 31 bytes longer than what it holds. The
version, the owner and the value's own place (session, turn, column) are authenticated with it, so that a value does not
open anywhere but where it was written. `kid` numbers an owner's data keys: a new one can seal while the old one still
opens. Nonces are random, which is safe far beyond the 2**32 values that one key may seal.

Nobody can read a value without the master key, and nobody at all once its owner's data key is destroyed.
"""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.core.problems import Problem
from backend.storage.database import Connection, Database, StorageSettings
from backend.storage.notices import KEYS, Notices, mark_of

logger = logging.getLogger("backend.storage")

KEPT_SECONDS = 900.0
"""How long an unwrapped data key stays in memory: 15 minutes, then it is read again."""

KEPT_KEYS = 5_000
"""Unwrapped data keys in memory, at most; about 2 KB each."""

KEY_BYTES = 32
_VERSION = b"\x01"
_HEAD = 3  # version and kid
_NONCE = 12
_TAG = 16


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved, cut short, or sealed with a key that is not its owner's."""


class MasterKeyError(RuntimeError):
    """The master key cannot be used; the message names the setting, the cause and the remedy, never the key."""


class KeySettings(StorageSettings, Protocol):
    """What this file reads of the settings."""

    @property
    def encryption_key(self) -> str: ...


class MasterKey(Protocol):
    """What wraps data keys. Here a key in memory; a key vault can do the same without giving its key away."""

    @property
    def name(self) -> str:
        """Which key it is: stored beside each key it wrapped. Tells nothing about the key itself."""
        ...

    def wrap(self, key: bytes, *context: str) -> bytes:
        """Encrypt a data key; `context` is authenticated with it."""
        ...

    def unwrap(self, wrapped: bytes, *context: str) -> bytes:
        """Decrypt a data key. Raises `SealBroken`."""
        ...


class LocalMasterKey:
    """A master key of 32 bytes, from ENCRYPTION_KEY or from a file."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.name = "local:" + hashlib.sha256(b"engram master key " + key).hexdigest()[:16]

    def wrap(self, key: bytes, *context: str) -> bytes:
        """Encrypt a data key; `context` is authenticated with it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, key, bind("wrap", *context))

    def unwrap(self, wrapped: bytes, *context: str) -> bytes:
        """Decrypt a data key. Raises `SealBroken`."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bind("wrap", *context))
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a wrapped data key does not open") from error


class DataKey:
    """One owner's keys, ready for use. `tenant` and `owner` are part of every context."""

    __slots__ = ("_ciphers", "_head", "_owner", "_seal")

    def __init__(self, tenant: str, owner: str, keys: Mapping[int, bytes]) -> None:
        """keys: data keys of 32 bytes by kid (1-65535); the highest kid seals."""
        self._ciphers = {kid.to_bytes(2, "big"): AESGCM(key) for kid, key in keys.items()}
        newest = max(keys)
        self._head = _VERSION + newest.to_bytes(2, "big")
        self._seal = self._ciphers[self._head[1:]]
        self._owner = _VERSION + bind(tenant, owner)

    def seal(self, plain: bytes, *context: str) -> bytes:
        """Encrypt `plain` for the place that `context` names, such as (session, turn, "body"). About 2 µs."""
        nonce = os.urandom(_NONCE)
        return self._head + nonce + self._seal.encrypt(nonce, plain, self._owner + bind(*context))

    def open(self, sealed: bytes, *context: str) -> bytes:
        """Decrypt what `seal` made for the same owner and place. About 1 µs. Raises `SealBroken`."""
        cipher = self._ciphers.get(sealed[1:_HEAD])
        if cipher is None or sealed[:1] != _VERSION or len(sealed) < _HEAD + _NONCE + _TAG:
            raise SealBroken("it has no known version and key")
        try:
            return cipher.decrypt(
                sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :], self._owner + bind(*context)
            )
        except InvalidTag as error:
            raise SealBroken("it was changed, or sealed for another place") from error


def bind(*context: str) -> bytes:
    """Join texts so that no two sequences give the same bytes: each is led by its length."""
    return "".join([f"{len(text)}:{text}" for text in context]).encode("utf-8", "surrogatepass")


class KeyRing:
    """The data keys of all owners, as this process needs them. Made by `await KeyRing.open(settings, database)`."""

    def __init__(self, master: MasterKey, database: Database, notices: Notices | None = None) -> None:
        self._master = master
        self._database = database
        self._notices = notices
        self._kept: OrderedDict[tuple[str, str], tuple[float, DataKey]] = OrderedDict()
        self._wanted: dict[tuple[str, str], asyncio.Task[DataKey]] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        if notices is not None:
            notices.listen(KEYS, self.heard)

    @classmethod
    async def open(cls, settings: KeySettings, database: Database, notices: Notices | None = None) -> "KeyRing":
        """Load the master key, ENCRYPTION_KEY or <data_dir>/master.key, and check it against the keys in the database.

        The file is made when there is none and no key is stored yet. `notices`: where other replicas hear of a
        destroyed key; without it they do after `KEPT_SECONDS`.
        Raises `MasterKeyError`, or `Problem` 503 when the database fails.
        """

        async def work(connection: Connection) -> list[Any]:
            # By index from both ends: one look-up each, however many keys there are.
            return await (await connection.execute(_WRAPPED_BY)).fetchall()

        used = {str(row[0]) for row in await database.run(work) if row[0] is not None}
        master = await asyncio.to_thread(_master_key, settings, bool(used))
        if used - {master.name}:
            raise _another_master(settings)
        return cls(master, database, notices)

    async def key(self, tenant: str, owner: str) -> DataKey:
        """Return the owner's data key; make and store one at first use. Two replicas that do so at once get the same.

        Raises `Problem` 410 when it has been destroyed, 503 when it was wrapped by another master key, does not open,
        or the database fails.
        """
        who = (tenant, owner)
        kept = self._kept.get(who)
        if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
            self._kept.move_to_end(who)
            return kept[1]
        wanted = self._wanted.get(who)
        if wanted is None:
            wanted = self._wanted[who] = asyncio.create_task(self._fetch(tenant, owner))
            wanted.add_done_callback(lambda done: self._fetched(who, done))
        return await asyncio.shield(wanted)

    async def destroy(self, tenant: str, owner: str) -> None:
        """Destroy the owner's data keys: nothing sealed with them opens any more, here or on any replica.

        Late writes for the owner are refused from then on. Idempotent. Raises `Problem` 503.
        """

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute("SET LOCAL synchronous_commit = on")
                await connection.execute(_DESTROY, (tenant, owner))
                await connection.execute(_STAY_DESTROYED, (tenant, owner))
                await connection.execute("SELECT pg_notify(%s, %s)", (KEYS, mark_of(tenant, owner)))

        await self._database.run(work)
        self._drop((tenant, owner))

    def heard(self, mark: str | None) -> None:
        """Forget the keys of the owner that a notice names; of all when notices may have been missed (None)."""
        if mark is None:
            for who in list(self._kept) + list(self._wanted):
                self._drop(who)
        elif mark in self._owners:
            self._drop(self._owners[mark])

    async def _fetch(self, tenant: str, owner: str) -> DataKey:
        wrapped = self._master.wrap(os.urandom(KEY_BYTES), tenant, owner, "1")
        key = (tenant, owner)

        async def work(connection: Connection) -> list[Any]:
            rows = await (await connection.execute(_READ, key, binary=True)).fetchall()
            if not rows:
                await connection.execute(_CREATE, (*key, self._master.name, wrapped), binary=True)
                rows = await (await connection.execute(_READ, key, binary=True)).fetchall()  # whoever was first
            return rows

        rows = await self._database.run(work)
        keys: dict[int, bytes] = {}
        for kid, kek, stored in rows:
            if stored is None:
                continue
            if kek != self._master.name:
                raise _unusable(_ANOTHER)
            try:
                keys[kid] = self._master.unwrap(stored, tenant, owner, str(kid))
            except SealBroken as error:
                raise _unusable(_DAMAGED) from error
        if not keys:
            raise Problem(
                410,
                "erased",
                "Erased",
                "What was stored for you has been erased, and nothing more is stored. Ask whoever runs this service "
                "to let you begin anew.",
            )
        return DataKey(tenant, owner, keys)

    def _fetched(self, who: tuple[str, str], done: asyncio.Task[DataKey]) -> None:
        if self._wanted.get(who) is not done:  # destroyed meanwhile
            _ = done.cancelled() or done.exception()
            return
        del self._wanted[who]
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[who] = (time.monotonic(), done.result())
        self._kept.move_to_end(who)
        self._owners[mark_of(*who)] = who
        while len(self._kept) > KEPT_KEYS:
            self._drop(next(iter(self._kept)))

    def _drop(self, who: tuple[str, str]) -> None:
        self._kept.pop(who, None)
        self._wanted.pop(who, None)
        self._owners.pop(mark_of(*who), None)


def _master_key(settings: KeySettings, keys_exist: bool) -> LocalMasterKey:
    """Read the master key, or make its file when no data key exists that another one has wrapped."""
    if settings.encryption_key:
        key = _decoded(settings.encryption_key)
        if key is None:
            raise MasterKeyError("ENCRYPTION_KEY: it is not a 256-bit key. Set it to 64 hexadecimal digits.")
        return LocalMasterKey(key)
    file = Path(settings.data_dir) / "master.key"
    try:
        try:
            text = file.read_text(encoding="ascii")
            if file.stat().st_mode & 0o077:
                logger.warning("Others than its owner may read %s, the key of all that is stored: chmod 600", file)
        except FileNotFoundError:
            if keys_exist:
                raise _another_master(settings) from None
            text = _made(file)
    except (OSError, UnicodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text"
        raise MasterKeyError(
            f"ENCRYPTION_KEY is not set, and the master key in {file} cannot be used ({cause}). Restore that file and "
            "let the service's user read it, or set ENCRYPTION_KEY."
        ) from error
    key = _decoded(text.strip())
    if key is None:
        raise MasterKeyError(
            f"ENCRYPTION_KEY is not set, and {file} does not hold a key of 64 hexadecimal digits. Restore that file "
            "from a backup, or set ENCRYPTION_KEY to the key that was used before."
        )
    return LocalMasterKey(key)


def _made(file: Path) -> str:
    """Make a key file that only its owner may read, complete from the moment it has its name; return what it holds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w", encoding="ascii") as writing:
            writing.write(os.urandom(KEY_BYTES).hex() + "\n")
            writing.flush()
            os.fsync(handle)
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, file)
    finally:
        draft.unlink()
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return file.read_text(encoding="ascii")


def _decoded(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == KEY_BYTES else None


_ANOTHER = (
    "ENCRYPTION_KEY: the database's data keys were wrapped by another master key. Set ENCRYPTION_KEY to the one used "
    "before; a new key cannot read what is stored."
)

_DAMAGED = (
    "ENCRYPTION_KEY: a data key in the table user_key is damaged and does not open. Restore that table from a backup; "
    "what the key's owner said cannot be read without it."
)


def _unusable(cause: str) -> Problem:
    logger.error("%s", cause)
    return Problem(
        503,
        "keys_unavailable",
        "Keys unavailable",
        "What is stored cannot be decrypted with the present master key. Whoever runs this service must restore "
        "ENCRYPTION_KEY (the log names the cause).",
        retryable=True,
        retry_after=60,
    )


def _another_master(settings: KeySettings) -> MasterKeyError:
    if settings.encryption_key:
        return MasterKeyError(_ANOTHER)
    return MasterKeyError(
        "ENCRYPTION_KEY: it is not set, and the database's data keys were not wrapped by the master key in "
        f"{Path(settings.data_dir) / 'master.key'} (or that file is gone). Restore the file, or set ENCRYPTION_KEY to "
        "the key used before; a new key cannot read what is stored."
    )


_WRAPPED_BY = """
SELECT min(kek) FROM user_key WHERE destroyed_at IS NULL UNION SELECT max(kek) FROM user_key WHERE destroyed_at IS NULL
"""

_READ = "SELECT kid, kek, wrapped FROM user_key WHERE tenant = %s AND owner = %s ORDER BY kid"

# A destroyed row keeps its place, so that no second key comes into being beside it.
_CREATE = """
INSERT INTO user_key (tenant, owner, kid, kek, wrapped) VALUES (%s, %s, 1, %s, %b)
ON CONFLICT (tenant, owner, kid) DO NOTHING
"""

_DESTROY = """
UPDATE user_key SET wrapped = NULL, kek = '', destroyed_at = now()
WHERE tenant = %s AND owner = %s AND destroyed_at IS NULL
"""

_STAY_DESTROYED = """
INSERT INTO user_key (tenant, owner, kid, kek, wrapped, destroyed_at) VALUES (%s, %s, 1, '', NULL, now())
ON CONFLICT (tenant, owner, kid) DO NOTHING
"""
