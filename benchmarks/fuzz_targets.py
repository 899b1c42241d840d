"""What `fuzz.py` does with one input: every editor by its contract, and then the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

from nivo_tui.errors import PhotoError, RefusedError
from nivo_tui.metadata import iptc_edit, xmp, xmp_edit
from nivo_tui.metadata.beyond_xmp import ALWAYS, EXIF, IPTC, Texts, additions, removals
from nivo_tui.metadata.blocks import USER_COMMENT, BlockChange, Editable
from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.gate import GateError
from nivo_tui.metadata.planned import PlannedFile
from nivo_tui.metadata.read import metadata_from
from nivo_tui.metadata.rebuild import Opened, rebuilt
from nivo_tui.metadata.target import FileState
from nivo_tui.model import Format

TIME = "2026-11-24T10:00:00+00:00"
WORDS = ("nivo bar", "Zürich", "日本")
WRITES = (
    ("first write", Texts(WORDS, "a title", "a caption, Zürich")),
    ("second write", Texts(("other",), "another title", "a caption of another length: 日本")),
)
"""What goes through the gate, one after the other, before all of it is taken out again."""
STATE = FileState(0, 0, 0, 0, 0, digest=lambda: "")


@dataclass(frozen=True)
class Outcome:
    """What became of an input, in a word, and why; `seconds` of processor time are the editor's alone.

    `passed` are the steps that the gate let through, `stopped` the others, each with the gate's reason.
    """

    word: str
    reason: str | None = None
    fault: str | None = None
    passed: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
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
            change = wanted(editable)
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
        way = through_the_gate(editor, data, fmt)
        return Outcome("written", passed=tuple(way.passed), stopped=tuple(way.stopped), seconds=seconds)

    return target


def wanted(editable: Editable) -> BlockChange:
    """Keywords in XMP and IPTC and a comment in Exif, as far as a file takes them.

    In the place of a packet that cannot be edited comes another: the container is what is looked at here.
    """
    try:
        change = BlockChange(xmp=xmp_edit.edit(editable.packet, change_of(WORDS)).packet)
    except PhotoError:
        change = BlockChange(xmp=xmp_edit.edit(None, change_of(WORDS)).packet)
    if editable.iptc_refusal is None:
        try:
            iptc = iptc_edit.add(editable.iptc, iptc_edit.IptcWish(keywords=WORDS)).block
            change = replace(change, iptc=iptc)
        except PhotoError:
            pass
    texts = editable.exif_texts
    if texts is not None and texts.get(USER_COMMENT) is None:
        change = replace(change, exif={USER_COMMENT: "a comment, Zürich"})
    return change


def check_again(editor: Callable[[bytes], Editable], data: bytes, change: BlockChange) -> None:
    """A file that was written holds what it should, does not grow, and can be written and emptied again."""
    again = opened(editor, data)
    hold(same_packet(again.packet, change.xmp or None), "the packet reads back")  # type: ignore[arg-type]
    if isinstance(change.iptc, bytes):
        hold(again.iptc == change.iptc, "the IPTC reads back")
    for name, text in change.exif.items():
        hold((again.exif_texts or {}).get(name) == text, f"{name} reads back")
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


# -- the gate


@dataclass
class Way:
    """The bytes of a file on their way through one gate after another, and how far they came."""

    editor: Callable[[bytes], Editable]
    data: bytes
    fmt: Format
    passed: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def goes(self, step: str, change: Callable[[Editable, bytes, Format], PlannedFile]) -> bool:
        """Whether a change was made. Where the editor refuses it, nobody is told: it may."""
        try:
            file = change(self.editor(self.data), self.data, self.fmt)
        except GateError as error:
            self.stopped.append(f"{step}: {error}")
            return False
        except PhotoError:
            return False
        self.passed.append(step)
        self.data = file.new or b""
        return True


def through_the_gate(editor: Callable[[bytes], Editable], data: bytes, fmt: Format) -> Way:
    """Two writes of XMP, IPTC and Exif that differ, and the removal of both, each held to the gate.

    Where one cannot be made, it is tried with XMP alone, as a plan would; its stop is then told apart.
    """
    way = Way(editor, data, fmt)
    for run, (step, texts) in enumerate(WRITES, 1):
        whole, bare = writing(run, texts, frozenset({IPTC, EXIF})), writing(run, texts, frozenset())
        if not way.goes(step, whole) and not way.goes(f"{step}, XMP alone", bare):
            return way
    if way.goes("removal", removing):
        hold_untouched(editor(data), editor(way.data))
    return way


def writing(
    run: int, texts: Texts, allowed: frozenset[str]
) -> Callable[[Editable, bytes, Format], PlannedFile]:
    """A write of texts to XMP and to the blocks that are allowed, as a plan puts it together."""

    def write(image: Editable, data: bytes, fmt: Format) -> PlannedFile:
        metadata = metadata_from(from_bytes(data), len(data), fmt)
        standing = xmp.XmpFacts() if image.packet is None else xmp.read(image.packet)
        beyond = additions(image, texts, standing, metadata, ALWAYS, allowed)
        change = replace(
            change_of(texts.keywords),
            run=run,
            carried=metadata.keywords,
            title=texts.title,
            description=texts.description,
            standing_title=metadata.title,
            standing_description=metadata.description,
            blocks=beyond.values,
            created=beyond.created,
        )
        file = Opened("a", "a", data, STATE, fmt, image)
        return rebuilt(file, xmp_edit.edit(image.packet, change), beyond)

    return write


def removing(image: Editable, data: bytes, fmt: Format) -> PlannedFile:
    """The removal of all that the packet says we wrote."""
    packet = image.packet or b""
    edited = xmp_edit.remove(packet, xmp.read(packet).applied, TIME)
    file = Opened("a", "a", data, STATE, fmt, image)
    return rebuilt(file, edited, removals(image, edited), removes=True)


def hold_untouched(before: Editable, after: Editable) -> None:
    """Once all of ours is taken out, a file that held nothing of ours says what it said."""
    old, new = (xmp.XmpFacts() if i.packet is None else xmp.read(i.packet) for i in (before, after))
    hold(not new.applied, "no record of ours is left")
    if old.applied:
        return
    hold(replace(new, metadata_date=old.metadata_date) == old, "the XMP says what it did before")
    hold(texts_of(before.exif_texts) == texts_of(after.exif_texts), "the Exif texts are those from before")
    told, left = (iptc_edit.texts_of(image.iptc) for image in (before, after))
    hold(texts_of(told) == texts_of(left), "the IPTC texts are those from before")


def texts_of(found: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: text for name, text in (found or {}).items() if text}


# -- blocks


def iptc_block(data: bytes) -> Outcome:
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
