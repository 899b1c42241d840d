"""Paths in the databases: bytes, so that a name that is not UTF-8 survives and prefixes are ranges."""

from __future__ import annotations

import os


def to_db(path: str) -> bytes:
    """The stored form of a path: UTF-8 with surrogateescape."""
    return path.encode("utf-8", "surrogateescape")


def from_db(stored: bytes) -> str:
    """The path of a stored form."""
    return stored.decode("utf-8", "surrogateescape")


def below(folder: str) -> tuple[bytes, bytes]:
    """The half-open range of stored paths that lie below a folder, at any depth."""
    prefix = to_db(folder.rstrip(os.sep) + os.sep)
    return prefix, prefix[:-1] + bytes([prefix[-1] + 1])


def absolute(path: str) -> str:
    """An absolute path with its links left as they are."""
    return os.path.abspath(os.path.expanduser(path))
