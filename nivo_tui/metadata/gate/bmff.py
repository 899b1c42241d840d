"""HEIC, HEIF and AVIF, old and new: every box, and every item by what its locations lead to.

ISO/IEC 14496-12 (boxes, 4.2; items, 8.11) and 23008-12 (HEIF).
"""

from __future__ import annotations

from nivo_tui.metadata.gate import bmff_items, bmff_movie, exif, xmp
from nivo_tui.metadata.gate.bmff_boxes import Box, boxes
from nivo_tui.metadata.gate.bmff_items import EXIF, XMP, Items
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import Range, is_blank, same_bytes, without

_META, _MOOV = b"meta", b"moov"
_STORES = (b"mdat", b"free", b"skip")
# A motion video and Samsung's trailer: their readers look for them at the end of the file.
_LAST = (b"mpvd", b"sefd")


def check(old: bytes, new: bytes, ledger: Ledger) -> None:
    """Raise GateError unless nothing but one XMP item, and one Exif item where that is expected, changes."""
    before, end = _picture(old)
    after, new_end = _picture(new)
    length = len(old) - end
    if length != len(new) - new_end or not same_bytes(old, end, new, new_end, length):
        raise GateError("what follows the boxes of the picture would change")
    items, others = _items(old, before), _items(new, after)
    changed = bmff_items.compare(items, others, ledger)
    shifts = _check_boxes(old, before, items.places(changed), new, after, others.places(changed))
    bmff_movie.check(old, before, new, after, shifts)
    _check_blocks(items, others, changed, ledger)


def _picture(data: bytes) -> tuple[list[Box], int]:
    """The boxes of the picture, and where they end: what follows may be a video with boxes of its own."""
    found, end = boxes(data, 0, len(data))
    for place, box in enumerate(found):
        if (
            box.kind in _LAST
            or (box.kind == b"ftyp" and place)
            or not all(0x20 <= c < 0x7F for c in box.kind)
        ):
            return found[:place], box.at
    return found, end


def _items(data: bytes, top: list[Box]) -> Items:
    found = [box for box in top if box.kind == _META]
    if len(found) != 1:
        raise GateError("it has no items, or two tables of them")
    return bmff_items.read(data, found[0])


def _check_boxes(
    old: bytes, before: list[Box], free: list[Range], new: bytes, after: list[Box], new_free: list[Range]
) -> list[tuple[Box, int]]:
    """All boxes of the file but meta and moov, in order; behind them there may be a store of ours.

    The free ranges hold the changed items, in the old file and in the new.
    Returns how far each old box moves.
    """
    shifts = []
    place = 0
    for place, (box, other) in enumerate(zip(before, after, strict=False)):
        if box.kind != other.kind:
            break
        shifts.append((box, other.at - box.at))
        if box.kind in (_META, _MOOV):
            continue
        moved = [(start - shifts[-1][1], end - shifts[-1][1]) for start, end in new_free]
        is_store = box.kind in _STORES
        if box.size != other.size and not (is_store and place == len(before) - 1):
            break
        # A store that grows says so in its header; so does one that ran to the end of the file until now.
        is_open = is_store and old[box.at : box.at + 4] == bytes(4)
        start = box.at if box.size == other.size and not is_open else box.body
        if start != box.at and other.body - other.at != box.body - box.at:
            break
        end = min(box.end, other.end - shifts[-1][1])
        for first, last in without(start, end, [*free, *moved] if is_store else []):
            if not same_bytes(old, first, new, first + shifts[-1][1], last - first):
                raise GateError(f"the box {_name(box)} would change")
        for first, last in free:
            _check_freed(old, without(max(first, start), min(last, end), moved), new, shifts[-1][1])
        _check_store(old, box, end, free)
        _check_store(new, other, end + shifts[-1][1], new_free)
    else:
        place = min(len(before), len(after))
    for data, rest, spare in ((old, before[place:], free), (new, after[place:], new_free)):
        for box in rest:
            if box.kind not in _STORES:
                raise GateError(f"a box {_name(box)} would be lost or appear")
            _check_store(data, box, box.body, spare)
    return shifts


def _check_freed(old: bytes, freed: list[Range], new: bytes, shift: int) -> None:
    """Where a changed item stood and nothing stands now, its bytes are left or wiped out."""
    for start, end in freed:
        is_left = same_bytes(old, start, new, start + shift, end - start)
        if not is_left and not is_blank(new, start + shift, end + shift):
            raise GateError("the place that an item leaves would hold something else")


def _check_store(data: bytes, box: Box, start: int, free: list[Range]) -> None:
    if not is_blank(data, max(start, box.body), box.end, free):
        raise GateError("bytes of a store that no changed item accounts for would be lost or appear")


def _check_blocks(before: Items, after: Items, changed: set[int], ledger: Ledger) -> None:
    packets = [items.contents(changed, XMP) for items in (before, after)]
    if not any(packets):
        packets = [items.contents(None, XMP)[:1] for items in (before, after)]
    xmp.check(packets[0], packets[1], ledger)
    if ledger.touches_exif:
        old, new = (items.contents(changed, EXIF) for items in (before, after))
        if not old and not new:
            old, new = (items.contents(None, EXIF)[:1] for items in (before, after))
        if old or new:
            _check_exif(old[0] if old else None, new[0] if new else None, ledger)


def _check_exif(old: bytes | None, new: bytes | None, ledger: Ledger) -> None:
    starts = [None if item is None else exif.header_offset(item) for item in (old, new)]
    if old is not None and new is not None and old[: starts[0]] != new[: starts[1]]:
        raise GateError("what stands before its Exif block would change")
    exif.check(old[starts[0] :] if old else None, new[starts[1] :] if new else None, ledger)


def _name(box: Box) -> str:
    return box.kind.decode("latin-1")
