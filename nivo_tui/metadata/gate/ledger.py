"""What a write is meant to do, and the account of what it did: values that came, values that went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.xmp_tree import nfc

LISTS = {"dc:subject": None, "lr:hierarchicalSubject": "|", "digiKam:TagsList": "/"}
"""The XMP properties of keywords, with what separates the parts of a path in one."""

BLOCK_FIELDS = ("iptc:", "exif:")
_HOLD_MANY = frozenset((*LISTS, "iptc:Keywords", "Iptc4xmpExt:PersonInImage"))
_LONGEST_CHARACTER = 32
_EXIF_TEXTS = ("exif:ImageDescription", "exif:UserComment")


class GateError(RefusedError):
    """The bytes that were built would lose or change something; they were thrown away."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a change is meant to do: keywords and texts it adds and removes, and the fields it touches.

    `carried` are keywords of the file that come into further fields. `fields` are names of XMP properties
    ("dc:subject"), and of IPTC and Exif fields ("iptc:Keywords", "exif:UserComment").
    """

    added: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class Ledger:
    """The account of one write. `recorded` are (field, text) that records in the old XMP say we wrote."""

    def __init__(self, expected: Expected) -> None:
        self.expected = expected
        self.recorded: set[tuple[str, str]] = set()
        self._known = _texts(expected.added + expected.carried)
        self._removed = _texts(expected.removed)
        self._found: set[str] = set()
        self._served: set[str] = set()

    def names(self, field: str) -> bool:
        """Whether the write may touch a field."""
        return field in self.expected.fields

    @property
    def xmp_fields(self) -> tuple[str, ...]:
        """The XMP properties that may be touched."""
        return tuple(name for name in self.expected.fields if not name.startswith(BLOCK_FIELDS))

    @property
    def touches_iptc(self) -> bool:
        """Whether an IPTC field may be touched."""
        return any(name.startswith("iptc:") for name in self.expected.fields)

    @property
    def touches_exif(self) -> bool:
        """Whether an Exif field may be touched."""
        return any(name in _EXIF_TEXTS for name in self.expected.fields)

    def is_known(self, text: str) -> bool:
        """Whether a text is one that the write adds or carries."""
        return plain(text) in self._known

    def is_removed(self, text: str) -> bool:
        """Whether a text is one that the write takes away."""
        return plain(text) in self._removed

    def compare(
        self,
        field: str,
        before: Counter[str],
        after: Counter[str],
        *,
        separator: str | None = None,
        limit: int | None = None,
        charset: str = "utf-8",
    ) -> None:
        """Hold the texts of a field side by side. Raises GateError where one is lost or comes unasked.

        `separator` parts a path, of which the last part counts; a text of more than `limit` bytes in
        `charset` may have been cut to fit. In a field of one text, one that we wrote may give way to another.
        """
        gone = self._removed
        if field not in _HOLD_MANY:
            gone = gone | {text for name, text in self.recorded if name == field}
        for text in before - after:
            if not _stands_for(_leaf(text, separator), gone, limit, charset):
                raise GateError(f"{_name(field)} {text!r} would be lost")
        for text in after - before:
            if not _stands_for(_leaf(text, separator), self._known, limit, charset):
                raise GateError(f"{_name(field)} {text!r} would appear that nobody asked for")
        for text in after:
            found = _stands_for(_leaf(text, separator), self._known, limit, charset)
            self._found |= found
            if found:
                self._served.add(field)

    def settle(self) -> None:
        """Raise GateError unless every added value was found again, and in the fields it was meant for."""
        if _texts(self.expected.added) - self._found:
            raise GateError("a new keyword could not be read back")
        if self._removed or not self._known:
            return
        for field in self.expected.fields:
            is_checked = field in LISTS or field.startswith("iptc:") or field in _EXIF_TEXTS
            if is_checked and field not in self._served:
                raise GateError(f"{field} would not hold what was to be written to it")


def plain(text: str) -> str:
    """A text as texts are compared: composed, its line ends alike, without blanks or NUL at its ends."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n")).strip(" \t\n\0")


def _texts(values: tuple[str, ...]) -> set[str]:
    return {plain(value) for value in values}


def _leaf(text: str, separator: str | None) -> str:
    return text.rsplit(separator, 1)[-1] if separator else text


def _name(field: str) -> str:
    return "the keyword" if field in LISTS or field == "iptc:Keywords" else f"{field}"


def _stands_for(text: str, values: set[str], limit: int | None, charset: str) -> set[str]:
    """Those of the values that a text is, or is the beginning of, cut at a character to fit the limit."""
    text = plain(text)
    if limit is None:
        return {text} & values
    return {value for value in values if value == text or _is_cut(text, value, limit, charset)}


def _is_cut(text: str, value: str, limit: int, charset: str) -> bool:
    if not text or not value.startswith(text) or len(value.encode(charset, "replace")) <= limit:
        return False
    rest = value[len(text) :].lstrip(" \t\n")
    # A cut may stand before a character that its marks or joiners extend over many bytes.
    room = limit - len((value[: len(value) - len(rest)]).encode(charset, "replace"))
    return len(text.encode(charset, "replace")) <= limit and room < _LONGEST_CHARACTER
