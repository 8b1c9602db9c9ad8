"""Speech to text: Moonshine tiny for English, one model for all sessions.

It is asked for the whole utterance each time, partials included, with its own segmentation switched off: the
`ear` has better knowledge of where an utterance begins and ends, and a text that is cut at each comma loses words.
"""

import ctypes
import os
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE = 16_000
SHORTEST = RATE // 4
"""Samples below which the model invents a word rather than hearing one; shorter audio is padded to this."""

# One thread does it in 1.2 times the wall time of two and in 0.6 of their CPU. Read when the library is loaded.
os.environ.setdefault("MOONSHINE_ORT_SINGLE_THREAD", "1")


class RecognitionFailed(Exception):
    """The model gave an error in place of words."""


class Recognition:
    """The loaded recogniser. `transcribe` may be called from any thread; calls take turns."""

    def __init__(self, package: Path) -> None:
        """Load from moonshine_voice's folder (0.3-0.8 s). Raises RecognitionFailed when the model cannot be loaded."""
        from moonshine_voice import ModelArch, Transcriber
        from moonshine_voice.errors import MoonshineError

        self._error: type[Exception] = MoonshineError
        self._turn = threading.Lock()
        try:
            self._model: Any = Transcriber(
                model_path=package / "assets" / "tiny-en",
                model_arch=ModelArch.TINY,
                options={"vad_threshold": "0", "return_audio_data": "false"},
            )
        except MoonshineError as error:
            raise RecognitionFailed(f"Speech recognition cannot be loaded: {error}") from error

    def transcribe(self, audio: Floats) -> str:
        """The words of 16 kHz mono audio, "" when there are none. About 30 ms a second of audio. RecognitionFailed."""
        with self._turn:
            return self._words(audio)

    def glimpse(self, audio: Floats) -> str | None:
        """The same for a running utterance: None at once while another call runs. RecognitionFailed.

        Audio that stops within a word makes the model repeat itself; such a tail is cut off.
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            return without_loop(self._words(audio))
        finally:
            self._turn.release()

    def close(self) -> None:
        """Free the model. May be called twice."""
        with self._turn:
            self._model.close()

    def _words(self, audio: Floats) -> str:
        if len(audio) < SHORTEST:
            audio = np.pad(audio, (0, SHORTEST - len(audio)))
        try:
            lines = self._lines(np.ascontiguousarray(audio, dtype=np.float32))
        except self._error as error:
            raise RecognitionFailed(str(error)) from error
        return " ".join(line for line in (line.strip() for line in lines) if re.search(r"\w", line))

    def _lines(self, samples: Floats) -> list[str]:
        # The package's own call builds the array from a Python list, which holds the interpreter for 10 ms a second of
        # audio; the library reads numpy's memory as it is. The package is pinned to one version, so this cannot drift.
        from moonshine_voice.errors import check_error
        from moonshine_voice.moonshine_api import TranscriptC

        result = ctypes.POINTER(TranscriptC)()
        if self._model._handle is None:
            raise RecognitionFailed("Speech recognition is closed.")
        check_error(
            self._model._lib.moonshine_transcribe_without_streaming(
                self._model._handle,
                samples.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
                len(samples),
                RATE,
                0,
                ctypes.byref(result),
            )
        )
        return [line.text for line in self._model._parse_transcript(result).lines]


def without_loop(text: str) -> str:
    """The text without a tail that repeats the same one to four words over and over: it keeps the first time only."""
    words = text.split()
    plain = [re.sub(r"\W", "", word).lower() for word in words]
    for size in range(1, 5):
        # One word is said twice now and then ("very, very"), three times hardly; a phrase hardly twice.
        times = 3 if size == 1 else 2
        for start in range(len(words) - size * times + 1):
            phrase = plain[start : start + size]
            if all(plain[at] == phrase[(at - start) % size] for at in range(start, len(words))):
                return " ".join(words[: start + size])
    return text
