"""The sizes that a person gave the panes, kept within what the terminal has room for."""

from __future__ import annotations

from dataclasses import dataclass

from nivo_tui.ui.geometry import WIDTHS, form_of

FOLDERS, PREVIEW, PHOTOS, LOG = "folders", "preview", "photos", "log"

_LEAST_MIDDLE = 34
_LEAST = {FOLDERS: 14, PREVIEW: 20, PHOTOS: 3, LOG: 1}
_LEAST_TAGS = 5  # with their head and the line above
_STEPS = {FOLDERS: 4, PREVIEW: 4, PHOTOS: 2, LOG: 2}


@dataclass(slots=True)
class PaneSizes:
    """What was asked for, in columns or lines; None where the style sheet decides."""

    folders: int | None = None
    preview: int | None = None
    photos: int | None = None
    log: int | None = None

    def change(self, pane: str, by: int, now: int) -> None:
        """Ask for a pane `by` steps larger than it is now."""
        self.ask(pane, now + by * _STEPS[pane])

    def ask(self, pane: str, size: int) -> None:
        """Ask for a size; `fitted` keeps it within bounds."""
        setattr(self, pane, max(_LEAST[pane], size))

    def fitted(self, width: int, body: int, *, folders_now: int, log_now: int) -> dict[str, int | None]:
        """The sizes for a terminal of `width` columns whose panes and log have `body` lines together.

        `folders_now` are the columns that the folders take (0 where they are hidden), `log_now` the lines
        of the log. Nothing is asked of the style sheet's own sizes.
        """
        narrow = form_of(width, WIDTHS) == "-narrow"
        folders = None if narrow else _within(self.folders, _LEAST[FOLDERS], width * 2 // 5)
        beside = 0 if narrow or not folders_now else (folders or folders_now) + 1
        most = width - beside - 1 - _LEAST_MIDDLE
        preview = _within(self.preview, _LEAST[PREVIEW], most)
        log = _within(self.log, _LEAST[LOG], body // 2)
        photos = _within(self.photos, _LEAST[PHOTOS], body - (log or log_now) - 2 - _LEAST_TAGS)
        return {FOLDERS: folders, PREVIEW: preview, PHOTOS: None if narrow else photos, LOG: log}


def _within(asked: int | None, least: int, most: int) -> int | None:
    return None if asked is None else max(least, min(asked, most))
