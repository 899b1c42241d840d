"""The items of a HEIF file, old and new: their names, places, references, bytes (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nivo_tui.metadata.gate.bmff_boxes import Box, boxes, number
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import Range, Runs, is_blank, without

XMP, EXIF = "xmp", "exif"
_MIME_TYPE = b"application/rdf+xml"
_FILE, _IDAT = 0, 1
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TIFF_MARKS = (b"II*\0", b"MM\0*")
_MOST_ITEMS, _MOST_EXTENTS = 65_536, 262_144
_MOST_BLOCK_BYTES = 64 << 20
_LOOKED_AT_APART = (b"iinf", b"iloc", b"iref", b"idat", b"free", b"skip")


@dataclass(frozen=True, slots=True)
class Info:
    """An entry of iinf: the item's number, its bytes, and which block of metadata it is ("" for none)."""

    item: int
    raw: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of iloc: construction method, data reference, and (offset, length) of each extent."""

    item: int
    method: int
    reference: int
    extents: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A reference of iref."""

    kind: bytes
    source: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """What the meta box tells. `others` are its further boxes, byte for byte, `heads` version
    and flags of its tables. `kinds` are those of the items that hold metadata, `starts` counts the places in
    the file by where they begin.
    """

    data: bytes
    infos: tuple[Info, ...]
    excess: int
    located: tuple[Place, ...]
    links: tuple[Link, ...]
    primary: int | None
    idat: Range
    others: tuple[bytes, ...]
    heads: dict[bytes, bytes]
    kinds: dict[int, str]
    starts: Counter[int]

    def ranges(self, place: Place) -> list[Range]:
        """Where an item's bytes stand in the file, as far as the file reaches."""
        base, end = (0, len(self.data)) if place.method == _FILE else self.idat
        if place.reference or place.method not in (_FILE, _IDAT):
            return []
        spans = []
        for at, length in place.extents:
            start = base + at
            is_open = not length and not self._is_emptied(place, start)
            spans.append((start, end if is_open else start + length))
        return [(min(start, end), min(last, end)) for start, last in spans]

    def _is_emptied(self, place: Place, start: int) -> bool:
        """Whether a place of length 0 is that of metadata that were taken out, not one that runs to the end.

        Length 0 is the latter by ISO/IEC 14496-12, 8.11.3; exiftool leaves it where it empties an item. So
        it counts as empty unless metadata stand there that no other item claims.
        """
        kind = self.kinds.get(place.item)
        if kind is None:
            return False
        head = self.data[start : start + 64]
        if kind == XMP:
            stand_there = head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<")
        else:
            stand_there = any(mark in head[:16] for mark in _TIFF_MARKS)
        return not stand_there or self.starts[start] > 1

    def places(self, items: set[int]) -> list[Range]:
        """Where the bytes of some items stand in the file."""
        return [each for place in self.located if place.item in items for each in self.ranges(place)]

    def content(self, item: int) -> bytes | None:
        """The bytes of an item; None where it has no place."""
        ranges = [self.ranges(place) for place in self.located if place.item == item]
        if len(ranges) != 1:
            return None
        if sum(end - start for start, end in ranges[0]) > _MOST_BLOCK_BYTES:
            raise GateError("its metadata is larger than any block")
        return b"".join(self.data[start:end] for start, end in ranges[0])

    def of_kind(self, kind: str) -> list[int]:
        """The items that hold a block of metadata."""
        return [info.item for info in self.infos if info.kind == kind]

    def contents(self, items: set[int] | None, kind: str) -> list[bytes]:
        """The bytes of all items of a kind, or of those among `items`."""
        found = [self.content(i) for i in self.of_kind(kind) if items is None or i in items]
        return [content for content in found if content]


def read(data: bytes, meta: Box) -> Items:
    """Read a meta box. Raises GateError where its parts cannot be followed."""
    children, end = boxes(data, meta.body + 4, meta.end)
    if end != meta.end:
        raise GateError("its table of items cannot be followed")
    by_kind: dict[bytes, Box] = {}
    for box in children:
        if box.kind in by_kind and box.kind in _LOOKED_AT_APART[:4]:
            raise GateError("it has two tables of items")
        by_kind.setdefault(box.kind, box)
    infos, excess = _read_infos(data, by_kind[b"iinf"]) if b"iinf" in by_kind else ((), 0)
    located = _read_places(data, by_kind[b"iloc"]) if b"iloc" in by_kind else ()
    links = _read_links(data, by_kind[b"iref"]) if b"iref" in by_kind else ()
    idat = by_kind.get(b"idat")
    for box in children:
        if box.kind in (b"free", b"skip") and not is_blank(data, box.body, box.end):
            raise GateError("its table of items holds bytes that cannot be accounted for")
    others = [data[box.at : box.end] for box in children if box.kind not in _LOOKED_AT_APART]
    # Version and flags; the places of items may need wider fields.
    tables = [by_kind[kind] for kind in (b"iinf", b"iref") if kind in by_kind]
    heads = {box.kind: data[box.body : box.body + 4] for box in (meta, *tables)}
    idat_range = (idat.body, idat.end) if idat is not None else (0, 0)
    bases = {_FILE: 0, _IDAT: idat_range[0]}
    return Items(
        data,
        infos,
        excess,
        located,
        links,
        _read_primary(data, by_kind.get(b"pitm")),
        idat_range,
        tuple(others),
        heads,
        {info.item: info.kind for info in infos if info.kind},
        Counter(bases.get(place.method, 0) + at for place in located for at, _ in place.extents),
    )


def _read_primary(data: bytes, box: Box | None) -> int | None:
    if box is None:
        return None
    return number(data, box.body + 4, 2 if data[box.body] == 0 else 4, box.end)


def _read_infos(data: bytes, box: Box) -> tuple[tuple[Info, ...], int]:
    """The entries, and by how many the count exceeds them."""
    size = 2 if number(data, box.body, 1, box.end) == 0 else 4
    count = number(data, box.body + 4, size, box.end)
    start = box.body + 4 + size
    entries = boxes(data, start, box.end)[0] if start < box.end else []
    return tuple(_info(data, entry) for entry in entries if entry.kind == b"infe"), count - len(entries)


def _info(data: bytes, box: Box) -> Info:
    version = number(data, box.body, 1, box.end)
    size = 4 if version == 3 else 2
    item = number(data, box.body + 4, size, box.end)
    kind = ""
    if version >= 2:
        at = box.body + 4 + size + 2
        name = data[at : at + 4]
        strings = data[at + 4 : box.end].split(b"\0")
        if name == b"Exif":
            kind = EXIF
        elif name == b"mime" and len(strings) > 1 and strings[1] == _MIME_TYPE:
            kind = XMP
    return Info(item, data[box.at : box.end], kind)


def _read_places(data: bytes, box: Box) -> tuple[Place, ...]:
    version, sizes = number(data, box.body, 1, box.end), number(data, box.body + 4, 2, box.end)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    index = index if version in (1, 2) else 0
    item_size = 2 if version < 2 else 4
    at = box.body + 6

    def take(size: int) -> int:
        nonlocal at
        at += size
        return number(data, at - size, size, box.end)

    places, total = [], 0
    for _ in range(min(take(item_size), _MOST_ITEMS)):
        item = take(item_size)
        method = take(2) & 15 if version in (1, 2) else _FILE
        reference, start, extents = take(2), take(base), []
        for _ in range(take(2)):
            take(index)
            extents.append((start + take(offset), take(length)))
        total += len(extents)
        if total > _MOST_EXTENTS:
            raise GateError("it has more parts than any picture")
        places.append(Place(item, method, reference, tuple(extents)))
    return tuple(places)


def _read_links(data: bytes, box: Box) -> tuple[Link, ...]:
    size = 2 if number(data, box.body, 1, box.end) == 0 else 4
    found = []
    inner = boxes(data, box.body + 4, box.end)[0] if box.body + 4 < box.end else []
    for each in inner:
        count = number(data, each.body + size, 2, each.end)
        at = each.body + size + 2
        if at + size * count > each.end:
            raise GateError("a box of it ends early")
        targets = tuple(
            int.from_bytes(data[at + size * n : at + size * (n + 1)], "big") for n in range(count)
        )
        found.append(Link(each.kind, number(data, each.body, size, each.end), targets))
    return tuple(found)


# -- side by side


def compare(before: Items, after: Items, ledger: Ledger) -> set[int]:
    """Raise GateError unless all items are the same but one of XMP, and one of Exif where that is expected.

    Returns the items that change, come or go.
    """
    changed = _changed(before, after, XMP)
    if ledger.touches_exif:
        changed |= _changed(before, after, EXIF)
    heads = [(before.heads[kind], after.heads[kind]) for kind in before.heads.keys() & after.heads.keys()]
    if any(head != other for head, other in heads):
        raise GateError("the form of its table of items would change")
    if before.others != after.others or before.primary != after.primary or before.excess != after.excess:
        raise GateError("the properties of its items would change")
    _compare_infos(before, after, changed)
    _compare_links(before, after, changed)
    _compare_places(before, after, changed)
    start, end = before.idat
    shift = after.idat[0] - start
    free = before.places(changed) + [(a - shift, b - shift) for a, b in after.places(changed)]
    runs = Runs()
    for first, last in without(start, min(end, after.idat[1] - shift), free):
        runs.add(first, first + shift, last - first)
    runs.require(before.data, after.data, "the bytes of an item would change")
    rest = [(before, end - (after.idat[1] - shift)), (after, after.idat[1] - shift - end)]
    for items, length in rest:
        last = items.idat[1]
        if length > 0 and not is_blank(items.data, last - length, last, items.places(changed)):
            raise GateError("bytes that no changed item accounts for would be lost or appear")
    return changed


def _changed(before: Items, after: Items, kind: str) -> set[int]:
    """The items of a kind of metadata that are not the same in both; at most one."""
    numbers = {*before.of_kind(kind), *after.of_kind(kind)}
    changed = {item for item in numbers if before.content(item) != after.content(item)}
    if len(changed) > 1:
        raise GateError(f"more than one {kind} item would change")
    is_new = changed - set(before.of_kind(kind))
    if is_new and any(
        before.primary in link.targets for link in before.links if link.source in before.of_kind(kind)
    ):
        raise GateError(f"its picture would have two {kind} items")
    for item in is_new:
        if any(place.item == item for place in before.located):
            raise GateError("an item that is there already would be taken for another")
    return changed


def _compare_infos(before: Items, after: Items, changed: set[int]) -> None:
    old = [info for info in before.infos if info.item not in changed]
    if old != [info for info in after.infos if info.item not in changed]:
        raise GateError("an item would be lost or renamed")
    raws = {info.item: info.raw for info in before.infos if info.item in changed}
    for info in after.infos:
        if info.item in changed and raws.get(info.item, info.raw) != info.raw:
            raise GateError("the name of a metadata item would change")


def _compare_links(before: Items, after: Items, changed: set[int]) -> None:
    numbers = {info.item for info in before.infos}, {info.item for info in after.infos}
    moving = changed - (numbers[0] & numbers[1])
    old = [link for link in before.links if link.source not in moving]
    if old != [link for link in after.links if link.source not in moving]:
        raise GateError("a reference between items would be lost or appear")
    for item in moving & numbers[1]:
        links = [link for link in after.links if link.source == item]
        is_whole = all(link.kind == b"cdsc" and set(link.targets) <= numbers[0] for link in links)
        if not is_whole or not any(after.primary in link.targets for link in links):
            raise GateError("the new metadata would not be tied to the picture")


def _compare_places(before: Items, after: Items, changed: set[int]) -> None:
    old = [place for place in before.located if place.item not in changed]
    new = [place for place in after.located if place.item not in changed]
    if [_form(place) for place in old] != [_form(place) for place in new]:
        raise GateError("the place of an item would be lost")
    runs = Runs()
    for place, other in zip(old, new, strict=True):
        if place.reference or place.method not in (_FILE, _IDAT):
            if place != other:
                raise GateError("the place of an item would change")
            continue
        spans = zip(before.ranges(place), after.ranges(other), place.extents, strict=True)
        for (start, end), (first, last), (_, length) in spans:
            # What lies beyond the end of a damaged file is nowhere, before and after; what runs to the end
            # of the file by its length of 0 must not run into what was appended.
            is_open = length == 0 and end > start
            if last - first < end - start or (is_open and last - first != end - start):
                raise GateError("the bytes of an item would not be found any more")
            runs.add(start, first, end - start)
    runs.require(before.data, after.data, "the bytes of an item would change")
    for place in after.located:
        if place.item in changed and any(a >= b for a, b in after.ranges(place)):
            raise GateError("the place of the new metadata would lie outside the file")


def _form(place: Place) -> tuple[int, int, int, list[int]]:
    return place.item, place.method, place.reference, [length for _, length in place.extents]
