"""Append-only edits of a TIFF structure: values and directories move to its end, nothing else moves.

Offsets within TIFF, Exif and MakerNote data count from the start of the structure, so what stays where it
is stays readable. A directory is copied only where a tag is added; a value of the same length is
overwritten. The end of the structure is used again where it holds nothing but what would move.
Sources: TIFF 6.0, section 2; Exif 2.32, section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nivo_tui.metadata.containers.tiff import EXIF_IFD, TYPE_SIZES
from nivo_tui.metadata.containers.tiff_extents import Claim, Extents, survey
from nivo_tui.metadata.containers.tiff_tables import (
    Directory,
    Entry,
    StructureError,
    directory_at,
    header_of,
)
from nivo_tui.metadata.edits import Edit, EditList, edit_list

BYTE, ASCII, LONG, UNDEFINED = 1, 2, 4, 7

DESCRIPTION, XMP, IPTC, PHOTOSHOP = 0x010E, 0x02BC, 0x83BB, 0x8649
USER_COMMENT = 0x9286
_MAIN_TAGS = (DESCRIPTION, XMP, IPTC, PHOTOSHOP)
_EXIF_TAGS = (USER_COMMENT,)

EMPTY = b"MM\0*\0\0\0\x08" + bytes(6)
"""A structure whose IFD0 has no entry."""

_FIRST_OFFSET_AT = 4
_LAST_OFFSET = 0xFFFF_FFFF
# Exif wants its version in every Exif directory: what one that is made here begins with.
_NEW_EXIF = Directory(0, (Entry(0x9000, UNDEFINED, 4, b"0232"),))


@dataclass(frozen=True, slots=True)
class Value:
    """What a tag shall hold: field type and bytes, in the structure's byte order."""

    type: int
    data: bytes

    def entry(self, tag: int, stored: bytes) -> Entry:
        """The entry of the value, with the bytes of the value or its offset in it."""
        return Entry(tag, self.type, len(self.data) // TYPE_SIZES[self.type], stored.ljust(4, b"\0"))


Changes = Mapping[int, Value | None]
"""The tags of one directory that change; None takes the tag away."""


class TiffStructure:
    """A TIFF structure that can be edited.

    Raises StructureError where IFD0 cannot be read in full; `exif_problem` says why the Exif directory
    cannot, None where it can or there is none.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order, first = header_of(data)
        self.main = directory_at(data, self.order, first, "IFD0")
        self.exif: Directory | None = None
        self.exif_problem: str | None = None
        try:
            self.exif = self._exif_directory()
        except StructureError as error:
            self.exif_problem = str(error)
        self._claims = list(self._claimed())
        self.extents: Extents = survey(data, self.order, self.main, self.exif, self._claims)
        if self.exif and self.exif.offset in self.extents.repeated:
            self.exif_problem = "the Exif directory belongs to two others"

    @property
    def is_bare(self) -> bool:
        """Whether there is no tag but those of an Exif directory that was made here and is empty."""
        skeleton = self.exif is not None and _is_skeleton(self.exif.entries)
        left = [entry for entry in self.main.entries if not (skeleton and entry.tag == EXIF_IFD)]
        return not left and not any(self.main.following)

    def main_entry(self, tag: int) -> tuple[int, bytes] | None:
        """Field type and bytes of a tag of IFD0; None where absent.

        Raises StructureError where it is there twice or its value lies outside.
        """
        return self._found(self.main, tag)

    def exif_entry(self, tag: int) -> tuple[int, bytes] | None:
        """The same of the Exif directory. Raises StructureError also where that cannot be read."""
        if self.exif_problem:
            raise StructureError(self.exif_problem)
        return self._found(self.exif, tag)

    def rewrite(self, main: Changes, exif: Changes) -> EditList:
        """The edits that make the changes; none where all is so already.

        An Exif directory is made where it is missing, and taken away where nothing is left in it that was
        not made here. Raises StructureError where it must change and cannot be read, where a tag that
        changes is there twice, where something refers to bytes beyond the end, and beyond 4 GiB.
        """
        main = {tag: new for tag, new in main.items() if self._differs(self.main, tag, new)}
        if exif and self.exif_problem:
            raise StructureError(self.exif_problem)
        exif = {tag: new for tag, new in exif.items() if self._differs(self.exif, tag, new)}
        if not main and not exif:
            return ()
        if any(claim.shared for claim in self._claims if claim.tag is None):
            raise StructureError("something else lies within a directory")
        edits = self._in_place(main, exif)
        return self._laid_out(main, exif) if edits is None else edits

    def _exif_directory(self) -> Directory | None:
        pointer = self.main.only(EXIF_IFD)
        if pointer is None:
            return None
        if pointer.count != 1 or TYPE_SIZES[pointer.type] != 4:
            raise StructureError("what should lead to the Exif directory does not")
        place = pointer.offset(self.order)
        return directory_at(self.data, self.order, place, "the Exif directory", chained=False)

    def _claimed(self) -> Iterator[Claim]:
        """What may move: both tables, and the values of the tags that may be written."""
        for directory, tags in ((self.main, _MAIN_TAGS), (self.exif, _EXIF_TAGS)):
            if directory is None:
                continue
            yield Claim(directory.offset, directory.end, directory.offset, None)
            for tag in tags:
                found = [entry for entry in directory.entries if entry.tag == tag]
                start = found[0].offset(self.order) if found else 0
                if len(found) == 1 and found[0].size > 4 and start + found[0].size <= len(self.data):
                    yield Claim(start, start + found[0].size, directory.offset, tag)

    def _found(self, directory: Directory | None, tag: int) -> tuple[int, bytes] | None:
        entry = directory.only(tag) if directory else None
        if entry is None:
            return None
        if entry.size <= 4:
            return entry.type, entry.stored[: entry.size]
        start = entry.offset(self.order)
        if start + entry.size > len(self.data):
            raise StructureError(f"the value of tag {tag} lies outside")
        return entry.type, self.data[start : start + entry.size]

    def _differs(self, directory: Directory | None, tag: int, new: Value | None) -> bool:
        found = self._found(directory, tag)
        return found != (None if new is None else (new.type, new.data))

    def _tail(self) -> tuple[int, set[tuple[int, int | None]]]:
        """Where the end begins that can be used anew, and of which directory and tag it holds what."""
        cursor = len(self.data)
        held: set[tuple[int, int | None]] = set()
        repeated, kept_end = self.extents.repeated, self.extents.kept_end
        free = [
            c for c in self._claims if not c.shared and c.start >= kept_end and c.directory not in repeated
        ]
        while True:
            # A byte that only fills up to an even offset belongs to what stands before it.
            ends = (cursor, cursor - 1) if self.data[cursor - 1] == 0 else (cursor,)
            claim = next((claim for claim in free if claim.end in ends), None)
            if claim is None:
                return cursor, held
            free.remove(claim)
            held.add((claim.directory, claim.tag))
            cursor = claim.start

    def _in_place(self, main: Changes, exif: Changes) -> EditList | None:
        """The changes as values of the same length in the same places; None where one is not."""
        edits = []
        for directory, changes in ((self.main, main), (self.exif, exif)):
            for tag, new in changes.items():
                edit = self._overwriting(directory, tag, new)
                if edit is None:
                    return None
                edits.append(edit)
        return edit_list(edits)

    def _overwriting(self, directory: Directory | None, tag: int, new: Value | None) -> Edit | None:
        """The edit that overwrites a value; None where that has another length or type, or is shared."""
        entry = directory.only(tag) if directory else None
        if directory is None or entry is None or new is None:
            return None
        if (entry.type, entry.size) != (new.type, len(new.data)):
            return None
        if entry.size <= 4:
            inside = directory.entry_offset(directory.entries.index(entry)) + 8
            return Edit(inside, len(new.data), new.data)
        claim = next((c for c in self._claims if (c.directory, c.tag) == (directory.offset, tag)), None)
        return Edit(claim.start, len(new.data), new.data) if claim and not claim.shared else None

    def _laid_out(self, main: Changes, exif: Changes) -> EditList:
        """The changes with a new end: values and tables that change, and those that the old end held."""
        start, held = self._tail()
        layout = _Layout(start, held)
        if start == len(self.data):
            layout.added += bytes(self.extents.lacking)
        main = dict(main)
        if self.exif is not None or exif:
            old = self.exif or _NEW_EXIF
            entries = self._entries(old, exif, layout)
            if exif and _is_skeleton(entries):
                main[EXIF_IFD] = None
            else:
                offset = self._placed(old, entries, layout)
                if offset != old.offset:
                    main[EXIF_IFD] = Value(LONG, struct.pack(self.order + "I", offset))
        first = self._placed(self.main, self._entries(self.main, main, layout), layout)
        if first != self.main.offset:
            layout.edits.append(Edit(_FIRST_OFFSET_AT, 4, struct.pack(self.order + "I", first)))
        if layout.end > _LAST_OFFSET:
            raise StructureError("it would grow beyond 4 GiB")
        self.extents.refuse_growth(layout.end)
        return edit_list([*layout.edits, Edit(start, len(self.data) - start, bytes(layout.added))])

    def _entries(self, directory: Directory, changes: Changes, layout: _Layout) -> tuple[Entry, ...]:
        """The entries after the changes, in their old order, new ones behind them; values are put down."""
        entries = []
        for entry in directory.entries:
            held = (directory.offset, entry.tag) in layout.held
            if entry.tag not in changes:
                old = self._found(directory, entry.tag) if held else None
                entries.append(entry if old is None else self._put(entry.tag, Value(*old), layout))
                continue
            new = changes[entry.tag]
            edit = None if held else self._overwriting(directory, entry.tag, new)
            if edit is not None and entry.size > 4:
                layout.edits.append(edit)
                entries.append(entry)
            elif new is not None:
                entries.append(self._put(entry.tag, new, layout))
        there = {entry.tag for entry in directory.entries}
        entries += [self._put(tag, new, layout) for tag, new in changes.items() if new and tag not in there]
        return tuple(entries)

    def _put(self, tag: int, value: Value, layout: _Layout) -> Entry:
        if len(value.data) <= 4:
            return value.entry(tag, value.data)
        return value.entry(tag, struct.pack(self.order + "I", layout.add(value.data) & _LAST_OFFSET))

    def _placed(self, old: Directory, entries: tuple[Entry, ...], layout: _Layout) -> int:
        """Where the table of these entries is: where it was, or at the end where it has to grow."""
        new = replace(old, entries=entries)
        tags, new_tags = [entry.tag for entry in old.entries], [entry.tag for entry in entries]
        stays = old is not _NEW_EXIF and (old.offset, None) not in layout.held
        if stays and old.entries == entries:
            return old.offset
        if stays and set(new_tags) <= set(tags):
            if tags == new_tags:
                changed = [i for i, entry in enumerate(entries) if entry != old.entries[i]]
                layout.edits += [
                    Edit(old.entry_offset(i), 12, entries[i].packed(self.order)) for i in changed
                ]
            else:
                length = old.end - old.offset
                layout.edits.append(Edit(old.offset, length, new.packed(self.order).ljust(length, b"\0")))
            return old.offset
        if old.offset in self.extents.repeated:
            raise StructureError("another directory leads back to IFD0")
        return layout.add(new.packed(self.order))


class _Layout:
    """A new end that begins at `start`, with the edits in front of it; `held` is what the old end held."""

    def __init__(self, start: int, held: set[tuple[int, int | None]]) -> None:
        self.held = held
        self.added = bytearray()
        self.edits: list[Edit] = []
        self._start = start

    @property
    def end(self) -> int:
        return self._start + len(self.added)

    def add(self, data: bytes) -> int:
        """Put bytes at the end, at an even offset as TIFF wants it, and give that."""
        self.added += bytes(self.end & 1)
        offset = self.end
        self.added += data
        return offset


def _is_skeleton(entries: tuple[Entry, ...]) -> bool:
    """Whether an Exif directory holds nothing but what one that is made here begins with."""
    return not entries or entries == _NEW_EXIF.entries
