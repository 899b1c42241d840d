"""The XML of an XMP packet: taking it apart without loss, finding properties, and putting it together.

XMP Specification Part 1 (ISO 16684-1:2019): 7.3 packet wrapper, 7.4-7.9 RDF forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from nivo_tui.errors import RefusedError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
XML = "http://www.w3.org/XML/1998/namespace"
PREFIXES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "nivo": "https://nivo-tui.dev/ns/1.0/",
}

_DESCRIPTION = f"{{{RDF}}}Description"
_ARRAYS = tuple(f"{{{RDF}}}{kind}" for kind in ("Bag", "Seq", "Alt"))
_MOST_PADDING = 4096
_ITEM = re.compile(r"\{" + re.escape(RDF) + r"\}(li|_\d+)$")
_MISC = re.compile(rb"(?:[\s\0]|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_START_TAG = re.compile(rb"""<([^\s/>!?]+)(?:\s+[^\s=<>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(/?)>""")
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0")
_PADDING = re.compile(rb"([ \t\r\n]*)(?=<\?xpacket\s+end=[\"']w[\"'][^>]*(?:\?>[\s\0]*)?$)")
_CUT_WRAPPER = re.compile(rb"<\?xpacket\s+end=[^>]*$")


class XmpError(RefusedError):
    """The XMP cannot be read safely, so it must not be changed."""


@dataclass(slots=True)
class Packet:
    """A packet taken apart: the bytes before and after its root element, and the element itself."""

    prefix: bytes
    root: etree._Element
    suffix: bytes

    def to_bytes(self, length: int | None = None) -> bytes:
        """The packet again. Its writable padding is used to reach `length` where it is long enough."""
        body = etree.tostring(self.root, encoding="utf-8", xml_declaration=False, with_tail=False)
        packet = self.prefix + body + self.suffix
        return packet if length is None else fit_padding(packet, length)


def fit_padding(packet: bytes, length: int) -> bytes:
    """Shorten or lengthen the writable padding so that the packet has `length` bytes, as far as it goes.

    A packet without padding is returned as it is.
    """
    found = _PADDING.search(packet, max(0, len(packet) - 0x10000))
    if found is None or not found.group(1):
        return packet
    padding = found.group(1)
    wanted = min(max(1, len(padding) + length - len(packet)), max(_MOST_PADDING, len(padding)))
    fitted = padding[-wanted:].rjust(wanted, b" ")
    return packet[: found.start(1)] + fitted + packet[found.end(1) :]


def take_apart(packet: bytes) -> Packet:
    """Parse a packet. Raises XmpError where it is not well-formed UTF-8 XML, or declares a document type."""
    _require_utf8(packet)
    start = _skip_misc(packet, 0)
    if packet.startswith(b"<!DOCTYPE", start):
        raise XmpError("its XMP declares a document type, which no XMP may")
    end = _root_end(packet, start)
    behind = _skip_misc(packet, end)
    if behind != len(packet) and not _CUT_WRAPPER.match(packet, behind):
        raise XmpError("its XMP has something after its end")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        root = etree.fromstring(packet[start:end], parser)
    except etree.XMLSyntaxError as error:
        raise XmpError(f"its XMP is not well-formed: {error.msg}") from error
    return Packet(packet[:start], root, packet[end:])


def _require_utf8(packet: bytes) -> None:
    head = packet[:4]
    if any(head.startswith(mark) for mark in _UTF16_MARKS):
        raise XmpError("its XMP is UTF-16 or UTF-32, not UTF-8")
    declared = _DECLARED.match(packet.lstrip(b"\xef\xbb\xbf \t\r\n"))
    if declared and declared.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise XmpError(f"its XMP is {declared.group(1).decode('ascii', 'replace')}, not UTF-8")
    try:
        packet.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmpError(f"its XMP is not UTF-8 at byte {error.start}") from error


def _skip_misc(packet: bytes, position: int) -> int:
    found = _MISC.match(packet, position)
    return found.end() if found else position


def _root_end(packet: bytes, start: int) -> int:
    tag = _START_TAG.match(packet, start)
    if tag is None:
        raise XmpError("its XMP holds no XML")
    if tag.group(2):
        return tag.end()
    close = packet.rfind(b"</" + tag.group(1))
    end = packet.find(b">", close) + 1
    if close < 0 or end == 0:
        raise XmpError("its XMP is cut off")
    return end


def nfc(text: str) -> str:
    """The composed form in which texts are compared and written."""
    return unicodedata.normalize("NFC", text)


def tag_of(name: str) -> str:
    """`dc:subject` as lxml spells it."""
    prefix, _, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def rdf_of(root: etree._Element) -> etree._Element | None:
    """The rdf:RDF element: the root itself or below it."""
    name = f"{{{RDF}}}RDF"
    return root if root.tag == name else next(root.iter(name), None)


def descriptions(root: etree._Element) -> list[etree._Element]:
    """The rdf:Description elements directly in rdf:RDF."""
    rdf = rdf_of(root)
    return [] if rdf is None else rdf.findall(_DESCRIPTION)


def properties(root: etree._Element, name: str) -> list[etree._Element]:
    """All elements of a top-level property, over all descriptions."""
    tag = tag_of(name)
    return [element for description in descriptions(root) for element in description.findall(tag)]


def attributes(root: etree._Element, name: str) -> list[etree._Element]:
    """The descriptions that carry a property as an attribute."""
    tag = tag_of(name)
    return [description for description in descriptions(root) if description.get(tag) is not None]


def array_of(element: etree._Element) -> etree._Element | None:
    """The rdf:Bag, Seq or Alt in a property element."""
    return next((child for child in element if child.tag in _ARRAYS), None)


def items(array: etree._Element) -> list[etree._Element]:
    """The members of an array: rdf:li, and the older rdf:_1 form."""
    return [child for child in array if isinstance(child.tag, str) and _ITEM.match(child.tag)]


def text_of(element: etree._Element) -> str:
    """The value of a simple or qualified (rdf:value) property or array member, trimmed."""
    value = element.get(f"{{{RDF}}}value") or element.get(f"{{{RDF}}}resource")
    if value is not None:
        return value.strip()
    for child in element.iterchildren(f"{{{RDF}}}value", _DESCRIPTION):
        return text_of(child)
    return "".join(_own_text(element)).strip()


def _own_text(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""


def values(root: etree._Element, name: str) -> list[str]:
    """All values of a property in whatever form it is written, empty ones left out."""
    tag = tag_of(name)
    found = [str(description.get(tag)).strip() for description in attributes(root, name)]
    for element in properties(root, name):
        array = array_of(element)
        found.extend([text_of(element)] if array is None else [text_of(item) for item in items(array)])
    return [value for value in found if value]


def fields_of(item: etree._Element) -> dict[str, str]:
    """The simple fields of a structure of ours, by local name, in its attribute or its element form."""
    own = "{" + PREFIXES["nivo"] + "}"
    found: dict[str, str] = {}
    for part in (item, *item.iterchildren(_DESCRIPTION)):
        for key, value in part.attrib.items():
            if str(key).startswith(own):
                found[str(key)[len(own) :]] = str(value)
        for child in part:
            if isinstance(child.tag, str) and child.tag.startswith(own):
                found[child.tag[len(own) :]] = text_of(child)
    return found
