"""The directories of a TIFF structure, read and held side by side (TIFF 6.0; Exif 2.32, 4.6)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from nivo_tui.metadata.gate.ledger import GateError
from nivo_tui.metadata.gate.ranges import Range, Runs, same_bytes

EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS, GLOBAL_IFD = 0x8769, 0x8825, 0xA005, 0x014A, 0x0190
POINTERS = (EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS, GLOBAL_IFD)
# The maker's block, and Adobe's copy of it: what is in them counts offsets from elsewhere.
_PLACED = (0x927C, 0xC634)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_MOST_DIRECTORIES, _MOST_ENTRIES, _MOST_POINTERS = 512, 131_072, 256
FIRST = "0"
EXIF = f"{FIRST}/{EXIF_IFD}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: `at` is where its value stands, None where that lies outside; `raw` its value field."""

    tag: int
    kind: int
    count: int
    raw: bytes
    at: int | None
    size: int
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """One IFD: where its table stands, its tags, the offset of the next, and whether it is cut off."""

    at: int
    end: int
    entries: tuple[Entry, ...]
    following: int
    is_cut: bool

    def get(self, tag: int) -> Entry | None:
        """The first entry of a tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


@dataclass(slots=True)
class Structure:
    """A TIFF structure: byte order ("<" or ">"), and its directories by the path that leads to them.

    The pages of the chain are "0", "1" and so on; "0/34665" is what tag 34665 of the first leads to, with
    ".1" for the second of several, and ">" for one that follows it.
    """

    data: bytes
    order: str
    directories: dict[str, Directory] = field(default_factory=dict)

    def value(self, path: str, tag: int) -> bytes | None:
        """The bytes of a tag's value; None where there is none, or it lies outside."""
        directory = self.directories.get(path)
        entry = directory.get(tag) if directory is not None else None
        if entry is None or entry.at is None:
            return None
        return self.data[entry.at : entry.at + entry.size]

    def entry(self, path: str, tag: int) -> Entry | None:
        """The first entry of a tag of a directory."""
        directory = self.directories.get(path)
        return None if directory is None else directory.get(tag)


def read(data: bytes) -> Structure:
    """Read all directories. Raises GateError where it is no classic TIFF, or has no end."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        raise GateError("it is no TIFF structure of the classic form")
    structure = Structure(data, order)
    (first,) = struct.unpack_from(order + "I", data, 4)
    waiting = [(FIRST, first)]
    seen: set[int] = set()
    total = 0
    while waiting:
        path, at = waiting.pop()
        chained = _is_chained(path)
        directory = _directory(data, order, at, chained) if at and at not in seen else None
        if directory is None:
            continue
        seen.add(at)
        total += len(directory.entries)
        if len(seen) > _MOST_DIRECTORIES or total > _MOST_ENTRIES:
            raise GateError("it has more directories than any picture")
        while path in structure.directories:
            path += "+"  # a second tag of the same number
        structure.directories[path] = directory
        if directory.is_cut:
            continue
        if chained:
            waiting.append((_next(path), directory.following))
        for entry in directory.entries:
            if entry.tag in POINTERS:
                targets = _targets(data, order, entry)
                waiting += [(_below(path, entry.tag, n), target) for n, target in enumerate(targets)]
    return structure


def _is_chained(path: str) -> bool:
    """Whether a directory may lead on to a next one: pages and SubIFDs do, Exif and the like do not."""
    return path.isdecimal() or path.rpartition("/")[2].startswith(str(SUB_IFDS))


def _next(path: str) -> str:
    """The path of the directory that follows one: a page its number, any other a sign for each step."""
    return str(int(path) + 1) if path.isdecimal() else f"{path}>"


def _below(path: str, tag: int, number: int) -> str:
    return f"{path}/{tag}" + (f".{number}" if number else "")


def _directory(data: bytes, order: str, at: int, chained: bool) -> Directory | None:
    """The table at an offset. Where none can follow, some writers put the first value in the link's place."""
    if at + 2 > len(data):
        return None
    (count,) = struct.unpack_from(order + "H", data, at)
    fitting = min(count, (len(data) - at - 2) // 12)
    end = at + 2 + 12 * fitting
    entries = []
    for number, row in enumerate(struct.iter_unpack(order + "HHI4s", data[at + 2 : end])):
        tag, kind, length, raw = row
        size = _SIZES.get(kind, 0) * length
        place: int | None = at + 2 + 12 * number + 8
        if size > 4:
            (place,) = struct.unpack(order + "I", raw)
            place = place if place is not None and place + size <= len(data) else None
        entries.append(Entry(tag, kind, length, raw, place, size, size <= 4))
    is_cut = fitting < count or end + 4 > len(data)
    following = 0 if is_cut else struct.unpack_from(order + "I", data, end)[0]
    if not chained and any(not e.is_inline and e.at is not None and end <= e.at < end + 4 for e in entries):
        following = 0
    return Directory(at, min(end + 4, len(data)), tuple(entries), following, is_cut)


def _targets(data: bytes, order: str, entry: Entry) -> tuple[int, ...]:
    if entry.kind not in (4, 13) or entry.at is None or entry.count > _MOST_POINTERS:
        return ()
    return struct.unpack_from(f"{order}{entry.count}I", data, entry.at)


def compare(old: Structure, new: Structure, exempt: Mapping[str, frozenset[int]]) -> None:
    """Raise GateError unless all directories hold the same tags with the same values.

    `exempt` names, by path, tags that are looked at apart. An offset of a directory may change, as long as
    it leads to one of the same tags. MakerNote and DNGPrivateData must stay at their offset.
    """
    if old.order != new.order:
        raise GateError("the byte order of its tags would change")
    runs = Runs()
    for path, before in old.directories.items():
        after = new.directories.get(path)
        if after is None:
            if not {entry.tag for entry in before.entries} <= exempt.get(path, frozenset()):
                raise GateError(f"the directory {path} of its tags would be lost")
            continue
        if before.is_cut:
            # Nothing in a table that is cut off can be trusted, so it stays as it is.
            if before.at != after.at or not same_bytes(
                old.data, before.at, new.data, after.at, before.end - before.at
            ):
                raise GateError("a damaged directory of its tags would change")
            continue
        _compare_entries(old, new, path, exempt.get(path, frozenset()), runs)
        if _next(path) not in old.directories and before.following != after.following:
            raise GateError("the chain of its directories would change")
    for path, directory in new.directories.items():
        is_below_cut = any(
            old.directories[parent].is_cut for parent in _parents(path) if parent in old.directories
        )
        if path in old.directories or is_below_cut:
            continue
        if not {entry.tag for entry in directory.entries} <= exempt.get(path, frozenset()):
            raise GateError(f"a directory {path} of tags would appear that nobody asked for")
    runs.require(old.data, new.data, "the value of a tag would change")


def _parents(path: str) -> list[str]:
    """The paths above a path, and the pages before it, on which it depends."""
    parts = path.rstrip(">").split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return above + [str(number) for number in range(int(parts[0].partition(".")[0]))]


def _compare_entries(old: Structure, new: Structure, path: str, exempt: frozenset[int], runs: Runs) -> None:
    before, after = (
        sorted((e for e in s.directories[path].entries if e.tag not in exempt), key=lambda entry: entry.tag)
        for s in (old, new)
    )
    if [entry.tag for entry in before] != [entry.tag for entry in after]:
        tags = {entry.tag for entry in before} ^ {entry.tag for entry in after}
        raise GateError(f"the tags of the directory {path} would change: {_named(tags)}")
    for entry, other in zip(before, after, strict=True):
        if (entry.kind, entry.count) != (other.kind, other.count):
            raise GateError(f"the tag {entry.tag:#06x} would change")
        leads = entry.tag in POINTERS and any(
            _below(path, entry.tag, n) in old.directories for n in range(min(entry.count, _MOST_POINTERS))
        )
        if leads:
            continue
        if entry.is_inline or entry.at is None:
            size = entry.size if entry.is_inline and entry.size else 4
            if entry.raw[:size] != other.raw[:size]:
                raise GateError(f"the tag {entry.tag:#06x} would change")
        elif other.at is None or (entry.tag in _PLACED and entry.at != other.at):
            raise GateError(f"the tag {entry.tag:#06x} would not be found where it must stand")
        else:
            runs.add(entry.at, other.at, entry.size)


def _named(tags: set[int]) -> str:
    return ", ".join(f"{tag:#06x}" for tag in sorted(tags)[:4])


def accounted(
    old: Structure, new: Structure, exempt: Mapping[str, frozenset[int]], filling: int = 1
) -> list[Range]:
    """The ranges of the old structure that may be overwritten: the header's pointer, all tables, the values
    of exempt tags, and those of tags that stand elsewhere now, with `filling` bytes to an even offset.
    """
    ranges = [(4, 8)]
    for path, directory in old.directories.items():
        if directory.is_cut:
            continue
        ranges.append((directory.at, directory.end))
        tags = exempt.get(path, frozenset())
        after = new.directories.get(path)
        places = {} if after is None else {entry.tag: entry.at for entry in after.entries}
        ranges += [
            (entry.at, entry.at + entry.size + (entry.size & filling))
            for entry in directory.entries
            if entry.at is not None and (entry.tag in tags or places.get(entry.tag) != entry.at)
        ]
    return ranges
