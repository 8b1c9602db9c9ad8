"""`engram memory import` and `engram memory export`: a user's memory from other engines, and out of this one.

Both open the database and the keys as the service does, also beside a running service.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from backend.core.problems import Problem
from backend.core.settings import Settings, SettingsError, load_settings
from backend.identity.principal import Principal
from backend.memory import portability
from backend.memory.fact_log import FactLog
from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing

app = typer.Typer(no_args_is_help=True, help="Bring a user's memory in, and take it out.")

User = Annotated[str, typer.Option(help="Whose memory: the user's id (`oid` of their token).")]
Tenant = Annotated[
    str, typer.Option(help="The user's tenant; `development` for development tokens, `poc` without sign-in.")
]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The export to read.")],
    form: Annotated[portability.Format, typer.Option("--format", help="What wrote it; jsonl is our own export.")],
    user: User,
    tenant: Tenant = "development",
    strict: Annotated[bool, typer.Option(help="Stop at the first line that cannot be read.")] = False,
) -> None:
    """Import turns and facts for one user. Importing a file twice adds nothing."""

    async def work(principal: Principal, turns: TurnLog, facts: FactLog) -> int:
        report = await portability.load(file, form, principal, turns, facts, strict=strict)
        for fault in report.faults:
            typer.echo(fault, err=True)
        if report.left_out > len(report.faults):
            typer.echo(f"... and {report.left_out - len(report.faults)} more", err=True)
        typer.echo(f"{report.turns} turns and {report.facts} facts are held; {report.left_out} could not be read.")
        return 0

    raise typer.Exit(asyncio.run(_with_memory(user, tenant, work)))


@app.command("export")
def export(
    user: User,
    tenant: Tenant = "development",
    out: Annotated[Path | None, typer.Option(help="A file to write; else it is printed.")] = None,
) -> None:
    """Write everything that is remembered of one user as lines of JSON, which `import --format jsonl` reads."""

    async def work(principal: Principal, turns: TurnLog, facts: FactLog) -> int:
        sink = out.open("wb") if out else sys.stdout.buffer
        try:
            async for line in portability.dump(principal, turns, facts):
                sink.write(line)
            sink.flush()
        finally:
            if out:
                sink.close()
        return 0

    raise typer.Exit(asyncio.run(_with_memory(user, tenant, work)))


async def _with_memory(user: str, tenant: str, work: Callable[[Principal, TurnLog, FactLog], Awaitable[int]]) -> int:
    """Open the memory of the settings, do the work, and say in words what went wrong."""
    try:
        settings: Settings = load_settings()
        database = await Database.open(settings)
        try:
            keys = await KeyRing.open(settings, database)
            principal = Principal(tenant, user, user, frozenset({"engram.user"}))
            return await work(principal, TurnLog(database, keys), FactLog(database, keys))
        finally:
            await database.close()
    except portability.ImportFailed as failed:
        typer.echo(f"Stopped at {failed}. What came before it is stored.", err=True)
    except Problem as problem:
        typer.echo(problem.detail, err=True)
    except OSError as error:
        typer.echo(f"The file cannot be used: {error.strerror}.", err=True)
    except (SettingsError, RuntimeError) as error:
        typer.echo(str(error), err=True)
        return 2
    return 1
