"""Starting, ending and ranking processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

_BELOW_NORMAL = 0x00004000
_CREATE_NO_WINDOW = 0x08000000
_CREATE_NEW_GROUP = 0x00000200
_BREAKAWAY = 0x01000000


def start(arguments: Sequence[str], *, detached: bool) -> subprocess.Popen[bytes]:
    """Start a process with pipes on its standard input and output and its own standard error inherited.

    `detached`: it gets a session of its own (Windows: own group, no window, out of the job where that is
    allowed), so that a terminal that goes away does not take it along; its standard error is dropped.
    """
    pipe = subprocess.PIPE
    err = subprocess.DEVNULL if detached else None
    if sys.platform != "win32":
        return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=err, start_new_session=detached)
    if not detached:
        return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=err)
    flags = _CREATE_NO_WINDOW | _CREATE_NEW_GROUP
    try:
        return subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, stderr=err, creationflags=flags | _BREAKAWAY
        )
    except PermissionError:
        return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=err, creationflags=flags)


def is_alive(pid: int) -> bool:
    """Whether a process of this machine with this id runs."""
    if sys.platform == "win32":
        return _windows_is_alive(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _windows_is_alive(pid: int) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    query, still_active = 0x1000, 259
    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(query, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == still_active


def lower_priority() -> None:
    """Let interactive programs go first."""
    with suppress(OSError, AttributeError):
        if sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
        else:
            os.nice(10)


def ignore_hangup() -> None:
    """Go on when the terminal goes away."""
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def on_hangup(act: Callable[[], None]) -> Callable[[], None]:
    """Call `act` when the terminal goes away or this process is asked to end, where the system tells.

    Returns what puts the old way back.
    """
    if sys.platform == "win32":
        return lambda: None

    def handle(number: int, frame: FrameType | None) -> None:
        act()

    old = {number: signal.signal(number, handle) for number in (signal.SIGHUP, signal.SIGTERM)}

    def restore() -> None:
        for number, way in old.items():
            signal.signal(number, way)

    return restore


def end_process_after(seconds: float) -> None:
    """End this process, whatever it waits for, unless it ended by itself until then."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def ignore_interrupt() -> None:
    """Leave Ctrl-C to the parent, which says what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def on_interrupt(act: Callable[[], None]) -> Callable[[], None]:
    """Call `act` for each Ctrl-C or termination request; returns what puts the old behaviour back."""

    def handle(number: int, frame: FrameType | None) -> None:
        act()

    kinds = [signal.SIGINT, signal.SIGTERM]
    old = [signal.signal(kind, handle) for kind in kinds]

    def restore() -> None:
        for kind, before in zip(kinds, old, strict=True):
            signal.signal(kind, before)

    return restore


def duplicate_private(fd: int) -> int:
    """A duplicate of a descriptor that children do not inherit."""
    copy = os.dup(fd)
    os.set_inheritable(copy, False)
    return copy
