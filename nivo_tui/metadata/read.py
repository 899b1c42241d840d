"""Reading a photo's metadata: its container's Exif, XMP and IPTC, and its sidecars, merged into one.

Read-only, and by ranges: the head of a JPEG, the directories of a TIFF, the item table of a HEIC. What a
file is is told by its first bytes; the format it was given as decides about sidecars alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nivo_tui.errors import UnreadableError
from nivo_tui.metadata import exif, iptc, iptc_charset, sidecar_read
from nivo_tui.metadata.containers import jpeg, jpeg_extended
from nivo_tui.metadata.containers.source import FileSource, ReadAt, from_bytes, part
from nivo_tui.metadata.containers.tiff import Ifd, Tiff, read_header, read_tiff
from nivo_tui.metadata.dates import parse_date
from nivo_tui.model import Capture, FileMetadata, Format

if TYPE_CHECKING:
    from lxml import etree

    from nivo_tui.metadata.xmp import XmpFacts

_MOST_JPEG_HEAD = 16 * 1024 * 1024
_MOST_SEGMENT_BYTES = 64 * 1024
_MOST_SEGMENTS = 4096
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WIDTH, _HEIGHT, _SUBFILE_TYPE = 0x0100, 0x0101, 0x00FE
_RW2_MAGIC, _RW2_BORDERS, _RW2_JPEG = 0x55, (4, 5, 6, 7), 0x002E
_IIM_KEYWORD_BYTES = 64
_REPEATED_IN_XMP = ("make", "lens", "aperture", "exposure_s", "iso", "focal_mm", "gps")


@dataclass(slots=True)
class _Found:
    """What a container gave, before it is merged. Titles and descriptions are PNG's own texts."""

    exif: exif.ExifFacts = field(default_factory=exif.ExifFacts)
    xmp: bytes | None = None
    iptc: bytes | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    title: str | None = None
    description: str | None = None
    modified: datetime | None = None
    problems: list[str] = field(default_factory=list)


def read_metadata(
    path: str, fmt: Format, sidecars: bool = True, names: Collection[str] | None = None
) -> FileMetadata:
    """What the file at `path` says of itself, and with `sidecars` what theirs say.

    `names` are the names in its folder where the caller knows them, which spares looking for sidecars.
    What cannot be understood becomes a line of `problems`. Raises UnreadableError where the file cannot
    be opened or read. See `metadata_from` for the meaning of size and orientation.
    """
    if "\0" in path:
        raise UnreadableError(f"{path!r} cannot be read: no file has such a name")
    try:
        with Path(path).open("rb", buffering=0) as file:
            source = FileSource(file)
            found = _gather(source.read_at, source.size, fmt)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}") from error
    beside = sidecar_read.packets(path, fmt, names, found.problems) if sidecars else ()
    roots = [_root(packet, f"the sidecar {name}", found.problems) for name, packet in beside]
    return _merged(found, [root for root in roots if root is not None])


def metadata_from(read_at: ReadAt, size: int, fmt: Format) -> FileMetadata:
    """What a file of `size` bytes says of itself, without its sidecars. Never raises by itself.

    `width` and `height` are those stored, before `orientation` is applied: from the frame header (JPEG),
    IHDR, the canvas (WebP), the largest image (TIFF, DNG, RAW). `orientation` is Exif's, except in HEIC
    and AVIF: there clap, irot and imir govern and every decoder applies them, so that 1 is given whatever
    Exif says, and the size is the primary item's after them. So size and orientation together always
    give the size as shown.
    """
    return _merged(_gather(read_at, size, fmt), ())


def _gather(read_at: ReadAt, size: int, fmt: Format) -> _Found:
    head = read_at(0, 16)
    found = _Found()
    if head.startswith(b"\xff\xd8"):
        _from_jpeg(found, read_at, size)
    elif head.startswith(b"\x89PNG"):
        _from_png(found, read_at, size)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _from_webp(found, read_at, size)
    elif head[4:8] == b"ftyp":
        _from_bmff(found, read_at, size, raw=head[8:12] == b"crx ")
    elif head.startswith(b"FUJIFILMCCD-RAW"):
        _from_raf(found, read_at, size)
    elif read_header(read_at):
        _from_tiff(found, read_at, size)
    else:
        found.problems.append(f"its metadata cannot be read: the file does not begin as a {fmt.value} does")
    return found


def _from_jpeg(found: _Found, read_at: ReadAt, size: int) -> None:
    head, parts = _jpeg_head(read_at, size)
    if parts is None or parts.scan_start is None:
        found.problems.append("the JPEG has no picture data within its first bytes")
    if parts is None:
        return
    for segment in parts.header:
        if segment.marker in _JPEG_SIZES and segment.end - segment.payload_start >= 5:
            at = segment.payload_start + 1
            found.height = int.from_bytes(head[at : at + 2], "big") or None
            found.width = int.from_bytes(head[at + 2 : at + 4], "big") or None
    _take_exif(found, jpeg.exif_payload(head, parts))
    found.xmp = jpeg_extended.whole_packet(head, parts)
    found.iptc = jpeg.iptc_resource(head, parts)


def _jpeg_head(read_at: ReadAt, size: int) -> tuple[bytes, jpeg.JpegParts | None]:
    """As much of the file as it takes to reach the first scan, and its parts."""
    length = 64 * 1024
    while True:
        head = read_at(0, length)
        try:
            parts = jpeg.walk(head)
        except jpeg.JpegError:
            return head, None
        if parts.scan_start is not None or length >= min(size, _MOST_JPEG_HEAD):
            return head, parts
        # A segment has at most 64 KiB: where more is behind the last, or they are countless, no scan comes.
        behind = parts.segments[-1].end if parts.segments else 0
        if len(head) - behind > 2 * _MOST_SEGMENT_BYTES or len(parts.segments) > _MOST_SEGMENTS:
            return head, parts
        length *= 4


def _from_png(found: _Found, read_at: ReadAt, size: int) -> None:
    from nivo_tui.metadata.containers.png import read_png

    facts = read_png(read_at, size)
    found.problems.extend(facts.problems)
    found.width, found.height = facts.width, facts.height
    found.title, found.description, found.modified = facts.title, facts.description, facts.modified
    _take_exif(found, facts.exif)
    found.xmp = facts.xmp or found.xmp
    if facts.iptc:
        found.iptc = facts.iptc if facts.iptc[:1] == b"\x1c" else iptc.photoshop_iptc(facts.iptc)


def _from_webp(found: _Found, read_at: ReadAt, size: int) -> None:
    from nivo_tui.metadata.containers.webp import read_webp

    facts = read_webp(read_at, size)
    found.problems.extend(facts.problems)
    found.width, found.height = facts.width, facts.height
    _take_exif(found, facts.exif)
    found.xmp = facts.xmp or found.xmp


def _from_bmff(found: _Found, read_at: ReadAt, size: int, *, raw: bool) -> None:
    from nivo_tui.metadata.containers.bmff import read_bmff

    facts = read_bmff(read_at, size)
    found.problems.extend(facts.problems)
    found.width, found.height = facts.shown_size
    _take_exif(found, facts.exif)
    if not raw:
        found.orientation = 1
    if facts.tiffs:
        main, details, gps = (_first_page(facts.tiffs.get(kind)) for kind in (b"CMT1", b"CMT2", b"CMT4"))
        found.exif = exif.facts_of(main, details, gps)
        size_of_main = _stored_size(main) if main else None
        if size_of_main:
            found.width, found.height = size_of_main
    found.xmp = facts.xmp or found.xmp


def _from_raf(found: _Found, read_at: ReadAt, size: int) -> None:
    from nivo_tui.metadata.containers.raf import read_raf

    facts = read_raf(read_at, size)
    if facts is None or facts.jpeg_length == 0:
        found.problems.append("the RAF has no preview, where its metadata would be")
        return
    _from_jpeg(found, part(read_at, facts.jpeg_offset, facts.jpeg_length), facts.jpeg_length)
    found.width, found.height = facts.width or found.width, facts.height or found.height


def _from_tiff(found: _Found, read_at: ReadAt, size: int) -> None:
    structure = read_tiff(read_at)
    if structure is None or not structure.ifds:
        found.problems.append("the TIFF has no directory that can be read")
        return
    if structure.magic == _RW2_MAGIC:
        _from_rw2(found, structure, read_at, size)
    else:
        _take_main_image(found, structure)
    preview = found.exif
    found.exif = exif.facts_from(structure)
    if preview.capture != Capture():
        found.exif = replace(found.exif, capture=_filled(found.exif.capture, preview.capture))
    found.width = found.width or found.exif.width
    found.height = found.height or found.exif.height
    found.xmp = found.exif.xmp or found.xmp
    found.iptc = found.exif.iptc or found.iptc
    if found.iptc is None and found.exif.photoshop:
        found.iptc = iptc.photoshop_iptc(found.exif.photoshop)


def _from_rw2(found: _Found, structure: Tiff, read_at: ReadAt, size: int) -> None:
    """Panasonic's raw: its Exif lies in the preview; the size is what the sensor's borders enclose."""
    main = structure.ifds[0]
    place = main.location(_RW2_JPEG)
    if place and place[0] < size:
        _from_jpeg(found, part(read_at, *place), place[1])
    found.width = found.height = None
    top, left, bottom, right = (main.integer(tag) or 0 for tag in _RW2_BORDERS)
    if bottom > top and right > left:
        found.width, found.height = right - left, bottom - top


def _take_main_image(found: _Found, structure: Tiff) -> None:
    """Size and orientation of the largest image that is not marked as a reduced one; ties go to the first."""
    best: tuple[bool, int] | None = None
    for ifd in structure.ifds:
        size = _stored_size(ifd) if ifd.kind in ("page", "sub") else None
        if size is None:
            continue
        reduced = (ifd.integer(_SUBFILE_TYPE) or 0) & 1
        rank = (not reduced, size[0] * size[1])
        if best is None or rank > best:
            best = rank
            found.width, found.height = size
            found.orientation = exif.orientation_of(ifd) if ifd.kind == "page" else None


def _stored_size(ifd: Ifd) -> tuple[int, int] | None:
    width, height = ifd.integer(_WIDTH), ifd.integer(_HEIGHT)
    if width is None or height is None or not (0 < width < 2**31 and 0 < height < 2**31):
        return None
    return width, height


def _first_page(data: bytes | None) -> Ifd | None:
    structure = read_tiff(from_bytes(data), pages=False) if data else None
    return structure.first("page") if structure else None


def _take_exif(found: _Found, data: bytes | None) -> None:
    """Exif of a container that holds it as a block: its TIFF structure, without the thumbnail's directory."""
    if not data:
        return
    structure = read_tiff(from_bytes(data), pages=False)
    if structure is None or not structure.ifds:
        found.problems.append("the Exif block cannot be read")
        return
    found.exif = exif.facts_from(structure)
    found.xmp, found.iptc = found.exif.xmp, found.exif.iptc


def _filled(capture: Capture, other: Capture) -> Capture:
    """A capture with what it lacks taken from another; its time only together with where that came from."""
    names = [name for name in Capture.__dataclass_fields__ if name not in ("taken_at", "taken_from")]
    missing = {name: getattr(other, name) for name in names if getattr(capture, name) is None}
    if capture.taken_from not in ("original", "digitized") and other.taken_at:
        missing |= {"taken_at": other.taken_at, "taken_from": other.taken_from}
    return replace(capture, **missing)


def _root(packet: bytes | None, where: str, problems: list[str]) -> etree._Element | None:
    """The parsed packet; None where there is none, or it cannot be understood, which is a problem."""
    if not packet or not packet.strip(b" \t\r\n\0"):
        return None
    # The XML library costs more than all the rest: it is loaded for the first photo that has a packet.
    from nivo_tui.metadata import xmp_lenient

    root, problem = xmp_lenient.read(packet)
    if problem:
        how = "is damaged, and was read as far as it goes" if root is not None else "cannot be understood"
        problems.append(f"{where} {how}: {problem}")
    return root


def _facts(root: etree._Element) -> XmpFacts:
    from nivo_tui.metadata import xmp

    return xmp.facts(root)


def _merged(found: _Found, beside: Iterable[etree._Element]) -> FileMetadata:
    """One answer: keywords are the union in order; of single values the sidecar's comes before the file's."""
    own = _root(found.xmp, "the XMP packet", found.problems)
    sidecar_roots = list(beside)
    inside = None if own is None else _facts(own)
    sidecars = [_facts(root) for root in sidecar_roots]
    captions = iptc.read_iptc(found.iptc) if found.iptc else iptc.IptcFacts()
    if not captions.complete:
        found.problems.append("the IPTC block ends within a value; what stands before it was read")
    in_order = [inside, *sidecars] if inside else sidecars
    newest_first = [*sidecars, inside] if inside else sidecars
    capture = _capture(found, sidecar_roots if own is None else [own, *sidecar_roots], in_order)
    # A date that cannot be matters where none took its place.
    absurd = found.exif.problems if capture.taken_from in (None, "modified") else ()
    return FileMetadata(
        capture=capture,
        orientation=found.orientation or found.exif.orientation or 1,
        width=found.width,
        height=found.height,
        keywords=_keywords(inside, captions, found.exif.xp_keywords, sidecars),
        hierarchies=_union(*(facts.hierarchies for facts in in_order)),
        people=_union(*(facts.people for facts in in_order)),
        title=_first(
            *(facts.title for facts in newest_first), captions.title, found.exif.xp_title, found.title
        ),
        description=_first(
            *(facts.description for facts in newest_first), captions.caption, found.exif.description,
            found.exif.xp_comment, found.description,
        ),
        rating=next((facts.rating for facts in newest_first if facts.rating is not None), found.exif.rating),
        label=_first(*(facts.label for facts in newest_first)),
        problems=(*found.problems, *absurd),
    )  # fmt: skip


def _capture(found: _Found, roots: list[etree._Element], packets: list[XmpFacts]) -> Capture:
    """Exif's capture, filled from what XMP repeats of it.

    Where Exif knows no time of taking, XMP's stands in, then the satellites', then that of a change.
    """
    capture = found.exif.capture
    if roots and any(getattr(capture, name) is None for name in _REPEATED_IN_XMP):
        from nivo_tui.metadata import xmp_capture

        for root in roots:
            capture = _filled(capture, xmp_capture.capture_of(root))
    if capture.taken_from in ("original", "digitized"):
        return capture
    for facts in packets:
        taken = parse_date(facts.create_date) if facts.create_date else None
        if taken:
            return replace(capture, taken_at=taken, taken_from="xmp")
    if capture.taken_at is None and found.modified:
        return replace(capture, taken_at=found.modified, taken_from="modified")
    return capture


def _keywords(
    inside: XmpFacts | None, captions: iptc.IptcFacts, windows: tuple[str, ...], sidecars: list[XmpFacts]
) -> tuple[str, ...]:
    """XMP's, IPTC's, Windows' and the sidecars' keywords. One that IIM had to cut is not another keyword."""
    whole = [keyword for facts in [*([inside] if inside else []), *sidecars] for keyword in facts.keywords]
    cut = {short for keyword in whole for short in _cut(keyword)}
    legacy = [keyword for keyword in captions.keywords if keyword not in cut]
    first = inside.keywords if inside else ()
    return _union(first, legacy, windows, *(facts.keywords for facts in sidecars))


def _cut(keyword: str) -> tuple[str, ...]:
    """What programs leave of a keyword in IIM's 64 bytes (IIM 4.2, 2:25); none where it has no more."""
    data = keyword.encode("utf-8", "replace")
    if len(data) <= _IIM_KEYWORD_BYTES:
        return ()
    plainly = data[:_IIM_KEYWORD_BYTES].decode("utf-8", "ignore").strip()
    return plainly, iptc_charset.cut(keyword, _IIM_KEYWORD_BYTES)


def _union(*lists: Iterable[str]) -> tuple[str, ...]:
    """In order, without repeats, in the composed form (NFC)."""
    return tuple(dict.fromkeys(unicodedata.normalize("NFC", text) for texts in lists for text in texts))


def _first(*texts: str | None) -> str | None:
    return next((text for text in texts if text), None)
