"""What `fuzz.py` does with one input: every editor by its contract, and then the gate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.metadata import xmp, xmp_edit
from nivo_tui.metadata.blocks import USER_COMMENT, BlockChange, Editable
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.gate import GateError
from nivo_tui.metadata.rebuild import rebuilt
from nivo_tui.metadata.target import FileState
from nivo_tui.model import Format

TIME = "2026-11-24T10:00:00+00:00"
WORDS = ("nivo bar", "Zürich", "日本")
STATE = FileState(0, 0, 0, 0, "")


@dataclass(frozen=True)
class Outcome:
    """What became of an input, in a word, and why; `seconds` of processor time are the editor's alone."""

    word: str
    reason: str | None = None
    fault: str | None = None
    gate: str | None = None
    seconds: float | None = None


Target = Callable[[bytes], Outcome]


class Broken(AssertionError):
    """An editor did not keep its contract."""


class RefusedLater(Exception):
    """A file that was written takes no further change: it may be one that shifts what the first did not."""


def hold(condition: bool, promise: str) -> None:
    if not condition:
        raise Broken(promise)


def change_of(words: tuple[str, ...]) -> xmp_edit.XmpChange:
    return xmp_edit.XmpChange(run=1, time=TIME, keywords=tuple(xmp.Keyword(word) for word in words))


def same_packet(first: bytes | None, second: bytes | None) -> bool:
    """Whether two packets are the same but for padding."""
    return (first or b"").split() == (second or b"").split()


# -- containers


def container(module: str, name: str, fmt: Format) -> Target:
    """A target that hands files of a format to the editor of their container."""
    editor: Callable[[bytes], Editable] = getattr(import_module(module), name)

    def target(data: bytes) -> Outcome:
        began = time.process_time()
        try:
            editable = editor(data)
            edited, change = wanted(editable)
            edits = editable.edit(change)
        except PhotoError as error:
            return Outcome("refused", str(error))
        new = apply_edits(data, edits)
        hold(apply_edits(new, inverse(data, edits)) == data, "the inverse edits give the old bytes")
        try:
            check_again(editor, new, change)
        except RefusedLater as error:
            return Outcome("written once", f"the second time: {error}")
        seconds = time.process_time() - began
        stopped = gated(editor(data), data, fmt, edited) if edited else None
        return Outcome("written", gate=stopped, seconds=seconds)

    return target


def wanted(editable: Editable) -> tuple[xmp_edit.Edited | None, BlockChange]:
    """Keywords in XMP and IPTC and a comment in Exif, as far as a file takes them.

    In the place of a packet that cannot be edited comes another: the container is what is looked at here.
    """
    edited: xmp_edit.Edited | None = None
    try:
        edited = xmp_edit.edit(editable.packet, change_of(WORDS))
    except PhotoError:
        change = BlockChange(xmp=xmp_edit.edit(None, change_of(WORDS)).packet)
    else:
        change = BlockChange(xmp=edited.packet)
    if editable.iptc_refusal is None:
        iptc_edit = import_module("nivo_tui.metadata.iptc_edit")
        try:
            iptc = iptc_edit.add(editable.iptc, iptc_edit.IptcWish(keywords=WORDS)).block
            change = replace(change, iptc=iptc)
        except PhotoError:
            pass
    texts = editable.exif_texts
    if texts is not None and texts.get(USER_COMMENT) is None:
        change = replace(change, exif={USER_COMMENT: "a comment, Zürich"})
    return edited, change


def check_again(editor: Callable[[bytes], Editable], data: bytes, change: BlockChange) -> None:
    """A file that was written holds what it should, does not grow, and can be written and emptied again."""
    again = opened(editor, data)
    hold(same_packet(again.packet, change.xmp or None), "the packet reads back")  # type: ignore[arg-type]
    if isinstance(change.iptc, bytes):
        hold(again.iptc == change.iptc, "the IPTC reads back")
    for field, text in change.exif.items():
        hold((again.exif_texts or {}).get(field) == text, f"{field} reads back")
    try:
        second = apply_edits(data, again.edit(change))
    except RefusedError as error:
        raise Broken(f"the same edit again is taken: {error}") from error
    hold(len(second) == len(data), "a second edit of the same content keeps the length")
    lengths = set()
    for word in ("one", "two", "six"):
        packet = xmp_edit.edit(None, change_of((word,))).packet
        data = apply_edits(data, kept(opened(editor, data), BlockChange(xmp=packet)))
        lengths.add(len(data))
    hold(len(lengths) == 1, "repeated edits do not let the file grow")
    emptied = opened(editor, data)
    exif = dict.fromkeys(change.exif)
    edits = kept(emptied, BlockChange(xmp=None, exif=exif, drops_exif=bool(exif)))
    bare = apply_edits(data, edits)
    hold(apply_edits(bare, inverse(data, edits)) == data, "the inverse edits bring the packet back")
    hold(opened(editor, bare).packet is None, "the packet is gone")


def opened(editor: Callable[[bytes], Editable], data: bytes) -> Editable:
    try:
        return editor(data)
    except RefusedError as error:
        raise Broken(f"opens what it wrote: {error}") from error


def kept(editable: Editable, change: BlockChange) -> tuple:  # type: ignore[type-arg]
    try:
        return editable.edit(change)
    except RefusedError as error:
        raise RefusedLater(str(error)) from error


def gated(editable: Editable, data: bytes, fmt: Format, edited: xmp_edit.Edited) -> str | None:
    """Why the gate stops the change of the XMP; None where it lets it pass."""
    try:
        rebuilt("a", "a", fmt, editable, data, STATE, edited)
    except GateError as error:
        return str(error)
    return None


# -- blocks


def iptc_block(data: bytes) -> Outcome:
    from nivo_tui.metadata import iptc_edit

    wish = iptc_edit.IptcWish(keywords=WORDS)
    try:
        iptc_edit.texts_of(data)
        edited = iptc_edit.add(data, wish)
    except PhotoError as error:
        return Outcome("refused", str(error))
    hold(iptc_edit.add(edited.block, wish).block == edited.block, "a second edit adds nothing")
    iptc_edit.remove(edited.block or b"", edited.values)
    return Outcome("written")


def exif_block(data: bytes) -> Outcome:
    from nivo_tui.metadata.exif_edit import edit_exif, exif_texts

    try:
        texts = exif_texts(data)
        new = edit_exif(data, {USER_COMMENT: "a comment, Zürich"})
    except PhotoError as error:
        return Outcome("refused", str(error))
    hold(new is not None, "a text is written")
    after = exif_texts(new or b"")
    hold(after[USER_COMMENT] == "a comment, Zürich", "the text reads back")
    hold({**texts, USER_COMMENT: ""} == {**after, USER_COMMENT: ""}, "the other texts stay")
    lengths = {len(edit_exif(new, {USER_COMMENT: text}) or b"") for text in ("a comment, Zurich", "other")}
    hold(max(lengths) <= len(new or b"") + 4096, "a second edit does not let the block grow")
    edit_exif(new, {USER_COMMENT: None})
    return Outcome("written")


def xmp_packet(data: bytes) -> Outcome:
    try:
        edited = xmp_edit.edit(data, change_of(WORDS))
    except PhotoError as error:
        return Outcome("refused", str(error))
    if not edited.entries:
        return Outcome("unchanged")
    packet = edited.packet or b""
    found = xmp.read(packet)
    hold(set(WORDS) <= set(found.keywords), "the keywords read back")
    hold(not xmp_edit.edit(packet, change_of(WORDS)).entries, "a second edit adds nothing")
    removed = xmp_edit.remove(packet, found.applied, TIME)
    left = set(xmp.read(removed.packet).keywords) if removed.packet else set()
    hold(left == set(xmp.read(data).keywords), "the keywords from before are left")
    return Outcome("written")


_CONTAINERS = "nivo_tui.metadata.containers"
TARGETS: dict[str, Callable[[], Target]] = {
    "jpeg": lambda: container(f"{_CONTAINERS}.jpeg_edit", "EditableJpeg", Format.JPEG),
    "png": lambda: container(f"{_CONTAINERS}.png_edit", "EditablePng", Format.PNG),
    "webp": lambda: container(f"{_CONTAINERS}.webp_edit", "EditableWebp", Format.WEBP),
    "bmff": lambda: container(f"{_CONTAINERS}.bmff_edit", "EditableBmff", Format.HEIC),
    "tiff": lambda: container(f"{_CONTAINERS}.tiff_edit", "EditableTiff", Format.TIFF),
    "iptc": lambda: iptc_block,
    "exif": lambda: exif_block,
    "xmp": lambda: xmp_packet,
}
