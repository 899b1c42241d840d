"""Draws the picture that is wanted in a thread, one at a time, and keeps the last few."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nivo_tui.ui.images.boxes import Mark
from nivo_tui.ui.images.drawing import Drawn, draw
from nivo_tui.ui.images.factory import PictureSupport, prepare
from nivo_tui.ui.images.fitting import Box
from nivo_tui.ui.images.views import Part

if TYPE_CHECKING:
    from rich.console import Console

_KEPT = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a place shall show of the photo `path`: a part of a file, drawn in a box, with marks."""

    path: str
    file: str
    box: Box
    part: Part | None = None
    marks: tuple[Mark, ...] = ()


class Drawings:
    """The drawn pictures of one place. Of those asked for meanwhile only the newest is drawn."""

    def __init__(self, support: PictureSupport) -> None:
        self._support = support
        self._newest: Wanted | None = None
        self._one = threading.Lock()
        self._kept: OrderedDict[Wanted, Drawn] = OrderedDict()

    async def of(self, wanted: Wanted, console: Console) -> Drawn | None:
        """The drawn picture; None where another was asked for before it came to its turn.

        Raises OSError, ValueError or SyntaxError for a file that is no picture.
        """
        self._newest = wanted
        drawn = self._kept.get(wanted) or await asyncio.to_thread(self._draw, wanted, console)
        if drawn is None:
            return None
        self._kept[wanted] = drawn
        self._kept.move_to_end(wanted)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _draw(self, wanted: Wanted, console: Console) -> Drawn | None:
        with self._one:
            if wanted != self._newest:
                return None
            picture = prepare(wanted.file, self._support.pixels(wanted.box), wanted.part)
            return draw(picture, self._support, wanted.box, wanted.marks, console)
