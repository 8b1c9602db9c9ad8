"""Runs the checks side by side and tells what they found."""

import asyncio
import logging
import os
from collections.abc import Awaitable
from typing import Annotated, Literal

import orjson
import typer
import uvicorn

from backend.agents.profiles import AgentDirectory
from backend.cli.doctor import here
from backend.cli.doctor.findings import Finding, as_lines, as_object, exit_code, failed, ok, setting
from backend.cli.doctor.running import running
from backend.core.masking import Mask
from backend.core.settings import Settings, SettingsError, load_settings

LevelName = Literal["poc", "dev", "development", "test", "uat", "prod", "production"]

_LEVELS: dict[str, dict[str, str]] = {
    "poc": {"ENVIRONMENT": "development", "AUTH_REQUIRED": "false"},
    "dev": {"ENVIRONMENT": "development"},
    "prod": {"ENVIRONMENT": "production"},
}
PATIENCE_SECONDS = 60.0
"""For one check, whatever it waits for: the longest is a model's first word."""
BAD_SETTINGS = 2


def doctor(
    level: Annotated[LevelName | None, typer.Option(help="Judge the settings as if for this level.")] = None,
    url: Annotated[str, typer.Option(help="Also look at the service that runs there.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Look at settings, identity, services, database and clock; name for each fault its cause and its remedy.

    Exit code 0: nothing failed; 1: something did; 2: the settings cannot start.
    """
    # What goes wrong is told as findings: not on stderr as well, where no log is set up.
    for name in ("backend", "opentelemetry"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    os.environ.update(_LEVELS.get(level or "", {"ENVIRONMENT": level} if level else {}))
    try:
        settings = load_settings()
    except SettingsError as error:
        found = [setting("configuration", problem) for problem in error.problems]
        _tell(os.environ.get("ENVIRONMENT", "development"), found, as_json, Mask(()))
        raise typer.Exit(BAD_SETTINGS) from None
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        found = runner.run(examine(settings, url))
    _tell(settings.level, found, as_json, Mask(settings.secrets()))
    raise typer.Exit(exit_code(found))


async def examine(settings: Settings, url: str = "", agents: AgentDirectory | None = None) -> list[Finding]:
    """Return what all checks found, in the order in which one would look."""
    # Here, because the clients of the AI services take two seconds to load, and other commands do without them.
    from backend.cli.doctor import services
    from backend.identity.outgoing import Outgoing

    outgoing, agents = Outgoing(settings), agents or AgentDirectory.load()
    found = [ok("configuration", f"fits the {settings.level} level")]
    for local in (here.secrets, here.origins, here.quota, here.page, here.relay):
        found += local(settings)
    checks: list[tuple[str, Awaitable[list[Finding]]]] = [
        ("database", here.database(settings)),
        ("sign-in", services.sign_in(settings)),
        ("chat", services.chat(settings, outgoing)),
        ("voice", services.voice(settings, outgoing, agents)),
        ("tools", services.tools(settings, agents)),
        ("zep", services.zep(settings)),
        ("spans", services.spans(settings)),
    ]
    if url:
        checks.append(("service", running(url, settings)))
    try:
        for part in await asyncio.gather(*(_bounded(name, check) for name, check in checks)):
            found += part
    finally:
        await outgoing.close()
    return found


async def _bounded(name: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await asyncio.wait_for(check, PATIENCE_SECONDS)
    except TimeoutError:
        cause = f"No answer within {PATIENCE_SECONDS:.0f} s."
        return [failed(name, "It hangs", cause, "Check the network and the firewall between the service and it.")]


def _tell(level: str, found: list[Finding], as_json: bool, mask: Mask) -> None:
    if as_json:
        typer.echo(mask(orjson.dumps(as_object(level, found), option=orjson.OPT_INDENT_2).decode()))
        return
    typer.echo(f"Engram doctor, level {level}")
    for line in as_lines(found):
        typer.echo(mask(line))
