"""IPTC-IIM: datasets and the characters they are written in."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata.iptc import photoshop_iptc, read_iptc

from .read_builders import dataset, photoshop

UTF8 = dataset(1, 90, b"\x1b%G")


def keywords(*values: bytes, head: bytes = b"") -> bytes:
    return head + dataset(2, 0, b"\0\4") + b"".join(dataset(2, 25, value) for value in values)


def test_declared_utf8() -> None:
    facts = read_iptc(keywords("Zürich".encode(), "日本".encode(), head=UTF8) + dataset(2, 5, b"Title"))
    assert facts.keywords == ("Zürich", "日本")
    assert (facts.title, facts.charset, facts.declared) == ("Title", "utf-8", True)


def test_undeclared_is_cp1252() -> None:
    facts = read_iptc(keywords("Zürich – €".encode("cp1252")))
    assert facts.keywords == ("Zürich – €",)
    assert (facts.charset, facts.declared) == ("cp1252", False)


def test_undeclared_is_utf8_where_every_value_is() -> None:
    assert read_iptc(keywords("Zürich".encode(), b"plain")).keywords == ("Zürich", "plain")


def test_one_value_that_is_not_utf8_makes_all_cp1252() -> None:
    facts = read_iptc(keywords("Zürich".encode()) + dataset(2, 116, b"\xa9 2009"))
    assert facts.keywords == ("ZÃ¼rich",)


def test_a_binary_dataset_says_nothing_of_the_characters() -> None:
    assert read_iptc(keywords("Zürich".encode()) + dataset(2, 202, b"\xff\xd8\xff")).keywords == ("Zürich",)


@pytest.mark.parametrize(
    ("final", "charset"), [(b"A", "iso8859-1"), (b"B", "iso8859-2"), (b"L", "iso8859-5")]
)
def test_other_declared_characters(final: bytes, charset: str) -> None:
    text = {"iso8859-1": "é", "iso8859-2": "ł", "iso8859-5": "Ж"}[charset]
    facts = read_iptc(keywords(text.encode(charset), head=dataset(1, 90, b"\x1b." + final)))
    assert (facts.keywords, facts.charset) == ((text,), charset)


def test_bytes_no_charset_has_are_still_text() -> None:
    assert read_iptc(keywords(b"a\x81b")).keywords == ("a\x81b",)


def test_extended_length() -> None:
    facts = read_iptc(dataset(2, 120, b"x" * 40_000, extended=True) + dataset(2, 25, b"after"))
    assert facts.caption == "x" * 40_000
    assert facts.keywords == ("after",)


@pytest.mark.parametrize("tail", [b"\x1c\x02\x19\x00\x20short", b"\x1c\x02\x19\xff\xff", b"junk"])
def test_what_stands_before_a_fault_is_read(tail: bytes) -> None:
    facts = read_iptc(keywords(b"good") + tail)
    assert facts.keywords == ("good",)
    assert not facts.complete


def test_padding_is_no_fault() -> None:
    assert read_iptc(keywords(b"good") + b"\0\0\0").complete


def test_words_swapped_as_longs() -> None:
    block = keywords(b"abcd", b"efg")
    block += b"\0" * (-len(block) % 4)
    swapped = struct.pack(f"<{len(block) // 4}I", *struct.unpack(f">{len(block) // 4}I", block))
    assert read_iptc(swapped).keywords == ("abcd", "efg")


def test_photoshop_resources() -> None:
    block = keywords(b"odd length!")
    assert photoshop_iptc(photoshop(block)) == block
    assert photoshop_iptc(b"8BIM\x04") is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_survived(block: bytes) -> None:
    read_iptc(block)
    read_iptc(b"\x1c\x02\x19" + block)
    photoshop_iptc(b"8BIM" + block)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30), max_size=8))
def test_declared_keywords_come_back(words: list[str]) -> None:
    assert read_iptc(keywords(*(word.encode() for word in words), head=UTF8)).keywords == tuple(words)
