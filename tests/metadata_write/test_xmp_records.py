"""What is put on record of a write: fields outside XMP, places, homes, and what a new sidecar carries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nivo_tui.metadata import xmp
from nivo_tui.metadata.xmp import Applied, Keyword, Location
from nivo_tui.metadata.xmp_edit import BlockValue, Edited, XmpChange, edit, remove
from tests.metadata_write.builders import bag, packet

TIME = "2026-11-24T10:00:00+00:00"
KEYWORDS, CAPTION, COMMENT = "iptc:Keywords", "iptc:Caption-Abstract", "exif:UserComment"


def change(run: int = 3, **more: object) -> XmpChange:
    return XmpChange(run, TIME, **more)  # type: ignore[arg-type]


def words(*texts: str) -> tuple[Keyword, ...]:
    return tuple(map(Keyword, texts))


def applied(edited: Edited) -> tuple[Applied, ...]:
    return xmp.read(edited.packet or b"").applied


def taken(edited: Edited, *, run: int | None = None) -> Edited:
    entries = [entry for entry in applied(edited) if run is None or entry.run == run]
    return remove(edited.packet or b"", entries, TIME)


def fields(entries: tuple[Applied, ...]) -> dict[tuple[str, bool], tuple[str, ...]]:
    return {(entry.value, entry.carried): entry.fields for entry in entries}


def test_a_value_in_a_block_is_recorded_with_the_same_value_in_xmp() -> None:
    edited = edit(
        packet(bag("dc:subject", "sea") + bag("lr:hierarchicalSubject", "a|sea")),
        change(
            keywords=words("dune"),
            description="Dunes",
            blocks=(
                BlockValue(KEYWORDS, " dune  "),
                BlockValue(KEYWORDS, "sea", carried=True),
                BlockValue(CAPTION, "Dunes"),
                BlockValue(COMMENT, "Dunes"),
            ),
            created=("iptc",),
        ),
    )
    stated = fields(applied(edited))
    assert stated[("dune", False)] == (
        "dc:subject",
        "lr:hierarchicalSubject",
        "digiKam:TagsList",
        KEYWORDS,
    )
    assert [KEYWORDS in entry.fields for entry in applied(edited) if entry.value == "sea"].count(True) == 1
    assert stated[("Dunes", False)] == ("dc:description", CAPTION, COMMENT)
    assert "iptc" in xmp.read(edited.packet or b"").created
    assert {KEYWORDS, CAPTION, COMMENT} <= set(edited.fields)
    assert not any(name.startswith(("iptc:", "exif:")) for name in edited.properties)


def test_a_value_that_xmp_had_already_gets_a_record_of_its_own() -> None:
    old = packet(bag("dc:subject", "dune"))
    wanted = change(keywords=words("dune"), blocks=(BlockValue(KEYWORDS, "dune"),), created=("iptc",))
    edited = edit(old, wanted)
    assert [entry.fields for entry in applied(edited)] == [(KEYWORDS,)]
    assert edit(edited.packet, wanted) == Edited(edited.packet)
    gone = taken(edited)
    assert [entry.fields for entry in gone.entries] == [(KEYWORDS,)]
    assert gone.dropped == ("iptc",)
    assert xmp.read(gone.packet or b"").keywords == ("dune",)


def test_a_later_run_that_adds_the_value_again_is_recorded_again() -> None:
    old = packet(bag("dc:subject", "dune"))
    first = edit(old, change(keywords=words("dune"), blocks=(BlockValue(KEYWORDS, "dune"),)))
    second = edit(first.packet, change(4, keywords=words("dune"), blocks=(BlockValue(KEYWORDS, "dune"),)))
    assert [entry.run for entry in applied(second)] == [3, 4]
    gone = taken(second, run=3)
    assert [entry.fields for entry in gone.entries] == [()]
    assert [entry.run for entry in applied(gone)] == [4]


def test_values_of_one_text_and_different_kinds_are_not_mixed_up() -> None:
    edited = edit(
        None,
        change(
            keywords=words("Lisbon"),
            title="Lisbon",
            location=Location("Lisbon", None, "Portugal", "PT"),
            blocks=(
                BlockValue("iptc:City", "Lisbon"),
                BlockValue("iptc:ObjectName", "Lisbon"),
                BlockValue("iptc:Country-PrimaryLocationName", "Portugal"),
            ),
        ),
    )
    assert sorted(entry.fields for entry in applied(edited)) == sorted(
        [
            ("dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList"),
            ("dc:title", "iptc:ObjectName"),
            ("photoshop:City", "iptc:City"),
            ("photoshop:Country", "iptc:Country-PrimaryLocationName"),
            ("Iptc4xmpCore:CountryCode",),
        ]
    )
    assert [entry.kind for entry in edited.of_kind("city")] == ["city"]


def test_a_block_that_we_made_is_ours_until_nothing_of_ours_is_in_it() -> None:
    first = edit(
        None,
        change(
            keywords=words("dune"),
            blocks=(BlockValue(KEYWORDS, "dune"), BlockValue(KEYWORDS, "old", carried=True)),
            created=("iptc", "exif"),
        ),
    )
    second = edit(
        first.packet, change(4, title="T", keywords=words("surf"), blocks=(BlockValue(KEYWORDS, "surf"),))
    )
    gone = taken(second, run=3)
    assert gone.dropped == ("exif",)
    assert ("old", True) not in fields(gone.entries)
    assert ("old", True) in fields(applied(gone))
    last = taken(gone, run=4)
    assert (last.packet, last.dropped) == (None, ("iptc",))
    assert ("old", True) in fields(last.entries)


def test_what_was_carried_into_a_block_goes_with_the_last_of_ours_there() -> None:
    first = edit(
        None,
        change(
            keywords=words("dune"),
            carried=("old",),
            blocks=(BlockValue(KEYWORDS, "dune"), BlockValue(KEYWORDS, "old", carried=True)),
            created=("iptc",),
        ),
    )
    gone = taken(edit(first.packet, change(4, title="T")), run=3)
    assert gone.dropped == ("iptc",)
    assert [entry.value for entry in applied(gone)] == ["T"]
    assert xmp.read(gone.packet or b"").keywords == ()


def test_a_text_that_replaces_ours_takes_over_its_fields() -> None:
    blocks = (BlockValue(COMMENT, "one"), BlockValue(CAPTION, "one"))
    first = edit(None, change(description="one", blocks=blocks))
    second = edit(first.packet, change(4, description="two", blocks=(BlockValue(COMMENT, "two"),)))
    assert fields(applied(second)) == {
        ("one", False): (CAPTION,),
        ("two", False): ("dc:description", COMMENT),
    }


def test_a_block_value_of_nothing_is_no_record() -> None:
    assert edit(None, change(blocks=(BlockValue(KEYWORDS, " \x00"),))).entries == ()


def test_the_home_whose_run_it_was_is_named_and_old_records_name_none() -> None:
    edited = edit(None, change(keywords=words("dune"), home="k3v9"))
    assert [entry.home for entry in applied(edited)] == ["k3v9"]
    other = edit(edited.packet, change(keywords=words("surf"), home="a1b2"))
    mine = [entry for entry in applied(other) if entry.home == "k3v9"]
    assert xmp.read(remove(other.packet or b"", mine, TIME).packet or b"").keywords == ("surf",)
    old = (edited.packet or b"").replace(b' nivo:home="k3v9"', b"")
    (entry,) = xmp.read(old).applied
    assert entry == replace(applied(edited)[0], home=None)
    assert remove(old, [entry], TIME).packet is None


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        ("", 'photoshop:City="Porto" photoshop:State=""'),
        ("<photoshop:City>Porto</photoshop:City><photoshop:State/>", ""),
        ("<photoshop:City> Porto </photoshop:City>", 'photoshop:State=""'),
    ],
)
def test_a_place_goes_where_there_is_none_and_out_again(body: str, attributes: str) -> None:
    old = packet(body + bag("dc:subject", "sea"), attributes=attributes)
    place = Location("Lisbon", "Lisboa", "Portugal", "PRT")
    edited = edit(old, change(location=place))
    assert xmp.read(edited.packet or b"").location == Location("Porto", "Lisboa", "Portugal", "PRT")
    assert edit(edited.packet, change(location=place)) == Edited(edited.packet)
    left = taken(edited).packet or b""
    assert xmp.read(left).location == Location("Porto")
    assert (b"photoshop:State" in left) == (b"photoshop:State" in old)
    assert b"Lisboa" not in left and b"CountryCode" not in left


def test_a_place_of_ours_is_set_anew_and_one_that_was_changed_stays() -> None:
    first = edit(None, change(location=Location("Lisbon", country="Portugal")))
    second = edit(first.packet, change(4, location=Location("Cascais", country="Portugal")))
    assert xmp.read(second.packet or b"").location.city == "Cascais"
    assert [entry.value for entry in applied(second)] == ["Portugal", "Cascais"]
    changed = Edited((second.packet or b"").replace(b">Cascais<", b">Sintra<"))
    assert xmp.read(taken(changed).packet or b"").location == Location("Sintra")


def test_a_place_in_a_form_nobody_knows_is_left() -> None:
    assert (
        edit(packet('<photoshop:City rdf:resource=""/>'), change(location=Location("Lisbon"))).entries == ()
    )


def test_a_new_sidecar_repeats_rating_and_label_and_goes_wholly() -> None:
    wanted = change(keywords=words("dune"), rating=4, label="Red", extension="NEF")
    edited = edit(None, wanted, sidecar=True)
    facts = xmp.read(edited.packet or b"")
    assert (facts.rating, facts.label) == (4, "Red")
    assert edited.values == ("dune",)
    assert taken(edited).packet is None
    two = edit(edited.packet, change(4, keywords=words("surf")))
    assert xmp.read(taken(two, run=3).packet or b"").rating == 4
    rated = Edited((edited.packet or b"").replace(b"<xmp:Rating>4<", b"<xmp:Rating>5<"))
    assert xmp.read(taken(rated).packet or b"").rating == 5
    there = edit(packet(bag("dc:subject", "sea")), wanted, sidecar=True)
    assert xmp.read(there.packet or b"").rating is None
    assert edit(None, change(rating=4), sidecar=True) == Edited(None)


def test_records_rewritten_as_attributes_or_elements_are_the_same_records() -> None:
    edited = edit(None, change(keywords=words("dune")))
    text = (edited.packet or b"").decode()
    created = text[text.index("<nivo:Created>") : text.index("</nivo:Created>") + len("</nivo:Created>")]
    value = created[len("<nivo:Created>") : -len("</nivo:Created>")]
    moved = text.replace("\n" + created, "").replace('rdf:about=""', f'rdf:about="" nivo:Created="{value}"')
    assert xmp.read(moved.encode()).created == xmp.read(edited.packet or b"").created
    again = edit(moved.encode(), change(4, keywords=words("surf")))
    assert (again.packet or b"").count(b"nivo:Created") == 2
    assert taken(again).packet is None


def test_one_of_two_equal_keywords_is_the_users() -> None:
    edited = edit(None, change(keywords=words("dune")))
    doubled = (edited.packet or b"").replace(b"<rdf:li>dune</rdf:li>", b"<rdf:li>dune</rdf:li>" * 2, 1)
    assert xmp.read(taken(Edited(doubled)).packet or b"").keywords == ("dune",)
