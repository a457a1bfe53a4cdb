"""Frames between the service and its readers: one letter, a length, and so many bytes, over a pair of sockets."""

import json
import marshal
import socket
import struct
from collections.abc import Iterator
from typing import Any

HELLO = b"H"
"""From the reader, once, JSON: its walls."""
JOB = b"J"
"""To the reader, marshalled: a query or a write, and where the snapshot lies; documents follow in DATA frames."""
KIND = b"K"
"""From the reader, first of an answer: kind, media type and encoding, with blanks between."""
CHANGES = b"C"
"""From the reader, first of a delta, JSON: which graphs begin and end, how many of the bytes are removals."""
DATA = b"D"
"""A part of the result, or to the reader, one document."""
END = b"E"
"""From the reader: the result is whole."""
FAILURE = b"X"
"""From the reader, instead of END, JSON: what went wrong."""

_HEADER = struct.Struct(">cI")
CHUNK_BYTES = 1 << 16


def encode(kind: bytes, payload: bytes = b"") -> bytes:
    """Return a frame as it travels."""
    return _HEADER.pack(kind, len(payload)) + payload


def encode_json(kind: bytes, value: Any) -> bytes:
    """Return a frame that carries JSON."""
    return encode(kind, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def encode_job(job: dict[str, Any]) -> bytes:
    """Return a frame with a job, which only a reader of this very program takes apart."""
    return encode(JOB, marshal.dumps(job))


def decode_job(payload: bytes) -> dict[str, Any]:
    """Return a job, on the reader's side."""
    job: dict[str, Any] = marshal.loads(payload)
    return job


def receive(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Wait for a frame, on the reader's side; None when the other side is gone."""
    header = _receive_exactly(channel, _HEADER.size)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    payload = _receive_exactly(channel, length)
    return None if payload is None else (kind, payload)


class Splitter:
    """Cuts what arrives into frames, on the service's side."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the frames that are complete now."""
        pending = self._pending
        pending += data
        place = 0
        while len(pending) - place >= _HEADER.size:
            kind, length = _HEADER.unpack_from(pending, place)
            end = place + _HEADER.size + length
            if end > len(pending):
                break
            yield kind, bytes(pending[place + _HEADER.size : end])
            place = end
        del pending[:place]


def _receive_exactly(channel: socket.socket, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length:
        part = channel.recv(min(length, CHUNK_BYTES))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
