"""The sensor data of raw files with containers of their own: Fujifilm, Canon CRW, Minolta, Sigma."""

from __future__ import annotations

from typing import Literal

from nivo_tui.imaging.source import ByteSource

Extent = tuple[int, int]

_RAF_MAGIC, _RAF_SENSOR = b"FUJIFILMCCD-RAW", 100
_CIFF_RAW_DATA = 0x2005
_CIFF_ENTRY = 10
_X3F_IMAGE = (b"IMAG", b"IMA2")
_MOST_ENTRIES = 4096


def camera_extents(source: ByteSource) -> list[Extent] | None:
    """The byte range of the sensor data, None where the container is not one of these."""
    head = source.read(0, 16)
    if head.startswith(_RAF_MAGIC):
        return _raf(source)
    if head[6:14] == b"HEAPCCDR":
        return _ciff(source, "little" if head[:2] == b"II" else "big")
    if head[:4] == b"\0MRM":
        start = int.from_bytes(head[4:8], "big") + 8
        return [(start, source.size - start)]
    if head[:4] == b"FOVb":
        return _x3f(source)
    return None


def _raf(source: ByteSource) -> list[Extent] | None:
    """The header holds offset and length of preview, tags and sensor data, big-endian."""
    entry = source.read(_RAF_SENSOR, 8)
    return [(int.from_bytes(entry[:4], "big"), int.from_bytes(entry[4:], "big"))] if len(entry) == 8 else None


def _ciff(source: ByteSource, endian: Literal["little", "big"]) -> list[Extent] | None:
    """CIFF 1.0: the root heap's directory stands at its end; its last four bytes say where."""
    start = int.from_bytes(source.read(2, 4), endian)
    directory = start + int.from_bytes(source.read(source.size - 4, 4), endian)
    entries = int.from_bytes(source.read(directory, 2), endian)
    for index in range(min(entries, _MOST_ENTRIES)):
        entry = source.read(directory + 2 + index * _CIFF_ENTRY, _CIFF_ENTRY)
        if int.from_bytes(entry[:2], endian) == _CIFF_RAW_DATA:
            return [(start + int.from_bytes(entry[6:], endian), int.from_bytes(entry[2:6], endian))]
    return None


def _x3f(source: ByteSource) -> list[Extent] | None:
    """The directory's offset is the file's last four bytes; of its image sections the longest counts."""
    directory = int.from_bytes(source.read(source.size - 4, 4), "little")
    if source.read(directory, 4) != b"SECd":
        return None
    entries = int.from_bytes(source.read(directory + 8, 4), "little")
    images: list[Extent] = []
    for index in range(min(entries, _MOST_ENTRIES)):
        entry = source.read(directory + 12 + index * 12, 12)
        if entry[8:] in _X3F_IMAGE:
            images.append((int.from_bytes(entry[:4], "little"), int.from_bytes(entry[4:8], "little")))
    return [max(images, key=lambda image: image[1])] if images else None
