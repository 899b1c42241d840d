"""The preview pane: the picture in its ratio, and below it what is known of the photo."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.message import Message
from textual.worker import Worker

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.engine.protocol import View, ViewMade
from nivo_tui.text import plain
from nivo_tui.ui.images.boxes import Mark, in_words, marks_of
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.images.fitting import Box, fit_box
from nivo_tui.ui.images.loading import Drawings, Wanted
from nivo_tui.ui.images.picture import Picture
from nivo_tui.ui.images.views import FullSize, SharpViews, Window, part_of, wider, worth_asking
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.widgets.photo_info import PhotoInfo

DEBOUNCE_S = 0.15
_USUAL_RATIO = (4, 3)


class Preview(Vertical):
    """Shows the open photo: words at once, the picture when it is read and still wanted."""

    class Painted(Message):
        """The picture, or the words in its place, of a photo reached the terminal."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class Needs(Message):
        """A sharper picture is wanted from the engine; it does no harm where none ever comes."""

        def __init__(self, order: View) -> None:
            super().__init__()
            self.order = order

    def __init__(self, support: PictureSupport, debounce: float = DEBOUNCE_S) -> None:
        super().__init__(id="preview")
        self._support = support
        self._debounce = debounce
        self._sheet: Sheet | None = None
        self._picture = Picture(support, id="picture")
        self._info = PhotoInfo()
        self._views = SharpViews()
        self._drawings = Drawings(support)
        self._wanted: Wanted | None = None
        self._shown: Wanted | None = None
        self._loading: Worker[None] | None = None
        self._settled: tuple[str, Box] | None = None
        self._suspended = False
        self._hidden = False
        self._boxes = False
        self._actual: FullSize | None = None
        self.full = False

    def compose(self) -> ComposeResult:
        """Picture above, words below."""
        with Center(id="picture-place"):
            yield self._picture
        yield self._info

    @property
    def _detail(self) -> PhotoDetail | None:
        return self._sheet.detail if self._sheet is not None else None

    def show(self, sheet: Sheet | None) -> None:
        """Take the open photo, or the same one after a decision."""
        before = self._detail
        self._sheet = sheet
        self._info.sheet = sheet
        detail = self._detail
        if self._actual is not None and (detail is None or detail.path != self._actual.path):
            self._actual = FullSize(detail) if detail is not None and detail.width and detail.height else None
            self._tell_size()
        if detail != before or self.full:
            self._tell_faces()
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

    # how it is shown

    def set_full(self, full: bool) -> None:
        """Give the picture the whole pane, with the tags in a line below it, or take that back."""
        self.full = full
        if not full:
            self._actual = None
        self._info.with_tags = full
        self.set_class(full, "-full")
        self._tell_size()
        self._lay_out()

    @property
    def boxes(self) -> bool:
        """Whether faces are marked."""
        return self._boxes

    def show_boxes(self, on: bool) -> None:
        """Mark the faces on the picture, and list them in words."""
        self._boxes = on
        self._tell_faces()
        self._lay_out()

    @property
    def actual(self) -> bool:
        """Whether a part of the photo is seen at 100 %."""
        return self._actual is not None

    def look_closer(self) -> bool:
        """A face at 100 %, or the next one; the middle without faces. False where the size is not known."""
        detail = self._detail
        if self._actual is not None:
            self._actual.next_face()
        elif detail is not None and detail.width and detail.height:
            self._actual = FullSize(detail)
        self._tell_size()
        self._lay_out()
        return self._actual is not None

    def look_whole(self) -> None:
        """The whole photo again."""
        self._actual = None
        self._tell_size()
        self._lay_out()

    def pan(self, right: int, down: int) -> None:
        """Move what is seen at 100 %."""
        if self._actual is not None:
            self._actual.pan(right, down, self._support.pixels(self._actual_box(self._actual)))
            self._lay_out()

    def take_view(self, made: ViewMade) -> None:
        """A sharper picture came, if it is still the one that is wanted."""
        if self._views.take(made):
            self._lay_out()

    def _tell_size(self) -> None:
        self._info.note = self._actual.words if self._actual is not None else ""
        self._info.refresh()

    def _tell_faces(self) -> None:
        detail = self._detail
        marks = self._marks(detail) if detail is not None else ()
        self._info.faces = in_words(marks) if self._boxes and detail is not None else ""
        self._info.refresh()

    def _marks(self, detail: PhotoDetail) -> tuple[Mark, ...]:
        return marks_of(detail.faces or (), detail.width, detail.height) if self._boxes else ()

    # when it is seen

    def on_resize(self, _: events.Resize) -> None:
        """The picture follows the pane."""
        self._lay_out()

    def on_hide(self) -> None:
        """The pane is off, or the terminal has no room for it."""
        self._hidden = True
        self._take_away()

    def on_show(self) -> None:
        """The pane is on again."""
        self._hidden = False
        self._lay_out()

    def pause(self) -> None:
        """Another screen is on top: no picture is drawn under it."""
        self._suspended = True
        self._take_away()

    def resume(self) -> None:
        """The screen is on top again."""
        self._suspended = False
        self._lay_out()

    # laying out

    def _lay_out(self) -> None:
        detail = self._detail
        self._picture.display = detail is not None and self.size.width >= 8
        if detail is None or self.size.width < 8:
            self._take_away()
            return
        box, window = self._place(detail)
        place = self.query_one("#picture-place")
        place.styles.height = box.height
        styles = self._picture.styles
        styles.width, styles.height = box.width, box.height
        wanted = self._wanted_of(detail, box, window)
        if wanted is None or self._suspended or self._hidden:
            self._take_away()
            return
        if wanted == self._shown:
            self._wanted = wanted
            self._ask_sharper(detail, box, window)
            return
        if wanted == self._wanted and self._loading is not None:
            return
        if self._shown is None or (self._shown.path, self._shown.box) != (wanted.path, wanted.box):
            self._take_away()
        self._wanted = wanted
        settled = (wanted.path, wanted.box) == self._settled
        waits = 0.0 if settled else self._debounce
        self._loading = self.run_worker(partial(self._load, wanted, waits), group="preview", exclusive=True)

    def _place(self, detail: PhotoDetail) -> tuple[Box, Window | None]:
        """The cells that the picture takes, and at 100 % the pixels of the photo that are seen in them."""
        if self._actual is not None:
            box = self._actual_box(self._actual)
            return box, self._actual.window(self._support.pixels(box))
        ratio = (detail.width, detail.height) if detail.width and detail.height else _USUAL_RATIO
        most = self._support.most_pixels_full if self.full else self._support.most_pixels
        return fit_box(ratio, self._room(), self._support.cell, most), None

    def _actual_box(self, actual: FullSize) -> Box:
        """All the room there is, or what the photo fills of it."""
        width, height = self._room()
        wide, high = self._support.pixels(Box(1, 1))
        most = self._support.most_pixels_full
        box = Box(min(width, max(1, actual.photo[0] // wide)), min(height, max(1, actual.photo[1] // high)))
        pixels = box.width * wide * box.height * high
        if most is not None and pixels > most:
            scale = (most / pixels) ** 0.5
            box = Box(max(1, int(box.width * scale)), max(1, int(box.height * scale)))
        return box

    def _room(self) -> tuple[int, int]:
        width, height = self.size.width - 4, self.size.height
        most = height - 5 if self.full else min(round(height * 0.6), height - 8)
        return max(1, width), max(3, most)

    def _wanted_of(self, detail: PhotoDetail, box: Box, window: Window | None) -> Wanted | None:
        """The sharpest picture there is already; None where there is none at all."""
        if not self._support.draws:
            return None
        marks = self._marks(detail)
        if window is None:
            made = self._views.whole(detail.path) if self.full else None
            file = made.file if made is not None else detail.thumbnail
            return Wanted(detail.path, file, box, None, marks) if file else None
        assert self._actual is not None
        photo = (0, 0, *self._actual.photo)
        seen = part_of(window, photo)
        marks = tuple(mark.within(seen) for mark in marks)
        made = self._views.around(detail.path, window)
        if made is not None and made.window is not None:
            return Wanted(detail.path, made.file, box, part_of(window, made.window), marks)
        return Wanted(detail.path, detail.thumbnail, box, seen, marks) if detail.thumbnail else None

    def _ask_sharper(self, detail: PhotoDetail, box: Box, window: Window | None) -> None:
        order = None
        if window is not None and self._actual is not None:
            if self._views.around(detail.path, window) is None and detail.error is None:
                size = window[2] - window[0], window[3] - window[1]
                order = self._views.ask(detail.path, size, wider(window, self._actual.photo))
        elif self.full and self._views.whole(detail.path) is None:
            size = self._support.pixels(box)
            if worth_asking(size, detail):
                order = self._views.ask(detail.path, size, None)
        if order is not None:
            self.post_message(self.Needs(order))

    # drawing

    async def _load(self, wanted: Wanted, waits: float) -> None:
        await asyncio.sleep(waits)
        try:
            drawn = await self._drawings.of(wanted, self.app.console)
        except (OSError, ValueError, SyntaxError):
            self._unreadable(wanted)
            return
        if drawn is None or self._wanted != wanted:
            return
        self._picture.show_picture(drawn)
        self._shown = wanted
        self._settled = (wanted.path, wanted.box)
        self._loading = None
        detail = self._detail
        if detail is not None:
            self._ask_sharper(detail, *self._place(detail))

    def _unreadable(self, wanted: Wanted) -> None:
        self._loading = None
        detail = self._detail
        if detail is not None and wanted.file != detail.thumbnail:
            self._views.forget(wanted.file)
            self._lay_out()
        else:
            self._picture.show_words(os.path.basename(plain(wanted.path)), "preview unreadable")

    def _take_away(self) -> None:
        """Words where the picture was."""
        self._shown = self._wanted = None
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        detail = self._detail
        self._picture.show_words(*(_words(detail) if detail is not None else ()))


def _looks_alike(before: PhotoDetail | None, after: PhotoDetail | None) -> bool:
    if before is None or after is None:
        return before is after

    def look(detail: PhotoDetail) -> tuple[object, ...]:
        return (detail.path, detail.thumbnail, detail.width, detail.height, detail.mtime_ns, detail.faces)

    return look(before) == look(after)


def _words(detail: PhotoDetail) -> tuple[str, ...]:
    name = plain(detail.name)
    if detail.error:
        return (name, "cannot be shown")
    if detail.width and detail.height:
        return (name, f"{detail.width}×{detail.height}")
    return (name,)
