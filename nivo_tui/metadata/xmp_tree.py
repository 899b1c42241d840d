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
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "nivo": "https://nivo-tui.dev/ns/1.0/",
}

_DESCRIPTION = f"{{{RDF}}}Description"
_ARRAYS = tuple(f"{{{RDF}}}{kind}" for kind in ("Bag", "Seq", "Alt"))
# A sidecar of some MB, with an editor's history of tens of thousands of steps, is within these.
_MOST_BYTES = 32 << 20
_MOST_TAGS = 100_000
_MOST_ATTRIBUTES = 100_000
_MOST_OF_ONE = 4_000
_MOST_DESCRIPTIONS = 2_000
_BLOATED = "its XMP holds more than any photo's, and was not looked through"
_MOST_PADDING = 4096
_ITEM = re.compile(r"\{" + re.escape(RDF) + r"\}(li|_\d+)$")
_MISC = re.compile(rb"(?:[\s\0]++|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_START_TAG = re.compile(rb"""<([^\s/>!?]+)(?:\s+[^\s=<>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(/?)>""")
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0")
_PADDING = re.compile(rb"[ \t\r\n]++(?=<\?xpacket\s+end=[\"']w[\"'][^>]*(?:\?>[\s\0]*)?\Z)")
_CUT_WRAPPER = re.compile(rb"<\?xpacket\s+end=[^>]*$")


class XmpError(RefusedError):
    """The XMP cannot be read safely, so it must not be changed."""


@dataclass(slots=True)
class Packet:
    """A packet taken apart: the bytes before and after its root element, and the element itself.

    `body` is what the element was read from, empty where it is new.
    """

    prefix: bytes
    root: etree._Element
    suffix: bytes
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """The packet, its element written anew."""
        body = etree.tostring(self.root, encoding="utf-8", xml_declaration=False, with_tail=False)
        return self.prefix + body + self.suffix


def fit_padding(packet: bytes, length: int) -> bytes:
    """Shorten or lengthen the writable padding so that the packet has `length` bytes, as far as it goes.

    Padding is the white space between the root's end tag and a wrapper's end that follows at once: what
    stands behind a comment or within an instruction is somebody's. A packet without is returned as it is.
    """
    found = _padding_of(packet)
    if found is None:
        return packet
    start, end = found.span()
    padding = packet[start:end]
    wanted = min(max(1, len(padding) + length - len(packet)), max(_MOST_PADDING, len(padding)))
    return packet[:start] + padding[-wanted:].rjust(wanted, b" ") + packet[end:]


def _padding_of(packet: bytes) -> re.Match[bytes] | None:
    try:
        return _PADDING.match(packet, _root_end(packet, _skip_misc(packet, 0)))
    except XmpError:
        return None


def take_apart(packet: bytes) -> Packet:
    """Parse a packet.

    Raises XmpError where it is not well-formed UTF-8 XML, declares a document type, or holds so many
    elements that it is no photo's; libxml2 refuses more than 256 levels and texts of more than 10 MB.
    """
    _require_bounds(packet)
    _require_utf8(packet)
    start = _skip_misc(packet, 0)
    if packet.startswith(b"<!DOCTYPE", start):
        raise XmpError("its XMP declares a document type, which no XMP may")
    end = _root_end(packet, start)
    behind = _skip_misc(packet, end)
    if behind != len(packet) and not _CUT_WRAPPER.match(packet, behind):
        raise XmpError("its XMP has something after its end")
    body = packet[start:end]
    try:
        root = parse(body)
    except etree.XMLSyntaxError as error:
        raise XmpError(f"its XMP is not well-formed: {error.msg}") from error
    if len(descriptions(root)) > _MOST_DESCRIPTIONS or _has_overfull_element(root, packet):
        raise XmpError(_BLOATED)
    return Packet(packet[:start], root, packet[end:], body)


def _has_overfull_element(root: etree._Element, packet: bytes) -> bool:
    """Whether an element has too many attributes: looking through them takes the square of their number."""
    if _attributes_in(packet) <= _MOST_OF_ONE:
        return False
    return bool(root.xpath(f"boolean(//*[count(@*) > {_MOST_OF_ONE}])"))


def parse(body: bytes) -> etree._Element:
    """The element in some bytes, with no entity but XML's own. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    return etree.fromstring(body, parser)


def _require_bounds(packet: bytes) -> None:
    too_long = len(packet) > _MOST_BYTES
    if too_long or packet.count(b"<") > _MOST_TAGS or _attributes_in(packet) > _MOST_ATTRIBUTES:
        raise XmpError(_BLOATED)


def _attributes_in(packet: bytes) -> int:
    return packet.count(b'="') + packet.count(b"='")


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


def holders(element: etree._Element) -> list[etree._Element]:
    """The elements that may hold the fields of a structure: it itself, and an rdf:Description in it."""
    return [element, *element.iterchildren(_DESCRIPTION)]


def part_of(element: etree._Element, name: str) -> etree._Element | None:
    """A field of a structure that is an element, None where there is none."""
    tag = tag_of(name)
    return next((part for holder in holders(element) for part in holder.iterchildren(tag)), None)


def field_of(element: etree._Element, name: str) -> str | None:
    """The text of a simple field of a structure, in its attribute or its element form."""
    tag = tag_of(name)
    for holder in holders(element):
        value = holder.get(tag)
        if value is not None:
            return str(value).strip()
    part = part_of(element, name)
    return None if part is None else text_of(part)


def fields_of(item: etree._Element) -> dict[str, str]:
    """The simple fields of a structure of ours, by local name, in its attribute or its element form."""
    own = "{" + PREFIXES["nivo"] + "}"
    found: dict[str, str] = {}
    for part in holders(item):
        for key, value in part.attrib.items():
            if str(key).startswith(own):
                found[str(key)[len(own) :]] = str(value)
        for child in part:
            if isinstance(child.tag, str) and child.tag.startswith(own):
                found[child.tag[len(own) :]] = text_of(child)
    return found
