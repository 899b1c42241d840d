"""How the allocator of the C library treats memory that was freed."""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 64 * 1024 * 1024
_FROM_HEAP_BYTES = 32 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let memory freed after one picture serve the next one, instead of going back to the system.

    A thread that works on picture after picture frees a few megabytes each time; the system then clears
    every page before it hands it out again, which costs more than many a measurement. Only glibc is told;
    other C libraries keep what they think fit.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _FROM_HEAP_BYTES)
    mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
