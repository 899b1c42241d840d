"""Fetching one file over HTTP: resumed, bounded, held against its hash. The one place that uses the network.

Ranges, validators and Content-Range are those of RFC 9110 (sections 8.8, 13.1.5, 14). Every way in which a
network, a server or a disk can fail is a PackError that says what to do.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlsplit

from nivo_tui import __version__
from nivo_tui.inference.fetch.flow import Flow, PassingError, failure_of
from nivo_tui.inference.fetch.partial import Origin, Partial
from nivo_tui.inference.fetch.transfer import DiskFullError, TransferError, Watch, check_room
from nivo_tui.text import size_words

MOST_BYTES = 4 << 30
"""What is written at most where nobody knows a file's size."""

_FAULTS = (OSError, HTTPException, ValueError)
"""What a connection may end with: the system's errors, answers that are no HTTP, headers that are none."""

_REDIRECTS = 5
_TRIES = 5
_MOST_ASKS = 200
_LONGEST_WAIT_S = 30.0
_NAP_S = 0.2
_STRIDE = 4 << 20  # bytes between two looks at the room there is, where no length was stated
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.ASCII)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_POINTER = b"version https://git-lfs.github.com/"
_ELSEWHERE = "get it with a browser and give it to `nivo-tui models import FILE`"


class AddressError(TransferError):
    """An address that nothing is fetched from."""


class WrongFileError(TransferError):
    """What the server gives is not the file that is wanted."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that came whole: where it lies, its length, its SHA-256."""

    path: Path
    bytes: int
    sha256: str


def download(
    url: str,
    target_partial: Path,
    *,
    expected_bytes: int | None = None,
    expected_sha256: str | None = None,
    progress: Callable[[int, int | None], None],
    cancelled: Callable[[], bool],
    opener: Any = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Downloaded:
    """Fetch `url` into `target_partial`, going on where an earlier try stopped; returns the whole file.

    Only https is used, and plain http from this machine itself or where the hash is known. Never more than
    `expected_bytes` (4 GiB where it is not known) are written. `opener` has the `open(request, timeout=)` of
    urllib. Raises a TransferError with the remedy, or StoppedError where `cancelled` says so; what has come
    is then kept where it can be gone on with.
    """
    check_address(url, known_hash=expected_sha256 is not None)
    watch = Watch(progress, cancelled)
    trusted = expected_sha256 is not None
    partial = Partial(target_partial, url, trusted=trusted, watch=watch)
    job = _Download(partial, expected_bytes, expected_sha256, watch, opener or _opener(url, trusted), sleep)
    try:
        job.run()
        partial.finish()
    except WrongFileError:
        partial.discard()
        raise
    except DiskFullError:
        if job.total is None:
            partial.discard()  # nobody knows how much room it wants: give back what it took
        else:
            partial.leave(trusted=trusted)
        raise
    except BaseException:
        partial.leave(trusted=trusted)
        raise
    return Downloaded(target_partial, partial.size, partial.sha256)


def check_address(url: str, *, known_hash: bool, before: str | None = None) -> None:
    """Raises AddressError where `url`, or a redirect to it from `before`, is not safe to fetch from."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressError(f"{_shown(url)} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise AddressError(f"{_shown(url)}: only https addresses are fetched from")
    if parts.scheme == "https":
        return
    shown = _shown(url)
    if before is not None and urlsplit(before).scheme == "https":
        raise AddressError(f"{_shown(before)} sends on to plain http ({shown}): not followed; {_ELSEWHERE}")
    if not known_hash and not _is_loopback(host):
        raise AddressError(
            f"{shown}: plain http is not safe for a file whose hash is not known; {_ELSEWHERE}"
        )


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    """An address without what may be secret in it: user, password, query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return f"{parts.scheme}://{host}{port}{parts.path}"


class _Redirects(request.HTTPRedirectHandler):
    """Follows five redirects at most, each checked like the first address."""

    max_redirections = _REDIRECTS
    max_repeats = 2

    def __init__(self, known_hash: bool) -> None:
        self._known_hash = known_hash

    def redirect_request(
        self, req: request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> request.Request | None:
        check_address(newurl, known_hash=self._known_hash, before=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str, known_hash: bool) -> request.OpenerDirector:
    """What opens addresses: certificates checked, the system's proxies used, nothing but HTTP spoken."""
    proxies: dict[str, str] | None = {} if _is_loopback(urlsplit(url).hostname or "") else None
    made = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(proxies),
        request.HTTPHandler(),
        request.HTTPSHandler(context=ssl.create_default_context()),
        _Redirects(known_hash),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        made.add_handler(handler)
    return made


class _Download:
    """One file on its way: asks, checks the answer, takes the bytes, and asks again where the line broke."""

    def __init__(
        self,
        partial: Partial,
        expected_bytes: int | None,
        expected_sha256: str | None,
        watch: Watch,
        opener: Any,
        sleep: Callable[[float], None],
    ) -> None:
        self._partial = partial
        self._bytes = expected_bytes
        self._sha256 = expected_sha256
        self._watch = watch
        self._opener = opener
        self._sleep = sleep
        self._name = _shown(partial.origin.url)
        self._furthest = partial.size
        self._came = False

    def run(self) -> None:
        """Get the whole file. A mixture of two versions is found by its hash, and fetched anew once."""
        self._get()
        if self._sha256 in (None, self._partial.sha256):
            return
        if self._partial.resumed:
            self._partial.forget()
            self._furthest = 0
            self._get()
            if self._sha256 == self._partial.sha256:
                return
        raise WrongFileError(
            f"{self._name} gives other bytes than the published ones (SHA-256 {self._partial.sha256[:16]}, "
            f"not {str(self._sha256)[:16]}): nothing of it was kept"
        )

    def _get(self) -> None:
        """Ask until all has come; given up after five tries in a row that brought nothing new."""
        total = self.total
        if total is not None and self._partial.size > total:
            self._partial.forget()
        failures = 0
        for _ in range(_MOST_ASKS):
            if self.total is not None and self._partial.size == self.total:
                return
            try:
                self._ask()
                return
            except PassingError as error:
                trouble = error
            failures = 0 if self._partial.size > self._furthest else failures + 1
            self._furthest = max(self._furthest, self._partial.size)
            if failures == _TRIES:
                break
            self._wait(trouble.after if trouble.after is not None else 2.0 ** (failures - 1))
        raise TransferError(f"{self._name}: {trouble}: run it again later, it goes on where it stopped")

    @property
    def total(self) -> int | None:
        """The length of the whole, where it is known."""
        return self._bytes or self._partial.origin.total

    def _wait(self, seconds: float) -> None:
        left = min(seconds, _LONGEST_WAIT_S)
        while left > 0:
            self._watch.check()
            self._sleep(min(left, _NAP_S))
            left -= _NAP_S

    def _ask(self) -> None:
        """One request and its answer. Raises PassingError where another try may do better."""
        flow = Flow(self._opener, self._request(), (*_FAULTS, AddressError), self._watch.cancelled)
        try:
            status, headers = flow.head()
            self._take(flow, self._check(status, headers))
        except HTTPError as error:
            self._refused(error)
        except _FAULTS as error:
            raise failure_of(error, self._name, self._came) from error
        finally:
            flow.leave()

    def _request(self) -> request.Request:
        asked = request.Request(self._partial.origin.url)
        asked.add_header("User-Agent", f"nivo-tui/{__version__}")
        asked.add_header("Accept", "*/*")
        asked.add_header("Accept-Encoding", "identity")
        if self._partial.size:
            asked.add_header("Range", f"bytes={self._partial.size}-")
            if self._partial.origin.validator:
                asked.add_header("If-Range", self._partial.origin.validator)
        return asked

    def _refused(self, error: HTTPError) -> None:
        """Turn a status that is no success into what it means. Always raises."""
        with suppress(OSError):
            error.close()
        if error.code == 416 and self._partial.size:
            self._partial.forget()
            raise PassingError("the file there is another one now", after=0.0)
        if error.code in (408, 425, 429) or 500 <= error.code < 600:
            asked = error.headers.get("Retry-After", "") if error.headers else ""
            after = float(asked) if asked.isascii() and asked.isdigit() else None
            raise PassingError(f"the server is in trouble (HTTP {error.code})", after)
        if error.code == 407:
            raise TransferError(
                "the proxy wants a password (HTTP 407): set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
            )
        if 300 <= error.code < 400:
            raise AddressError(f"{self._name} sends on from address to address without an end; {_ELSEWHERE}")
        what = "is not there" if error.code in (404, 410) else "is not given out"
        raise TransferError(f"{self._name} {what} (HTTP {error.code}); {_ELSEWHERE}")

    def _check(self, status: int, headers: Message) -> int | None:
        """Hold an answer against what was asked; returns the file's whole length, where it is known."""
        if headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
            raise WrongFileError(f"{self._name} comes packed in a way that was not asked for; {_ELSEWHERE}")
        if status == 206:
            return self._check_part(headers)
        if status != 200:
            raise WrongFileError(f"{self._name} gives an answer without a file (HTTP {status}); {_ELSEWHERE}")
        length = headers.get("Content-Length", "")
        chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        total = int(length) or None if length.isascii() and length.isdigit() and not chunked else None
        self._check_length(total)
        etag = headers.get("ETag")
        weak = etag is None or not etag.startswith('"')
        self._partial.begin(
            Origin(self._partial.origin.url, None if weak else etag, headers.get("Last-Modified"), total)
        )
        return total

    def _check_part(self, headers: Message) -> int | None:
        known = self._partial.origin
        match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
        etag = headers.get("ETag")
        total = int(match[3]) if match and match[3] != "*" else None
        changed = total is not None and known.total is not None and total != known.total
        if known.etag is not None and etag is not None and etag != known.etag:
            changed = True
        if match is None or int(match[1]) != self._partial.size or changed:
            self._partial.forget()
            raise PassingError("the server gave another part than was asked for", after=0.0)
        total = total or known.total
        self._check_length(total)
        self._partial.resumed = True
        return total

    def _check_length(self, total: int | None) -> None:
        if total is None:
            total = self._bytes
        elif self._bytes is not None and total != self._bytes:
            raise WrongFileError(
                f"{self._name} has {total} bytes there, the published file has {self._bytes}: "
                "nothing of it was kept"
            )
        elif total > MOST_BYTES:
            raise WrongFileError(f"{self._name} has {size_words(total)}: too much for a model")
        if total is not None:
            check_room(self._partial.path.parent, total - self._partial.size)

    def _take(self, flow: Flow, stated: int | None) -> None:
        """Write the body. Ends where all has come; raises PassingError where it was cut off."""
        total = stated or self._bytes  # an empty file has no length either: it is none of ours
        most = total or MOST_BYTES
        looked = self._partial.size
        for piece in flow.pieces():
            self._came = True
            if self._partial.size == 0:
                self._sniff(piece)
            if self._partial.size + len(piece) > most:
                raise WrongFileError(f"{self._name} is longer than the {size_words(most)} it should have")
            if total is None and self._partial.size >= looked:
                check_room(self._partial.path.parent, _STRIDE)
                looked = self._partial.size + _STRIDE
            self._partial.write(piece)
            self._watch.progress(self._partial.size, total)
        if total is not None and self._partial.size < total:
            raise PassingError(
                f"the line broke after {size_words(self._partial.size)} of {size_words(total)}"
            )
        if not self._partial.size:
            raise PassingError("the server gave an empty file")

    def _sniff(self, piece: bytes) -> None:
        start = piece[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith(_PAGES):
            raise WrongFileError(f"{self._name} gives a web page instead of the file; {_ELSEWHERE}")
        if start.startswith(_POINTER):
            raise WrongFileError(f"{self._name} gives a Git LFS pointer instead of the file; {_ELSEWHERE}")
