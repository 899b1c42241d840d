"""Named faces: where they go for every orientation, what they are matched with, and taking them away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.metadata import xmp
from nivo_tui.metadata.regions import (
    Area,
    NamedFace,
    Regions,
    have_same_shape,
    overlap,
    shows_same,
    stored_area,
    to_seen,
    to_stored,
)
from nivo_tui.metadata.xmp import Keyword, Location
from nivo_tui.metadata.xmp_edit import Edited, XmpChange, edit, remove
from nivo_tui.metadata.xmp_regions import regions_of
from nivo_tui.metadata.xmp_tree import XmpError
from tests.metadata_write.builders import packet
from tests.metadata_write.exiftool import needs_exiftool, run

TIME = "2026-11-24T10:00:00+00:00"
NAMES = (
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" '
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" '
    'xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
)
# Centre (0.25, 0.3), 0.1 wide and 0.2 high in an image of 400 x 300.
FACE = NamedFace("Ann", 80, 60, 120, 120)
HERE = (0.25, 0.3, 0.1, 0.2)


def item(
    name: str | None, area: tuple[float, float, float, float], kind: str = "Face", form: str = "elements"
) -> str:
    x, y, w, h = area
    if form == "elements":
        called = "" if name is None else f"<mwg-rs:Name>{name}</mwg-rs:Name>"
        return (
            f'<rdf:li rdf:parseType="Resource">{called}<mwg-rs:Type>{kind}</mwg-rs:Type>'
            f'<mwg-rs:Area rdf:parseType="Resource"><stArea:x>{x}</stArea:x><stArea:y>{y}</stArea:y>'
            f"<stArea:w>{w}</stArea:w><stArea:h>{h}</stArea:h><stArea:unit>normalized</stArea:unit>"
            "</mwg-rs:Area></rdf:li>"
        )
    called = "" if name is None else f'mwg-rs:Name="{name}"'
    return (
        f'<rdf:li><rdf:Description {called} mwg-rs:Type="{kind}"><mwg-rs:Area stArea:x="{x}" '
        f'stArea:y="{y}" stArea:w="{w}" stArea:h="{h}" stArea:unit="normalized"/></rdf:Description></rdf:li>'
    )


def with_regions(*items: str, size: tuple[int, int] | None = (400, 300), kind: str = "Bag") -> bytes:
    stated = "" if size is None else f'<mwg-rs:AppliedToDimensions stDim:w="{size[0]}" stDim:h="{size[1]}"/>'
    body = (
        f'<mwg-rs:Regions rdf:parseType="Resource">{stated}<mwg-rs:RegionList><rdf:{kind}>'
        f"{''.join(items)}</rdf:{kind}></mwg-rs:RegionList></mwg-rs:Regions>"
    )
    return packet(body, attributes=NAMES)


def with_microsoft(name: str | None, rectangle: str) -> bytes:
    called = "" if name is None else f'MPReg:PersonDisplayName="{name}"'
    body = (
        "<MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag><rdf:li>"
        f'<rdf:Description MPReg:Rectangle="{rectangle}" {called}/></rdf:li></rdf:Bag></MPRI:Regions>'
        "</rdf:Description></MP:RegionInfo>"
    )
    return packet(body, attributes=NAMES)


def named(
    old: bytes | None, *faces: NamedFace, size: tuple[int, int] = (400, 300), orientation: int = 1
) -> Edited:
    return edit(old, XmpChange(3, TIME, regions=Regions(faces or (FACE,), *size, orientation)))


def found(edited: Edited | bytes) -> list[tuple[str | None, tuple[float, ...] | None]]:
    data = edited if isinstance(edited, bytes) else edited.packet or b""
    return [(region.name, region.area and tuple(region.area)) for region in regions_of(data)]


def taken(edited: Edited) -> bytes | None:
    assert edited.packet is not None
    return remove(edited.packet, xmp.read(edited.packet).applied, TIME).packet


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, (0.25, 0.3, 0.1, 0.2)),
        (2, (0.75, 0.3, 0.1, 0.2)),
        (3, (0.75, 0.7, 0.1, 0.2)),
        (4, (0.25, 0.7, 0.1, 0.2)),
        (5, (0.3, 0.25, 0.2, 0.1)),
        (6, (0.3, 0.75, 0.2, 0.1)),
        (7, (0.7, 0.75, 0.2, 0.1)),
        (8, (0.7, 0.25, 0.2, 0.1)),
    ],
)
def test_a_face_is_stored_where_it_lies_before_the_image_is_turned(
    orientation: int, stored: tuple[float, ...]
) -> None:
    edited = named(None, orientation=orientation)
    assert found(edited) == [("Ann", stored)]
    size = b'stDim:w="300" stDim:h="400"' if orientation > 4 else b'stDim:w="400" stDim:h="300"'
    assert size in (edited.packet or b"")
    assert xmp.read(edited.packet or b"").people == ("Ann",)
    assert edited.properties == ("mwg-rs:Regions", "Iptc4xmpExt:PersonInImage")
    assert taken(edited) is None


AREAS = st.builds(Area, *([st.floats(0, 1)] * 2), *([st.floats(0.01, 1)] * 2))


@given(area=AREAS, orientation=st.integers(1, 8))
def test_turning_there_and_back_is_nothing(area: Area, orientation: int) -> None:
    assert to_seen(to_stored(area, orientation), orientation) == pytest.approx(area)


@given(one=AREAS, other=AREAS, orientation=st.integers(1, 8))
def test_overlap_is_the_same_both_ways_and_however_the_image_lies(
    one: Area, other: Area, orientation: int
) -> None:
    assert 0 <= overlap(one, other) <= 1
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert shows_same(one, other) == shows_same(other, one)
    turned = overlap(to_stored(one, orientation), to_stored(other, orientation))
    assert overlap(one, other) == pytest.approx(turned, abs=1e-9)


def test_a_face_is_cut_at_the_edge_and_one_outside_is_no_region() -> None:
    regions = Regions((), 400, 300)
    assert stored_area(NamedFace("x", -40, -30, 40, 30), regions) == (0.05, 0.05, 0.1, 0.1)
    assert stored_area(NamedFace("x", 500, 10, 600, 50), regions) is None
    assert found(named(None, NamedFace("Bob", 500, 10, 600, 50))) == []
    assert xmp.read(named(None, NamedFace("Bob", 500, 10, 600, 50)).packet or b"").people == ("Bob",)


def test_writing_twice_is_writing_once() -> None:
    first = named(None, FACE, NamedFace("Bob", 200, 100, 260, 180))
    assert named(first.packet, FACE, NamedFace("Bob", 200, 100, 260, 180)) == Edited(first.packet)


@pytest.mark.parametrize("form", ["elements", "attributes"])
@pytest.mark.parametrize("kind", ["Bag", "Seq"])
def test_a_region_that_has_the_name_stays_as_it_is(form: str, kind: str) -> None:
    old = with_regions(item("ann", (0.26, 0.31, 0.12, 0.2), form=form), kind=kind)
    edited = named(old)
    assert found(edited) == [("ann", (0.26, 0.31, 0.12, 0.2))]
    assert edited.fields == ("Iptc4xmpExt:PersonInImage",)
    assert edited.notes == ()


def test_a_region_with_another_name_is_never_renamed_but_told_of() -> None:
    old = with_regions(item("Eve", HERE))
    edited = named(old, FACE, NamedFace("Bob", 300, 200, 340, 260))
    assert found(edited)[0] == ("Eve", HERE)
    assert [name for name, _ in found(edited)] == ["Eve", "Bob"]
    assert "Eve" in edited.notes[0] and "Ann" in edited.notes[0]
    assert xmp.read(edited.packet or b"").people == ("Bob",)


@pytest.mark.parametrize("form", ["elements", "attributes"])
@pytest.mark.parametrize("name", [None, ""])
def test_a_region_without_a_name_gets_ours_and_only_that_is_taken_away(form: str, name: str | None) -> None:
    old = with_regions(item(name, HERE, form=form), item("Eve", (0.8, 0.8, 0.1, 0.1)))
    edited = named(old)
    assert found(edited) == [("Ann", HERE), ("Eve", (0.8, 0.8, 0.1, 0.1))]
    left = taken(edited) or b""
    assert found(left) == [(None, HERE), ("Eve", (0.8, 0.8, 0.1, 0.1))]
    assert left.count(b"mwg-rs:Name") == old.count(b"mwg-rs:Name")
    assert named(edited.packet) == Edited(edited.packet)


def test_a_name_that_was_rewritten_as_an_attribute_is_taken_away_wholly() -> None:
    old = with_regions(item(None, HERE, form="attributes"))
    new = named(old).packet or b""
    rewritten = new.replace(b"<mwg-rs:Name>Ann</mwg-rs:Name>", b"")
    rewritten = rewritten.replace(b'mwg-rs:Type="Face"', b'mwg-rs:Name="Ann" mwg-rs:Type="Face"', 1)
    assert found(rewritten) == [("Ann", HERE)]
    left = taken(Edited(rewritten)) or b""
    assert found(left) == [(None, HERE)]
    assert b"mwg-rs:Name" not in left


def test_a_region_that_is_no_face_or_shows_a_whole_group_is_no_match() -> None:
    others = (item("Rex", HERE, kind="Pet"), item(None, HERE, kind="Focus"), item("all", (0.5, 0.5, 1, 1)))
    edited = named(with_regions(*others))
    assert [name for name, _ in found(edited)] == ["Rex", None, "all", "Ann"]


def test_each_region_is_one_face_only_the_closest() -> None:
    old = with_regions(item("Ann", HERE))
    near = NamedFace("Bob", 95, 70, 140, 140)
    edited = named(old, near, FACE)
    assert [name for name, _ in found(edited)] == ["Ann", "Bob"]


def test_regions_for_a_picture_of_another_shape_are_not_added_to() -> None:
    old = with_regions(item("Eve", (0.5, 0.5, 0.1, 0.1)), size=(300, 400))
    edited = named(old)
    assert found(edited) == [("Eve", (0.5, 0.5, 0.1, 0.1))]
    assert "shape" in edited.notes[0]
    assert xmp.read(edited.packet or b"").people == ("Ann",)
    assert [name for name, _ in found(named(old, orientation=1, size=(300, 400)))] == ["Eve", "Ann"]
    assert have_same_shape((1500, 1000), (6000, 4002)) and not have_same_shape((4000, 3000), (4000, 2250))


def test_regions_that_name_no_size_are_added_to() -> None:
    edited = named(with_regions(item("Eve", (0.8, 0.8, 0.1, 0.1)), size=None))
    assert [name for name, _ in found(edited)] == ["Eve", "Ann"]
    assert b"AppliedToDimensions" not in (edited.packet or b"")


def test_microsofts_regions_are_a_match_and_never_written() -> None:
    old = with_microsoft("Ann", "0.2, 0.2, 0.1, 0.2")
    edited = named(old)
    assert [(region.source, region.name) for region in regions_of(edited.packet or b"")] == [
        ("microsoft", "Ann")
    ]
    other = named(with_microsoft("Eve", "0.2,0.2,0.1,0.2"))
    assert other.entries == () and "Eve" in other.notes[0]
    nameless = named(with_microsoft(None, "0.2,0.2,0.1,0.2"))
    assert [(r.source, r.name) for r in regions_of(nameless.packet or b"")] == [
        ("mwg", "Ann"),
        ("microsoft", None),
    ]


def test_only_our_region_is_taken_away_and_not_where_it_was_changed() -> None:
    edited = named(with_regions(item("Eve", (0.8, 0.8, 0.1, 0.1))))
    assert found(taken(edited) or b"") == [("Eve", (0.8, 0.8, 0.1, 0.1))]
    renamed = (edited.packet or b"").replace(b'mwg-rs:Name="Ann"', b'mwg-rs:Name="Anna"')
    assert ("Anna", HERE) in found(taken(Edited(renamed)) or b"")
    moved = (edited.packet or b"").replace(b'stArea:x="0.250000"', b'stArea:x="0.300000"')
    assert "Ann" in [name for name, _ in found(taken(Edited(moved)) or b"")]
    reformatted = (edited.packet or b"").replace(b"0.250000", b"0.25")
    assert [name for name, _ in found(taken(Edited(reformatted)) or b"")] == ["Eve"]


def test_a_run_takes_away_its_own_faces_only() -> None:
    first = named(None)
    change = XmpChange(4, TIME, regions=Regions((NamedFace("Bob", 200, 100, 260, 180),), 400, 300))
    second = edit(first.packet, change)
    mine = [entry for entry in xmp.read(second.packet or b"").applied if entry.run == 3]
    left = remove(second.packet or b"", mine, TIME).packet or b""
    assert [name for name, _ in found(left)] == ["Bob"]
    assert xmp.read(left).people == ("Bob",)
    assert remove(left, xmp.read(left).applied, TIME).packet is None


def test_regions_in_a_list_we_made_outlive_us_when_another_program_adds_one() -> None:
    edited = named(None)
    grown = (edited.packet or b"").replace(
        b"<mwg-rs:RegionList><rdf:Bag>",
        b'<mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Eve"/></rdf:li>',
    )
    assert found(taken(Edited(grown)) or b"") == [("Eve", None)]


def test_a_structure_without_a_list_gets_one_and_loses_it_again() -> None:
    old = packet(
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300"/>'
        "</mwg-rs:Regions>",
        attributes=NAMES,
    )
    edited = named(old)
    assert found(edited) == [("Ann", HERE)]
    left = taken(edited) or b""
    assert b"RegionList" not in left and b"AppliedToDimensions" in left


def test_regions_in_a_form_nobody_knows_are_left() -> None:
    old = packet('<mwg-rs:Regions rdf:resource="urn:x"/>', attributes=NAMES)
    edited = named(old)
    assert "form" in edited.notes[0]
    assert xmp.read(edited.packet or b"").people == ("Ann",)


@pytest.mark.parametrize("area", ["nan", "inf", "-1", "", "x"])
def test_areas_that_are_none_are_read_as_none(area: str) -> None:
    old = with_regions(item("Eve", HERE)).replace(b"<stArea:w>0.1", f"<stArea:w>{area}".encode())
    assert found(old) == [("Eve", None)]
    assert [name for name, _ in found(named(old))] == ["Eve", "Ann"]


def test_pixels_and_circles_are_understood() -> None:
    pixels = with_regions(item("Eve", (100, 90, 40, 60))).replace(b"normalized", b"pixel")
    assert found(pixels) == [("Eve", HERE)]
    circle = with_regions(item("Eve", (0.5, 0.5, 0.25, 0.25), form="attributes"))
    circle = circle.replace(b'stArea:w="0.25" stArea:h="0.25"', b'stArea:d="0.25"')
    assert found(circle) == [("Eve", (0.5, 0.5, 0.25, 0.25))]


def test_a_name_that_holds_nothing_is_refused() -> None:
    with pytest.raises(XmpError, match="keyword"):
        named(None, NamedFace("\x00 ", 1, 1, 9, 9))


@needs_exiftool
def test_exiftool_reads_the_regions(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(named(with_regions(item("Eve", (0.8, 0.8, 0.1, 0.1)))).packet or b"")
    (stated,) = json.loads(run("-j", "-struct", "-XMP:all", str(path)))
    eve, ann = stated["RegionInfo"]["RegionList"]
    assert (eve["Name"], ann["Name"], ann["Type"]) == ("Eve", "Ann", "Face")
    assert ann["Area"] == {"X": 0.25, "Y": 0.3, "W": 0.1, "H": 0.2, "Unit": "normalized"}
    assert stated["PersonInImage"] == ["Ann"]


@needs_exiftool
def test_what_exiftool_rewrote_is_still_taken_away_exactly(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    change = XmpChange(
        3,
        TIME,
        (Keyword("dune", ("Top", "dune")),),
        description="D",
        location=Location("Lisbon"),
        regions=Regions((FACE,), 400, 300, 6),
        home="k3v9",
    )
    old = with_regions(item("Eve", (0.8, 0.8, 0.1, 0.1)), size=(300, 400))
    path.write_bytes(edit(old, change).packet or b"")
    run("-overwrite_original", "-XMP-dc:Creator=Somebody", "-XMP-dc:Title=Theirs", str(path))
    data = path.read_bytes()
    assert b"Somebody" in data
    left = remove(data, xmp.read(data).applied, TIME).packet or b""
    facts = xmp.read(left)
    assert (facts.keywords, facts.hierarchies, facts.people, facts.description) == ((), (), (), None)
    assert (facts.title, facts.location, facts.applied) == ("Theirs", Location(), ())
    assert [name for name, _ in found(left)] == ["Eve"]
    assert b"nivo:" not in left
