"""Names and nodes of XMP's XML, as the gate compares them."""

from __future__ import annotations

from lxml import etree

from nivo_tui.metadata.gate.ledger import GateError
from nivo_tui.metadata.xmp_tree import PREFIXES

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_DESCRIPTION = f"{{{RDF}}}Description"
NIVO = PREFIXES["nivo"]


def clark(name: str) -> str:
    """`dc:subject` as lxml spells it. Raises GateError for a prefix that is not known."""
    prefix, _, local = name.partition(":")
    if prefix not in PREFIXES:
        raise GateError(f"no check is known for {name}")
    return f"{{{PREFIXES[prefix]}}}{local}"


def canonical(node: etree._Element, *, leave_out: str | None = None) -> tuple[object, ...]:
    """Everything an element, comment or instruction holds, its tail left out.

    `leave_out` names elements and attributes that do not count. In the order of the document each node
    stands with the number of its children, which tells the tree; no recursion is needed.
    """
    rows: list[object] = []
    for each in node.iter():
        if leave_out is not None and each.tag == leave_out:
            continue
        kind = each.tag if isinstance(each.tag, str) else (type(each).__name__, getattr(each, "target", None))
        attributes = tuple(sorted((str(k), str(v)) for k, v in each.attrib.items() if k != leave_out))
        children = sum(1 for child in each if leave_out is None or child.tag != leave_out)
        rows.append((kind, attributes, each.text, children, None if each is node else each.tail))
    return tuple(rows)
