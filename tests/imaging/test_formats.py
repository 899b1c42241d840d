"""Which files count as photos, by name and by content."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.imaging.formats import (
    format_of_name,
    is_backup,
    is_sidecar,
    is_temporary,
    is_video,
    sniff,
)
from nivo_tui.model import Format

from .pictures import encoded, scene, tiff


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_1.JPG", Format.JPEG),
        ("a.jpe", Format.JPEG),
        ("a.jfif", Format.JPEG),
        ("x.y.HIF", Format.HEIC),
        ("a.avif", Format.AVIF),
        ("a.TIF", Format.TIFF),
        ("a.nrw", Format.NEF),
        ("a.SR2", Format.ARW),
        ("a.3fr", Format.RAW),
        ("a.x3f", Format.RAW),
        ("a.dng", Format.DNG),
        ("a.txt", None),
        ("jpg", None),
        (".jpg", None),
        ("._IMG_1.JPG", None),
        ("a.jpg.original", None),
        ("a.mov", None),
    ],
)
def test_format_by_name(name: str, expected: Format | None) -> None:
    assert format_of_name(name) is expected


def test_companions_by_name() -> None:
    assert is_sidecar("a.NEF.xmp")
    assert is_sidecar("IMG_1.AAE")
    assert not is_sidecar("a.jpg")
    assert all(is_backup(name) for name in ("a.jpg.original", "a.jpg.original.12", "a.jpg_original"))
    assert not any(is_backup(name) for name in ("original.jpg", "a.original.jpg", "a.original.x"))
    assert is_video("a.MOV")
    assert not is_video("a.heic")
    assert is_temporary("a.jpg.nivo-1f2e.tmp")
    assert not is_temporary("nivo-holiday.jpg")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("JPEG", Format.JPEG), ("PNG", Format.PNG), ("WEBP", Format.WEBP), ("AVIF", Format.AVIF)],
)
def test_content_decides_over_the_name(kind: str, expected: Format) -> None:
    data = encoded(scene(40, 30), kind)
    assert sniff(data, "a.nef") is expected
    assert sniff(data, "a.txt") is expected


def test_tiff_magic_is_told_apart_by_name_and_tags() -> None:
    plain = tiff([bytes(160)])
    assert sniff(plain, "a.tif") is Format.TIFF
    assert sniff(plain, "a.jpg") is Format.TIFF
    assert sniff(plain, "a.NEF") is Format.NEF
    assert sniff(plain, "a.pef") is Format.PEF
    with_dng_version = plain.replace(b"\x0e\x01\x02\x00", b"\x12\xc6\x02\x00")
    assert sniff(with_dng_version, "a.tif") is Format.DNG


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Format.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Format.AVIF),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", Format.CR3),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  qt  ", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42", None),
        (b"FUJIFILMCCD-RAW 0201", Format.RAF),
        (b"IIU\0\x18\0\0\0", Format.RW2),
        (b"IIRO\x08\0\0\0", Format.ORF),
        (b"II*\0\x10\0\0\0CR\x02\0", Format.CR2),
        (b"just a text that someone called a photo", None),
        (b"", None),
        (b"\xff\xd8", None),
    ],
)
def test_content_by_magic(head: bytes, expected: Format | None) -> None:
    assert sniff(head, "a.jpg") is expected


@given(st.binary(max_size=300), st.sampled_from(("a.jpg", "a.nef", "a.heic", "a")))
def test_sniffing_never_raises(head: bytes, name: str) -> None:
    for magic in (b"", b"II*\0", b"MM\0*", b"\0\0\0\x20ftyp", b"RIFF"):
        assert sniff(magic + head, name) in (None, *Format)


def test_the_module_is_light() -> None:
    code = "import sys, nivo_tui.imaging.formats; print({'numpy', 'PIL', 'cv2', 'rawpy'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
