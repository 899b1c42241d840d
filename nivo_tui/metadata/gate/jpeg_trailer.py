"""What lies behind a JPEG's picture and is found by offsets: further images, previews, an AFCP trailer."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from nivo_tui.metadata.gate.ledger import GateError
from nivo_tui.metadata.gate.ranges import Range, same_bytes, without

_MOST_TAGS, _MOST_IMAGES = 64, 4096
_SOI = b"\xff\xd8\xff"


def check_further_images(old: bytes, new: bytes, before: Range, after: Range, growth: int) -> None:
    """Every image of an MPF index must have the same bytes before and after; all else in it stays.

    The ranges are those of the index, from whose beginning its offsets count (CIPA DC-007, 5.2.3). The
    size of the first image, whose offset is 0, may follow its growth.
    """
    entries, others = list(_mpf_entries(old, before[0])), list(_mpf_entries(new, after[0]))
    shift = after[0] - before[0]
    if [at + shift for at, _, _ in entries] != [at for at, _, _ in others]:
        raise GateError("the index of further images would change")
    for (_, size, offset), (_, new_size, new_offset) in zip(entries, others, strict=True):
        sizes = (size,) if offset else (size, size + growth)
        if bool(offset) != bool(new_offset) or new_size not in sizes:
            raise GateError("the index of further images would change")
        if offset:
            at, to = before[0] + offset, after[0] + new_offset
            # Of an image that was cut off the file long ago nothing is there to be found.
            length = min(size, max(len(old) - at, 0))
            if length and not same_bytes(old, at, new, to, length):
                raise GateError("a further image of the file would not be found any more")
    # Of an entry, its size and offset (5.2.3.3).
    for start, end in without(*before, [(at + 4, at + 12) for at, _, _ in entries]):
        if not same_bytes(old, start, new, start + shift, end - start):
            raise GateError("the index of further images would change")


def _mpf_entries(data: bytes, base: int) -> Iterator[tuple[int, int, int]]:
    """Where each entry of an MPF index stands, and the size and offset of its image."""
    order = {b"II": "<", b"MM": ">"}.get(data[base : base + 2])
    try:
        at = base + struct.unpack_from(f"{order}I", data, base + 4)[0]
        (count,) = struct.unpack_from(f"{order}H", data, at)
        for number in range(min(count, _MOST_TAGS)):
            tag, _, length, value = struct.unpack_from(f"{order}HHII", data, at + 2 + 12 * number)
            if tag == 0xB002:
                for entry in range(min(length // 16, _MOST_IMAGES)):
                    place = base + value + 16 * entry
                    size, offset = struct.unpack_from(f"{order}II", data, place + 4)
                    yield place, size, offset
    except (struct.error, TypeError):
        return


def check_previews(old: bytes, block: Range, image_end: int, block_shift: int, scan_shift: int) -> None:
    """A picture behind the first one, to which Exif points by its offset, must stay where it is looked for.

    `block` is the old Exif structure, `image_end` where the first picture ends; the shifts are how far the
    structure moves, and how far the picture with all behind it does. Cameras count such an offset from the
    structure, or from the start of the file. Whatever in the block has the value of an offset to the
    trailer, or to the picture in it, is taken for one.
    """
    if (not scan_shift and not block_shift) or image_end >= len(old):
        return
    tiff = old[block[0] : block[1]]
    places = {image_end, old.find(_SOI, image_end, image_end + 0x10000)} - {-1}
    origins = ([block[0]] if block_shift != scan_shift else []) + ([0] if scan_shift else [])
    for value in (place - origin for place in places for origin in origins):
        if struct.pack("<I", value) in tiff or struct.pack(">I", value) in tiff:
            raise GateError("a preview behind the picture would not be found any more")


def check_afcp(old: bytes, new: bytes, old_scan: int, new_scan: int, image_end: int) -> None:
    """From the scan on all must be the same but the offsets of an AFCP trailer, which lead to the same bytes.

    Raises GateError where there is no such trailer.
    """
    order = {b"AXS!": ">", b"AXS*": "<"}.get(old[-12:-8])
    if order is None:
        raise GateError("the picture or what follows it would change")
    before, after = _afcp(old, order), _afcp(new, order)
    if [entry[1:3] for entry in before] != [entry[1:3] for entry in after]:
        raise GateError("the AFCP trailer would change")
    for (_, _, size, offset), (_, _, _, new_offset) in zip(before, after, strict=True):
        if not same_bytes(old, offset, new, new_offset, min(size, max(len(old) - offset, 0))):
            raise GateError("what an AFCP trailer holds would not be found any more")
    free = [(at + 8, at + 12) for at, _, _, _ in before] + [(len(old) - 8, len(old) - 4)]
    shift = new_scan - old_scan
    for start, end in without(old_scan, len(old), [place for place in free if place[0] >= image_end]):
        if not same_bytes(old, start, new, start + shift, end - start):
            raise GateError("the picture or what follows it would change")


def _afcp(data: bytes, order: str) -> list[tuple[int, bytes, int, int]]:
    """Place, tag, size and offset of each entry of an AFCP trailer, which counts from the file's start."""
    try:
        (start,) = struct.unpack_from(order + "I", data, len(data) - 8)
        (count,) = struct.unpack_from(order + "H", data, start + 6)
        places = [start + 12 + 12 * number for number in range(min(count, _MOST_TAGS))]
        return [(at, *struct.unpack_from(order + "4sII", data, at)) for at in places]
    except struct.error as error:
        raise GateError("the AFCP trailer cannot be read") from error
