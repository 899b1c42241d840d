"""Surgery on the elements of a parsed XMP packet, and the texts that go into them."""

from __future__ import annotations

import re

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp_tree import XmpError, nfc

LI = f"{{{tree.RDF}}}li"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """A text as it is written: NFC, without what XML cannot hold, white space at the ends taken off."""
    return nfc(_NOT_XML.sub("", text)).strip()


def clean_keyword(text: str) -> str:
    """A keyword as it is written: `clean`, on one line. Raises XmpError where nothing is left."""
    cleaned = " ".join(clean(text).split())
    if not cleaned:
        raise XmpError(f"the keyword {text!r} holds no character that can be written")
    return cleaned


def child(parent: etree._Element, name: str) -> etree._Element:
    """A new property element at the end of a description."""
    prefix = name.partition(":")[0]
    element = etree.Element(tree.tag_of(name), nsmap={prefix: tree.PREFIXES[prefix]})
    insert_item(parent, element, None)
    return element


def array_in(element: etree._Element, kind: str) -> etree._Element:
    """Turn the plain value of a property element into an array that holds it."""
    if len(element) or any(str(key).startswith(f"{{{tree.RDF}}}") for key in element.attrib):
        raise XmpError(f"its XMP holds {etree.QName(element).localname} in a form that cannot be added to")
    value, element.text = (element.text or "").strip(), None
    array = etree.SubElement(element, f"{{{tree.RDF}}}{kind}")
    if value:
        item = etree.SubElement(array, LI)
        item.text = value
        for key, qualifier in element.attrib.items():
            item.set(key, qualifier)
    element.attrib.clear()
    return array


def insert_item(parent: etree._Element, item: etree._Element, place: int | None) -> None:
    """Insert a child, with the white space that stands between the others."""
    where = len(parent) if place is None else place
    if where < len(parent):
        item.tail = parent.text
        parent.insert(where, item)
    elif where:
        last = parent[-1]
        item.tail, last.tail = last.tail, parent.text
        parent.append(item)
    else:
        item.tail = parent.text
        parent.append(item)


def remove_item(item: etree._Element) -> None:
    """Remove a child, with the white space that `insert_item` gave it."""
    parent = item.getparent()
    if parent is None:
        return
    if item.getnext() is None:
        before = item.getprevious()
        if before is not None:
            before.tail = item.tail
        else:
            parent.text = None if not (parent.text or "").strip() else parent.text
    parent.remove(item)
