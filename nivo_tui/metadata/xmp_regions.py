"""Face regions in XMP: what a packet states, and adding and taking back names.

Sources: Metadata Working Group, Guidelines for Handling Image Metadata 2.0 (Image Region: areas and
AppliedToDimensions are those of the stored image, before Exif orientation is applied), and Microsoft's
People Tagging schema (RegionInfo), which is only read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.regions import (
    Area,
    Region,
    Regions,
    have_same_shape,
    match,
    stored_area,
    stored_size,
)
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.metadata.xmp_ledger import Ledger
from nivo_tui.metadata.xmp_nodes import LI, child, clean_keyword, insert_item, remove_item
from nivo_tui.metadata.xmp_records import BLANK_NAME, PEOPLE, REGION_LIST, REGION_NAME, REGIONS, Applied
from nivo_tui.metadata.xmp_sheet import Sheet
from nivo_tui.metadata.xmp_tree import nfc

_MICROSOFT = "MP:RegionInfo"
_MICROSOFT_LIST = "MPRI:Regions"
_SIZE = "mwg-rs:AppliedToDimensions"
_TYPE = "mwg-rs:Type"
_AREA = "mwg-rs:Area"
_PARSE_TYPE = f"{{{tree.RDF}}}parseType"
_DESCRIPTION = f"{{{tree.RDF}}}Description"
_SLACK = 1e-3
_ODD_FORM = "its face regions are in a form that cannot be added to; names went to the list of people only"
_OTHER_SHAPE = (
    "its face regions are for a picture of another shape (turned or cropped since); none were added to them"
)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A region and the member of the list that states it; `item` is None for Microsoft's."""

    region: Region
    item: etree._Element | None


def regions_of(packet: bytes | etree._Element) -> tuple[Region, ...]:
    """The regions that a packet, or its parsed root, states: MWG's first, then Microsoft's.

    Raises XmpError for a packet that cannot be read.
    """
    root = tree.take_apart(packet).root if isinstance(packet, bytes) else packet
    return tuple(standing.region for standing in _standing(root))


def applied_size(root: etree._Element) -> tuple[float, float] | None:
    """Width and height of the image that the MWG regions were made for, None where that is not stated."""
    for element in tree.properties(root, REGIONS):
        size = tree.part_of(element, _SIZE)
        if size is not None:
            width, height = _number(size, "stDim:w"), _number(size, "stDim:h")
            if width and height:
                return width, height
    return None


def count_regions(root: etree._Element) -> int:
    """How many regions a packet states."""
    return sum(
        len(_members(element, members))
        for name, members in ((REGIONS, REGION_LIST), (_MICROSOFT, _MICROSOFT_LIST))
        for element in tree.properties(root, name)
    )


# -- reading


def _standing(root: etree._Element) -> list[_Standing]:
    found: list[_Standing] = []
    size = applied_size(root)
    for element in tree.properties(root, REGIONS):
        for item in _members(element, REGION_LIST):
            region = Region(
                _text(item, REGION_NAME),
                _text(item, _TYPE),
                _mwg_area(tree.part_of(item, _AREA), size),
                "mwg",
            )
            found.append(_Standing(region, item))
    for element in tree.properties(root, _MICROSOFT):
        for item in _members(element, _MICROSOFT_LIST):
            area = _microsoft_area(tree.field_of(item, "MPReg:Rectangle"))
            name = _text(item, "MPReg:PersonDisplayName")
            found.append(_Standing(Region(name, "Face", area, "microsoft"), None))
    return found


def _members(element: etree._Element, name: str) -> list[etree._Element]:
    part = tree.part_of(element, name)
    array = None if part is None else tree.array_of(part)
    return [] if array is None else tree.items(array)


def _text(element: etree._Element, name: str) -> str | None:
    return " ".join(nfc(tree.field_of(element, name) or "").split()) or None


def _number(element: etree._Element, name: str) -> float | None:
    try:
        value = float(tree.field_of(element, name) or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _mwg_area(element: etree._Element | None, size: tuple[float, float] | None) -> Area | None:
    if element is None:
        return None
    x, y = _number(element, "stArea:x"), _number(element, "stArea:y")
    width, height = _number(element, "stArea:w"), _number(element, "stArea:h")
    diameter = _number(element, "stArea:d")
    if width is None and height is None and diameter is not None:
        width = height = diameter
    if x is None or y is None or width is None or height is None or width <= 0 or height <= 0:
        return None
    if tree.field_of(element, "stArea:unit") == "pixel":
        if size is None:
            return None
        return Area(x / size[0], y / size[1], width / size[0], height / size[1])
    return Area(x, y, width, height)


def _microsoft_area(text: str | None) -> Area | None:
    """An area of "left, top, width, height"."""
    try:
        left, top, width, height = (float(part) for part in (text or "").split(","))
    except ValueError:
        return None
    if not all(map(math.isfinite, (left, top, width, height))) or width <= 0 or height <= 0:
        return None
    return Area(left + width / 2, top + height / 2, width, height)


# -- adding


def add_faces(sheet: Sheet, ledger: Ledger, regions: Regions, people: Sequence[str]) -> tuple[str, ...]:
    """Name the faces of a photo where the file does not; returns notes on what was left as it is.

    A region that shows the same face is never renamed, moved or doubled; one of type Face without a name
    gets ours. `people` are the names in Iptc4xmpExt:PersonInImage, which gets those it lacks.
    """
    names = [clean_keyword(face.name) for face in regions.faces]
    standing = _standing(sheet.root)
    notes: list[str] = []
    place = _Place.of(sheet, regions, notes)
    areas: list[Area | None] = [None] * len(names)
    if place is not None:
        areas = [stored_area(face, regions) for face in regions.faces]
    found = _match(areas, standing)
    known = set(people)
    for number, (name, area) in enumerate(zip(names, areas, strict=True)):
        same = found.get(number)
        stated = None if same is None else same.region.name
        if stated and not _is_name(name, stated):
            notes.append(f"a face is called {stated} in the file, and was not renamed {name}")
            continue
        put = _put(name, area, same, place)
        fields = [] if put is None else [put[0]]
        if name not in known:
            known.add(name)
            sheet.append(PEOPLE, [name])
            fields.append(PEOPLE)
        ledger.note(Keyword(name), fields, area=None if put is None else put[1])
    return tuple(dict.fromkeys(notes))


def _put(
    name: str, area: Area | None, same: _Standing | None, place: _Place | None
) -> tuple[str, Area] | None:
    """Name the region of a face, or add one; returns the field and the area, None where nothing was done."""
    if same is not None:
        if same.region.name or same.item is None or same.region.area is None:
            return None
        return _set_name(same.item, name), Area(*(round(share, 6) for share in same.region.area))
    if area is None or place is None:
        return None
    place.add(name, area)
    return REGION_LIST, area


def _match(areas: Sequence[Area | None], standing: Sequence[_Standing]) -> dict[int, _Standing]:
    """The standing region of each face: one of MWG, else one of Microsoft's that has a name."""
    found: dict[int, _Standing] = {}
    for source in ("mwg", "microsoft"):
        candidates = [
            each
            for each in standing
            if each.region.source == source
            and (each.region.kind in (None, "Face"))
            and (source == "mwg" or each.region.name)
        ]
        for number, place in match(areas, [each.region.area for each in candidates]).items():
            found.setdefault(number, candidates[place])
    return found


def _is_name(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


class _Place:
    """Where regions are added: the list of a packet, made when the first is added."""

    def __init__(self, sheet: Sheet, holder: etree._Element | None, size: tuple[int, int]) -> None:
        self._sheet = sheet
        self._holder = holder
        self._size = size

    @classmethod
    def of(cls, sheet: Sheet, regions: Regions, notes: list[str]) -> _Place | None:
        """The place for regions, None where they cannot be added, with the reason in `notes`."""
        if regions.width <= 0 or regions.height <= 0:
            return None
        size = stored_size(regions)
        elements = tree.properties(sheet.root, REGIONS)
        if not elements:
            return cls(sheet, None, size)
        stated = applied_size(sheet.root)
        if stated is not None and not have_same_shape(stated, size):
            notes.append(_OTHER_SHAPE)
            return None
        holder = _holder_of(elements)
        if holder is None:
            notes.append(_ODD_FORM)
            return None
        return cls(sheet, holder, size)

    def add(self, name: str, area: Area) -> None:
        item = etree.Element(LI)
        region = etree.SubElement(
            item, _DESCRIPTION, _named({REGION_NAME: name, _TYPE: "Face"}), nsmap=_prefix("mwg-rs")
        )
        shares = zip(("stArea:x", "stArea:y", "stArea:w", "stArea:h"), area, strict=True)
        values = {name: f"{share:.6f}" for name, share in shares} | {"stArea:unit": "normalized"}
        etree.SubElement(region, tree.tag_of(_AREA), _named(values), nsmap=_prefix("stArea"))
        insert_item(self._array(), item, None)

    def _array(self) -> etree._Element:
        if self._holder is None:
            self._holder = child(self._sheet.own_description(), REGIONS)
            self._holder.set(_PARSE_TYPE, "Resource")
            self._sheet.created.append(REGIONS)
            width, height = self._size
            size = {"stDim:w": str(width), "stDim:h": str(height), "stDim:unit": "pixel"}
            etree.SubElement(self._holder, tree.tag_of(_SIZE), _named(size), nsmap=_prefix("stDim"))
        part = tree.part_of(self._holder, REGION_LIST)
        if part is None:
            part = child(self._holder, REGION_LIST)
            self._sheet.created.append(REGION_LIST)
        array = tree.array_of(part)
        return etree.SubElement(part, f"{{{tree.RDF}}}Bag") if array is None else array


def _prefix(prefix: str) -> dict[str, str]:
    return {prefix: tree.PREFIXES[prefix]}


def _named(values: dict[str, str]) -> dict[str, str]:
    return {tree.tag_of(name): value for name, value in values.items()}


def _holder_of(elements: Sequence[etree._Element]) -> etree._Element | None:
    """The element that holds the fields of the region structure and may get a list as a further one."""
    for element in elements:
        for holder in tree.holders(element):
            part = tree.part_of(holder, REGION_LIST)
            if part is not None:
                return holder if tree.array_of(part) is not None else None
    for element in elements:
        for holder in tree.holders(element):
            if holder.tag == _DESCRIPTION or holder.get(_PARSE_TYPE) == "Resource":
                return holder
    return None


def _set_name(item: etree._Element, name: str) -> str:
    """Name a region that has no name, or an empty one; returns the field as it is recorded."""
    tag = tree.tag_of(REGION_NAME)
    holders = tree.holders(item)
    for holder in holders:
        if holder.get(tag) is not None:
            holder.set(tag, name)
            return BLANK_NAME
        for element in holder.iterchildren(tag):
            element.text = name
            return BLANK_NAME
    child(holders[-1], REGION_NAME).text = name
    return REGION_NAME


# -- taking back


def take_face(sheet: Sheet, entry: Applied, field: str) -> None:
    """Remove a region of ours, or just the name that we gave to one; not where it was changed since."""
    for standing in _standing(sheet.root):
        if standing.item is None or standing.region.name != entry.value:
            continue
        if entry.area is None or not _is_close(standing.region.area, entry.area):
            continue
        if field == REGION_LIST:
            remove_item(standing.item)
        else:
            _take_name(standing.item, blank=field == BLANK_NAME)
        break
    _drop_empty(sheet)


def _is_close(area: Area | None, recorded: Area) -> bool:
    return area is not None and all(abs(a - b) <= _SLACK for a, b in zip(area, recorded, strict=True))


def _take_name(item: etree._Element, *, blank: bool) -> None:
    tag = tree.tag_of(REGION_NAME)
    for holder in tree.holders(item):
        if holder.get(tag) is not None:
            if blank:
                holder.set(tag, "")
            else:
                del holder.attrib[tag]
        for element in list(holder.iterchildren(tag)):
            if blank:
                element.text = None
            else:
                remove_item(element)


def _drop_empty(sheet: Sheet) -> None:
    """Remove the list of regions, or the whole property, where we made it and nothing is left in it."""
    elements = tree.properties(sheet.root, REGIONS)
    if any(_members(element, REGION_LIST) for element in elements):
        return
    if REGIONS in sheet.created and not any(_others_in(elements)):
        sheet.drop(REGIONS)
    elif REGION_LIST in sheet.created:
        for element in elements:
            part = tree.part_of(element, REGION_LIST)
            if part is not None:
                remove_item(part)
    else:
        return
    if REGION_LIST in sheet.created:
        sheet.created.remove(REGION_LIST)


def _others_in(elements: Sequence[etree._Element]) -> Iterator[etree._Element]:
    """What stands in a region structure besides its list and its size."""
    known = {tree.tag_of(REGION_LIST), tree.tag_of(_SIZE), _DESCRIPTION}
    for element in elements:
        for holder in tree.holders(element):
            yield from (part for part in holder if part.tag not in known)
