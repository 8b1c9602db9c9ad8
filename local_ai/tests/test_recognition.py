"""The real recogniser: words for both voices, nothing for silence, and calls from several threads."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from local_ai.model_files import ModelFiles
from local_ai.recognition import Recognition, RecognitionFailed
from local_ai.speech_detection import Resampler
from local_ai.synthesis import Synthesis
from local_ai.tests.speech_measures import SENTENCES, word_errors, words

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ModelFiles(tmp_path_factory.mktemp("models")).package("moonshine_voice")


@pytest.fixture(scope="module")
def recognition(package: Path) -> Recognition:
    return Recognition(package)


@pytest.fixture(scope="module")
async def synthesis() -> AsyncIterator[Synthesis]:
    loaded = Synthesis()
    await loaded.load()
    yield loaded
    await loaded.close()


@pytest.mark.parametrize("voice", ["heart", "heart-low"])
def test_what_is_spoken_is_read_back(recognition: Recognition, synthesis: Synthesis, voice: str) -> None:
    wrong = total = 0
    for text in SENTENCES:
        sound = Resampler(24_000).feed(synthesis.say(text, voice, 1.0))
        wrong += word_errors(text, recognition.transcribe(sound))
        total += len(words(text))
    assert wrong / total < 0.15, f"{wrong} of {total} words"


def test_threads_that_ask_at_once_each_get_their_own_words(recognition: Recognition, synthesis: Synthesis) -> None:
    sounds = [Resampler(24_000).feed(synthesis.say(text, "heart", 1.0)) for text in SENTENCES[:3]]
    alone = [recognition.transcribe(sound) for sound in sounds]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(recognition.transcribe, sounds * 2))
    assert together == alone * 2


def test_a_glimpse_does_not_queue_behind_another_call(recognition: Recognition) -> None:
    second = np.zeros(16_000, np.float32)
    assert recognition.glimpse(second) is not None
    with recognition._turn:
        assert recognition.glimpse(second) is None


@pytest.mark.parametrize("length", [0, 1, 400])
def test_audio_too_short_for_a_word_is_no_error(recognition: Recognition, length: int) -> None:
    assert isinstance(recognition.transcribe(np.zeros(length, np.float32)), str)


def test_a_closed_recogniser_says_so(package: Path) -> None:
    closed = Recognition(package)
    closed.close()
    closed.close()
    with pytest.raises(RecognitionFailed, match="closed"):
        closed.transcribe(np.zeros(16_000, np.float32))


def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecognitionFailed, match="cannot be loaded"):
        Recognition(tmp_path)
