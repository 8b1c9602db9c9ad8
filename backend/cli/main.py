"""The `engram` command: `engram up` runs everything on this machine, `engram serve` the service alone, `engram memory`
brings memory in and out, `engram audit verify` checks the audit log, `engram doctor` says what is wrong."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
import uvicorn

from backend.cli import audit as audit_commands
from backend.cli import memory as memory_commands
from backend.cli import up as up_command
from backend.cli.doctor.command import doctor
from backend.core.settings import SettingsError, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Engram: assistants that remember you.")
app.add_typer(memory_commands.app, name="memory")
app.add_typer(audit_commands.app, name="audit")

app.command()(doctor)

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
