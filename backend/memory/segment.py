"""Arrays by name as one piece of bytes: the form in which an index is kept as a snapshot.

magic (8) | version (2) | bytes of the header (4) | checksum of all that follows (4) | header | arrays

The header is JSON: [[name, type, shape], ...]. Little-endian. The checksum finds damage, not forgery: whoever stores a
segment seals it.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

VERSION = 3
"""Raise it when the arrays, the way words are cut or the worth of a turn change: old segments are then built anew."""

_MAGIC = b"ENGRAMIX"
_FIXED = struct.Struct("<8sHII")
_TYPES = frozenset({"|u1", "|i1", "|b1", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4"})


class SegmentBroken(ValueError):
    """The bytes are no segment of this version, or are damaged: build from the log instead."""


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the arrays as one segment."""
    header = json.dumps([[name, each.dtype.str, list(each.shape)] for name, each in arrays.items()]).encode()
    pieces = [header, *(np.ascontiguousarray(each).data.cast("B") if each.size else b"" for each in arrays.values())]
    check = 0
    for piece in pieces:
        check = crc32(piece, check)
    return b"".join((_FIXED.pack(_MAGIC, VERSION, len(header), check), *pieces))


def unpack(blob: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a segment, as copies. Raises `SegmentBroken`."""
    try:
        magic, version, size, check = _FIXED.unpack_from(blob)
        if (magic, version) != (_MAGIC, VERSION):
            raise SegmentBroken("not a segment of this version")
        body = memoryview(blob)[_FIXED.size :]
        if crc32(body) != check:
            raise SegmentBroken("the checksum is wrong")
        at = size
        arrays = {}
        for name, kind, shape in json.loads(bytes(body[:size])):
            if kind not in _TYPES:
                raise SegmentBroken(f"unknown type {kind}")
            count = int(np.prod(shape, dtype=np.int64))
            arrays[name] = np.frombuffer(body, kind, count, at).reshape(shape).copy()
            at += arrays[name].nbytes
        if at != len(body):
            raise SegmentBroken("there is more than the header names")
    except (struct.error, ValueError, TypeError) as error:
        raise error if isinstance(error, SegmentBroken) else SegmentBroken(str(error)) from error
    return arrays
