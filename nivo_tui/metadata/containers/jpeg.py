"""JPEG: its segments, the metadata payloads in them, and the edit of the XMP segment.

Structure after ITU-T T.81 annex B; APP1 and APP13 payloads after Exif 2.32 (4.5.4), XMP Specification
Part 3 (1.1.3) and the Photoshop File Formats Specification (image resources); APP2 "MPF" after CIPA DC-007.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nivo_tui.errors import RefusedError

SOI, EOI, SOS, TEM = 0xD8, 0xD9, 0xDA, 0x01
APP0, APP1, APP2, APP11, APP13 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
EXIF_HEADER = b"Exif\0"
EXIF_HEADER_LENGTH = 6
PHOTOSHOP_HEADER = b"Photoshop 3.0\0"
MPF_HEADER = b"MPF\0"
IPTC_RESOURCE = 0x0404

_RESTARTS = range(0xD0, 0xD8)
# In entropy-coded data FF 00 is a stuffed byte, FF D0-D7 a restart and FF FF a fill: all else is a marker.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class JpegError(RefusedError):
    """The bytes are no JPEG, or one whose structure cannot be followed."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: offsets of its 0xFF, of its payload (after the length) and of the byte after it."""

    marker: int
    start: int
    payload_start: int
    end: int


@dataclass(frozen=True, slots=True)
class JpegParts:
    """Where the parts of the primary image lie.

    `segments` are all that carry a length, in file order, those between scans included. `scan_start` is
    the offset of the first SOS marker, None where there is none. `image_end` is the offset just past the
    EOI of the primary image, None where that is missing. `problem` says what breaks the structure of the
    segments before the first scan; the segments up to there are given.
    """

    segments: tuple[Segment, ...]
    scan_start: int | None
    image_end: int | None
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the primary image has a scan and an end."""
        return self.scan_start is not None and self.image_end is not None

    @property
    def header(self) -> tuple[Segment, ...]:
        """The segments before the first scan."""
        if self.scan_start is None:
            return self.segments
        return tuple(s for s in self.segments if s.start < self.scan_start)


def walk(data: bytes) -> JpegParts:
    """Follow the markers of the primary image. Raises JpegError where the data is no JPEG at all."""
    if len(data) < 4 or data[0] != 0xFF or data[1] != SOI:
        raise JpegError("this is not a JPEG: it does not begin with FF D8")
    segments: list[Segment] = []
    scan_start: int | None = None
    position = 2
    while True:
        mark = _next_marker(data, position, in_scan=scan_start is not None)
        if mark < 0:
            return _parts(segments, scan_start, None, "it ends before its picture begins")
        marker = data[mark + 1]
        if marker == EOI:
            return _parts(segments, scan_start, mark + 2, "it holds no picture")
        if marker == SOI:
            return _parts(segments, scan_start, None, "a second picture begins before the first")
        if marker == TEM or marker in _RESTARTS or (scan_start is not None and marker < 0xC0):
            position = mark + 2
            continue
        end = mark + 2 + int.from_bytes(data[mark + 2 : mark + 4], "big")
        if mark + 4 > len(data) or end < mark + 4 or end > len(data):
            return _parts(segments, scan_start, None, f"the segment at byte {mark} is longer than the file")
        segments.append(Segment(marker, mark, mark + 4, end))
        if marker == SOS and scan_start is None:
            scan_start = mark
        position = end


def _next_marker(data: bytes, position: int, *, in_scan: bool) -> int:
    """The offset of the next marker's FF. Before the first scan, stray bytes are passed as decoders do."""
    if in_scan:
        found = _MARKER_IN_SCAN.search(data, position)
        return found.start() if found else -1
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            return -1
        if data[position + 1] not in (0x00, 0xFF):
            return position
        position += 1


def _parts(segments: list[Segment], scan: int | None, end: int | None, problem: str) -> JpegParts:
    return JpegParts(tuple(segments), scan, end, problem if scan is None else None)


def payload(data: bytes, segment: Segment) -> bytes:
    """The bytes of a segment after its length."""
    return data[segment.payload_start : segment.end]


def segments_with(data: bytes, parts: JpegParts, marker: int, header: bytes) -> tuple[Segment, ...]:
    """The segments of a marker, before the first scan, whose payload begins with a header."""
    return tuple(
        s for s in parts.header if s.marker == marker and data.startswith(header, s.payload_start, s.end)
    )


def xmp_packet(data: bytes, parts: JpegParts) -> bytes | None:
    """The main XMP packet (the first, where a file wrongly has two); extended XMP is not joined to it."""
    found = segments_with(data, parts, APP1, XMP_HEADER)
    return payload(data, found[0])[len(XMP_HEADER) :] if found else None


def exif_payload(data: bytes, parts: JpegParts) -> bytes | None:
    """The TIFF structure of the first Exif segment, from its byte order mark on."""
    found = segments_with(data, parts, APP1, EXIF_HEADER)
    return payload(data, found[0])[EXIF_HEADER_LENGTH:] if found else None


def iptc_resource(data: bytes, parts: JpegParts) -> bytes | None:
    """The IPTC-IIM block: the first Photoshop image resource 0x0404, None where there is none to be read."""
    return next((body for number, body in photoshop_resources(data, parts) if number == IPTC_RESOURCE), None)


def photoshop_resources(data: bytes, parts: JpegParts) -> list[tuple[int, bytes]]:
    """The image resources (number, bytes) of all APP13 segments, which are parts of one stream.

    A resource is "8BIM", a number, a Pascal name padded to even length, a length and padded bytes; the
    list ends where that form ends.
    """
    found = segments_with(data, parts, APP13, PHOTOSHOP_HEADER)
    stream = b"".join(payload(data, s)[len(PHOTOSHOP_HEADER) :] for s in found)
    resources: list[tuple[int, bytes]] = []
    position = 0
    while position + 12 <= len(stream) and stream[position : position + 4] in _RESOURCE_SIGNATURES:
        number = int.from_bytes(stream[position + 4 : position + 6], "big")
        name = stream[position + 6] + 1
        position += 6 + name + name % 2
        length = int.from_bytes(stream[position : position + 4], "big")
        body = stream[position + 4 : position + 4 + length]
        if len(body) < length:
            break
        resources.append((number, body))
        position += 4 + length + length % 2
    return resources


_RESOURCE_SIGNATURES = (b"8BIM", b"AgHg", b"DCSR", b"PHUT", b"MeSa")
