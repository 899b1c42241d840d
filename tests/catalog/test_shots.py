"""Which files of a folder are one shot, by their names and capture times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.shots import Shot, find_shots, is_beside

NOON = datetime(2025, 8, 14, 12)


def told(*names: str, **more: object) -> list[str]:
    """The shots as the list shows them: the lead and what is beside it."""
    shots = find_shots(names, **more)
    return [" +".join((shot.lead, *shot.endings)) for shot in shots]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["DSC_0414.NEF", "DSC_0414.JPG"], ["DSC_0414.NEF +jpg"]),
        (["a.cr3", "A.HEIC"], ["a.cr3 +heic"]),
        (["IMG_1.HEIC", "IMG_1.MOV"], ["IMG_1.HEIC +mov"]),
        (["IMG_1.jpg", "img_1.mov"], ["IMG_1.jpg +mov"]),
        (
            ["IMG_0413.HEIC", "IMG_E0413.JPG", "IMG_0413.MOV", "IMG_E0413.MOV", "IMG_0413.AAE"],
            ["IMG_0413.HEIC +mov +edit +aae"],
        ),
        (["IMG_7.DNG", "IMG_7.HEIC", "IMG_E7.HEIC", "IMG_O7.AAE"], ["IMG_7.DNG +heic +edit +aae"]),
    ],
)
def test_the_members_of_one_shot_are_one_row(names: list[str], shown: list[str]) -> None:
    assert told(*names) == shown
    assert told(*reversed(names)) == shown


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a.nef", "a.dng"], ["a.dng", "a.nef"]),
        (["a.nef", "a.dng", "a.jpg"], ["a.dng", "a.jpg", "a.nef"]),
        (["a.jpg", "a.png"], ["a.jpg", "a.png"]),
        (["a.nef", "a.jpg", "a.heic"], ["a.heic", "a.jpg", "a.nef"]),
        (["a.nef", "a.jpg", "a.tif"], ["a.nef +jpg", "a.tif"]),
        (["a.jpg", "b.mov"], ["a.jpg"]),
        (["a.nef", "a.mov"], ["a.nef"]),
        (["IMG_E5.JPG"], ["IMG_E5.JPG"]),
        (["IMG_E5.JPG", "IMG_E5.MOV"], ["IMG_E5.JPG +mov"]),
        (["IMG_O5.JPG", "IMG_5.JPG"], ["IMG_5.JPG", "IMG_O5.JPG"]),
        (["DSC_E5.JPG", "DSC_5.JPG"], ["DSC_5.JPG", "DSC_E5.JPG"]),
        (["IMG_5.HEIC", "IMG_5.JPG", "IMG_E5.JPG"], ["IMG_5.HEIC", "IMG_5.JPG", "IMG_E5.JPG"]),
    ],
)
def test_what_is_not_plainly_one_shot_stays_apart(names: list[str], shown: list[str]) -> None:
    assert told(*names) == shown


def test_a_film_beside_a_heic_and_its_conversion_is_the_heics() -> None:
    assert told("IMG_5.HEIC", "IMG_5.JPG", "IMG_5.MOV") == ["IMG_5.HEIC +mov", "IMG_5.JPG"]
    assert told("a.jpg", "a.jpeg", "a.mov") == ["a.jpeg", "a.jpg"]


@pytest.mark.parametrize(("seconds", "rows"), [(0, 1), (3, 1), (-3, 1), (3.5, 2), (-86400, 2)])
def test_a_counter_that_began_anew_makes_two_shots(seconds: float, rows: int) -> None:
    taken = {"a.nef": NOON, "a.jpg": NOON + timedelta(seconds=seconds)}
    assert len(find_shots(taken, taken)) == rows
    edited = {"IMG_1.HEIC": NOON, "IMG_E1.JPG": NOON + timedelta(seconds=seconds)}
    assert len(find_shots(edited, edited)) == rows


def test_an_unknown_time_parts_nothing_and_a_zone_is_compared_as_far_as_it_is_known() -> None:
    assert len(find_shots(["a.nef", "a.jpg"], {"a.nef": NOON, "a.jpg": None})) == 1
    lisbon = NOON.replace(tzinfo=timezone(timedelta(hours=1)))
    assert len(find_shots(["a.nef", "a.jpg"], {"a.nef": NOON, "a.jpg": lisbon})) == 1
    same_moment = lisbon.astimezone(UTC)
    assert len(find_shots(["a.nef", "a.jpg"], {"a.nef": same_moment, "a.jpg": lisbon})) == 1


def test_a_lead_that_cannot_be_read_gives_its_place_to_a_member_that_can() -> None:
    assert told("a.nef", "a.jpg", failed={"a.nef"}) == ["a.jpg +nef"]
    assert told("a.nef", "a.jpg", failed={"a.nef", "a.jpg"}) == ["a.nef +jpg"]
    assert told("IMG_1.HEIC", "IMG_1.MOV", "IMG_E1.JPG", failed={"IMG_1.HEIC"}) == ["IMG_E1.JPG +heic +mov"]


def test_what_may_lie_beside_a_photo() -> None:
    assert [n for n in ("a.MOV", "a.aae", "a.mp4", "a.xmp", "._a.mov", "mov") if is_beside(n)] == [
        "a.MOV",
        "a.aae",
    ]


_NAMES = st.builds(
    "{}{}.{}".format,
    st.sampled_from(("IMG_", "IMG_E", "img_", "IMG_O", "x")),
    st.integers(0, 4),
    st.sampled_from("jpg JPG heic nef dng png mov MOV aae".split()),
)
_TIMES = st.one_of(st.none(), st.integers(0, 8).map(lambda s: NOON + timedelta(seconds=s)))


@given(st.dictionaries(_NAMES, _TIMES, max_size=14), st.randoms(use_true_random=False))
def test_each_photo_is_in_exactly_one_shot_whatever_the_order(
    taken: dict[str, datetime | None], chance: object
) -> None:
    names = list(taken)
    shots = find_shots(names, taken)
    chance.shuffle(names)  # type: ignore[attr-defined]
    assert find_shots(names, taken) == shots
    held = [name for shot in shots for name in (shot.lead, *shot.photos)]
    assert sorted(held) == sorted(name for name in taken if not is_beside(name))
    beside = [name for shot in shots for name in shot.beside]
    assert len(beside) == len(set(beside)) and set(beside) <= set(filter(is_beside, taken))


@given(st.dictionaries(_NAMES, _TIMES, max_size=14))
def test_members_were_taken_with_their_lead_and_one_raw_is_in_a_shot(
    taken: dict[str, datetime | None],
) -> None:
    for shot in find_shots(taken, taken):
        members = (shot.lead, *shot.photos)
        assert sum(name.endswith(("nef", "dng")) for name in members) <= 1
        times = [at for name in members if (at := taken[name]) is not None and taken[shot.lead] is not None]
        assert all(abs((at - taken[shot.lead]).total_seconds()) <= 3 for at in times)


@given(st.sets(_NAMES, max_size=14), st.sets(_NAMES, max_size=14))
def test_a_failure_changes_who_leads_and_not_who_belongs_together(names: set[str], failed: set[str]) -> None:
    def members(shots: tuple[Shot, ...]) -> set[frozenset[str]]:
        return {frozenset((s.lead, *s.photos, *s.beside)) for s in shots}

    assert members(find_shots(names, failed=failed)) == members(find_shots(names))
    for shot in find_shots(names, failed=failed):
        assert shot.lead not in failed or failed.issuperset(shot.photos)
