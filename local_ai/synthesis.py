"""Text to speech: hibari's voice "heart" for Elena; "heart-low", the same with pitch and formants moved, for Marcus.

hibari predicts, for each 12.5 ms, the spectra of a harmonic, a noise and a free-phase part and the pitch; its vocoder
makes sound of them. The second voice changes these between the two steps, so it costs nothing more and stays in time.
"""

import asyncio
import functools
import re
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SAMPLE_RATE = 24_000
LOUDNESS = 0.085
"""Root mean square of the voiced stretches of every voice, full scale 1.0: about -21 dBFS, as loud as a call is."""
PEAK = 0.95

_BINS = 601
_HZ_PER_BIN = 20.0
_SILENT = np.float32(-12.0)
"""Log magnitude far below hearing."""
_PAUSE = {"": 0.06, ",": 0.14, ";": 0.2, ":": 0.2, ".": 0.28, "!": 0.28, "?": 0.28, "…": 0.3}
"""Seconds of quiet after a clause, by the mark it ends with."""
_LEAD = 0.03
_FIRST_WORDS = 8
_LONG = 16
_BREATH = re.compile(r"[,;:–—][\"')\]]*\s+")  # noqa: RUF001  the dashes are meant
_UNSPOKEN = re.compile(
    r"\]\([^)\n]*\)|```.*?(?:```|$)|[*_`#~|<>\[\]]+|https?://\S+|^\s*[-•]\s+", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Voice:
    """How one voice differs from hibari's own. pitch, formants: factors. damping: of the part that keeps its pitch."""

    pitch: float = 1.0
    formants: float = 1.0
    damping: float = 0.0


VOICES = {
    "heart": Voice(),
    # Median pitch 110-136 Hz against 183-199 Hz, and words as intelligible: chosen by measurement (test_synthesis).
    "heart-low": Voice(pitch=0.56, formants=0.86, damping=1.38),
}


class Synthesis:
    """Both voices over one loaded engine. `speak` may be called at any time and from several tasks."""

    def __init__(self) -> None:
        self._engine: Any = None
        # Two threads: two sessions can speak at once, and no more, because each costs a core while it lasts.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="speak")
        self._loading = threading.Lock()

    async def load(self) -> None:
        """Load the engine (about 0.6 s) and say one word for nothing, so that the first real one is quick."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self.say, "Ready.", "heart", 1.0)

    async def close(self) -> None:
        """End the threads. May be called twice."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def speak(self, text: str, voice: str, rate: float) -> AsyncGenerator[bytes, None]:
        """PCM16 mono, 24 kHz, little-endian: one piece a clause, each as soon as it is made; the first one is short.

        voice: one of VOICES, else ValueError. rate: 1.0 is normal; held between 0.5 and 2.0.
        """
        if voice not in VOICES:
            raise ValueError(f"There is no voice {voice!r}; there are {', '.join(VOICES)}.")
        loop = asyncio.get_running_loop()
        for clause in clauses(text):
            samples = await loop.run_in_executor(self._threads, self.say, clause, voice, rate)
            if len(samples):
                yield (samples * 32767.0).astype("<i2").tobytes()

    def say(self, clause: str, voice: str, rate: float) -> Floats:
        """The sound of one clause, made on the calling thread: float32 in [-1, 1], 24 kHz; empty if it has no word."""
        engine = self._loaded()
        # One seed for all: the same words always give the same sound, so tests and bug reports can be repeated.
        random = np.random.default_rng(0)
        parts = [
            _sound(engine, engine.ids(phonemes), VOICES[voice], min(max(rate, 0.5), 2.0), random)
            for phonemes in engine.phonemize(clause)
        ]
        if not parts:
            return np.zeros(0, np.float32)
        return _levelled(_trimmed(np.concatenate(parts), clause))

    def _loaded(self) -> Any:
        with self._loading:
            if self._engine is None:
                from hibari import Hibari

                self._engine = Hibari()
                self._engine.phonemize("Ready.")  # reads the dictionaries, once
            return self._engine


def clauses(text: str) -> list[str]:
    """The text cut where a breath does no harm. The first piece ends at the first mark, or after eight words of a long
    sentence without any, so that sound starts early; the others are sentences."""
    lines = (" ".join(line.split()) for line in _UNSPOKEN.sub(" ", text).splitlines())
    text = "\n".join(line for line in lines if re.search(r"\w", line))
    if not text:
        return []
    from hibari import Hibari

    first, *others = Hibari.split_sentences(text)
    breath = _BREATH.search(first)
    if breath:
        head = first[: breath.end()]
    elif len(words := first.split(" ")) > _LONG:
        head = " ".join(words[:_FIRST_WORDS])
    else:
        head = first
    pieces = [head.strip(), first[len(head) :].strip(), *others]
    return [piece for piece in pieces if re.search(r"\w", piece)]


def _sound(engine: Any, ids: list[int], voice: Voice, rate: float, random: np.random.Generator) -> Floats:
    if len(ids) < 3:
        return np.zeros(0, np.float32)
    from hibari import dsp

    outputs = engine.sess.run(None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([rate], np.float32)})
    parts = [output[0] for output in outputs]
    if voice != VOICES["heart"]:
        parts = _moved(parts, voice)
    sound: Floats = dsp.synth(*parts, random)
    return sound


def _moved(parts: list[Floats], voice: Voice) -> list[Floats]:
    """The vocoder's input for another voice: harmonic magnitude and phase, noise, free part and its phase, pitch."""
    harmonic, phase, noise, free, free_phase, pitch = parts
    voiced = pitch > 40.0
    bins = np.arange(_BINS)[:, None]
    lowest = np.clip(np.rint(pitch / _HZ_PER_BIN).astype(np.intp), 1, 40)[None, :]
    # The model was never asked what lies below its own pitch, and says "nothing". A lower voice has its fundamental
    # just there: without this it is heard, and measured, an octave too high.
    held = np.where(voiced[None, :], np.maximum(bins, lowest), bins)
    harmonic, phase = np.take_along_axis(harmonic, held, 0), np.take_along_axis(phase, held, 0)
    below = (bins < 0.9 * lowest) & voiced[None, :]
    noise, free = np.where(below, _SILENT, noise), np.where(below, _SILENT, free)

    left, weight, nearest, beyond = _stretch(voice.formants)
    harmonic, noise, free = (
        np.where(beyond, _SILENT, part[left] * (1 - weight) + part[left + 1] * weight)
        for part in (harmonic, noise, free)
    )
    # The free part still sounds at the old pitch where there are harmonics: up to 2.5 kHz.
    free[: int(2500 / _HZ_PER_BIN)] -= np.where(voiced, np.float32(voice.damping), np.float32(0.0))
    moved = np.where(voiced, pitch * voice.pitch, pitch)
    parts = [harmonic, phase[nearest], noise, free, free_phase[nearest], moved]
    return [np.ascontiguousarray(part, dtype=np.float32) for part in parts]


@functools.lru_cache(maxsize=4)
def _stretch(factor: float) -> tuple[npt.NDArray[np.intp], Floats, npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each bin comes from when every formant moves by `factor`: left neighbour, weight, nearest, off the end."""
    source = np.arange(_BINS) / factor
    left = np.minimum(source.astype(np.intp), _BINS - 2)
    weight = np.clip(source - left, 0.0, 1.0).astype(np.float32)[:, None]
    nearest = np.minimum(np.rint(source).astype(np.intp), _BINS - 1)
    return left, weight, nearest, (source > _BINS - 1)[:, None]


def _trimmed(sound: Floats, clause: str) -> Floats:
    """Without the third of a second of quiet that the model starts with (the listener waits for it), and with a pause
    at the end that suits the mark."""
    block = SAMPLE_RATE // 100
    blocks = sound[: len(sound) // block * block].reshape(-1, block)
    loud = np.flatnonzero(np.sqrt((blocks**2).mean(axis=1)) > 0.002)
    if not len(loud):
        return sound[:0]
    start = max(0, loud[0] * block - int(_LEAD * SAMPLE_RATE))
    end = (loud[-1] + 1) * block
    mark = clause.rstrip("\"')] ")[-1:]
    pause = int(_PAUSE.get(mark, _PAUSE[""]) * SAMPLE_RATE)
    tail = sound[end : end + pause]
    kept = np.concatenate([sound[start:end], tail, np.zeros(pause - len(tail), np.float32)])
    fade = np.linspace(0.0, 1.0, block, dtype=np.float32)
    kept[:block] *= fade  # cut sound clicks unless it fades
    kept[-block:] *= fade[::-1]
    return kept


def _levelled(sound: Floats) -> Floats:
    """Both voices and all clauses equally loud, and nothing clipped."""
    if not len(sound):
        return sound
    block = SAMPLE_RATE // 50
    power = (sound[: len(sound) // block * block].reshape(-1, block) ** 2).mean(axis=1)
    active = power[power > 0.1 * power.max()].mean() if len(power) else np.float32(0.0)
    gain = min(LOUDNESS / max(float(np.sqrt(active)), 1e-4), PEAK / max(float(np.abs(sound).max()), 1e-4))
    return (sound * np.float32(gain)).astype(np.float32)
