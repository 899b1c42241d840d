"""XMP: what a packet says."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from nivo_tui.metadata import xmp_records as records
from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp_records import Applied, join_path, split_path, whole
from nivo_tui.metadata.xmp_tree import XmpError, nfc

__all__ = ["Applied", "Keyword", "Location", "XmpError", "XmpFacts", "join_path", "read", "split_path"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword to be written: its text (the leaf), and its path from the top where it has one.

    `tag` is its id in the vocabulary, `model` what proposed it, `confidence` 0-1 (None for people).
    """

    text: str
    path: tuple[str, ...] = ()
    tag: str | None = None
    model: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a picture was taken, in words; `code` is the country's, ISO 3166. None for what is not known."""

    city: str | None = None
    state: str | None = None
    country: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class XmpFacts:
    """What an XMP packet says. Texts are NFC; lists are in file order without repeats.

    `hierarchies` are paths joined by "|", from lr:hierarchicalSubject and digiKam:TagsList. `create_date`
    is the text of when the picture was taken. `created` names the properties that we made, and the blocks
    ("iptc", "exif") of the file.
    """

    keywords: tuple[str, ...] = ()
    hierarchies: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    rating: int | None = None
    label: str | None = None
    create_date: str | None = None
    orientation: int | None = None
    metadata_date: str | None = None
    applied: tuple[Applied, ...] = ()
    created: tuple[str, ...] = ()
    location: Location = Location()


def read(packet: bytes) -> XmpFacts:
    """Read a packet. Raises XmpError where it cannot be read."""
    return facts(tree.take_apart(packet).root)


def facts(root: etree._Element) -> XmpFacts:
    """What a parsed packet says."""
    names = _Names(root)
    paths = names.list("lr:hierarchicalSubject")
    paths += [path.replace("/", "|") for path in names.list("digiKam:TagsList")]
    return XmpFacts(
        keywords=_unique(names.list(records.SUBJECT)),
        hierarchies=_unique(paths),
        people=_unique(names.list(records.PEOPLE)),
        title=names.text(records.TITLE),
        description=names.text(records.DESCRIPTION),
        rating=whole(names.first(records.RATING), -1, 5),
        label=names.first(records.LABEL),
        create_date=names.first("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"),
        orientation=whole(names.first("tiff:Orientation"), 1, 8),
        metadata_date=names.first(records.METADATA_DATE),
        applied=records.read_records(root) if names.has(records.APPLIED) else (),
        created=tuple((names.first(records.CREATED) or "").split()),
        location=Location(
            names.first(records.CITY),
            names.first(records.STATE),
            names.first(records.COUNTRY),
            names.first(records.COUNTRY_CODE),
        ),
    )


class _Names:
    """The properties of a packet by name; those that are not there are not searched for."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._there: set[str] = set()
        for description in tree.descriptions(root):
            self._there.update(str(name) for name in description.attrib)
            self._there.update(str(child.tag) for child in description)

    def has(self, name: str) -> bool:
        return tree.tag_of(name) in self._there

    def list(self, name: str) -> list[str]:
        return _list(self._root, name) if self.has(name) else []

    def first(self, *names: str) -> str | None:
        return next((value for name in names for value in self.list(name)), None)

    def text(self, name: str) -> str | None:
        return language_value(self._root, name) if self.has(name) else None


def _list(root: etree._Element, name: str) -> list[str]:
    return [nfc(value) for value in tree.values(root, name)]


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _first(root: etree._Element, *names: str) -> str | None:
    return next((value for name in names for value in _list(root, name)), None)


def language_value(root: etree._Element, name: str) -> str | None:
    """The x-default text of a language alternative, else its first."""
    for element in tree.properties(root, name):
        array = tree.array_of(element)
        for item in [] if array is None else tree.items(array):
            if item.get(f"{{{tree.XML}}}lang") == "x-default" and tree.text_of(item):
                return nfc(tree.text_of(item))
    return _first(root, name)
