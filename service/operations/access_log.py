"""The access log: one JSON object a line, written by a thread so that a slow disk or a full pipe holds nobody up."""

import io
import logging
import queue
import threading
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from logging.handlers import WatchedFileHandler
from pathlib import Path
from time import gmtime, strftime
from typing import Any, NamedTuple

from service.errors import SettingsError

logger = logging.getLogger(__name__)

STANDARD_ERROR, OFF = "-", "none"
_PAUSE_S = 0.1
"""Lines are collected for so long and written at once; what a kill can lose."""
_MOST_WAITING = 10_000
"""Lines that may wait for a slow disk; further ones are dropped and counted."""
_CLOSE_S = 1.0
_STDERR = 2

_MOST_CHARS = 500
"""A longer path is cut."""


class Entry(NamedTuple):
    """One request; None where nothing is known. `path` is without the query string, `began_s` since 1970."""

    began_s: float
    client: str | None
    method: str
    path: str
    status: int | None
    length: int
    duration_s: float
    query_hash: str | None
    outcome: str
    cache: str | None


class AccessLog:
    """Lines on their way to a file. `open_access_log` makes one; nothing is written before `start`."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._second, self._clock = 0, ""
        self.dropped = 0
        """Lines that could not be written."""

    def add(self, entry: Entry) -> None:
        """Take an entry; never waits."""
        if self._lines.qsize() < _MOST_WAITING:
            self._lines.put(self._format(entry))
        else:
            self.dropped += 1

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, but do not wait long for a file that takes nothing."""
        self._closing.set()
        self._lines.put(None)
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _format(self, entry: Entry) -> str:
        """Return the line of an entry: JSON put together by hand, which costs half of what the library's encoder does.

        Everything that comes from outside is quoted by the library.
        """
        second = int(entry.began_s)
        if second != self._second:
            self._second, self._clock = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return (
            f'{{"time":"{self._clock}.{int((entry.began_s - second) * 1000):03d}Z","client":{_quote(entry.client)},'
            f'"method":{_quote(entry.method)},"path":{_quote(entry.path[:_MOST_CHARS])},'
            f'"status":{"null" if entry.status is None else entry.status},"bytes":{entry.length},'
            f'"duration_ms":{entry.duration_s * 1000:.3f},"query_hash":{_quote(entry.query_hash)},'
            f'"outcome":{_quote(entry.outcome)},"cache":{_quote(entry.cache)}}}\n'
        )

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch: list[Any] = [self._lines.get()]
            self._closing.wait(_PAUSE_S)
            while not self._lines.empty():
                batch.append(self._lines.get())
            if batch[-1] is None:  # comes last
                is_open = False
                batch.pop()
            try:
                self._write("".join(batch))
            except (OSError, ValueError) as exc:  # a full disk, a folder that was moved away
                if not self.dropped:
                    logger.warning("the access log cannot be written (%s); its lines are dropped", exc)
                self.dropped += len(batch)


def _quote(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


def open_access_log(target: str) -> AccessLog | None:
    """Open the log: a file, "-" for the standard error, "none" for no log.

    A file is appended to, and opened anew when it was moved or removed, as log rotation does.

    Raises:
        SettingsError: the file cannot be written.
    """
    if target == OFF:
        return None
    if target == STANDARD_ERROR:
        return AccessLog(_write_stderr)
    try:
        handler = _RotatedFile(Path(target), encoding="utf-8")
    except OSError as exc:
        remedy = "name a file that can be written, '-' for the standard error, or 'none', with --access-log"
        raise SettingsError(str(target), f"cannot be written ({exc.strerror})", remedy) from exc

    handler.terminator = ""
    return AccessLog(lambda text: handler.emit(logging.makeLogRecord({"msg": text})))


class _RotatedFile(WatchedFileHandler):
    """A file that is opened anew when another one has its name; errors are the caller's."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        """Raise the error that `emit` met."""
        raise


def _write_stderr(text: str) -> None:
    """Write past `sys.stderr`, whose lock a thread held up by a full pipe would keep to the end of the process."""
    data = memoryview(text.encode())
    with io.FileIO(_STDERR, "w", closefd=False) as file:
        while data:
            data = data[file.write(data) or 0 :]
