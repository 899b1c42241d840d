"""Face regions (MWG guidelines 2.0, 5.9): every old one kept, new ones of names that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lxml import etree

from nivo_tui.metadata.gate.ledger import GateError, Ledger, plain
from nivo_tui.metadata.gate.xmp_nodes import RDF, RDF_DESCRIPTION, canonical, clark

FIELDS = frozenset(("mwg-rs:Regions", "mwg-rs:RegionList", "mwg-rs:Name"))

Roots = Sequence[etree._Element]
Shape = tuple[object, ...]


def compare(before: Roots, after: Roots, ledger: Ledger) -> None:
    """Hold regions side by side. Raises GateError where one is lost, moved or renamed, or comes unasked.

    A region that had no name may get one.
    """
    old, new = list(_regions(before)), list(_regions(after))
    lost, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    for shape, name in lost.elements():
        named = next((key for key in come if key[0] == shape and come[key]), None)
        if named is not None:
            come[named] -= 1
        renames = named is not None and not (
            (not name and ledger.is_known(named[1])) or (not named[1] and ledger.is_removed(name))
        )
        if renames or (named is None and not (name and ledger.is_removed(name))):
            raise GateError(f"the face region of {name!r} would be lost or renamed")
    for _, name in come.elements():
        if not ledger.is_known(name):
            raise GateError(f"a face region of {name!r} would appear that nobody asked for")
    if new and _others(before) - _others(after):
        raise GateError("what the face regions apply to would be lost")


def _regions(roots: Roots) -> Iterator[tuple[Shape, str]]:
    """Each region without its name, and its name."""
    tag = clark("mwg-rs:Name")
    for root in roots:
        for regions in root.iter(clark("mwg-rs:RegionList")):
            for array in regions:
                for item in array:
                    if item.tag != f"{{{RDF}}}li":
                        continue
                    names = [str(n.get(tag)) for n in item.iter() if n.get(tag)]
                    names += [n.text or "" for n in item.iter(tag)]
                    yield canonical(item, leave_out=tag), plain(names[0] if names else "")


def _others(roots: Roots) -> Counter[Shape]:
    """All that stands beside the list of regions."""
    found: Counter[Shape] = Counter()
    region_list = clark("mwg-rs:RegionList")
    for root in roots:
        for regions in root.iter(clark("mwg-rs:Regions")):
            holders = (regions, *regions.iterchildren(RDF_DESCRIPTION))
            for holder in holders:
                found.update(
                    canonical(child) for child in holder if child.tag not in (region_list, RDF_DESCRIPTION)
                )
    return found
