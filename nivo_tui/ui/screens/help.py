"""All keys by section, from the commands themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from nivo_tui.text import plain
from nivo_tui.ui.commands import COMMANDS, REVIEW, SECTIONS, keys_sign
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.text import fit, wrap
from nivo_tui.ui.widgets.lines import LINE_CLASSES, LineList, Piece

_KEYS = 16


class HelpLines(LineList):
    """The lines of the help; it scrolls, and has no cursor."""

    def __init__(self, keys: KeyTable, models_folder: str) -> None:
        super().__init__(id="help-lines")
        self._keys = keys
        self._models = _MODELS.format(folder=plain(models_folder))
        self._lines: list[list[Piece]] = []

    def on_resize(self) -> None:
        """The sentences are wrapped to the width."""
        width = self.scrollable_content_region.width
        self._lines = []
        for section in SECTIONS:
            if self._lines:
                self._lines.append([])
            self._lines.append([(f" {section}", "accent")])
            for command in COMMANDS:
                keys = self._keys.keys[command.id]
                if command.section == section and keys and command.where & REVIEW:
                    texts = wrap(command.help.split(), max(20, width - _KEYS - 3), " ")
                    self._lines += [
                        [(fit(f"  {keys_sign(keys) if i == 0 else ''}", _KEYS), "key"), (text, "")]
                        for i, text in enumerate(texts)
                    ]
        self._lines += [[], [(" Signs", "accent")]]
        self._lines += [[(fit(f"  {sign}", _KEYS), "key"), (text, "")] for sign, text in _SIGNS]
        self._lines += [[], [(" Models", "accent")]]
        for sentence in self._models.splitlines():
            texts = wrap(sentence.split(), max(20, width - 3), " ")
            self._lines += [[(f"  {text}", "")] for text in texts]
        self.update_size()

    @property
    def row_count(self) -> int:
        return len(self._lines)

    def can_stand_on(self, row: int) -> bool:
        return False

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """One line of the help."""
        return self._lines[row]


_SIGNS = (
    ("✓", "ticked or accepted"),
    ("·", "not ticked; for a photo: not analysed yet"),
    ("✗", "wrong here"),
    ("◇", "a person's name, waiting for its own key"),
    ("○ ●", "photo to do, photo done"),
    ("!", "a problem; the preview says which"),
)


_MODELS = """\
Without a model pack faces are counted and not recognised, and objects and scenes are not found.
In a shell, nivo-tui models list shows the packs that are here and those that can be fetched, with size and \
licence; nivo-tui models fetch buffalo_sc yolox_tiny mobilenetv2 gets one for each task. The InsightFace \
weights are for non-commercial research only.
A pack of your own, a folder with .onnx files, goes into {folder}, ~/.insightface/models or a folder that \
NIVO_MODELS names. Then scan again: only what the new packs see is looked for.
"""


class HelpScreen(ModalScreen[None]):
    """The keys, the signs, and how to get models; any of Esc, Enter, q and ? leaves it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)

    def __init__(self, keys: KeyTable, models_folder: str) -> None:
        super().__init__(classes="dialog")
        self._keys = keys
        self._models_folder = models_folder

    def compose(self) -> ComposeResult:
        """The lines in a box."""
        with Vertical(classes="box tall"):
            yield Static("Help", classes="dialog-title")
            yield HelpLines(self._keys, self._models_folder)
            yield Static(
                "↑ ↓ scroll  ·  Esc leaves  ·  change keys under [keys] in the settings",
                markup=False,
                classes="dialog-hint",
            )

    def on_key(self, event: events.Key) -> None:
        """Scroll or leave."""
        event.stop()
        event.prevent_default()
        lines = self.query_one(HelpLines)
        page = lines.page
        steps = {"down": 1, "j": 1, "up": -1, "k": -1, "pagedown": page, "space": page, "pageup": -page}
        if event.key in ("escape", "enter", "q", "question_mark", "f1"):
            self.dismiss()
        elif event.key in ("home", "g"):
            lines.scroll_home(animate=False)
        elif event.key in ("end", "G"):
            lines.scroll_end(animate=False)
        elif event.key in steps:
            lines.scroll_relative(y=steps[event.key], animate=False)
