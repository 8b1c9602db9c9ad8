"""Audio formats at the edge: what comes in becomes PCM16, what goes out becomes what was asked for."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BRAIN_RATE = 24000
"""Hz of everything a brain says."""


@lru_cache(maxsize=1)
def _ulaw_table() -> NDArray[np.int16]:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((codes & 0x0F) << 3) + 0x84) << ((codes & 0x70) >> 4)
    return np.where(codes & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


@lru_cache(maxsize=1)
def _alaw_table() -> NDArray[np.int16]:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (codes & 0x70) >> 4
    base = (codes & 0x0F) << 4
    magnitude = np.where(segment == 0, base + 8, (base + 0x108) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16)


@lru_cache(maxsize=2)
def _nearest(law: str) -> NDArray[np.uint8]:
    # For each of the 65,536 sample values the code whose decoded value is nearest: built once, then one look-up.
    table = (_ulaw_table() if law == "g711_ulaw" else _alaw_table()).astype(np.int32)
    order = np.argsort(table, kind="stable")
    middles = (table[order][1:] + table[order][:-1]) / 2
    samples = np.arange(-32768, 32768)
    return order[np.searchsorted(middles, samples)].astype(np.uint8)


def input_rate(audio_format: str, sampling_rate: int) -> int:
    """Hz of the input: G.711 is 8 kHz, PCM16 what the session says."""
    return sampling_rate if audio_format == "pcm16" else 8000


def bytes_per_ms(audio_format: str, sampling_rate: int) -> float:
    """Input bytes that make one millisecond."""
    return sampling_rate * 2 / 1000 if audio_format == "pcm16" else 8.0


def decode_input(data: bytes, audio_format: str) -> bytes:
    """PCM16 at the input's own rate."""
    if audio_format == "pcm16":
        return data
    table = _ulaw_table() if audio_format == "g711_ulaw" else _alaw_table()
    return bytes(table[np.frombuffer(data, np.uint8)].tobytes())


def encode_output(pcm: bytes, audio_format: str) -> bytes:
    """What a brain said, in the output format. Lower rates average neighbouring samples: enough for a telephone."""
    if audio_format in ("pcm16", "pcm16_24000hz"):
        return pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    if audio_format == "pcm16_16000hz":
        whole = samples[: len(samples) // 3 * 3].reshape(-1, 3)
        lower = np.stack([whole[:, 0] * 2 + whole[:, 1], whole[:, 1] + whole[:, 2] * 2], axis=1) / 3
        return bytes(lower.reshape(-1).astype("<i2").tobytes())
    lower8 = samples[: len(samples) // 3 * 3].reshape(-1, 3).mean(axis=1).astype("<i2")
    if audio_format == "pcm16_8000hz":
        return bytes(lower8.tobytes())
    return bytes(_nearest(audio_format)[lower8.astype(np.int32) + 32768].tobytes())
