"""The query language: what each term finds, what is said of a wrong one, and that nothing breaks it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.matching import compile_query, read_vocabulary
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.query import FIELDS, IS, MOST_CHARACTERS, parse, quoted
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.sql_functions import add_functions, distance_km
from nivo_tui.errors import UsageError
from nivo_tui.model import Capture, Category, Face, FileMetadata, Format, Gps, Quality, State, Suggestion
from nivo_tui.settings import load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")
LISBON = Gps(38.7223, -9.1393)


def rated(tag: str, confidence: float = 0.8, *, fact: bool = False, people: bool = False) -> Rated:
    category = Category.PEOPLE if people else Category.SCENE
    label = tag.replace("_", " ").title() if people else tag.replace("_", " ")
    return Rated(Suggestion(tag, label, category, confidence, "test", "because", fact=fact), ticked=False)


def photo(
    name: str, *tags: Rated, taken: datetime | None = None, gps: Gps | None = None, **more
) -> PhotoRecord:
    keywords, people, rating = more.pop("keywords", ()), more.pop("people", ()), more.pop("rating", None)
    faces = more.pop("faces", 0)
    path = os.path.join(ROOT, *name.split("/"))
    made = PhotoRecord(
        path=path,
        stat=FileStat(10, 20, 30),
        format=Format.JPEG,
        metadata=FileMetadata(
            capture=Capture(taken, gps=gps), keywords=keywords, people=people, rating=rating
        ),
        image_hash=f"{crc32(name.encode()):032x}",
        faces=None if faces is None else tuple(Face(1, 2, 3, 4, 0.9) for _ in range(faces)),
        versions={"features": "1"},
        suggestions=tags,
    )
    return replace(made, **more)


def library_of(home: Path, *photos: PhotoRecord) -> Library:
    paths = load_paths(str(home))
    paths.create()
    store = PhotoStore(open_catalog(paths))
    store.save(photos)
    store.connection.close()
    return Library(paths)


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    made = library_of(
        home,
        photo("a/beach day.jpg", rated("sea"), rated("calm"), taken=datetime(2025, 6, 30, 23, 59), faces=2),
        photo("a/b.heic", rated("sea"), rated("ann_lee", people=True), format=Format.HEIC,
              taken=datetime(2025, 8, 1), rating=4, gps=LISBON),
        photo("a/c.nef", rated("golden_hour", fact=True), format=Format.NEF, rating=-1, faces=None,
              keywords=("Sea", "Übung"), quality=Quality(60.4, 0.5, 0.5, 0.1)),
        photo("Batch_1/Été 👩‍👩‍👧.jpg", rated("season"), people=("Ben Ames",), keywords=("Holiday",),
              taken=datetime(2024, 12, 31), quality=Quality(59.4, 0.5, 0.5, 0.1)),
        photo("Batch_1/raw/e 100%.jpg", error="truncated", gps=Gps(0.0, 179.99)),
        photo("Batch_10/f.jpg", versions={}),
    )  # fmt: skip
    yield made
    made.close()


def names(library: Library, query: str) -> list[str]:
    """The first letters of the photos that a query finds."""
    return [os.path.basename(path)[0].lower() for path in Finder(library).paths(parse(query))]


def found(library: Library, query: str) -> str:
    return "".join(sorted(name.replace("é", "d") for name in names(library, query)))


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ("", "bbcdef"),
        # `a/beach day.jpg` and `a/b.heic` both begin with b
        ("tag:sea", "bbc"),
        ("TAG:Sea", "bbc"),
        ("tag:season", "d"),
        ('tag:"golden hour"', "c"),
        ("tag:golden_hour", "c"),
        ("-tag:sea", "def"),
        ("tag:nothing", ""),
        ('person:"Ann Lee"', "b"),
        ("person:ann", "b"),
        ("person:an", ""),
        ("person:ben", "d"),
        ("person:sea", ""),
        ("keyword:holiday", "d"),
        ("keyword:ÜBUNG", "c"),
        ("keyword:holi", ""),
        ("faces:2", "b"),
        ("faces:>=1", "b"),
        ("faces:0..1", "bdef"),
        ("-faces:0", "bc"),
        ("faces:..5", "bbdef"),
        ("rating:>=3", "b"),
        ("rating:0", "bdef"),
        ("rating:-1", "c"),
        ("-rating:-1..0", "b"),
        ("quality:60", "c"),
        ("quality:>59", "cd"),
        ("quality:>=50 quality:<60", "d"),
        ("taken:2025", "bb"),
        ("taken:2025-06", "b"),
        ("taken:2025-06-30", "b"),
        ("taken:2025-06..2025-08", "bb"),
        ("taken:2025-07..", "b"),
        ("taken:..2024", "d"),
        ("taken:<2025", "d"),
        ("taken:<=2025-06-30", "bd"),
        ("taken:>2025-06", "b"),
        ("-taken:2025", "cdef"),
        ("format:heic", "b"),
        ("format:JPG", "bdef"),
        ("format:raw", "c"),
        ("near:38.7,-9.1", "b"),
        ("near:38.7,-9.1,1km", ""),
        ("near:38.7,-9.1,6000m", "b"),
        ('near:"Lisbon",20km', "b"),
        ("-near:lisboa,30km", "bcdef"),
        ("near:0,-180,5km", "e"),
        ("-near:38.7,-9.1", "bcdef"),
        ("is:failed", "e"),
        ("is:todo", "bbcd"),
        ("-is:todo", "ef"),
        ("is:undecided", "bbd"),
        ("is:new", "bbcdef"),
        ("folder:Batch_1", "de"),
        ("folder:batch_1/RAW", "e"),
        ("folder:atch_1", ""),
        (f"folder:{os.path.join(ROOT, 'a')}", "bbc"),
        ("name:100%", "e"),
        ("name:e_100", ""),
        ("beach", "b"),
        ('"beach day"', "b"),
        ('"h day"', "b"),
        ("sea", "bbcd"),
        ("-sea", "ef"),
        ("ÉTÉ", "d"),
        ("👩‍👩‍👧", "d"),
        ("übu", "c"),
        ("100%", "e"),
        ("%", "e"),
        ("_", "bc"),
        ("photos", ""),
        ("sea -calm", "bcd"),
        ('"a:b"', ""),
        ("5'", ""),
    ],
)
def test_each_term_finds_what_it_says(library: Library, query: str, letters: str) -> None:
    assert found(library, query) == letters


def test_a_rejected_tag_is_not_there_and_a_passed_one_is(library: Library) -> None:
    beach, heic, nef = (os.path.join(ROOT, "a", name) for name in ("beach day.jpg", "b.heic", "c.nef"))
    library.decide(beach, "sea", State.REJECTED)
    assert found(library, "tag:sea") == "bc"
    assert found(library, "-tag:sea") == "bdef"
    library.accept_as_shown(heic, {"ann_lee"})  # leaves sea
    assert found(library, "tag:sea") == "bc"
    assert found(library, "is:passed") == "b" == found(library, "is:accepted person:ann")
    library.add_tag(nef, "Summer house")
    assert found(library, 'tag:"summer house"') == "c" == found(library, "mer_h")
    assert found(library, "is:write") == "bc"
    library.never("sea")
    assert found(library, "tag:sea") == "bc"  # passed there, and in the file here
    assert found(library, "is:done") == "b"
    assert found(library, "is:rejected") == "b"
    library.undo()
    library.undo()
    assert found(library, 'tag:"summer house"') == ""


def test_the_states_of_a_tag_are_those_that_the_photo_shows(library: Library) -> None:
    """`tag:` finds a photo whose details list the tag and not as rejected, or that has it in the file."""
    everything = list(Finder(library).paths(parse("")))
    for state in (State.ACCEPTED, State.REJECTED, State.PASSED, State.UNDECIDED):
        for path in everything:
            detail = library.detail(path)
            if detail is not None and any(s.tag == "sea" for s in detail.suggestions):
                library.decide(path, "sea", state)
        expected = []
        for path in everything:
            detail = library.detail(path)
            assert detail is not None
            shown = [s.state for s in detail.suggestions if s.tag == "sea"]
            if shown != [State.REJECTED] and (shown or "Sea" in detail.file_keywords):
                expected.append(path)
        assert list(Finder(library).paths(parse("tag:sea"))) == expected


def test_a_tag_rejected_on_one_copy_is_not_found_on_the_other(home: Path) -> None:
    library = library_of(
        home,
        photo("a.jpg", rated("sea"), image_hash="aa11bb22"),
        photo("b.jpg", rated("sea"), image_hash="aa11bb22"),
        photo("c.jpg", rated("sea"), image_hash="cc11bb22"),
    )
    library.decide(os.path.join(ROOT, "a.jpg"), "sea", State.REJECTED)
    assert found(library, "tag:sea") == "c"
    library.decide(os.path.join(ROOT, "b.jpg"), "sea", State.ACCEPTED)
    assert found(library, "tag:sea") == "bc"
    library.close()


def test_a_shot_is_one_row_and_has_the_formats_of_its_members(home: Path) -> None:
    library = library_of(home, photo("a.jpg"), photo("a.nef", format=Format.NEF), photo("b.jpg"))
    with library.connection as connection:
        lead, member = (os.path.join(ROOT, name).encode() for name in ("a.jpg", "a.nef"))
        connection.execute("UPDATE photos SET lead = ? WHERE path = ?", (lead, member))
        connection.execute("UPDATE photos SET companions = '[\"nef\"]' WHERE path = ?", (lead,))
    finder = Finder(library)
    assert found(library, "") == "aab" and finder.count(parse(""), ROOT) == 2
    assert [p.name for p in finder.page(finder.listing(parse("format:raw"), ROOT).photos)] == ["a.jpg"]
    assert finder.next(parse("name:a.nef"), ROOT, None) == (os.path.join(ROOT, "a.jpg"), False)
    assert finder.number(os.path.join(ROOT, "a.nef")) == finder.number(os.path.join(ROOT, "a.jpg"))
    library.close()


def test_what_came_since_the_last_visit_is_new(home: Path) -> None:
    library = library_of(home, photo("a.jpg"), photo("b.jpg"))
    now = time.time()
    with library.connection as connection:
        connection.execute("UPDATE photos SET added_at = ?", (now - 100,))
        connection.execute("UPDATE photos SET added_at = ? WHERE CAST(path AS TEXT) LIKE '%b.jpg'", (now,))
        connection.execute("INSERT INTO d.places(root, folder, left_at) VALUES('/x', '/x', ?)", (now - 50,))
    assert (found(library, "is:new"), found(library, "-is:new")) == ("b", "a")
    library.close()


def test_listings_keep_what_matches_no_more_and_say_what_is_to_do(library: Library) -> None:
    finder = Finder(library)
    listing = finder.listing(parse("is:todo"), ROOT)
    assert len(listing) == 4 == sum(listing.todo)
    library.accept_as_shown(os.path.join(ROOT, "a", "b.heic"), set())
    again = finder.listing(listing.query, ROOT, listing.photos)
    assert again.photos == listing.photos and sum(again.todo) == 3
    assert len(finder.listing(listing.query, ROOT)) == 3
    assert [len(finder.page(listing.photos[i : i + 3])) for i in (0, 3)] == [3, 1]
    assert finder.count(parse("is:todo"), os.path.join(ROOT, "a")) == 2


def test_the_next_match_goes_round_and_says_so(library: Library) -> None:
    finder, query = Finder(library), parse("tag:sea")
    first, _ = finder.next(query, ROOT, None) or ("", True)
    second, round_2 = finder.next(query, ROOT, first) or ("", True)
    third, round_3 = finder.next(query, ROOT, second) or ("", True)
    assert not round_2 and not round_3 and len({first, second, third}) == 3
    assert finder.next(query, ROOT, third) == (first, True)
    assert finder.next(query, ROOT, first, {finder.number(third)}) == (third, False)
    assert finder.next(parse("zebra"), ROOT, first) is None
    assert finder.taken_from(ROOT, "2025-07") == os.path.join(ROOT, "a", "b.heic")
    assert finder.taken_from(ROOT, "2026") is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tga:sea", "tga:sea: nothing is called tga: here; did you mean tag:?"),
        ("zzzz:sea", "There are tag: person: keyword: folder:"),
        ('tag:"sea', "the quote is not closed"),
        ('tag:"sea"side', "a space must follow the closing quote"),
        ("beach tag:", "something must follow tag:, as in tag:beach"),
        ('""', "nothing stands between the quotes"),
        ("-", "a minus stands before what is left out"),
        ("--tag:sea", "one minus is enough"),
        ('near:"Lisbn"', "did you mean Lisbon"),
        ("near:Qqzzx,5km", "no place of that name is known. A place"),
        ("near:Lisbon,5ly", "500m, 5km or 3mi"),
        ("near:91,0", "latitude (-90 to 90)"),
        ("near:38.7", "latitude (-90 to 90)"),
        ("near:1,2,0km", "500m, 5km or 3mi"),
        ("near:1,2,5ly", "500m, 5km or 3mi"),
        ("faces:two", "faces is a number, 0 or more"),
        ("faces:>=", "faces is a number"),
        ("faces:-1", "faces is a number"),
        ("faces:..", "a number at one end at least"),
        ("faces:3..1", "the range ends before it begins"),
        ("rating:6", "rating is a number, -1 (rejected) to 5"),
        ("quality:>101", "0 to 100"),
        ("quality:1e9", "quality is a number"),
        ("faces:٣", "faces is a number"),
        ("taken:2025-13", "2025-13 is no date: write 2025, 2025-06 or 2025-06-14"),
        ("taken:2025-02-29", "is no date"),
        ("taken:0000", "is no date"),
        ("taken:summer", "is no date"),
        ("taken:..", "a date at one end at least"),
        ("taken:2025-08..2025-06", "the range ends before it begins"),
        ("format:heci", "did you mean heic?"),
        ("is:undecidd", "did you mean is:undecided?"),
        ("is:x", "It is one of undecided new todo"),
        ("x " * 61, "60 are the most"),
        ("x" * (MOST_CHARACTERS + 1), "2,000 are the most"),
        ("\ud800", "half a character"),
        ("tga:\x1b[31m", "tga:\\x1b[31m:"),
    ],
)
def test_a_wrong_query_is_named_and_explained(query: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(query)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


def test_leap_days_and_the_last_year_are_dates(library: Library) -> None:
    for query in ("taken:2024-02-29", "taken:9999", "taken:9999-12-31", "taken:2025/6/1", "taken:1.."):
        try:
            parse(query)
        except UsageError:
            assert query == "taken:1.."
    assert found(library, "taken:2025..9999") == "bb"


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_a_quoted_text_is_a_word_again(text: str) -> None:
    words = quoted(text)
    if words != '""':
        (term,) = parse(words).terms
        assert not term.negated and term.condition.text == " ".join(text.replace('"', " ").split())


@pytest.fixture(scope="module")
def one_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = library_of(
        tmp_path_factory.mktemp("home"),
        photo("a/1.jpg", rated("sea"), rated("ann", people=True), taken=datetime(2025, 6, 1), gps=LISBON),
        photo("a/ü 2.jpg", rated("calm"), keywords=("sea", "x"), rating=3, people=("Ann",)),
        photo("b/3.nef", format=Format.NEF, faces=None, error="truncated"),
    )  # fmt: skip
    made.decide(os.path.join(ROOT, "a", "1.jpg"), "sea", State.REJECTED)
    add_functions(made.connection)
    yield made
    made.close()


_VALUES = st.one_of(
    st.sampled_from(
        [
            "sea",
            '"a b"',
            "ann",
            ">=2",
            "1..3",
            "2025-06..",
            "..2025",
            "heic",
            "raw",
            "60",
            "<9999",
            "a",
            "x%_\\",
        ]
    ),
    st.sampled_from(IS),
    st.builds("{},{},{}km".format, st.integers(-90, 90), st.integers(-180, 180), st.integers(1, 20100)),
    st.text(max_size=12),
)
_TERMS = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "-")),
    st.sampled_from(("", *(f"{field}:" for field in FIELDS))),
    _VALUES,
)
_QUERIES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet='-":.,<>= \ttag\u202e\x00\x1b%_\\é', max_size=40),
    st.lists(_TERMS, max_size=5).map(" ".join),
    st.text(st.characters(), max_size=20),
)


@given(_QUERIES)
def test_any_text_is_a_query_that_runs_or_is_explained(one_library: Library, text: str) -> None:
    try:
        query = parse(text)
    except UsageError as error:
        assert str(error)
        return
    assert len(list(Finder(one_library).paths(query))) <= 3
    assert Finder(one_library).count(query, ROOT) <= 3


@given(_TERMS.filter(lambda term: not term.startswith("-")))
def test_a_minus_finds_exactly_the_others(one_library: Library, term: str) -> None:
    try:
        terms = parse(term).terms, parse(f"-{term}").terms
    except UsageError:
        return
    if len(terms[0]) != 1 or len(terms[1]) != 1:
        return
    vocabulary = read_vocabulary(one_library.connection)
    both = [compile_query(parse(t), vocabulary, shots=True) for t in (term, f"-{term}")]
    for row in one_library.connection.execute(
        f"SELECT {both[0].sql} IS TRUE AS yes, {both[1].sql} AS no FROM photos p",
        (*both[0].values, *both[1].values),
    ):
        assert row["yes"] + row["no"] == 1


def test_distances_on_the_globe() -> None:
    assert distance_km(38.7223, -9.1393, 41.1579, -8.6291) == pytest.approx(274, abs=1)  # Lisbon to Porto
    assert distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.24, abs=0.01)
    assert distance_km(90, 0, 90, 120) == pytest.approx(0, abs=1e-6)
    assert distance_km(None, 0, 0, 0) is None


@given(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(0.1, 20_000)
)
def test_near_finds_what_is_within_the_distance(
    one_library: Library, lat: float, lon: float, other: float, east: float, km: float
) -> None:
    """The box around a place never leaves out what the distance takes in."""
    lat, lon, km = round(lat, 4), round(lon, 4), round(km, 3)
    clause = compile_query(parse(f"near:{lat:f},{lon:f},{km:f}km"), read_vocabulary(one_library.connection))
    row = one_library.connection.execute(
        f"SELECT {clause.sql} FROM (SELECT ? AS lat, ? AS lon) p", (*clause.values, other, east)
    ).fetchone()
    apart = distance_km(other, east, lat, lon)
    assert apart is not None
    if abs(apart - km) > 1e-3:
        assert bool(row[0]) == (apart < km)
