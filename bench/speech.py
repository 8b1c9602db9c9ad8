"""local_ai with real models: end of speech to first reply audio, and the word error rate of speak-then-recognise."""

import asyncio
import re
import statistics
import sys
import time

import pybase64
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.core.credentials import AzureKeyCredential

from bench.report import Row
from local_ai.brains import Final
from local_ai.brains.models import ModelsBrain

SENTENCES = (
    "Hello Elena, my name is Ada and I lead the migration.",
    "We have until the third of May and the budget covers one contractor.",
    "Sales will miss the old system on the day it is switched off.",
    "Please list the three largest risks of the project.",
    "The interviews with the sales team start next Monday morning.",
)
VOICES = ("heart", "heart-low")
RATE = 24_000
FRAME = RATE * 2 // 25
"""Bytes of 40 ms of PCM16 at 24 kHz."""


def run() -> list[Row]:
    """Word error rate by voice in this process, then the delay through the real protocol and SDK."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    brain = ModelsBrain()
    await brain.prepare()
    try:
        rows = [await _word_errors(brain, voice) for voice in VOICES]
        spoken = [b"".join([piece async for piece in brain.speak(text, "heart", 1.0)]) for text in SENTENCES]
    finally:
        await brain.close()
    delays = await _delays(spoken)
    rows.append(
        Row(
            "speech",
            f"end of speech to first reply audio, {len(delays)} turns, median (largest)",
            f"{statistics.median(delays):.2f} s ({max(delays):.2f} s)",
        )
    )
    return rows


async def _word_errors(brain: ModelsBrain, voice: str) -> Row:
    wrong = words = 0
    for text in SENTENCES:
        listener = brain.listen(RATE)
        pcm = b"".join([piece async for piece in brain.speak(text, voice, 1.0)])
        listener.feed(bytes(RATE) + pcm + bytes(RATE * 4))
        heard = ""
        async for event in listener.events():
            if isinstance(event, Final):
                heard = event.text
                break
        await listener.close()
        wanted, got = _words(text), _words(heard)
        wrong += _distance(wanted, got)
        words += len(wanted)
    return Row(
        "speech",
        f"word error rate, speak then recognise, voice {voice}",
        f"{100 * wrong / words:.1f} % of {words} words",
    )


async def _delays(spoken: list[bytes]) -> list[float]:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_ai", "--port", "0", "--brain", "models", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        while not (match := re.search(rb"ready on (http://\S+)", line := await server.stdout.readline())):
            if not line:
                raise RuntimeError("local_ai stopped before it was ready")
        async with connect(
            endpoint=match.group(1).decode(), credential=AzureKeyCredential("bench"), model="gpt-realtime"
        ) as call:
            await call.send(
                {
                    "type": "session.update",
                    "session": {
                        "instructions": "You are Elena. Answer in one short sentence.",
                        "turn_detection": {"type": "azure_semantic_vad"},
                    },
                }
            )
            return [await _delay(call, pcm) for pcm in spoken]
    finally:
        server.terminate()
        await server.wait()


async def _delay(call: VoiceLiveConnection, pcm: bytes) -> float:
    """Speak in real time, then go on with silence; the clock starts when the last voiced frame has been sent."""
    stop = asyncio.Event()
    ended = 0.0

    async def speak() -> None:
        nonlocal ended
        begun = time.perf_counter()
        for sent, frame in enumerate(_frames(pcm), 1):
            await call.send({"type": "input_audio_buffer.append", "audio": pybase64.b64encode(frame).decode()})
            await asyncio.sleep(max(0.0, begun + sent * 0.04 - time.perf_counter()))
        ended = time.perf_counter()
        while not stop.is_set():
            await call.send({"type": "input_audio_buffer.append", "audio": pybase64.b64encode(bytes(FRAME)).decode()})
            await asyncio.sleep(0.04)

    speaking = asyncio.create_task(speak())
    first = 0.0
    try:
        async with asyncio.timeout(60):
            while True:
                event = await call.recv()
                if event.type == "response.audio.delta" and not first and ended:
                    first = time.perf_counter()
                if event.type == "response.done" and first:
                    return first - ended
    finally:
        stop.set()
        await speaking


def _frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + FRAME] for at in range(0, len(pcm), FRAME)]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _distance(wanted: list[str], got: list[str]) -> int:
    """Levenshtein distance over words."""
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]
