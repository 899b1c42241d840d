"""Keyword lists as Lightroom exports them."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import UsageError
from nivo_tui.tagging.lightroom import read_keyword_list

LIST = "[Places]\n\tCoast\n\t\tBeach\n\t\t\t{seaside}\n\t\t\t{Strand}\n\t\tCliff\nPeople\n\tAnn\n"


def paths(text):
    return [word.path for word in read_keyword_list(text.encode(), "keywords.txt")]


def test_levels_synonyms_and_headings():
    words = read_keyword_list(LIST.encode(), "keywords.txt")
    assert [(word.keyword, word.path, word.synonyms) for word in words] == [
        ("Coast", ("Places", "Coast"), ()),
        ("Beach", ("Places", "Coast", "Beach"), ("seaside", "Strand")),
        ("Cliff", ("Places", "Coast", "Cliff"), ()),
        ("People", ("People",), ()),
        ("Ann", ("People", "Ann"), ()),
    ]


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "Küste\n\tStrand\n".encode(),
        codecs.BOM_UTF16_LE + "Küste\n\tStrand\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Küste\r\n\tStrand\r\n".encode("utf-16-be"),
        "Küste\r\n\tStrand".encode(),
        "\nKüste  \n\n\tStrand \n".encode(),
    ],
)
def test_encodings_and_line_ends(data):
    assert [word.path for word in read_keyword_list(data, "k.txt")] == [("Küste",), ("Küste", "Strand")]


def test_a_synonym_of_a_heading_and_an_empty_one_do_no_harm():
    assert paths("[Places]\n\t{Orte}\n\tCoast\n\t\t{}\n") == [("Places", "Coast")]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "holds no keyword"),
        (b"[Places]\n", "holds no keyword"),
        (b"\tBeach\n", "line 1: 'Beach' stands 1 tab deep and no keyword is above it"),
        (b"Coast\n\t\t\tBeach\n", "line 2: 'Beach' stands 3 tabs deep"),
        (b"{seaside}\n", "line 1: {seaside} must stand below its keyword"),
        (b"Coast\n{seaside}\n", "line 2"),
        (b"a,b\n1,2\n", "line 1: 'a,b' holds a comma"),
        (b"\xff\xd8\xff\xe0picture", "is no text"),
        (codecs.BOM_UTF16_LE + b"a", "is no text"),
        (b"a\0b", "is no text"),
        (b"a\x07b\n", "all printable"),
        (b"x" * 400, "at most 300"),
    ],
)
def test_what_is_no_list_is_refused(data, fault):
    with pytest.raises(UsageError, match=fault):
        read_keyword_list(data, "keywords.txt")


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(data):
    try:
        words = read_keyword_list(data, "x")
    except UsageError:
        return
    assert words and all(word.path[-1] == word.keyword and word.keyword for word in words)
