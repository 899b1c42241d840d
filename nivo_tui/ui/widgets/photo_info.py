"""What is known of a photo, laid out in lines for the preview pane."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.model import Category, State
from nivo_tui.text import plain
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.text import day, exposure, fit, fit_middle, megabytes, wrap
from nivo_tui.ui.widgets.lines import Lines, Piece

Line = Sequence[Piece]
_MARGIN = 2


class PhotoInfo(Lines):
    """What is known of the photo, in words."""

    def __init__(self) -> None:
        super().__init__(id="info")
        self.sheet: Sheet | None = None
        self.row: TagRow | None = None
        self.with_tags = False
        self.note = ""
        self.faces = ""

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """As much as there is room for."""
        if self.sheet is None:
            return ()
        return info_lines(
            self.sheet,
            width,
            self.size.height,
            with_tags=self.with_tags,
            row=self.row,
            note=self.note,
            faces=self.faces,
        )


def info_lines(
    sheet: Sheet,
    width: int,
    height: int,
    *,
    with_tags: bool = False,
    row: TagRow | None = None,
    note: str = "",
    faces: str = "",
) -> list[Line]:
    """Name, how and where it was taken, what is in the file and what will be written.

    `row` is a tag whose reason is told here, for want of room beside it. What does not fit in `height` is
    left out from the end; `with_tags` puts the tags first, for where their table is not on the screen.
    `note` says how the picture is seen, and `faces` who is on it.
    """
    room = max(4, width - 2 * _MARGIN)
    detail = sheet.detail
    if with_tags:
        lines = [
            _name(detail, room, note),
            *_tag_line(sheet.rows(), room),
            *_faces(faces, room)[:1],
            *_taken(detail, room, one_line=True),
        ]
        return [_indent(line) for line in lines][:height]
    head = [_name(detail, room, note), *_faces(faces, room)[:3]]
    taken, problems = _taken(detail, room), _problems(detail, room)
    reason, names = _reason(row, room), _name_rows(sheet, room)
    top = [*head, *taken, *problems, *reason, *names]
    # A file may hold a megabyte of them; more than this has no room.
    in_file = [plain(k, 200) for k in detail.file_keywords[:400]]
    writes = _will_be_written(sheet)
    blocks = [*_block("In the file now", in_file, room), *_block("Will be written", writes, room)]
    if len(top) + len(blocks) > height:
        blocks = [*_inline("In the file", in_file, room), *_inline("To write", writes, room)]
        if len(top) + len(blocks) > height:
            # The lines between give way first, then how it was taken to the reason that is asked for.
            top = [line for line in (*head, *problems, *reason, *taken, *names) if line]
        blocks = blocks[: max(1, height - 3)]
        top = top[: height - len(blocks)]
    return [_indent(line) for line in (*top, *blocks)][:height]


def _indent(line: Line) -> Line:
    return [(" " * _MARGIN, ""), *line] if line else []


def _name(detail: PhotoDetail, room: int, note: str) -> Line:
    figures = [note] if note else []
    figures += [f"{detail.width}×{detail.height}"] if detail.width and detail.height else []
    figures.append(megabytes(detail.size))
    right = "  ".join(figures)
    name_room = room - cell_len(right) - 2
    if name_room < 10:
        return [(fit_middle(plain(detail.name), room), "head")]
    return [(fit(fit_middle(plain(detail.name), name_room), name_room), "head"), ("  " + right, "dim")]


def _faces(faces: str, room: int) -> list[Line]:
    """Who is on the picture, while faces are marked."""
    return [[(text, "accent")] for text in _flow(faces, room)] if faces else []


def _taken(detail: PhotoDetail, room: int, *, one_line: bool = False) -> list[Line]:
    capture = detail.capture
    how = [plain(capture.camera)] if capture.camera else []
    if capture.aperture:
        how.append(f"f/{capture.aperture:g}")
    if capture.exposure_s:
        how.append(exposure(capture.exposure_s))
    if capture.iso:
        how.append(f"ISO {capture.iso}")
    if capture.focal_mm:
        how.append(f"{round(capture.focal_mm, 1):g} mm")
    where = ([day(capture.taken_at)] if capture.taken_at else []) + _place(detail)
    texts = (
        wrap([*where, *how], room, "  ")[:1]
        if one_line
        else [*wrap(how, room, "  "), *wrap(where, room, "  ")]
    )
    return [[(text, "")] for text in texts]


def _place(detail: PhotoDetail) -> list[str]:
    places = [
        s for s in detail.suggestions if s.category is Category.LOCATION and s.state is not State.REJECTED
    ]
    if places:
        # The town and the country; what lies between is in the table.
        places.sort(key=lambda s: -len(s.path))
        return [", ".join(dict.fromkeys(plain(s.label) for s in (places[0], places[-1])))]
    if detail.gps is None:
        return []
    lat, lon = detail.gps.lat, detail.gps.lon
    return [f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}  {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}"]


def _problems(detail: PhotoDetail, room: int) -> list[Line]:
    lines: list[Line] = [[(text, "bad")] for text in _flow(plain(detail.error), room)] if detail.error else []
    for note in detail.notes[:2]:
        lines += [[(text, "warn")] for text in _flow(plain(note), room)]
    return [[], *lines] if lines else []


def _name_rows(sheet: Sheet, room: int) -> list[Line]:
    """Why each name is proposed: names are the rows that need their own key."""
    lines: list[Line] = []
    for row in sheet.rows():
        if row.suggestion.is_name and row.sign == "◇":
            texts = _flow(f"{row.label}: {plain(row.suggestion.why)}", room - 2)
            lines += [[("◇ " if i == 0 else "  ", "accent"), (text, "")] for i, text in enumerate(texts[:2])]
    return [[], *lines] if lines else []


def _reason(row: TagRow | None, room: int) -> list[Line]:
    """The reason of the row under the cursor."""
    if row is None or not row.why or (row.suggestion.is_name and row.sign == "◇"):
        return []
    texts = _flow(f"{row.label}: {row.why}", room)
    return [[], *[[(text, "")] for text in texts[:4]]]


def _will_be_written(sheet: Sheet) -> list[str]:
    # A town and the region that is called the same are one keyword.
    return [f"+ {plain(label)}" for label in dict.fromkeys(sheet.detail.to_write)]


def _block(head: str, words: list[str], room: int) -> list[Line]:
    if not words:
        return []
    texts = wrap(words, room, "  " if words[0].startswith("+") else " · ")
    role = "good" if words[0].startswith("+") else ""
    return [[], [(head, "dim")], *[[(text, role)] for text in texts]]


def _inline(head: str, words: list[str], room: int) -> list[Line]:
    if not words:
        return []
    text = "  ".join(words) if words[0].startswith("+") else ", ".join(words)
    shown = fit(text, room - len(head) - 2).rstrip()
    return [[(f"{head}: ", "dim"), (shown, "good" if words[0].startswith("+") else "")]]


def _tag_line(rows: tuple[TagRow, ...], room: int) -> list[Line]:
    words = [f"{row.number if row.number is not None else ''}{row.sign} {row.label}".strip() for row in rows]
    return [[(text, "")] for text in wrap(words, room, "   ")[:2]]


def _flow(text: str, room: int) -> list[str]:
    return wrap(text.split(), room, " ")
