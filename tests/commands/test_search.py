"""search from outside: the lines of show for the photos that a query finds, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import nivo, picture


@pytest.fixture
def library(tmp_path: Path, home: Path) -> Path:
    """Three scanned photos: one has a keyword and a tag of a person's own, one stands in a folder below."""
    folder = tmp_path / "photos"
    for number, name in enumerate(("a.jpg", "b.png", "raw/c 100%.jpg")):
        picture(folder / name, seed=number, size=(320, 240))
    assert nivo("scan", folder, "--models", "none").status == 0
    assert nivo("decide", folder / "a.jpg", "--accept", "Summer house").status == 0
    return folder


def test_search_prints_the_lines_of_show(library: Path) -> None:
    found = nivo("search", 'tag:"summer house"', "--json")
    assert found.status == 0 and found.out.isascii()
    (line,) = found.of("photo")
    (shown,) = nivo("show", library / "a.jpg", "--json").of("photo")
    assert line == shown and found.summary == {"type": "summary", "photos": 1}
    words = nivo("search", "name:a.jpg")
    assert words.out == nivo("show", library / "a.jpg").out


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("-format:png",), ["a.jpg", "c 100%.jpg"]),
        (("--json", "search", "folder:raw", "100%"), ["c 100%.jpg"]),
        (("format:jpeg", '-tag:"summer house"'), ["c 100%.jpg"]),
        (("--", "-folder:raw", "-name:b"), ["a.jpg"]),
        (("is:write",), ["a.jpg"]),
        ((" ",), ["a.jpg", "b.png", "c 100%.jpg"]),
    ],
)
def test_terms_with_a_minus_are_no_options(library: Path, words: tuple[str, ...], names: list[str]) -> None:
    words = words if "search" in words else ("search", *words, "--json")
    ran = nivo(*words)
    assert ran.status == 0, ran.err
    assert [Path(line["path"]).name for line in ran.of("photo")] == names


def test_nothing_found_is_said_and_is_no_failure(library: Path) -> None:
    ran = nivo("search", "zebra \x1b[31m", "--json")
    assert ran.status == 0 and ran.summary["photos"] == 0 and ran.of("photo") == []
    assert "no scanned photo matches zebra \\x1b[31m" in ran.err


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tga:sea", "did you mean tag:?"),
        ('near:"Lisbn"', "did you mean Lisbon"),
        ('"x', "not closed"),
    ],
)
def test_a_wrong_query_is_wrong_usage(home: Path, query: str, words: str) -> None:
    ran = nivo("search", query, "--json")
    assert (ran.status, ran.out) == (2, "") and words in ran.err and ran.err.count("\n") == 1


def test_search_without_a_query_says_how_it_is_used(home: Path) -> None:
    ran = nivo("search")
    assert ran.status == 2 and "QUERY" in ran.err
    helped = nivo("search", "--help")
    assert helped.status == 0 and "tag:beach -tag:night" in " ".join(helped.out.split())


def test_both_members_of_a_shot_are_listed(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "photos"
    picture(folder / "a.jpg", size=(320, 240))
    picture(folder / "a.tif", size=(320, 240))
    assert nivo("scan", folder, "--models", "none").status == 0
    assert len(nivo("search", "name:a.", "--json").of("photo")) == 2
