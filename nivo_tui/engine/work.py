"""Work shared by threads: paths in an order that can be changed, each handed out once."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

_END = b"\0"
"""Ends a noted path; what an older, longer one left behind it does not count."""


class WorkList:
    """The paths still to be done. What somebody looks at comes first, what crashed before comes last."""

    def __init__(self, paths: Iterable[str], alone: Iterable[str] = ()) -> None:
        """`alone` are paths that are handed out only when nothing else is being worked on."""
        self._lock = threading.Condition()
        self._alone = deque(alone)
        careful = set(self._alone)
        self._waiting = deque(p for p in paths if p not in careful)
        self._left = set(self._waiting)
        self._urgent: deque[str] = deque()
        self._in_hand = 0
        self._stopped = False

    def take(self) -> str | None:
        """The next path; None when there is none left or the work was stopped. Waits for a turn alone."""
        with self._lock:
            while True:
                if self._stopped:
                    return None
                path = self._next_shared()
                if path is None and self._alone:
                    if self._in_hand:
                        self._lock.wait()
                        continue
                    path = self._alone.popleft()
                if path is not None:
                    self._in_hand += 1
                return path

    def _next_shared(self) -> str | None:
        for queue in (self._urgent, self._waiting):
            while queue:
                path = queue.popleft()
                if path in self._left:
                    self._left.remove(path)
                    return path
        return None

    def done(self) -> None:
        """Say that a path taken is done."""
        with self._lock:
            self._in_hand -= 1
            self._lock.notify_all()

    def first(self, paths: Iterable[str]) -> None:
        """Let these be the next, as far as they are still to be done."""
        with self._lock:
            self._urgent = deque(p for p in paths if p in self._left)

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._lock:
            self._stopped = True
            self._lock.notify_all()


PHOTO, MODEL = "in-hand-", "in-model-"
"""What a thread works on, and which pack looks at it at this moment."""


class InHand:
    """Notes on disk what threads work on, so that a crash of native code has a name.

    One small file a thread and `kind`; it is not synced, since it must outlive the process and not the
    machine.
    """

    def __init__(self, folder: Path, kind: str = PHOTO) -> None:
        self._folder = folder
        self._kind = kind
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[int] = []

    def note(self, what: str | None) -> None:
        """Note what this thread works on, None for nothing."""
        fd = getattr(self._local, "fd", None)
        if fd is None:
            name = self._folder / f"{self._kind}{threading.get_ident()}"
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            self._local.fd = fd
            with self._lock:
                self._opened.append(fd)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, os.fsencode(what or "") + _END)

    def close(self) -> None:
        """Nothing is in hand any more; the threads that noted something have ended."""
        with self._lock:
            for fd in self._opened:
                os.ftruncate(fd, 0)
                os.close(fd)
            self._opened.clear()
            self._local = threading.local()

    def left_behind(self) -> dict[str, str]:
        """What each thread worked on when the last engine ended, by thread; forgets it."""
        left = {}
        for file in self._folder.glob(f"{self._kind}*"):
            text = file.read_bytes().partition(_END)[0]
            if text:
                left[file.name.removeprefix(self._kind)] = os.fsdecode(text)
            file.unlink(missing_ok=True)
        return left
