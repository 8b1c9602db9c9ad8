"""The command `python -m local_ai`: serves both services on a loopback port and says where."""

import asyncio
import logging
import os
import socket
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from .app import create_app
from .brains import Brain

LARGEST_FRAME = 21 * 1024 * 1024
"""Bytes of a WebSocket message: 15 MiB of audio in base64, and its envelope."""


class BrainName(StrEnum):
    """What answers."""

    models = "models"
    scripted = "scripted"


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            print(f"local_ai ready on http://127.0.0.1:{port}", flush=True)  # noqa: T201 - the line callers wait for


def main(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8090,
    brain: Annotated[
        BrainName, typer.Option(envvar="LOCAL_AI_BRAIN", help="scripted: deterministic, for tests.")
    ] = BrainName.models,
    script: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML or JSON list of {hear, say}, for scripted.")
    ] = None,
    model_dir: Annotated[Path | None, typer.Option(help="Where the model files are, for models.")] = None,
) -> None:
    """Serve the stand-in for Azure AI chat and VoiceLive on 127.0.0.1."""
    logging.basicConfig(stream=sys.stderr, level=os.environ.get("LOG_LEVEL", "INFO").upper())
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as taken:
        raise typer.BadParameter(f"cannot listen on 127.0.0.1:{port}: {taken.strerror}.") from None
    answering = _brain(brain, script, model_dir)
    config = uvicorn.Config(
        create_app(answering, faults=brain is BrainName.scripted, tier=getattr(answering, "tier", None)),
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False,  # the service does not compress either: base64 audio hardly shrinks
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))
    raise typer.Exit(0 if server.started else 1)


def _brain(name: BrainName, script: Path | None, model_dir: Path | None) -> Brain:
    if name is BrainName.models:
        from .brains.models import ModelsBrain  # heavy: only when asked for

        return ModelsBrain(model_dir=model_dir)
    from .brains.scripted import ScriptedBrain, read_script

    try:
        return ScriptedBrain(read_script(script) if script else None)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None


if __name__ == "__main__":
    typer.run(main)
