"""Whether a file still holds a keyword or a text that was written to it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from nivo_tui.metadata import xmp, xmp_lenient
from nivo_tui.metadata.blocks import KEYWORDS
from nivo_tui.metadata.iptc import IptcFacts, photoshop_iptc, read_iptc
from nivo_tui.metadata.parts import Parts
from nivo_tui.metadata.xmp_tree import descriptions, nfc, tag_of

_IMAGE_DESCRIPTION = 0x010E
_IIM_KEYWORD_BYTES = 64
_DATASET = b"\x1c"
_LISTS_OF_TAGS = ("dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList", "nivo:Applied", "nivo:Created")


class Held:
    """The keywords and texts that a file holds now. XMP that is damaged is read as far as it goes."""

    def __init__(self, parts: Parts) -> None:
        root = xmp_lenient.read(parts.xmp)[0] if parts.xmp else None
        captions = read_iptc(_datasets(parts.iptc)) if parts.iptc else IptcFacts()
        description = None if parts.main is None else parts.main.text(_IMAGE_DESCRIPTION)
        self._subjects = frozenset() if root is None else frozenset(xmp.facts(root).keywords)
        self._datasets = frozenset(nfc(word) for word in captions.keywords)
        others = [] if root is None else list(_other_texts(root))
        others += (text for text in (captions.title, captions.caption, description) if text)
        self._texts = frozenset(nfc(text.strip()) for text in others)

    def holds(self, value: str, fields: tuple[str, ...]) -> bool:
        """Whether a value is still where it was written: a keyword in dc:subject, and in IPTC where `fields`
        names it; a text in any other property of the XMP, in IPTC's title and caption or Exif's description.
        """
        wanted = nfc(value.strip())
        if wanted not in self._subjects:
            return wanted in self._texts
        return KEYWORDS not in fields or any(_is_kept_as(wanted, word) for word in self._datasets)


def _datasets(block: bytes) -> bytes:
    """The IIM datasets of a block, which in PNG may be wrapped as a Photoshop resource."""
    return block if block[:1] == _DATASET else photoshop_iptc(block) or block


def _is_kept_as(keyword: str, dataset: str) -> bool:
    """Whether IIM holds a keyword, which is cut where it is too long for it (IIM 4.2, dataset 2:25)."""
    if len(keyword.encode("utf-8")) <= _IIM_KEYWORD_BYTES:
        return keyword == dataset
    return bool(dataset) and keyword.startswith(dataset)


def _other_texts(root: etree._Element) -> Iterator[str]:
    """The texts of all properties but the lists of keywords and our records of them."""
    passed = {tag_of(name) for name in _LISTS_OF_TAGS}
    for description in descriptions(root):
        yield from (str(value) for name, value in description.attrib.items() if name not in passed)
        for element in description:
            if element.tag not in passed:
                for node in element.iter():
                    yield from (str(value) for value in node.attrib.values())
                    yield node.text or ""
