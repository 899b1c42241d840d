"""The steps of the first run: what is asked, what is preset, and how each step reads. No widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nivo_tui.text import plain
from nivo_tui.ui.first_packs import PackLine
from nivo_tui.ui.text import counted, fit, fit_middle, megabytes, number, short_path, wrap
from nivo_tui.ui.widgets.lines import Piece

if TYPE_CHECKING:
    from nivo_tui.engine.first_look import Found
    from nivo_tui.settings_file import Chosen

FOLDER, FACES, PROGRAMS, TAGS, MODELS = range(5)
STEPS = 5
TITLES = (
    "Which photos?",
    "Faces",
    "Which programs read these photos?",
    "How tags look in files",
    "Models",
)
_FACES: tuple[tuple[str, str, str], ...] = (
    (
        "recognise",
        "recognise who it is",
        "keeps where each face is, and 512 numbers by which it is known again; with a model (step 5)",
    ),
    ("count", "only count", "keeps where each face is; nobody can be told by it"),
    ("off", "off", "looks for no faces, and makes no tags of people"),
)
_NAMES = {
    "digikam": "digiKam",
    "darktable": "darktable",
    "lightroom": "Lightroom",
    "captureone": "Capture One",
    "immich": "Immich",
}
_IPTC = (
    ("always", "IPTC always", "what older programs read, in JPEG and TIFF"),
    ("if-present", "IPTC where it is", "only into photos that have IPTC already"),
    ("never", "IPTC never", ""),
)
_BRINGS = {
    "face": "who is on a photo",
    "detect": "finds faces, recognises nobody",
    "objects": "finds 80 kinds of things",
    "classes": "scenes and things, 1,000 classes",
    "zeroshot": "tags by phrases, your own too",
}
_TASKS = ("face", "detect", "objects", "classes", "zeroshot")

Lines = list[list[Piece]]


@dataclass(slots=True)
class State:
    """What was answered, and what is known so far. `folders` are those that can be chosen by a digit.

    `readers` is None until a person changes them: then they are as found. `packs` is None until the engine
    said which there are; `marked` are those to fetch. `note` is one line about the step.
    """

    folder: str
    folders: tuple[str, ...]
    home: str
    found: Found | None = None
    typing: bool = False
    faces: str = "recognise"
    readers: tuple[str, ...] | None = None
    style: str = "label"
    language: str = "en"
    iptc: str = "always"
    packs: tuple[PackLine, ...] | None = None
    marked: set[str] = field(default_factory=set)
    fetching: str = ""
    note: str = ""

    @property
    def chosen_readers(self) -> tuple[str, ...]:
        """The programs that are ticked now."""
        if self.readers is not None:
            return self.readers
        return self.found.readers if self.found is not None else ("digikam", "darktable")

    @property
    def offered(self) -> tuple[PackLine, ...]:
        """The smallest pack of each kind that could be fetched and brings something that is not here."""
        have = {pack.task for pack in self.packs or () if pack.here}
        if "face" in have:
            have.add("detect")
        wanted = [task for task in _TASKS if task not in have and self._asks_for(task)]
        best = (
            min(
                (p for p in self.packs or () if p.task == task and not p.here),
                key=lambda pack: pack.cost,
                default=None,
            )
            for task in wanted
        )
        return tuple(pack for pack in best if pack is not None)

    def _asks_for(self, task: str) -> bool:
        if self.faces == "off":
            return task not in ("face", "detect")
        return task != "face" if self.faces == "count" else task != "detect"

    def settings(self) -> Chosen:
        """What goes into the settings file."""
        return {
            "scan": {"faces": self.faces},
            "write": {"readers": self.chosen_readers, "style": self.style, "iptc": self.iptc},
            "screen": {"language": self.language},
        }


def language_of(environment: Mapping[str, str]) -> str:
    """The language of labels that a person's surroundings speak of: de where they are German, else en."""
    spoken = next((environment[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(k)), "")
    return "de" if spoken.lower().startswith("de") else "en"


def choose(state: State, step: int, row: int) -> bool:
    """What a digit does in a step; `row` 0 is the digit 1. False where it means nothing."""
    if row >= rows_of(state, step) or (step == MODELS and state.fetching):
        return False
    if step == FOLDER:
        state.typing = row == len(state.folders)
        if not state.typing and state.folder != state.folders[row]:
            state.folder, state.found = state.folders[row], None
    elif step == FACES:
        state.faces = _FACES[row][0]
    elif step == PROGRAMS:
        ticked = set(state.chosen_readers) ^ {list(_NAMES)[row]}
        state.readers = tuple(program for program in _NAMES if program in ticked)
    elif step == TAGS:
        _choose_tags(state, row)
    else:
        state.marked ^= {state.offered[row].name}
    return True


def rows_of(state: State, step: int) -> int:
    """How many digits mean something in a step."""
    return (len(state.folders) + 1, len(_FACES), len(_NAMES), 4 + len(_IPTC), len(state.offered))[step]


def _choose_tags(state: State, row: int) -> None:
    if row < 2:
        state.style = ("label", "id")[row]
    elif row < 4:
        state.language = ("en", "de")[row - 2]
    else:
        state.iptc = _IPTC[row - 4][0]


def lines(state: State, step: int, width: int) -> Lines:
    """How a step reads, in lines of at most `width` cells."""
    make = (_folder, _faces, _programs, _tags, _models)[step]
    return make(state, width)


def keys(state: State, step: int) -> list[tuple[str, str]]:
    """The keys of a step and what they do."""
    if state.typing:
        return [("Enter", "take it"), ("→", "completes"), ("Esc", "back to the list")]
    count = rows_of(state, step)
    onward = "next" if step < MODELS else "go on with these" if state.fetching else "begin"
    shown = [("Enter", onward)]
    if count:
        shown.append((f"1-{count}" if count > 1 else "1", "mark" if step in (PROGRAMS, MODELS) else "choose"))
    if step == MODELS and state.fetching:
        shown.append(("c", "cancel the download"))
    elif step == MODELS and state.offered:
        shown.append(("f", "fetch the marked"))
    if step > FOLDER:
        shown.append(("←", "back"))
    return [*shown, ("Esc", "leave, ask next time")]


def _choice(digit: int, ticked: bool, text: str, more: str = "", role: str = "") -> list[Piece]:
    sign: Piece = ("✓ ", "good") if ticked else ("· ", "dim")
    pieces: list[Piece] = [(f"  {digit} ", "key"), sign, (text, "head" if ticked else role)]
    return [*pieces, (f"  {more}", "dim")] if more else pieces


def _said(text: str, width: int, role: str = "dim") -> Lines:
    return [[(f"  {line}", role)] for line in wrap(text.split(), width - 4, " ")]


def _folder(state: State, width: int) -> Lines:
    rows = [
        _choice(n + 1, folder == state.folder, fit_middle(plain(short_path(folder)), width - 8))
        for n, folder in enumerate(state.folders)
    ]
    if state.typing:
        asked = state.note or "type the folder:"
        return [*rows, _choice(len(rows) + 1, False, asked, role="warn" if state.note else "")]
    rows.append(_choice(len(rows) + 1, False, "another folder: type it"))
    return [
        *rows,
        [],
        *_counted(state, width),
        [],
        *_said(
            "Photos are only read now. What you accept is written into them when you say so, not before.",
            width,
        ),
    ]


def _counted(state: State, width: int) -> Lines:
    found = state.found
    if found is None:
        return _said("counting …", width)
    if found.error is not None:
        return _said(f"This folder {_cannot(found.error)}: choose or type another.", width, "warn")
    if not found.photos:
        if not found.over:
            return _said("counting …", width)
        if not found.complete:
            return _said(
                "No photo was found so far; the folder is large, and a scan looks through all of it.", width
            )
        return _said("There are no photos in this folder: choose or type another.", width, "warn")
    least = "more than " if found.over and not found.complete else ""
    going = "" if found.over else " …"
    head = f"{least}{counted(found.photos, 'photo')}, {megabytes(found.bytes)}{going}"
    kinds = [f"{kind} {number(count)}" for kind, count in found.kinds.most_common(8)]
    return [[(f"  {head}", "accent")], *([(f"  {line}", "")] for line in wrap(kinds, width - 4))]


def _cannot(reason: str) -> str:
    return f"cannot be read ({plain(reason)})"


def _faces(state: State, width: int) -> Lines:
    rows: Lines = []
    for n, (name, title, stored) in enumerate(_FACES):
        rows.append(_choice(n + 1, name == state.faces, title))
        rows += [[(f"    {line[0][0]}", "dim")] for line in _said(stored, width - 4)]
    home = plain(short_path(state.home))
    return [
        *rows,
        [],
        *_said(
            "Faces are sensitive. What is kept of them lies on this machine in the home of nivo-tui, "
            f"readable by you alone, and is sent nowhere: {home}",
            width,
        ),
        *_said("A name is written into a photo only after you accepted it there by its own key.", width),
    ]


def _programs(state: State, width: int) -> Lines:
    ticked = set(state.chosen_readers)
    rows: Lines = []
    for n, (name, title) in enumerate(_NAMES.items()):
        evidence = state.found.evidence(name) if state.found is not None else ()
        more = fit(plain("; ".join(evidence)), width - 24).rstrip() if evidence else ""
        rows.append(_choice(n + 1, name in ticked, fit(title, 12), more))
    return [*rows, [], *_seen_sidecars(state, width), [], *_new_sidecars(state, width)]


def _seen_sidecars(state: State, width: int) -> Lines:
    found = state.found
    if found is None or not found.over:
        return _said("looking for their traces …", width)
    named = [
        f"{counted(count, 'sidecar')} called {name}"
        for count, name in ((found.long_names, "name.ext.xmp"), (found.short_names, "name.xmp"))
        if count
    ]
    if named:
        return _said(f"Here lie {' and '.join(named)}.", width)
    if not any(found.evidence(name) for name in _NAMES):
        return _said("No traces of any of them here: these are preset.", width)
    return _said("Ticked are those that left traces here.", width)


def _new_sidecars(state: State, width: int) -> Lines:
    from nivo_tui.engine.first_look import Found, sidecar_names

    names = sidecar_names(state.chosen_readers, state.found or Found())
    head = (
        "Tags go into the photos themselves. Raw files are left alone: theirs go into a sidecar beside them,"
    )
    tail = "both kept alike." if len(names) > 1 else "or into the one that is there."
    return _said(f"{head} {' and '.join(names)}, {tail}", width)


def _tags(state: State, width: int) -> Lines:
    from nivo_tui.engine.first_look import example

    shown = example(state.style, state.language)
    words, ids = example("label", state.language), example("id", state.language)
    english, german = example(state.style, "en"), example(state.style, "de")
    rows: Lines = [
        _choice(1, state.style == "label", fit("words", 14), ", ".join(words.keywords)),
        _choice(2, state.style == "id", fit("ids", 14), ", ".join(ids.keywords)),
        [],
        _choice(3, state.language == "en", fit("English", 14), ", ".join(english.keywords)),
        _choice(4, state.language == "de", fit("Deutsch", 14), ", ".join(german.keywords)),
        [],
        *(
            _choice(5 + n, name == state.iptc, fit(title, 18), more)
            for n, (name, title, more) in enumerate(_IPTC)
        ),
        [],
        [("  In a photo with these two tags there will be", "dim")],
    ]
    for field_name, values in (
        ("XMP keywords", shown.keywords),
        ("Lightroom", shown.lightroom),
        ("digiKam", shown.digikam),
        ("IPTC keywords", shown.keywords if state.iptc == "always" else ()),
    ):
        text = ", ".join(values) or ("the same, where IPTC is" if state.iptc == "if-present" else "")
        if text:
            rows.append([(f"    {fit(field_name, 15)}", "dim"), (fit(text, width - 21).rstrip(), "accent")])
    return rows


def _models(state: State, width: int) -> Lines:
    if state.packs is None:
        return _said(
            "looking for models …" if not state.note else state.note,
            width,
            "dim" if not state.note else "warn",
        )
    here = [pack for pack in state.packs if pack.here]
    rows: Lines = []
    if here:
        rows.append([("  Here already", "dim")])
        rows += [[("    ", ""), (fit(plain(p.name), 17), ""), (" " + _brings(p), "dim")] for p in here[:4]]
        if len(here) > 4:
            rows.append([(f"    and {len(here) - 4} more", "dim")])
        rows.append([])
    offered = state.offered
    if offered:
        rows.append([("  Could be fetched; nothing is unless you say so", "dim")])
    for n, pack in enumerate(offered):
        cost = megabytes(pack.size) if pack.size is not None else "?"
        line = _choice(n + 1, pack.name in state.marked, fit(plain(pack.name), 15), fit(_brings(pack), 34))
        rows.append([*line, (fit(cost, 8, right=True), "accent")])
        rows.append([(f"        {fit(plain(pack.licence), width - 10).rstrip()}", "dim")])
    if state.fetching or state.note:
        role = "accent" if state.fetching else "warn"
        rows += [[], *_said(plain(state.fetching or state.note), width, role)[:3]]
    elif offered:
        rows += [
            [],
            *_said("All works without them too, and they can be had later: nivo-tui models list", width),
        ]
    return rows


def _brings(pack: PackLine) -> str:
    return _BRINGS.get(pack.task, pack.task)
