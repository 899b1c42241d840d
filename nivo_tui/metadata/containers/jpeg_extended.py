"""Extended XMP of a JPEG: the second packet, cut into chunks, that the first one names by its MD5.

After XMP Specification Part 3 (ISO 16684-1 and Adobe's "Storage in Files"), 1.1.3.1. What readers of XMP see
is both packets as one. Here they are joined for those properties that are read or written, so that an edit
of the joined packet can be parted again, each property into the packet where it stood.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.metadata.containers.jpeg import (
    APP1,
    EXTENDED_XMP_HEADER,
    JpegError,
    JpegParts,
    Segment,
    segments_with,
    xmp_packet,
)

if TYPE_CHECKING:
    from lxml import etree

_GUID_BYTES = 32
_HEAD_BYTES = len(EXTENDED_XMP_HEADER) + _GUID_BYTES + 8
_MOST_CHUNK = 0xFFFF - 2 - _HEAD_BYTES
_MOST_EXTENDED = 64 << 20
_NAMED = re.compile(rb"""HasExtendedXMP(?:\s*=\s*["']|(?:\s[^<>]*)?>)\s*([0-9A-Fa-f]{32})""")
_NOTE = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
_MARK = "{urn:nivo-tui:extended}number"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DESCRIPTION, _ABOUT = f"{{{_RDF}}}Description", f"{{{_RDF}}}about"
_JOINED = (
    "dc:subject", "dc:title", "dc:description", "lr:hierarchicalSubject", "digiKam:TagsList",
    "Iptc4xmpExt:PersonInImage", "mwg-rs:Regions", "MP:RegionInfo", "photoshop:City", "photoshop:State",
    "photoshop:Country", "Iptc4xmpCore:CountryCode", "photoshop:SidecarForExtension", "xmp:Rating",
    "xmp:Label", "xmp:MetadataDate", "nivo:Applied", "nivo:Created",
)  # fmt: skip
_MENTIONS = re.compile(
    b":(?:" + b"|".join(name.partition(":")[2].encode() for name in _JOINED) + rb")[\s=/>]"
)
_APPLIED, _CREATED, _WHOLE_PACKET = "nivo:Applied", "nivo:Created", "packet"
_EMPTY = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + _RDF.encode() + b'"></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True, slots=True)
class ExtendedXmp:
    """The extended packet that the main one names, and the segments it lies in, in file order."""

    guid: bytes
    packet: bytes
    segments: tuple[Segment, ...]


def extended_xmp(data: bytes, parts: JpegParts, main: bytes | None) -> ExtendedXmp | None:
    """The extended packet that belongs to the main one; None where there is none, or it is not complete."""
    named = _NAMED.search(main or b"")
    if named is None:
        return None
    at = len(EXTENDED_XMP_HEADER)
    chunks: list[tuple[int, int, Segment]] = []
    for segment in segments_with(data, parts, APP1, EXTENDED_XMP_HEADER):
        start = segment.payload_start + at
        if (
            data[start : start + _GUID_BYTES] == named[1]
            and segment.end - segment.payload_start >= _HEAD_BYTES
        ):
            length = int.from_bytes(data[start + 32 : start + 36], "big")
            chunks.append((int.from_bytes(data[start + 36 : start + 40], "big"), length, segment))
    packet = _put_together(data, sorted(chunks, key=lambda chunk: chunk[0]))
    if not packet:
        return None
    return ExtendedXmp(named[1], packet, tuple(segment for _, _, segment in chunks))


def _put_together(data: bytes, chunks: list[tuple[int, int, Segment]]) -> bytes | None:
    pieces, reached = [], 0
    for offset, length, segment in chunks:
        if offset != reached or length != chunks[0][1] or length > _MOST_EXTENDED:
            return None
        pieces.append(memoryview(data)[segment.payload_start + _HEAD_BYTES : segment.end])
        reached += len(pieces[-1])
    return b"".join(pieces) if chunks and reached == chunks[0][1] else None


def is_joined(extended: ExtendedXmp | None) -> bool:
    """Whether an extended packet holds properties that are read or written, so that it is to be joined."""
    return extended is not None and _MENTIONS.search(extended.packet) is not None


def whole_packet(data: bytes, parts: JpegParts) -> bytes | None:
    """The XMP packet as readers see it: the main one, with what of the extended one is read and written.

    Where the two cannot be joined, for one of them is damaged, it is the main one as it stands.
    """
    main = xmp_packet(data, parts)
    extended = extended_xmp(data, parts, main)
    if main is None or extended is None or not is_joined(extended):
        return main
    from nivo_tui.metadata.xmp_tree import XmpError

    try:
        return join(main, extended.packet)
    except XmpError:
        return main


def join(main: bytes, extended: bytes) -> bytes:
    """The main packet with copies of what is read or written of the extended one, in marked descriptions.

    Raises XmpError where one of the packets cannot be read.
    """
    from lxml import etree

    from nivo_tui.metadata import xmp_tree as tree

    whole, other = tree.take_apart(main), tree.take_apart(extended)
    rdf = tree.rdf_of(whole.root)
    if rdf is None:
        raise tree.XmpError("its XMP holds no description")
    for number, description in enumerate(tree.descriptions(other.root)):
        children, attributes = _joined_parts(description)
        if children or attributes:
            marks = {_ABOUT: str(description.get(_ABOUT, "")), _MARK: str(number), **attributes}
            etree.SubElement(rdf, _DESCRIPTION, marks).extend(children)
    return whole.to_bytes()


def part(joined: bytes, old: bytes, extended: bytes) -> tuple[bytes | None, bytes | None]:
    """The two packets of a joined one that was edited; `old` is it from before.

    A property goes where it stood, a new one into the main packet. An extended packet that does not change
    is given back as it is; None stands for one that is empty then. Raises XmpError where the joined packet
    cannot be parted any more.
    """
    from nivo_tui.metadata import xmp_tree as tree

    whole, other = tree.take_apart(joined), tree.take_apart(extended)
    marked = {str(d.get(_MARK)): d for d in tree.descriptions(whole.root) if d.get(_MARK) is not None}
    sources = {
        str(number): d for number, d in enumerate(tree.descriptions(other.root)) if any(_joined_parts(d))
    }
    if marked.keys() != sources.keys():
        raise tree.XmpError("its extended XMP cannot be told from the rest any more")
    changed = False
    for number, source in sources.items():
        _move_newcomers(whole.root, marked[number], source)
        children, attributes = _joined_parts(source)
        kept = [(str(name), str(value)) for name, value in marked[number].attrib.items()]
        if _content(marked[number], kept) != _content(children, attributes.items()):
            changed = True
            _take_over(source, marked[number])
    for description in marked.values():
        _unhook(description)
    new_extended = extended
    if changed:
        rdf = tree.rdf_of(other.root)
        filled = rdf is not None and any(_has_content(child) for child in rdf)
        new_extended = other.to_bytes() if filled else b""
    if not new_extended:
        _forget_extended(whole.root)
        if not tree.descriptions(whole.root) and _was_all_ours(old):
            return None, None
    return whole.to_bytes(), new_extended or None


def shed_records(main: bytes, extended: bytes | None) -> tuple[bytes, bytes] | None:
    """The packets with our records, which are the longest of what we write, moved into the extended one.

    None where the main packet holds none. Raises XmpError where one of the packets cannot be read.
    """
    from lxml import etree

    from nivo_tui.metadata import xmp_tree as tree

    whole, other = tree.take_apart(main), tree.take_apart(extended or _EMPTY)
    records = tree.properties(whole.root, _APPLIED)
    rdf = tree.rdf_of(other.root)
    if not records or rdf is None:
        return None
    first = tree.descriptions(whole.root)[0]
    home = _home(rdf, tree.descriptions(other.root), str(first.get(_ABOUT, "")))
    for element in records:
        _unhook(element)
        home.append(element)
    if _NAMED.search(main) is None:
        note = etree.SubElement(first, _NOTE, nsmap={"xmpNote": _NOTE[1:].partition("}")[0]})
        note.text = "0" * _GUID_BYTES
    return whole.to_bytes(), other.to_bytes()


def guid_of(extended: bytes) -> bytes:
    """What names an extended packet: its MD5 in 32 capital hexadecimal digits."""
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper().encode()


def naming(main: bytes, extended: bytes) -> bytes:
    """The main packet, naming the extended one. Raises JpegError where it has no place for the name."""
    named = _NAMED.search(main)
    if named is None:
        raise JpegError("its XMP does not name its extended XMP in a known form")
    return main[: named.start(1)] + guid_of(extended) + main[named.end(1) :]


def segments_of(extended: bytes) -> bytes:
    """The segments that hold an extended packet."""
    guid, pieces = guid_of(extended), []
    for offset in range(0, len(extended), _MOST_CHUNK):
        chunk = extended[offset : offset + _MOST_CHUNK]
        head = EXTENDED_XMP_HEADER + guid + len(extended).to_bytes(4, "big") + offset.to_bytes(4, "big")
        pieces.append(b"\xff\xe1" + (2 + len(head) + len(chunk)).to_bytes(2, "big") + head + chunk)
    return b"".join(pieces)


# -- descriptions


def _tags() -> frozenset[str]:
    from nivo_tui.metadata.xmp_tree import tag_of

    return frozenset(map(tag_of, _JOINED))


def _joined_parts(description: etree._Element) -> tuple[list[etree._Element], dict[str, str]]:
    """Copies of the properties of a description that are joined, as elements and as attributes."""
    from copy import deepcopy

    tags = _tags()
    children = [deepcopy(child) for child in description if child.tag in tags]
    return children, {str(k): str(v) for k, v in description.attrib.items() if k in tags}


def _content(children: Iterable[etree._Element], attributes: Iterable[tuple[str, str]]) -> object:
    """What a description says, for comparison."""
    from lxml import etree

    texts = [etree.tostring(child, method="c14n", exclusive=True, with_tail=False) for child in children]
    return texts, {str(k): str(v) for k, v in attributes if k not in (_ABOUT, _MARK)}


def _move_newcomers(root: etree._Element, marked: etree._Element, source: etree._Element) -> None:
    """Move what did not stand in the extended packet to the main one."""
    from nivo_tui.metadata import xmp_tree as tree

    known = {child.tag for child in source} | set(source.attrib) | {_ABOUT, _MARK}
    children = [child for child in marked if child.tag not in known]
    attributes = [name for name in marked.attrib if name not in known]
    if not children and not attributes:
        return
    rdf = tree.rdf_of(root)
    if rdf is None:
        raise tree.XmpError("its XMP holds no description")
    unmarked = [d for d in tree.descriptions(root) if d.get(_MARK) is None]
    home = _home(rdf, unmarked, str(marked.get(_ABOUT, "")))
    for child in children:
        home.append(child)
    for name in attributes:
        home.set(name, str(marked.attrib.pop(name)))


def _home(rdf: etree._Element, descriptions: list[etree._Element], about: str) -> etree._Element:
    """The first description about the same thing, else a new one before all others."""
    from lxml import etree

    for description in descriptions:
        if description.get(_ABOUT, "") == about:
            return description
    home = etree.Element(_DESCRIPTION, {_ABOUT: about})
    rdf.insert(0, home)
    return home


def _take_over(source: etree._Element, marked: etree._Element) -> None:
    """Put what a marked description holds in the place of what its source held of it."""
    tags = _tags()
    place = None
    for child in list(source):
        if child.tag in tags:
            place = source.index(child) if place is None else place
            _unhook(child)
    for name in [name for name in source.attrib if name in tags]:
        del source.attrib[name]
    for key, value in marked.attrib.items():
        if key in tags:
            source.set(str(key), str(value))
    for number, child in enumerate(list(marked)):
        source.insert((len(source) if place is None else place) + (number if place is not None else 0), child)


def _unhook(element: etree._Element) -> None:
    """Take an element out; the white space behind it goes with it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _has_content(child: etree._Element) -> bool:
    return child.tag != _DESCRIPTION or bool(len(child)) or bool(set(child.attrib) - {_ABOUT})


def _forget_extended(root: etree._Element) -> None:
    """Take out the name of an extended packet that is no more, and a description that held only that."""
    from nivo_tui.metadata import xmp_tree as tree

    for description in tree.descriptions(root):
        elements = description.findall(_NOTE)
        if not elements and description.get(_NOTE) is None:
            continue
        for element in elements:
            _unhook(element)
        if description.get(_NOTE) is not None:
            del description.attrib[_NOTE]
        if not _has_content(description):
            _unhook(description)


def _was_all_ours(joined: bytes) -> bool:
    from nivo_tui.metadata import xmp_tree as tree

    created = tree.values(tree.take_apart(joined).root, _CREATED)
    return any(_WHOLE_PACKET in text.split() for text in created)
