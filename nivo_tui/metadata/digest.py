"""Hashes of files, computed beside other work: the one part of a write that a second core can take over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from blake3 import blake3

Digest = Callable[[], str]
"""Gives the hash (BLAKE3, hex), as soon as it is there."""

_WORTH_A_THREAD = 1 << 18


@cache
def _hashers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="hash")


def begin(size: int, compute: Callable[[], str]) -> Digest:
    """Begin to compute the hash of so many bytes; in another thread where they are many."""
    if size < _WORTH_A_THREAD:
        known = compute()
        return lambda: known
    return _hashers().submit(compute).result


def digest_of(data: bytes) -> Digest:
    """The hash of bytes."""
    return begin(len(data), lambda: blake3(data).hexdigest())
