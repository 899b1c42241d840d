"""The metadata of TIFF and DNG: written by appending alone, every page and picture left where it is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import IMAGE_DESCRIPTION, KEEP, USER_COMMENT, BlockChange
from nivo_tui.metadata.containers.tiff_edit import EditableTiff, TiffEditError
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.iptc import read_iptc
from tests.metadata_write import builders_tiff as build
from tests.metadata_write.builders import packet
from tests.metadata_write.builders_tiff import (
    ASCII,
    BYTE,
    EXIF,
    GPS,
    IPTC,
    LONG,
    PHOTOSHOP,
    SHORT,
    SUBS,
    UNDEFINED,
    XMP,
    Dir,
    tiff,
    tree,
    value_of,
    without,
)

PACKET = packet("<dc:subject><rdf:Bag><rdf:li>nivo bar</rdf:li></rdf:Bag></dc:subject>")
OTHER = PACKET.replace(b"nivo bar", b"something that is longer")
TEXTS: dict[str, str | None] = {IMAGE_DESCRIPTION: "Zürich", USER_COMMENT: "日本"}
OURS = (build.DESCRIPTION, XMP, IPTC, PHOTOSHOP, build.USER_COMMENT)
CUT_OR_FUZZED = re.compile(r"IMG_1361\.dng|m\d-[0-9a-f]{32}\.tif")


def iim(*keywords: str) -> bytes:
    block = b"\x1c\x01\x5a\0\x03\x1b%G"
    for keyword in keywords:
        block += b"\x1c\x02\x19" + struct.pack(">H", len(keyword.encode())) + keyword.encode()
    return block


def resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


def digest(block: bytes) -> bytes:
    return resource(0x0425, hashlib.md5(block).digest())


def page(*fields: tuple[int, int, bytes], order: str = "<", **options: object) -> Dir:
    """A page of 4 x 6 pixels in two strips."""
    numbers = {256: 4, 257: 6, 258: 8, 259: 1, 262: 1, 277: 1, 278: 3}
    plain = [(tag, SHORT, struct.pack(order + "H", number)) for tag, number in numbers.items()]
    return Dir([*plain, *fields], strips=[bytes(range(12)), bytes(range(100, 112))], **options)  # type: ignore[arg-type]


def written(data: bytes, **change: object) -> bytes:
    """The bytes after a change, whose inverse is tried too."""
    edits = EditableTiff(data).edit(BlockChange(**change))  # type: ignore[arg-type]
    new = apply_edits(data, edits)
    assert apply_edits(new, inverse(data, edits)) == data
    return new


def pictures(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(image.tobytes())
        return found


def pillow_tag(data: bytes, tag: int) -> object:
    with Image.open(io.BytesIO(data)) as image:
        return image.tag_v2.get(tag)  # type: ignore[attr-defined]


# -- what is written


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("values_first", [True, False])
def test_all_blocks_are_added_behind_everything(order: str, values_first: bool) -> None:
    below = {SUBS: [page(order=order), page(order=order)], GPS: [Dir([(0, BYTE, b"\2\3\0\0")])]}
    pages = page((305, ASCII, b"Software\0"), order=order, below=below), page(order=order)
    data = tiff(*pages, order=order, values_first=values_first)
    new = written(data, xmp=PACKET, iptc=iim("Zürich"), exif=TEXTS)
    assert new[8 : len(data)] == data[8:]
    assert without(tree(new), *OURS) == tree(data)
    assert value_of(new, XMP) == (BYTE, PACKET)
    assert value_of(new, IPTC) == (UNDEFINED, iim("Zürich"))
    found = EditableTiff(new)
    assert (found.packet, found.iptc, found.exif_texts) == (PACKET, iim("Zürich"), TEXTS)
    assert (found.iptc_refusal, found.notes) == (None, ())
    assert pictures(new) == pictures(data)
    assert pillow_tag(new, XMP) == PACKET


def test_nothing_to_do_is_no_edit() -> None:
    data = written(tiff(page()), xmp=PACKET, iptc=iim("one"), exif=TEXTS)
    for change in (
        BlockChange(),
        BlockChange(xmp=PACKET, iptc=iim("one"), exif=TEXTS),
        BlockChange(xmp=KEEP, iptc=KEEP),
    ):
        assert EditableTiff(data).edit(change) == ()
    assert EditableTiff(tiff(page())).edit(BlockChange(xmp=None, iptc=None, exif=dict.fromkeys(TEXTS))) == ()


def test_a_packet_of_the_same_length_takes_the_old_place() -> None:
    data = tiff(page((XMP, UNDEFINED, PACKET)), page())
    new = written(data, xmp=PACKET.replace(b"nivo bar", b"rab ovin"))
    assert new == data.replace(b"nivo bar", b"rab ovin")
    both = written(data, xmp=PACKET.replace(b"nivo bar", b"rab ovin"), iptc=iim("one"))
    assert value_of(both, XMP) == (UNDEFINED, PACKET.replace(b"nivo bar", b"rab ovin"))
    assert both.count(b"<x:xmpmeta") == 1


def test_what_was_added_can_be_taken_away() -> None:
    data = tiff(page((305, ASCII, b"Software\0")), page())
    new = written(data, xmp=PACKET, iptc=iim("one"), exif=TEXTS)
    back = written(new, xmp=None, iptc=None, exif=dict.fromkeys(TEXTS))
    assert tree(back) == tree(data)
    assert len(back) - len(data) <= 2 + 12 * 10 + 4 + 1


@pytest.mark.parametrize("behind", [b"", b"trailer"])
def test_fifty_edits_need_the_room_of_one(behind: bytes) -> None:
    data = new = tiff(page(), page(), behind=behind)
    sizes = []
    for number in range(50):
        texts = {USER_COMMENT: "long " * (number % 7), IMAGE_DESCRIPTION: "é" * (number % 5) or None}
        keywords = iim(*"abcdefghijk"[: number % 9 + 1]) if number % 4 else None
        new = written(new, xmp=PACKET + b" " * (number % 3), iptc=keywords, exif=texts)
        sizes.append(len(new))
        assert without(tree(new), *OURS) == tree(data)
    assert max(sizes[10:]) <= max(sizes[:10]) + 80
    assert max(sizes) - len(data) < len(PACKET) + 600


def test_a_value_that_another_page_uses_too_is_not_overwritten() -> None:
    data = bytearray(tiff(page((XMP, BYTE, PACKET)), page((40000, BYTE, bytes(len(PACKET))))))
    at = data.index(struct.pack("<HHI", 40000, BYTE, len(PACKET))) + 8
    data[at : at + 4] = struct.pack("<I", data.index(PACKET))
    new = written(bytes(data), xmp=PACKET.replace(b"nivo bar", b"rab ovin"))
    assert (40000, BYTE, PACKET) in tree(new)[1]
    assert (40000, BYTE, PACKET) in tree(written(bytes(data), xmp=OTHER))[1]


def test_a_value_that_another_tag_written_here_uses_too_is_not_overwritten() -> None:
    text = b"as long as the description\0"
    data = bytearray(tiff(page((XMP, BYTE, text), (build.DESCRIPTION, ASCII, text))))
    at = data.index(struct.pack("<HHI", XMP, BYTE, len(text))) + 8
    data[at : at + 4] = struct.pack("<I", data.index(text))
    for packet_now in (b"x" * len(text), PACKET):
        new = written(bytes(data), xmp=packet_now)
        assert value_of(new, build.DESCRIPTION) == (ASCII, text)
        assert value_of(new, XMP) == (BYTE, packet_now)


def test_a_strip_behind_the_directory_stays() -> None:
    entries = [
        (256, 1),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8 + 2 + 8 * 12 + 4),
        (278, 1),
        (279, 1),
    ]
    table = b"".join(struct.pack("<HHII", tag, LONG, 1, number) for tag, number in entries)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 8) + table + bytes(4) + b"\0"
    assert written(data, xmp=PACKET)[8 : len(data)] == data[8:]


def test_a_directory_that_leads_to_itself_is_patched_but_not_moved() -> None:
    data = tiff(page((XMP, BYTE, OTHER), below={SUBS: [Dir()]}))
    at = data.index(struct.pack("<HHI", SUBS, LONG, 1)) + 8
    data = data[:at] + data[4:8] + data[at + 4 :]
    new = written(data, xmp=PACKET)
    assert EditableTiff(new).packet == PACKET
    assert new[4:8] == data[4:8]


def test_an_exif_directory_of_two_pages_is_not_written() -> None:
    exif = Dir([(build.USER_COMMENT, UNDEFINED, b"ASCII\0\0\0one")])
    data = bytearray(tiff(page(below={EXIF: [exif]}), page(below={EXIF: [Dir()]})))
    first, second = (m.end() for m in re.finditer(re.escape(struct.pack("<HHI", EXIF, LONG, 1)), data))
    data[second : second + 4] = data[first : first + 4]
    assert EditableTiff(bytes(data)).exif_texts is None
    with pytest.raises(TiffEditError, match="belongs to two"):
        EditableTiff(bytes(data)).edit(BlockChange(exif={USER_COMMENT: "two"}))


def test_a_file_that_ends_with_its_directory_may_use_that_end() -> None:
    data = tiff(page())
    new = written(data, xmp=PACKET)
    assert len(new) - len(data) == len(PACKET) + len(PACKET) % 2 + 12


def test_a_comment_goes_into_the_exif_directory_that_is_there() -> None:
    data = tiff(page(below={EXIF: [Dir([(0x9003, ASCII, b"2024:05:03 10:20:30\0")])]}), page())
    new = written(data, exif=TEXTS)
    assert without(tree(new), *OURS) == tree(data)
    assert EditableTiff(new).exif_texts == TEXTS


def test_an_unsorted_directory_is_sorted_and_whole() -> None:
    data = tiff(page((305, ASCII, b"Software\0"), unsorted=True))
    assert without(tree(written(data, xmp=PACKET)), *OURS) == tree(data)


def test_content_credentials_are_pointed_out() -> None:
    assert "content credentials" in EditableTiff(tiff(page((0xCD41, UNDEFINED, b"jumb")))).notes[0]


# -- IPTC and where it stands


def test_numbers_stay_numbers_and_are_filled_up() -> None:
    data = tiff(page((IPTC, LONG, iim("abc").ljust(16, b"\0"))))
    assert EditableTiff(data).iptc == iim("abc")
    assert EditableTiff(data).edit(BlockChange(iptc=iim("abc"))) == ()
    new = written(data, iptc=iim("abc", "d"))
    assert value_of(new, IPTC) == (LONG, iim("abc", "d").ljust(24, b"\0"))
    assert EditableTiff(new).iptc == iim("abc", "d")


def test_swapped_numbers_stay_swapped() -> None:
    def swapped(block: bytes) -> bytes:
        block = block.ljust(-(-len(block) // 4) * 4, b"\0")
        return struct.pack(f"<{len(block) // 4}I", *struct.unpack(f">{len(block) // 4}I", block))

    data = tiff(page((IPTC, LONG, swapped(iim("abc")))))
    assert EditableTiff(data).iptc == iim("abc")
    new = written(data, iptc=iim("abc", "d"))
    assert value_of(new, IPTC) == (LONG, swapped(iim("abc", "d")))


def test_an_empty_tag_counts_as_none() -> None:
    data = tiff(page((IPTC, BYTE, b""), (XMP, BYTE, b"")))
    assert (EditableTiff(data).iptc, EditableTiff(data).packet) == (None, None)
    new = written(data, iptc=iim("abc"), xmp=PACKET)
    assert (EditableTiff(new).iptc, EditableTiff(new).packet) == (iim("abc"), PACKET)


def test_iptc_in_the_photoshop_resources_alone_stays_there() -> None:
    old = resource(0x03ED, b"resolution") + resource(0x0404, iim("abc")) + digest(iim("abc"))
    data = tiff(page((PHOTOSHOP, BYTE, old)))
    assert EditableTiff(data).iptc == iim("abc")
    new = written(data, iptc=iim("abc", "longer"))
    assert value_of(new, IPTC) is None
    kind, resources = value_of(new, PHOTOSHOP) or (0, b"")
    wanted = resource(0x0404, iim("abc", "longer")) + digest(iim("abc", "longer"))
    assert (kind, resources) == (BYTE, resource(0x03ED, b"resolution") + wanted)


def test_resources_of_iptc_alone_stay_as_they_are_or_go() -> None:
    data = tiff(page((PHOTOSHOP, BYTE, resource(0x0404, iim("abc")))))
    assert EditableTiff(data).edit(BlockChange(iptc=iim("abc"))) == ()
    assert value_of(written(data, iptc=None), PHOTOSHOP) is None


def test_iptc_in_both_places_stays_equal() -> None:
    old = resource(0x0404, iim("abc")) + resource(0x03ED, b"resolution")
    data = tiff(page((PHOTOSHOP, BYTE, old), (IPTC, LONG, iim("abc").ljust(16, b"\0"))))
    new = written(data, iptc=iim("abc", "longer"))
    found = EditableTiff(new)
    assert (found.iptc, found.iptc_refusal) == (iim("abc", "longer"), None)
    resources = (value_of(new, PHOTOSHOP) or (0, b""))[1]
    assert isinstance(resources, bytes)
    assert resource(0x0404, iim("abc", "longer")) in resources
    assert resource(0x03ED, b"resolution") in resources
    gone = written(new, iptc=None)
    assert EditableTiff(gone).iptc is None
    assert value_of(gone, IPTC) is None


@pytest.mark.parametrize("filled", [0, 4])
def test_a_digest_that_fitted_fits_again(filled: int) -> None:
    kind = LONG if filled else UNDEFINED
    stored = iim("abc") + bytes(-len(iim("abc")) % 4 if filled else 0)
    old = resource(0x03ED, b"resolution") + digest(stored)
    new = written(tiff(page((PHOTOSHOP, BYTE, old), (IPTC, kind, stored))), iptc=iim("xyz", "uvw"))
    now = (value_of(new, IPTC) or (0, b""))[1]
    assert isinstance(now, bytes)
    assert value_of(new, PHOTOSHOP) == (BYTE, resource(0x03ED, b"resolution") + digest(now))
    gone = written(new, iptc=None)
    assert value_of(gone, PHOTOSHOP) == (BYTE, resource(0x03ED, b"resolution"))


def test_a_digest_that_did_not_fit_stays() -> None:
    old = resource(0x03ED, b"resolution") + digest(b"other")
    new = written(tiff(page((PHOTOSHOP, BYTE, old), (IPTC, UNDEFINED, iim("abc")))), iptc=iim("xyz", "uvw"))
    assert value_of(new, PHOTOSHOP) == (BYTE, old)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([(PHOTOSHOP, BYTE, resource(0x0404, iim("a"))), (IPTC, BYTE, iim("b"))], "two places that differ"),
        ([(PHOTOSHOP, BYTE, b"8BIM\x04\x04\0\0\0\1\0\0abc"), (IPTC, BYTE, iim("b"))], "cannot be followed"),
        ([(PHOTOSHOP, LONG, bytes(8))], "a form that is not written"),
        ([(IPTC, SHORT, bytes(8))], "a form that is not written"),
        ([(IPTC, BYTE, iim("a")), (IPTC, BYTE, iim("b"))], "there twice"),
    ],
)
def test_iptc_in_doubt_is_left_and_the_rest_written(
    fields: list[tuple[int, int, bytes]], reason: str
) -> None:
    data = tiff(page(*fields))
    found = EditableTiff(data)
    assert reason in (found.iptc_refusal or "")
    with pytest.raises(TiffEditError, match=reason):
        found.edit(BlockChange(iptc=iim("new")))
    assert EditableTiff(written(data, xmp=PACKET)).packet == PACKET


# -- what is refused


def refused() -> dict[str, tuple[bytes, str]]:
    whole = tiff(page(), page(), values_first=False)
    odd = page()
    odd.fields.append((279, LONG, bytes(4)))
    fields = [found for found in page().fields if found[0] != 279]
    lengths = whole.index(struct.pack("<HHI", 279, LONG, 2))
    pointer = tiff(page(below={SUBS: [Dir([(254, LONG, bytes(4))])]}))
    sub = pointer.index(struct.pack("<HHI", SUBS, LONG, 1)) + 8
    (last,) = struct.unpack_from("<I", tiff(page()), 4)
    looped = tiff(page())
    software = tiff(page((305, ASCII, b"Software\0")))
    entry = struct.pack("<HHI", 305, ASCII, 9)
    header = (entry + struct.pack("<I", software.index(b"Software")), entry + struct.pack("<I", 4))
    return {
        "cut off": (whole[:-40], "beyond its end"),
        "no header": (b"II", "no TIFF header"),
        "BigTIFF": (b"II\x2b\0\x08\0\0\0" + bytes(20), "BigTIFF"),
        "raw of another kind": (b"IIU\0" + whole[4:], "another format"),
        "XMP twice": (tiff(page((XMP, BYTE, PACKET), (XMP, BYTE, OTHER))), "there twice"),
        "strip reaches out": (
            tiff(Dir([(273, LONG, b"\x08\0\0\0"), (279, LONG, b"\0\1\0\0")])),
            "picture is missing",
        ),
        "strips without lengths": (
            tiff(Dir([*fields, (273, LONG, b"\x08\0\0\0")])),
            "picture lies is not clear",
        ),
        "lengths of another type": (
            whole[: lengths + 2] + struct.pack("<H", 8) + whole[lengths + 4 :],
            "picture lies is not clear",
        ),
        "pages in a circle": (looped[:-4] + struct.pack("<I", last), "lead back"),
        "SubIFD outside": (pointer[:sub] + struct.pack("<I", 1 << 30) + pointer[sub + 4 :], "beyond its end"),
        "value in the header": (software.replace(*header), "its own header"),
        "SubIFD is IFD0": (pointer[:sub] + pointer[4:8] + pointer[sub + 4 :], "leads back to IFD0"),
    }


@pytest.mark.parametrize("name", list(refused()))
def test_what_is_damaged_or_in_doubt_is_refused(name: str) -> None:
    data, reason = refused()[name]
    with pytest.raises(TiffEditError, match=reason):
        EditableTiff(data).edit(BlockChange(xmp=PACKET))


def test_exif_that_cannot_be_read_is_not_written_and_the_rest_is() -> None:
    data = tiff(page(below={EXIF: [Dir([(build.USER_COMMENT, LONG, bytes(8))])]}))
    assert EditableTiff(data).exif_texts is None
    with pytest.raises(TiffEditError):
        EditableTiff(data).edit(BlockChange(exif=TEXTS))
    assert without(tree(written(data, xmp=PACKET)), XMP) == tree(data)


# -- real files


def real(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.iterdir()) if p.suffix.lower() in (".tif", ".tiff", ".dng")]


def change_for(data: bytes) -> BlockChange:
    found = EditableTiff(data)
    there = found.exif_texts or {}
    texts = {name: text for name, text in TEXTS.items() if name in there and there[name] is None}
    old = found.packet
    new = PACKET if old is None else old.replace(b"</rdf:RDF>", b"<!-- nivo bar --></rdf:RDF>")
    return BlockChange(
        xmp=new, iptc=KEEP if found.iptc_refusal else iim("nivo bar", "Zürich", "日本"), exif=texts
    )


def test_real_files_keep_every_byte_and_page(corpus: Path) -> None:
    for path in real(corpus):
        data = path.read_bytes()
        try:
            change = change_for(data)
            new = written(data, xmp=change.xmp, iptc=change.iptc, exif=change.exif)
        except RefusedError:
            assert CUT_OR_FUZZED.match(path.name), path.name
            continue
        assert new[8 : len(data)] == data[8:], path.name
        assert pictures(new) == pictures(data), path.name
        found = EditableTiff(new)
        assert found.packet == change.xmp
        assert read_iptc(found.iptc or b"").keywords == ("nivo bar", "Zürich", "日本")
        assert found.edit(change) == ()


def test_every_cut_of_a_real_file_is_refused(corpus: Path) -> None:
    for path in real(corpus):
        data = path.read_bytes()
        for share in (0, 1, 5, 20, 50, 80, 95, 99):
            with pytest.raises(RefusedError):
                EditableTiff(data[: len(data) * share // 100]).edit(BlockChange(xmp=PACKET))


def seen_by_exiftool(paths: list[Path]) -> dict[str, dict[str, str]]:
    options = "-j -b -G1 -a -s -U -struct -api ImageHashType=MD5 -ImageDataHash -all".split()
    command = ["perl", os.environ["NIVO_EXIFTOOL"], *options, *map(str, paths)]
    found = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    ignored = re.compile(
        r"^(ExifTool|System|File:(?!ImageDataHash)|Composite|IPTC|SourceFile)|(Offsets?|Start|ByteCounts)$"
        r"|:(IPTCDigest|CurrentIPTCDigest|UserComment|ImageDescription|ExifVersion)$"
    )
    return {
        Path(one["SourceFile"]).name: {k: json.dumps(v) for k, v in one.items() if not ignored.search(k)}
        for one in found
    }


@pytest.mark.skipif(not os.environ.get("NIVO_EXIFTOOL"), reason="needs exiftool in NIVO_EXIFTOOL")
def test_exiftool_sees_nothing_lost(corpus: Path, tmp_path: Path) -> None:
    olds, news = tmp_path / "old", tmp_path / "new"
    olds.mkdir(), news.mkdir()
    for path in real(corpus):
        if CUT_OR_FUZZED.match(path.name):
            continue
        data = path.read_bytes()
        (olds / path.name).write_bytes(data)
        change = change_for(data)
        (news / path.name).write_bytes(written(data, xmp=change.xmp, iptc=change.iptc, exif=change.exif))
    before, after = (seen_by_exiftool(sorted(folder.iterdir())) for folder in (olds, news))
    assert before
    for name, old in before.items():
        assert any(key.endswith("ImageDataHash") for key in old)
        assert {key: after[name].get(key) for key in old} == old, name


# -- any file


BLOCK = st.sampled_from([PACKET, OTHER, b"x", None, KEEP])
DATASETS = st.sampled_from([iim("a"), iim("abc", "Zürich"), iim(), None, KEEP])
FIELD = st.sampled_from(
    [
        (XMP, BYTE, OTHER),
        (XMP, UNDEFINED, b"<x/>"),
        (IPTC, LONG, iim("abc").ljust(16, b"\0")),
        (IPTC, UNDEFINED, iim("abc")),
        (PHOTOSHOP, BYTE, resource(0x0404, iim("abc")) + resource(0x03ED, b"odd")),
        (PHOTOSHOP, BYTE, resource(0x03ED, b"even")),
        (build.DESCRIPTION, ASCII, b"SONY DSC\0"),
        (305, ASCII, b"a\0"),
        (33432, ASCII, b"Somebody\0"),
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    order = draw(st.sampled_from("<>"))

    def one(depth: int) -> Dir:
        fields = {found[0]: found for found in draw(st.lists(FIELD, max_size=4))}
        below: dict[int, list[Dir]] = {}
        if depth and draw(st.booleans()):
            below[SUBS] = [one(0) for _ in range(draw(st.integers(1, 3)))]
        if depth and draw(st.booleans()):
            below[EXIF] = [Dir([(0x9003, ASCII, b"2024:05:03 10:20:30\0")])]
        return page(*fields.values(), order=order, below=below, unsorted=draw(st.booleans()))

    pages = [one(1) for _ in range(draw(st.integers(1, 3)))]
    behind = draw(st.sampled_from([b"", b"\0", b"trailer"]))
    return tiff(*pages, order=order, values_first=draw(st.booleans()), behind=behind)


def ours_of(data: bytes) -> dict[int, object]:
    return {tag: value_of(data, tag) for tag in OURS}


@settings(max_examples=60)
@given(
    files(),
    st.lists(
        st.tuples(
            BLOCK,
            DATASETS,
            st.fixed_dictionaries({}, optional=dict.fromkeys(TEXTS, st.sampled_from(["a", "äöü", None]))),
        ),
        max_size=4,
    ),
)
def test_any_edits_of_any_file_leave_all_else(
    data: bytes, changes: list[tuple[object, object, dict[str, str | None]]]
) -> None:
    new = data
    for xmp, iptc, texts in changes:
        found = EditableTiff(new)
        wanted = found.packet if xmp is KEEP else xmp, found.iptc if iptc is KEEP else iptc
        new = written(new, xmp=xmp, iptc=iptc, exif=texts)
        after = EditableTiff(new)
        assert (after.packet, after.iptc or None) == wanted
        assert after.exif_texts == (found.exif_texts or {}) | texts
        assert without(tree(new), *OURS) == without(tree(data), *OURS)
        assert pictures(new) == pictures(data)


@settings(max_examples=40)
@given(files())
def test_adding_and_taking_away_is_nothing(data: bytes) -> None:
    found = EditableTiff(data)
    new = written(data, xmp=PACKET, iptc=iim("new"), exif=TEXTS)
    back = written(new, xmp=found.packet, iptc=found.iptc, exif=found.exif_texts or {})
    before, after = ours_of(data), ours_of(back)
    # A digest is set beside IPTC in the Photoshop resources.
    before.pop(PHOTOSHOP), after.pop(PHOTOSHOP)
    assert after == before
    assert without(tree(back), *OURS) == without(tree(data), *OURS)


@settings(max_examples=80)
@given(files(), st.data())
def test_damage_is_refused_or_harmless(whole: bytes, data: st.DataObject) -> None:
    torn = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        torn[data.draw(st.integers(0, len(torn) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(torn[: data.draw(st.integers(0, len(torn)))])
    for damaged in (bytes(torn), cut):
        try:
            new = written(damaged, xmp=PACKET, exif=TEXTS)
        except RefusedError:
            continue
        assert (EditableTiff(new).packet, EditableTiff(new).exif_texts) == (PACKET, TEXTS)


def test_hostile_references_are_done_with_soon() -> None:
    for count, step in ((1, 2), (12_000, 0)):
        entries = [struct.pack("<HHII", SUBS, LONG, count, 8 + step * i) for i in range(4000)]
        data = b"II*\0\x08\0\0\0" + struct.pack("<H", 4000) + b"".join(entries) + bytes(4)
        with pytest.raises(TiffEditError, match="more directories"):
            EditableTiff(data)


def test_what_is_appended_is_not_read_as_the_link_that_the_last_directory_lacks() -> None:
    with io.BytesIO() as buffer:
        Image.new("L", (8, 8)).save(buffer, "TIFF")
        data = buffer.getvalue()
    order = "<" if data[:2] == b"II" else ">"
    (main,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, main)
    link = main + 2 + 12 * count
    last = len(data) + (len(data) & 1)
    cut = data[:link] + struct.pack(order + "I", last) + data[link + 4 :]
    cut = cut.ljust(last, b"\0") + bytes(2)
    new = apply_edits(cut, EditableTiff(cut).edit(BlockChange(xmp=b"<x/>" * 20)))
    assert new[last + 2 : last + 6] == bytes(4)
    assert EditableTiff(new).edit(BlockChange(xmp=b"<y/>" * 30))
