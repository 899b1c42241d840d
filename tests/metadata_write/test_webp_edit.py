"""The XMP of a WebP: simple files that become extended ones, flags and sizes, and that all else stays."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import BlockChange, Editable
from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.containers.webp_edit import EditableWebp, WebpError
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.read import metadata_from
from nivo_tui.model import Format
from tests.metadata_write.builders import bag, packet
from tests.metadata_write.builders_chunks import (
    decoded,
    encoded,
    picture,
    riff,
    riff_chunk,
    riff_chunks,
    webp,
)

OLD = packet(bag("dc:subject", "sea"), padding=b"")
NEW = packet(bag("dc:subject", "sea", "Zürich", "日本"))
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
XMP_FLAG, EXIF_FLAG, ALPHA_FLAG, ICC_FLAG, ANIMATION_FLAG = 0x04, 0x08, 0x10, 0x20, 0x02


def change(data: bytes, new: bytes | None) -> bytes:
    """The file with another packet, which the inverse edits turn into the old file again."""
    editable: Editable = EditableWebp(data)
    edits = editable.edit(BlockChange(xmp=new))
    changed = apply_edits(data, edits)
    assert apply_edits(changed, inverse(data, edits)) == data
    again = EditableWebp(changed)
    assert again.packet == new
    assert again.edit(BlockChange(xmp=new)) == ()
    return changed


def kinds(data: bytes) -> list[bytes]:
    return [kind for kind, _ in riff_chunks(data)]


def flags(data: bytes) -> int:
    return dict(riff_chunks(data))[b"VP8X"][0]


def rest(data: bytes) -> list[tuple[bytes, bytes]]:
    return [(kind, body) for kind, body in riff_chunks(data) if kind not in (b"VP8X", b"XMP ", b"XMP\0")]


def simple(mode: str = "RGB", *, lossless: bool = False) -> bytes:
    """The image chunk of a simple file."""
    (image,) = riff_chunks(webp(mode, lossless=lossless))
    return riff_chunk(*image)


def vp8x(flag: int = 0, size: tuple[int, int] = (40, 30), more: bytes = b"") -> bytes:
    sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return riff_chunk(b"VP8X", struct.pack("<I", flag) + sides + more)


def see_through() -> Image.Image:
    image = picture("RGBA")
    image.putalpha(picture("L").resize(image.size))
    return image


@pytest.mark.parametrize("kind", ["lossy", "lossless", "lossless with alpha"])
def test_a_simple_file_is_extended_and_becomes_simple_again(kind: str) -> None:
    if kind == "lossless with alpha":
        old = encoded("WEBP", see_through(), lossless=True)
    else:
        old = webp(lossless=kind == "lossless")
    assert len(riff_chunks(old)) == 1
    new = change(old, NEW)
    assert kinds(new) == [b"VP8X", kinds(old)[0], b"XMP "]
    assert flags(new) == XMP_FLAG | (ALPHA_FLAG if "alpha" in kind else 0)
    assert riff_chunks(new)[0][1][4:] == b"\x27\0\0\x1d\0\0"
    assert rest(new) == rest(old)
    assert decoded(new) == decoded(old)
    assert metadata_from(from_bytes(new), len(new), Format.WEBP).keywords == ("sea", "Zürich", "日本")
    assert change(change(new, OLD), None) == old


def test_an_extended_file_gets_the_packet_last_and_its_flag() -> None:
    old = webp(exif=EXIF, icc_profile=b"p" * 131)
    new = change(old, NEW)
    assert kinds(new) == [*kinds(old), b"XMP "]
    assert flags(new) == EXIF_FLAG | ICC_FLAG | XMP_FLAG
    assert rest(new) == rest(old)
    assert decoded(new) == decoded(old)
    assert change(new, None) == old


def test_an_animation_and_a_picture_with_lossy_alpha_stay_as_they_are() -> None:
    frames = [picture(), picture().rotate(90)]
    animated = encoded("WEBP", frames[0], save_all=True, append_images=frames[1:], duration=70)
    with_alpha = encoded("WEBP", see_through())
    for old, flag in ((animated, ANIMATION_FLAG), (with_alpha, ALPHA_FLAG)):
        new = change(old, NEW)
        assert flags(new) == flags(old) | XMP_FLAG
        assert flags(old) & flag
        assert rest(new) == rest(old)
        assert decoded(new) == decoded(old)
        assert change(new, None) == old


@pytest.mark.parametrize("kind", [b"XMP ", b"XMP\0"])
@pytest.mark.parametrize("flag", [0, XMP_FLAG])
def test_an_old_packet_is_replaced_where_it_stands(kind: bytes, flag: int) -> None:
    held, exif = riff_chunk(kind, OLD), riff_chunk(b"EXIF", EXIF)
    old = riff(vp8x(flag | EXIF_FLAG), simple(), held, exif)
    assert EditableWebp(old).packet == OLD
    new = change(old, NEW)
    assert kinds(new) == [b"VP8X", b"VP8 ", b"XMP ", b"EXIF"]
    assert flags(new) == EXIF_FLAG | XMP_FLAG
    assert rest(new) == rest(old)
    assert change(new, None) == riff(vp8x(EXIF_FLAG), simple(), exif)


def test_packets_that_say_the_same_become_one_and_others_are_refused() -> None:
    same = riff_chunk(b"XMP ", OLD), riff_chunk(b"XMP\0", OLD + b"\n")
    assert kinds(change(riff(vp8x(XMP_FLAG), simple(), *same), NEW)) == [b"VP8X", b"VP8 ", b"XMP "]
    other = riff(vp8x(XMP_FLAG), simple(), same[0], riff_chunk(b"XMP ", NEW))
    with pytest.raises(WebpError, match="two different XMP"):
        change(other, NEW)


def test_an_empty_chunk_is_no_packet_and_is_used_again() -> None:
    old = riff(vp8x(XMP_FLAG), simple(), riff_chunk(b"XMP ", b""), riff_chunk(b"EXIF", EXIF))
    assert EditableWebp(old).packet is None
    assert kinds(change(old, NEW)) == kinds(old)


@pytest.mark.parametrize(
    "parts",
    [
        (vp8x(EXIF_FLAG), simple(), riff_chunk(b"EXIF", EXIF)),
        (vp8x(), simple(), riff_chunk(b"abcd", b"unknown")),
        (vp8x(0x80), simple()),
        (vp8x(ALPHA_FLAG), simple()),
        (vp8x(more=b"\1\2"), simple()),
        (vp8x(size=(80, 60)), simple()),
    ],
)
def test_an_extended_file_that_says_more_than_its_picture_stays_one(parts: tuple[bytes, ...]) -> None:
    old = riff(*parts)
    assert change(change(old, NEW), None) == old


def test_chunks_that_were_passed_over_in_a_simple_file_are_not_brought_into_play() -> None:
    old = riff(simple(), riff_chunk(b"EXIF", EXIF), riff_chunk(b"ICCP", b"p" * 20))
    new = change(old, NEW)
    assert flags(new) == XMP_FLAG
    assert rest(new) == rest(old)
    assert decoded(new) == decoded(old)


def test_a_last_chunk_without_its_padding_gets_it() -> None:
    odd = riff_chunk(b"abcd", b"odd")[:-1]
    for old in (riff(vp8x(), simple(), odd), riff(vp8x(), simple(), odd, more=1)):
        assert riff_chunks(change(old, NEW))[2:] == [(b"abcd", b"odd"), (b"XMP ", NEW)]
    odd = riff_chunk(b"XMP ", OLD + b" " * (1 - len(OLD) % 2))[:-1]
    new = change(riff(vp8x(XMP_FLAG), simple(), odd), NEW)
    assert riff_chunks(new)[2:] == [(b"XMP ", NEW)]


def test_a_size_that_does_not_count_the_padding_is_set_right() -> None:
    odd = riff_chunk(b"abcd", b"odd")
    old = riff(vp8x(), simple(), odd, more=-1)
    assert riff_chunks(change(old, NEW))[2:] == [(b"abcd", b"odd"), (b"XMP ", NEW)]


def test_a_size_that_counts_the_header_is_set_right() -> None:
    old = riff(vp8x(), simple(), more=8)
    assert kinds(change(old, NEW)) == [b"VP8X", b"VP8 ", b"XMP "]


def test_what_stands_behind_the_container_stays() -> None:
    for trailer in (b"\0" * 40, b"SEFT", riff_chunk(b"EXIF", EXIF), b"x"):
        old = webp() + trailer
        new = change(old, NEW)
        assert new == change(webp(), NEW) + trailer
        assert change(new, None) == old


def test_xmp_behind_the_container_is_refused() -> None:
    with pytest.raises(WebpError, match="behind its end"):
        EditableWebp(webp() + riff_chunk(b"EXIF", EXIF) + riff_chunk(b"XMP ", OLD))


def test_content_credentials_are_kept_and_said_to_be_passed_over() -> None:
    assert EditableWebp(webp()).notes == ()
    assert "C2PA" in EditableWebp(riff(vp8x(), simple(), riff_chunk(b"C2PA", b"jumb"))).notes[0]


@pytest.mark.parametrize("whole", [webp(), riff(vp8x(XMP_FLAG), simple(), riff_chunk(b"XMP ", OLD))])
def test_a_file_that_is_cut_off_is_refused_at_every_length(whole: bytes) -> None:
    for length in range(len(whole) - 1):
        with pytest.raises(WebpError):
            EditableWebp(whole[:length])


def test_what_is_no_webp_or_has_no_picture_is_refused() -> None:
    image = simple()
    for data in (
        b"",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF" + webp()[4:8] + b"WAVE" + webp()[12:],
        b"RF64" + webp()[4:],
        riff(vp8x()),
        riff(vp8x()[:12] + b"\0\0", image),
        riff(image, vp8x()),
        riff(image, image),
        riff(image, riff_chunk(b"ANMF", b"a frame")),
        riff(vp8x(), riff_chunk(b"VP8 ", b"")),
        riff(vp8x(), vp8x(), image),
        riff(riff_chunk(b"ALPH", b"\0"), image),
        riff(vp8x(), image, b"\0" * 8),
        riff(vp8x(), image, b"\1\2\3"),
        riff(vp8x(), image, riff_chunk(b"abcd", b"") * 70_000),
        riff(vp8x(), image, more=9),
    ):
        with pytest.raises(WebpError):
            EditableWebp(data)


@pytest.mark.parametrize(
    "image",
    [
        riff_chunk(b"VP8L", b"\x2e" + b"\0" * 20),
        riff_chunk(b"VP8L", b"\x2f"),
        riff_chunk(b"VP8 ", b"\1" + b"\0" * 20),
        riff_chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + b"\0" * 20),
    ],
)
def test_a_simple_file_whose_size_is_unknown_is_refused(image: bytes) -> None:
    with pytest.raises(WebpError, match="size of its picture"):
        EditableWebp(riff(image)).edit(BlockChange(xmp=NEW))


def test_only_xmp_is_changed() -> None:
    editable = EditableWebp(webp())
    assert editable.edit(BlockChange()) == ()
    assert editable.edit(BlockChange(xmp=None, iptc=None)) == ()
    assert (editable.iptc, editable.iptc_refusal, editable.exif_texts) == (None, "", None)
    with pytest.raises(WebpError):
        editable.edit(BlockChange(iptc=b"\x1c\x02\x19\0\x03sea"))
    with pytest.raises(WebpError):
        editable.edit(BlockChange(exif={"exif:UserComment": "text"}))


def test_repeated_edits_do_not_let_the_file_grow() -> None:
    data = webp()
    lengths = set()
    for word in ("sea", "sun", "sky"):
        data = change(data, packet(bag("dc:subject", word)))
        lengths.add(len(data))
    assert len(lengths) == 1


@given(
    parts=st.sampled_from(
        [(simple(),), (simple(lossless=True),), (vp8x(XMP_FLAG), simple(), riff_chunk(b"XMP ", OLD))]
    ),
    changes=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
    ),
)
def test_a_damaged_file_is_written_without_loss_or_refused(
    parts: tuple[bytes, ...], changes: list[tuple[int, int, bytes]]
) -> None:
    data = riff(*parts)
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    try:
        change(data, NEW)
    except RefusedError:
        return
