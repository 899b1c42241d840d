"""What stands beside the picture: the town and the country, and the reason that is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from screen_fakes import ROOT, photo

from nivo_tui.model import Category, State, Suggestion
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.widgets.photo_info import info_lines


def place(label: str, *path: str, state: State = State.UNDECIDED) -> Suggestion:
    return Suggestion(
        label, label, Category.LOCATION, 0.9, "gps", "near", state, path=("Places", *path, label)
    )


PLACES = (place("Portugal"), place("Lisbon", "Portugal"), place("Ericeira", "Portugal", "Lisbon"))


def words(suggestions: tuple[Suggestion, ...], height: int = 30, row: TagRow | None = None) -> str:
    detail = replace(photo(1, f"{ROOT}/IMG_1.JPG", None), suggestions=suggestions, ticked=frozenset())
    lines = info_lines(Sheet(detail), 60, height, row=row)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_a_photo_lies_in_its_town_and_country_whatever_their_order() -> None:
    assert "Ericeira, Portugal" in words(PLACES)
    assert "Ericeira, Portugal" in words(PLACES[::-1])
    assert "Portugal" in words(PLACES[:1]) and "Portugal, Portugal" not in words(PLACES[:1])
    refused = replace(PLACES[2], state=State.REJECTED)
    assert "Lisbon, Portugal" in words((*PLACES[:2], refused))


@pytest.mark.parametrize("height", [4, 6, 30])
def test_the_reason_is_told_before_how_it_was_taken_where_room_is_short(height: int) -> None:
    name = Suggestion("ann", "Ann", Category.PEOPLE, 0.9, "faces", "distance 0.31")
    sea = Suggestion("sea", "sea", Category.SCENE, 0.7, "test", "sand and water in 5 of 8 tiles")
    told = words((name, sea, *PLACES), height, TagRow(sea, 2, False))
    assert "sea: sand and water in 5 of 8 tiles" in told
    assert ("Ericeira, Portugal" in told) == (height > 4)
