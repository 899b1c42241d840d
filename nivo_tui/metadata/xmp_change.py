"""What a write wants in a packet, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from nivo_tui.metadata import xmp_records as records
from nivo_tui.metadata.blocks import is_block_field
from nivo_tui.metadata.regions import Regions
from nivo_tui.metadata.xmp import Keyword, Location
from nivo_tui.metadata.xmp_records import Applied


@dataclass(frozen=True, slots=True)
class BlockValue:
    """A value that the same write adds to a field outside XMP, one of those that `blocks` names.

    `value` is the text as XMP holds it, also where the block holds it cut. `carried` marks one that the
    file showed before from another field.
    """

    field: str
    value: str
    carried: bool = False


@dataclass(frozen=True, slots=True)
class XmpChange:
    """What a write wants in a packet.

    `carried` are keywords that the file holds elsewhere (IPTC, or the photo a sidecar belongs to): where
    dc:subject is created they go into it too, or programs that read only that would no longer see them.
    `time` is ISO 8601 with its zone. `extension` is that of the photo a new sidecar is for, where its name
    does not say. `standing_title` and `standing_description` are what the file shows already, from whatever
    field: over those nothing is written. `home` is a short random name of the home whose runs `run` counts.

    `blocks` are values that this write adds outside XMP, and `created` the blocks that it makes for them
    ("iptc", "exif"): both are put on record. `location` fills what is empty; leave out of it what the file
    holds outside XMP. `rating` and `label` are those of the photo that a new sidecar is for.
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
    blocks: tuple[BlockValue, ...] = ()
    created: tuple[str, ...] = ()
    home: str | None = None
    location: Location | None = None
    regions: Regions | None = None
    rating: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed packet, None where nothing is left of it, and the records that were added or removed.

    The records of a removal hold the fields that their value has to leave: not those in which another
    record still wants it. `dropped` are the blocks that we made and that hold nothing of ours any more
    ("iptc", "exif"). `notes` are for the user.
    """

    packet: bytes | None
    entries: tuple[Applied, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The keywords, texts and names that were added or removed."""
        return tuple(dict.fromkeys(entry.value for entry in self.entries if not entry.carried))

    @property
    def carried(self) -> tuple[str, ...]:
        """The keywords and texts of the file that came into further fields, or left them again."""
        return tuple(dict.fromkeys(entry.value for entry in self.entries if entry.carried))

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that were touched, those of IPTC and Exif included."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.fields))

    @property
    def properties(self) -> tuple[str, ...]:
        """The top-level XMP properties that were touched; that of the face regions is mwg-rs:Regions."""
        names = (name for name in self.fields if not is_block_field(name))
        top = (records.REGIONS if records.is_region_field(name) else name for name in names)
        return tuple(dict.fromkeys(top))

    def of_kind(self, kind: str) -> tuple[Applied, ...]:
        """The records of one kind: see `xmp_records.kind_of`."""
        return tuple(entry for entry in self.entries if entry.kind == kind)
