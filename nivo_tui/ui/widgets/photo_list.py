"""The photos of the open folder: one line each, read from the catalog as they are seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from rich.cells import cell_len

from nivo_tui.catalog.views import PhotoView, Progress
from nivo_tui.text import plain
from nivo_tui.ui.photo_source import PhotoSource
from nivo_tui.ui.text import fit, fit_middle, number
from nivo_tui.ui.widgets.lines import LineList, Lines, Piece

_SIGNS: dict[Progress, Piece] = {
    Progress.NEW: ("·", "dim"),
    Progress.TODO: ("○", "accent"),
    Progress.DONE: ("●", "good"),
    Progress.FAILED: ("!", "bad"),
}


_LEAST_NAME = 13  # IMG_0411.HEIC


def _figures(width: int) -> tuple[int, int, int]:
    """The widths of faces, tags and rating."""
    return (7, 6, 3) if width >= 52 else (6, 5, 0)


def _taken_width(width: int) -> int:
    if width >= 78:
        return 18
    return 13 if width >= 46 else 0


def _name_width(width: int) -> int:
    return max(8, width - 3 - _taken_width(width) - sum(_figures(width)) - 1)


class PhotoHead(Lines):
    """The column heads over the photo list, and the filter where there is one."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = "Photo"

    def show(self, text: str) -> None:
        """Set the head of the first column."""
        if text != self.text:
            self.text = text
            self.refresh()

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """One line."""
        taken = _taken_width(width)
        faces, tags, rating = _figures(width)
        return [
            [
                ("   " + fit(self.text, _name_width(width)), "head"),
                (fit(" Taken", taken) if taken else "", "dim"),
                (fit("Faces", faces, right=True), "dim"),
                (fit("Tags", tags, right=True), "dim"),
                (fit("★", rating, right=True), "dim"),
            ]
        ]


class PhotoList(LineList):
    """The list itself; the row under the cursor is the open photo."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source: PhotoSource | None = None
        self.marked: Collection[str] = ()
        self._seen: tuple[object, ...] = ()

    def show(self, source: PhotoSource, row: int) -> None:
        """List another folder, or the same one anew, with the cursor on `row`."""
        self.source = source
        self.take_row_count()
        self.cursor = max(0, min(row, self.row_count - 1))
        self.bring_into_view(self.cursor)
        self.refresh_changed()

    def refresh_changed(self) -> None:
        """Draw anew where a row in view is not what it was: a scan changes many that are not."""
        top = int(self.scroll_offset.y)
        height = self.scrollable_content_region.height
        rows = tuple(self.source.row(row) for row in range(top, top + height)) if self.source else ()
        seen = (self.cursor, top, height, rows)
        if seen != self._seen:
            self._seen = seen
            self.refresh()

    @property
    def row_count(self) -> int:
        return len(self.source) if self.source is not None else 0

    @property
    def current(self) -> PhotoView | None:
        """The photo under the cursor."""
        return self.source.row(self.cursor) if self.source is not None else None

    def line(self, row: int, width: int) -> Sequence[Piece]:
        """Sign, name, time, faces, open tags, rating; a problem takes the place of the figures."""
        photo = self.source.row(row) if self.source is not None else None
        if photo is None:
            return ()
        sign, role = _SIGNS[photo.progress]
        if row == self.cursor and photo.progress is not Progress.FAILED:
            sign, role = "▸", "accent"
        name_width = _name_width(width)
        faded = "dim" if photo.progress in (Progress.DONE, Progress.NEW) else ""
        mark = ("▌", "accent") if photo.path in self.marked else (" ", "")
        pieces: list[Piece] = [mark, (f"{sign} ", role), *_names(photo, name_width, faded)]
        if photo.error:
            return [*pieces, (" " + fit(plain(photo.error), max(0, width - 4 - name_width)), "bad")]
        if taken := _taken_width(width):
            pieces.append((fit(" " + _taken(photo.taken_at, taken), taken), "dim"))
        faces_width, tags_width, rating_width = _figures(width)
        faces = "" if photo.faces is None or photo.faces == 0 else number(photo.faces)
        tags = number(photo.tags) if photo.tags else ""
        return [
            *pieces,
            (fit(faces, faces_width, right=True), "dim"),
            (fit(tags, tags_width, right=True), "dim" if faded else ""),
            (fit(str(photo.rating) if photo.rating else "", rating_width, right=True), "dim"),
        ]


def _names(photo: PhotoView, width: int, role: str) -> list[Piece]:
    """The name, and what else belongs to the shot as far as there is room; a problem of that has its sign."""
    mark = " !" if photo.member_error and not photo.error else ""
    name = plain(photo.name)
    shown: list[str] = []
    room = width - 1 - len(mark) - min(cell_len(name), _LEAST_NAME)
    for ending in photo.companions:
        if len(ending) + 2 > room:
            break
        shown.append(f" +{ending}")
        room -= len(ending) + 2
    if photo.companions and not shown and room > 2:
        shown.append(f" +{len(photo.companions)}")
    more = "".join(shown)
    name = fit_middle(name, width - 1 - len(more) - len(mark))
    rest = width - cell_len(name) - len(mark)
    return [(name, role), (mark, "bad"), (fit(more, rest), "dim")]


def _taken(at: datetime | None, width: int) -> str:
    if at is None:
        return ""
    return f"{at:%Y-%m-%d %H:%M}" if width >= 18 else f"{at:%m-%d %H:%M}"
