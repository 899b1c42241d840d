"""What the screen offers once in the life of a home, and whether it did."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

KEYWORDS = "keywords"
"""The offer to say what becomes of keywords that mean a tag."""


def was_offered(library: Library, what: str) -> bool:
    """Whether this was offered, whatever came of it."""
    row = library.connection.execute("SELECT 1 FROM d.offers WHERE what = ?", (what,)).fetchone()
    return row is not None


def note_offered(library: Library, what: str) -> None:
    """Remember that this was offered. One small write, which reaches the disk."""
    library.connection.execute(
        "INSERT OR IGNORE INTO d.offers(what, offered_at) VALUES(?, ?)", (what, time.time())
    )
