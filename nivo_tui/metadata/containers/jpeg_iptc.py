"""The IPTC of a JPEG: resource 0x0404 in its Photoshop segments (APP13), and the exchange of it."""

from __future__ import annotations

from nivo_tui.metadata.containers import photoshop
from nivo_tui.metadata.containers.jpeg import (
    APP13,
    PHOTOSHOP_HEADER,
    JpegError,
    JpegParts,
    Segment,
    segments_with,
)
from nivo_tui.metadata.edits import Edit

MOST_RESOURCES = 0xFFFF - 2 - len(PHOTOSHOP_HEADER)
"""Bytes that the image resources of a segment may have."""

_OLD_HEADER = b"Adobe_Photoshop2.5:"
_BARE_IPTC = (b"\x1c\x01", b"\x1c\x02")


class JpegIptc:
    """The Photoshop segments of a JPEG."""

    def __init__(self, data: bytes, parts: JpegParts) -> None:
        self._segments = segments_with(data, parts, APP13, PHOTOSHOP_HEADER)
        self._resources = [data[s.payload_start + len(PHOTOSHOP_HEADER) : s.end] for s in self._segments]
        self._iptc = [photoshop.iptc_of(resources) for resources in self._resources]
        self.block = next((iptc for iptc in self._iptc if iptc is not None), None) or None
        self.refusal = self._refusal(data, parts)

    @property
    def holder(self) -> Segment | None:
        """The segment that holds the IPTC."""
        pairs = zip(self._segments, self._iptc, strict=True)
        return next((segment for segment, iptc in pairs if iptc is not None), None)

    def _refusal(self, data: bytes, parts: JpegParts) -> str | None:
        for segment in parts.header:
            if segment.marker == APP13 and data.startswith((_OLD_HEADER, *_BARE_IPTC), segment.payload_start):
                return "its IPTC is in a segment of an unusual form"
        for resources in self._resources:
            refusal = photoshop.resources_refusal(resources)
            if refusal:
                return refusal
        holders = sum(iptc is not None for iptc in self._iptc)
        if holders > 1:
            return "it holds IPTC twice, and which one counts is not clear"
        digests = [n for n, resources in enumerate(self._resources) if photoshop.has_digest(resources)]
        if any(self._iptc[n] is None for n in digests) and (holders or len(self._segments) > 1):
            return "its Photoshop resources are spread over several segments"
        return None

    def edit(self, iptc: bytes | None, place_of_new: int) -> list[Edit]:
        """The edits that exchange the IPTC (None removes it); a new segment goes to `place_of_new`, or behind
        the others of its kind where these are full.

        Raises JpegError where `refusal` gives a reason, or a segment would become too long.
        """
        if self.refusal:
            raise JpegError(self.refusal)
        holder = self.holder
        number = 0 if holder is None else self._segments.index(holder)
        if iptc is None and holder is None:
            return []
        if not self._segments:
            return [Edit(place_of_new, 0, _segment(photoshop.with_iptc(b"", iptc)))]
        segment = self._segments[number]
        resources = photoshop.with_iptc(self._resources[number], iptc)
        if len(resources) > MOST_RESOURCES and holder is None:
            return [Edit(self._segments[-1].end, 0, _segment(photoshop.with_iptc(b"", iptc)))]
        new = _segment(resources) if resources.strip(b"\0") else b""
        return [Edit(segment.start, segment.end - segment.start, new)]


def _segment(resources: bytes) -> bytes:
    if len(resources) > MOST_RESOURCES:
        raise JpegError(
            f"its IPTC and the other Photoshop resources would have {len(resources):,} bytes; "
            f"a JPEG segment holds {MOST_RESOURCES:,}"
        )
    length = 2 + len(PHOTOSHOP_HEADER) + len(resources)
    return b"\xff\xed" + length.to_bytes(2, "big") + PHOTOSHOP_HEADER + resources
