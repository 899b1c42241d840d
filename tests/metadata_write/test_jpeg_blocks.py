"""The blocks of a JPEG beside XMP: Photoshop resources with the IPTC among them, and Exif."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import IMAGE_DESCRIPTION, USER_COMMENT, BlockChange
from nivo_tui.metadata.containers.jpeg import JpegError, iptc_resource, walk
from nivo_tui.metadata.containers.jpeg_edit import EditableJpeg
from nivo_tui.metadata.containers.jpeg_iptc import MOST_RESOURCES
from nivo_tui.metadata.containers.mpf import mp_images
from nivo_tui.metadata.containers.photoshop import (
    PhotoshopError,
    iptc_of,
    resources_refusal,
    with_iptc,
)
from nivo_tui.metadata.edits import apply_edits, inverse
from tests.metadata_write.builders import (
    exif_segment,
    jpeg,
    mpf_segment,
    packet,
    segment,
    tiff_with,
    xmp_segment,
)

OLD, NEW = b"\x1c\x02\x19\0\x03old", b"\x1c\x02\x19\0\x05newer"


def resource(
    number: int, data: bytes, name: bytes = b"", signature: bytes = b"8BIM", pad: bytes = b"\0"
) -> bytes:
    label = bytes([len(name)]) + name + b"\0" * ((len(name) + 1) % 2)
    padding = pad * (len(data) % 2)
    return signature + struct.pack(">H", number) + label + struct.pack(">I", len(data)) + data + padding


def digest(iptc: bytes) -> bytes:
    return resource(0x0425, hashlib.md5(iptc).digest())


FIRST, LAST = resource(0x03ED, b"res", b"name"), resource(0x0404, b"other", signature=b"MeSa")


# -- Photoshop image resources


@pytest.mark.parametrize("tail", [b"", b"\0", b"\0\0\0"])
def test_the_iptc_is_exchanged_in_place_with_a_digest_that_fitted(tail: bytes) -> None:
    old = FIRST + resource(0x0404, OLD, b"odd") + LAST + digest(OLD) + tail
    new = FIRST + resource(0x0404, NEW, b"odd") + LAST + digest(NEW) + tail
    assert iptc_of(old) == OLD
    assert with_iptc(old, NEW) == new
    assert with_iptc(old, None) == FIRST + LAST + tail


def test_iptc_is_appended_with_its_digest_where_there_was_none() -> None:
    assert with_iptc(b"", NEW) == resource(0x0404, NEW) + digest(NEW)
    assert with_iptc(FIRST + b"\0", NEW) == FIRST + resource(0x0404, NEW) + digest(NEW) + b"\0"
    assert with_iptc(with_iptc(FIRST, NEW), None) == FIRST
    unpadded = FIRST[:-1]
    assert with_iptc(unpadded, NEW) == FIRST + resource(0x0404, NEW) + digest(NEW)
    assert with_iptc(digest(b"gone"), NEW) == digest(NEW) + resource(0x0404, NEW)
    assert with_iptc(FIRST + digest(b"gone"), None) == FIRST + digest(b"gone")


def test_a_digest_that_did_not_fit_stays() -> None:
    stale = digest(b"something else")
    assert with_iptc(resource(0x0404, OLD) + stale, NEW) == resource(0x0404, NEW) + stale
    assert with_iptc(resource(0x0404, OLD) + stale, None) == stale


def test_a_resource_without_its_padding_is_followed() -> None:
    old = FIRST[:-1] + resource(0x0404, OLD)
    assert with_iptc(old, NEW) == FIRST[:-1] + resource(0x0404, NEW) + digest(NEW)
    odd = resource(0x0404, b"odd", pad=b"") + LAST
    assert with_iptc(odd, b"even") == resource(0x0404, b"even") + LAST + digest(b"even")


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        (resource(0x0404, OLD) * 2, "twice"),
        (FIRST + b"garbage", "followed"),
        (FIRST + LAST[:-4], "followed"),
        (b"8BIM\x04\x04\xff\0\0\0\0\0", "followed"),
        (FIRST + b"\x1c\x02\x19\0\x03old-and-longer", "followed"),
    ],
)
def test_doubtful_resources_are_refused(resources: bytes, reason: str) -> None:
    assert reason in (resources_refusal(resources) or "")
    with pytest.raises(PhotoshopError, match=reason):
        with_iptc(resources, NEW)


@settings(max_examples=300, deadline=None)
@given(
    before=st.lists(
        st.tuples(st.integers(0, 65535), st.binary(max_size=9), st.binary(max_size=5)), max_size=4
    ),
    old=st.binary(max_size=9) | st.none(),
    has_digest=st.booleans(),
    new=st.binary(min_size=1, max_size=9) | st.none(),
)
def test_all_other_resources_keep_their_bytes(
    before: list[tuple[int, bytes, bytes]], old: bytes | None, has_digest: bool, new: bytes | None
) -> None:
    others = [resource(n, data, name) for n, data, name in before if n not in (0x0404, 0x0425)]
    own = [] if old is None else [resource(0x0404, old), *([digest(old)] if has_digest else [])]
    result = with_iptc(b"".join([*others, *own]), new)
    assert iptc_of(result) == new
    assert result.startswith(b"".join(others))
    assert with_iptc(result, new) == result
    assert with_iptc(result, None) == b"".join(others)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40).map(lambda b: b"8BIM" + b) | st.binary(max_size=40))
def test_any_bytes_are_resources_or_refused(resources: bytes) -> None:
    iptc_of(resources)
    if resources_refusal(resources) is None:
        assert iptc_of(with_iptc(resources, NEW)) == NEW


# -- the segments


EXIF = exif_segment(tiff_with([(0x0112, 3, 1, 6), (0x010F, 2, 4, 0x006D6164)]))
XMP = xmp_segment(packet(""))
ICC = segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"p" * 100)
FURTHER = b"\xff\xd8\xff\xe0second picture\xff\xd9"
ALL = BlockChange(packet("<own:new/>"), NEW, {IMAGE_DESCRIPTION: "Text", USER_COMMENT: "Zürich"})


def photoshop(*resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def changed(data: bytes, change: BlockChange = ALL) -> bytes:
    edits = EditableJpeg(data).edit(change)
    new = apply_edits(data, edits)
    assert apply_edits(new, inverse(data, edits)) == data
    again = EditableJpeg(new)
    for name, value in (("packet", change.xmp), ("iptc", change.iptc)):
        if not hasattr(value, "value"):
            assert getattr(again, name) == value
    if change.exif:
        assert again.exif_texts is not None or change.drops_exif
        assert {k: v for k, v in (again.exif_texts or {}).items() if k in change.exif} == change.exif
    return new


def order(data: bytes) -> list[bytes]:
    return [
        data[s.payload_start : s.payload_start + 4] for s in walk(data).header if 0xE0 <= s.marker <= 0xEF
    ]


def with_mpf(*before: bytes, behind: tuple[bytes, ...] = ()) -> bytes:
    """A JPEG whose MPF index names one further image behind its end."""
    plain = jpeg(*before, mpf_segment(0, [(0, 0)]), *behind)
    base = plain.index(b"MPF\0") + 4
    index = mpf_segment(len(plain), [(len(plain) - base, len(FURTHER))])
    return jpeg(*before, index, *behind) + FURTHER


@pytest.mark.parametrize("standing", [(), (EXIF,), (XMP,), (EXIF, XMP)])
def test_new_blocks_stand_in_order_before_all_else(standing: tuple[bytes, ...]) -> None:
    new = changed(jpeg(*standing, ICC))
    assert order(new) == [b"JFIF", b"Exif", b"http", b"Phot", b"ICC_"]
    gone = BlockChange(None, None, {IMAGE_DESCRIPTION: None, USER_COMMENT: None}, drops_exif=True)
    if not standing:
        assert changed(new, gone) == jpeg(ICC)


def test_standing_blocks_are_changed_where_they_stand() -> None:
    old = jpeg(ICC, photoshop(FIRST, resource(0x0404, OLD), LAST), XMP, EXIF)
    new = changed(old)
    assert order(new) == order(old)
    assert photoshop(FIRST, resource(0x0404, NEW), LAST, digest(NEW)) in new


def test_removing_the_iptc_leaves_other_resources() -> None:
    old = jpeg(photoshop(FIRST, resource(0x0404, OLD), digest(OLD)), ICC)
    assert changed(old, BlockChange(iptc=None)) == jpeg(photoshop(FIRST), ICC)
    assert changed(jpeg(photoshop(resource(0x0404, OLD))), BlockChange(iptc=None)) == jpeg()
    assert changed(jpeg(ICC), BlockChange(iptc=None)) == jpeg(ICC)


@pytest.mark.parametrize("behind", [(), (photoshop(resource(0x0404, OLD)),), (XMP, ICC)])
def test_further_images_are_found_after_changes_on_both_sides_of_the_index(behind: tuple[bytes, ...]) -> None:
    old = with_mpf(EXIF, behind=behind)
    new = changed(old)
    first, second = mp_images(new, walk(new))
    assert new[second.start : second.start + second.size] == FURTHER
    assert first.size == walk(new).image_end
    assert new.index(b"Exif") < new.index(b"MPF\0")


def test_the_offsets_of_an_afcp_trailer_follow_all_changes_and_its_own_iptc_stays() -> None:
    picture = jpeg(XMP)
    start = len(picture)
    entry = struct.pack(">4sII", b"IPTC", len(OLD), start + 24)
    head = struct.pack(">4sHHI", b"AXS!", 256, 1, 0)
    old = picture + head + entry + OLD + struct.pack(">4sII", b"AXS!", start, 0)
    assert EditableJpeg(old).iptc is None
    new = changed(old)
    (at,) = struct.unpack(">I", new[-8:-4])
    size, offset = struct.unpack(">II", new[at + 16 : at + 24])
    assert new[at : at + 4] == b"AXS!"
    assert new[offset : offset + size] == OLD


def test_a_preview_behind_the_end_keeps_its_place_from_exif() -> None:
    pointing = jpeg(exif_segment(tiff_with([(0x927C, 4, 1, 0)])))
    offset = len(pointing) - pointing.index(b"Exif\0\0") - 6
    exif = exif_segment(tiff_with([(0x927C, 4, 1, offset)]))
    image = EditableJpeg(jpeg(exif) + FURTHER)
    assert image.exif_texts is None
    assert image.iptc_refusal is None
    new = changed(jpeg(exif) + FURTHER, BlockChange(packet(""), NEW))
    assert order(new) == [b"JFIF", b"http", b"Phot", b"Exif"]
    there = new.index(b"Exif\0\0") + 6 + offset
    assert new[there : there + len(FURTHER)] == FURTHER
    with pytest.raises(JpegError, match="Exif"):
        changed(jpeg(exif) + FURTHER)


def test_iptc_behind_exif_that_points_out_is_not_written() -> None:
    iptc = photoshop(resource(0x0404, OLD))
    pointing = jpeg(exif_segment(tiff_with([(0x927C, 4, 1, 0)])), iptc)
    offset = len(pointing) - pointing.index(b"Exif\0\0") - 6
    old = jpeg(exif_segment(tiff_with([(0x927C, 4, 1, offset)])), iptc) + FURTHER
    assert "preview" in (EditableJpeg(old).iptc_refusal or "")
    changed(old, BlockChange(packet("")))


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ((photoshop(resource(0x0404, OLD)),) * 2, "twice"),
        ((photoshop(resource(0x0404, OLD), resource(0x0404, NEW)),), "twice"),
        ((photoshop(resource(0x0404, OLD)[:9]), photoshop(resource(0x0404, OLD)[9:])), "followed"),
        ((photoshop(FIRST, digest(OLD)), photoshop(resource(0x0404, OLD))), "several"),
        ((segment(0xED, OLD),), "unusual"),
        ((segment(0xED, b"Adobe_Photoshop2.5:" + resource(0x0404, OLD)),), "unusual"),
    ],
)
def test_doubtful_iptc_is_left_and_the_rest_written(segments: tuple[bytes, ...], reason: str) -> None:
    old = jpeg(*segments, ICC)
    assert reason in (EditableJpeg(old).iptc_refusal or "")
    with pytest.raises(JpegError, match=reason):
        changed(old)
    new = changed(old, BlockChange(packet("")))
    assert b"".join(segments) in new


def test_resources_in_several_segments_that_are_whole_by_themselves_are_followed() -> None:
    old = jpeg(photoshop(FIRST), photoshop(resource(0x0404, OLD), digest(OLD)), photoshop(LAST))
    new = changed(old, BlockChange(iptc=NEW))
    assert new == jpeg(photoshop(FIRST), photoshop(resource(0x0404, NEW), digest(NEW)), photoshop(LAST))


def test_iptc_that_finds_no_room_in_a_full_segment_gets_its_own() -> None:
    full = photoshop(resource(0x1771, b"x" * (MOST_RESOURCES - 14)))
    new = changed(jpeg(full, ICC), BlockChange(iptc=NEW))
    assert new == jpeg(full, photoshop(resource(0x0404, NEW), digest(NEW)), ICC)
    assert iptc_resource(new, walk(new)) == NEW
    assert changed(new, BlockChange(iptc=None)) == jpeg(full, ICC)


def test_blocks_that_do_not_fit_their_segment_are_refused() -> None:
    with pytest.raises(JpegError, match=r"IPTC .* holds"):
        changed(jpeg(), BlockChange(iptc=b"x" * MOST_RESOURCES))
    with pytest.raises(JpegError, match=r"Exif .* holds"):
        changed(jpeg(), BlockChange(exif={IMAGE_DESCRIPTION: "x" * 65_530}))
    with pytest.raises(JpegError, match=r"XMP .* holds"):
        changed(jpeg(), BlockChange(xmp=packet("<own:a>" + "x" * 65_530 + "</own:a>")))


def test_exif_that_cannot_be_edited_says_so() -> None:
    assert EditableJpeg(jpeg()).exif_texts == {IMAGE_DESCRIPTION: None, USER_COMMENT: None}
    assert EditableJpeg(jpeg(EXIF, EXIF)).exif_texts is None
    assert EditableJpeg(jpeg(exif_segment(b"II*\0damaged"))).exif_texts is None
    broken = exif_segment(tiff_with([(0x010F, 2, 400, 40)]))
    assert EditableJpeg(jpeg(broken)).exif_texts is None
    for data in (jpeg(EXIF, EXIF), jpeg(broken)):
        with pytest.raises(JpegError, match="Exif"):
            changed(data, BlockChange(exif={IMAGE_DESCRIPTION: "a"}))


def test_only_what_was_made_here_is_dropped() -> None:
    nothing: dict[str, str | None] = {IMAGE_DESCRIPTION: None, USER_COMMENT: None}
    made = changed(jpeg(ICC), BlockChange(exif={IMAGE_DESCRIPTION: "a"}))
    assert changed(made, BlockChange(exif=nothing, drops_exif=True)) == jpeg(ICC)
    assert order(changed(made, BlockChange(exif=nothing))) == [b"JFIF", b"Exif", b"ICC_"]
    kept = changed(jpeg(EXIF), BlockChange(exif=nothing, drops_exif=True))
    assert order(kept) == [b"JFIF", b"Exif"]


SAMPLES = (
    jpeg(EXIF, XMP, photoshop(FIRST, resource(0x0404, OLD), digest(OLD)), ICC),
    with_mpf(EXIF, behind=(photoshop(resource(0x0404, OLD)), XMP)),
    jpeg(photoshop(FIRST), progressive=True) + FURTHER,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
    ),
    cut=st.integers(0, 5000) | st.none(),
)
def test_a_damaged_file_is_changed_in_its_blocks_alone_or_refused(
    sample: bytes, changes: list[tuple[int, int, bytes]], cut: int | None
) -> None:
    data = sample
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    data = data if cut is None else data[:cut]
    try:
        image = EditableJpeg(data)
        image.notes, image.iptc, image.packet  # noqa: B018
        texts = {} if image.exif_texts is None else dict(ALL.exif)
        change = BlockChange(ALL.xmp, ALL.iptc, texts) if image.iptc_refusal is None else BlockChange(ALL.xmp)
        edits = image.edit(change)
    except RefusedError:
        return
    result = apply_edits(data, edits)
    assert apply_edits(result, inverse(data, edits)) == data
    old, new_parts = walk(data), walk(result)
    kept = [data[s.start : s.end] for s in old.segments if s.marker not in (0xE1, 0xE2, 0xED)]
    assert kept == [result[s.start : s.end] for s in new_parts.segments if s.marker not in (0xE1, 0xE2, 0xED)]
    assert data[old.scan_start :] == result[new_parts.scan_start :]
