"""Frames between the service and its readers: one letter, a length, and so many bytes, over a pair of sockets."""

import asyncio
import json
import socket
import struct
from typing import Any

HELLO = b"H"
"""From the reader, once, JSON: its walls."""
JOB = b"J"
"""To the reader, JSON: a query and where the snapshot lies."""
KIND = b"K"
"""From the reader, first of an answer, JSON: kind and media type."""
DATA = b"D"
"""From the reader: a part of the result."""
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


def receive(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Wait for a frame, on the reader's side; None when the other side is gone."""
    header = _receive_exactly(channel, _HEADER.size)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    payload = _receive_exactly(channel, length)
    return None if payload is None else (kind, payload)


async def receive_async(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Wait for a frame, on the service's side.

    Raises:
        asyncio.IncompleteReadError: the reader is gone.
    """
    kind, length = _HEADER.unpack(await stream.readexactly(_HEADER.size))
    return kind, await stream.readexactly(length)


def _receive_exactly(channel: socket.socket, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length:
        part = channel.recv(min(length, CHUNK_BYTES))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
