"""The edit of an IPTC-IIM block: keywords and texts added to it, and exactly those taken out again.

After the IPTC Information Interchange Model 4.2: 1.5 (datasets, extended lengths), 5.1.90 (coded character
set, ISO 2022), 6 (application record and the lengths of its texts).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from nivo_tui.metadata import iptc_charset
from nivo_tui.metadata.blocks import (
    CAPTION,
    CITY,
    COUNTRY,
    COUNTRY_CODE,
    KEYWORDS,
    OBJECT_NAME,
    STATE,
)
from nivo_tui.metadata.iptc import datasets
from nivo_tui.metadata.iptc_charset import IptcEditError, cut

__all__ = ["IptcEditError", "IptcEdited", "IptcWish", "add", "cut", "remove", "texts_of"]

_KEYWORD = (2, 25)
_KEYWORD_BYTES = 64
_TEXTS = {
    OBJECT_NAME: ((2, 5), 64),
    CITY: ((2, 90), 32),
    STATE: ((2, 95), 32),
    COUNTRY_CODE: ((2, 100), 3),
    COUNTRY: ((2, 101), 64),
    CAPTION: ((2, 120), 2000),
}
"""The texts that are written, in the order of their numbers: dataset, and the bytes it may have."""

_CODED_CHARACTER_SET = (1, 90)
_VERSIONS = ((1, 0), (2, 0))
_VERSION_OF_NEW = b"\0\4"
_LONGEST_PLAIN = 0x7FFF


@dataclass(frozen=True, slots=True)
class IptcWish:
    """What a write wants in the block.

    `carried` are keywords of the file that stand elsewhere: where the block gets its first keywords they go
    in too, or programs that read only IPTC would no longer see them. `texts` are by field; `ours` holds, by
    field, texts that we wrote before: those, and only those, may be replaced.
    """

    keywords: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IptcEdited:
    """A changed block and what was added, as (field, value), the values whole as they were asked for."""

    block: bytes | None
    values: tuple[tuple[str, str], ...] = ()
    carried: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Dataset:
    """One dataset: its number, its value, and its bytes with the head."""

    number: tuple[int, int]
    value: bytes
    whole: bytes


def add(block: bytes | None, wish: IptcWish, xmp_twins: Collection[str] = ()) -> IptcEdited:
    """Add to a block what it lacks of a wish; where it lacks nothing it is given back as it is.

    Texts are compared and written in NFC, cut at a character to the bytes their dataset may have; a country
    code that is too long is passed over. The result declares UTF-8: texts of another character set are turned
    into it, all else keeps its bytes. `xmp_twins` are the texts of the file's XMP: a block that does not say
    its character set is UTF-8 only where those bear it out. Raises IptcEditError where the block cannot be
    followed, or its texts cannot be read for certain.
    """
    found, rest = _taken_apart(block or b"")
    charset = iptc_charset.likely([(each.number, each.value) for each in found])
    present = [_text(each.value, charset) for each in found if each.number == _KEYWORD]
    keywords, carried = _missing_keywords(wish, present)
    texts = _missing_texts(wish, found, charset)
    if not keywords and not texts:
        return IptcEdited(block)
    if rest.strip(b"\0"):
        raise IptcEditError("its IPTC cannot be followed to its end")
    found = _in_utf8(found, xmp_twins)
    if not found:
        found = [_dataset((2, 0), _VERSION_OF_NEW)]
    found = _declared(found)
    for text in (*carried, *keywords):
        _insert(found, _dataset(_KEYWORD, cut(text, _KEYWORD_BYTES).encode()))
    for name, text in texts.items():
        number, most = _TEXTS[name]
        _put(found, _dataset(number, cut(text, most).encode()))
    return IptcEdited(
        b"".join(each.whole for each in found) + rest,
        tuple((KEYWORDS, text) for text in keywords) + tuple(texts.items()),
        tuple((KEYWORDS, text) for text in carried),
    )


def remove(block: bytes, values: Collection[tuple[str, str]], *, drops: bool = True) -> bytes | None:
    """Take exactly these (field, value) out of a block; values it does not hold are passed over.

    None where, then, nothing is left but the versions and the character set, and the block was made by us
    (`drops`). Raises IptcEditError where something would be taken out of a block that cannot be followed.
    """
    found, rest = _taken_apart(block)
    charset = iptc_charset.likely([(each.number, each.value) for each in found])
    gone: dict[tuple[int, int], set[str]] = {}
    for name, value in values:
        number, most = (_KEYWORD, _KEYWORD_BYTES) if name == KEYWORDS else _TEXTS[name]
        gone.setdefault(number, set()).update((_as_written(value), cut(_as_written(value), most)))
    kept = [
        each
        for each in found
        if each.number not in gone or _text(each.value, charset) not in gone[each.number]
    ]
    if len(kept) == len(found):
        return block
    if rest.strip(b"\0"):
        raise IptcEditError("its IPTC cannot be followed to its end")
    if drops and all(each.number in (*_VERSIONS, _CODED_CHARACTER_SET) for each in kept):
        return None
    return b"".join(each.whole for each in kept) + rest


def texts_of(block: bytes | None) -> dict[str, str | None]:
    """The present text of each field that may be written, but the keywords; None where it is not there or
    blank. Several values of one field are joined by line breaks. Never raises."""
    found, _ = _taken_apart(block or b"")
    charset = iptc_charset.likely([(each.number, each.value) for each in found])
    return {name: _standing(found, number, charset) for name, (number, _) in _TEXTS.items()}


# -- what is missing


def _missing_keywords(wish: IptcWish, present: Sequence[str]) -> tuple[list[str], list[str]]:
    have = {*present, *(cut(text, _KEYWORD_BYTES) for text in present)}
    keywords = _absent(wish.keywords, have)
    empty = not any(present)
    return keywords, _absent(wish.carried, have) if keywords and empty else []


def _absent(wanted: Iterable[str], have: set[str]) -> list[str]:
    """The keywords that a block with `have` lacks, which it is taken to hold from then on."""
    absent = []
    for text in map(_as_written, wanted):
        short = cut(text, _KEYWORD_BYTES)
        if short and short not in have:
            have.add(short)
            absent.append(text)
    return absent


def _missing_texts(wish: IptcWish, found: Sequence[_Dataset], charset: str) -> dict[str, str]:
    missing = {}
    for name, (number, most) in _TEXTS.items():
        text = _as_written(wish.texts.get(name, ""))
        if not text or (name == COUNTRY_CODE and len(text.encode()) > most):
            continue
        standing = _standing(found, number, charset)
        before = _as_written(wish.ours.get(name, ""))
        ours = bool(before) and standing in (before, cut(before, most))
        if standing is None or (ours and standing not in (text, cut(text, most))):
            missing[name] = text
    return missing


def _standing(found: Sequence[_Dataset], number: tuple[int, int], charset: str) -> str | None:
    return "\n".join(
        text for each in found if each.number == number and (text := _text(each.value, charset))
    ) or None  # fmt: skip


# -- the datasets


def _taken_apart(block: bytes) -> tuple[list[_Dataset], bytes]:
    """The datasets, and the bytes behind the last that can be followed."""
    found, start = [], 0
    for number, value, end in datasets(block):
        found.append(_Dataset(number, value, block[start:end]))
        start = end
    return found, block[start:]


def _dataset(number: tuple[int, int], value: bytes) -> _Dataset:
    if len(value) <= _LONGEST_PLAIN:
        length = len(value).to_bytes(2, "big")
    else:
        length = b"\x80\x04" + len(value).to_bytes(4, "big")
    return _Dataset(number, value, bytes((0x1C, *number)) + length + value)


def _in_utf8(found: list[_Dataset], twins: Collection[str]) -> list[_Dataset]:
    """The datasets with their texts turned into UTF-8."""
    charset = iptc_charset.certain([(each.number, each.value) for each in found], twins)
    if charset == iptc_charset.UTF8:
        return list(found)
    return [
        _dataset(each.number, iptc_charset.decoded(each.value, charset).encode())
        if iptc_charset.is_text(each.number) and not each.value.isascii()
        else each
        for each in found
    ]


def _declared(found: list[_Dataset]) -> list[_Dataset]:
    """The datasets with the one that declares UTF-8; it stands among those of record 1 by its number."""
    declaration = _dataset(_CODED_CHARACTER_SET, iptc_charset.DECLARES_UTF8)
    numbers = [each.number for each in found]
    if _CODED_CHARACTER_SET in numbers:
        place = numbers.index(_CODED_CHARACTER_SET)
        same = found[place].value == declaration.value
        return found if same else [*found[:place], declaration, *found[place + 1 :]]
    place = next((at for at, number in enumerate(numbers) if number > _CODED_CHARACTER_SET), len(found))
    return [*found[:place], declaration, *found[place:]]


def _insert(found: list[_Dataset], new: _Dataset) -> None:
    """Put a dataset behind the last of its number, else of its record, else before the first of a later."""
    numbers = [each.number for each in found]
    for alike in ([n == new.number for n in numbers], [n[0] == new.number[0] for n in numbers]):
        if any(alike):
            found.insert(len(alike) - alike[::-1].index(True), new)
            return
    place = next((at for at, number in enumerate(numbers) if number > new.number), len(found))
    found.insert(place, new)


def _put(found: list[_Dataset], new: _Dataset) -> None:
    """Put a dataset in the place of the one of its number that is not blank, else of a blank one, else in."""
    places = [at for at, each in enumerate(found) if each.number == new.number]
    if places:
        found[next((at for at in places if found[at].value.strip(b" \0")), places[0])] = new
    else:
        _insert(found, new)


def _text(value: bytes, charset: str) -> str:
    return _nfc(iptc_charset.leniently(value, charset))


def _as_written(text: str) -> str:
    """A text as it is asked for: zero bytes, which end a text for many readers, are left out."""
    return _nfc(text.replace("\0", ""))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
