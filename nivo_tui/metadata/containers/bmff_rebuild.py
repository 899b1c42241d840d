"""The item table and the tail of a HEIF or AVIF file made anew, with every offset that shifts set right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from nivo_tui.metadata.containers import bmff_items as items
from nivo_tui.metadata.containers.bmff_file import BmffFile, Held
from nivo_tui.metadata.containers.bmff_items import Info, Place
from nivo_tui.metadata.containers.bmff_layout import BmffError, Box, box_of, resized
from nivo_tui.metadata.containers.bmff_offsets import Moved, shifted, shifted_tables
from nivo_tui.metadata.edits import Edit, EditList, edit_list


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to come, which describes the picture."""

    kind: bytes
    content_type: bytes
    payload: bytes


@dataclass(slots=True)
class Work:
    """What becomes of the metadata items, by their numbers.

    `in_place` are new bytes for a stretch of the file of the same length, `moving` payloads that go into
    the tail, `coming` new items, `going` items to be removed.
    """

    in_place: dict[int, Edit] = field(default_factory=dict)
    moving: dict[int, bytes] = field(default_factory=dict)
    coming: dict[int, NewItem] = field(default_factory=dict)
    going: dict[int, Info] = field(default_factory=dict)


def work_edits(file: BmffFile, work: Work, tail: Box | None, held: Sequence[Held]) -> EditList:
    """The edits that do the work. `tail` is the mdat that holds nothing but items of `held`, if any.

    Raises BmffError where an offset cannot be set right, or an item lies across what changes.
    """
    in_place = list(work.in_place.values())
    if not (work.moving or work.coming or work.going):
        return edit_list(in_place)
    tail = tail if tail and _keeps_its_front(file, work, tail, held) else None
    contents = _contents(file, work, tail, held)
    ending = _tail_edits(file, tail, contents)
    table = [*_info_edits(file, work), *_reference_edits(file, work)]
    draft = _iloc_edit(file, _places(file, work, dict.fromkeys(contents, (0, 0)), lambda offset: offset))
    start = _shift([*table, draft])(tail.start if tail else file.layout.behind) + len(box_of(b"mdat", b""))
    moved = _shift([*table, draft, *ending])
    stretches = {}
    for number, payload in contents.items():
        stretches[number] = (start, len(payload))
        start += len(payload)
    table.append(_iloc_edit(file, _places(file, work, stretches, moved)))
    table += _resized(file.data, file.layout.parts[b"iloc"], _growth([draft]))
    table += _resized(file.data, file.layout.meta, _growth(table))
    edits = edit_list([*in_place, *table, *ending, *shifted_tables(file.offsets, moved)])
    _require_untouched(file, edits, {*contents, *work.going, *work.in_place})
    return edits


def _contents(file: BmffFile, work: Work, tail: Box | None, held: Sequence[Held]) -> dict[int, bytes]:
    """The payloads of the new tail by the number of their item, Exif before XMP.

    XMP changes with every write, so that at the end nothing has to make room for it.
    """
    stay = {item.info.number: item.payload for item in _staying(file, work, tail, held)}
    new = {number: item.payload for number, item in work.coming.items()}
    contents = stay | work.moving | new
    kinds = {number: info.kind for number, info in file.infos.items()}
    kinds |= {number: item.kind for number, item in work.coming.items()}
    return dict(sorted(contents.items(), key=lambda content: kinds[content[0]] != b"Exif"))


def _staying(file: BmffFile, work: Work, tail: Box | None, held: Sequence[Held]) -> list[Held]:
    """The items of the tail that are neither changed nor removed."""
    changing = {*work.going, *work.moving}
    return [
        item
        for item in held
        if tail
        and item.info.number not in changing
        and any(tail.payload <= start < tail.end for start, _ in file.spans_of(item.place))
    ]


def _keeps_its_front(file: BmffFile, work: Work, tail: Box, held: Sequence[Held]) -> bool:
    """Whether Exif that is not changed could stay where it is in a new tail, at its beginning.

    If not, the tail is another program's, and a tail of our own is begun behind it.
    """
    position = tail.payload
    for item in _staying(file, work, tail, held):
        for start, length in file.spans_of(item.place) if item.info.kind == b"Exif" else ():
            if start != position:
                return False
            position += length
    return True


def _tail_edits(file: BmffFile, tail: Box | None, contents: dict[int, bytes]) -> list[Edit]:
    new = box_of(b"mdat", b"".join(contents.values())) if contents else b""
    if tail:
        same = file.data[tail.start : tail.end] == new
        return [] if same else [Edit(tail.start, tail.end - tail.start, new)]
    if not new:
        return []
    last = file.layout.boxes[-1]
    stated = [resized(file.data, last, 0)] if last.open_ended else []
    return [*stated, Edit(file.layout.behind, 0, new)]


def _info_edits(file: BmffFile, work: Work) -> list[Edit]:
    """The edits of iinf, its size and the number of its entries included."""
    iinf = file.layout.parts[b"iinf"]
    edits = [Edit(info.box.start, info.box.end - info.box.start, b"") for info in work.going.values()]
    new = [items.new_info(number, item.kind, item.content_type) for number, item in work.coming.items()]
    edits.append(Edit(iinf.end, 0, b"".join(new)))
    at, width = items.count_field(file.data, iinf)
    count = len(file.infos) + len(work.coming) - len(work.going)
    if count >= 1 << 8 * width:
        raise BmffError("the list of items of this file has no room for another one")
    edits.append(Edit(at, width, count.to_bytes(width, "big")))
    return [*edits, *_resized(file.data, iinf, _growth(edits))]


def _reference_edits(file: BmffFile, work: Work) -> list[Edit]:
    """The edits of iref: a new one stands behind iloc, one that is left without an entry goes."""
    iref = file.layout.parts.get(b"iref")
    wide = file.primary > 0xFFFF if iref is None else file.data[iref.payload] == 1
    size = 4 if wide else 2
    new = b"".join(items.describes(number, file.primary, size) for number in work.coming)
    if iref is None:
        whole = box_of(b"iref", bytes([wide, 0, 0, 0]) + new) if new else b""
        return [Edit(file.layout.parts[b"iloc"].end, 0, whole)]
    gone = [entry.box for entry in file.references if entry.source in work.going]
    if gone and len(gone) == len(file.references) and not new:
        return [Edit(iref.start, iref.end - iref.start, b"")]
    edits = [Edit(box.start, box.end - box.start, b"") for box in gone]
    edits.append(Edit(iref.end, 0, new))
    return [*edits, *_resized(file.data, iref, _growth(edits))]


def _places(
    file: BmffFile, work: Work, stretches: dict[int, tuple[int, int]], moved: Moved
) -> tuple[Place, ...]:
    """The entries of iloc: those with a stretch of the tail point there, the others to where theirs moved."""
    places = []
    for place in file.iloc.places:
        if place.number in stretches:
            places.append(items.placed_at(file.iloc, place, *stretches[place.number]))
        elif place.number not in work.going:
            places.append(shifted(file.iloc, place, moved))
    new = [Place(number, 0, 0, 0, ()) for number in work.coming]
    return (*places, *(items.placed_at(file.iloc, place, *stretches[place.number]) for place in new))


def _iloc_edit(file: BmffFile, places: tuple[Place, ...]) -> Edit:
    iloc = file.layout.parts[b"iloc"]
    return Edit(iloc.payload, iloc.end - iloc.payload, items.iloc_bytes(replace(file.iloc, places=places)))


def _resized(data: bytes, box: Box, growth: int) -> list[Edit]:
    return [resized(data, box, growth)] if growth else []


def _growth(edits: Iterable[Edit]) -> int:
    return sum(len(edit.new) - edit.old_length for edit in edits)


def _shift(edits: Iterable[Edit]) -> Moved:
    """Where the edits move a byte of the old file that they do not replace."""
    changing = sorted((edit.end, len(edit.new) - edit.old_length) for edit in edits)
    ends = [end for end, _ in changing]
    shifts = [0, *accumulate(growth for _, growth in changing)]
    return lambda offset: offset + shifts[bisect_right(ends, offset)]


def _require_untouched(file: BmffFile, edits: EditList, numbers: Collection[int]) -> None:
    """Raise BmffError where anything but those items lies across bytes that change or come between."""
    ends = [edit.end for edit in edits]
    for start, length in file.spans_beside(numbers):
        at = bisect_right(ends, start)
        if length and at < len(edits) and edits[at].offset < start + length:
            raise BmffError("the data of an item of this file lies across its table of items")
