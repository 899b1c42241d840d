"""The character sets of IPTC-IIM blocks: which one a block is in, and texts cut to the bytes they may have.

After IIM 4.2, 5.1.90: dataset 1:90 holds the escape sequences of ISO 2022 that designate the set of record 2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from nivo_tui.errors import RefusedError

UTF8 = "utf-8"
DECLARES_UTF8 = b"\x1b%G"

_CP1252 = "cp1252"
_CODED_CHARACTER_SET = (1, 90)
_UTF8_ESCAPES = (b"\x1b%G", b"\x1b%/G", b"\x1b%/H", b"\x1b%/I")
# ISO 2022 designations of a 96-character set (registered with ISO-IR): final byte -> character set.
_FINAL_BYTES = {
    b"A": "iso8859-1", b"B": "iso8859-2", b"C": "iso8859-3", b"D": "iso8859-4", b"L": "iso8859-5",
    b"G": "iso8859-6", b"F": "iso8859-7", b"H": "iso8859-8", b"M": "iso8859-9", b"b": "iso8859-15",
}  # fmt: skip
_ESCAPES = re.compile(rb"\x1b[ -/]+[0-~]")
_ASCII_ESCAPES = (b"\x1b(B", b"\x1b(@")
_C1_CONTROL = re.compile("[\x80-\x9f]")
_TEXTS_OF_RECORD_2 = frozenset((
    3, 4, 5, 7, 12, 15, 20, 22, 25, 26, 27, 35, 38, 40, 45, 60, 63, 65, 70, 75, 80, 85, 90, 92, 95, 100, 101,
    103, 105, 110, 115, 116, 118, 120, 121, 122, 130, 131, 135, 154, 184, 185, 186, 187, 188, 221, 225, 228,
    230, 231, 232, 255,
))  # fmt: skip
_JOINER = "\u200d"
_JOINED = re.compile("[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")

Values = Sequence[tuple[tuple[int, int], bytes]]
"""Datasets as ((record, number), value)."""


class IptcEditError(RefusedError):
    """The IPTC block cannot be changed without doubt."""


def is_text(dataset: tuple[int, int]) -> bool:
    """Whether a dataset holds text in the declared character set: those of record 2 that IIM, or the
    programs that added to it, define as texts."""
    return dataset[0] == 2 and dataset[1] in _TEXTS_OF_RECORD_2


def certain(values: Values, twins: Collection[str]) -> str:
    """The character set that all texts of a block are in; UTF-8 for one that is ASCII throughout.

    Undeclared texts are cp1252. Where all that are not ASCII are valid UTF-8 they are that, if each is
    among `twins`; otherwise both readings are possible. Raises IptcEditError then, and where the
    declaration is none that is known, or a text does not fit it.
    """
    texts = [value for dataset, value in values if is_text(dataset) and not value.isascii()]
    declared = [value.rstrip(b"\0") for dataset, value in values if dataset == _CODED_CHARACTER_SET]
    if len(set(declared)) > 1:
        raise IptcEditError("its IPTC declares two character sets")
    if not texts or (declared and declared[0] == DECLARES_UTF8):
        return UTF8
    charset = _declared(declared[0]) if declared and declared[0] else None
    if charset is None:
        charset = _undeclared(texts, twins)
    for text in texts:
        decoded(text, charset)
    return charset


def likely(values: Values) -> str:
    """The character set to read a block in that is not to be changed. Never raises."""
    declared = next((v.rstrip(b"\0") for dataset, v in values if dataset == _CODED_CHARACTER_SET), b"")
    try:
        charset = _declared(declared) if declared else None
    except IptcEditError:
        return _CP1252
    texts = [value for dataset, value in values if is_text(dataset)]
    return charset or (UTF8 if all(_is_utf8(text) for text in texts) else _CP1252)


def decoded(value: bytes, charset: str) -> str:
    """A text. Raises IptcEditError where it does not fit the character set."""
    try:
        text = value.decode(charset)
    except UnicodeDecodeError as error:
        raise IptcEditError(f"its IPTC holds text that is not {charset}, as it should be") from error
    if charset.startswith("iso") and _C1_CONTROL.search(text):
        raise IptcEditError(f"its IPTC holds text that is not {charset}, as it declares")
    return text


def leniently(value: bytes, charset: str) -> str:
    """A text for comparison, without the zero bytes at its end; Latin-1 where nothing fits."""
    value = value.rstrip(b"\0")
    for attempt in (charset, _CP1252):
        try:
            return value.decode(attempt)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def cut(text: str, most: int) -> str:
    """A text cut to `most` bytes of UTF-8, at a character as a reader sees it, white space taken off.

    A sign is not parted from its accents, nor an emoji from what is joined to it, unless nothing would be
    left (Unicode Standard Annex 29, without its rules for Hangul and Indic conjuncts).
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    length = len(data[:most].decode("utf-8", "ignore"))
    end = length
    while end and not _parts_at(text, end):
        end -= 1
    return text[: end or length].encode("utf-8", "replace").decode().strip()


def _parts_at(text: str, place: int) -> bool:
    """Whether one character, as a reader sees it, ends before this place and the next begins there."""
    after, before = text[place], text[place - 1]
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or _JOINED.match(after) or before == _JOINER:
        return False
    if not _REGIONAL.match(after):
        return True
    start = place
    while start and _REGIONAL.match(text[start - 1]):
        start -= 1
    return (place - start) % 2 == 0


def _undeclared(texts: list[bytes], twins: Collection[str]) -> str:
    if not all(_is_utf8(text) for text in texts):
        return _CP1252
    known = {unicodedata.normalize("NFC", twin).strip() for twin in twins}
    known |= {cut(twin, most) for twin in known for most in (32, 64, 2000)}
    if all(unicodedata.normalize("NFC", leniently(text, UTF8)).strip() in known for text in texts):
        return UTF8
    raise IptcEditError("its IPTC does not say its character set, and can be read in two ways")


def _declared(value: bytes) -> str | None:
    """The character set of a declaration; None where it designates none beyond ASCII."""
    if value in _UTF8_ESCAPES:
        return UTF8
    escapes = [escape for escape in _ESCAPES.findall(value) if escape not in _ASCII_ESCAPES]
    charsets = {_FINAL_BYTES.get(escape[2:]) for escape in escapes if escape[1:2] in b"-./"}
    if b"".join(_ESCAPES.findall(value)) != value or len(charsets) > 1 or None in charsets:
        raise IptcEditError("its IPTC declares a character set that is not known")
    if escapes and not charsets:
        raise IptcEditError("its IPTC declares a character set that is not known")
    return next(iter(charsets), None)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
