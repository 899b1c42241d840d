"""Seeing what a damaged XMP packet says. For reading alone: a write refuses what `xmp_tree` refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nivo_tui.metadata import xmp_tree

if TYPE_CHECKING:
    from lxml import etree

_ELEMENTS = tuple(
    (re.compile(rf"<(?:\w{{1,40}}:)?{name}\b"), re.compile(rf"</(?:\w{{1,40}}:)?{name}\s{{0,9}}>"))
    for name in ("xmpmeta", "RDF")
)
_BEGINNINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
# What no XML 1.0 document may hold (section 2.2).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")


def read(packet: bytes) -> tuple[etree._Element | None, str | None]:
    """The root of a packet, and what is wrong with it; no root where it cannot be understood at all.

    Mended are: text that is not UTF-8 (taken as UTF-16 where it looks so, else as cp1252), characters that
    XML forbids, and whatever stands before or behind the packet's own element.
    """
    try:
        return xmp_tree.take_apart(packet).root, None
    except xmp_tree.XmpError as error:
        problem = str(error)
    text = _NOT_XML.sub(" ", _text(packet))
    for beginning, ending in _ELEMENTS:
        first = beginning.search(text)
        last = ending.search(text, first.end()) if first else None
        if first is None or last is None:
            continue
        try:
            return xmp_tree.take_apart(text[first.start() : last.end()].encode("utf-8")).root, problem
        except xmp_tree.XmpError:
            continue
    return None, problem


def _text(packet: bytes) -> str:
    encoding = _BEGINNINGS.get(packet[:2])
    if encoding:
        return packet.decode(encoding, "replace")
    try:
        return packet.decode("utf-8-sig")
    except UnicodeDecodeError:
        return packet.decode("cp1252", "replace")
