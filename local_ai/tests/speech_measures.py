"""How the speech tests measure: word error rate, and median pitch by autocorrelation."""

import re

import numpy as np
import numpy.typing as npt

SENTENCES = (
    "Hello Elena, my name is Ada and I lead the customer migration.",
    "The train to Berlin leaves at a quarter past seven from platform nine.",
    "Could you send me the report before Friday, please?",
    "What was decided about the budget at the last meeting?",
    "The new data platform goes live at the end of the month.",
)


def words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def word_errors(wanted: str, got: str) -> int:
    """Words to add, drop or change so that `got` becomes `wanted` (Levenshtein)."""
    heard = words(got)
    row = list(range(len(heard) + 1))
    for i, word in enumerate(words(wanted), 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def samples(pcm16: bytes) -> npt.NDArray[np.float32]:
    """PCM16 as floats in [-1, 1]."""
    return np.frombuffer(pcm16, "<i2").astype(np.float32) / 32768.0


def median_pitch(sound: npt.NDArray[np.float32], rate: int = 24_000) -> float:
    """Median over the loud, periodic 40 ms frames of the pitch between 60 and 350 Hz, in Hz."""
    length = rate // 25
    lowest_lag, highest_lag = rate // 350, rate // 60
    loud = 0.3 * float((sound**2).mean())
    found = []
    for start in range(0, len(sound) - length, length // 2):
        frame = sound[start : start + length] - sound[start : start + length].mean()
        if float((frame**2).mean()) < loud:
            continue
        spectrum = np.abs(np.fft.rfft(frame, 4 * length)) ** 2
        correlation = np.fft.irfft(spectrum)[:length]
        lag = lowest_lag + int(np.argmax(correlation[lowest_lag:highest_lag]))
        if correlation[lag] > 0.4 * correlation[0]:
            found.append(rate / lag)
    assert found, "no periodic frame: this is not speech"
    return float(np.median(found))
