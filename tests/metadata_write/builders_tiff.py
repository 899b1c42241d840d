"""TIFF structures, made entry by entry, and a plain reading of them, for the tests of writing."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4}
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
DESCRIPTION, XMP, IPTC, PHOTOSHOP, USER_COMMENT = 270, 700, 33723, 34377, 0x9286
EXIF, GPS, INTEROP, SUBS = 0x8769, 0x8825, 0xA005, 330
STRIPS, STRIP_LENGTHS = 273, 279
POINTERS = (EXIF, GPS, INTEROP, SUBS)

Tree = list[list[tuple[int, int, object]]]


@dataclass
class Dir:
    """A directory to be built: plain fields (tag, type, bytes), strips, and directories below it."""

    fields: list[tuple[int, int, bytes]] = field(default_factory=list)
    strips: list[bytes] = field(default_factory=list)
    below: dict[int, list[Dir]] = field(default_factory=dict)
    unsorted: bool = False
    padding: int = 0


class Builder:
    """Puts directories into a structure; `values_first` says whether a table comes behind what it needs."""

    def __init__(self, order: str, values_first: bool = True) -> None:
        self.order = order
        self.values_first = values_first
        self.data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))

    def pack(self, code: str, *numbers: int) -> bytes:
        return struct.pack(self.order + code, *numbers)

    def put(self, data: bytes) -> int:
        self.data += bytes(len(self.data) % 2)
        self.data += data
        return len(self.data) - len(data)

    def build(self, *pages: Dir, behind: bytes = b"") -> bytes:
        link = 4
        for page in pages:
            offset, next_link = self.directory(page)
            self.data[link : link + 4] = self.pack("I", offset)
            link = next_link
        return bytes(self.data) + behind

    def directory(self, page: Dir) -> tuple[int, int]:
        """Put a directory; its offset, and that of its link to the next one."""
        fields = list(page.fields)
        if page.strips:
            places = [self.put(strip) for strip in page.strips]
            fields.append((STRIPS, LONG, self.pack(f"{len(places)}I", *places)))
            fields.append((STRIP_LENGTHS, LONG, self.pack(f"{len(places)}I", *map(len, page.strips))))
        for tag, below in page.below.items():
            places = [self.directory(child)[0] for child in below]
            fields.append((tag, LONG, self.pack(f"{len(places)}I", *places)))
        fields.sort(key=lambda found: found[0], reverse=page.unsorted)
        size = 2 + 12 * (len(fields) + page.padding) + 4
        table = None if self.values_first else self.put(bytes(size))
        entries = b""
        for tag, kind, value in fields:
            stored = value.ljust(4, b"\0") if len(value) <= 4 else self.pack("I", self.put(value))
            entries += self.pack("HHI", tag, kind, len(value) // SIZES[kind]) + stored
        whole = self.pack("H", len(fields) + page.padding) + entries + bytes(12 * page.padding + 4)
        if table is None:
            table = self.put(whole)
        self.data[table : table + size] = whole
        return table, table + size - 4


def tiff(*pages: Dir, order: str = "<", values_first: bool = True, behind: bytes = b"") -> bytes:
    return Builder(order, values_first).build(*pages, behind=behind)


def tree(data: bytes) -> Tree:
    """All pages: each a list of tag, type and value, where directories and strips stand for their offsets."""
    order = "<" if data[:2] == b"II" else ">"
    pages, offset = [], struct.unpack_from(order + "I", data, 4)[0]
    while offset:
        page, offset = _page(data, order, offset)
        pages.append(page)
    return pages


def _page(data: bytes, order: str, offset: int) -> tuple[list[tuple[int, int, object]], int]:
    (count,) = struct.unpack_from(order + "H", data, offset)
    found: dict[int, tuple[int, bytes]] = {}
    for index in range(count):
        tag, kind, number, stored = struct.unpack_from(order + "HHI4s", data, offset + 2 + 12 * index)
        if kind == 0:
            continue
        size, start = SIZES[kind] * number, struct.unpack(order + "I", stored)[0]
        assert tag not in found
        found[tag] = (kind, stored[:size] if size <= 4 else data[start : start + size])
        assert len(found[tag][1]) == size
    following = struct.unpack_from(order + "I", data, offset + 2 + 12 * count)[0]
    page: list[tuple[int, int, object]] = []
    for tag, (kind, value) in sorted(found.items()):
        seen: object = value
        if tag in POINTERS:
            seen = [_page(data, order, place)[0] for (place,) in struct.iter_unpack(order + "I", value)]
        elif tag == STRIPS:
            lengths = struct.iter_unpack(order + "I", found[STRIP_LENGTHS][1])
            places = struct.iter_unpack(order + "I", value)
            seen = [data[p : p + n] for (p,), (n,) in zip(places, lengths, strict=True)]
        page.append((tag, kind, seen))
    return page, following


def without(pages: Tree, *tags: int) -> Tree:
    """A tree with tags left out of its first page, and of the Exif directory of that."""
    first = []
    for tag, kind, value in pages[0]:
        if tag == EXIF:
            inner = [found for found in value[0] if found[0] not in tags]  # type: ignore[index]
            if [found[0] for found in inner] not in ([], [0x9000]):
                first.append((tag, kind, [inner]))
        elif tag not in tags:
            first.append((tag, kind, value))
    return [first, *pages[1:]]


def value_of(data: bytes, tag: int) -> tuple[int, object] | None:
    """Type and value of a tag of the first page."""
    return next(((kind, value) for found, kind, value in tree(data)[0] if found == tag), None)


def camera(order: str = ">", **fields: bytes) -> bytes:
    """An Exif block as a camera makes it: IFD0, Exif with a MakerNote, Interop, GPS, and IFD1."""
    exif = [
        (0x9000, UNDEFINED, b"0220"),
        (0x9003, ASCII, b"2024:05:03 10:20:30\0"),
        (0x927C, UNDEFINED, b"Maker\0" + bytes(range(200))),
        (0xA002, SHORT, struct.pack(order + "H", 40)),
    ]
    main = [(271, ASCII, b"Nobody\0"), (272, ASCII, b"One\0"), (282, RATIONAL, bytes(8))]
    if "comment" in fields:
        exif.append((USER_COMMENT, UNDEFINED, fields["comment"]))
    if "description" in fields:
        main.append((DESCRIPTION, ASCII, fields["description"]))
    interop = Dir([(1, ASCII, b"R98\0")])
    below = {EXIF: [Dir(exif, below={INTEROP: [interop]})], GPS: [Dir([(0, BYTE, b"\2\3\0\0")])]}
    return tiff(Dir(main, below=below), Dir([(259, SHORT, struct.pack(order + "H", 6))]), order=order)
