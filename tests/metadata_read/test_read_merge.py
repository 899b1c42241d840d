"""One answer from a file and its sidecars."""

from __future__ import annotations

import os
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from nivo_tui.errors import UnreadableError
from nivo_tui.metadata.read import read_metadata
from nivo_tui.model import Capture, FileMetadata, Format, Gps

from .read_builders import ASCII, BYTE, SHORT, dataset, jpeg, subjects, tiff, xmp_packet

UTF8 = dataset(1, 90, b"\x1b%G")


def make(folder: Path, name: str, **parts: object) -> str:
    path = folder / name
    path.write_bytes(jpeg(**parts))
    return str(path)


def sidecar(folder: Path, name: str, body: str) -> None:
    (folder / name).write_bytes(xmp_packet(body))


def read(path: str, fmt: Format = Format.JPEG, **options: object) -> FileMetadata:
    return read_metadata(path, fmt, **options)


def test_keywords_are_the_union_in_order(tmp_path: Path) -> None:
    exif = tiff({0x9C9E: (BYTE, "four;two".encode("utf-16-le"))})
    path = make(
        tmp_path,
        "a.jpg",
        exif=exif,
        xmp=xmp_packet(subjects("one", "two")),
        iptc=dataset(2, 25, b"three") + dataset(2, 25, b"one"),
    )
    sidecar(tmp_path, "a.jpg.xmp", subjects("five", "three"))
    assert read(path).keywords == ("one", "two", "three", "four", "five")
    assert read(path, sidecars=False).keywords == ("one", "two", "three", "four")


def test_one_keyword_in_two_spellings_of_unicode_is_one(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Zürich")
    path = make(
        tmp_path, "a.jpg", xmp=xmp_packet(subjects("Zürich")), iptc=UTF8 + dataset(2, 25, decomposed.encode())
    )
    assert read(path).keywords == ("Zürich",)


def test_case_makes_two_keywords(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jpg", xmp=xmp_packet(subjects("Beach", "beach")))
    assert read(path).keywords == ("Beach", "beach")


def test_a_keyword_that_iptc_had_to_cut_is_no_second_one(tmp_path: Path) -> None:
    long = "ü" * 40
    cut = long.encode()[:64]
    path = make(
        tmp_path,
        "a.jpg",
        xmp=xmp_packet(subjects(long)),
        iptc=UTF8 + dataset(2, 25, cut) + dataset(2, 25, b"ab"),
    )
    assert read(path).keywords == (long, "ab")


def test_rating_label_and_texts_of_the_sidecar_come_first(tmp_path: Path) -> None:
    inside = "<xmp:Rating>2</xmp:Rating><xmp:Label>Red</xmp:Label>"
    path = make(
        tmp_path,
        "a.jpg",
        xmp=xmp_packet(inside),
        exif=tiff({0x10E: (ASCII, "from Exif"), 0x4746: (SHORT, 1)}),
    )
    assert (read(path).rating, read(path).label, read(path).description) == (2, "Red", "from Exif")
    text = '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">beside</rdf:li></rdf:Alt></dc:description>'
    sidecar(tmp_path, "a.xmp", f"<xmp:Rating>-1</xmp:Rating>{text}")
    found = read(path)
    assert (found.rating, found.label, found.description) == (-1, "Red", "beside")


def test_exif_s_rating_where_there_is_no_other(tmp_path: Path) -> None:
    assert read(make(tmp_path, "a.jpg", exif=tiff({0x4746: (SHORT, 3)}))).rating == 3


def test_iptc_texts_come_before_exif_s(tmp_path: Path) -> None:
    iptc = dataset(2, 120, b"caption") + dataset(2, 5, b"title")
    path = make(tmp_path, "a.jpg", iptc=iptc, exif=tiff({0x10E: (ASCII, "from Exif")}))
    assert (read(path).title, read(path).description) == ("title", "caption")


def test_xmp_s_time_stands_in_for_exif_s(tmp_path: Path) -> None:
    xmp = xmp_packet("<xmp:CreateDate>2020-01-02T03:04:05</xmp:CreateDate>")
    changed = {0x132: (ASCII, "2021:01:01 00:00:00")}
    without = read(make(tmp_path, "a.jpg", xmp=xmp, exif=tiff(changed))).capture
    assert (without.taken_at, without.taken_from) == (datetime(2020, 1, 2, 3, 4, 5), "xmp")
    own = tiff(changed, exif={0x9004: (ASCII, "2019:01:01 00:00:00")})
    assert read(make(tmp_path, "b.jpg", xmp=xmp, exif=own)).capture.taken_from == "digitized"


CAPTURE_IN_XMP = (
    "<tiff:Make>Canon</tiff:Make><tiff:Model>Canon EOS R5</tiff:Model><aux:Lens>EF24-70mm f/2.8L</aux:Lens>"
    "<exif:FNumber>28/10</exif:FNumber><exif:ExposureTime>1/250</exif:ExposureTime>"
    "<exif:ISOSpeedRatings><rdf:Seq><rdf:li>400</rdf:li></rdf:Seq></exif:ISOSpeedRatings>"
    "<exif:FocalLength>50/1</exif:FocalLength><exif:GPSLatitude>48,30.6S</exif:GPSLatitude>"
    "<exif:GPSLongitude>2,15,36E</exif:GPSLongitude><exif:GPSAltitude>105/10</exif:GPSAltitude>"
    "<exif:GPSAltitudeRef>1</exif:GPSAltitudeRef>"
)


@pytest.mark.parametrize(
    "flash",
    [
        '<exif:Flash rdf:parseType="Resource"><exif:Fired>True</exif:Fired></exif:Flash>',
        '<exif:Flash exif:Fired="True"/>',
        '<exif:Flash><rdf:Description exif:Fired="True"/></exif:Flash>',
    ],
)
def test_a_capture_that_xmp_alone_states(tmp_path: Path, flash: str) -> None:
    capture = read(make(tmp_path, "a.jpg", xmp=xmp_packet(CAPTURE_IN_XMP + flash))).capture
    assert (capture.camera, capture.lens) == ("Canon EOS R5", "EF24-70mm f/2.8L")
    assert (capture.aperture, capture.exposure_s, capture.iso, capture.focal_mm) == (2.8, 1 / 250, 400, 50)
    assert capture.flash_fired is True
    assert capture.gps == Gps(-48.51, 2.26, -10.5)


@pytest.mark.parametrize("value", ["", "0/0", "x", "inf", "nan", "1e999", "-3", "99999999999999999999"])
def test_senseless_values_in_xmp_are_unknown(tmp_path: Path, value: str) -> None:
    names = ("FNumber", "ExposureTime", "ISOSpeedRatings", "FocalLength", "GPSLatitude", "GPSAltitude")
    body = "".join(f"<exif:{name}>{value}</exif:{name}>" for name in names)
    assert read(make(tmp_path, "a.jpg", xmp=xmp_packet(body))).capture == Capture()


def test_exif_s_capture_comes_before_xmp_s_and_the_sidecar_s_fills(tmp_path: Path) -> None:
    exif = tiff({0x10F: (ASCII, "Own")}, exif={0x8827: (SHORT, 100)})
    path = make(tmp_path, "a.jpg", exif=exif, xmp=xmp_packet("<tiff:Model>Inside</tiff:Model>"))
    sidecar(tmp_path, "a.jpg.xmp", CAPTURE_IN_XMP)
    capture = read(path).capture
    assert (capture.make, capture.model, capture.lens, capture.iso) == (
        "Own",
        "Inside",
        "EF24-70mm f/2.8L",
        100,
    )


@pytest.mark.parametrize("extension", ["xmp", "XMP"])
def test_both_names_of_a_sidecar_in_either_case(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path, "a.jpg")
    sidecar(tmp_path, f"a.jpg.{extension}", subjects("long name"))
    sidecar(tmp_path, f"a.{extension}", subjects("short name"))
    assert read(path).keywords == ("long name", "short name")
    assert read(path, names=os.listdir(tmp_path)).keywords == ("long name", "short name")
    assert read(path, names=["a.jpg"]).keywords == ()


@pytest.mark.parametrize("known", [False, True])
def test_a_shared_name_belongs_to_the_raw(tmp_path: Path, known: bool) -> None:
    picture, raw = make(tmp_path, "a.jpg"), make(tmp_path, "a.NEF")
    sidecar(tmp_path, "a.xmp", subjects("raw's"))
    names = os.listdir(tmp_path) if known else None
    assert read(picture, names=names).keywords == ()
    assert read(raw, Format.NEF, names=names).keywords == ("raw's",)


def test_a_name_shared_by_two_pictures_is_neither_s(tmp_path: Path) -> None:
    first, second = make(tmp_path, "a.jpg"), make(tmp_path, "a.png")
    make(tmp_path, "other.jpg")
    sidecar(tmp_path, "a.xmp", subjects("whose?"))
    assert read(first).keywords == read(second, Format.PNG).keywords == ()
    os.remove(second)
    (tmp_path / "a.mov").write_bytes(b"")
    assert read(first).keywords == ("whose?",)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, "a.jpg")
    sidecar(tmp_path, "a.xmp", subjects("beside"))

    def refuse(folder: str) -> list[str]:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "listdir", refuse)
    assert read(path).keywords == ("beside",)


def test_a_sidecar_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jpg")
    with (tmp_path / "a.jpg.xmp").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    (tmp_path / "a.XMP").mkdir()
    assert read(path).problems == ("the sidecar a.jpg.xmp is too large to be read",)
    assert read(path, names=["a.XMP"]).problems[0].startswith("the sidecar a.XMP cannot be read")


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_a_sidecar_may_say_whose_it_is(tmp_path: Path, form: str) -> None:
    picture, raw = make(tmp_path, "a.JPG"), make(tmp_path, "a.NEF")
    stated = "<photoshop:SidecarForExtension>jpg</photoshop:SidecarForExtension>"
    packet = xmp_packet(subjects("jpeg's") + (stated if form == "element" else ""))
    if form == "attribute":
        packet = packet.replace(b' rdf:about=""', b' rdf:about="" photoshop:SidecarForExtension="jpg"')
    (tmp_path / "a.xmp").write_bytes(packet)
    assert read(picture).keywords == ("jpeg's",)
    assert read(raw, Format.NEF).keywords == ()


def test_a_damaged_packet_is_a_problem_and_what_it_says_is_seen(tmp_path: Path) -> None:
    packet = xmp_packet(subjects("castle"))
    broken = make(tmp_path, "broken.jpg", xmp=b"<x:xmpmeta>nothing closes")
    behind = make(tmp_path, "behind.jpg", xmp=packet + b"<li>left over</li>")
    latin = make(tmp_path, "latin.jpg", xmp=packet.replace(b"castle", b"ch\xe2teau"))
    wide = make(tmp_path, "wide.jpg", xmp=packet.decode().replace("\ufeff", "").encode("utf-16"))
    assert read(broken).keywords == ()
    assert read(behind).keywords == ("castle",)
    assert read(latin).keywords == ("château",)
    assert read(wide).keywords == ("castle",)
    for path in (broken, behind, latin, wide):
        assert len(read(path).problems) == 1, path


def test_an_entity_is_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    head = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
    path = make(tmp_path, "a.jpg", xmp=head + xmp_packet(subjects("&e;")))
    found = read(path)
    assert "secret" not in "".join(found.keywords)
    assert found.problems


def test_empty_packets_are_no_problem(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jpg", xmp=b"\0\0 \n")
    (tmp_path / "a.xmp").write_bytes(b"")
    assert read(path).problems == ()


def test_a_damaged_sidecar_names_itself(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jpg")
    (tmp_path / "a.jpg.xmp").write_bytes(b"<oops")
    assert "a.jpg.xmp" in read(path).problems[0]


@pytest.mark.parametrize("name", ["missing.jpg", "folder", "a\0b.jpg"])
def test_a_file_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnreadableError, match="cannot be read"):
        read_metadata(f"{tmp_path}{os.sep}{name}", Format.JPEG)


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("names are UTF-16 here")
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    try:
        Path(path).write_bytes(jpeg(size=(3, 2)))
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    assert read_metadata(path, Format.JPEG).width == 3
