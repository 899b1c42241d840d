"""A HEIF or AVIF file with all that an edit must know of it: its items, and every offset in it.

Sources: ISO/IEC 14496-12 (8.11), ISO/IEC 23008-12 (HEIF 6.3, annex A.2.1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import chain

from nivo_tui.metadata.containers import bmff_items as items
from nivo_tui.metadata.containers.bmff import exif_tiff
from nivo_tui.metadata.containers.bmff_items import Info, Place
from nivo_tui.metadata.containers.bmff_layout import (
    AmbiguousError,
    BmffError,
    Box,
    CutOffError,
    DamagedError,
    read_layout,
)
from nivo_tui.metadata.containers.bmff_offsets import read_offsets

_WITHOUT_DATA = (b"iden", b"uri ")
_METADATA = (b"mime", b"Exif")
_MOST_ITEM_BYTES = 64 * 1024 * 1024
_MOST_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class Held:
    """A metadata item of the picture, its place in the item table, and its bytes."""

    info: Info
    place: Place
    payload: bytes


class BmffFile:
    """The bytes of a file and what is found in them. Raises BmffError where any change would be in doubt."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.layout = read_layout(data)
        parts = self.layout.parts
        self.primary = items.read_primary(data, parts[b"pitm"])
        self.infos = {info.number: info for info in items.read_infos(data, parts[b"iinf"])}
        self.iloc = items.read_iloc(data, parts[b"iloc"])
        self.places = {place.number: place for place in self.iloc.places}
        self.references = items.read_references(data, parts.get(b"iref"))
        self.offsets = read_offsets(data, self.layout)
        properties, groups = parts.get(b"iprp"), parts.get(b"grpl")
        self.groups, members = items.read_groups(data, groups)
        self.tied = members | items.read_associated(data, properties)
        if self.primary not in self.infos:
            raise DamagedError("this file does not say which of its items is the picture")
        placed = {place.number for place in self.iloc.places if place.extents}
        derived = (entry.targets for entry in self.references if entry.kind == b"dimg")
        if not self.infos.keys() >= set(chain.from_iterable(derived)):
            raise DamagedError("an item that a picture of this file is made of is missing")
        without_place = {info.kind for info in self.infos.values() if info.number not in placed}
        if without_place - {*_WITHOUT_DATA, *_METADATA}:
            raise DamagedError("the place of an item of this file is missing")
        self._check_data()
        self._check_apart()

    def item_of_primary(self, wanted: Callable[[Info], bool], name: str) -> Held | None:
        """The one item of a kind that describes the picture, or the only one that describes nothing.

        Raises BmffError where there are several, or it cannot be read or exchanged.
        """
        found = [info for info in self.infos.values() if wanted(info)]
        targets: dict[int, set[int]] = {info.number: set() for info in found}
        for reference in self.references:
            if reference.kind == b"cdsc" and reference.source in targets:
                targets[reference.source].update(reference.targets)
        ours = [info for info in found if self.primary in targets[info.number]]
        ours = ours or [info for info in found if not targets[info.number]]
        if len(ours) > 1:
            raise AmbiguousError(f"this file holds more than one block of {name} for its picture")
        return self._held(ours[0], name) if ours else None

    def spans_of(self, place: Place) -> list[tuple[int, int]]:
        """(start, length) in the file of each extent of an item. Raises CutOffError outside the idat box."""
        if place.construction == 0:
            return list(place.spans())
        idat = self.layout.parts.get(b"idat")
        found = []
        for start, length in place.spans():
            if idat is None or idat.payload + start + length > idat.end:
                raise CutOffError("an item of this file lies outside the data of the table")
            found.append((idat.payload + start, length))
        return found

    def spans_beside(self, numbers: Collection[int]) -> Iterator[tuple[int, int]]:
        """(start, length) of everything in the file that has a stated place, but for those items."""
        idat = self.layout.parts.get(b"idat")
        for place in self.iloc.places:
            if place.number in numbers:
                continue
            if place.construction == 0:
                yield from place.spans()
            elif place.construction == 1 and idat:
                yield from ((idat.payload + start, length) for start, length in place.spans())
        yield from self.offsets.spans()

    def exclusive(self, start: int, end: int, numbers: Collection[int]) -> bool:
        """Whether nothing but those items lies between two offsets."""
        return not any(begin < end and begin + length > start for begin, length in self.spans_beside(numbers))

    def own_tail(self, held: Collection[Held]) -> Box | None:
        """The mdat behind all else whose every byte belongs to the given items, and to nothing else."""
        last = self.layout.boxes[-1]
        if last.kind != b"mdat":
            return None
        position = last.payload
        spans = [self.spans_of(item.place) for item in held]
        inside = [parts for parts in spans if any(last.payload <= start < last.end for start, _ in parts)]
        for start, length in sorted(span for parts in inside for span in parts):
            if start != position:
                return None
            position += length
        numbers = {item.info.number for item in held}
        whole = bool(inside) and position == last.end and self.exclusive(last.payload, last.end, numbers)
        return last if whole else None

    def in_media(self, start: int, end: int) -> bool:
        """Whether the bytes between two offsets lie in an mdat or in the idat box."""
        boxes = [box for box in self.layout.boxes if box.kind == b"mdat"]
        if b"idat" in self.layout.parts:
            boxes.append(self.layout.parts[b"idat"])
        return any(box.payload <= start and end <= box.end for box in boxes)

    def unused_number(self, taken: Collection[int]) -> int:
        """A number for a new item, of 16 bits. Raises BmffError where none is left."""
        used = {*taken, *self.infos, *self.places, *self.tied, *self.groups}
        for reference in self.references:
            used.update((reference.source, *reference.targets))
        highest = max(number for number in (0, *used) if number <= 0xFFFF)
        free = (
            number for number in chain(range(highest + 1, 0x10000), range(1, highest)) if number not in used
        )
        number = next(free, None)
        if number is None:
            raise BmffError("this file has no number left for another item")
        return number

    def require_loose(self, info: Info) -> None:
        """Raise BmffError where an item has properties or belongs to a group: then it is not just ours."""
        if info.number in self.tied:
            raise BmffError("a block of metadata of this file is tied to other parts of it")

    def _check_apart(self) -> None:
        """Refuse items that lie across what a later change may make longer, though the first one may not."""
        meta, parts, final = self.layout.meta, self.layout.parts, self.layout.boxes[-1]
        tables = [parts[kind] for kind in (b"iinf", b"iloc", b"iref") if kind in parts]
        tables += [box for box, _ in self.offsets.ilocs]
        changing = [(meta.start, meta.payload), *((box.start, box.end) for box in tables)]
        changing += [(table.at, table.at + table.width * len(table.values)) for table in self.offsets.tables]
        changing += [(final.start, final.payload)] if final.open_ended else []
        changing.sort()
        starts = [first for first, _ in changing]
        for start, length in self.spans_beside(()):
            end = start + length
            at = bisect_left(starts, end) - 1
            is_across = at >= 0 and start < changing[at][1]
            if length and (is_across or start < self.layout.behind < end):
                raise BmffError("the data of an item of this file lies across its table of items")

    def _check_data(self) -> None:
        """Refuse a file that lacks data, and items whose end is not stated: they would grow with the file."""
        for place in self.iloc.places:
            if place.reference:
                raise BmffError("an item of this file lies in another file")
            if place.construction > 1:
                continue
            for start, length in self.spans_of(place):
                if start + length > len(self.data):
                    raise CutOffError("this file is cut off: the data of an item is missing")
                if not length and start and self._may_hold(start, place):
                    raise AmbiguousError("an item of this file has no stated length")

    def _may_hold(self, start: int, place: Place) -> bool:
        """Whether an item of length 0 may reach from its start to the end of the file.

        The standard says so (8.11.3). Yet programs that take metadata out (ExifTool) leave their item like
        this, and mean that there is nothing: it holds something where metadata stand that no other claims.
        """
        info = self.infos.get(place.number)
        kind = b"" if info is None else info.kind
        if kind not in _METADATA:
            return kind not in _WITHOUT_DATA and place.construction == 0
        head = self.data[start : start + _MOST_HEAD_BYTES]
        is_xml = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
        is_metadata = is_xml if kind == b"mime" else exif_tiff(head) is not None
        return is_metadata and self.exclusive(start, start + 1, {place.number})

    def _held(self, info: Info, name: str) -> Held:
        if info.encoding or info.protected:
            raise BmffError(f"the {name} of this file is compressed or protected")
        place = self.places.get(info.number)
        if place is None or place.construction > 1:
            raise BmffError(f"the place of the {name} of this file is not of a known kind")
        if any(info.number in entry.targets for entry in self.references):
            raise BmffError(f"another item of this file refers to its {name}")
        spans = self.spans_of(place)
        if not spans:
            raise DamagedError(f"the place of the {name} of this file is missing")
        if sum(length for _, length in spans) > min(len(self.data), _MOST_ITEM_BYTES):
            raise DamagedError(f"the {name} of this file is too large")
        return Held(info, place, b"".join(self.data[start : start + length] for start, length in spans))
