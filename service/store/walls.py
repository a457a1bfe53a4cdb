"""The walls around a reader: no new sockets (seccomp, Linux on x86-64 and arm64), bounds on its memory and CPU time.

The engine sends a request for every SERVICE it meets, and no spelling check is safe against its grammar; that a reader
cannot open a socket is the guarantee. `/health` says which walls stand.
"""

import ctypes
import errno
import math
import platform
import resource
import signal
import socket
import struct
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_X32_BIT = 0x40000000

# linux/audit.h, and the numbers of socket, connect, io_uring_setup (which can make sockets without socket).
_SYSTEMS = {
    "x86_64": (0xC000003E, (41, 42, 425)),
    "aarch64": (0xC00000B7, (198, 203, 425)),
}

_LOAD_WORD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF, linux/bpf_common.h
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM


_STATM = Path("/proc/self/statm")


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def bound_memory(budget_bytes: int | None) -> int | None:
    """Bound the address space of this process to what it uses now and so much more; lift the bound for None.

    The bound is relative because the engine's threads reserve address space by the number of cores.

    Returns:
        The budget, or None where nothing is bounded.
    """
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if budget_bytes is None or not _STATM.exists():
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        return None
    used = int(_STATM.read_text().split()[0]) * resource.getpagesize()
    limit = used + budget_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    return budget_bytes


def bound_cpu(seconds: float) -> None:
    """Bound the processor time that this process may take from now on; the kernel ends it beyond.

    The deadline is kept by the service; this holds where the service cannot, and where one query kept several cores.
    """
    soft = math.ceil(time.process_time() + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def forbid_core_dumps() -> None:
    """Let no crash write the memory of this process to disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone, even in the middle of a query; Linux."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def forbid_sockets() -> str:
    """Make every new socket of this process fail, for good; return "seccomp", or "none: …" where that cannot be done.

    The answer is what a trial socket says, not what was asked for.
    """
    if platform.system() != "Linux":
        return f"none: no filter for {platform.system()}"
    system = _SYSTEMS.get(platform.machine())
    if system is None:
        return f"none: no filter for {platform.machine()}"
    instructions = _filter(*system)
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        return f"none: refused by the kernel ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})"
    return "none: the filter does not hold" if _can_open_socket() else "seccomp"


def _filter(architecture: int, forbidden: tuple[int, ...]) -> bytes:
    """Assemble the filter: end the process on a foreign architecture, refuse the forbidden calls, allow the rest."""
    refuse_at = 5 + len(forbidden)
    lines = [
        (_LOAD_WORD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, 0),
        (_JUMP_GREATER_EQUAL, refuse_at - 4, 0, _X32_BIT),
        *((_JUMP_EQUAL, refuse_at - (4 + n), 0, number) for n, number in enumerate(forbidden, start=1)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _can_open_socket() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True
