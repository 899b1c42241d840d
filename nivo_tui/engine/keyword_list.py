"""A keyword list of Lightroom taken into a home: its words join the vocabulary."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.catalog.decisions import DecisionStore
from nivo_tui.catalog.words import BroughtWord, bring_words
from nivo_tui.errors import UsageError
from nivo_tui.tagging.lightroom import read_keyword_list
from nivo_tui.tagging.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a list: its act, how many keywords it has, and those that mean a tag, with the tag."""

    act: int
    keywords: int
    tags: tuple[tuple[str, str], ...]


def is_keyword_list(data: bytes) -> bool:
    """Whether a file is to be read as a keyword list: it is no JSON, and does not begin as JSON does."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start or start.startswith(b"{"):
        return False
    try:
        json.loads(start)
    except ValueError:
        # "[Places]" is a heading of a list, "[1," an array that was cut off.
        return not start.startswith((b"[{", b'["'))
    return False


def take_in(store: DecisionStore, vocabulary: Vocabulary, path: Path, data: bytes, by: str) -> Brought:
    """Commit the words of a list as one act. Raises UsageError where the file is no such list."""
    words = read_keyword_list(data, path.name)
    meant = {word.keyword: tag for word in words if (tag := _tag_of(vocabulary, word.keyword, word.synonyms))}
    act = bring_words(store, f"keywords of {path.name}", [BroughtWord(w.path, w.synonyms) for w in words], by)
    return Brought(act, len(words), tuple(sorted(meant.items())))


def _tag_of(vocabulary: Vocabulary, keyword: str, synonyms: Collection[str]) -> str | None:
    return next((tag for tag in map(vocabulary.match, (keyword, *synonyms)) if tag is not None), None)


def read_file(path: Path) -> bytes:
    """The bytes of a file to import. Raises UsageError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
