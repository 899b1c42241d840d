"""The gate: an independent look at the bytes of a write before they may replace a file.

It reads old and new bytes by itself, not with the code that made the edit, and holds them side by side.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from nivo_tui.errors import RefusedError
from nivo_tui.imaging.extents import image_extents
from nivo_tui.imaging.identity import hash_of
from nivo_tui.imaging.source import BytesSource
from nivo_tui.metadata.edits import Edit, leads_to, same_bytes
from nivo_tui.metadata.xmp import XmpFacts, facts
from nivo_tui.metadata.xmp_tree import PREFIXES, RDF, XmpError, nfc, take_apart
from nivo_tui.model import Format

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MPF = b"MPF\0"
_EXIF = b"Exif\0\0"
_SUB_DIRECTORIES = (0x8769, 0x8825, 0xA005)
_MOST_DIRECTORIES = 16
SUBJECT = "dc:subject"
_LISTS = {SUBJECT: None, "lr:hierarchicalSubject": "|", "digiKam:TagsList": "/"}
_OURS = (*_LISTS, "xmp:MetadataDate", "nivo:Applied", "nivo:Created")


class GateError(RefusedError):
    """The bytes that were built would lose or change something; they were thrown away."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a change is meant to do: keywords and texts it adds and removes, the XMP properties it touches.

    `carried` are keywords of the file that come into further fields.
    """

    added: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


def check(old: bytes, new: bytes, fmt: Format | None, expected: Expected, undo: Sequence[Edit]) -> str | None:
    """Let pass, or raise GateError unless `new` is `old` with nothing but the expected change of its XMP.

    `fmt` is the container; None stands for a bare XMP file. `undo` are the edits that must turn `new`
    into `old`. Where a file is created, `old` is empty. Returns the hash of the image data, where a file
    has any.
    """
    if not leads_to(new, undo, old):
        raise GateError("the change could not be undone byte for byte")
    if fmt is None:
        _check_xmp(old or None, new or None, expected)
        return None
    if fmt is Format.JPEG:
        _check_jpeg(old, new, expected, undo)
        return _check_image(old, new, fmt)
    raise GateError(f"no check is known for {fmt.value}")


# -- JPEG


@dataclass(frozen=True, slots=True)
class _Jpeg:
    """Header segments as (marker, payload), the offset of the first MPF payload, and all from the scan on."""

    segments: tuple[tuple[int, bytes], ...]
    mpf_at: int | None
    scan: int


def _read_jpeg(data: bytes) -> _Jpeg:
    if data[:2] != b"\xff\xd8":
        raise GateError("it is no JPEG any more")
    position, mpf_at = 2, None
    segments: list[tuple[int, bytes]] = []
    while True:
        position = data.find(b"\xff", position)
        marker = data[position + 1] if 0 <= position < len(data) - 1 else -1
        if marker in (0x00, 0xFF):
            position += 1
            continue
        if marker == 0xDA:
            return _Jpeg(tuple(segments), mpf_at, position)
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
            continue
        if marker < 0 or marker in (0xD8, 0xD9) or position + 4 > len(data):
            raise GateError("its segments cannot be followed")
        (length,) = struct.unpack_from(">H", data, position + 2)
        payload = data[position + 4 : position + 2 + length]
        if marker == 0xE2 and payload.startswith(_MPF) and mpf_at is None:
            mpf_at = position + 4 + len(_MPF)
        segments.append((marker, payload))
        position += 2 + length


def _check_jpeg(old: bytes, new: bytes, expected: Expected, undo: Sequence[Edit]) -> None:
    before, after = _read_jpeg(old), _read_jpeg(new)
    before_xmp, before_rest = _split_xmp(before)
    after_xmp, after_rest = _split_xmp(after)
    _check_segments(before_rest, after_rest)
    if len(old) - before.scan != len(new) - after.scan:
        raise GateError("the picture or what follows it would change its length")
    if any(edit.end > after.scan for edit in undo):
        _check_tail(old, new, before.scan, after.scan)
    if before.mpf_at is not None and after.mpf_at is not None:
        _check_mpf(old, new, before.mpf_at, after.mpf_at)
    _check_xmp(before_xmp, after_xmp, expected)
    _check_exif(old[: before.scan], new[: after.scan])


def _split_xmp(jpeg: _Jpeg) -> tuple[bytes | None, list[tuple[int, bytes]]]:
    packets, rest = [], []
    for marker, body in jpeg.segments:
        if marker == 0xE1 and body.startswith(_XMP):
            packets.append(body[len(_XMP) :])
        else:
            rest.append((marker, body))
    if len(packets) > 1:
        raise GateError("it would hold two XMP packets")
    return (packets[0] if packets else None), rest


def _check_segments(before: list[tuple[int, bytes]], after: list[tuple[int, bytes]]) -> None:
    if len(before) != len(after):
        raise GateError("a segment would be lost")
    for (marker, old), (other, new) in zip(before, after, strict=True):
        index = marker == 0xE2 and old.startswith(_MPF)
        if marker != other or len(old) != len(new) or (old != new and not index):
            raise GateError(f"a segment FF {marker:02X} would change")


def _check_tail(old: bytes, new: bytes, old_scan: int, new_scan: int) -> None:
    """From the first scan to the end of the file nothing may change but the offsets of an AFCP trailer.

    All bytes outside the edits are known to be the same.
    """
    if same_bytes(old, old_scan, new, new_scan, len(old) - old_scan):
        return
    order = {b"AXS!": ">", b"AXS*": "<"}.get(old[-12:-8])
    if order is None or _afcp(old, order) != _afcp(new, order):
        raise GateError("the picture or what follows it would change")
    start = struct.unpack_from(order + "I", old, len(old) - 8)[0] - old_scan
    if not same_bytes(old, old_scan, new, new_scan, start):
        raise GateError("the picture would change")


def _afcp(data: bytes, order: str) -> list[tuple[bytes, bytes]]:
    """Tag and bytes of each entry of an AFCP trailer, read by its offsets from the start of the file."""
    (start,) = struct.unpack_from(order + "I", data, len(data) - 8)
    try:
        (count,) = struct.unpack_from(order + "H", data, start + 6)
        places = [struct.unpack_from(order + "4sII", data, start + 12 + 12 * n) for n in range(count)]
    except struct.error as error:
        raise GateError("the AFCP trailer cannot be read") from error
    return [(tag, data[offset : offset + size]) for tag, size, offset in places]


def _check_mpf(old: bytes, new: bytes, old_base: int, new_base: int) -> None:
    """Every image of the index must have the same bytes before and after; all else in it stays."""
    before, after = list(_mpf_entries(old, old_base)), list(_mpf_entries(new, new_base))
    if len(before) != len(after):
        raise GateError("the index of further images would change")
    for (rest, size, offset), (new_rest, new_size, new_offset) in zip(before, after, strict=True):
        if rest != new_rest or bool(offset) != bool(new_offset):
            raise GateError("the index of further images would change")
        if offset:
            image = old[old_base + offset : old_base + offset + size]
            if new[new_base + new_offset : new_base + new_offset + new_size] != image:
                raise GateError("a further image of the file would not be found any more")


def _mpf_entries(data: bytes, base: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    """(attributes, dependent images), size and offset of each image of an MPF index (CIPA DC-007, 5.2.3)."""
    order = {b"II": "<", b"MM": ">"}.get(data[base : base + 2])
    try:
        at = base + struct.unpack_from(f"{order}I", data, base + 4)[0]
        (count,) = struct.unpack_from(f"{order}H", data, at)
        for number in range(min(count, 64)):
            tag, _, length, value = struct.unpack_from(f"{order}HHII", data, at + 2 + 12 * number)
            if tag == 0xB002:
                for entry in range(min(length, 0xFFFF) // 16):
                    flags, size, offset, images = struct.unpack_from(
                        f"{order}IIII", data, base + value + 16 * entry
                    )
                    yield (flags, images), size, offset
    except (struct.error, TypeError):
        return


def _check_image(old: bytes, new: bytes, fmt: Format) -> str:
    """The image data that identifies a photo must be the same."""
    hashes = []
    for data in (old, new):
        source = BytesSource(data)
        extents = image_extents(source, fmt)
        hashes.append(None if extents is None else hash_of(source, extents))
    if hashes[0] is None or hashes[0] != hashes[1]:
        raise GateError("the image data would change")
    return hashes[0]


def _check_exif(old_header: bytes, new_header: bytes) -> None:
    """A foreign reader must find the same Exif values as before, where it found any.

    It is spared directories that claim more values than there are bytes, over which it would sit for minutes.
    """
    import piexif

    start = old_header.find(_EXIF)
    if start < 0 or not _is_plausible(old_header[start + len(_EXIF) :]):
        return
    start_of_scan = b"\xff\xda\0\x02"
    try:
        before = piexif.load(old_header + start_of_scan)
    except Exception:  # piexif raises whatever a broken file makes it stumble over
        return
    try:
        after = piexif.load(new_header + start_of_scan)
    except Exception as error:
        raise GateError("its Exif data could not be read any more") from error
    if before != after:
        raise GateError("its Exif data would change")


def _is_plausible(tiff: bytes) -> bool:
    """Whether the directories of a TIFF structure hold no count beyond its length (TIFF 6.0, section 2)."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return False
    waiting, seen = [struct.unpack_from(order + "I", tiff, 4)[0]], set()
    while waiting:
        at = waiting.pop()
        if not at or at in seen or at + 2 > len(tiff):
            continue
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        end = at + 2 + 12 * count
        if end + 4 > len(tiff) or len(seen) > _MOST_DIRECTORIES:
            return False
        for entry in range(at + 2, end, 12):
            tag, _, length, value = struct.unpack_from(order + "HHII", tiff, entry)
            if length > len(tiff):
                return False
            if tag in _SUB_DIRECTORIES:
                waiting.append(value)
        waiting.append(struct.unpack_from(order + "I", tiff, end)[0])
    return True


# -- XMP


def _check_xmp(old: bytes | None, new: bytes | None, expected: Expected) -> None:
    before, after = _tree(old), _tree(new)
    tags = frozenset(_clark(name) for name in {*_OURS, *expected.fields})
    if _foreign(before, tags) != _foreign(after, tags):
        raise GateError("XMP that is not ours would change")
    first = XmpFacts() if before is None else facts(before)
    second = XmpFacts() if after is None else facts(after)
    if set(expected.added) - {*second.keywords, second.title, second.description}:
        raise GateError("a new keyword could not be read back")
    known = {*expected.added, *expected.carried}
    for name, separator in _LISTS.items():
        old_list, new_list = _list(before, name), _list(after, name)
        for value in old_list - new_list:
            if _leaf(value, separator) not in expected.removed:
                raise GateError(f"the keyword {value!r} would be lost")
        for value in new_list - old_list:
            if _leaf(value, separator) not in known:
                raise GateError(f"a keyword {value!r} would appear that nobody asked for")
    kept = [a for a in first.applied if a.value not in expected.removed and SUBJECT in a.fields]
    if any(entry not in second.applied for entry in kept):
        raise GateError("a record of an earlier write would be lost")


def _leaf(value: str, separator: str | None) -> str:
    return value.rsplit(separator, 1)[-1] if separator else value


def _tree(packet: bytes | None) -> etree._Element | None:
    if packet is None:
        return None
    try:
        return take_apart(packet).root
    except XmpError as error:
        raise GateError(str(error)) from error


def _clark(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def _list(root: etree._Element | None, name: str) -> Counter[str]:
    """The texts of a property, written as an attribute, a text or members, found by a plain walk."""
    found: Counter[str] = Counter()
    if root is None:
        return found
    tag = _clark(name)
    for description in root.iter(f"{{{RDF}}}Description"):
        found.update([nfc(str(description.get(tag, "")).strip())])
    for element in root.iter(tag):
        members = [m for m in element.iter() if isinstance(m.tag, str) and m.tag.startswith(f"{{{RDF}}}")]
        leaves = [m for m in members if not len(m)] or [element]
        found.update(nfc((leaf.text or "").strip()) for leaf in leaves)
    del found[""]
    return found


def _foreign(root: etree._Element | None, ours: frozenset[str]) -> Counter[tuple[object, ...]]:
    """All properties, comments and instructions that are not ours."""
    found: Counter[tuple[object, ...]] = Counter()
    if root is None:
        return found
    for node in root.iter(etree.Comment, etree.ProcessingInstruction):
        found[_canonical(node)] += 1
    for rdf in root.iter(f"{{{RDF}}}RDF"):
        for description in rdf:
            if description.tag != f"{{{RDF}}}Description":
                found[_canonical(description)] += 1
                continue
            for key, value in description.attrib.items():
                if key not in ours and key != f"{{{RDF}}}about":
                    found[(key, value)] += 1
            for child in description:
                if child.tag not in ours:
                    found[_canonical(child)] += 1
    return found


def _canonical(node: etree._Element) -> tuple[object, ...]:
    """Everything an element, comment or instruction holds, its tail left out."""
    kind = node.tag if isinstance(node.tag, str) else type(node).__name__
    children = tuple((_canonical(child), child.tail) for child in node)
    return kind, tuple(sorted((str(k), str(v)) for k, v in node.attrib.items())), node.text, children
