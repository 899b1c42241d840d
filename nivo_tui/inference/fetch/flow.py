"""One answer of a server, read by a thread of its own, so that no silent line holds up an end."""

from __future__ import annotations

import errno
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

from nivo_tui.inference.fetch.transfer import PIECE, StoppedError, TransferError

_SILENCE_S = 30.0
_LOOK_S = 0.2
_AHEAD = 4

Faults = tuple[type[Exception], ...]

_AWAY = frozenset({errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class PassingError(Exception):
    """Another try may do better, after `after` seconds where the server said so."""

    def __init__(self, words: str, after: float | None = None) -> None:
        super().__init__(words)
        self.after = after


class Flow:
    """Opens a request and hands on its head and its body. Raises one of `faults` where it broke."""

    def __init__(self, opener: Any, asked: Any, faults: Faults, cancelled: Callable[[], bool]) -> None:
        self._opener = opener
        self._asked = asked
        self._faults = faults
        self._cancelled = cancelled
        self._over = threading.Event()
        self._queue: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._read, name="download", daemon=True)
        self._thread.start()

    def head(self) -> tuple[int, Message]:
        """Status and headers."""
        status, headers = self._next()
        return status, headers

    def pieces(self) -> Iterator[bytes]:
        """The body, as it comes; what was announced may be missing at its end."""
        while (piece := self._next()) is not None:
            yield piece

    def leave(self) -> None:
        """No more is wanted; the thread ends by itself with the next byte or the end of its patience."""
        self._over.set()

    def _next(self) -> Any:
        while True:
            if self._cancelled():
                raise StoppedError("stopped")
            try:
                item = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                if self._thread.is_alive():
                    continue
                raise ConnectionError("the connection ended") from None
            if isinstance(item, Exception):
                raise item
            return item

    def _read(self) -> None:
        """Thread: read the answer into the queue."""
        try:
            with self._opener.open(self._asked, timeout=_SILENCE_S) as answer:
                self._put((answer.status, answer.headers))
                while not self._over.is_set() and (piece := answer.read1(PIECE)):
                    self._put(piece)
            self._put(None)
        except self._faults as error:
            self._put(error)

    def _put(self, item: object) -> None:
        while not self._over.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_S)
                return
            except queue.Full:
                continue


def failure_of(error: BaseException, name: str, had_bytes: bool) -> TransferError | PassingError:
    """What a broken connection means: worth another try, or not, and then what to do.

    A host that cannot be reached at all is given up at once, unless bytes of it had come already.
    """
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, BaseException) else error
    words = str(reason or error) or type(error).__name__
    host = name.partition("://")[2].partition("/")[0]
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransferError(
            f"the certificate of {host} cannot be checked ({cause.verify_message}): where a company's proxy "
            "stands between, name its certificates in SSL_CERT_FILE"
        )
    if words.startswith("Tunnel connection failed"):
        return TransferError(
            f"the proxy does not let through to {host} ({words}): check HTTPS_PROXY and NO_PROXY"
        )
    away = isinstance(cause, socket.gaierror) or getattr(cause, "errno", None) in _AWAY
    if away and not had_bytes:
        found = "found" if isinstance(cause, socket.gaierror) else "reached"
        return TransferError(
            f"{host} cannot be {found} ({_plain(cause)}): check the network and HTTPS_PROXY, or give a file "
            "from elsewhere to `nivo-tui models import FILE`"
        )
    if isinstance(cause, TimeoutError):
        return PassingError(f"{host} does not answer")
    return PassingError(f"the connection to {host} broke ({_plain(cause)})")


def _plain(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().lower()
