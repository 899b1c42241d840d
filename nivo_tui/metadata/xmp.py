"""XMP: what a packet says, and the changes to it that a write, an untag or an undo makes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp_tree import XmpError, nfc

__all__ = ["Applied", "Keyword", "XmpError", "XmpFacts", "read"]


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
class Applied:
    """One entry of nivo:Applied: a value that we wrote, and where.

    `value` is the keyword (leaf), or the text for dc:title and dc:description. `fields` are XMP property
    names. `carried` marks a keyword that stood in the file before, and was copied into fields that we
    created so that no program that reads only those would miss it (nivo:preExisting).
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


@dataclass(frozen=True, slots=True)
class XmpFacts:
    """What an XMP packet says. Texts are NFC; lists are in file order without repeats.

    `hierarchies` are paths joined by "|", from lr:hierarchicalSubject and digiKam:TagsList. `create_date`
    is the text of when the picture was taken. `created` names the properties that we made.
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


def read(packet: bytes) -> XmpFacts:
    """Read a packet. Raises XmpError where it cannot be read."""
    return facts(tree.take_apart(packet).root)


def facts(root: etree._Element) -> XmpFacts:
    """What a parsed packet says."""
    paths = _list(root, "lr:hierarchicalSubject")
    paths += [path.replace("/", "|") for path in _list(root, "digiKam:TagsList")]
    return XmpFacts(
        keywords=_unique(_list(root, "dc:subject")),
        hierarchies=_unique(paths),
        people=_unique(_list(root, "Iptc4xmpExt:PersonInImage")),
        title=language_value(root, "dc:title"),
        description=language_value(root, "dc:description"),
        rating=_whole(_first(root, "xmp:Rating"), -1, 5),
        label=_first(root, "xmp:Label"),
        create_date=_first(root, "exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"),
        orientation=_whole(_first(root, "tiff:Orientation"), 1, 8),
        metadata_date=_first(root, "xmp:MetadataDate"),
        applied=tuple(_applied(root)),
        created=tuple((_first(root, "nivo:Created") or "").split()),
    )


def join_path(path: tuple[str, ...]) -> str:
    """A path as nivo:Applied holds it: parts joined by "|", which a backslash escapes within one."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in path)


def split_path(text: str) -> tuple[str, ...]:
    """The parts of what `join_path` made."""
    parts = re.findall(r"(?:[^|\\]|\\.)+", text, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts)


def _list(root: etree._Element, name: str) -> list[str]:
    return [nfc(value) for value in tree.values(root, name)]


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _first(root: etree._Element, *names: str) -> str | None:
    return next((value for name in names for value in _list(root, name)), None)


def _whole(text: str | None, low: int, high: int) -> int | None:
    try:
        number = int(float(text or ""))
    except (ValueError, OverflowError):
        return None
    return number if low <= number <= high else None


def language_value(root: etree._Element, name: str) -> str | None:
    """The x-default text of a language alternative, else its first."""
    for element in tree.properties(root, name):
        array = tree.array_of(element)
        for item in [] if array is None else tree.items(array):
            if item.get(f"{{{tree.XML}}}lang") == "x-default" and tree.text_of(item):
                return nfc(tree.text_of(item))
    return _first(root, name)


def _applied(root: etree._Element) -> list[Applied]:
    found = []
    for element in tree.properties(root, "nivo:Applied"):
        array = tree.array_of(element)
        for item in [] if array is None else tree.items(array):
            fields = tree.fields_of(item)
            if "keyword" in fields:
                found.append(_entry(fields))
    return found


def _entry(fields: dict[str, str]) -> Applied:
    try:
        confidence = float(fields["confidence"])
    except (KeyError, ValueError):
        confidence = None
    return Applied(
        value=nfc(fields["keyword"]),
        path=split_path(nfc(fields.get("path", ""))),
        run=_whole(fields.get("run"), 0, 2**53),
        tag=fields.get("tag"),
        model=fields.get("model"),
        confidence=confidence,
        time=fields.get("time"),
        fields=tuple(fields.get("fields", "").split()),
        carried=fields.get("preExisting") == "True",
    )
