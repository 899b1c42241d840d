"""The widget in which a picture stands, or the words in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.control import Control
from textual.geometry import Region
from textual.strip import Strip

from nivo_tui.ui.images import kitty
from nivo_tui.ui.images.drawing import Drawn, control
from nivo_tui.ui.text import fit_middle
from nivo_tui.ui.widgets.lines import Lines, Piece

if TYPE_CHECKING:
    from nivo_tui.ui.images.factory import PictureSupport


class Picture(Lines):
    """Words in the middle of a place, until a picture takes all of it: nothing is laid out anew for that."""

    def __init__(self, support: PictureSupport, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._support = support
        self._texts: tuple[str, ...] = ()
        self._drawn: Drawn | None = None
        self._sent: int | None = None

    @property
    def drawn(self) -> Drawn | None:
        """The picture that is shown, None where the words are."""
        return self._drawn

    def show_words(self, *texts: str) -> None:
        """Words instead of a picture."""
        if self._drawn is None and texts == self._texts:
            return
        self._texts, self._drawn = texts, None
        self.refresh()

    def show_picture(self, drawn: Drawn) -> None:
        """Show a picture; where it is smaller than the place, in its middle."""
        self._drawn = drawn
        self._send()
        self.refresh()

    def on_mount(self) -> None:
        """What was shown before there was a terminal for it."""
        self._send()

    def _send(self) -> None:
        """Kitty gets a picture once, before its cells name it."""
        drawn = self._drawn
        if drawn is None or not drawn.upload or drawn.number == self._sent or not self.is_attached:
            return
        before, self._sent = self._sent, drawn.number
        self._write(drawn.upload)
        if before is not None:
            self._write(kitty.removal(before))

    def on_unmount(self) -> None:
        """The terminal need not keep what it was sent."""
        if self._sent is not None:
            self._write(kitty.removal(self._sent))

    def _write(self, text: str) -> None:
        """To the terminal, in the order of the frames."""
        driver = self.app._driver
        if driver is not None:
            driver.write(text)

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """Blank lines, then the words in the middle."""
        texts = [fit_middle(text, width - 2) for text in self._texts][: self.size.height]
        above = max(0, (self.size.height - len(texts)) // 2)
        return [*[()] * above, *[[(text.center(width), "dim")] for text in texts]]

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips as they were made: they are kept with what the terminal is sent for them."""
        drawn = self._drawn
        if drawn is None:
            return super().render_lines(crop)
        if not self._has_room(drawn) or (drawn.sixel and crop.size != self.size):
            blank = Strip.blank(crop.width, self.rich_style)
            return [blank] * crop.height
        strips = self._sixel(drawn) if drawn.sixel else self._cells(drawn)
        if crop.size == self.size:
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips[crop.y : crop.bottom]]

    def _has_room(self, drawn: Drawn) -> bool:
        return drawn.box.width <= self.size.width and drawn.box.height <= self.size.height

    def _offset(self, drawn: Drawn) -> tuple[int, int]:
        return (self.size.width - drawn.box.width) // 2, (self.size.height - drawn.box.height) // 2

    def _cells(self, drawn: Drawn) -> list[Strip]:
        width, height = self.size
        left, top = self._offset(drawn)
        strips = list(drawn.strips)
        if drawn.box.width < width:
            before, after = (
                Strip.blank(cells, self.rich_style) for cells in (left, width - left - drawn.box.width)
            )
            strips = [Strip.join([before, strip, after]) for strip in strips]
        blank = Strip.blank(width, self.rich_style)
        return [*[blank] * top, *strips, *[blank] * (height - top - len(strips))]

    def _sixel(self, drawn: Drawn) -> list[Strip]:
        """Cells under the picture are left alone; it follows all of them, and the cursor comes back."""
        width, height = self.size
        left, top = self._offset(drawn)
        blank = Strip.blank(width, self.rich_style)
        empty = blank if (drawn.box.width, drawn.box.height) != (width, height) else Strip([])
        region = self.region
        last = [
            control(Control.move_to(region.x + left, region.y + top).segment.text),
            control(drawn.sixel),
            control(Control.move_to(region.right, region.bottom - 1).segment.text),
        ]
        cells = list(blank) if empty is blank else []
        return [*[empty] * (height - 1), Strip([*cells, *last], width)]
