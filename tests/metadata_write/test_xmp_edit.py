"""Editing XMP packets: ours changes, all else stays, and it can be taken out again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from nivo_tui.errors import RefusedError
from nivo_tui.metadata import xmp
from nivo_tui.metadata.edits import difference
from nivo_tui.metadata.gate import Expected, GateError, check
from nivo_tui.metadata.xmp import Keyword, XmpError
from nivo_tui.metadata.xmp_edit import Edited, XmpChange, edit, remove
from tests.metadata_write.builders import BEGIN, END, PADDING, bag, packet

TIME = "2026-11-24T10:00:00+00:00"
LATER = "2026-11-25T10:00:00+00:00"


def change(*keywords: str | Keyword, **more: object) -> XmpChange:
    wanted = tuple(k if isinstance(k, Keyword) else Keyword(k) for k in keywords)
    return XmpChange(3, TIME, wanted, **more)  # type: ignore[arg-type]


def taken_out(edited: Edited) -> bytes | None:
    assert edited.packet is not None
    return remove(edited.packet, xmp.read(edited.packet).applied, LATER).packet


def pass_gate(old: bytes | None, edited: Edited) -> None:
    expected = Expected(edited.values, edited.carried, fields=edited.fields)
    before, after = old or b"", edited.packet or b""
    check(before, after, None, expected, difference(after, before))


def test_a_new_packet_holds_the_keyword_in_all_three_fields_and_says_who_wrote_it() -> None:
    edited = edit(None, change(Keyword("Lisbon", ("Places", "Lisbon"), "lisbon", "geo", 0.875)))
    facts = xmp.read(edited.packet or b"")
    assert facts.keywords == ("Lisbon",)
    assert facts.hierarchies == ("Places|Lisbon",)
    (entry,) = facts.applied
    assert (entry.value, entry.path, entry.run, entry.tag) == ("Lisbon", ("Places", "Lisbon"), 3, "lisbon")
    assert (entry.model, entry.confidence, entry.time, entry.carried) == ("geo", 0.875, TIME, False)
    assert entry.fields == ("dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList")
    assert facts.metadata_date == TIME


def test_a_packet_that_was_all_ours_is_gone_when_it_is_taken_back() -> None:
    edited = edit(None, change("a", "b", title="T", description="D"))
    assert taken_out(edited) is None


def test_a_keyword_that_is_there_is_neither_added_nor_recorded() -> None:
    old = packet(bag("dc:subject", "sea", "sky"))
    assert edit(old, change("sky")) == Edited(old)
    assert xmp.read(edit(old, change("sky", "dune")).packet or b"").applied[-1].value == "dune"


def test_writing_twice_is_writing_once() -> None:
    first = edit(packet(bag("dc:subject", "sea")), change("dune", Keyword("x", ("a", "x")), title="T"))
    assert edit(first.packet, change("dune", Keyword("x", ("a", "x")), title="T")) == Edited(first.packet)


def test_decomposed_and_composed_letters_are_one_keyword() -> None:
    old = packet(bag("dc:subject", "Zu\u0308rich"))
    assert edit(old, change("Z\u00fcrich")).entries == ()


def test_new_fields_carry_the_old_keywords_so_that_no_reader_misses_them() -> None:
    old = packet(
        bag("dc:subject", "sea", "Lisbon") + bag("lr:hierarchicalSubject", "Places|Lisbon", "Places")
    )
    edited = edit(old, change("dune"))
    root = etree.fromstring((edited.packet or b"")[len(BEGIN) : -len(END)])
    tags = "{http://www.digikam.org/ns/1.0/}TagsList"
    there = [item.text for item in next(root.iter(tags)).iter() if item.text and item.text.strip()]
    assert there == ["Places/Lisbon", "Places", "sea", "dune"]
    assert xmp.read(taken_out(edited) or b"").hierarchies == ("Places|Lisbon", "Places")


@pytest.mark.parametrize("theirs", ["a||b", "|x|", "a| |b", "||"])
def test_a_path_with_an_empty_part_is_taken_out_of_the_new_field_again(theirs: str) -> None:
    old = packet(bag("dc:subject", "sea") + bag("lr:hierarchicalSubject", theirs))
    edited = edit(old, change("dune"))
    pass_gate(old, edited)
    assert taken_out(edited) is not None
    left = xmp.read(taken_out(edited) or b"")
    assert (left.keywords, left.hierarchies) == (("sea",), (theirs,))


def test_keywords_of_iptc_come_along_where_the_subject_is_created() -> None:
    edited = edit(None, change("dune", carried=("old\x00 one\x1f", "other", "\x03")))
    assert xmp.read(edited.packet or b"").keywords == ("old one", "other", "dune")
    assert edited.values == ("dune",)
    assert taken_out(edited) is None
    later = packet(bag("dc:subject", "sea"))
    assert xmp.read(edit(later, change("dune", carried=("gone",))).packet or b"").keywords == ("sea", "dune")


def test_a_path_is_added_to_a_known_keyword_only_where_it_has_none() -> None:
    old = packet(bag("dc:subject", "Lisbon", "Rome") + bag("lr:hierarchicalSubject", "Trips|Lisbon"))
    edited = edit(old, change(Keyword("Lisbon", ("Places", "Lisbon")), Keyword("Rome", ("Places", "Rome"))))
    assert "Places|Lisbon" not in xmp.read(edited.packet or b"").hierarchies[:2]
    assert "Places|Rome" in xmp.read(edited.packet or b"").hierarchies
    assert xmp.read(edited.packet or b"").keywords == ("Lisbon", "Rome")


def test_separators_within_a_keyword_do_not_become_a_path() -> None:
    edited = edit(None, change("a|b", "c/d"))
    facts = xmp.read(edited.packet or b"")
    assert facts.keywords == ("a|b", "c/d")
    assert {entry.value: entry.fields for entry in facts.applied} == {
        "a|b": ("dc:subject", "digiKam:TagsList"),
        "c/d": ("dc:subject", "lr:hierarchicalSubject"),
    }
    assert taken_out(edited) is None


@pytest.mark.parametrize(
    ("body", "attributes", "there"),
    [
        (bag("dc:subject", "sea", kind="Seq"), "", ("sea",)),
        (bag("dc:subject", "sea", kind="Alt"), "", ("sea",)),
        ("<dc:subject>sea</dc:subject>", "", ("sea",)),
        ("<dc:subject/>", "", ()),
        ("", 'dc:subject="sea"', ("sea",)),
        (bag("dc:subject", "sea") + bag("dc:subject", "sky"), "", ("sea", "sky")),
        ("<dc:subject><rdf:Bag><rdf:_1>sea</rdf:_1></rdf:Bag></dc:subject>", "", ("sea",)),
        (
            '<dc:subject><rdf:Bag><rdf:li rdf:parseType="Resource"><rdf:value>sea</rdf:value>'
            "<own:q>1</own:q></rdf:li></rdf:Bag></dc:subject>",
            "",
            ("sea",),
        ),
        (bag("dc:subject"), "", ()),
    ],
)
def test_every_form_of_the_keyword_list_is_read_kept_and_added_to(
    body: str, attributes: str, there: tuple[str, ...]
) -> None:
    old = packet(body, attributes=attributes)
    assert xmp.read(old).keywords == there
    edited = edit(old, change("dune"))
    pass_gate(old, edited)
    assert sorted(xmp.read(edited.packet or b"").keywords) == sorted((*there, "dune"))
    assert xmp.read(taken_out(edited) or b"").keywords == there


def test_a_list_in_a_form_nobody_knows_is_refused() -> None:
    with pytest.raises(XmpError, match="form"):
        edit(packet('<dc:subject rdf:resource="urn:x"/>'), change("dune"))


def test_everything_that_is_not_ours_stays() -> None:
    body = (
        '<!-- a note --><?keep me?><own:deep rdf:parseType="Resource"><own:a own:b="1">t</own:a></own:deep>'
        "<own:cd><![CDATA[<x> & y]]></own:cd><xmp:CreatorTool>Tool 1</xmp:CreatorTool>"
    )
    old = packet(body + bag("dc:subject", "sea"), attributes='xmp:Rating="4" xmp:Label="Red"', about="uuid:1")
    edited = edit(old, change("dune", title="T"))
    pass_gate(old, edited)
    new = edited.packet or b""
    for kept in (b"<!-- a note -->", b"<?keep me?>", b"<![CDATA[<x> & y]]>", b'xmp:Rating="4"', b"uuid:1"):
        assert kept in new
    assert new.startswith(BEGIN) and new.endswith(END)
    assert new.count(b'rdf:about="uuid:1"') == 2


def test_padding_takes_up_the_growth_and_gets_it_back() -> None:
    old = packet(bag("dc:subject", "sea"))
    edited = edit(old, change("dune"))
    assert len(edited.packet or b"") == len(old)
    assert len(taken_out(edited) or b"") == len(old)
    bare = packet(bag("dc:subject", "sea"), padding=b"")
    assert len(edit(bare, change("dune")).packet or b"") > len(bare)


def test_title_and_description_are_set_only_where_there_is_none_or_ours() -> None:
    theirs = packet('<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Mine</rdf:li></rdf:Alt></dc:title>')
    edited = edit(theirs, change(title="Yours", description="New"))
    facts = xmp.read(edited.packet or b"")
    assert (facts.title, facts.description) == ("Mine", "New")
    again = edit(edited.packet, change(description="Newer"))
    assert xmp.read(again.packet or b"").description == "Newer"
    assert xmp.read(taken_out(again) or b"").description is None
    assert edit(None, change(description="New", standing_description="of Exif")).entries == ()


def test_only_what_is_recorded_is_removed_and_only_where_it_was_recorded() -> None:
    edited = edit(packet(bag("dc:subject", "sea")), change("dune", "surf"))
    facts = xmp.read(edited.packet or b"")
    dune = tuple(entry for entry in facts.applied if entry.value == "dune")
    rest = remove(edited.packet or b"", dune, LATER)
    assert rest.values == ("dune",)
    after = xmp.read(rest.packet or b"")
    assert after.keywords == ("sea", "surf")
    assert "sea" in after.hierarchies
    assert [entry.value for entry in after.applied if not entry.carried] == ["surf"]
    assert remove(rest.packet or b"", dune, LATER).entries == ()


def test_a_keyword_that_another_program_added_to_our_list_outlives_us() -> None:
    edited = edit(None, change("dune"))
    changed = (edited.packet or b"").replace(
        b"<rdf:li>dune</rdf:li>", b"<rdf:li>dune</rdf:li><rdf:li>new</rdf:li>", 1
    )
    left = taken_out(Edited(changed))
    assert left is not None
    assert xmp.read(left).keywords == ("new",)
    assert xmp.read(left).applied == ()


def test_an_empty_list_of_theirs_stays_when_ours_leaves_it() -> None:
    edited = edit(packet(bag("dc:subject")), change("dune"))
    left = taken_out(edited) or b""
    assert b"<dc:subject>" in left
    assert b"digiKam:TagsList>" not in left


def test_what_xml_cannot_hold_is_left_out_and_an_empty_keyword_is_refused() -> None:
    edited = edit(None, change("a\x00b\x1fc \n d", "\ud800ok"))
    assert xmp.read(edited.packet or b"").keywords == ("abc d", "ok")
    for bad in ("", "  \n", "\x01\x02", "\ud800"):
        with pytest.raises(XmpError, match="keyword"):
            edit(None, change(bad))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (packet(bag("dc:subject", "sea")).decode().encode("utf-16"), "UTF-16"),
        ("<?xpacket begin='' id=''?>".encode("utf-16-be"), "UTF-16"),
        (packet(bag("dc:subject", "Zürich")).replace("ü".encode(), b"\xfc"), "not UTF-8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>', "ISO-8859-1"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="adobe:ns:meta/"/>', "document type"),
        (packet("<own:a>"), "well-formed"),
        (packet("<no:prefix/>"), "well-formed"),
        (packet("&undefined;"), "well-formed"),
        (packet("")[:200], "cut off"),
        (packet("") + b"<x/>", "after its end"),
        (b"", "no XML"),
        (b"hello", "no XML"),
    ],
)
def test_a_packet_that_cannot_be_read_safely_is_refused_with_the_reason(bad: bytes, why: str) -> None:
    with pytest.raises(XmpError, match=why):
        edit(bad, change("dune"))


def test_a_wrapper_that_is_cut_off_and_zeros_at_the_end_are_borne() -> None:
    old = packet(bag("dc:subject", "sea"))
    for odd in (old[:-2], old + b"\0\0", b"\xef\xbb\xbf" + old, b"\n " + old):
        edited = edit(odd, change("dune"))
        assert xmp.read(edited.packet or b"").keywords == ("sea", "dune")
        assert xmp.read(taken_out(edited) or b"").keywords == ("sea",)


WORDS = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")),
        min_size=1,
        max_size=12,
    )
    .map(xmp.nfc)
    .filter(lambda word: word.strip() and not set("\ufffe\uffff") & set(word))
)
SAFE = WORDS.map(lambda word: word.replace("&", "+").replace("<", "(").replace(">", ")"))
FORMS = st.sampled_from(("Bag", "Seq", "Alt", "attribute", "literal", "none"))


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    form, words = draw(FORMS), draw(st.lists(SAFE, min_size=1, max_size=4, unique=True))
    quoted = words[0].replace('"', "'")
    body = "".join(f"<own:p{n}>{draw(SAFE)}</own:p{n}>" for n in range(draw(st.integers(0, 3))))
    if form in ("Bag", "Seq", "Alt"):
        body += bag("dc:subject", *words, kind=form)
    elif form == "literal":
        body += f"<dc:subject>{words[0]}</dc:subject>"
    if draw(st.booleans()):
        body += bag("lr:hierarchicalSubject", *draw(st.lists(SAFE, max_size=3)))
    attributes = f'dc:subject="{quoted}"' if form == "attribute" else f'own:x="{quoted}"'
    return packet(body, attributes=attributes, padding=draw(st.sampled_from((b"", b"\n", PADDING))))


@settings(max_examples=150, deadline=None)
@given(old=packets(), words=st.lists(WORDS, min_size=1, max_size=5), path=st.lists(WORDS, max_size=3))
def test_write_then_take_out_is_what_was_there_for_any_packet(
    old: bytes, words: list[str], path: list[str]
) -> None:
    wanted = [*words, Keyword(words[0] + "x", (*path, words[0] + "x"))]
    edited = edit(old, change(*wanted))
    pass_gate(old, edited)
    before, after = xmp.read(old), xmp.read(edited.packet or b"")
    assert set(after.keywords) >= {*before.keywords, *(" ".join(word.split()) for word in words)}
    assert edit(edited.packet, change(*wanted)).entries == ()
    left = xmp.read(taken_out(edited) or b"") if edited.entries else before
    assert left == replace(before, metadata_date=left.metadata_date)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), at=st.integers(0, 2000), cut=st.integers(0, 40))
def test_a_damaged_packet_is_edited_or_refused_and_nothing_else(data: bytes, at: int, cut: int) -> None:
    whole = packet(bag("dc:subject", "sea", "sky"))
    damaged = whole[:at] + data + whole[at + cut :]
    try:
        edited = edit(damaged, change("dune"))
        pass_gate(damaged, edited)
    except RefusedError:
        return
    assert "dune" in xmp.read(edited.packet or b"").keywords


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<own:a>1</own:a>", b""),
        (b"<own:a>1</own:a>", b"<own:a>2</own:a>"),
        (b"<rdf:li>sea</rdf:li>", b""),
        (b"<!-- c -->", b"<!-- d -->"),
        (b'xmp:Rating="4"', b'xmp:Rating="5"'),
        (b"<rdf:li>dune</rdf:li>", b"<rdf:li>dune</rdf:li><rdf:li>more</rdf:li>"),
        (b"<rdf:li>dune</rdf:li>", b""),
    ],
)
def test_the_gate_sees_every_loss(old: bytes, new: bytes) -> None:
    before = packet("<!-- c --><own:a>1</own:a>" + bag("dc:subject", "sea"), attributes='xmp:Rating="4"')
    edited = edit(before, change("dune"))
    broken = (edited.packet or b"").replace(old, new)
    assert broken != edited.packet
    with pytest.raises(GateError):
        pass_gate(before, replace(edited, packet=broken))


def test_the_gate_wants_the_way_back() -> None:
    before = packet(bag("dc:subject", "sea"))
    edited = edit(before, change("dune"))
    expected = Expected(edited.values, edited.carried, fields=edited.fields)
    with pytest.raises(GateError, match="undone"):
        check(before, edited.packet or b"", None, expected, ())
