"""The directories of a TIFF structure as an editor needs them: every entry in its place, as stored.

Source: TIFF 6.0, section 2. Where the reader of `tiff.py` goes on, this refuses: what is not understood in
full is not edited.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.containers.tiff import TYPE_SIZES

HEADER_BYTES = 8
ENTRY_BYTES = 12
_CLASSIC, _BIG = 42, 43
_MOST_ENTRIES = 4096
_NO_FOLLOWING = bytes(4)


class StructureError(RefusedError):
    """A TIFF structure cannot be understood in full, or an edit of it would touch what is not understood."""


class Entry(NamedTuple):
    """One entry: tag, field type, count, and the four bytes that are the value or its offset."""

    tag: int
    type: int
    count: int  # type: ignore[assignment]  # the name of TIFF 6.0, over that of a method of tuples
    stored: bytes

    @property
    def size(self) -> int:
        """How many bytes the value is; up to 4 lie within the entry. 0 for a type that is not known."""
        return TYPE_SIZES.get(self.type, 0) * self.count

    @property
    def is_padding(self) -> bool:
        """Whether the entry is all zeros: some cameras fill a table of fixed length with such."""
        return self == (0, 0, 0, bytes(4))

    def offset(self, order: str) -> int:
        """The four bytes as an offset."""
        return int.from_bytes(self.stored, "little" if order == "<" else "big")

    def packed(self, order: str) -> bytes:
        """The entry as in the file."""
        return struct.pack(order + "HHI4s", *self)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: its offset, its entries in their order, the four bytes that lead to the next one."""

    offset: int
    entries: tuple[Entry, ...]
    following: bytes = _NO_FOLLOWING

    @property
    def end(self) -> int:
        """The offset behind the table."""
        return self.offset + 2 + len(self.entries) * ENTRY_BYTES + len(self.following)

    def only(self, tag: int) -> Entry | None:
        """The entry of a tag, None where absent. Raises StructureError where there are two."""
        found = [entry for entry in self.entries if entry.tag == tag]
        if len(found) > 1:
            raise StructureError(f"tag {tag} is there twice")
        return found[0] if found else None

    def entry_offset(self, index: int) -> int:
        """Where the entry of an index lies."""
        return self.offset + 2 + index * ENTRY_BYTES

    def packed(self, order: str) -> bytes:
        """The table with its entries in order of their tags, as TIFF wants them; padding comes last."""
        ordered = sorted(self.entries, key=lambda entry: (entry.is_padding, entry.tag))
        following = self.following.ljust(4, b"\0")
        return b"".join(
            [struct.pack(order + "H", len(ordered)), *(e.packed(order) for e in ordered), following]
        )


def header_of(data: bytes) -> tuple[str, int]:
    """Byte order ("<" or ">") and offset of IFD0. Raises StructureError where there is no classic TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < HEADER_BYTES:
        raise StructureError("it has no TIFF header")
    magic, first = struct.unpack_from(order + "HI", data, 2)
    if magic == _BIG:
        raise StructureError("it is a BigTIFF, which is not written")
    if magic != _CLASSIC:
        raise StructureError("its header is that of another format")
    return order, first


def read_directory(data: bytes, order: str, offset: int, *, chained: bool = True) -> Directory | None:
    """The directory at an offset; None where it does not lie within the data.

    Some programs leave out the link to the next directory: at the end of the data, and where none can follow
    (`chained` is False: Exif, GPS) and the first value begins in its place.
    """
    if offset < HEADER_BYTES or offset + 2 > len(data):
        return None
    (count,) = struct.unpack_from(order + "H", data, offset)
    end = offset + 2 + count * ENTRY_BYTES
    if end > len(data):
        return None
    table = memoryview(data)[offset + 2 : end]
    entries = tuple(map(Entry._make, struct.iter_unpack(order + "HHI4s", table)))
    is_linkless = not chained and any(
        entry.size > 4 and end <= entry.offset(order) < end + 4 for entry in entries
    )
    return Directory(offset, entries, b"" if is_linkless else data[end : end + 4])


def directory_at(data: bytes, order: str, offset: int, name: str, *, chained: bool = True) -> Directory:
    """The directory at an offset, to be edited. Raises StructureError where any part is not understood."""
    found = read_directory(data, order, offset, chained=chained)
    if found is None:
        raise StructureError(f"{name} lies outside")
    if len(found.entries) > _MOST_ENTRIES:
        raise StructureError(f"{name} has {len(found.entries)} entries")
    for entry in found.entries:
        if entry.type not in TYPE_SIZES and not entry.is_padding:
            raise StructureError(f"{name} has a field of type {entry.type}, which is not known")
    return found
