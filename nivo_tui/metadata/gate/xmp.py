"""XMP, old and new: what is not ours the same, every value there, every record of an earlier write kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from lxml import etree

from nivo_tui.metadata.gate import xmp_regions
from nivo_tui.metadata.gate.ledger import LISTS, GateError, Ledger, plain
from nivo_tui.metadata.gate.xmp_nodes import NIVO, RDF, RDF_DESCRIPTION, canonical, clark
from nivo_tui.metadata.xmp_tree import XmpError, take_apart

_NOTE = "http://ns.adobe.com/xmp/note/"
HAS_EXTENDED = f"{{{_NOTE}}}HasExtendedXMP"
_ABOUT = f"{{{RDF}}}about"
_TOOLKIT = "{adobe:ns:meta/}xmptk"
_FREE = ("xmp:MetadataDate", "nivo:Applied", "nivo:Created", "photoshop:SidecarForExtension")
_SUBJECT = "dc:subject"
_OUTSIDE = re.compile(rb"<!--.*?-->|<\?(?!xpacket\b|xml\s).*?\?>", re.DOTALL)

Roots = Sequence[etree._Element]


def check(old: Sequence[bytes], new: Sequence[bytes], ledger: Ledger, *, moves_parts: bool = False) -> None:
    """Hold the XMP of a file side by side: its packet, and its extended packet where that changes too.

    `moves_parts` allows the reference from the one to the other to change. Raises GateError.
    """
    before, outside = _parse(old)
    after, new_outside = _parse(new)
    if old and new and outside != new_outside:
        raise GateError("XMP that is not ours would change")
    touched = {*LISTS, *_FREE, *ledger.xmp_fields}
    if touched & xmp_regions.FIELDS:
        touched.add("mwg-rs:Regions")
        xmp_regions.compare(before, after, ledger)
    tags = {clark(name) for name in touched} | ({HAS_EXTENDED} if moves_parts else set())
    if _foreign(before, tags) != _foreign(after, tags):
        raise GateError("XMP that is not ours would change")
    if new and _abouts(before) - _abouts(after):
        raise GateError("what its XMP is about would be lost")
    records, kept = list(_records(before)), list(_records(after))
    ledger.recorded |= {
        (name, plain(record.get("keyword", "")))
        for record in records
        for name in record.get("fields", "").split()
    }
    for name in sorted(touched - set(_FREE) - xmp_regions.FIELDS):
        ledger.compare(name, values(before, name), values(after, name), separator=LISTS.get(name))
    for record in records:
        stays = not ledger.is_removed(record.get("keyword", ""))
        if stays and _SUBJECT in record.get("fields", "").split() and record not in kept:
            raise GateError("a record of an earlier write would be lost")


def _parse(packets: Sequence[bytes]) -> tuple[list[etree._Element], Counter[bytes]]:
    """The roots of packets, and the comments and instructions before and behind them."""
    try:
        taken = [take_apart(packet) for packet in packets]
    except XmpError as error:
        raise GateError(str(error)) from error
    return [part.root for part in taken], Counter(
        found for part in taken for found in _OUTSIDE.findall(part.prefix + part.suffix)
    )


def values(roots: Roots, name: str) -> Counter[str]:
    """The texts of a property, written as an attribute, a text or members, found by a plain walk."""
    found: Counter[str] = Counter()
    tag = clark(name)
    for root in roots:
        for description in root.iter(RDF_DESCRIPTION):
            found.update([plain(str(description.get(tag, "")))])
        for element in root.iter(tag):
            members = [m for m in element.iter() if isinstance(m.tag, str) and m.tag.startswith(f"{{{RDF}}}")]
            leaves = [m for m in members if not len(m)] or [element]
            found.update(plain(leaf.text or "") for leaf in leaves)
    del found[""]
    return found


def _foreign(roots: Roots, ours: set[str]) -> Counter[tuple[object, ...]]:
    """All properties, comments and instructions that are not ours."""
    found: Counter[tuple[object, ...]] = Counter()
    for root in roots:
        for node in root.iter(etree.Comment, etree.ProcessingInstruction):
            found[canonical(node)] += 1
        for rdf in root.iter(f"{{{RDF}}}RDF"):
            found.update(_properties(rdf, ours))
        if root.tag != f"{{{RDF}}}RDF":
            found.update((key, value) for key, value in root.attrib.items() if key != _TOOLKIT)
            found.update(canonical(child) for child in root if child.tag != f"{{{RDF}}}RDF")
    return found


def _properties(rdf: etree._Element, ours: set[str]) -> Iterator[tuple[object, ...]]:
    for description in rdf:
        if description.tag != RDF_DESCRIPTION:
            yield canonical(description)
            continue
        for key, value in description.attrib.items():
            if key not in ours and key != _ABOUT:
                yield key, value
        for child in description:
            if child.tag not in ours:
                yield canonical(child)


def _abouts(roots: Roots) -> set[str]:
    """What the descriptions say they are about, where they say anything."""
    return {str(d.get(_ABOUT)) for root in roots for d in root.iter(RDF_DESCRIPTION) if d.get(_ABOUT)}


def _records(roots: Roots) -> Iterator[dict[str, str]]:
    """The members of nivo:Applied, each as the texts of its fields, in the attribute or the element form."""
    own = f"{{{NIVO}}}"
    for root in roots:
        for applied in root.iter(f"{own}Applied"):
            for item in applied.iter(f"{{{RDF}}}li"):
                record: dict[str, str] = {}
                for node in item.iter():
                    for key, value in node.attrib.items():
                        if str(key).startswith(own):
                            record[str(key)[len(own) :]] = plain(str(value))
                    if isinstance(node.tag, str) and node.tag.startswith(own):
                        record[node.tag[len(own) :]] = plain(node.text or "")
                yield record
