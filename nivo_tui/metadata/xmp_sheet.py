"""The properties of a parsed packet, changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp_nodes import LI, array_in, child, insert_item, remove_item
from nivo_tui.metadata.xmp_records import APPLIED, CREATED, METADATA_DATE, Applied, attributes_of
from nivo_tui.metadata.xmp_tree import nfc

WHOLE_PACKET = "packet"
"""Stands in nivo:Created where the file had no XMP at all."""

_ABOUT = f"{{{tree.RDF}}}about"
_LANG = f"{{{tree.XML}}}lang"
_DESCRIPTION = f"{{{tree.RDF}}}Description"
_OWN_PREFIXES = ("dc", "lr", "digiKam", "xmp", "nivo")


class Sheet:
    """The properties of a packet. `created` names those that we made: they go when they are empty again."""

    def __init__(self, root: etree._Element, created: Iterable[str]) -> None:
        self.root = root
        self.created = list(dict.fromkeys(created))
        abouts = [str(d.get(_ABOUT)) for d in tree.descriptions(root) if d.get(_ABOUT)]
        self._about = abouts[0] if abouts else ""

    def own_description(self) -> etree._Element:
        """The description that holds our records, else a new one."""
        present = self._description_of_records()
        if present is not None:
            return present
        rdf = tree.rdf_of(self.root)
        if rdf is None:
            rdf = etree.SubElement(self.root, f"{{{tree.RDF}}}RDF", nsmap={"rdf": tree.RDF})
        ours = {key: tree.PREFIXES[key] for key in _OWN_PREFIXES}
        description = etree.Element(_DESCRIPTION, {_ABOUT: self._about}, nsmap=ours)
        insert_item(rdf, description, None)
        description.text = "\n"
        child(description, APPLIED)
        return description

    def _description_of_records(self) -> etree._Element | None:
        for element in tree.properties(self.root, APPLIED):
            return element.getparent()
        return None

    # -- lists

    def append(self, name: str, values: Sequence[str], *, first: bool = False) -> None:
        """Add members to a list, at its end or its beginning; it is made where there is none."""
        if not values:
            return
        array = self.array(name)
        for place, value in enumerate(values):
            item = etree.Element(LI)
            item.text = value
            insert_item(array, item, place if first else None)

    def array(self, name: str, kind: str = "Bag") -> etree._Element:
        """The array of a property: its own, else one made of what stands there in another form.

        Raises XmpError where what stands there cannot become one.
        """
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
        self.created.append(name)
        return etree.SubElement(child(self.own_description(), name), f"{{{tree.RDF}}}{kind}")

    def take_item(self, name: str, text: str) -> None:
        """Remove one member with this text from a list."""
        for item in self._items(name):
            if nfc(tree.text_of(item)) == text:
                remove_item(item)
                return

    def _items(self, name: str) -> list[etree._Element]:
        arrays = [tree.array_of(element) for element in tree.properties(self.root, name)]
        return [item for array in arrays if array is not None for item in tree.items(array)]

    # -- texts

    def set_alternative(self, name: str, text: str) -> None:
        """Set the default text of a language alternative, which holds no text that is not ours."""
        array = self.array(name, "Alt")
        items = tree.items(array)
        item = next((i for i in items if i.get(_LANG) == "x-default"), items[0] if items else None)
        if item is None:
            item = etree.Element(LI, {_LANG: "x-default"})
            insert_item(array, item, 0)
            if name not in self.created:
                self.created.append(_member(name))
        for qualifier in list(item):
            item.remove(qualifier)
        item.text = text

    def take_alternative(self, name: str, text: str) -> None:
        """Remove a text from a language alternative; its member stays, empty, where it was not ours."""
        made = {name, _member(name)} & set(self.created)
        for item in self._items(name):
            if nfc(tree.text_of(item)) == text:
                if made:
                    remove_item(item)
                else:
                    item.text = None
        if _member(name) in self.created:
            self.created.remove(_member(name))

    def set_text(self, name: str, text: str) -> bool:
        """Set a simple property; returns whether that could be done, in the form it stands in."""
        for element in tree.properties(self.root, name):
            if len(element) or any(str(key).startswith(f"{{{tree.RDF}}}") for key in element.attrib):
                return False
            element.text = text
            return True
        for description in tree.attributes(self.root, name):
            description.set(tree.tag_of(name), text)
            return True
        child(self.own_description(), name).text = text
        self.created.append(name)
        return True

    def take_text(self, name: str, text: str) -> None:
        """Empty a simple property where it still has this text."""
        for element in tree.properties(self.root, name):
            if not len(element) and nfc(tree.text_of(element)) == text:
                element.text = None
        tag = tree.tag_of(name)
        for description in tree.attributes(self.root, name):
            if nfc(str(description.get(tag)).strip()) == text:
                description.set(tag, "")

    # -- whole properties

    def drop(self, name: str) -> None:
        """Remove a property in whatever form it stands."""
        for element in tree.properties(self.root, name):
            remove_item(element)
        for description in tree.attributes(self.root, name):
            del description.attrib[tree.tag_of(name)]
        if name in self.created:
            self.created.remove(name)

    def drop_if_empty(self, name: str) -> None:
        """Remove a property that we made and that holds nothing any more."""
        if name in self.created and not tree.values(self.root, name):
            self.drop(name)

    # -- records

    def write_date(self, time: str) -> None:
        """Set xmp:MetadataDate."""
        self.set_text(METADATA_DATE, time)

    def write_records(self, entries: Iterable[Applied]) -> None:
        """Write nivo:Applied and nivo:Created."""
        description = self.own_description()
        created = list(dict.fromkeys(self.created))
        for name in (APPLIED, CREATED):
            self.drop(name)
        bag = etree.SubElement(child(description, APPLIED), f"{{{tree.RDF}}}Bag")
        bag.text = "\n"
        for entry in entries:
            etree.SubElement(bag, LI, attributes_of(entry)).tail = "\n"
        child(description, CREATED).text = " ".join(created)

    def drop_records(self) -> bool:
        """Remove our records and their description; returns whether the packet is empty and was all ours."""
        whole = WHOLE_PACKET in self.created
        description = self._description_of_records()
        for name in (APPLIED, CREATED):
            self.drop(name)
        if description is not None and not len(description) and set(description.attrib) <= {_ABOUT}:
            remove_item(description)
        rdf = tree.rdf_of(self.root)
        return whole and (rdf is None or not len(rdf))


def _member(name: str) -> str:
    """How nivo:Created names the member of a language alternative that was there without one."""
    return f"{name}/rdf:li"
