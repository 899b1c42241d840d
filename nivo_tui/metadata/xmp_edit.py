"""The changes to an XMP packet that a write, an untag or an undo makes: our properties, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp import Applied, Keyword, XmpFacts, facts, join_path
from nivo_tui.metadata.xmp_nodes import (
    LI,
    array_in,
    child,
    clean,
    clean_keyword,
    insert_item,
    remove_item,
)
from nivo_tui.metadata.xmp_tree import nfc

SUBJECT = "dc:subject"
TITLE = "dc:title"
DESCRIPTION = "dc:description"
METADATA_DATE = "xmp:MetadataDate"
OWNER = "photoshop:SidecarForExtension"
HIERARCHIES = {"lr:hierarchicalSubject": "|", "digiKam:TagsList": "/"}
"""The properties that hold paths, with what separates the parts of one."""

WHOLE_PACKET = "packet"
"""Stands in nivo:Created where the file had no XMP at all."""

_APPLIED = "nivo:Applied"
_CREATED = "nivo:Created"
_ABOUT = f"{{{tree.RDF}}}about"
_LANG = f"{{{tree.XML}}}lang"
_NEW_PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"/></x:xmpmeta>' % tree.RDF.encode()
_WRAPPER_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_WRAPPER_END = b'<?xpacket end="w"?>'
_XML_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_PADDINGLINE = b" " * 99 + b"\n"
PADDINGLINES = 20


@dataclass(frozen=True, slots=True)
class XmpChange:
    """What a write wants in a packet.

    `carried` are keywords that the file holds elsewhere (IPTC, or the photo a sidecar belongs to): where
    dc:subject is created they go into it too, or programs that read only that would no longer see them.
    `time` is ISO 8601 with its zone. `extension` is that of the photo a new sidecar is for, where its name
    does not say. `standing_title` and `standing_description` are what the file shows already, from whatever
    field: over those nothing is written.
    """

    run: int
    time: str
    keywords: tuple[Keyword, ...] = ()
    carried: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    extension: str | None = None
    standing_title: str | None = None
    standing_description: str | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed packet, None where nothing is left of it, and the records that were added or removed."""

    packet: bytes | None
    entries: tuple[Applied, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The keywords and texts that were added or removed."""
        return tuple(dict.fromkeys(entry.value for entry in self.entries if not entry.carried))

    @property
    def carried(self) -> tuple[str, ...]:
        """The keywords of the file that came into further fields, or left them again."""
        return tuple(dict.fromkeys(entry.value for entry in self.entries if entry.carried))

    @property
    def fields(self) -> tuple[str, ...]:
        """The XMP properties that were touched."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.fields))


def edit(packet: bytes | None, change: XmpChange, *, sidecar: bool = False) -> Edited:
    """Add to a packet what it lacks of a change; where it lacks nothing it is given back as it is.

    A packet with padding keeps its length where the padding is long enough. Raises XmpError where the
    packet cannot be read or holds our properties in a form that cannot be added to.
    """
    taken = tree.take_apart(packet) if packet is not None else _new_packet(sidecar)
    editor = _Editor(taken.root, () if packet is not None else (WHOLE_PACKET,))
    editor.add(change)
    if not editor.entries:
        return Edited(packet)
    if packet is None and change.extension:
        editor.name_owner(change.extension)
    editor.record(change.time)
    return Edited(taken.to_bytes(None if packet is None else len(packet)), tuple(editor.entries))


def remove(packet: bytes, entries: Iterable[Applied], time: str) -> Edited:
    """Take recorded values out of the fields they were recorded for, and what we created with them.

    `entries` are among the packet's nivo:Applied; others are passed over. The packet is None where all
    of it was ours. Raises XmpError where it cannot be read.
    """
    taken = tree.take_apart(packet)
    editor = _Editor(taken.root, ())
    gone = editor.take_back(frozenset(entries))
    if not gone:
        return Edited(packet)
    empty = editor.record(time)
    return Edited(None if empty else taken.to_bytes(len(packet)), tuple(gone))


def _new_packet(sidecar: bool) -> tree.Packet:
    root = etree.fromstring(_NEW_PACKET)
    if sidecar:
        return tree.Packet(_XML_DECLARATION, root, b"\n")
    return tree.Packet(_WRAPPER_BEGIN, root, b"\n" + _PADDINGLINE * PADDINGLINES + _WRAPPER_END)


class _Editor:
    """One change of one parsed packet. `entries` are the records of what it added."""

    def __init__(self, root: etree._Element, created: tuple[str, ...]) -> None:
        self.root = root
        self.facts: XmpFacts = facts(root)
        self.entries: list[Applied] = []
        self._kept = list(self.facts.applied)
        self._created = list(dict.fromkeys((*self.facts.created, *created)))
        abouts = [str(d.get(_ABOUT)) for d in tree.descriptions(root) if d.get(_ABOUT)]
        self._about = abouts[0] if abouts else ""

    # -- adding

    def add(self, change: XmpChange) -> None:
        wanted = _distinct(change.keywords)
        have = set(self.facts.keywords)
        new = [keyword for keyword in wanted if keyword.text not in have]
        old_paths = {name: tree.values(self.root, name) for name in HIERARCHIES}
        fields: dict[Keyword, list[str]] = {keyword: [] for keyword in wanted}
        carried: dict[tuple[str, ...], list[str]] = {}
        if new:
            if not tree.values(self.root, SUBJECT):
                for text in dict.fromkeys(" ".join(clean(value).split()) for value in change.carried):
                    if text and text not in {keyword.text for keyword in new}:
                        carried[(text,)] = [SUBJECT]
            self._append(SUBJECT, [path[-1] for path in carried] + [keyword.text for keyword in new])
            for keyword in new:
                fields[keyword].append(SUBJECT)
        standing = self._standing_paths(old_paths, (*self.facts.keywords, *(path[-1] for path in carried)))
        for name, separator in HIERARCHIES.items():
            added = self._add_paths(name, separator, wanted, new, old_paths[name])
            if added and not old_paths[name]:
                moved = [path for path in standing if not any(separator in part for part in path)]
                self._append(name, [separator.join(path) for path in moved], first=True)
                for path in moved:
                    carried.setdefault(path, []).append(name)
            for keyword in added:
                fields[keyword].append(name)
        for path, names in carried.items():
            self._note(Keyword(path[-1], path if len(path) > 1 else ()), names, change, carried=True)
        for keyword, names in fields.items():
            self._note(keyword, names, change)
        self._set_text(TITLE, change.title, change.standing_title, change)
        self._set_text(DESCRIPTION, change.description, change.standing_description, change)

    def _add_paths(
        self, name: str, separator: str, wanted: list[Keyword], new: list[Keyword], old: list[str]
    ) -> list[Keyword]:
        """Add to a property of paths: every new keyword, and a known one whose leaf no path there has."""
        leaves = {nfc(path).rsplit(separator, 1)[-1] for path in old}
        there = {nfc(path) for path in old}
        added = []
        for keyword in wanted:
            parts = keyword.path or (keyword.text,)
            unplaced = keyword.path and keyword.text not in leaves
            if (keyword in new or unplaced) and not any(separator in part for part in parts):
                path = separator.join(parts)
                if path not in there:
                    added.append(keyword)
                    there.add(path)
        self._append(name, [separator.join(keyword.path or (keyword.text,)) for keyword in added])
        return added

    @staticmethod
    def _standing_paths(old_paths: dict[str, list[str]], keywords: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The paths of what stood in the file: those written as paths, then each keyword without one."""
        paths = [
            tuple(nfc(path).split(separator))
            for name, separator in HIERARCHIES.items()
            for path in old_paths[name]
        ]
        leaves = {path[-1] for path in paths}
        paths += [(keyword,) for keyword in keywords if keyword not in leaves]
        return list(dict.fromkeys(paths))

    def _note(self, keyword: Keyword, names: list[str], change: XmpChange, *, carried: bool = False) -> None:
        if names:
            self.entries.append(
                Applied(
                    keyword.text,
                    keyword.path,
                    change.run,
                    keyword.tag,
                    keyword.model,
                    keyword.confidence,
                    change.time,
                    tuple(names),
                    carried,
                )
            )

    def _append(self, name: str, values: list[str], *, first: bool = False) -> None:
        if not values:
            return
        array = self._array(name)
        for place, value in enumerate(values):
            item = etree.Element(LI)
            item.text = value
            insert_item(array, item, place if first else None)

    def _array(self, name: str, kind: str = "Bag") -> etree._Element:
        """The array of a property: its own, else one made of what stands there in another form."""
        elements = tree.properties(self.root, name)
        for element in elements:
            array = tree.array_of(element)
            if array is not None:
                return array
        standing = tree.attributes(self.root, name)
        if elements:
            return array_in(elements[0], kind)
        if standing:
            description = standing[0]
            value = description.attrib.pop(tree.tag_of(name))
            element = child(description, name)
            element.text = str(value)
            return array_in(element, kind)
        self._created.append(name)
        return etree.SubElement(child(self._own_description(), name), f"{{{tree.RDF}}}{kind}")

    def _own_description(self) -> etree._Element:
        """The description that holds our records, else a new one."""
        for element in tree.properties(self.root, _APPLIED):
            parent = element.getparent()
            if parent is not None:
                return parent
        rdf = tree.rdf_of(self.root)
        if rdf is None:
            rdf = etree.SubElement(self.root, f"{{{tree.RDF}}}RDF", nsmap={"rdf": tree.RDF})
        ours = {key: tree.PREFIXES[key] for key in ("dc", "lr", "digiKam", "xmp", "nivo")}
        description = etree.Element(f"{{{tree.RDF}}}Description", {_ABOUT: self._about}, nsmap=ours)
        insert_item(rdf, description, None)
        description.text = "\n"
        child(description, _APPLIED)
        return description

    def _set_text(self, name: str, text: str | None, standing: str | None, change: XmpChange) -> None:
        """Set a language alternative where the file has no such text, or the one we wrote."""
        text = clean(text or "")
        present = getattr(self.facts, name.partition(":")[2]) or standing
        ours = [entry for entry in self._kept if name in entry.fields and entry.value == present]
        if not text or present == text or (present and not ours):
            return
        array = self._array(name, "Alt")
        items = tree.items(array)
        item = next((i for i in items if i.get(_LANG) == "x-default"), items[0] if items else None)
        if item is None:
            item = etree.Element(LI, {_LANG: "x-default"})
            insert_item(array, item, 0)
        for qualifier in list(item):
            item.remove(qualifier)
        item.text = text
        self._kept = [entry for entry in self._kept if entry not in ours]
        self._note(Keyword(text), [name], change)

    def name_owner(self, extension: str) -> None:
        """Say in a new sidecar which file of its name it is for (photoshop:SidecarForExtension)."""
        child(self._own_description(), OWNER).text = extension
        self._created.append(OWNER)

    # -- taking back

    def take_back(self, wanted: frozenset[Applied]) -> list[Applied]:
        """Remove the values of recorded entries; with the last of them go those that were carried along."""
        gone = [entry for entry in self._kept if entry in wanted]
        self._kept = [entry for entry in self._kept if entry not in wanted]
        if gone and all(entry.carried for entry in self._kept):
            gone += self._kept
            self._kept = []
        for entry in gone:
            for name in entry.fields:
                self._take_value(name, entry)
        for name in dict.fromkeys(name for entry in gone for name in entry.fields):
            if name in self._created and not tree.values(self.root, name):
                self._drop(name)
        return gone

    def _take_value(self, name: str, entry: Applied) -> None:
        separator = HIERARCHIES.get(name)
        value = separator.join(entry.path or (entry.value,)) if separator else entry.value
        for element in tree.properties(self.root, name):
            array = tree.array_of(element)
            for item in [] if array is None else tree.items(array):
                if nfc(tree.text_of(item)) == value:
                    remove_item(item)

    def _drop(self, name: str) -> None:
        for element in tree.properties(self.root, name):
            remove_item(element)
        for description in tree.attributes(self.root, name):
            del description.attrib[tree.tag_of(name)]
        if name in self._created:
            self._created.remove(name)

    # -- records

    def record(self, time: str) -> bool:
        """Write our records and the date of the change; returns whether the packet is empty and was ours."""
        entries = [*self._kept, *self.entries]
        if entries:
            self._write_date(time)
            self._write_records(entries)
            return False
        whole = WHOLE_PACKET in self._created
        if METADATA_DATE not in self._created:
            self._write_date(time)
        for name in (*({METADATA_DATE, OWNER} & set(self._created)), _APPLIED, _CREATED):
            self._drop(name)
        for description in tree.descriptions(self.root):
            if not len(description) and set(description.attrib) <= {_ABOUT}:
                remove_item(description)
        return whole and not tree.descriptions(self.root)

    def _write_date(self, time: str) -> None:
        elements = tree.properties(self.root, METADATA_DATE)
        standing = tree.attributes(self.root, METADATA_DATE)
        if elements:
            elements[0].text = time
        elif standing:
            standing[0].set(tree.tag_of(METADATA_DATE), time)
        else:
            child(self._own_description(), METADATA_DATE).text = time
            self._created.append(METADATA_DATE)

    def _write_records(self, entries: list[Applied]) -> None:
        description = self._own_description()
        for name in (_APPLIED, _CREATED):
            for element in tree.properties(self.root, name):
                remove_item(element)
        bag = etree.SubElement(child(description, _APPLIED), f"{{{tree.RDF}}}Bag")
        bag.text = "\n"
        for entry in entries:
            etree.SubElement(bag, LI, _attributes_of(entry)).tail = "\n"
        child(description, _CREATED).text = " ".join(dict.fromkeys(self._created))


def _distinct(keywords: tuple[Keyword, ...]) -> list[Keyword]:
    found: dict[str, Keyword] = {}
    for keyword in keywords:
        text = clean_keyword(keyword.text)
        path = tuple(clean_keyword(part) for part in keyword.path)
        found.setdefault(text, replace(keyword, text=text, path=path))
    return list(found.values())


def _attributes_of(entry: Applied) -> dict[str, str]:
    values = {
        "keyword": entry.value,
        "path": join_path(entry.path),
        "run": None if entry.run is None else str(entry.run),
        "tag": entry.tag,
        "model": entry.model,
        "confidence": None if entry.confidence is None else f"{entry.confidence:.4g}",
        "time": entry.time,
        "fields": " ".join(entry.fields),
        "preExisting": "True" if entry.carried else None,
    }
    return {tree.tag_of(f"nivo:{name}"): clean(value) for name, value in values.items() if value}
