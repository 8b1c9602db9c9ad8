"""The `engram` command: `engram up` runs everything on this machine, `engram serve` the service alone, `engram memory`
brings memory in and out."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
import uvicorn

from backend.cli import memory as memory_commands
from backend.cli import up as up_command
from backend.core.settings import Settings, SettingsError, load_settings
from backend.memory.zep import dialects
from backend.memory.zep.port import ZepError
from backend.memory.zep.transport import Transport

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Engram: assistants that remember you.")
app.add_typer(memory_commands.app, name="memory")

T = TypeVar("T")

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on the loopback interface; 0 takes any free one.")]
Brain = Annotated[
    Literal["models", "scripted", "none"],
    typer.Option(help="Local AI services: real models, the deterministic script (for tests), or none."),
]


@app.command()
def up(
    port: Port = 8082,
    brain: Brain = "models",
    data_dir: Annotated[Path | None, typer.Option(help="Where the embedded database keeps its files.")] = None,
) -> None:
    """Run the database, the local AI services (where Azure's are not configured) and Engram, until Ctrl-C."""
    raise typer.Exit(_run(up_command.run(port=port, brain=brain, data_dir=data_dir)))


@app.command()
def serve(port: Port = 8082, host: str = "127.0.0.1") -> None:
    """Run the service alone, with the settings as they are. A container runs this with --host 0.0.0.0."""
    _check_settings()
    raise typer.Exit(_run(up_command.serve(host=host, port=port)))


@app.command()
def doctor() -> None:
    """Say whether the settings can work, naming for each fault its cause and its remedy."""
    _check_settings()
    settings = load_settings()
    typer.echo(f"level {settings.level}: the settings are consistent")
    for name, value, remedy in (
        ("chat", settings.azure_ai_endpoint, "set AZURE_AI_ENDPOINT, or run `make run` for local models"),
        ("voice", settings.azure_voicelive_endpoint, "set AZURE_VOICELIVE_ENDPOINT, or run `make run`"),
        ("database", settings.database_url, "the embedded one is used; set DATABASE_URL for an external one"),
    ):
        typer.echo(f"{name}: {'configured' if value else 'not configured: ' + remedy}")
    typer.echo(f"zep: {_run(_zep_state(settings))}")


async def _zep_state(settings: Settings) -> str:
    if not dialects.configured(settings):
        return "not configured: set ZEP_API_KEY to keep a copy of the memory in Zep"
    transport = Transport(dialects.base_url(settings), dialects.authorization(settings))
    try:
        await dialects.port_for(settings.zep_api_version, transport).check()
    except ZepError as error:
        return f"does not answer as it should ({error.cause}): {error.detail} ZEP_API_VERSION says what it speaks"
    finally:
        await transport.close()
    return f"answers ({settings.zep_api_version})"


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop where there is one, as uvicorn does by itself when it makes the loop."""
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        return runner.run(work)


def _check_settings() -> None:
    try:
        load_settings()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
