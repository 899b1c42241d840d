"""Which files are photos, by name and by content. Nothing here opens a file or imports anything heavy."""

from __future__ import annotations

import re
import struct
from pathlib import PurePath

from nivo_tui.model import Format

HEAD_BYTES = 64 * 1024
"""How much of a file's beginning `sniff` wants to see; less is allowed."""

_BY_EXTENSION = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), Format.JPEG),
    **dict.fromkeys(("heic", "heif", "hif", "heics", "heifs"), Format.HEIC),
    **dict.fromkeys(("avif", "avifs"), Format.AVIF),
    **dict.fromkeys(("png", "apng"), Format.PNG),
    **dict.fromkeys(("tif", "tiff"), Format.TIFF),
    "webp": Format.WEBP,
    "dng": Format.DNG,
    **dict.fromkeys(("nef", "nrw"), Format.NEF),
    "cr2": Format.CR2,
    "cr3": Format.CR3,
    **dict.fromkeys(("arw", "sr2", "srf"), Format.ARW),
    "raf": Format.RAF,
    "rw2": Format.RW2,
    **dict.fromkeys(("orf", "ori"), Format.ORF),
    "pef": Format.PEF,
    "srw": Format.SRW,
    **dict.fromkeys(
        "crw 3fr fff iiq cap erf kdc dcr dcs k25 mrw mdc mef mos x3f rwl raw gpr bay".split(), Format.RAW
    ),
}
_VIDEO = frozenset("mov mp4 m4v avi mkv mts m2ts mpg mpeg 3gp 3g2 wmv webm insv lrv crm".split())
_SIDECAR = frozenset("xmp aae pp3 dop on1 nksc nkd arp rrdata cos thm vrd dr4 comask".split())
_BACKUP = re.compile(r"(?:\.original(?:\.\d+)?|_original)$", re.IGNORECASE)
_TEMPORARY = ".nivo-"
_RESOURCE_FORK = "._"

_HEIF_BRANDS = frozenset(
    (
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"mif2",
        b"msf1",
        b"jpeg",
    )
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_RAW_MAGIC = (
    (b"FUJIFILMCCD-RAW", Format.RAF),
    (b"IIU\0", Format.RW2),
    (b"IIRO", Format.ORF),
    (b"IIRS", Format.ORF),
    (b"MMOR", Format.ORF),
    (b"\0MRM", Format.RAW),
    (b"FOVb", Format.RAW),
    (b"II\x1a\0\0\0HEAPCCDR", Format.RAW),
)
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
_DNG_VERSION = 0xC612
_IFD_ENTRY_BYTES = 12
_MOST_ENTRIES = 4096


def format_of_name(name: str) -> Format | None:
    """The format a file's name promises, None where it is no photo's name.

    macOS resource forks (`._IMG_1.JPG`), backups and temporary files carry a photo's name and are none.
    """
    base = PurePath(name).name
    if base.startswith(_RESOURCE_FORK) or is_temporary(base) or is_backup(base):
        return None
    return _BY_EXTENSION.get(_extension(base))


def is_video(name: str) -> bool:
    """Whether the name is a video's."""
    return _extension(name) in _VIDEO


def is_sidecar(name: str) -> bool:
    """Whether the name is that of metadata or edits another program keeps beside a photo."""
    return _extension(name) in _SIDECAR


def is_backup(name: str) -> bool:
    """Whether the name is a backup's: `.original`, `.original.2`, or exiftool's `.jpg_original`."""
    return _BACKUP.search(name) is not None


def is_temporary(name: str) -> bool:
    """Whether the name is that of a file this program was about to put in place."""
    return _TEMPORARY in PurePath(name).name


def sniff(head: bytes, name: str) -> Format | None:
    """The format of a file by its first bytes; the name decides only between raws that share TIFF's magic.

    `head` is the beginning of the file, up to 64 KiB. None where the content is no known photo, whatever
    the name says. A JPEG called `.nef` is JPEG.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head, name)
    for magic, raw in _RAW_MAGIC:
        if head.startswith(magic):
            return raw
    order = _TIFF_ORDERS.get(head[:4])
    return _tiff_kind(head, order, name) if order else None


def _extension(name: str) -> str:
    return PurePath(name).suffix[1:].lower()


def _by_brand(head: bytes, name: str) -> Format | None:
    """ISO/IEC 14496-12, 4.3: major brand, minor version, compatible brands up to the end of the box."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, 512, len(head)), 4))]
    if brands[0] == b"crx ":
        return Format.CR3
    if any(brand in _AVIF_BRANDS for brand in brands):
        return Format.AVIF
    if any(brand in _HEIF_BRANDS for brand in brands):
        return Format.AVIF if format_of_name(name) is Format.AVIF else Format.HEIC
    return None


def _tiff_kind(head: bytes, order: str, name: str) -> Format:
    named = format_of_name(name)
    if head[8:10] == b"CR" and head[:4] == b"II*\0":
        return Format.CR2
    if _has_first_ifd_tag(head, order, _DNG_VERSION):
        return Format.DNG
    return named if named is not None and named.is_raw else Format.TIFF


def _has_first_ifd_tag(head: bytes, order: str, wanted: int) -> bool:
    """Whether IFD0 of a classic TIFF has the tag, as far as `head` reaches (TIFF 6.0, section 2)."""
    if head[2:4] not in (b"*\0", b"\0*") or len(head) < 8:
        return False
    (at,) = struct.unpack_from(order + "L", head, 4)
    if at + 2 > len(head):
        return False
    (count,) = struct.unpack_from(order + "H", head, at)
    for entry in range(min(count, _MOST_ENTRIES)):
        where = at + 2 + entry * _IFD_ENTRY_BYTES
        if where + 2 > len(head):
            return False
        if struct.unpack_from(order + "H", head, where)[0] == wanted:
            return True
    return False
