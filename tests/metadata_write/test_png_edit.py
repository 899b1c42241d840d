"""The XMP of a PNG: the forms it is read from, where it goes, and that all else stays."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import BlockChange, Editable
from nivo_tui.metadata.containers.png_edit import EditablePng, PngError
from nivo_tui.metadata.containers.source import from_bytes
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.read import metadata_from
from nivo_tui.model import Format
from tests.metadata_write.builders import bag, packet
from tests.metadata_write.builders_chunks import (
    XMP_KEYWORD,
    chunk,
    decoded,
    encoded,
    itxt,
    picture,
    png,
    png_chunks,
    raw_profile,
)

OLD = packet(bag("dc:subject", "sea"), padding=b"")
NEW = packet(bag("dc:subject", "sea", "Zürich", "日本"))
APP1 = b"http://ns.adobe.com/xap/1.0/\0"
DOT = struct.Struct(">7I")

FORMS = {
    "iTXt": itxt(OLD),
    "iTXt, compressed": itxt(OLD, compressed=True),
    "iTXt, translated": itxt(OLD, translated=b"XMP"),
    "tEXt": chunk(b"tEXt", XMP_KEYWORD + b"\0" + OLD),
    "raw profile xmp, zTXt": raw_profile(b"xmp", OLD),
    "raw profile xmp, tEXt": raw_profile(b"xmp", OLD, b"tEXt"),
    "raw profile xmp, iTXt": raw_profile(b"xmp", OLD, b"iTXt"),
    "raw profile xmp with a header": raw_profile(b"xmp", APP1 + OLD),
    "raw profile APP1": raw_profile(b"APP1", APP1 + OLD, title=b"generic profile"),
}


def change(data: bytes, new: bytes | None) -> bytes:
    """The file with another packet, which the inverse edits turn into the old file again."""
    editable: Editable = EditablePng(data)
    edits = editable.edit(BlockChange(xmp=new))
    changed = apply_edits(data, edits)
    assert apply_edits(changed, inverse(data, edits)) == data
    again = EditablePng(changed)
    assert again.packet == new
    assert again.edit(BlockChange(xmp=new)) == ()
    return changed


def rest(data: bytes) -> list[tuple[bytes, bytes]]:
    return [(kind, body) for kind, body in png_chunks(data) if b"xmpmeta" not in body]


def kinds(data: bytes) -> list[bytes]:
    return [kind for kind, _ in png_chunks(data)]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_new_packet_goes_before_the_image_data_and_leaves_without_a_trace(mode: str) -> None:
    old = encoded("PNG", Image.new(mode, (5, 4)) if mode == "I;16" else picture(mode), dpi=(72, 72))
    new = change(old, NEW)
    assert png_chunks(new)[kinds(new).index(b"IDAT") - 1] == (b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + NEW)
    assert rest(new) == png_chunks(old)
    assert decoded(new) == decoded(old)
    assert change(new, None) == old


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("behind", [False, True])
def test_an_old_packet_is_replaced_where_it_stands(form: str, behind: bool) -> None:
    held = FORMS[form]
    old = png(behind=(held, chunk(b"tEXt", b"a\0b"))) if behind else png(held, chunk(b"tEXt", b"a\0b"))
    assert EditablePng(old).packet == OLD
    new = change(old, NEW)
    assert [k if k != b"zTXt" else b"iTXt" for k in kinds(new)].count(b"iTXt") == 1
    assert kinds(new).index(b"iTXt") == kinds(new).index(b"tEXt") - 1
    assert metadata_from(from_bytes(new), len(new), Format.PNG).keywords == ("sea", "Zürich", "日本")
    assert decoded(new) == decoded(old)
    assert len(change(new, packet("", padding=b""))) < len(new)


def test_a_translated_keyword_stays() -> None:
    new = change(png(FORMS["iTXt, translated"]), NEW)
    assert (b"iTXt", XMP_KEYWORD + b"\0\0\0\0XMP\0" + NEW) in png_chunks(new)


def test_packets_that_say_the_same_become_one() -> None:
    old = png(raw_profile(b"xmp", OLD + b"\n"), itxt(OLD), behind=(itxt(OLD, compressed=True),))
    assert kinds(change(old, NEW)) == [b"IHDR", b"iTXt", b"IDAT", b"IEND"]
    assert kinds(change(old, None)) == [b"IHDR", b"IDAT", b"IEND"]


def test_packets_that_differ_are_refused() -> None:
    with pytest.raises(PngError, match="two different XMP"):
        change(png(itxt(OLD), raw_profile(b"xmp", NEW)), NEW)


def test_an_empty_chunk_is_no_packet_and_is_used_again() -> None:
    old = png(itxt(b""))
    assert EditablePng(old).packet is None
    assert kinds(change(old, NEW)) == kinds(old)


@pytest.mark.parametrize(
    "held",
    [
        raw_profile(b"exif", b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
        raw_profile(b"APP1", b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
        raw_profile(b"iptc", b"\x1c\x02\x19\0\x03sea"),
        chunk(b"zTXt", b"Raw profile type exif\0\0not deflated"),
        chunk(b"tEXt", b"Title\0<x:xmpmeta/>"),
        chunk(b"tEXt", b"no end of the keyword " * 20),
        chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
        chunk(b"tIME", b"\x07\xe8\x01\x01\0\0\0"),
    ],
)
def test_other_texts_and_exif_stay_as_they_are(held: bytes) -> None:
    old = png(held)
    assert EditablePng(old).packet is None
    new = change(old, NEW)
    assert held in new
    assert change(new, None) == old


@pytest.mark.parametrize(
    "held",
    [
        itxt(OLD, language=b"en"),
        chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0no further NUL"),
        chunk(b"iTXt", XMP_KEYWORD + b"\0\x01\0\0\0not deflated"),
        chunk(b"iTXt", XMP_KEYWORD + b"\0\x01\x07\0\0" + b"x\x9c"),
        chunk(b"zTXt", XMP_KEYWORD + b"\0"),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 3\nabcde\n"),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 3\nno hex\n"),
        itxt(b" " * (17 << 20), compressed=True),
    ],
)
def test_xmp_that_cannot_be_read_is_refused(held: bytes) -> None:
    with pytest.raises(PngError):
        EditablePng(png(held))


def test_much_xmp_in_little_room_is_refused() -> None:
    packed = itxt(b"<x/>" + b" " * (7 << 20), compressed=True)
    with pytest.raises(PngError, match="more XMP"):
        EditablePng(png(packed, packed, packed))


def test_a_wrong_checksum_is_refused_where_it_counts_and_kept_elsewhere() -> None:
    text = bytearray(chunk(b"tEXt", b"a\0b"))
    text[-1] ^= 1
    old = png(bytes(text))
    editable = EditablePng(old)
    assert bytes(text) in apply_edits(old, editable.edit(BlockChange(xmp=NEW)))
    held = bytearray(itxt(OLD))
    held[-1] ^= 1
    with pytest.raises(PngError, match="checksum"):
        EditablePng(png(bytes(held))).edit(BlockChange(xmp=NEW))
    header = bytearray(png())
    header[30] ^= 1
    with pytest.raises(PngError, match="checksum"):
        EditablePng(bytes(header))


def test_what_stands_behind_the_end_stays() -> None:
    for trailer in (b"x", b"\0" * 100, itxt(OLD), b"PK\x03\x04 and more"):
        old = png(trailer=trailer)
        assert EditablePng(old).packet is None
        new = change(old, NEW)
        assert new.endswith(b"IEND\xaeB`\x82" + trailer)
        assert change(new, None) == old


def test_the_mark_of_an_animation_and_its_frames_stay_in_their_places() -> None:
    frames = [picture(), picture().rotate(90), picture().rotate(180)]
    old = encoded("PNG", frames[0], save_all=True, append_images=frames[1:], duration=70)
    assert kinds(old)[:4] == [b"IHDR", b"acTL", b"fcTL", b"IDAT"]
    new = change(old, NEW)
    assert kinds(new)[:5] == [b"IHDR", b"acTL", b"iTXt", b"fcTL", b"IDAT"]
    assert decoded(new) == decoded(old)


def test_places_that_idot_names_stay_true() -> None:
    body = encoded("PNG", picture("RGB", (200, 100)))
    data = dict(png_chunks(body))[b"IDAT"]
    halves = chunk(b"IDAT", data[:100]), chunk(b"IDAT", data[100:])
    edges = body[: body.index(b"IDAT") - 4], body[body.index(b"IEND") - 4 :]

    def screenshot(before: bytes = b"", between: bytes = b"", wrong: int = 0) -> bytes:
        first = 40 + len(between)
        dot = chunk(b"iDOT", DOT.pack(2, 0, 50, first + wrong, 50, 50, first + len(halves[0]) + wrong))
        return b"".join((edges[0], before, dot, between, *halves, edges[1]))

    assert change(screenshot(), NEW) == screenshot(itxt(NEW))
    assert change(screenshot(itxt(OLD)), NEW) == screenshot(itxt(NEW))
    assert change(screenshot(between=itxt(OLD)), NEW) == screenshot(between=itxt(NEW))
    assert change(screenshot(between=itxt(OLD)), None) == screenshot()
    stale = change(screenshot(between=itxt(OLD), wrong=4), NEW)
    assert (
        dict(png_chunks(stale))[b"iDOT"] == dict(png_chunks(screenshot(between=itxt(OLD), wrong=4)))[b"iDOT"]
    )


def test_a_picture_of_an_iphone_program_is_written() -> None:
    old = png()
    old = old[:8] + chunk(b"CgBI", b"P\0 \x02") + old[8:]
    assert kinds(change(old, NEW))[:3] == [b"CgBI", b"IHDR", b"iTXt"]


def test_content_credentials_are_kept_and_said_to_be_passed_over() -> None:
    assert EditablePng(png()).notes == ()
    assert "C2PA" in EditablePng(png(chunk(b"caBX", b"jumb"))).notes[0]


def test_a_file_that_is_cut_off_is_refused_at_every_length() -> None:
    whole = png(itxt(OLD))
    for length in range(len(whole)):
        with pytest.raises(PngError):
            EditablePng(whole[:length])


def test_what_is_no_png_or_has_no_picture_is_refused() -> None:
    end = chunk(b"IEND")
    header = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    signature = b"\x89PNG\r\n\x1a\n"
    for data in (
        b"",
        b"RIFF",
        b"\x8aMNG\r\n\x1a\n" + png()[8:],
        b"\x8bJNG\r\n\x1a\n" + png()[8:],
        signature + end,
        signature + header + end,
        signature + chunk(b"IDAT", b"x") + header + end,
        signature + header + chunk(b"IDAT") + end,
        signature + chunk(b"IHDR") + chunk(b"IDAT", b"x") + end,
        signature + header + header + chunk(b"IDAT", b"x") + end,
        signature + header + chunk(b"\0\1\2\3") + chunk(b"IDAT", b"x") + end,
        signature + header + b"\xff\xff\xff\xffIDAT" + b"x" * 50 + end,
        signature + header + chunk(b"tEXt") * 70_000 + end,
    ):
        with pytest.raises(PngError):
            EditablePng(data)


def test_only_xmp_is_changed() -> None:
    editable = EditablePng(png(itxt(OLD)))
    assert editable.edit(BlockChange()) == ()
    assert editable.edit(BlockChange(iptc=None)) == ()
    assert (editable.iptc, editable.iptc_refusal, editable.exif_texts) == (None, "", None)
    with pytest.raises(PngError):
        editable.edit(BlockChange(iptc=b"\x1c\x02\x19\0\x03sea"))
    with pytest.raises(PngError):
        editable.edit(BlockChange(exif={"exif:UserComment": "text"}))


def test_repeated_edits_do_not_let_the_file_grow() -> None:
    data = png(itxt(OLD))
    lengths = set()
    for word in ("sea", "sun", "sky"):
        data = change(data, packet(bag("dc:subject", word)))
        lengths.add(len(data))
    assert len(lengths) == 1


@given(
    form=st.sampled_from([*FORMS.values(), b""]),
    changes=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
    ),
)
def test_a_damaged_file_is_written_without_loss_or_refused(
    form: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    data = png(form)
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    try:
        change(data, NEW)
    except RefusedError:
        return


def exiftool_sees(path: Path, data: bytes) -> dict[str, object]:
    path.write_bytes(data)
    options = ["-j", "-b", "-G1", "-a", "-s", "-U", "-struct", "-ImageDataHash", "-all"]
    found = subprocess.run(
        ["perl", os.environ["NIVO_EXIFTOOL"], *options, str(path)], capture_output=True, check=False
    )
    (tags,) = json.loads(found.stdout)
    passed_over = ("System:", "ExifTool:", "SourceFile", "File:FileSize", "File:FileName", "Composite:")
    return {name: value for name, value in tags.items() if not name.startswith(passed_over)}


@pytest.mark.skipif(not os.environ.get("NIVO_EXIFTOOL"), reason="needs exiftool in NIVO_EXIFTOOL")
@pytest.mark.parametrize("form", FORMS)
def test_exiftool_finds_the_new_packet_and_all_else_as_it_was(form: str, tmp_path: Path) -> None:
    old = png(FORMS[form], chunk(b"tEXt", b"Title\0a title"), icc_profile=b"p" * 200)
    before = exiftool_sees(tmp_path / "a.png", old)
    after = exiftool_sees(tmp_path / "a.png", change(old, NEW))
    assert before.pop("XMP-dc:Subject") == ["sea"]
    assert after.pop("XMP-dc:Subject") == ["sea", "Zürich", "日本"]
    assert after == before
