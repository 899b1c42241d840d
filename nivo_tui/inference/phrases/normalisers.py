"""How a tokenizer tidies a text before it splits words: the normalisers of Hugging Face's tokenizer.json."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from nivo_tui.errors import PackError

Normaliser = Callable[[str], str]

WHITE_SPACE = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's White_Space property, which is what \\s means there; str.isspace knows four controls more."""

_RUNS = re.compile(f"[{''.join(sorted(WHITE_SPACE))}]+")


def clip(text: str) -> str:
    """CLIP's own: composed characters, single spaces, lower case."""
    return lower(_RUNS.sub(" ", unicodedata.normalize("NFC", text)))


def lower(text: str) -> str:
    """Each character by itself: str.lower would write a final sigma by the word it stands in."""
    return "".join(character.lower() for character in text)


def build(stated: Any) -> Normaliser:
    """The normaliser that a `normalizer` entry describes. Raises PackError for one that is not known."""
    match stated:
        case None:
            return _unchanged
        case {"type": "Sequence", "normalizers": list(parts)}:
            return _chain([build(part) for part in parts])
        case {"type": str(kind)}:
            known = _SIMPLE.get(kind) or _described(kind, stated)
            if known is None:
                raise PackError(f"its tokenizer tidies texts by {kind}, in a way that nivo-tui does not know")
            return known
    raise PackError("tokenizer.json: the normalizer is not described")


def _described(kind: str, stated: Mapping[str, Any]) -> Normaliser | None:
    """The normaliser of a kind that takes particulars; None where they are not understood."""
    if kind == "Strip":
        return _strip(stated)
    match stated:
        case {"type": "Replace", "pattern": {"String": str(old)}, "content": str(new)} if old:
            return lambda text: text.replace(old, new)
        case {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": str(new)}:
            return lambda text: _RUNS.sub(lambda _: new, text)
    return None


def _chain(parts: list[Normaliser]) -> Normaliser:
    def tidy(text: str) -> str:
        for part in parts:
            text = part(text)
        return text

    return tidy


def _strip(stated: Mapping[str, Any]) -> Normaliser:
    space = "".join(WHITE_SPACE)
    left, right = bool(stated.get("strip_left")), bool(stated.get("strip_right"))

    def tidy(text: str) -> str:
        text = text.lstrip(space) if left else text
        return text.rstrip(space) if right else text

    return tidy


def _without_marks(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Mn")


def _unchanged(text: str) -> str:
    return text


_SIMPLE: dict[str, Normaliser] = {
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "NFKD": lambda text: unicodedata.normalize("NFKD", text),
    "Lowercase": lower,
    "StripAccents": _without_marks,
}
