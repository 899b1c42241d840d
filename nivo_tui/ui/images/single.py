"""One picture as large as its place, with the photo's name until it is there: the latest wanted one only."""

from __future__ import annotations

import asyncio

from textual import events
from textual.worker import Worker

from nivo_tui.ui.images.drawing import Drawn, draw
from nivo_tui.ui.images.factory import PictureSupport, prepare
from nivo_tui.ui.images.fitting import Box, fit_box
from nivo_tui.ui.images.picture import Picture

DEBOUNCE_S = 0.15
_USUAL_RATIO = (4, 3)


class SinglePicture(Picture):
    """Shows a thumbnail in the photo's own ratio; it is read and drawn in a thread."""

    def __init__(
        self, support: PictureSupport, *, debounce: float = DEBOUNCE_S, id: str | None = None
    ) -> None:
        super().__init__(support, id=id)
        self._debounce = debounce
        self._name_shown = ""
        self._thumbnail: str | None = None
        self._ratio = _USUAL_RATIO
        self._wanted: tuple[str, Box] | None = None
        self._loading: Worker[None] | None = None

    def show(self, name: str, thumbnail: str | None, size: tuple[int, int] | None) -> None:
        """Want another picture: its name, its file, and the size of the photo for its ratio."""
        self._name_shown, self._thumbnail, self._ratio = name, thumbnail, size or _USUAL_RATIO
        self._want()

    def on_resize(self, _: events.Resize) -> None:
        """The picture follows its place."""
        self._want()

    def _want(self) -> None:
        thumbnail, room = self._thumbnail, (self.size.width, self.size.height)
        if not self._support.draws or thumbnail is None or room[0] < 8 or room[1] < 3:
            self._wanted = None
            self.show_words(self._name_shown)
            return
        wanted = (thumbnail, fit_box(self._ratio, room, self._support.cell, self._support.most_pixels))
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.show_words(self._name_shown)
        self._loading = self.run_worker(self._load(*wanted), group="single", exclusive=True)

    async def _load(self, thumbnail: str, box: Box) -> None:
        await asyncio.sleep(self._debounce)
        try:
            drawn = await asyncio.to_thread(self._draw, thumbnail, box)
        except (OSError, ValueError, SyntaxError):
            return
        if self._wanted == (thumbnail, box):
            self.show_picture(drawn)

    def _draw(self, thumbnail: str, box: Box) -> Drawn:
        picture = prepare(thumbnail, self._support.pixels(box))
        return draw(picture, self._support, box, console=self.app.console)
