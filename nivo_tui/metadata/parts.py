"""The metadata blocks that a file holds, whatever its container; for looking at, not for editing."""

from __future__ import annotations

from dataclasses import dataclass

from nivo_tui.metadata.containers import jpeg, jpeg_extended
from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.containers.tiff import Ifd, read_tiff
from nivo_tui.model import Format

_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_JPEG_HEAD_BYTES = 64 * 1024
_TIFF_MARKS = (b"II", b"MM")


@dataclass(frozen=True, slots=True)
class Parts:
    """The XMP packet, the IIM datasets and Exif's first directory; None for what is not there."""

    xmp: bytes | None = None
    iptc: bytes | None = None
    main: Ifd | None = None


def parts_of(data: bytes, fmt: Format | None) -> Parts:
    """The blocks of a file's bytes; None for `fmt` stands for a sidecar. Raises nothing for a bad file.

    Of a raw that is no TIFF, ISO media or JPEG inside nothing is looked at: it is never written to.
    """
    if fmt is None:
        return Parts(data)
    if fmt is Format.JPEG:
        return _of_jpeg(data)
    if fmt is Format.PNG:
        from nivo_tui.metadata.containers.png import read_png

        png = read_png(from_bytes(data), len(data))
        return Parts(png.xmp, png.iptc, _main(png.exif))
    if fmt is Format.WEBP:
        from nivo_tui.metadata.containers.webp import read_webp

        webp = read_webp(from_bytes(data), len(data))
        return Parts(webp.xmp, None, _main(webp.exif))
    if fmt in (Format.HEIC, Format.AVIF):
        from nivo_tui.metadata.containers.bmff import read_bmff

        bmff = read_bmff(from_bytes(data), len(data))
        return Parts(bmff.xmp, None, _main(bmff.exif))
    return _of_tiff(data)


def _of_jpeg(data: bytes) -> Parts:
    """The blocks before the first scan; the picture behind it is not looked through."""
    length = _JPEG_HEAD_BYTES
    while True:
        head = data[:length]
        try:
            parts = jpeg.walk(head)
        except jpeg.JpegError:
            return Parts()
        if parts.scan_start is not None or length >= len(data):
            break
        length *= 4
    xmp = jpeg_extended.whole_packet(head, parts)
    return Parts(xmp, jpeg.iptc_resource(head, parts), _main(jpeg.exif_payload(head, parts)))


def _of_tiff(data: bytes) -> Parts:
    from nivo_tui.metadata.iptc import photoshop_iptc

    main = _main(data)
    if main is None:
        return Parts()
    resources = main.raw(_PHOTOSHOP)
    iptc = main.raw(_IPTC) or (photoshop_iptc(resources) if resources else None)
    return Parts(main.raw(_XMP) or None, iptc or None, main)


def _main(tiff: bytes | None) -> Ifd | None:
    if not tiff or tiff[:2] not in _TIFF_MARKS:
        return None
    structure = read_tiff(from_bytes(tiff), pages=False)
    return None if structure is None else structure.first("page")
