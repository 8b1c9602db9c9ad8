# cython: language_level=3
"""The steps of a relayed frame in C: the same as in Python (named at each class), with nothing allocated but what stays.

Each class is one that Python has too, and does what that one does; the tests compare both. What is special about a frame
is never decided here: the answer is False, nothing has been done, and Python takes the frame.
"""

import secrets
from struct import Struct

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdio cimport snprintf
from libc.string cimport memchr, memcmp, memcpy

from pybase64 import b64decode, b64encode

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #ifndef ENGRAM_SOURCE
    #define ENGRAM_SOURCE ""
    #endif
    /* RFC 6455, 5.3. `key` is 4 bytes. */
    static void mask(char *to, const char *from, const char *key, Py_ssize_t size) {
        uint32_t four;
        uint64_t eight, part;
        Py_ssize_t at = 0;
        memcpy(&four, key, 4);
        eight = (uint64_t)four << 32 | four;
        for (; at + 8 <= size; at += 8) {
            memcpy(&part, from + at, 8);
            part ^= eight;
            memcpy(to + at, &part, 8);
        }
        for (; at < size; at++) to[at] = from[at] ^ key[at & 3];
    }
    """
    const char *ENGRAM_SOURCE
    void mask(char *to, const char *source, const char *key, Py_ssize_t size) nogil

SOURCE = ENGRAM_SOURCE.decode()
"""SHA-256 of the file that this was compiled from."""

cdef object _randbits = secrets.randbits
cdef object _b64encode = b64encode, _b64decode = b64decode
cdef bytes _TEXT = b'{"type":"audio","data":"', _TEXT_END = b'"}'
cdef object _SHORT = Struct("!BBH").pack, _LONG = Struct("!BBQ").pack, _MASKED = Struct("!BBHI").pack
cdef bytearray _unmasked = bytearray()
"""Sound between its two encodings. One for all: nothing else runs meanwhile, and it stays in the cache."""
cdef enum:
    FRAMES_A_KEY = 64
    GRANT = 64 << 10
    BRACE = 0x7B
    QUOTE = 0x22
    BACKSLASH = 0x5C
    EQUALS = 0x3D


cdef class Tally:
    """See `backend.voice.fast_path.PythonTally`."""

    cdef public long long seq
    cdef public list fresh
    cdef public object item_id, write
    cdef public bint binary

    def __init__(self, write):
        self.seq, self.fresh, self.item_id, self.write, self.binary = 0, [], None, write, False


cdef class FrameWriter:
    """`backend.api.wire._Writer`: messages of which all but two parts is the same."""

    cdef object _connection, _is_closing, _write
    cdef int _kind
    cdef bytes _before, _between, _begin
    cdef Py_ssize_t _size

    def __init__(self, connection, transport, int kind, bytes before not None, bytes between not None):
        self._connection, self._is_closing, self._write = connection, transport.is_closing, transport.write
        self._kind, self._before, self._between = kind, before, between
        self._size, self._begin = -1, b""

    def __call__(self, bytes first not None, bytes second not None):
        return self.send(
            PyBytes_AS_STRING(first), PyBytes_GET_SIZE(first), PyBytes_AS_STRING(second), PyBytes_GET_SIZE(second)
        )

    cdef bint send(self, const char *first, Py_ssize_t first_size, const char *second, Py_ssize_t second_size) except -1:
        cdef Py_ssize_t begin, between = PyBytes_GET_SIZE(self._between)
        cdef bytes frame
        cdef char *to
        connection = self._connection
        if connection.full or connection.close_sent or self._is_closing():
            return False
        if first_size + second_size != self._size:
            self._begin_with(first_size + second_size)
        begin = PyBytes_GET_SIZE(self._begin)
        frame = PyBytes_FromStringAndSize(NULL, begin + first_size + between + second_size)
        to = PyBytes_AS_STRING(frame)
        memcpy(to, PyBytes_AS_STRING(self._begin), begin)
        memcpy(to + begin, first, first_size)
        memcpy(to + begin + first_size, PyBytes_AS_STRING(self._between), between)
        memcpy(to + begin + first_size + between, second, second_size)
        self._write(frame)
        return True

    cdef int _begin_with(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t whole = PyBytes_GET_SIZE(self._before) + PyBytes_GET_SIZE(self._between) + size
        if whole < 126:
            head = bytes((self._kind, whole))
        elif whole < 65_536:
            head = _SHORT(self._kind, 126, whole)
        else:
            head = _LONG(self._kind, 127, whole)
        self._size, self._begin = size, head + self._before
        return 0


cdef class MaskedWriter:
    """`backend.voice.voicelive.short_way._Writer`: messages of which all but one part is the same, masked."""

    cdef object _way, _is_closing, _write
    cdef bytes _before, _after, _head, _end, _key
    cdef Py_ssize_t _size
    cdef int _left

    def __init__(self, way, transport, bytes before not None, bytes after not None):
        self._way, self._is_closing, self._write = way, transport.is_closing, transport.write
        self._before, self._after = before, after
        self._size, self._left = -1, 0
        self._head = self._end = self._key = b""

    def __call__(self, bytes text not None):
        return self.ready() and self.send(text)

    cdef bint ready(self) except -1:
        return not (self._way.full or self._is_closing())

    cdef bint send(self, bytes text) except -1:
        """To be called when it is ready."""
        cdef Py_ssize_t head, end, size = PyBytes_GET_SIZE(text)
        cdef bytes frame
        cdef char *to
        if (size != self._size or not self._left) and not self._choose_key(size):
            return False
        self._left -= 1
        head, end = PyBytes_GET_SIZE(self._head), PyBytes_GET_SIZE(self._end)
        frame = PyBytes_FromStringAndSize(NULL, head + size + end)
        to = PyBytes_AS_STRING(frame)
        memcpy(to, PyBytes_AS_STRING(self._head), head)
        mask(to + head, PyBytes_AS_STRING(text), PyBytes_AS_STRING(self._key), size)
        memcpy(to + head + size, PyBytes_AS_STRING(self._end), end)
        self._write(frame)
        return True

    cdef bint _choose_key(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t length = PyBytes_GET_SIZE(self._before) + size + PyBytes_GET_SIZE(self._after)
        if not 125 < length < 65_536:
            return False
        head = _MASKED(0x81, 0xFE, length, _randbits(32))
        self._size, self._left, self._key = size, FRAMES_A_KEY, head[4:]
        self._head = head + self._masked(self._before)
        self._end = self._masked(bytes(size % 4) + self._after)[size % 4 :]
        return True

    cdef bytes _masked(self, bytes text):
        cdef bytes masked = PyBytes_FromStringAndSize(NULL, PyBytes_GET_SIZE(text))
        mask(PyBytes_AS_STRING(masked), PyBytes_AS_STRING(text), PyBytes_AS_STRING(self._key), PyBytes_GET_SIZE(text))
        return masked


cdef class Door:
    """Stands before a protocol, at its transport: offers what arrives to `take`, which answers False to leave it."""

    cdef object _received
    cdef public object take
    cdef readonly object eof_received, connection_lost, pause_writing, resume_writing

    def __init__(self, protocol):
        self.take, self._received = None, protocol.data_received
        self.eof_received, self.connection_lost = protocol.eof_received, protocol.connection_lost
        self.pause_writing, self.resume_writing = protocol.pause_writing, protocol.resume_writing

    def data_received(self, data):
        take = self.take
        if take is None or not take(data):
            self._received(data)


cdef class Upward:
    """`backend.voice.call.microphone.Microphone`, from a whole WebSocket frame on, as it came from the socket."""

    cdef object _line, _keep, _grant
    cdef Py_ssize_t _granted
    cdef public long long frames

    def __init__(self, line, grant):
        self._line, self._grant, self._keep = line, grant, None
        self._granted = self.frames = 0

    def take(self, data):
        cdef Py_ssize_t size
        cdef const unsigned char *frame
        cdef const char *key
        cdef bytes base64
        if not PyBytes_CheckExact(data):
            return False
        size = PyBytes_GET_SIZE(data) - 8
        frame = <const unsigned char *>PyBytes_AS_STRING(data)
        if size <= 0 or frame[1] != 0xFE or (frame[2] << 8 | frame[3]) != size:
            return False
        at_once = self._line.at_once
        if type(at_once) is not MaskedWriter or not (<MaskedWriter>at_once).ready():
            return False
        if PyByteArray_GET_SIZE(_unmasked) != size:
            PyByteArray_Resize(_unmasked, size)
        key = <const char *>frame + 4
        mask(PyByteArray_AS_STRING(_unmasked), key + 4, key, size)
        if frame[0] == 0x82:
            base64 = self._binary(size)
        elif frame[0] == 0x81:
            base64 = self._text(size)
        else:
            return False
        if base64 is None:
            return False
        size = PyBytes_GET_SIZE(base64)
        if self._granted < size:
            if not self._grant(GRANT):
                return False
            self._granted += GRANT
        if not (<MaskedWriter>at_once).send(base64):
            return False
        if self._keep is None:
            self._keep = self._line.keep
        self._keep(base64)
        self._granted -= size
        self.frames += 1
        return True

    cdef bytes _binary(self, Py_ssize_t size):
        if size & 1 or PyByteArray_AS_STRING(_unmasked)[0] == BRACE:
            return None
        return _b64encode(_unmasked)

    cdef bytes _text(self, Py_ssize_t size):
        cdef const char *text = PyByteArray_AS_STRING(_unmasked)
        cdef Py_ssize_t begin = PyBytes_GET_SIZE(_TEXT), end = PyBytes_GET_SIZE(_TEXT_END)
        cdef bytes base64
        if (
            size <= begin + end
            or memcmp(text, PyBytes_AS_STRING(_TEXT), begin)
            or memcmp(text + size - end, PyBytes_AS_STRING(_TEXT_END), end)
        ):
            return None
        base64 = PyBytes_FromStringAndSize(text + begin, size - begin - end)
        try:
            sound = PyBytes_GET_SIZE(_b64decode(base64, None, True))
        except ValueError:
            return None
        return base64 if sound and not sound & 1 else None


cdef class Downward:
    """`backend.voice.call.splice.Splice.take` and `backend.voice.browser.caller.Caller.audio_at_once`."""

    cdef Tally _tally
    cdef object _clock, _decode, _item_id, _ms, _speech
    cdef bytes _before, _between, _after
    cdef Py_ssize_t _size, _event_id, _event_id_size, _sound, _sound_size

    def __init__(self, Tally tally not None, clock, decode):
        self._tally, self._clock, self._decode = tally, clock, decode
        self._size = -1

    def forget(self):
        self._size = -1

    def learn(
        self,
        bytes before not None,
        Py_ssize_t event_id_size,
        bytes between not None,
        Py_ssize_t sound_size,
        bytes after not None,
        item_id,
        ms,
        speech,
    ):
        self._before, self._between, self._after = before, between, after
        self._event_id, self._event_id_size = PyBytes_GET_SIZE(before), event_id_size
        self._sound, self._sound_size = self._event_id + event_id_size + PyBytes_GET_SIZE(between), sound_size
        self._size = self._sound + sound_size + PyBytes_GET_SIZE(after)
        self._item_id, self._ms, self._speech = item_id, ms, speech

    def take(self, data):
        cdef Tally tally = self._tally
        cdef const char *frame
        cdef const char *event_id
        cdef const char *sound
        cdef char number[24]
        cdef bytes base64, pcm
        cdef int at, digits
        cdef bint sent
        if not PyBytes_CheckExact(data) or PyBytes_GET_SIZE(data) != self._size:
            return False
        frame = PyBytes_AS_STRING(data)
        event_id, sound = frame + self._event_id, frame + self._sound
        if (
            memcmp(frame, PyBytes_AS_STRING(self._before), self._event_id)
            or memcmp(event_id + self._event_id_size, PyBytes_AS_STRING(self._between), PyBytes_GET_SIZE(self._between))
            or memcmp(sound + self._sound_size, PyBytes_AS_STRING(self._after), PyBytes_GET_SIZE(self._after))
            or memchr(event_id, QUOTE, self._event_id_size)
            or memchr(event_id, BACKSLASH, self._event_id_size)
            or memchr(sound, QUOTE, self._sound_size)
            or memchr(sound, BACKSLASH, self._sound_size)
            or memchr(sound, EQUALS, self._sound_size)  # shorter than others of this size
        ):
            return False
        write = tally.write
        if type(write) is not FrameWriter or tally.item_id != self._item_id:
            return False
        base64 = PyBytes_FromStringAndSize(sound, self._sound_size)
        if tally.binary:
            pcm = self._decode(base64)
            for at in range(4):
                number[at] = <char>((tally.seq + 1) >> (8 * at) & 0xFF)
            sent = (<FrameWriter>write).send(number, 4, PyBytes_AS_STRING(pcm), PyBytes_GET_SIZE(pcm))
        else:
            digits = snprintf(number, sizeof(number), b"%lld}", tally.seq + 1)
            sent = (<FrameWriter>write).send(PyBytes_AS_STRING(base64), self._sound_size, number, digits)
        if not sent:
            return False
        tally.seq += 1
        tally.fresh.append((base64, self._item_id, self._ms, self._clock()))
        self._speech.audio_ms += self._ms
        return True
