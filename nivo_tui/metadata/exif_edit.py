"""The two Exif texts that are written, ImageDescription and UserComment, in a block of Exif bytes.

Source: Exif 2.32, sections 4.6.4 (ImageDescription) and 4.6.5 (UserComment and its character codes).
"""

from __future__ import annotations

from collections.abc import Mapping

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import IMAGE_DESCRIPTION, USER_COMMENT
from nivo_tui.metadata.containers import tiff_append
from nivo_tui.metadata.containers.tiff_append import Changes, TiffStructure, Value
from nivo_tui.metadata.containers.tiff_tables import StructureError
from nivo_tui.metadata.edits import apply_edits

_TEXT_TYPES = (tiff_append.BYTE, tiff_append.ASCII, tiff_append.UNDEFINED, 129)
_CODE_BYTES = 8
_ASCII, _UNICODE, _JIS, _UNDEFINED = b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", bytes(8)
_BLANKS = " \0"


class ExifEditError(RefusedError):
    """A block of Exif data cannot be understood in full, so it is not edited."""


def exif_texts(tiff: bytes) -> dict[str, str | None]:
    """The texts of a block by field, None for one that is absent or blank.

    Raises ExifEditError where the structure cannot be understood.
    """
    try:
        return texts_of(TiffStructure(tiff))
    except StructureError as error:
        raise ExifEditError(f"the Exif data cannot be edited: {error}") from error


def edit_exif(tiff: bytes | None, texts: Mapping[str, str | None]) -> bytes | None:
    """The block with the texts set, or taken away where None; all else stays where it is.

    `tiff` None makes a block of nothing else. None is given where no tag is left that was not made here.
    Raises ExifEditError where the structure cannot be understood.
    """
    data = tiff_append.EMPTY if tiff is None else tiff
    try:
        structure = TiffStructure(data)
        edits = structure.rewrite(*changes_of(structure, texts))
        if not edits:
            return tiff
        new = apply_edits(data, edits)
        return None if TiffStructure(new).is_bare else new
    except StructureError as error:
        raise ExifEditError(f"the Exif data cannot be edited: {error}") from error


def texts_of(structure: TiffStructure) -> dict[str, str | None]:
    """The texts of a TIFF structure by field, as `exif_texts`. Raises StructureError."""
    described = structure.main_entry(tiff_append.DESCRIPTION)
    commented = structure.exif_entry(tiff_append.USER_COMMENT)
    return {
        IMAGE_DESCRIPTION: None if described is None else _description(*described),
        USER_COMMENT: None if commented is None else _comment(*commented, structure.order),
    }


def changes_of(structure: TiffStructure, texts: Mapping[str, str | None]) -> tuple[Changes, Changes]:
    """The changes of IFD0 and of the Exif directory that set the texts; a text that is so already is none.

    Raises StructureError where the structure cannot be understood.
    """
    present = texts_of(structure) if texts else {}
    main: dict[int, Value | None] = {}
    exif: dict[int, Value | None] = {}
    for name, text in texts.items():
        if text and present.get(name) == text:
            continue
        if name == IMAGE_DESCRIPTION:
            main[tiff_append.DESCRIPTION] = _described(text) if text else None
        elif name == USER_COMMENT:
            exif[tiff_append.USER_COMMENT] = _commented(text, structure.order) if text else None
        else:
            raise ValueError(f"{name} is no text of Exif that is written")
    return main, exif


def _described(text: str) -> Value:
    # A NUL would end the text for every reader.
    return Value(tiff_append.ASCII, text.replace("\0", "").encode("utf-8", "replace") + b"\0")


def _commented(text: str, order: str) -> Value:
    if text.isascii():
        return Value(tiff_append.UNDEFINED, _ASCII + text.encode("ascii"))
    return Value(tiff_append.UNDEFINED, _UNICODE + text.encode(_utf16(order), "replace"))


def _description(field_type: int, data: bytes) -> str | None:
    if field_type not in _TEXT_TYPES:
        raise StructureError("ImageDescription is no text")
    return _unless_blank(_utf8_else_western(data).strip("\0").split("\0", 1)[0])


def _comment(field_type: int, data: bytes, order: str) -> str | None:
    if field_type not in _TEXT_TYPES:
        raise StructureError("UserComment is no text")
    code, text = data[:_CODE_BYTES], data[_CODE_BYTES:]
    if code == _UNICODE:
        return _unless_blank(_from_utf16(text, order))
    if code == _JIS:
        return _unless_blank(_from_jis(text))
    if code not in (_ASCII, _UNDEFINED):
        # Some writers leave the code out, or begin it otherwise: all of it counts as text then.
        text = data
    return _unless_blank(_utf8_else_western(text))


def _unless_blank(text: str) -> str | None:
    return text.rstrip("\0") if text.strip(_BLANKS) else None


def _utf8_else_western(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _from_jis(data: bytes) -> str:
    for codec in ("iso2022_jp", "shift_jis", "euc_jp"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def _from_utf16(data: bytes, order: str) -> str:
    """UTF-16 in the order that a byte order mark gives, else in the TIFF's, which Exif means.

    Many writers take the other one: it is the one where that makes most of the text western characters.
    """
    data = data[: len(data) // 2 * 2]
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(codec, "replace")
    other = ">" if order == "<" else "<"
    swapped = _western(data, other) > max(_western(data, order), _characters(data) // 2)
    return data.decode(_utf16(other if swapped else order), "replace")


def _characters(data: bytes) -> int:
    return sum(1 for first, second in zip(data[::2], data[1::2], strict=True) if first or second)


def _western(data: bytes, order: str) -> int:
    """How many characters of UTF-16 in an order are written with a byte of 0 and a printable one."""
    high, low = (data[::2], data[1::2]) if order == ">" else (data[1::2], data[::2])
    return sum(above == 0 and below >= 0x20 for above, below in zip(high, low, strict=False))


def _utf16(order: str) -> str:
    return "utf-16-be" if order == ">" else "utf-16-le"
