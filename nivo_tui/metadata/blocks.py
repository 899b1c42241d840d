"""The metadata blocks of a photo's container, and what a write makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from nivo_tui.metadata.edits import EditList

KEYWORDS = "iptc:Keywords"
CAPTION = "iptc:Caption-Abstract"
OBJECT_NAME = "iptc:ObjectName"
CITY = "iptc:City"
STATE = "iptc:Province-State"
COUNTRY = "iptc:Country-PrimaryLocationName"
COUNTRY_CODE = "iptc:Country-PrimaryLocationCode"
IMAGE_DESCRIPTION = "exif:ImageDescription"
USER_COMMENT = "exif:UserComment"
"""The fields outside XMP that are written, as receipts and nivo:Applied name them."""

EXIF_TEXTS = (IMAGE_DESCRIPTION, USER_COMMENT)

IPTC, EXIF = "iptc", "exif"
BLOCKS = (IPTC, EXIF)
"""The blocks beside XMP, as the names of their fields begin."""


class Keep(Enum):
    """Stands for a block whose bytes stay as they are."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class BlockChange:
    """What the blocks of a file become.

    `xmp` is a packet and `iptc` the IIM datasets, without the container's wrapping: bytes to put there,
    None to remove the block, KEEP to leave it. `exif` gives the texts that change, by field
    (IMAGE_DESCRIPTION, USER_COMMENT): a text to set, None to remove the tag; every other tag stays.
    `drops_exif` removes the whole Exif block where, after that, it holds no tag: it was made by us.
    """

    xmp: bytes | Keep | None = KEEP
    iptc: bytes | Keep | None = KEEP
    exif: dict[str, str | None] = field(default_factory=dict)
    drops_exif: bool = False


class Editable(Protocol):
    """The bytes of a file of one format whose metadata blocks can be found and exchanged.

    The constructor takes the file's bytes and raises RefusedError where they are not of the format.
    """

    @property
    def packet(self) -> bytes | None:
        """The XMP packet, None where there is none."""

    @property
    def iptc(self) -> bytes | None:
        """The IIM datasets, None where there are none."""

    @property
    def exif_texts(self) -> dict[str, str | None] | None:
        """The present texts of the Exif fields that may be written, None for one that is not there or is
        blank. The whole is None where the format holds no Exif that we write, or it cannot be edited."""

    @property
    def iptc_refusal(self) -> str | None:
        """Why IPTC cannot be written to this file, None where it can; "" where the format holds none."""

    @property
    def has_exif(self) -> bool:
        """Whether there is an Exif block; a TIFF is one itself."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of any change to this file."""

    def edit(self, change: BlockChange) -> EditList:
        """The edits that make the change and copy all else, with offsets that shift set right.

        Raises RefusedError, with the reason, where that cannot be done without doubt.
        """


def is_block_field(name: str) -> bool:
    """Whether a field name means IPTC or Exif, and no XMP property."""
    return name.partition(":")[0] in BLOCKS
