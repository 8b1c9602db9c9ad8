"""Whether someone speaks (Silero VAD) and whether they have finished (Smart Turn v3.2), over onnxruntime alone.

Also what both need: a resampler that keeps its state from block to block, and Whisper's log-mel features in numpy.
All audio here is float32 in [-1, 1], mono, 16 kHz unless said otherwise.
"""

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE = 16_000
FRAME = 512
"""Samples of one VAD frame: 32 ms, the only length that Silero takes at 16 kHz."""
TURN_SECONDS = 8
"""Smart Turn looks at the last eight seconds."""

_CONTEXT = 64
_TAPS_PER_PHASE = 24
_FFT, _HOP, _MELS = 400, 160, 80


def session(model: Path) -> Any:
    """An onnxruntime session on one thread that sleeps while it waits: the cores belong to the language model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class Resampler:
    """Any usual rate to 16 kHz: a polyphase low-pass whose history carries over, so block borders are not heard.

    Delays by 12 samples of the lower rate at most (1.5 ms for 8 kHz). source: Hz, 8,000 to 96,000.
    """

    def __init__(self, source: int) -> None:
        if not 8_000 <= source <= 96_000:
            raise ValueError(f"The sample rate is {source} Hz; it must be between 8000 and 96000.")
        common = math.gcd(source, RATE)
        self._up, self._down = RATE // common, source // common
        self._phases = _phases(self._up, self._down)
        self._history = np.zeros(self._phases.shape[1] - 1, np.float32)
        self._position = 0  # of the next output, in steps of 1 / up of an input sample, from the block's first sample

    def feed(self, samples: Floats) -> Floats:
        """What the block adds to the output."""
        if self._up == self._down:
            return samples
        taps = self._phases.shape[1]
        block = np.concatenate([self._history, samples])
        count = max(0, -(-(len(samples) * self._up - self._position) // self._down))
        places = self._position + self._down * np.arange(count)
        self._position = int(self._position + self._down * count - len(samples) * self._up)
        self._history = block[len(block) - (taps - 1) :]
        if not count:
            return np.zeros(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(block, taps)[places // self._up]
        resampled: Floats = np.einsum("ij,ij->i", windows, self._phases[places % self._up])
        return resampled


@functools.lru_cache(maxsize=8)
def _phases(up: int, down: int) -> Floats:
    """A windowed sinc at the lower of both half rates, one row a phase, time-reversed for a sliding window."""
    taps = _TAPS_PER_PHASE * max(1, -(-down // up))
    length = taps * up
    time = (np.arange(length) - (length - 1) / 2) / max(up, down)
    prototype = np.sinc(0.95 * time) * np.kaiser(length, 8.0)
    prototype *= up / prototype.sum()
    return np.ascontiguousarray(prototype.reshape(taps, up).T[:, ::-1], dtype=np.float32)


class VoiceActivity:
    """Silero's state for one stream; the session is shared by all streams."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._state = np.zeros((2, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rate = np.array(RATE, np.int64)

    def probability(self, frame: Floats) -> float:
        """How likely the next 512 samples are speech, 0 to 1. Frames must come in order, without gaps."""
        heard = np.concatenate([self._context, frame])
        output, self._state = self._model.run(None, {"input": heard[None, :], "state": self._state, "sr": self._rate})
        self._context = frame[-_CONTEXT:]
        return float(output[0, 0])


class EndOfTurn:
    """Smart Turn: from the melody and the words' shape, whether a pause ends the turn. About 0.1 s of CPU a call."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def probability(self, utterance: Floats) -> float:
        """How likely the speaker has finished, 0 to 1. utterance: the turn so far with its last 200 ms of silence."""
        features = log_mel(utterance)[None, :, :]
        return float(self._model.run(None, {"input_features": features})[0].reshape(-1)[0])


def log_mel(audio: Floats) -> Floats:
    """Whisper's log-mel features of the last eight seconds, [80, 800], zero-padded in front.

    As in Whisper's feature extractor with normalisation: zero mean and unit variance, Hann window of 25 ms every 10 ms
    with reflected edges, Slaney mel filters, log10 held within 8 of the largest, (x + 4) / 4.
    """
    size = TURN_SECONDS * RATE
    audio = audio[-size:]
    padded = np.pad(audio, (size - len(audio), 0))
    padded = (padded - padded.mean()) / np.sqrt(padded.var() + np.float32(1e-7))
    edges = np.pad(padded, _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(edges, _FFT)[::_HOP][: size // _HOP]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    log = np.log10(np.maximum(power @ _mel_filters(), 1e-10)).T
    features: Floats = ((np.maximum(log, log.max() - 8.0) + 4.0) / 4.0).astype(np.float32)
    return features


@functools.cache
def _hann() -> Floats:
    return np.hanning(_FFT + 1)[:-1].astype(np.float32)


@functools.cache
def _mel_filters() -> Floats:
    """Slaney's triangles, [201, 80]: linear below 1 kHz, logarithmic above, each of equal area."""
    step = math.log(6.4) / 27.0

    def hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp(step * (mel - 15.0)))

    highest = 15.0 + math.log(RATE / 2 / 1000.0) / step
    edges = hertz(np.linspace(0.0, highest, _MELS + 2))
    bins = np.linspace(0.0, RATE / 2, _FFT // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))
    return triangles.astype(np.float32)
