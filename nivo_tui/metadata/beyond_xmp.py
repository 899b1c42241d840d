"""What of a write goes into IPTC and Exif, beside the XMP, and what of it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nivo_tui.errors import RefusedError
from nivo_tui.metadata import iptc_edit
from nivo_tui.metadata.blocks import (
    CAPTION,
    CITY,
    COUNTRY,
    COUNTRY_CODE,
    EXIF,
    IMAGE_DESCRIPTION,
    IPTC,
    KEEP,
    OBJECT_NAME,
    STATE,
    USER_COMMENT,
    BlockChange,
    Editable,
    Keep,
    is_block_field,
)
from nivo_tui.metadata.xmp import Location, XmpFacts
from nivo_tui.metadata.xmp_change import BlockValue, Edited
from nivo_tui.metadata.xmp_nodes import clean_keyword
from nivo_tui.model import FileMetadata

ALWAYS, IF_PRESENT, NEVER = "always", "if-present", "never"


@dataclass(frozen=True, slots=True)
class Beyond:
    """The change of the blocks beside XMP (its `xmp` is left open).

    `values` are what it adds, for our records in the XMP; `created` names the blocks it makes.
    """

    change: BlockChange = field(default_factory=BlockChange)
    values: tuple[BlockValue, ...] = ()
    created: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


NOTHING = Beyond()


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to be written to a photo, in words: each goes to the fields that are meant for it."""

    keywords: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    location: Location | None = None


def additions(
    image: Editable,
    texts: Texts,
    standing: XmpFacts,
    metadata: FileMetadata,
    policy: str,
    allowed: frozenset[str] = frozenset({IPTC, EXIF}),
) -> Beyond:
    """What a write adds to the blocks of a photo that are `allowed` and that its format holds.

    `standing` is what its XMP says, `metadata` what the whole file does; `policy` is that of IPTC. A text is
    written only where its field is empty, or holds what we wrote. A description that somebody else gave the
    photo, in whatever field, keeps ours out of all of them but the comment.
    """
    ours = {name: entry.value for entry in standing.applied for name in entry.fields}
    captions = Texts(
        texts.keywords,
        _unless_foreign(texts.title, standing.title or metadata.title, ours.get("dc:title")),
        _unless_foreign(
            texts.description, standing.description or metadata.description, ours.get("dc:description")
        ),
        texts.location,
    )
    parts = []
    if IPTC in allowed:
        parts.append(_iptc_additions(image, captions, standing, metadata, policy, ours))
    if EXIF in allowed:
        parts.append(_exif_additions(image, captions.description, texts.description, ours))
    return _joined(parts)


_PLACES = (
    ("city", "photoshop:City", CITY),
    ("state", "photoshop:State", STATE),
    ("country", "photoshop:Country", COUNTRY),
    ("code", "Iptc4xmpCore:CountryCode", COUNTRY_CODE),
)


def without_foreign(location: Location | None, image: Editable, standing: XmpFacts) -> Location | None:
    """A place without what somebody else has said of it, in XMP or IPTC: the two would contradict."""
    if location is None:
        return None
    ours = {name: entry.value for entry in standing.applied for name in entry.fields}
    told = iptc_edit.texts_of(image.iptc)
    kept: dict[str, str | None] = {}
    for part, in_xmp, in_iptc in _PLACES:
        present = getattr(standing.location, part) or told.get(in_iptc)
        wanted = _unless_foreign(getattr(location, part), present, ours.get(in_xmp))
        kept[part] = wanted or _unless_foreign(getattr(location, part), present, ours.get(in_iptc))
    return Location(**kept)


def _unless_foreign(text: str | None, present: str | None, ours: str | None) -> str | None:
    return text if not present or present in (text, ours) else None


def _joined(parts: list[Beyond]) -> Beyond:
    block: bytes | Keep | None = KEEP
    exif: dict[str, str | None] = {}
    for part in parts:
        block = part.change.iptc if part.change.iptc is not KEEP else block
        exif |= part.change.exif
    return Beyond(
        BlockChange(iptc=block, exif=exif),
        tuple(value for part in parts for value in part.values),
        tuple(name for part in parts for name in part.created),
        tuple(note for part in parts for note in part.notes),
    )


def _iptc_additions(
    image: Editable,
    texts: Texts,
    standing: XmpFacts,
    metadata: FileMetadata,
    policy: str,
    ours: Mapping[str, str],
) -> Beyond:
    if policy == NEVER or image.iptc_refusal == "" or (policy == IF_PRESENT and image.iptc is None):
        return NOTHING
    wish = iptc_edit.IptcWish(
        tuple(map(clean_keyword, texts.keywords)),
        tuple(map(clean_keyword, metadata.keywords)),
        _iptc_texts(texts),
        dict(ours),
    )
    # What we wrote or carried into the XMP ourselves says nothing of how the IPTC is to be read.
    known = {entry.value for entry in standing.applied}
    twins = {*standing.keywords, *(t for t in (standing.title, standing.description) if t)} - known
    try:
        if image.iptc_refusal:
            raise RefusedError(image.iptc_refusal)
        edited = iptc_edit.add(image.iptc, wish, twins)
    except RefusedError as error:
        return Beyond(notes=(f"IPTC was left as it is: {error}",))
    if not edited.values:
        return NOTHING
    values = [BlockValue(name, value) for name, value in edited.values]
    values += [BlockValue(name, value, carried=True) for name, value in edited.carried]
    return Beyond(BlockChange(iptc=edited.block), tuple(values), (IPTC,) if image.iptc is None else ())


def _iptc_texts(texts: Texts) -> dict[str, str]:
    place = texts.location
    wanted = {
        OBJECT_NAME: texts.title,
        CAPTION: texts.description,
        CITY: place.city if place else None,
        STATE: place.state if place else None,
        COUNTRY: place.country if place else None,
        COUNTRY_CODE: place.code if place else None,
    }
    return {name: text for name, text in wanted.items() if text}


def _exif_additions(
    image: Editable, caption: str | None, comment: str | None, ours: Mapping[str, str]
) -> Beyond:
    present = image.exif_texts if caption or comment else None
    if present is None:
        return NOTHING
    wanted = {IMAGE_DESCRIPTION: caption, USER_COMMENT: comment}
    chosen: dict[str, str | None] = {
        name: text
        for name, text in wanted.items()
        if text and present[name] != text and present[name] in (None, ours.get(name))
    }
    if not chosen:
        return NOTHING
    values = tuple(BlockValue(name, text) for name, text in chosen.items() if text)
    return Beyond(BlockChange(exif=chosen), values, () if image.has_exif else (EXIF,))


def removals(image: Editable, edited: Edited) -> Beyond:
    """What goes out of IPTC and Exif with records that were taken out of the XMP.

    A text that was changed since is left. Raises RefusedError where a block cannot be changed any more.
    """
    gone = [(name, entry.value) for entry in edited.entries for name in entry.fields if is_block_field(name)]
    captions = [(name, value) for name, value in gone if name.startswith(IPTC)]
    block: bytes | Keep | None = KEEP
    if captions and image.iptc is not None:
        if image.iptc_refusal:
            raise RefusedError(f"what was written to its IPTC cannot be taken out: {image.iptc_refusal}")
        block = iptc_edit.remove(image.iptc, captions, drops=IPTC in edited.dropped)
    texts = [(name, value) for name, value in gone if name.startswith(EXIF)]
    present = (image.exif_texts or {}) if texts else {}
    exif: dict[str, str | None] = {name: None for name, value in texts if present.get(name) == value}
    return Beyond(BlockChange(iptc=block, exif=exif, drops_exif=EXIF in edited.dropped))
