"""The XMP segment of a JPEG: where it goes, and what must move along."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.containers.jpeg import JpegError, iptc_resource, walk, xmp_packet
from nivo_tui.metadata.containers.jpeg_edit import MOST_XMP, EditableJpeg, edit_xmp
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.edits import (
    Edit,
    EditError,
    apply_edits,
    difference,
    edit_list,
    inverse,
    pack,
    unpack,
)
from nivo_tui.metadata.gate import Expected, GateError, check
from nivo_tui.metadata.gate.ranges import turns_into
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.metadata.xmp_edit import Edited, XmpChange, edit
from nivo_tui.model import Format
from tests.metadata_write.builders import (
    bag,
    exif_segment,
    jpeg,
    mpf_segment,
    packet,
    segment,
    tiff_with,
    xmp_segment,
)

EXIF = exif_segment(tiff_with([(0x0112, 3, 1, 6), (0x010F, 2, 4, 0x006D6164)]))
ICC = segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"p" * 100)
IPTC = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x19\0\x03old")
FURTHER = b"\xff\xd8\xff\xe0second picture\xff\xd9"


def keyword(old: bytes, text: str = "dune") -> tuple[bytes, Edited]:
    """A JPEG with a keyword more, past the gate."""
    edited = edit(xmp_packet(old, walk(old)), XmpChange(1, "2026-11-24T10:00:00+00:00", (Keyword(text),)))
    edits = edit_xmp(old, edited.packet)
    new = apply_edits(old, edits)
    assert gate(old, new, edited) is not None
    assert apply_edits(new, unpack(pack(inverse(old, edits)))) == old
    return new, edited


def gate(old: bytes, new: bytes, edited: Edited, undo: tuple[Edit, ...] | None = None) -> str | None:
    expected = Expected(edited.values, edited.carried, fields=edited.fields)
    return check(old, new, Format.JPEG, expected, undo or difference(new, old))


def order(data: bytes) -> list[bytes]:
    return [
        data[s.payload_start : s.payload_start + 4] for s in walk(data).header if 0xE0 <= s.marker <= 0xEF
    ]


def test_a_new_packet_goes_behind_jfif_and_exif_and_before_all_else() -> None:
    new, _ = keyword(jpeg(EXIF, ICC, IPTC))
    assert order(new) == [b"JFIF", b"Exif", b"http", b"ICC_", b"Phot"]
    assert order(keyword(jpeg(ICC))[0]) == [b"JFIF", b"http", b"ICC_"]
    assert order(keyword(with_mpf(EXIF))[0]) == [b"JFIF", b"Exif", b"http", b"MPF\0"]


def test_an_old_packet_is_replaced_where_it_stands() -> None:
    old = jpeg(EXIF, ICC, xmp_segment(packet(bag("dc:subject", "sea"))), IPTC)
    new, _ = keyword(old)
    assert order(new) == order(old)
    assert len(new) == len(old)


@pytest.mark.parametrize("progressive", [False, True])
def test_the_end_of_the_picture_is_found_whatever_follows(progressive: bool) -> None:
    picture = jpeg(EXIF, progressive=progressive, size=(200, 120))
    for trailer in (b"", b"\0" * 50, FURTHER, b"\xff\xd9\xff\xd9"):
        parts = walk(picture + trailer)
        assert parts.image_end == len(picture)
        assert parts.complete


def test_a_picture_that_is_cut_off_is_refused_at_every_length() -> None:
    picture = jpeg(EXIF, progressive=True)
    for length in range(len(picture)):
        with pytest.raises(JpegError):
            edit_xmp(picture[:length], packet(""))


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff\xd8", b"hello world", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9"]
)
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(JpegError):
        edit_xmp(data, packet(""))


def test_two_packets_or_one_in_a_strange_segment_are_refused() -> None:
    one = xmp_segment(packet(""))
    with pytest.raises(JpegError, match="two XMP"):
        edit_xmp(jpeg(one, one), packet(""))
    with pytest.raises(JpegError, match="unknown form"):
        edit_xmp(jpeg(segment(0xE1, b"odd\0" + packet(""))), packet(""))


def test_content_credentials_are_kept_and_said_to_be_passed_over() -> None:
    claim = segment(0xEB, b"JP\0\x01\0\0\0\x01jumbc2pa")
    new, _ = keyword(jpeg(claim))
    assert claim in new
    assert "C2PA" in EditableJpeg(new).notes[0]
    assert EditableJpeg(jpeg()).notes == ()


def test_extended_xmp_is_left_as_it_is() -> None:
    extended = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + b"\0" * 8 + b"<rdf:RDF/>")
    main = xmp_segment(
        packet('<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">A</n:HasExtendedXMP>')
    )
    new, _ = keyword(jpeg(main, extended))
    assert extended in new
    with pytest.raises(JpegError, match="extended"):
        edit_xmp(jpeg(main, extended[:-10] + b"dc:subject"), packet(""))
    assert b">A</n:HasExtendedXMP>" in new


def test_a_packet_that_outgrows_its_segment_gives_up_padding_and_then_is_refused() -> None:
    padded = packet("", padding=b" " * (MOST_XMP - len(packet("", padding=b"")) + 5000))
    new = apply_edits(jpeg(), edit_xmp(jpeg(), padded))
    assert len(xmp_packet(new, walk(new)) or b"") == MOST_XMP
    with pytest.raises(JpegError, match="holds"):
        edit_xmp(jpeg(), packet("<own:a>" + "x" * MOST_XMP + "</own:a>"))


def with_mpf(*before: bytes, behind: tuple[bytes, ...] = ()) -> bytes:
    """A JPEG whose MPF index names one further image behind its end."""
    index = mpf_segment(0, [(0, 0)])
    plain = jpeg(*before, index, *behind)
    base = plain.index(b"MPF\0") + 4
    index = mpf_segment(len(plain), [(len(plain) - base, len(FURTHER))])
    return jpeg(*before, index, *behind) + FURTHER


@pytest.mark.parametrize("padding", [b"", b" " * 4000])
@pytest.mark.parametrize("place", ["new", "before", "behind"])
def test_further_images_are_found_after_the_write(place: str, padding: bytes) -> None:
    old_packet = xmp_segment(packet(bag("dc:subject", "sea"), padding=padding))
    before = (EXIF, old_packet) if place == "before" else (EXIF,)
    old = with_mpf(*before, behind=(old_packet, ICC) if place == "behind" else (ICC,))
    new, _ = keyword(old)
    first, second = mp_images(new, walk(new))
    assert new[second.start : second.start + second.size] == FURTHER
    assert first.size == walk(new).image_end


def test_a_stale_size_of_the_first_image_is_left_alone() -> None:
    old = with_mpf().replace(struct.pack(">I", len(with_mpf()) - len(FURTHER)), struct.pack(">I", 77))
    new, _ = keyword(old)
    assert mp_images(new, walk(new))[0].size == 77


def test_the_offsets_of_an_afcp_trailer_follow() -> None:
    picture = jpeg()
    start = len(picture)
    head = struct.pack(">4sHHI", b"AXS!", 256, 1, 0)
    body = b"the IPTC of it"
    entry = struct.pack(">4sII", b"IPTC", len(body), start + 24)
    old = picture + head + entry + body + struct.pack(">4sII", b"AXS!", start, 0)
    new, _ = keyword(old)
    (at,) = struct.unpack(">I", new[-8:-4])
    size, offset = struct.unpack(">II", new[at + 16 : at + 24])
    assert new[at : at + 4] == b"AXS!"
    assert new[offset : offset + size] == body


def exif_pointing(make_offset: int) -> bytes:
    return exif_segment(tiff_with([(0x927C, 4, 1, make_offset), (0x0112, 3, 1, 1)]))


def test_a_preview_that_exif_points_to_by_its_own_count_stays_in_reach() -> None:
    picture = jpeg(exif_pointing(0))
    base = picture.index(b"Exif\0\0") + 6
    old = jpeg(exif_pointing(len(picture) - base)) + FURTHER
    new, _ = keyword(old)
    assert order(new) == [b"JFIF", b"http", b"Exif"]
    offset = len(picture) - base
    there = new.index(b"Exif\0\0") + 6 + offset
    assert new[there : there + len(FURTHER)] == FURTHER


def test_a_preview_that_exif_points_to_from_the_start_of_the_file_is_not_lost() -> None:
    picture = jpeg(exif_pointing(0))
    old = jpeg(exif_pointing(len(picture))) + FURTHER
    with pytest.raises(JpegError, match="preview"):
        edit_xmp(old, packet(""))


def test_growth_between_exif_and_its_preview_is_refused_but_not_a_change_within_the_padding() -> None:
    for padding, refused in ((b"", True), (b" " * 4000, False)):
        xmp = xmp_segment(packet(bag("dc:subject", "sea"), padding=padding))
        picture = jpeg(exif_pointing(0), xmp)
        base = picture.index(b"Exif\0\0") + 6
        old = jpeg(exif_pointing(len(picture) - base), xmp) + FURTHER
        if refused:
            with pytest.raises(JpegError, match="preview"):
                keyword(old)
        else:
            assert len(keyword(old)[0]) == len(old)


def test_removing_the_packet_gives_the_file_from_before() -> None:
    for old in (jpeg(EXIF, ICC), with_mpf(EXIF)):
        new, _ = keyword(old)
        assert apply_edits(new, edit_xmp(new, None)) == old


def test_iptc_is_found_across_segments_and_damage_is_no_error() -> None:
    whole = jpeg(IPTC)
    assert iptc_resource(whole, walk(whole)) == b"\x1c\x02\x19\0\x03old"
    resource = IPTC[4 + 14 :]
    half = len(resource) // 2
    parts = (segment(0xED, b"Photoshop 3.0\0" + piece) for piece in (resource[:half], resource[half:]))
    split = jpeg(*parts)
    assert iptc_resource(split, walk(split)) == b"\x1c\x02\x19\0\x03old"
    for cut in range(len(resource)):
        broken = jpeg(segment(0xED, b"Photoshop 3.0\0" + resource[:cut]))
        assert iptc_resource(broken, walk(broken)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ICC_PROFILE", b"ICC_profile"),
        (b"second picture", b"second_picture"),
        (b"\xff\xda\0\x0c", b"\xff\xda\0\x0d"),
        (b"mad\0", b"bad\0"),
        (b"old", b"new"),
        (b"\0\x01\0\x00\xff\xdb", b"\0\x01\0\x01\xff\xdb"),
    ],
)
def test_the_gate_sees_a_change_anywhere(old: bytes, new: bytes) -> None:
    before = with_mpf(EXIF, ICC, IPTC)
    after, edited = keyword(before)
    broken = after.replace(old, new)
    if broken == after:
        broken = after[:-200] + bytes([after[-200] ^ 1]) + after[-199:]
    with pytest.raises(GateError):
        gate(before, broken, edited)


def test_the_gate_sees_a_stale_offset_and_a_lost_segment() -> None:
    before = with_mpf(EXIF, ICC)
    after, edited = keyword(before)
    image = mp_images(after, walk(after))[1]
    shifted = struct.pack(">I", image.stored_offset + 1)
    with pytest.raises(GateError, match="further image"):
        gate(before, after[: image.offset_at] + shifted + after[image.offset_at + 4 :], edited)
    with pytest.raises(GateError, match="segment"):
        gate(before, after.replace(ICC, b""), edited)
    with pytest.raises(GateError, match="picture"):
        gate(before, after + b"\0", edited)


# -- edit lists


@settings(deadline=None)
@given(
    data=st.binary(max_size=200),
    wanted=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20), st.binary(max_size=20)), max_size=5),
)
def test_edits_and_their_inverse(data: bytes, wanted: list[tuple[int, int, bytes]]) -> None:
    try:
        edits = edit_list(Edit(*each) for each in wanted)
        new = apply_edits(data, edits)
    except EditError:
        return
    back = inverse(data, edits)
    assert apply_edits(new, back) == data
    assert unpack(pack(back)) == back
    assert turns_into(new, back, data)
    assert turns_into(data, edits, new)
    assert not turns_into(data, edits, new + b"x")
    assert apply_edits(data, difference(data, new)) == new


def test_the_difference_of_large_values_is_what_lies_between() -> None:
    data = bytes(range(256)) * 6000
    for at in (0, 1, 524_287, 524_288, 524_289, 1_048_576, len(data) - 1, len(data)):
        for old_length, new in ((0, b"xyz"), (min(3, len(data) - at), b"")):
            changed = data[:at] + new + data[at + old_length :]
            edits = difference(data, changed)
            assert apply_edits(data, edits) == changed
            assert sum(edit.old_length + len(edit.new) for edit in edits) <= 3


def test_edits_that_do_not_fit_are_errors() -> None:
    with pytest.raises(EditError):
        edit_list([Edit(0, 5, b""), Edit(4, 1, b"")])
    with pytest.raises(EditError):
        apply_edits(b"abc", [Edit(2, 2, b"")])
    for broken in (b"", b"\0", pack((Edit(1, 2, b"abc"),))[:-1]):
        with pytest.raises(EditError):
            unpack(broken)


SAMPLES = (
    jpeg(EXIF, ICC, IPTC, xmp_segment(packet(bag("dc:subject", "sea")))),
    with_mpf(EXIF, behind=(xmp_segment(packet("", padding=b"")), ICC)),
    jpeg(IPTC, progressive=True) + FURTHER,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
    ),
    cut=st.integers(0, 5000) | st.none(),
)
def test_a_damaged_file_is_written_without_loss_or_refused(
    sample: bytes, changes: list[tuple[int, int, bytes]], cut: int | None
) -> None:
    data = sample
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    data = data if cut is None else data[:cut]
    try:
        keyword(data)
    except RefusedError:
        return
