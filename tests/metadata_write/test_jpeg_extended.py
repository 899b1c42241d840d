"""Extended XMP of a JPEG: read with the main packet, edited where it stands, made where room runs out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from nivo_tui.metadata.containers.jpeg import JpegError, walk, xmp_packet
from nivo_tui.metadata.containers.jpeg_edit import MOST_XMP, EditableJpeg, edit_xmp
from nivo_tui.metadata.containers.jpeg_extended import extended_xmp, whole_packet
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.xmp import Keyword, read
from nivo_tui.metadata.xmp_edit import XmpChange, edit, remove
from nivo_tui.metadata.xmp_tree import RDF, take_apart
from tests.metadata_write.builders import bag, jpeg, packet, segment, xmp_segment

NOTE = "http://ns.adobe.com/xmp/note/"
TIME = "2026-11-24T10:00:00+00:00"
ICC = segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"p" * 100)
DEPTH = "<own:Depth>" + "QUJD" * 50_000 + "</own:Depth>"


def extended_packet(body: str) -> bytes:
    found = packet(body, padding=b"")
    return found[found.index(b"<x:xmpmeta") : found.index(b"<?xpacket end")]


def chunks(extended: bytes, size: int = 65_000) -> list[bytes]:
    guid = hashlib.md5(extended).hexdigest().upper().encode()
    return [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + guid
            + struct.pack(">II", len(extended), at)
            + extended[at : at + size],
        )
        for at in range(0, len(extended), size)
    ]


def named(extended: bytes, body: str = "", padding: bytes = b" " * 3000) -> bytes:
    guid = hashlib.md5(extended).hexdigest().upper()
    attribute = f'xmlns:xmpNote="{NOTE}" xmpNote:HasExtendedXMP="{guid}"'
    return xmp_segment(packet(body, attributes=attribute, padding=padding))


def with_extended(body: str, main: str = "") -> bytes:
    extended = extended_packet(body)
    return jpeg(named(extended, main), *chunks(extended), ICC)


def properties(data: bytes) -> tuple[list[str], list[str]]:
    """The properties of the main and of the extended packet, found by a plain walk; the name is checked."""
    parts = walk(data)
    main = xmp_packet(data, parts) or b""
    pieces: dict[int, bytes] = {}
    head = b"http://ns.adobe.com/xmp/extension/\0"
    for each in parts.header:
        body = data[each.payload_start : each.end]
        if body.startswith(head):
            guid, length, at = struct.unpack_from(">32sII", body, len(head))
            pieces[at] = body[len(head) + 40 :]
            assert guid in main
    extended = b"".join(pieces[at] for at in sorted(pieces))
    if pieces:
        assert len(extended) == length
        assert hashlib.md5(extended).hexdigest().upper().encode() == guid
    assert bool(pieces) == (b"HasExtendedXMP" in main)
    return names(main), names(extended)


def names(one: bytes) -> list[str]:
    if not one:
        return []
    root = take_apart(one).root
    found = [child for d in root.iter(f"{{{RDF}}}Description") for child in d]
    return [etree.QName(child).localname for child in found]


def write(data: bytes, *texts: str) -> bytes:
    image = EditableJpeg(data)
    edited = edit(image.packet, XmpChange(1, TIME, tuple(map(Keyword, texts))))
    if not edited.entries:
        return data
    edits = edit_xmp(data, edited.packet)
    new = apply_edits(data, edits)
    assert apply_edits(new, inverse(data, edits)) == data
    assert write(new, *texts) is new
    return new


def untag(data: bytes) -> bytes:
    image = EditableJpeg(data)
    edited = remove(image.packet or b"", read(image.packet or b"").applied, TIME)
    return apply_edits(data, edit_xmp(data, edited.packet))


def keywords(data: bytes) -> tuple[str, ...]:
    return read(whole_packet(data, walk(data)) or b"").keywords


def test_keywords_in_extended_xmp_are_read_and_added_to_where_they_stand() -> None:
    old = with_extended(DEPTH + bag("dc:subject", "sea", "dune"))
    assert keywords(old) == ("sea", "dune")
    new = write(old, "sun", "sea")
    assert keywords(new) == ("sea", "dune", "sun")
    main, extended = properties(new)
    assert extended == ["Depth", "subject"]
    assert {"Applied", "Created", "MetadataDate"} <= set(main)
    assert "subject" not in main
    assert DEPTH.encode() in extended_xmp_of(new)
    back = untag(new)
    assert keywords(back) == ("sea", "dune")
    assert properties(back) == ([], ["Depth", "subject"])


def extended_xmp_of(data: bytes) -> bytes:
    parts = walk(data)
    found = extended_xmp(data, parts, xmp_packet(data, parts))
    return b"" if found is None else found.packet


def test_an_extended_packet_without_our_properties_keeps_its_bytes() -> None:
    old = with_extended(DEPTH, bag("dc:subject", "sea"))
    assert EditableJpeg(old).packet == xmp_packet(old, walk(old))
    new = write(old, "sun")
    assert extended_xmp_of(new) == extended_xmp_of(old)
    assert len(new) == len(old)


def test_an_extended_packet_that_a_write_does_not_touch_keeps_its_bytes() -> None:
    old = with_extended("<xmp:Label>red</xmp:Label>" + DEPTH)
    new = write(old, "sun")
    assert extended_xmp_of(new) == extended_xmp_of(old)
    assert properties(new)[1] == ["Label", "Depth"]
    assert keywords(new) == ("sun",)


def test_properties_written_as_attributes_stay_in_the_extended_packet() -> None:
    extended = extended_packet("").replace(b"<rdf:Description ", b'<rdf:Description dc:subject="sea" ')
    new = write(jpeg(named(extended), *chunks(extended)), "sun")
    assert keywords(new) == ("sea", "sun")
    assert properties(new)[1] == ["subject"]


@pytest.mark.parametrize("padding", [b"", b" " * 3000])
def test_records_that_find_no_room_go_into_an_extended_packet(padding: bytes) -> None:
    filler = "<own:Filler>" + "x" * (MOST_XMP - 6000) + "</own:Filler>"
    old = jpeg(xmp_segment(packet(filler, padding=padding)), ICC)
    texts = [f"keyword number {number}" for number in range(40)]
    new = write(old, *texts)
    main, extended = properties(new)
    assert extended == ["Applied"]
    assert "Applied" not in main
    assert set(keywords(new)) == set(texts)
    assert len(xmp_packet(new, walk(new)) or b"") <= MOST_XMP
    more = write(new, "one more")
    assert properties(more)[1] == ["Applied"]
    assert "one more" in keywords(more)
    back = untag(more)
    assert properties(back) == (["Filler"], [])
    assert keywords(back) == ()


def test_records_go_into_the_extended_packet_that_is_there() -> None:
    filler = "<own:Filler>" + "x" * (MOST_XMP - 6000) + "</own:Filler>"
    old_extended = extended_packet(DEPTH)
    old = jpeg(named(old_extended, filler, padding=b""), *chunks(old_extended), ICC)
    new = write(old, *(f"keyword number {number}" for number in range(40)))
    assert properties(new)[1] == ["Depth", "Applied"]
    assert properties(untag(new))[1] == ["Depth"]


def test_xmp_that_has_no_room_even_so_is_refused() -> None:
    filler = "<own:Filler>" + "x" * (MOST_XMP - 900) + "</own:Filler>"
    old = jpeg(xmp_segment(packet(filler, padding=b"")))
    with pytest.raises(JpegError, match="holds"):
        write(old, *(f"keyword number {number}" for number in range(40)))


def test_a_packet_that_was_all_ours_goes_with_its_extended_one() -> None:
    old = jpeg(ICC)
    texts = [f"{number} " + "long keyword " * 13 for number in range(80)]
    new = write(old, *texts)
    assert properties(new)[1] == ["Applied"]
    assert untag(new) == old


def test_damaged_extended_xmp_is_left_alone_or_refused() -> None:
    extended = extended_packet(DEPTH + bag("dc:subject", "sea"))
    first, *others = chunks(extended)
    with pytest.raises(JpegError, match="extended"):
        write(jpeg(named(extended), *others), "sun")
    for lost in (jpeg(named(extended), first), jpeg(named(extended), first, first, *others)):
        assert whole_packet(lost, walk(lost)) == xmp_packet(lost, walk(lost))
    broken = b"<x:xmpmeta>" + b"dc:subject " * 10
    with pytest.raises(JpegError, match="extended"):
        write(jpeg(named(broken), *chunks(broken)), "sun")
    with pytest.raises(JpegError, match="extended"):
        edit_xmp(with_extended(DEPTH), None)


def test_a_joined_packet_that_lost_its_marks_is_refused() -> None:
    old = with_extended(bag("dc:subject", "sea"))
    whole = EditableJpeg(old).packet or b""
    assert re.search(rb"urn:nivo-tui:extended", whole)
    with pytest.raises(Exception, match="extended XMP"):
        edit_xmp(old, packet(bag("dc:subject", "sea")))


@pytest.mark.skipif("NIVO_EXIFTOOL" not in os.environ, reason="exiftool is not there")
def test_exiftool_reads_both_packets_as_one(tmp_path: Path) -> None:
    filler = "<own:Filler>" + "x" * (MOST_XMP - 6000) + "</own:Filler>"
    crowded = jpeg(xmp_segment(packet(filler)))
    texts = [f"keyword number {number}" for number in range(40)]
    extended = with_extended(DEPTH + bag("dc:subject", "sea", "dune")).replace(ICC, b"")
    for old, wanted in ((extended, ["Zürich"]), (crowded, texts)):
        path = tmp_path / "a.jpg"
        path.write_bytes(write(old, *wanted))
        command = ["perl", os.environ["NIVO_EXIFTOOL"], "-j", "-a", "-G1", "-struct", str(path)]
        (found,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert set(wanted) <= set(found["XMP-dc:Subject"])
        assert not [(name, value) for name, value in found.items() if name.endswith("Warning")]
        assert len(found["XMP-nivo:Applied"]) >= len(wanted)
