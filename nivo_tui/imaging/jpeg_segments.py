"""The marker segments of a JPEG stream (ITU-T T.81, annex B), read without decoding anything."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from nivo_tui.imaging.source import ByteSource

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP1 = 0xE1
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
# In entropy-coded data FF is followed by 00, a restart marker or a fill byte; anything else ends it.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_MOST_SEGMENTS = 100_000
_CHUNK = 4 * 1024 * 1024


@dataclass(slots=True)
class Segment:
    """A marker segment: `start` is where its FF stands, `end` one past its last byte (no entropy data)."""

    marker: int
    start: int
    end: int
    _data_end: int | None = field(default=None, repr=False, compare=False)

    @property
    def is_metadata(self) -> bool:
        """Whether it is an application or comment segment."""
        return 0xE0 <= self.marker <= 0xEF or self.marker == COM

    def data_end(self, source: ByteSource) -> int:
        """Where its data in `source` ends, the entropy-coded data that follows an SOS segment included."""
        if self.marker != SOS:
            return self.end
        if self._data_end is None:
            self._data_end = scan_end(source, self.end)
        return self._data_end


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """The frame header: size in pixels as stored, components, and how the scans are laid out.

    `buffers_whole_picture`: decoding holds all coefficients, whatever the scale asked for (progressive, or
    one scan per component). `scan_start`: where the first entropy-coded data begins.
    """

    width: int
    height: int
    components: int
    buffers_whole_picture: bool
    scan_start: int

    def scaled(self, reduction: int) -> tuple[int, int]:
        """(width, height) of a decode at 1/reduction, as libjpeg rounds it: up."""
        return -(-self.width // reduction), -(-self.height // reduction)


def segments(source: ByteSource, start: int = 0) -> Iterator[Segment]:
    """The segments from SOI to EOI of the picture that begins at `start`, in order.

    Ends quietly where the stream is damaged or ends; a scan's entropy data lies between its SOS segment
    and the next one.
    """
    if source.read(start, 2) != b"\xff\xd8":
        return
    yield Segment(SOI, start, start + 2)
    at = start + 2
    for _ in range(_MOST_SEGMENTS):
        segment = _segment_at(source, at)
        if segment is None:
            return
        yield segment
        if segment.marker == EOI:
            return
        at = segment.data_end(source)


def _segment_at(source: ByteSource, at: int) -> Segment | None:
    """The segment whose marker is the next one at or after `at`; None where the stream is damaged or ends."""
    found = _next_marker(source, at)
    if found is None:
        return None
    marker, at = found
    if marker == EOI or marker in _STANDALONE:
        return Segment(marker, at, at + 2)
    length = source.read(at + 2, 2)
    if len(length) < 2 or (payload := int.from_bytes(length, "big")) < 2:
        return None
    end = at + 2 + payload
    return Segment(marker, at, end) if end <= source.size else None


def scan_end(source: ByteSource, start: int) -> int:
    """Where the entropy-coded data from `start` ends: at the next marker's FF, or at the end of the file."""
    at = start
    while at < source.size:
        chunk = source.view(at, _CHUNK)
        if not chunk:
            break
        found = _SCAN_END.search(chunk)
        if found:
            return at + found.start()
        # The last byte may be the FF of a marker that the next chunk completes.
        step = len(chunk) - 1 if chunk[-1] == 0xFF and at + len(chunk) < source.size else len(chunk)
        at += max(step, 1)
    return source.size


def frame_size(source: ByteSource) -> tuple[int, int] | None:
    """(width, height) that the first frame header gives, which may be 0; None where there is none."""
    for segment in segments(source):
        if segment.marker in _FRAMES:
            body = source.read(segment.start + 5, 4)
            return (int.from_bytes(body[2:], "big"), int.from_bytes(body[:2], "big"))
    return None


def read_header(source: ByteSource) -> JpegHeader | None:
    """The frame header of the first picture; None where there is none with a size."""
    frame: tuple[int, int, int, int] | None = None
    for segment in segments(source):
        if segment.marker in _FRAMES and frame is None:
            body = source.read(segment.start + 4, 6)
            if len(body) < 6:
                return None
            _, height, width, components = struct.unpack(">BHHB", body)
            frame = (segment.marker, width, height, components)
        elif segment.marker == SOS:
            scan = source.read(segment.start + 4, 1)
            return _header(frame, scan[0] if scan else 0, segment.end)
    return _header(frame, 0, source.size)


def _header(frame: tuple[int, int, int, int] | None, in_scan: int, scan_start: int) -> JpegHeader | None:
    if frame is None or not frame[1] or not frame[2]:
        return None
    marker, width, height, components = frame
    buffered = marker in _PROGRESSIVE or in_scan < components
    return JpegHeader(width, height, components, buffered, scan_start)


def _next_marker(source: ByteSource, at: int) -> tuple[int, int] | None:
    """The next marker at or after `at` and where its FF stands; fill bytes and stray bytes are skipped."""
    near = source.read(at, 64)
    while near:
        place = 0
        while (place := near.find(b"\xff", place)) >= 0 and place + 1 < len(near):
            if near[place + 1] not in (0x00, 0xFF):
                return near[place + 1], at + place
            place += 1
        if at + len(near) >= source.size:
            return None
        at += len(near) - 1 if near[-1] == 0xFF else len(near)
        near = source.read(at, _CHUNK)
    return None
