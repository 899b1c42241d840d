"""The keyword list that Lightroom exports: one keyword a line, a tab deeper for each level.

`{synonym}` below a keyword is another word for it. `[keyword]` is one that Lightroom does not export: it
stands in the path of those below it and is no keyword itself. The file is UTF-8, with or without a byte order
mark, or UTF-16 with one (Adobe, Lightroom Classic help, "Import and export keywords").
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

from nivo_tui.errors import UsageError
from nivo_tui.tagging.own_words import OwnWord

_DEEPEST, _LONGEST, _MOST = 50, 300, 500_000
_BYTES_AT_MOST = 64 << 20


@dataclass(slots=True)
class _Line:
    """A keyword as it is read: its path from the top, and whether it is a keyword or a heading alone."""

    path: tuple[str, ...]
    is_keyword: bool
    synonyms: list[str] = field(default_factory=list)


def read_keyword_list(data: bytes, name: str) -> tuple[OwnWord, ...]:
    """The keywords of an exported list, in its order; `name` is the file's, for messages.

    Raises UsageError for a file that is no such list, naming the line.
    """
    lines = _text(data, name).splitlines()
    found: list[_Line] = []
    path: list[str] = []
    for number, line in enumerate(lines, 1):
        depth = len(line) - len(line.lstrip("\t"))
        text = " ".join(line.split())
        if not text:
            continue
        where = f"{name}, line {number}"
        if not text.isprintable() or len(text) > _LONGEST:
            raise UsageError(f"{where}: a keyword is at most {_LONGEST} characters, all printable")
        if text.startswith("{") and text.endswith("}"):
            _add_synonym(where, found, depth, text[1:-1].strip())
            continue
        if depth > _DEEPEST:
            raise UsageError(f"{where}: {text!r} stands {depth} tabs deep, and {_DEEPEST} is the most")
        if depth > len(path):
            below = f"below a keyword {len(path) - 1} deep" if path else "and no keyword is above it"
            raise UsageError(
                f"{where}: {text!r} stands {depth} tab{'' if depth == 1 else 's'} deep {below}; "
                "a keyword list of Lightroom goes one tab deeper at a time"
            )
        if any(sign in text for sign in ",;|"):
            raise UsageError(f"{where}: {text!r} holds a comma, ; or |, as no keyword of Lightroom does")
        is_keyword = not (text.startswith("[") and text.endswith("]") and len(text) > 2)
        word = text if is_keyword else text[1:-1].strip()
        path[depth:] = [word]
        found.append(_Line(tuple(path), is_keyword))
        if len(found) > _MOST:
            raise UsageError(f"{name} holds more than {_MOST} keywords")
    words = tuple(
        OwnWord(line.path[-1], line.path, tuple(line.synonyms)) for line in found if line.is_keyword
    )
    if not words:
        raise UsageError(f"{name} holds no keyword")
    return words


def _add_synonym(where: str, found: list[_Line], depth: int, text: str) -> None:
    if not found or depth != len(found[-1].path):
        raise UsageError(f"{where}: {{{text}}} must stand below its keyword, one tab deeper")
    if text:
        found[-1].synonyms.append(text)


def _text(data: bytes, name: str) -> str:
    """The text of a list. Raises UsageError where it is none."""
    if len(data) > _BYTES_AT_MOST:
        raise UsageError(f"{name} is too large for a keyword list")
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name} is no text in UTF-8 or UTF-16; export the keywords from Lightroom again"
        ) from error
    if "\0" in text:
        raise UsageError(f"{name} is no text; export the keywords from Lightroom again")
    return text
