"""The words of the write plan: one row opened, and what to do in the programs that share the photos."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells

from nivo_tui.engine.protocol import TargetPlanned
from nivo_tui.model import Receipt
from nivo_tui.text import plain
from nivo_tui.ui.plan_figures import PlanFigures
from nivo_tui.ui.text import counted, fit, megabytes, number, short_path, wrap
from nivo_tui.ui.widgets.lines import Piece

_LABEL = 13
_MOST_WORDS = 400
_MOST_CHARACTERS = 200
PROGRAMS = {"lightroom": "Lightroom", "darktable": "darktable"}

Line = Sequence[Piece]


def row_opened(receipt: Receipt, target: TargetPlanned | None, width: int) -> list[Line]:
    """Everything about one receipt, in lines of at most `width` cells."""
    lines = _field("Photo", [plain(short_path(receipt.path))], width)
    lines += _field("Target", [_target(receipt)], width)
    if receipt.status != "planned":
        mode = f" ({_MODES[receipt.mode]})" if receipt.mode in _MODES else ""
        lines += _field("Outcome", [receipt.status + mode], width, "bad" if _is_bad(receipt) else "good")
    if receipt.reason:
        role = "bad" if _is_bad(receipt) else "warn"
        lines += _field("Why" if _is_bad(receipt) else "Why there", [plain(receipt.reason)], width, role)
    lines.append(())
    lines += _keywords(receipt, target, width)
    lines.append(())
    if target is not None and target.hierarchies:
        paths = [word.replace("|", " > ") for word in _shown(target.hierarchies)]
        lines += _field("Hierarchies", paths, width, separator=" · ")
    if receipt.fields:
        lines += _field("Fields", [plain(name) for name in receipt.fields], width, "dim", separator=" · ")
    lines += _field("Bytes", [_bytes(receipt, target)], width)
    lines += _field("Backup", [_backup(receipt, target)], width)
    if target is not None:
        lines += _of_photo(target, width)
    for note in receipt.notes:
        lines += _field("Note", [plain(note)], width, "dim")
    if receipt.run is not None:
        lines += _field("Run", [str(receipt.run)], width, "dim")
    return lines


_MODES = {
    "exact": "every byte as before",
    "additions": "the file changed since: only what was added is gone",
    "refused": "not taken back",
}


def _is_bad(receipt: Receipt) -> bool:
    return receipt.status in ("refused", "failed")


def _target(receipt: Receipt) -> str:
    if receipt.target is None:
        return "none: the photo stays as it is"
    return "in the file" if receipt.target == receipt.path else f"sidecar {plain(short_path(receipt.target))}"


def _keywords(receipt: Receipt, target: TargetPlanned | None, width: int) -> list[Line]:
    lines: list[Line] = []
    if target is not None:
        words = _shown(target.old)
        more = target.old_count - len(words)
        words += [f"and {number(more)} more"] if more > 0 else []
        lines += _field("Has", words or ["no keyword yet"], width, "" if words else "dim", separator=" · ")
    if receipt.added:
        lines += _field(
            "Gets", [f"+ {word}" for word in _shown(receipt.added)], width, "good", separator="  "
        )
    if receipt.removed:
        lines += _field(
            "Loses", [f"- {word}" for word in _shown(receipt.removed)], width, "warn", separator="  "
        )
    if not receipt.added and not receipt.removed and not _is_bad(receipt):
        lines += _field("Gets", ["no new keyword; other fields change"], width, "dim")
    return lines


def _of_photo(target: TargetPlanned, width: int) -> list[Line]:
    lines: list[Line] = []
    if target.names:
        lines += _field("Names", [", ".join(_shown(target.names))], width)
    if target.programs:
        listed = ", ".join(PROGRAMS.get(name, plain(name)) for name in target.programs)
        lines += _field("Settings of", [f"{listed}, kept as they are"], width)
    stays = staying(target.facts, target.passed, target.rejected)
    return lines + (_field("In nivo only", [stays], width, "dim") if stays else [])


def staying(facts: int, passed: int, rejected: int) -> str:
    """What stays in nivo only, counted; empty where nothing does."""
    parts = [
        counted(facts, "fact") if facts else "",
        f"{number(passed)} passed" if passed else "",
        f"{number(rejected)} wrong here" if rejected else "",
    ]
    return " · ".join(part for part in parts if part)


def _bytes(receipt: Receipt, target: TargetPlanned | None) -> str:
    grows = f"{receipt.bytes_added:+,}"
    if target is None or not target.size:
        return f"{grows} (a new file)" if target is not None else grows
    return (
        f"{number(target.size)} {'-' if receipt.bytes_added < 0 else '+'} {number(abs(receipt.bytes_added))}"
    )


def _backup(receipt: Receipt, target: TargetPlanned | None) -> str:
    if receipt.backup is not None:
        return plain(os.path.basename(receipt.backup))
    if target is not None and target.backup is not None:
        return f"{plain(os.path.basename(target.backup))}, {megabytes(target.size)}"
    if receipt.status == "planned":
        return "none: a sidecar, backups are off, or there is one of this picture already"
    return "none made"


def _shown(words: Iterable[str]) -> list[str]:
    """Words of a file, made safe to show and cut; no more than a screen has use for."""
    return [plain(word, _MOST_CHARACTERS) for _, word in zip(range(_MOST_WORDS), words, strict=False)]


def _field(label: str, words: Sequence[str], width: int, role: str = "", separator: str = " ") -> list[Line]:
    """A label and its words, wrapped under themselves."""
    room = max(8, width - _LABEL)
    pieces = _broken(words[0], room) if len(words) == 1 else wrap(list(words), room, separator)
    return [
        [(fit(label if place == 0 else "", _LABEL), "dim"), (text, role)] for place, text in enumerate(pieces)
    ]


def _broken(text: str, width: int) -> list[str]:
    """A sentence or a path in lines; a word longer than a line is cut into several."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) > width:
            lines += [line] if line else []
            *full, joined = chop_cells(word, width) or [""]
            lines += full
        line = joined
    return [*lines, line]


def steps(figures: PlanFigures, width: int) -> list[Line]:
    """What to do in Lightroom and darktable before and after, so that neither side loses anything."""
    around = figures.around
    lines: list[Line] = []
    lines += _sentences(
        "nivo keeps what these programs left in a photo: ratings, labels and develop settings.", width
    )
    lines += _sentences(
        "But each has a catalog of its own beside the files, and does not see new keywords by itself.", width
    )
    for name, own in (("lightroom", _LIGHTROOM), ("darktable", _DARKTABLE)):
        count = figures.programs[name]
        open_ones = getattr(around, name) if around is not None else ()
        lines += [
            (),
            [(PROGRAMS[name], "accent"), (f"   {counted(count, 'photo')} with its settings", "dim")],
        ]
        for path in open_ones:
            lines += _item("!", f"open now: {plain(short_path(path))}", width, "warn")
        for sign, text in own:
            lines += _item(sign, text, width)
        if name == "lightroom" and figures.unread:
            text = (
                f"{counted(figures.unread, 'new sidecar')} will be called name.ext.xmp, which Lightroom does "
                "not look for: put lightroom among readers under [write] in the settings, and plan again."
            )
            lines += _item("!", text, width, "warn")
    return lines


_LIGHTROOM = (
    (
        "before",
        "select the photos, Metadata > Save Metadata to Files (Ctrl+S, on a Mac Cmd+S); then close it.",
    ),
    ("", "Without this, edits that only its catalog knows would be lost in the next step."),
    ("after", "open it, select them again, Metadata > Read Metadata from Files."),
    ("", "Where a photo then says that both sides changed: import the settings from disk."),
    ("raw", "it reads name.xmp beside a raw file, and no sidecar of a JPEG or TIFF."),
)
_DARKTABLE = (
    ("before", "close it: an open darktable writes its own sidecars over, from its database."),
    (
        "once",
        "preferences > storage: write sidecar files on import or after edit, and look for updated XMP files "
        "on startup.",
    ),
    (
        "after",
        "start it; it lists the sidecars that are newer: select them, and take them from XMP to database.",
    ),
    ("", "Keywords written in a JPEG itself are read when it is imported, not again later."),
)


def _sentences(text: str, width: int) -> list[Line]:
    return [[(line, "")] for line in wrap(text.split(), width, " ")]


def _item(sign: str, text: str, width: int, role: str = "") -> list[Line]:
    lines = wrap(text.split(" "), max(8, width - 10), " ")
    return [
        [(fit(f"  {sign}" if place == 0 else "", 10), role or "key"), (line, role)]
        for place, line in enumerate(lines)
    ]
