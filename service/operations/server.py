"""The HTTP server: says when it is ready, stops gracefully at the first signal and at once at the second."""

import asyncio
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn

from service.operations.lifecycle import Lifecycle

logger = logging.getLogger(__name__)

_LAST_S = 1.0
"""What the second signal leaves for ending the readers; then the kernel ends the process."""


class Server(uvicorn.Server):
    """uvicorn, which on a signal answers the requests it has and takes no new ones.

    SIGTERM is the ordinary end and no failure: `run` returns. SIGINT is raised again after the end, as uvicorn does.
    """

    def __init__(self, config: uvicorn.Config, *, address: str, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._address = address
        self._lifecycle = lifecycle
        self._loop: asyncio.AbstractEventLoop | None = None
        self.was_forced = False
        """Whether requests were cut by a second signal."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so in one line; what else is to be said comes after it."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            sys.stderr.write(f"aigov: serving at {self._address}\n")
            sys.stderr.flush()
            for remark in self._lifecycle.remarks:
                logger.warning(remark)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop gracefully; at a second signal cut what is still at work."""
        if self.should_exit:
            self.was_forced = True
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, _LAST_S)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._cut)
        elif sig == signal.SIGINT:
            super().handle_exit(sig, frame)
        self.should_exit = True
        self._lifecycle.is_stopping = True

    def _cut(self) -> None:
        """Break every connection; the queries behind them are given up and their readers ended."""
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
