"""What can be told on this machine: settings, secrets, origins, quota, database, clock."""

import asyncio
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from backend.cli.doctor.findings import Finding, absent, failed, of_problem, ok, warned
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.storage.migrations import HEAD
from backend.voice import fast_path

ACCOUNT_CONNECTIONS_A_MINUTE = 30
"""New VoiceLive sessions a minute of a standard resource (Microsoft's quotas and limits of the Speech service)."""
LEEWAY_SECONDS = 60
"""How far a clock may be off: what the verification of tokens forgives."""
OLDEST_SERVER = 15
_CONNECT_SECONDS = 5


def secrets(settings: Settings, env_file: Path = Path(".env")) -> Iterator[Finding]:
    """Whether what must be secret is kept so, as far as a program can tell."""
    if settings.secrets() and env_file.exists():
        mode = stat.S_IMODE(env_file.stat().st_mode)
        if mode & (stat.S_IRGRP | stat.S_IROTH):
            yield warned(
                "secrets",
                "Others on this machine can read your secrets",
                f"{env_file} has mode {mode:03o}.",
                f"chmod 600 {env_file}; on Azure keep secrets in Key Vault and give them to the app by reference.",
            )
            return
    yield ok("secrets", "nobody else can read them" if settings.secrets() else "none is set")


def origins(settings: Settings) -> Iterator[Finding]:
    """Who may call from a browser."""
    if "*" in settings.cors_origins:
        yield warned(
            "cors",
            "Every web page may call this service",
            "CORS_ORIGINS holds '*'.",
            "List the exact origin of the user interface.",
        )
    elif settings.cors_origins:
        yield ok("cors", f"{', '.join(settings.cors_origins)} and the service's own page")
    else:
        remedy = "Set CORS_ORIGINS when the user interface has an address of its own (a Static Web App)."
        yield absent("cors", "only the service's own page may call it", remedy)


def quota(settings: Settings) -> Iterator[Finding]:
    """Whether the bounds fit VoiceLive's quota."""
    share = settings.voice_connections_per_minute
    if (urlsplit(settings.azure_voicelive_endpoint).hostname or "").endswith(".azure.com") and (
        share > ACCOUNT_CONNECTIONS_A_MINUTE
    ):
        yield warned(
            "quota",
            "429 Rate limited at busy moments",
            f"VOICE_CONNECTIONS_PER_MINUTE is {share}; a VoiceLive resource allows {ACCOUNT_CONNECTIONS_A_MINUTE} new "
            "sessions a minute unless Microsoft has raised it.",
            "Lower it to your quota, which all replicas on one database share, or ask for a higher one.",
        )
    else:
        yield ok("quota", f"{share} new calls a minute in all, {settings.voice_max_sessions} at once in each replica")


def page(settings: Settings) -> Iterator[Finding]:
    """Whether the user interface is there to be served."""
    if (settings.ui_dir / "index.html").is_file():
        yield ok("page", f"served from {settings.ui_dir}")
    else:
        remedy = "Build it (`cd frontend && npm ci && npm run build`), or serve it as a Static Web App."
        yield absent("page", "the user interface is not built here", remedy)


def relay(_settings: Settings) -> Iterator[Finding]:
    """Whether sound goes its way in C."""
    compiling = "Run `python scripts/compile.py` where there are a C compiler, Python's headers and cython."
    if fast_path.STALE:
        yield warned(
            "relay",
            "A call takes a fifth more of the processor",
            "backend/voice/_fast_path.pyx is not what was compiled, so sound goes in Python.",
            f"{compiling} Then start the service again.",
        )
    elif fast_path.COMPILED:
        yield ok("relay", "sound goes in C")
    else:
        yield absent("relay", "sound goes in Python, for a fifth more of the processor", compiling)


async def database(settings: Settings) -> list[Finding]:
    """Whether the database can be reached, what it is, and how far its schema and its clock are. Changes nothing."""
    if not settings.database_url:
        where = settings.data_dir / "postgres"
        remedy = "Set DATABASE_URL for a server of your own."
        return [absent("database", f"the embedded one, under {where}; it starts with the service", remedy)]
    try:
        return await asyncio.wait_for(asyncio.to_thread(_database, settings), 3 * _CONNECT_SECONDS)
    except TimeoutError:
        return [_unreachable("it did not answer in time")]
    except psycopg.Error as error:
        return [_unreachable(type(error).__name__)]
    except Problem as problem:
        return [of_problem("database", problem)]


def _database(settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    with psycopg.connect(
        settings.database_url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="engram doctor"
    ) as connection:
        connection.execute(f"SET statement_timeout = '{_CONNECT_SECONDS}s'")
        version = connection.info.server_version // 10_000
        encrypted = connection.pgconn.ssl_in_use
        row = connection.execute("SELECT clock_timestamp(), to_regclass('alembic_version') IS NOT NULL").fetchone()
        assert row is not None
        revision = None
        if row[1]:
            newest = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            revision = str(newest[0]) if newest else None
        skew = abs((row[0] - datetime.now(UTC)).total_seconds())
    if version < OLDEST_SERVER:
        found.append(
            failed(
                "database",
                "The service does not start",
                f"PostgreSQL {version} is older than {OLDEST_SERVER}.",
                f"Use PostgreSQL {OLDEST_SERVER} or newer.",
            )
        )
    elif settings.demands.encryption_key and not encrypted and not _is_local(settings.database_url):
        found.append(
            failed(
                "database",
                "Personal data crosses the network in the clear",
                "The connection is not encrypted.",
                "Add ?sslmode=verify-full to DATABASE_URL.",
            )
        )
    else:
        found.append(ok("database", f"PostgreSQL {version}, {'encrypted' if encrypted else 'not encrypted'}"))
    found.append(_schema(revision))
    found.append(clock("database", skew))
    return found


def _schema(revision: str | None) -> Finding:
    if revision == HEAD:
        return ok("migrations", f"at {HEAD}, the newest")
    if revision is None or revision < HEAD:
        detail = f"at {revision or 'nothing yet'}; the service brings it to {HEAD} when it starts"
        return absent("migrations", detail, "Start the service; it migrates under a lock, replicas wait.")
    return warned(
        "migrations",
        f"The schema ({revision}) is newer than this release ({HEAD})",
        "A newer release has run on this database.",
        "Nothing, if you have just rolled back: this release runs on it. Else deploy the newer release.",
    )


def clock(of: str, seconds: float) -> Finding:
    """Judge how far apart two clocks are."""
    if seconds <= LEEWAY_SECONDS:
        return ok("clock", f"within {max(1, round(seconds))} s of the {of}'s")
    return failed(
        "clock",
        "401 for tokens that should be valid",
        f"This machine's clock and the {of}'s are {seconds:.0f} s apart.",
        "Synchronise the clocks (NTP).",
    )


def _unreachable(why: str) -> Finding:
    return failed(
        "database",
        "Readiness says that the database is failing",
        f"The server of DATABASE_URL cannot be used ({why}).",
        "Check host, port, user and password in DATABASE_URL, the firewall and the private endpoint.",
    )


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname
    return host is None or host in ("localhost", "127.0.0.1", "::1")
