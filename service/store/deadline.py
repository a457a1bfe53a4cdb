"""A deadline that ends a blocking exchange over a socket, wherever it is then."""

import socket
import threading
import time
from types import TracebackType

from service import errors


class Deadline:
    """A time after which the connection in use, and any later one, is shut down. A context; one thread uses it."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.is_over = False
        self._end = time.monotonic() + limit_s
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(limit_s, self.cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()

    def remaining_s(self) -> float:
        """Return what is left, never nothing, as a timeout of 0 means none."""
        return max(0.001, self._end - time.monotonic())

    def watch(self, connection: socket.socket) -> None:
        """Take charge of a connection."""
        with self._lock:
            self._socket = connection
            if self.is_over:
                _shut_down(connection)

    def cut(self) -> None:
        """End what is going on; may be called from any thread."""
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                _shut_down(self._socket)

    def exceeded(self) -> errors.DeadlineExceededError:
        """Return the error that says so."""
        return errors.DeadlineExceededError(
            f"The store behind this endpoint did not answer within {self.limit_s:g} s, and the connection was closed; "
            "make the query more selective.",
            limit_s=self.limit_s,
        )


def _shut_down(connection: socket.socket) -> None:
    """End both directions, which wakes a thread that reads; closing would not."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
