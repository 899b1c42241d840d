"""The changes to an XMP packet that a write, an untag or an undo makes: our properties, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from nivo_tui.metadata import xmp_records as records
from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.blocks import is_block_field
from nivo_tui.metadata.xmp import Keyword, XmpFacts, facts
from nivo_tui.metadata.xmp_bytes import Source
from nivo_tui.metadata.xmp_change import BlockValue, Edited, XmpChange
from nivo_tui.metadata.xmp_keywords import add_keywords, distinct
from nivo_tui.metadata.xmp_ledger import Ledger, blocks_left, split
from nivo_tui.metadata.xmp_nodes import clean
from nivo_tui.metadata.xmp_records import DESCRIPTION, METADATA_DATE, OWNER, TITLE, Applied
from nivo_tui.metadata.xmp_regions import add_faces, count_regions, take_face
from nivo_tui.metadata.xmp_sheet import WHOLE_PACKET, Sheet
from nivo_tui.metadata.xmp_tree import XmpError, nfc

__all__ = ["OWNER", "BlockValue", "Edited", "XmpChange", "edit", "remove", "strike"]

_NEW_PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"/></x:xmpmeta>' % tree.RDF.encode()
_WRAPPER_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_WRAPPER_END = b'<?xpacket end="w"?>'
_XML_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_PADDINGLINE = b" " * 99 + b"\n"
PADDINGLINES = 20
_MOST_MEMBERS = 10_000
_MOST_REGIONS = 2_000
_LISTS = (records.SUBJECT, *records.HIERARCHIES, records.PEOPLE, records.APPLIED)


def edit(packet: bytes | None, change: XmpChange, *, sidecar: bool = False) -> Edited:
    """Add to a packet what it lacks of a change; where it lacks nothing it is given back as it is.

    A packet with padding keeps its length where the padding is long enough. Raises XmpError where the
    packet cannot be read or holds our properties in a form that cannot be added to.
    """
    taken = _take_apart(packet) if packet is not None else _new_packet(sidecar)
    present = facts(taken.root)
    source = Source(taken)
    is_new = () if packet is not None else (WHOLE_PACKET,)
    sheet = Sheet(taken.root, (*present.created, *is_new, *change.created))
    ledger = Ledger(present.applied, change)
    notes = _add(sheet, ledger, present, change)
    if not ledger.added:
        return Edited(packet, notes=notes)
    if packet is None:
        _settle_sidecar(sheet, ledger, change)
    sheet.write_date(change.time)
    sheet.write_records((*ledger.kept, *ledger.added))
    new = taken.to_bytes() if packet is None else source.to_bytes(len(packet))
    return Edited(new, tuple(ledger.added), notes)


def _add(sheet: Sheet, ledger: Ledger, present: XmpFacts, change: XmpChange) -> tuple[str, ...]:
    wanted = distinct(change.keywords)
    add_keywords(sheet, ledger, wanted, present.keywords, change.carried)
    _add_alternative(sheet, ledger, TITLE, change.title, present.title or change.standing_title)
    standing = present.description or change.standing_description
    _add_alternative(sheet, ledger, DESCRIPTION, change.description, standing)
    _add_location(sheet, ledger, present, change)
    notes: tuple[str, ...] = ()
    if change.regions is not None:
        notes = add_faces(sheet, ledger, change.regions, present.people)
    ledger.note_blocks(change.blocks, wanted)
    return notes


def _add_alternative(sheet: Sheet, ledger: Ledger, name: str, text: str | None, present: str | None) -> None:
    """Set a language alternative where the file has no such text, or the one we wrote."""
    text = clean(text or "")
    if text and text != present and (not present or ledger.is_ours(name, present)):
        sheet.set_alternative(name, text)
        ledger.note(Keyword(text), [name])


def _add_location(sheet: Sheet, ledger: Ledger, present: XmpFacts, change: XmpChange) -> None:
    """Set the words for the place, each where the file has none, or the one we wrote."""
    if change.location is None:
        return
    old, new = present.location, change.location
    for name, standing, word in (
        (records.CITY, old.city, new.city),
        (records.STATE, old.state, new.state),
        (records.COUNTRY, old.country, new.country),
        (records.COUNTRY_CODE, old.code, new.code),
    ):
        text = " ".join(clean(word or "").split())
        wanted = text and text != standing and (not standing or ledger.is_ours(name, standing))
        if wanted and sheet.set_text(name, text):
            ledger.note(Keyword(text), [name])


def _settle_sidecar(sheet: Sheet, ledger: Ledger, change: XmpChange) -> None:
    """What a new sidecar says besides: the rating and label of its photo, and which file it is for."""
    rating = None if change.rating is None else str(change.rating)
    for name, value in ((records.RATING, rating), (records.LABEL, change.label)):
        text = clean(value or "")
        if text:
            sheet.set_text(name, text)
            ledger.note(Keyword(text), [name], carried=True)
    if change.extension:
        sheet.set_text(OWNER, change.extension)


def remove(packet: bytes, entries: Iterable[Applied], time: str) -> Edited:
    """Take recorded values out of the fields they were recorded for, and what we created with them.

    `entries` are among the packet's nivo:Applied; others are passed over. Fields of IPTC and Exif are for
    the caller to empty: `Edited.entries` names them. The packet is None where all of it was ours. Raises
    XmpError where it cannot be read.
    """
    taken = _take_apart(packet)
    present = facts(taken.root)
    source = Source(taken)
    sheet = Sheet(taken.root, present.created)
    kept, gone = split(present.applied, frozenset(entries), present.created)
    if not gone:
        return Edited(packet)
    for entry in gone:
        for name in entry.fields:
            _take(sheet, entry, name)
    for name in dict.fromkeys(name for entry in gone for name in entry.fields):
        if not records.is_region_field(name):
            sheet.drop_if_empty(name)
    dropped = blocks_left(sheet.created, kept)
    sheet.created = [name for name in sheet.created if name not in dropped]
    is_empty = False
    if kept:
        sheet.write_date(time)
        sheet.write_records(kept)
    else:
        is_empty = _leave(sheet, time)
    new = None if is_empty else source.to_bytes(len(packet))
    return Edited(new, tuple(gone), dropped=dropped)


def strike(packet: bytes, entries: Iterable[Applied], time: str) -> Edited:
    """Take values out of the fields that the entries name, though the packet holds no record of them.

    Some programs drop properties they do not know, our records among them; then the caller tells from
    elsewhere what was added. A value is taken from a property of paths where it is the leaf of just one. Face
    regions stay. The entries of what is returned name those XMP properties that held the value, and all of
    their fields outside XMP. Raises XmpError where the packet cannot be read.
    """
    taken = _take_apart(packet)
    source = Source(taken)
    sheet = Sheet(taken.root, facts(taken.root).created)
    struck = []
    for entry in entries:
        fields = [name for name in entry.fields if is_block_field(name)]
        for name in entry.fields:
            if not is_block_field(name) and _strike_one(sheet, entry, name):
                fields.append(name)
        if fields:
            struck.append(replace(entry, fields=tuple(fields)))
    if all(is_block_field(name) for entry in struck for name in entry.fields):
        return Edited(packet, tuple(struck))
    sheet.write_date(time)
    return Edited(source.to_bytes(len(packet)), tuple(struck))


def _strike_one(sheet: Sheet, entry: Applied, name: str) -> bool:
    if records.is_region_field(name) or name not in records.PROPERTIES:
        return False
    before = tree.values(sheet.root, name)
    separator = records.HIERARCHIES.get(name)
    if separator and entry.value not in before:
        ends = [path for path in before if nfc(path).rsplit(separator, 1)[-1] == entry.value]
        if len(ends) == 1:
            sheet.take_item(name, nfc(ends[0]))
    else:
        _take(sheet, entry, name)
    after = tree.values(sheet.root, name)
    if not after and before:
        sheet.drop(name)
    return len(after) < len(before)


def _take(sheet: Sheet, entry: Applied, name: str) -> None:
    if is_block_field(name):
        return
    if records.is_region_field(name):
        take_face(sheet, entry, name)
    elif name in (TITLE, DESCRIPTION):
        sheet.take_alternative(name, entry.value)
    elif records.holds_many(name):
        sheet.take_item(name, entry.text_in(name))
    else:
        sheet.take_text(name, entry.value)


def _leave(sheet: Sheet, time: str) -> bool:
    """Take out what stands for our records' sake; returns whether nothing is left of a packet of ours."""
    if METADATA_DATE in sheet.created:
        sheet.drop(METADATA_DATE)
    else:
        sheet.write_date(time)
    if OWNER in sheet.created:
        sheet.drop(OWNER)
    return sheet.drop_records()


def _take_apart(packet: bytes) -> tree.Packet:
    """Parse a packet. Raises XmpError where it cannot be, or holds lists that no person made."""
    taken = tree.take_apart(packet)
    for name in _LISTS:
        count = sum(
            1 if array is None else len(array)
            for array in map(tree.array_of, tree.properties(taken.root, name))
        )
        if count > _MOST_MEMBERS:
            raise XmpError(f"its XMP holds {count:,} values in {name}; at most {_MOST_MEMBERS:,} are edited")
    if count_regions(taken.root) > _MOST_REGIONS:
        raise XmpError(f"its XMP holds more than {_MOST_REGIONS:,} face regions")
    return taken


def _new_packet(sidecar: bool) -> tree.Packet:
    root = etree.fromstring(_NEW_PACKET)
    if sidecar:
        return tree.Packet(_XML_DECLARATION, root, b"\n")
    return tree.Packet(_WRAPPER_BEGIN, root, b"\n" + _PADDINGLINE * PADDINGLINES + _WRAPPER_END)
