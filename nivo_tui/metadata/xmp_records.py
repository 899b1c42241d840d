"""nivo:Applied: the records of what was written to a photo and where, and how they stand in a packet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from nivo_tui.metadata import blocks
from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.regions import Area
from nivo_tui.metadata.xmp_nodes import clean
from nivo_tui.metadata.xmp_tree import nfc

SUBJECT = "dc:subject"
TITLE = "dc:title"
DESCRIPTION = "dc:description"
CITY = "photoshop:City"
STATE = "photoshop:State"
COUNTRY = "photoshop:Country"
COUNTRY_CODE = "Iptc4xmpCore:CountryCode"
RATING = "xmp:Rating"
LABEL = "xmp:Label"
PEOPLE = "Iptc4xmpExt:PersonInImage"
REGION_LIST = "mwg-rs:RegionList"
REGION_NAME = "mwg-rs:Name"
BLANK_NAME = "mwg-rs:Name/text"
"""The field of a name that was put into an empty mwg-rs:Name; mwg-rs:Name itself is one that we made."""

REGIONS = "mwg-rs:Regions"
METADATA_DATE = "xmp:MetadataDate"
OWNER = "photoshop:SidecarForExtension"
APPLIED = "nivo:Applied"
CREATED = "nivo:Created"
HIERARCHIES = {"lr:hierarchicalSubject": "|", "digiKam:TagsList": "/"}
"""The properties that hold paths, with what separates the parts of one."""

PROPERTIES = frozenset(
    (
        *(SUBJECT, *HIERARCHIES, TITLE, DESCRIPTION, CITY, STATE, COUNTRY, COUNTRY_CODE, RATING, LABEL),
        *(PEOPLE, REGIONS, METADATA_DATE, OWNER, APPLIED, CREATED),
    )
)
"""The top-level properties that are ever changed."""

_KINDS = {
    "keyword": (SUBJECT, *HIERARCHIES, blocks.KEYWORDS),
    "title": (TITLE, blocks.OBJECT_NAME),
    "description": (DESCRIPTION, blocks.CAPTION, *blocks.EXIF_TEXTS),
    "city": (CITY, blocks.CITY),
    "state": (STATE, blocks.STATE),
    "country": (COUNTRY, blocks.COUNTRY),
    "country code": (COUNTRY_CODE, blocks.COUNTRY_CODE),
    "rating": (RATING,),
    "label": (LABEL,),
    "person": (PEOPLE, REGION_LIST, REGION_NAME, BLANK_NAME),
}
_KIND_OF = {field: kind for kind, fields in _KINDS.items() for field in fields}
_LISTS = frozenset(_KINDS["keyword"] + _KINDS["person"])


def is_region_field(field: str) -> bool:
    """Whether a recorded field lies within a face region."""
    return field in (REGION_LIST, REGION_NAME, BLANK_NAME)


def holds_many(field: str) -> bool:
    """Whether a field holds a list; a new value of one that does not takes the place of the old."""
    return field in _LISTS


def kind_of(field: str) -> str:
    """What a field tells: keyword, title, description, city, state, country, country code, rating, label or
    person. Fields of one kind hold the same value and share a record; an unknown field is its own kind.
    """
    return _KIND_OF.get(field, field)


@dataclass(frozen=True, slots=True)
class Applied:
    """One entry of nivo:Applied: a value that we wrote, and where.

    `value` is the keyword (leaf), the text of dc:title and its like, or a person's name. `fields` are XMP
    property names, and names of IPTC and Exif fields as `blocks` has them. `carried` marks a value that
    stood in the file before, and was copied into fields that we created so that no program that reads only
    those would miss it (nivo:preExisting). `home` names the home whose runs `run` counts. `area` is where
    the face region lies in the stored image that `fields` speak of.
    """

    value: str
    path: tuple[str, ...] = ()
    run: int | None = None
    tag: str | None = None
    model: str | None = None
    confidence: float | None = None
    time: str | None = None
    fields: tuple[str, ...] = ()
    carried: bool = False
    home: str | None = None
    area: Area | None = None

    @property
    def kind(self) -> str:
        """What the value is, after its fields; see `kind_of`."""
        return kind_of(self.fields[0]) if self.fields else "keyword"

    def text_in(self, field: str) -> str:
        """The value as a field holds it: joined to its path in a property of paths."""
        separator = HIERARCHIES.get(field)
        return separator.join(self.path or (self.value,)) if separator else self.value


def join_path(path: tuple[str, ...]) -> str:
    """A path as nivo:Applied holds it: parts joined by "|", which a backslash escapes within one."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in path)


def split_path(text: str) -> tuple[str, ...]:
    """The parts of what `join_path` made."""
    parts = re.findall(r"(?:[^|\\]|\\.)+", text, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts)


def read_records(root: etree._Element) -> tuple[Applied, ...]:
    """The entries of nivo:Applied in a parsed packet."""
    found = []
    for element in tree.properties(root, APPLIED):
        array = tree.array_of(element)
        for item in [] if array is None else tree.items(array):
            fields = tree.fields_of(item)
            if "keyword" in fields:
                found.append(_entry(fields))
    return tuple(found)


def attributes_of(entry: Applied) -> dict[str, str]:
    """An entry as the attributes of a member of nivo:Applied."""
    values = {
        "keyword": entry.value,
        "path": join_path(entry.path),
        "home": entry.home,
        "run": None if entry.run is None else str(entry.run),
        "tag": entry.tag,
        "model": entry.model,
        "confidence": None if entry.confidence is None else f"{entry.confidence:.4g}",
        "time": entry.time,
        "fields": " ".join(entry.fields),
        "area": None if entry.area is None else " ".join(f"{share:.6f}" for share in entry.area),
        "preExisting": "True" if entry.carried else None,
    }
    return {tree.tag_of(f"nivo:{name}"): clean(value) for name, value in values.items() if value}


def claimed(entries: Iterable[Applied]) -> set[tuple[object, ...]]:
    """What entries say stands where: (field, text) of each, with the area of a face region."""
    return {claim(entry, field) for entry in entries for field in entry.fields}


def claim(entry: Applied, field: str) -> tuple[object, ...]:
    """What an entry says stands in one of its fields."""
    return (field, entry.text_in(field), entry.area if is_region_field(field) else None)


def whole(text: str | None, low: int, high: int) -> int | None:
    """The whole number that a text gives, None where it gives none within bounds."""
    try:
        number = int(float(text or ""))
    except (ValueError, OverflowError):
        return None
    return number if low <= number <= high else None


def _entry(fields: dict[str, str]) -> Applied:
    try:
        confidence = float(fields["confidence"])
    except (KeyError, ValueError):
        confidence = None
    return Applied(
        value=nfc(fields["keyword"]),
        path=split_path(nfc(fields.get("path", ""))),
        run=whole(fields.get("run"), 0, 2**53),
        tag=fields.get("tag"),
        model=fields.get("model"),
        confidence=confidence,
        time=fields.get("time"),
        fields=tuple(fields.get("fields", "").split()),
        carried=fields.get("preExisting") == "True",
        home=fields.get("home"),
        area=_area(fields.get("area")),
    )


def _area(text: str | None) -> Area | None:
    try:
        return Area(*(float(part) for part in (text or "").split()))
    except (ValueError, TypeError):
        return None
