"""Changes as an editor makes them, to be sabotaged: the gate must let the first pass and nothing else."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nivo_tui.metadata import gate, rebuild
from nivo_tui.metadata.edits import Edit, difference
from nivo_tui.metadata.gate import Expected
from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Format
from tests.metadata_write.builders import bag, packet, segment, xmp_segment

SUBJECT = "dc:subject"


@dataclass(frozen=True)
class Change:
    """What one call of the gate was given."""

    old: bytes
    new: bytes
    fmt: Format | None
    expected: Expected
    undo: tuple[Edit, ...]

    def check(self, new: bytes | None = None) -> str | None:
        """Let the change pass, or other new bytes in its place."""
        if new is None:
            return gate.check(self.old, self.new, self.fmt, self.expected, self.undo)
        return gate.check(self.old, new, self.fmt, self.expected, difference(new, self.old))

    def copied(self) -> list[tuple[int, int]]:
        """The ranges of the new bytes that no edit touched."""
        ranges, at = [], 0
        for edit in self.undo:
            ranges.append((at, edit.offset))
            at = edit.end
        return [(start, end) for start, end in [*ranges, (at, len(self.new))] if start < end]


def changes_of(path: Path, monkeypatch: pytest.MonkeyPatch, *keywords: str, **more: object) -> list[Change]:
    """What the gate is given when keywords are written to a file; the file stays as it is."""
    seen: list[Change] = []
    real = gate.check

    def watched(
        old: bytes, new: bytes, fmt: Format | None, expected: Expected, undo: tuple[Edit, ...]
    ) -> str | None:
        found = real(old, new, fmt, expected, undo)
        seen.append(Change(old, new, fmt, expected, tuple(undo)))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(rebuild.gate, "check", watched)
        request = WriteRequest(str(path), tuple(map(Keyword, keywords)), target="file", **more)  # type: ignore[arg-type]
        plan_write(request, WriteOptions(readers=frozenset({"lightroom"})))
    return seen


# -- IPTC


def dataset(number: int, value: bytes, record: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


UTF8 = dataset(90, b"\x1b%G", record=1)


def iim(*keywords: bytes, more: Iterable[bytes] = (), utf8: bool = False) -> bytes:
    words = b"".join(dataset(25, word) for word in keywords)
    return (UTF8 if utf8 else b"") + dataset(0, b"\0\4") + b"".join(more) + words


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    head = b"8BIM" + struct.pack(">HB", number, len(name)) + name + bytes(1 - len(name) % 2)
    return head + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


def digest(block: bytes) -> bytes:
    return resource(0x0425, hashlib.md5(block, usedforsecurity=False).digest())


def app13(*resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def keyword_packet(*keywords: str) -> bytes:
    return xmp_segment(packet(bag(SUBJECT, *keywords)))
