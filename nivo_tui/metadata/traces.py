"""The traces that programs leave in the files they write, by which a later change is told to be theirs."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.model import Format
from nivo_tui.text import plain

if TYPE_CHECKING:
    from nivo_tui.metadata.parts import Parts

UNKNOWN = "unknown program"
SIDECAR_SUFFIX = ".xmp"
_SOFTWARE, _DATE_TIME = 0x0131, 0x0132
_LONGEST = 200
_MOST_VALUE_BYTES = 1000
_MOST_PACKET_BYTES = 4 << 20
_MOST_PLACES = 64
# What follows the name of a property of a simple value: an attribute's value, or an element's text.
_VALUE = re.compile(rb"""\s*=\s*(?:"([^"<]*)"|'([^'<]*)')|\s*>([^<]*)<""")
_BEFORE_NAME = b": \t\r\n"


@dataclass(frozen=True, slots=True)
class Traces:
    """What a file says of the programs that wrote it; None for what it does not say.

    `agent` and `agent_at` are of the last entry of xmpMM:History, `creator` is xmp:CreatorTool, `software`
    and `modified` Exif's Software and DateTime, `toolkit` the XMP library (x:xmptk).
    """

    agent: str | None = None
    agent_at: str | None = None
    creator: str | None = None
    software: str | None = None
    modified: str | None = None
    toolkit: str | None = None

    def to_json(self) -> str:
        """What is there, as a JSON object."""
        return json.dumps({key: value for key, value in asdict(self).items() if value is not None})

    @classmethod
    def from_json(cls, text: str) -> Traces:
        """The traces of `to_json`; what a later version may have added is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in json.loads(text).items() if key in known})


def traces_of(data: bytes, fmt: Format | None) -> Traces:
    """The traces in a file's bytes, or with `fmt` None in those of a sidecar. Raises nothing."""
    from nivo_tui.metadata.parts import parts_of

    return traces_in(parts_of(data, fmt))


def traces_of_file(data: bytes, path: str) -> Traces:
    """The traces in the bytes of a photo or a sidecar, told apart by its name. Raises nothing."""
    if path.lower().endswith(SIDECAR_SUFFIX):
        return traces_of(data, None)
    fmt = sniff(data[:HEAD_BYTES], os.path.basename(path))
    return Traces() if fmt is None else traces_of(data, fmt)


def traces_in(parts: Parts) -> Traces:
    """The traces in the metadata blocks of a file. XMP is looked through as text, which is quick."""
    packet = (parts.xmp or b"")[:_MOST_PACKET_BYTES]
    main = parts.main
    return Traces(
        agent=_xmp_value(packet, b"softwareAgent", last=True),
        agent_at=_xmp_value(packet, b"when", last=True),
        creator=_xmp_value(packet, b"CreatorTool"),
        software=None if main is None else _short(main.text(_SOFTWARE)),
        modified=None if main is None else _short(main.text(_DATE_TIME)),
        toolkit=_xmp_value(packet, b"xmptk"),
    )


def changed_by(before: Traces | None, after: Traces) -> str:
    """The program that changed a file, by the first trace of it that is another than before.

    The last entry of the history speaks first, then xmp:CreatorTool, Exif's Software and the XMP library.
    A time that moved says nothing of who moved it.
    """
    if before is None:
        return UNKNOWN
    if after.agent and (after.agent, after.agent_at) != (before.agent, before.agent_at):
        return after.agent
    for name in ("creator", "software", "toolkit"):
        there = getattr(after, name)
        if there and there != getattr(before, name):
            return str(there)
    return UNKNOWN


def _xmp_value(packet: bytes, name: bytes, *, last: bool = False) -> str | None:
    """The first, or last, value of a property of this local name, whatever its prefix and form."""
    at = packet.rfind(name) if last else packet.find(name)
    for _ in range(_MOST_PLACES):
        if at < 1:
            return None
        found = _VALUE.match(packet, at + len(name))
        if found is not None and packet[at - 1] in _BEFORE_NAME:
            raw: bytes = next(filter(None, found.groups()), b"")
            value = _short(_unescaped(raw[:_MOST_VALUE_BYTES].decode("utf-8", "replace")))
            if value:  # a closing tag looks like an element with a blank in it
                return value
        at = packet.rfind(name, 0, at) if last else packet.find(name, at + 1)
    return None


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    from html import unescape

    return unescape(text)


def _short(text: str | None) -> str | None:
    return plain(" ".join(text.split()), _LONGEST) or None if text else None
