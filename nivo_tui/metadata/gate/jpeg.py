"""JPEG, old and new: every segment, the picture, and what lies behind it (ITU-T T.81, Annex B)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nivo_tui.metadata.gate import exif, image, jpeg_trailer, photoshop, second, xmp_extended
from nivo_tui.metadata.gate.ledger import GateError, Ledger
from nivo_tui.metadata.gate.ranges import same_bytes
from nivo_tui.model import Format

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_MPF = b"MPF\0"
_APP1, _APP2, _APP13 = 0xE1, 0xE2, 0xED
_MOST_SEGMENTS = 65_536
_LONGEST_HEADER = 40
_NO_SCAN = b"\xff\xda\0\2\xff\xd9"


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment: its marker, which block of metadata it belongs to ("" for none), and its payload."""

    marker: int
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Jpeg:
    """The segments before the first scan, the bytes between them that belong to none, and its offset."""

    data: bytes
    segments: tuple[_Segment, ...]
    between: bytes
    scan: int

    def payloads(self, kind: str, header: int) -> list[bytes]:
        """The payloads of the segments of a kind, without their header."""
        return [self.data[s.start + header : s.end] for s in self.segments if s.kind == kind]

    def first(self, kind: str) -> _Segment | None:
        """The first segment of a kind."""
        return next((segment for segment in self.segments if segment.kind == kind), None)


def check(old: bytes, new: bytes, image_end: int, ledger: Ledger) -> None:
    """Raise GateError unless nothing but the blocks of metadata changes, and these as they should.

    `image_end` is where the first picture of the old file ends.
    """
    before, after = _read(old), _read(new)
    if before.between != after.between:
        raise GateError("bytes between the segments would change")
    kinds = {"xmp"} | {"extended"} | ({"iptc"} if ledger.touches_iptc else set())
    kinds |= {"exif"} if ledger.touches_exif else set()
    _check_segments(before, after, kinds)
    _check_tail(before, after, image_end)
    _check_image(before, after)
    index, new_index = before.first("mpf"), after.first("mpf")
    if index is not None and new_index is not None:
        header = len(_MPF)
        ranges = (index.start + header, index.end), (new_index.start + header, new_index.end)
        jpeg_trailer.check_further_images(old, new, *ranges, after.scan - before.scan)
    _check_xmp(before, after, ledger)
    _check_exif(before, after, ledger)
    _check_iptc(before, after, ledger)


def _read(data: bytes) -> _Jpeg:
    if data[:2] != b"\xff\xd8":
        raise GateError("it is no JPEG any more")
    position, behind = 2, 2
    segments: list[_Segment] = []
    between = []
    for _ in range(_MOST_SEGMENTS):
        position = data.find(b"\xff", position)
        marker = data[position + 1] if 0 <= position < len(data) - 1 else -1
        if marker in (0x00, 0xFF):
            position += 1
            continue
        if marker == 0xDA:
            between.append(data[behind:position])
            return _Jpeg(data, tuple(segments), b"".join(between), position)
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
            continue
        if marker < 0 or marker in (0xD8, 0xD9) or position + 4 > len(data):
            raise GateError("its segments cannot be followed")
        between.append(data[behind:position])
        (length,) = struct.unpack_from(">H", data, position + 2)
        start, behind = position + 4, position + 2 + max(length, 2)
        segments.append(_Segment(marker, _kind(marker, data[start : start + _LONGEST_HEADER]), start, behind))
        position = behind
    raise GateError("it has more segments than any picture")


def _kind(marker: int, head: bytes) -> str:
    if marker == _APP1:
        if head.startswith(_XMP):
            return "xmp"
        if head.startswith(xmp_extended.HEADER):
            return "extended"
        return "exif" if head.startswith(_EXIF) else ""
    if marker == _APP2:
        return "mpf" if head.startswith(_MPF) else ""
    return "iptc" if marker == _APP13 and head.startswith(_PHOTOSHOP) else ""


def _check_segments(before: _Jpeg, after: _Jpeg, kinds: set[str]) -> None:
    """All segments in order and with the same bytes, but for those of the `kinds`, looked at apart."""
    kept = [s for s in before.segments if s.kind not in kinds]
    found = [s for s in after.segments if s.kind not in kinds]
    if len(kept) != len(found):
        raise GateError("a segment would be lost")
    for old, new in zip(kept, found, strict=True):
        length = old.end - old.start
        is_same = old.marker == new.marker and length == new.end - new.start
        # The offsets in the index of further images move along; it is looked at apart.
        if is_same and not (old.kind == new.kind == "mpf"):
            is_same = same_bytes(before.data, old.start, after.data, new.start, length)
        if not is_same:
            raise GateError(f"a segment FF {old.marker:02X} would change")


def _check_tail(before: _Jpeg, after: _Jpeg, image_end: int) -> None:
    """From the first scan to the end of the file nothing may change but the offsets of an AFCP trailer."""
    old, new = before.data, after.data
    length = len(old) - before.scan
    if length != len(new) - after.scan:
        raise GateError("the picture or what follows it would change its length")
    if same_bytes(old, before.scan, new, after.scan, length):
        block, new_block = before.first("exif"), after.first("exif")
        if block is not None and new_block is not None:
            bases = block.start + len(_EXIF), new_block.start + len(_EXIF)
            shifts = bases[1] - bases[0], after.scan - before.scan
            jpeg_trailer.check_previews(old, (bases[0], block.end), image_end, *shifts)
        return
    jpeg_trailer.check_afcp(old, new, before.scan, after.scan, image_end)


def _check_image(before: _Jpeg, after: _Jpeg) -> None:
    """The image data must be what it was, as the code sees it that tells photos by it.

    From the scan on both files are known to be the same, so that a picture of no scan stands for each.
    """
    short = [part.data[: part.scan] + _NO_SCAN for part in (before, after)]
    extents = [image.extents_of(data, Format.JPEG) for data in short]
    image.require_same(short[0], extents[0], short[1], extents[1])


def _check_xmp(before: _Jpeg, after: _Jpeg, ledger: Ledger) -> None:
    packets = [part.payloads("xmp", len(_XMP)) for part in (before, after)]
    if max(len(found) for found in packets) > 1:
        raise GateError("it would hold two XMP packets")
    old, new = (found[0] if found else None for found in packets)
    header = len(xmp_extended.HEADER)
    xmp_extended.check(
        old, new, before.payloads("extended", header), after.payloads("extended", header), ledger
    )


def _check_exif(before: _Jpeg, after: _Jpeg, ledger: Ledger) -> None:
    if ledger.touches_exif:
        old, new = before.payloads("exif", len(_EXIF)), after.payloads("exif", len(_EXIF))
        if old != new:
            if max(len(old), len(new)) > 1:
                raise GateError("it would hold two Exif blocks")
            exif.check(old[0] if old else None, new[0] if new else None, ledger)
    if before.first("exif") is not None:
        second.check_exif(before.data[: before.scan], after.data[: after.scan], ledger)


def _check_iptc(before: _Jpeg, after: _Jpeg, ledger: Ledger) -> None:
    if ledger.touches_iptc:
        header = len(_PHOTOSHOP)
        old, new = before.payloads("iptc", header), after.payloads("iptc", header)
        block = photoshop.check(b"".join(old), b"".join(new), ledger)
        if old != new:
            second.check_iptc(new, block)
