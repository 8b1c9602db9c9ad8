"""A mouth and an ear for the browser tests: local_ai's own synthesiser and recogniser, as two small commands.

`voices.py speak FILE TEXT` writes TEXT, spoken, as raw PCM16 mono at 24 kHz.
`voices.py hear FILE RATE` prints the words in raw float32 mono at RATE Hz.
"""

import asyncio
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from local_ai.recognition import RATE, Recognition
from local_ai.synthesis import Synthesis


async def spoken(text: str) -> bytes:
    """Return `text`, spoken."""
    voice = Synthesis()
    try:
        return b"".join([piece async for piece in voice.speak(text, "heart", 1.0)])
    finally:
        await voice.close()


def heard(file: Path, rate: int) -> str:
    """Return the words."""
    samples = np.fromfile(file, np.float32)
    moments = np.arange(0, len(samples) / rate, 1 / RATE)
    audio = np.interp(moments, np.arange(len(samples)) / rate, samples).astype(np.float32)
    package = find_spec("moonshine_voice")
    assert package is not None
    return Recognition(Path(str(package.origin)).parent).transcribe(audio)


if __name__ == "__main__":
    if sys.argv[1] == "speak":
        Path(sys.argv[2]).write_bytes(asyncio.run(spoken(sys.argv[3])))
    else:
        sys.stdout.write(heard(Path(sys.argv[2]), int(sys.argv[3])))
