"""The preview pane: the picture in its ratio, and below it what is known of the photo."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.text import plain
from nivo_tui.ui.images.factory import PictureSupport, prepare
from nivo_tui.ui.images.fitting import Box, fit_box
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.text import fit_middle
from nivo_tui.ui.widgets.lines import Lines, Piece
from nivo_tui.ui.widgets.photo_info import info_lines

DEBOUNCE_S = 0.15
_USUAL_RATIO = (4, 3)


class Placeholder(Lines):
    """Stands where the picture comes, in its exact place, and names it."""

    def __init__(self) -> None:
        super().__init__(id="placeholder")
        self._texts: tuple[str, ...] = ()

    def show(self, *texts: str) -> None:
        """Set the lines in the middle of the place."""
        self._texts = texts
        self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """Blank lines, then the texts in the middle."""
        texts = [fit_middle(text, width - 2) for text in self._texts][: self.size.height]
        above = max(0, (self.size.height - len(texts)) // 2)
        return [*[()] * above, *[[(text.center(width), "dim")] for text in texts]]


class PhotoInfo(Lines):
    """What is known of the photo, in words."""

    def __init__(self) -> None:
        super().__init__(id="info")
        self.sheet: Sheet | None = None
        self.row: TagRow | None = None
        self.with_tags = False

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """As much as there is room for."""
        if self.sheet is None:
            return ()
        return info_lines(self.sheet, width, self.size.height, with_tags=self.with_tags, row=self.row)


class Preview(Vertical):
    """Shows the open photo: a placeholder at once, the picture when it is read and still wanted."""

    class Painted(Message):
        """The picture, or the placeholder, of a photo reached the terminal."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, support: PictureSupport, debounce: float = DEBOUNCE_S) -> None:
        super().__init__(id="preview")
        self._support = support
        self._debounce = debounce
        self._sheet: Sheet | None = None
        self._drawn: tuple[str, str | None, Box] | None = None
        self._picture: Widget | None = None
        self._placeholder = Placeholder()
        self._info = PhotoInfo()
        self._loading: Worker[None] | None = None
        self._suspended = False
        self.full = False

    def compose(self) -> ComposeResult:
        """Picture above, words below."""
        with Center(id="picture-place"):
            yield self._placeholder
        yield self._info

    def show(self, sheet: Sheet | None) -> None:
        """Take the open photo, or the same one after a decision."""
        before = self._sheet.detail if self._sheet is not None else None
        self._sheet = sheet
        self._info.sheet = sheet
        detail = sheet.detail if sheet is not None else None
        if detail != before or self.full:
            self._info.refresh()
        if _looks_alike(before, detail):
            return
        self._lay_out()
        if detail is not None:
            self.call_after_refresh(self.post_message, self.Painted(detail.path))

    def explain(self, row: TagRow | None) -> None:
        """Tell the reason of this tag, which has no room in the table."""
        if row != self._info.row:
            self._info.row = row
            self._info.refresh()

    def set_full(self, full: bool) -> None:
        """Give the picture the whole pane, with the tags in a line below it, or take that back."""
        self.full = full
        self._info.with_tags = full
        self.set_class(full, "-full")

    def on_resize(self, _: events.Resize) -> None:
        """The picture follows the pane."""
        self._lay_out()

    def pause(self) -> None:
        """Another screen is on top: no picture is drawn under it."""
        self._suspended = True
        self._hide_picture()

    def resume(self) -> None:
        """The screen is on top again."""
        self._suspended = False
        self._lay_out()

    def _lay_out(self) -> None:
        detail = self._sheet.detail if self._sheet is not None else None
        if detail is None or self.size.width < 8:
            self._placeholder.show()
            self._hide_picture()
            self._placeholder.display = False
            return
        ratio = (detail.width, detail.height) if detail.width and detail.height else _USUAL_RATIO
        box = fit_box(ratio, self._room(), self._support.cell, self._support.most_pixels)
        wanted = (detail.path, detail.thumbnail, box)
        if wanted == self._drawn and not self._suspended:
            return
        place = self.query_one("#picture-place")
        place.styles.height = box.height
        for widget in (self._placeholder, self._picture):
            if widget is not None:
                widget.styles.width, widget.styles.height = box.width, box.height
        self._hide_picture()
        self._placeholder.show(*_placeholder_texts(detail))
        if self._support.draws and detail.thumbnail and not self._suspended:
            self._loading = self.run_worker(
                self._load(detail.path, detail.thumbnail, box),
                group="preview",
                exclusive=True,
            )

    def _room(self) -> tuple[int, int]:
        width, height = self.size.width - 4, self.size.height
        most = height - 5 if self.full else min(round(height * 0.6), height - 8)
        return width, max(3, most)

    async def _load(self, path: str, thumbnail: str, box: Box) -> None:
        await asyncio.sleep(self._debounce)
        try:
            await asyncio.to_thread(self._support.load)
            picture = await asyncio.to_thread(prepare, thumbnail, self._support.pixels(box))
        except (OSError, ValueError):
            self._placeholder.show(os.path.basename(plain(path)), "preview unreadable")
            return
        if self._suspended:
            return
        if self._picture is None:
            self._picture = self._support.widget()
            self._picture.id = "picture"
            await self.query_one("#picture-place").mount(self._picture)
        self._picture.styles.width, self._picture.styles.height = box.width, box.height
        self._picture.image = picture  # type: ignore[attr-defined]
        self._picture.display = True
        self._placeholder.display = False
        self._drawn = (path, thumbnail, box)

    def _hide_picture(self) -> None:
        self._drawn = None
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        self._placeholder.display = True
        if self._picture is not None:
            self._picture.display = False


def _looks_alike(before: PhotoDetail | None, after: PhotoDetail | None) -> bool:
    if before is None or after is None:
        return before is after

    def look(detail: PhotoDetail) -> tuple[object, ...]:
        return (detail.path, detail.thumbnail, detail.width, detail.height, detail.mtime_ns)

    return look(before) == look(after)


def _placeholder_texts(detail: PhotoDetail) -> tuple[str, ...]:
    name = plain(detail.name)
    if detail.error:
        return (name, "cannot be shown")
    if detail.width and detail.height:
        return (name, f"{detail.width}×{detail.height}")
    return (name,)
