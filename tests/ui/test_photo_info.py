"""What stands beside the picture: the town and the country, and the reason that is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from screen_fakes import ROOT, photo

from nivo_tui.catalog.across import TagTally
from nivo_tui.catalog.bursts import Offer
from nivo_tui.model import Capture, Category, State, Suggestion
from nivo_tui.ui.burst_words import head_lines
from nivo_tui.ui.namesakes import namesakes
from nivo_tui.ui.sheet import Sheet, TagRow
from nivo_tui.ui.widgets.photo_info import info_lines
from nivo_tui.ui.widgets.tag_list import TagList
from nivo_tui.ui.widgets.tag_table import _columns


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


def test_a_region_that_is_called_as_its_town_says_that_it_is_one() -> None:
    town = replace(place("Lisbon", "Portugal", "Lisbon"), tag="place_lisbon")
    region = replace(place("Lisbon", "Portugal"), tag="region_lisbon")
    detail = replace(photo(1, f"{ROOT}/IMG_1.JPG", None), suggestions=(town, region), ticked=frozenset())
    rows = Sheet(detail).rows()
    assert [row.label for row in rows] == ["Lisbon", "Lisbon (region)"]
    assert "Lisbon (region): near" in words((town, region), row=rows[1])
    alone = Sheet(replace(detail, suggestions=(region,))).rows()
    assert [row.label for row in alone] == ["Lisbon"]
    both = Sheet(replace(detail, to_write=("Lisbon", "Lisbon", "Portugal")))
    told = "".join(text for line in info_lines(both, 60, 30) for text, _ in line)
    assert told.count("+ Lisbon") == 1 and "+ Portugal" in told


def test_both_are_told_apart_in_the_list_of_tags_and_where_they_are_given_to_others() -> None:
    tallies = [
        TagTally("region_lisbon", "Lisbon", Category.LOCATION, 11, 11, 0.93, False),
        TagTally("place_lisbon", "Lisbon", Category.LOCATION, 7, 7, 0.95, False),
        TagTally("region_bern", "Bern", Category.LOCATION, 2, 2, 0.93, False),
    ]
    assert namesakes((t.tag, t.label) for t in tallies) == {"region_lisbon": "region"}
    listed = TagList()
    listed.tallies, listed._kinds = tallies, namesakes((t.tag, t.label) for t in tallies)
    shown = ["".join(text for text, _ in listed.line(row, 80)) for row in range(3)]
    assert "Lisbon (region)" in shown[0] and "(region)" not in shown[1] + shown[2]
    tags = tuple(Suggestion(t.tag, t.label, Category.LOCATION, 0.9, "gps", "near") for t in tallies[:2])
    lines = head_lines(Offer("/p/a.jpg", "a.jpg", tags, ()), 60, 6)
    assert any("Lisbon (region) · Lisbon" in "".join(text for text, _ in line) for line in lines)


def test_the_reason_gives_way_to_a_long_label_and_to_no_short_one() -> None:
    assert _columns(58, len("beach")) == (12, 5, 18)
    assert _columns(58, len("sacred building")) == (18, 5, 12)
    assert _columns(92, 40) == _columns(92, 5)
    assert sum(_columns(42, 10)) + 21 <= 42


def test_a_focal_length_is_told_to_a_tenth_of_a_millimetre() -> None:
    detail = replace(photo(1, f"{ROOT}/IMG_1.JPG", None), capture=Capture(focal_mm=5.40625), suggestions=())
    told = "".join(text for line in info_lines(Sheet(detail), 60, 30) for text, _ in line)
    assert "5.4 mm" in told
