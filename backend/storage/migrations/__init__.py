"""The schema's migrations: Alembic, plain SQL, expand first and contract a release later. Run at start by `migrate`."""

import logging
from pathlib import Path

import psycopg

logger = logging.getLogger("backend.storage")

HEAD = "0006"
"""The newest migration (a test holds it against Alembic). Known here so that a start with nothing to do loads no
Alembic.
"""

_LOCK = 0x456E6772616D  # "Engram": every replica takes this advisory lock, so one migrates and the others wait
_WAIT = "120s"


def migrate(conninfo: str) -> None:
    """Bring the schema up to `HEAD`. Blocks; safe when many processes do it at once. Raises `psycopg.Error`.

    A schema that a newer release has already expanded is left alone: this release runs on it (expand, then contract).
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if _revision(connection) == HEAD:
            return
        connection.execute(f"SET lock_timeout = '{_WAIT}'")
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        found = _revision(connection)
        if found is not None and found not in _known():
            logger.warning("The database has schema %s, newer than %s; leaving it as it is", found, HEAD)
        elif found != HEAD:
            logger.info("Migrating the database from %s to %s", found or "nothing", HEAD)
            _upgrade(conninfo)
        # the lock goes with the connection


def _revision(connection: psycopg.Connection) -> str | None:
    row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None


def _known() -> set[str]:
    return {path.name.split("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py")}


def _upgrade(conninfo: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["conninfo"] = conninfo
    try:
        command.upgrade(config, HEAD)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise error.orig from error
        raise
