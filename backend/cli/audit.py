"""`engram audit verify`: whether the audit log is whole. It asks the database alone; no service need run."""

import asyncio
import re
from typing import Annotated

import psycopg
import typer

from backend.audit.chain import ChainBroken, Head, follow
from backend.audit.trail import Trail
from backend.core.problems import Problem
from backend.core.settings import SettingsError, load_settings
from backend.storage.database import Database

app = typer.Typer(no_args_is_help=True, help="The audit log.")

PAGE = 2_000
BROKEN, UNUSABLE = 1, 2
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@app.callback()
def _group() -> None:
    """Keep `verify` a word of its own while it is the only one."""


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="A head that an earlier run printed: it must be in the chain still.")] = "",
) -> None:
    """Check every row against the one before. Exit code 0: whole; 1: broken, and where; 2: it could not be checked."""
    noted = _HEAD.fullmatch(head)
    if head and noted is None:
        typer.echo("--head: write it as an earlier run printed it, NUMBER:HASH.", err=True)
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(asyncio.run(_verify(Head(int(noted[1]), bytes.fromhex(noted[2])) if noted else None)))


async def _verify(noted: Head | None) -> int:
    try:
        settings = load_settings()
        database = await Database.open(settings, as_it_is=True)
    except (SettingsError, RuntimeError) as error:
        typer.echo(str(error), err=True)
        return UNUSABLE
    try:
        head = await check(Trail(database, settings.level), noted)
    except ChainBroken as broken:
        typer.echo(f"The audit log is broken at {broken}.", err=True)
        return BROKEN
    except Problem as problem:
        typer.echo(problem.detail, err=True)
        return UNUSABLE
    except psycopg.errors.UndefinedTable:
        typer.echo("This database has no audit log: no service of this release has been started on it yet.", err=True)
        return UNUSABLE
    finally:
        await database.close()
    typer.echo(f"The audit log is whole: {head.seq} rows. Head: {head}" if head.seq else "The audit log is empty.")
    return 0


async def check(trail: Trail, noted: Head | None = None) -> Head:
    """Follow the whole chain and return its head.

    Raises `ChainBroken` at the first row that does not follow from those before it, or is not the one that was `noted`.
    """
    head = Head()
    while rows := await trail.after(head, PAGE):
        for row in rows:
            head = follow(head, [row])
            if noted is not None and head.seq == noted.seq and head.hash != noted.hash:
                raise ChainBroken(noted.seq, "it is another than the one whose hash was noted: rows were written anew")
    if noted is not None and head.seq < noted.seq:
        raise ChainBroken(head.seq + 1, f"it is missing, with all after it; {noted.seq} rows had been noted")
    return head
