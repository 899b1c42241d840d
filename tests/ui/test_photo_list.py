"""A row of the photo list: a shot's name, what else belongs to it, and its problems, at any width."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.views import PhotoView, Progress
from nivo_tui.model import Format
from nivo_tui.ui.widgets.lines import Piece, pieces_width
from nivo_tui.ui.widgets.photo_list import PhotoList

PHOTO = PhotoView(
    "/p/IMG_0413.HEIC",
    "IMG_0413.HEIC",
    Format.HEIC,
    1,
    datetime(2025, 8, 14, 14, 1),
    2,
    7,
    3,
    Progress.TODO,
    None,
    ("mov", "edit"),
)


class _Source:
    def __init__(self, photo: PhotoView) -> None:
        self.photo = photo

    def __len__(self) -> int:
        return 1

    def row(self, _: int) -> PhotoView:
        return self.photo


def line(photo: PhotoView, width: int) -> list[Piece]:
    shown = PhotoList()
    shown.source = _Source(photo)  # type: ignore[assignment]
    shown.cursor = -1
    return list(shown.line(0, width))


def text(photo: PhotoView, width: int) -> str:
    return "".join(piece for piece, _ in line(photo, width))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (100, "○ IMG_0413.HEIC +mov +edit "),
        (58, "○ IMG_0413.HEIC +mov +edit "),
        (46, "○ IMG_0413.HEIC +2 "),
        (24, "○ IMG…HEIC "),
    ],
)
def test_what_belongs_to_a_shot_is_named_as_far_as_there_is_room(width: int, shown: str) -> None:
    assert shown in text(PHOTO, width)


def test_companions_are_dim_and_a_problem_of_one_has_a_sign_of_its_own() -> None:
    pieces = line(replace(PHOTO, member_error="truncated"), 80)
    assert (" !", "bad") in pieces
    assert any(piece.startswith(" +mov +edit") and role == "dim" for piece, role in pieces)
    assert (" !", "bad") not in line(PHOTO, 80)


_ENDINGS = st.lists(st.sampled_from(("jpg", "mov", "edit", "aae")), max_size=4, unique=True).map(tuple)


@given(st.text(max_size=60), _ENDINGS, st.sampled_from((None, "broken")), st.integers(20, 120))
def test_a_row_is_never_wider_than_its_pane(
    name: str, endings: tuple[str, ...], problem: str | None, width: int
) -> None:
    photo = replace(PHOTO, name=name, companions=endings, member_error=problem)
    assert pieces_width(line(photo, width)) <= max(width, 23)
