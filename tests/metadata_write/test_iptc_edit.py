"""IPTC blocks: what comes in, what is turned into UTF-8, what stays, and what goes out again."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata.blocks import CAPTION, CITY, COUNTRY_CODE, KEYWORDS, OBJECT_NAME
from nivo_tui.metadata.iptc import read_iptc
from nivo_tui.metadata.iptc_edit import IptcEditError, IptcWish, add, cut, remove, texts_of

UTF8 = b"\x1c\x01\x5a\0\x03\x1b%G"
VERSION = b"\x1c\x02\0\0\x02\0\x04"


def dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes((0x1C, record, number)) + struct.pack(">H", len(value)) + value


def words(*values: str, charset: str = "utf-8") -> bytes:
    return b"".join(dataset(2, 25, value.encode(charset)) for value in values)


def test_a_new_block_declares_utf8_and_its_version() -> None:
    edited = add(None, IptcWish(("sea", "Zürich", "日本"), texts={CITY: "Zürich"}))
    assert edited.block == UTF8 + VERSION + words("sea", "Zürich", "日本") + dataset(2, 90, "Zürich".encode())
    assert edited.values == ((KEYWORDS, "sea"), (KEYWORDS, "Zürich"), (KEYWORDS, "日本"), (CITY, "Zürich"))
    assert remove(edited.block or b"", edited.values) is None


def test_where_nothing_is_missing_the_block_stays() -> None:
    block = words("sea") + b"\0"
    assert add(block, IptcWish(("sea",))).block is block
    assert add(None, IptcWish()).block is None
    assert add(None, IptcWish((), ("carried",))).block is None


def test_keywords_come_behind_the_standing_ones_and_all_else_keeps_its_bytes() -> None:
    before = dataset(1, 0, b"\0\4") + dataset(1, 100, b"unique") + VERSION
    extended = b"\x1c\x02\x78\x80\x04\0\0\0\x03abc"
    after = dataset(2, 120, b"caption") + extended + dataset(3, 10, b"\xff\xfe") + dataset(7, 10, b"\x80")
    block = before + words("sea", "dune") + after + b"\0\0"
    edited = add(block, IptcWish(("sun",), ("carried",)))
    head = dataset(1, 0, b"\0\4") + UTF8 + dataset(1, 100, b"unique") + VERSION
    assert edited.block == head + words("sea", "dune", "sun") + after + b"\0\0"
    assert edited.carried == ()
    assert remove(edited.block or b"", edited.values) == head + words("sea", "dune") + after + b"\0\0"


def test_keywords_of_the_file_are_carried_into_a_block_without_any() -> None:
    edited = add(dataset(2, 5, b"title"), IptcWish(("sun",), ("old", "sun")))
    assert read_iptc(edited.block or b"").keywords == ("old", "sun")
    assert edited.carried == ((KEYWORDS, "old"),)


@pytest.mark.parametrize(
    ("charset", "declaration"),
    [
        ("cp1252", b""),
        ("iso8859-1", dataset(1, 90, b"\x1b-A")),
        ("iso8859-15", dataset(1, 90, b"\x1b(B\x1b.b")),
        ("cp1252", dataset(1, 90, b"\0")),
        ("utf-8", dataset(1, 90, b"\x1b%/G")),
    ],
)
def test_what_stood_there_is_turned_into_utf8(charset: str, declaration: bytes) -> None:
    copyright_notice = dataset(2, 116, "© Jürg".encode(charset) + b"\0")
    binary = dataset(2, 125, b"\xe9\x80") + dataset(2, 222, b"\xe9")
    block = declaration + VERSION + words("Zürich", "sea", charset=charset) + copyright_notice + binary
    edited = add(block, IptcWish(("Zürich", "sun")))
    there = words("Zürich", "sea", "sun") + dataset(2, 116, "© Jürg".encode() + b"\0") + binary
    assert edited.block == UTF8 + VERSION + there
    assert edited.values == ((KEYWORDS, "sun"),)


def test_undeclared_utf8_is_believed_only_where_the_xmp_says_the_same() -> None:
    block = words("Zürich") + dataset(2, 90, "Zürich".encode())
    known = add(block, IptcWish(("sun",)), ["Zu\u0308rich"])
    assert known.block == UTF8 + words("Zürich", "sun") + dataset(2, 90, "Zürich".encode())
    with pytest.raises(IptcEditError, match="two ways"):
        add(block, IptcWish(("sun",)), ["Bern"])


@pytest.mark.parametrize(
    "block",
    [
        words("a") + dataset(2, 120, b"\x81"),
        dataset(1, 90, b"\x1b-A") + dataset(2, 120, b"\x92"),
        dataset(1, 90, b"\x1b%/@") + dataset(2, 120, b"\0\xe9"),
        dataset(1, 90, b"\x1b-Z") + dataset(2, 120, b"\xe9"),
        dataset(1, 90, b"what") + dataset(2, 120, b"\xe9"),
        dataset(1, 90, b"\x1b-A\x1b.B") + dataset(2, 120, b"\xe9"),
        dataset(1, 90, b"\x1b-A") + UTF8 + dataset(2, 120, b"\xe9"),
        dataset(1, 90, b"\x1b%/G") + dataset(2, 120, b"\xe9"),
        words("a") + b"\x1c\x02\x19\0\x09short",
        words("a") + b"something",
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(block: bytes) -> None:
    with pytest.raises(IptcEditError):
        add(block, IptcWish(("sun",)))
    assert add(block, IptcWish()).block == block


def test_declared_utf8_that_is_none_is_left_as_it_is() -> None:
    block = UTF8 + dataset(2, 120, b"caf\xe9")
    assert add(block, IptcWish(("sun",))).block == block + words("sun")


def test_long_keywords_are_cut_at_a_character_and_known_again() -> None:
    long = "日本" * 20
    edited = add(None, IptcWish((long,)))
    assert edited.values == ((KEYWORDS, long),)
    assert read_iptc(edited.block or b"").keywords == (("日本" * 20)[:21],)
    assert add(edited.block, IptcWish((long,))).values == ()
    assert add(words("x" * 80), IptcWish(("x" * 80, "x" * 64))).values == ()
    assert remove(edited.block or b"", edited.values) is None


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abcd"),
        ("abc def", 4, "abc"),
        ("aé", 2, "a"),
        ("ae\u0323", 2, "a"),
        ("a\U0001f469\u200d\U0001f469", 9, "a"),
        ("a\U0001f44d\U0001f3fd", 6, "a"),
        ("a\U0001f1e8\U0001f1ed\U0001f1e9\U0001f1ea", 14, "a\U0001f1e8\U0001f1ed"),
        ("e" + "\u0323" * 9, 4, "e\u0323"),
        ("\ud800abc", 3, "?ab"),
    ],
)
def test_a_text_is_cut_where_a_reader_sees_a_character_end(text: str, most: int, short: str) -> None:
    assert cut(text, most) == short


def test_texts_are_set_only_where_there_is_none_or_ours() -> None:
    block = dataset(2, 90, b"Bern") + dataset(2, 5, b" \0") + dataset(2, 120, b"Our words")
    wish = IptcWish(
        texts={CITY: "Zürich", OBJECT_NAME: "Title", CAPTION: "New words", COUNTRY_CODE: "Germany"},
        ours={CAPTION: "Our words"},
    )
    edited = add(block, wish)
    found = texts_of(edited.block)
    assert (found[CITY], found[OBJECT_NAME], found[CAPTION]) == ("Bern", "Title", "New words")
    assert found[COUNTRY_CODE] is None
    assert set(edited.values) == {(OBJECT_NAME, "Title"), (CAPTION, "New words")}
    assert add(edited.block, wish).block == edited.block
    left = remove(edited.block or b"", edited.values)
    assert left == UTF8 + dataset(2, 90, b"Bern")


def test_a_value_that_somebody_changed_stays() -> None:
    block = UTF8 + words("sun", "Sun") + dataset(2, 120, b"Mine")
    assert remove(block, [(KEYWORDS, "sun"), (CAPTION, "Yours")]) == UTF8 + words("Sun") + block[-9:]
    assert remove(block, [(KEYWORDS, "moon")]) is block
    with pytest.raises(IptcEditError):
        remove(block + b"rest", [(KEYWORDS, "sun")])


TEXT = st.text(min_size=1, max_size=30)


@settings(max_examples=300, deadline=None)
@given(
    standing=st.lists(st.text("abcäöé€", min_size=1, max_size=8), max_size=4, unique=True),
    charset=st.sampled_from(["ascii", "cp1252", "iso8859-15", "utf-8"]),
    wanted=st.lists(TEXT, max_size=4),
    caption=TEXT,
    rest=st.sampled_from([b"", b"\0", dataset(8, 10, b"\x1c\x02\x19") + b"\0\0"]),
)
def test_adding_and_removing_keeps_all_else(
    standing: list[str], charset: str, wanted: list[str], caption: str, rest: bytes
) -> None:
    declaration = {"iso8859-15": dataset(1, 90, b"\x1b-b"), "utf-8": UTF8}.get(charset, b"")
    old = [text for text in standing if text.encode(charset, "ignore").decode(charset) == text]
    block = declaration + words(*old, charset=charset) + rest
    try:
        edited = add(block, IptcWish(tuple(wanted), texts={CAPTION: caption}))
    except IptcEditError:
        assert charset == "cp1252"
        return
    after = read_iptc(edited.block or b"")
    assert after.keywords[: len(old)] == tuple(old)
    assert after.complete
    assert (edited.block or b"").endswith(rest)
    assert add(edited.block, IptcWish(tuple(wanted), texts={CAPTION: caption})).values == ()
    left = remove(edited.block or b"", edited.values)
    assert read_iptc(left or b"").keywords == tuple(old)
    assert read_iptc(left or b"").caption is None


@settings(max_examples=300, deadline=None)
@given(block=st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: UTF8 + b), word=TEXT)
def test_any_bytes_are_edited_or_refused(block: bytes, word: str) -> None:
    texts_of(block)
    try:
        edited = add(block, IptcWish((word,)))
        remove(edited.block or b"", edited.values)
    except IptcEditError:
        return
