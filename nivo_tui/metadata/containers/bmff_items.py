"""The items of a HEIF or AVIF file as an edit must know them: every entry with its place in the file.

Sources: ISO/IEC 14496-12: 8.11.3 (iloc), 8.11.6 (iinf), 8.11.12 (iref), 8.18.3 (entity groups).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nivo_tui.metadata.containers.bmff_layout import BmffError, Box, DamagedError, box_of, walk

_MOST_ITEMS = 65_536
_MOST_EXTENTS = 262_144
_SIZES = (0, 4, 8)


@dataclass(frozen=True, slots=True)
class Info:
    """An entry of iinf: the item, and the box it lies in. Entries of versions 0 and 1 have no type."""

    number: int
    kind: bytes
    content_type: bytes
    encoding: bytes
    protected: bool
    box: Box


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of iloc. `method` holds the construction method in its low four bits.

    `extents` are (index, offset, length); the offset counts from `base`.
    """

    number: int
    method: int
    reference: int
    base: int
    extents: tuple[tuple[int, int, int], ...]

    @property
    def construction(self) -> int:
        """0 counts from the file's start, 1 from the idat box, 2 from another item."""
        return self.method & 15

    @property
    def in_file(self) -> bool:
        """Whether the offsets count from the start of this file."""
        return self.construction == 0 and self.reference == 0

    def spans(self) -> Iterator[tuple[int, int]]:
        """(start, length) of each extent, from where the construction method counts."""
        return ((self.base + offset, length) for _, offset, length in self.extents)


@dataclass(frozen=True, slots=True)
class Iloc:
    """The iloc box: sizes in bytes of offsets, lengths, base offsets and indices, and its entries."""

    version: int
    flags: bytes
    offset_size: int
    length_size: int
    base_size: int
    index_size: int
    places: tuple[Place, ...]
    rest: bytes


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of iref."""

    kind: bytes
    source: int
    targets: tuple[int, ...]
    box: Box


class _Numbers:
    """Reads big-endian numbers one after another up to an end, beyond which it raises DamagedError."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def next(self, size: int) -> int:
        """The next number of `size` bytes; 0 where the size is 0."""
        if self.at + size > self.end:
            raise DamagedError("an entry in the table of items is cut off")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def string(self) -> bytes:
        """The next string up to its NUL, which is passed over, or up to the end."""
        stop = self.data.find(b"\0", self.at, self.end)
        stop = self.end if stop < 0 else stop
        part = self.data[self.at : stop]
        self.at = min(stop + 1, self.end)
        return part


def read_primary(data: bytes, pitm: Box) -> int:
    """The number of the primary item."""
    numbers = _Numbers(data, pitm.payload, pitm.end)
    version = numbers.next(4) >> 24
    return numbers.next(4 if version else 2)


def read_infos(data: bytes, iinf: Box) -> tuple[Info, ...]:
    """The entries of iinf. Raises DamagedError where their count is wrong or an item is there twice."""
    numbers = _Numbers(data, iinf.payload, iinf.end)
    version = numbers.next(4) >> 24
    count = numbers.next(4 if version else 2)
    infos = tuple(_info(data, box) for box in walk(data, numbers.at, iinf.end))
    if len(infos) != count or len({info.number for info in infos}) != count or count > _MOST_ITEMS:
        raise DamagedError("the list of items of this file contradicts itself")
    return infos


def count_field(data: bytes, iinf: Box) -> tuple[int, int]:
    """Where iinf keeps the number of its entries, and in how many bytes."""
    return iinf.payload + 4, 4 if data[iinf.payload] else 2


def new_info(number: int, kind: bytes, content_type: bytes) -> bytes:
    """An infe box of version 2, which holds numbers of 16 bits."""
    head = b"\2\0\0\0" + number.to_bytes(2, "big") + b"\0\0"
    return box_of(b"infe", head + kind + b"\0" + (content_type + b"\0" if content_type else b""))


def _info(data: bytes, box: Box) -> Info:
    if box.kind != b"infe":
        raise DamagedError("the list of items of this file holds something else")
    numbers = _Numbers(data, box.payload, box.end)
    version = numbers.next(4) >> 24
    if version > 3:
        raise BmffError("the list of items of this file is of an unknown version")
    number, protection = numbers.next(4 if version == 3 else 2), numbers.next(2)
    if version < 2:
        return Info(number, b"", b"", b"", protection != 0, box)
    kind = numbers.next(4).to_bytes(4, "big")
    numbers.string()
    content_type, encoding = (numbers.string(), numbers.string()) if kind == b"mime" else (b"", b"")
    return Info(number, kind, content_type, encoding, protection != 0, box)


def read_iloc(data: bytes, iloc: Box) -> Iloc:
    """The iloc box. Raises BmffError where it cannot be written again as it is."""
    numbers = _Numbers(data, iloc.payload, iloc.end)
    version, flags = numbers.next(1), numbers.next(3).to_bytes(3, "big")
    sizes = numbers.next(2)
    nibbles = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    if version > 2 or any(size not in _SIZES for size in nibbles[: 4 if version else 3]):
        raise BmffError("the table of places of this file is of an unknown kind")
    if not version and nibbles[3]:
        raise BmffError("the table of places of this file is of an unknown kind")
    count = numbers.next(4 if version == 2 else 2)
    if count > _MOST_ITEMS:
        raise BmffError("this file has too many items")
    places: list[Place] = []
    left = _MOST_EXTENTS
    for _ in range(count):
        places.append(_place(numbers, version, nibbles, left))
        left -= len(places[-1].extents)
    if len({place.number for place in places}) != count:
        raise DamagedError("the table of places of this file contradicts itself")
    return Iloc(version, flags, *nibbles, tuple(places), data[numbers.at : iloc.end])


def _place(numbers: _Numbers, version: int, sizes: tuple[int, int, int, int], most: int) -> Place:
    offset_size, length_size, base_size, index_size = sizes
    number = numbers.next(4 if version == 2 else 2)
    method = numbers.next(2) if version else 0
    reference, base, count = numbers.next(2), numbers.next(base_size), numbers.next(2)
    if count > most or (count > 1 and not offset_size + length_size + index_size):
        raise BmffError("an item of this file has too many parts")
    extents = tuple(
        (numbers.next(index_size), numbers.next(offset_size), numbers.next(length_size)) for _ in range(count)
    )
    return Place(number, method, reference, base, extents)


def iloc_bytes(iloc: Iloc) -> bytes:
    """The payload of the iloc box. Raises BmffError where a number does not fit its field."""
    sizes = iloc.offset_size << 12 | iloc.length_size << 8 | iloc.base_size << 4 | iloc.index_size
    parts = [bytes([iloc.version]), iloc.flags, sizes.to_bytes(2, "big")]
    wide = 4 if iloc.version == 2 else 2
    try:
        parts.append(len(iloc.places).to_bytes(wide, "big"))
        for place in iloc.places:
            parts.append(place.number.to_bytes(wide, "big"))
            parts.append(place.method.to_bytes(2, "big") if iloc.version else b"")
            parts.append(place.reference.to_bytes(2, "big"))
            parts.append(place.base.to_bytes(iloc.base_size, "big"))
            parts.append(len(place.extents).to_bytes(2, "big"))
            for index, offset, length in place.extents:
                parts.append(index.to_bytes(iloc.index_size, "big"))
                parts.append(offset.to_bytes(iloc.offset_size, "big"))
                parts.append(length.to_bytes(iloc.length_size, "big"))
    except OverflowError as error:
        raise BmffError("an offset of this file would not fit its field") from error
    return b"".join([*parts, iloc.rest])


def placed_at(iloc: Iloc, place: Place, start: int, length: int) -> Place:
    """An entry for one piece at an offset of the file. Raises BmffError where the box has no field for it."""
    if not iloc.length_size or not iloc.offset_size + iloc.base_size:
        raise BmffError("the table of places of this file has no room for another place")
    base, offset = (0, start) if iloc.offset_size else (start, 0)
    return replace(place, method=place.method & ~15, reference=0, base=base, extents=((0, offset, length),))


def read_references(data: bytes, iref: Box | None) -> tuple[Reference, ...]:
    """The entries of iref."""
    if iref is None:
        return ()
    numbers = _Numbers(data, iref.payload, iref.end)
    version = numbers.next(4) >> 24
    if version > 1:
        raise BmffError("the references of this file are of an unknown version")
    size = 4 if version else 2
    found = []
    for box in walk(data, numbers.at, iref.end):
        entry = _Numbers(data, box.payload, box.end)
        source, count = entry.next(size), entry.next(2)
        found.append(Reference(box.kind, source, tuple(entry.next(size) for _ in range(count)), box))
    return tuple(found)


def describes(source: int, target: int, size: int) -> bytes:
    """An iref entry that says that one item describes another; `size` is that of the numbers in bytes."""
    if max(source, target) >= 1 << 8 * size:
        raise BmffError("the references of this file have no room for another item")
    return box_of(b"cdsc", source.to_bytes(size, "big") + b"\0\1" + target.to_bytes(size, "big"))


def read_groups(data: bytes, grpl: Box | None) -> tuple[set[int], set[int]]:
    """The numbers of entity groups, which are of the same kind as those of items, and of their members."""
    groups: set[int] = set()
    members: set[int] = set()
    for box in walk(data, grpl.payload, grpl.end) if grpl else ():
        numbers = _Numbers(data, box.payload + 4, box.end)
        groups.add(numbers.next(4))
        members.update(numbers.next(4) for _ in range(numbers.next(4)))
    return groups, members


def read_associated(data: bytes, iprp: Box | None) -> set[int]:
    """The items that have properties (8.11.14, ipma)."""
    found: set[int] = set()
    for box in walk(data, iprp.payload, iprp.end) if iprp else ():
        if box.kind != b"ipma":
            continue
        numbers = _Numbers(data, box.payload, box.end)
        head = numbers.next(4)
        for _ in range(numbers.next(4)):
            found.add(numbers.next(4 if head >> 24 else 2))
            for _ in range(numbers.next(1)):
                numbers.next(2 if head & 1 else 1)
    return found
