"""Text for people: untrusted text made safe to show, times and sizes in words."""

from __future__ import annotations

import unicodedata

_SPACES = frozenset("\t\n\r\v\f\x85\u2028\u2029")
# Joiners that emoji and several scripts need; they move nothing else about.
_KEPT_FORMAT = frozenset("\u200c\u200d")
_MOST_MARKS = 4


def plain(text: object, limit: int = 2000) -> str:
    """One printable line of `text`, holding nothing that a terminal or a reader could be misled by.

    Line breaks and tabs become spaces; control characters, bidirectional overrides and other invisible
    format characters become visible escapes (`\\x1b`, `\\u202e`); bytes that were no UTF-8 (surrogate
    escapes) become `\\xNN`; more than four combining marks on one letter are left out. At most `limit`
    characters are looked at. The result is no markup.
    """
    shown: list[str] = []
    marks = 0
    for character in str(text)[:limit]:
        if character.isascii() and character.isprintable():
            shown.append(character)
            marks = 0
            continue
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            shown.append(_visible(character, category))
    return "".join(shown)


def _visible(character: str, category: str) -> str:
    code = ord(character)
    if character in _SPACES:
        return " "
    if category == "Cs":
        return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
    if category == "Cc":
        return f"\\x{code:02x}"
    if category == "Cf" and character not in _KEPT_FORMAT:
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


def duration(seconds: float) -> str:
    """A time left: 0:13, 12:05, 1:02:40."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size_words(count: float) -> str:
    """A number of bytes as a person reads it: 14.9 MB."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} bytes"
