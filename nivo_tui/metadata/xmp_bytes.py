"""Writing a changed packet so that every byte stays that belongs to no changed node.

A parser forgets line ends, quotes, the white space between attributes, and which of several ways a
character was written in. Other programs' settings are to come out as they went in: nodes that did not
change are copied from the packet, and only those of our properties are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp_records import PROPERTIES

_TOKEN = re.compile(
    rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>", re.DOTALL
)
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"<([^\s/>]+)")
_OURS = frozenset(map(tree.tag_of, PROPERTIES))
_RDF = f"{{{tree.RDF}}}RDF"
_DESCRIPTION = f"{{{tree.RDF}}}Description"


class _Unkept(Exception):
    """A change that is not made in place: the whole packet is written anew."""


@dataclass(slots=True)
class _Span:
    """Where a node stands: its start tag (or all of a comment), the text in it up to its first child, its
    end tag (empty in <a/>), and the text behind it up to the next node.
    """

    start: int
    open_end: int
    text_end: int
    close: int
    end: int
    tail_end: int


class Source:
    """The bytes that the nodes of a packet were read from; made before the packet is changed."""

    def __init__(self, packet: tree.Packet) -> None:
        self._packet = packet
        self._body = packet.body
        self._nodes = list(packet.root.iter())
        self._places = {id(node): place for place, node in enumerate(self._nodes)}
        self._newline = "\r\n" if b"\r\n" in self._body else "\n"
        self._old: list[etree._Element] = []
        self._spans: list[_Span] = []

    def to_bytes(self, length: int) -> bytes:
        """The changed packet; its writable padding is used to reach `length` where it is long enough."""
        written = etree.tostring(self._packet.root, encoding="utf-8", xml_declaration=False, with_tail=False)
        kept = self._kept()
        is_same = kept is not None and _serialized(kept) == written
        body = kept if kept is not None and is_same else written
        return tree.fit_padding(self._packet.prefix + body + self._packet.suffix, length)

    def _kept(self) -> bytes | None:
        """The changed root element with the old bytes, None where they cannot be kept."""
        self._old = list(tree.parse(self._body).iter())
        self._spans = _spans_of(self._body)
        if not len(self._spans) == len(self._old) == len(self._nodes):
            return None
        try:
            return b"".join(self._node(self._packet.root, 0))
        except _Unkept:
            return None

    def _node(self, node: etree._Element, depth: int) -> Iterator[bytes]:
        """The bytes of a node. `depth` is 0 for the root, and counts on from rdf:RDF, which is 1."""
        place = self._places.get(id(node))
        if place is None:
            yield self._new(node).encode()
            return
        span, old = self._spans[place], self._old[place]
        yield self._start_tag(node, old, span)
        yield self._text(node.text, old.text, span.open_end, span.text_end)
        inner = 1 if node.tag == _RDF else depth + 1 if depth else 0
        for child in node:
            known = self._places.get(id(child))
            if known is not None and not self._is_looked_into(child, inner):
                yield self._body[self._spans[known].start : self._spans[known].end]
            else:
                yield from self._node(child, inner)
            yield self._tail(child)
        if span.close < span.end:
            yield self._body[span.close : span.end]
        elif node.text or len(node):
            yield b"</" + self._name(span) + b">"

    @staticmethod
    def _is_looked_into(node: etree._Element, depth: int) -> bool:
        """Whether something may have changed in a node: one that leads to our properties, or in them."""
        if not isinstance(node.tag, str):
            return False
        if depth == 0 or depth > 2:
            return True
        return node.tag == _DESCRIPTION if depth == 1 else node.tag in _OURS

    def _name(self, span: _Span) -> bytes:
        found = _NAME.match(self._body, span.start)
        return found.group(1) if found else b""

    def _tail(self, node: etree._Element) -> bytes:
        place = self._places.get(id(node))
        if place is None:
            return self._escaped(node.tail or "").encode()
        span = self._spans[place]
        return self._text(node.tail, self._old[place].tail, span.end, span.tail_end)

    def _text(self, text: str | None, old: str | None, start: int, end: int) -> bytes:
        return self._body[start:end] if text == old else self._escaped(text or "").encode()

    def _start_tag(self, node: etree._Element, old: etree._Element, span: _Span) -> bytes:
        tag = self._body[span.start : span.open_end]
        if node.attrib.items() != old.attrib.items():
            tag = _with_attributes(tag, node, old)
        if span.close == span.end and (node.text or len(node)):
            tag = tag[:-2].rstrip() + b">"
        return tag

    def _escaped(self, text: str) -> str:
        escaped = _escape(text, {"\r": "&#13;"})
        return escaped if text.strip() else escaped.replace("\n", self._newline)

    def _new(self, node: etree._Element) -> str:
        """An element that was not there before."""
        if not isinstance(node.tag, str):
            raise _Unkept
        parent = node.getparent()
        known = {} if parent is None else parent.nsmap
        name = _prefixed(node.tag, node)
        parts = [f"<{name}"]
        for prefix, uri in node.nsmap.items():
            if known.get(prefix) != uri:
                declared = f"xmlns:{prefix}" if prefix else "xmlns"
                parts.append(f" {declared}={_quoted(uri)}")
        for key, value in node.attrib.items():
            parts.append(f" {_prefixed(str(key), node)}={_quoted(str(value))}")
        if not node.text and not len(node):
            return "".join((*parts, "/>"))
        parts += (">", self._escaped(node.text or ""))
        for child in node:
            if id(child) in self._places:
                raise _Unkept
            parts += (self._new(child), self._escaped(child.tail or ""))
        return "".join((*parts, f"</{name}>"))


def _serialized(body: bytes) -> bytes:
    return etree.tostring(tree.parse(body), encoding="utf-8", xml_declaration=False, with_tail=False)


def _spans_of(body: bytes) -> list[_Span]:
    """The spans of the nodes of a well-formed element, in document order; text and CDATA make none."""
    spans: list[_Span] = []
    opened: list[_Span] = []
    entered: _Span | None = None
    left: _Span | None = None
    for found in _TOKEN.finditer(body):
        start, end = found.span()
        kind = body[start + 1 : start + 3]
        if kind == b"![":
            continue
        if entered is not None:
            entered.text_end = start
        if left is not None:
            left.tail_end = start
        entered = left = None
        if kind.startswith(b"/"):
            left = opened.pop()
            left.close, left.end = start, end
            continue
        span = _Span(start, end, end, end, end, end)
        spans.append(span)
        if kind.startswith((b"?", b"!")) or body[end - 2] == ord("/"):
            left = span
        else:
            opened.append(span)
            entered = span
    return spans


def _prefixed(name: str, node: etree._Element) -> str:
    """The name of an element or attribute as it is written in a node."""
    qualified = etree.QName(name)
    if qualified.namespace is None:
        return qualified.localname
    if qualified.namespace == tree.XML:
        return f"xml:{qualified.localname}"
    for prefix, uri in node.nsmap.items():
        if uri == qualified.namespace and prefix:
            return f"{prefix}:{qualified.localname}"
    raise _Unkept


def _quoted(value: str) -> str:
    entities = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    return f'"{_escape(value, entities)}"'


def _escape(text: str, entities: Mapping[str, str]) -> str:
    """A text as XML holds it. The standard library's own would load its whole network side."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character, entity in entities.items():
        escaped = escaped.replace(character, entity)
    return escaped


def _with_attributes(tag: bytes, node: etree._Element, old: etree._Element) -> bytes:
    """A start tag with changed values set and missing attributes taken out."""
    new_values, old_values = dict(node.attrib.items()), dict(old.attrib.items())
    if set(new_values) - set(old_values):
        raise _Unkept
    uris = old.nsmap
    parts, position = [], 0
    for found in _ATTRIBUTE.finditer(tag):
        name = found.group(1)
        if name.partition(b":")[0] == b"xmlns":
            continue
        key = _clark(name.decode(), uris)
        value = new_values.get(key)
        if value is None:
            parts.append(tag[position : found.start()])
            position = found.end()
        elif value != old_values[key]:
            parts += (tag[position : found.start(2)], _quoted(str(value)).encode())
            position = found.end()
    return b"".join((*parts, tag[position:]))


def _clark(name: str, uris: Mapping[str | None, str]) -> str:
    prefix, colon, local = name.partition(":")
    if not colon:
        return name
    uri = tree.XML if prefix == "xml" else uris[prefix]
    return f"{{{uri}}}{local}"
