"""The gate on each container: it lets a right change pass, and sees whatever else is changed with it."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.imaging.formats import HEAD_BYTES, sniff
from nivo_tui.metadata import gate
from nivo_tui.metadata.blocks import BlockChange
from nivo_tui.metadata.editors import EDITORS
from nivo_tui.metadata.edits import apply_edits, difference
from nivo_tui.metadata.gate import Expected, GateError
from nivo_tui.model import Format
from tests.metadata_write import exiftool
from tests.metadata_write.builders import bag, jpeg, packet, xmp_segment
from tests.metadata_write.builders_bmff import Form, exif_item, heif, image, xmp_item
from tests.metadata_write.builders_chunks import chunk, itxt, png, riff, riff_chunk, webp
from tests.metadata_write.builders_gate import SUBJECT, Change, changes_of
from tests.metadata_write.builders_tiff import ASCII, EXIF, SUBS, UNDEFINED, Dir, tiff

WORDS = ("nivo bar", "Zürich", "日本")
OLD = packet(bag(SUBJECT, "sea"))
NEW = packet(bag(SUBJECT, "sea", "dune"))
EXPECTED = Expected(("dune",), fields=(SUBJECT,))

FILES: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: jpeg(xmp_segment(OLD)),
    "a.png": lambda: png(chunk(b"tEXt", b"Author\0Ann"), itxt(OLD), trailer=b"behind"),
    "bare.png": lambda: png(behind=(chunk(b"tIME", bytes(7)),)),
    "a.webp": lambda: webp(icc_profile=b"profile" * 9),
    "simple.webp": lambda: webp(lossless=True),
    "a.heic": lambda: heif(Form(made=(image(1), image(2, method=1), exif_item(3), xmp_item(4, OLD)))),
    "moving.heic": lambda: heif(Form(chunks=b"frames of a sequence" * 9, media_first=False)),
    "a.tif": lambda: tiff(
        Dir(
            [(0x010F, ASCII, b"Maker\0"), (700, UNDEFINED, OLD)],
            [b"strip one" * 30, b"strip two" * 30],
            {EXIF: [Dir([(0x927C, UNDEFINED, b"note" * 20)])], SUBS: [Dir([], [b"small" * 9])]},
        ),
        Dir([(0x010E, ASCII, b"second page\0")], [b"page two" * 30]),
    ),
}


def sabotage(change: Change, rng: random.Random, times: int) -> Iterator[bytes]:
    """The new bytes with one byte that was copied flipped, left out or doubled."""
    ranges = change.copied()
    for _ in range(times):
        start, end = rng.choice([*ranges, max(ranges, key=lambda r: r[1] - r[0])])
        at = start + int((end - start) * rng.random() ** rng.choice((1, 3)))
        new = change.new
        flipped = bytes([new[at] ^ 1 << rng.randrange(8)])
        yield new[:at] + rng.choice((flipped, b"", new[at : at + 1] * 2)) + new[at + 1 :]


def refused(change: Change, new: bytes) -> bool:
    try:
        change.check(new)
    except GateError:
        return True
    return False


@pytest.fixture
def made(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    (*_, change) = changes_of(path, monkeypatch, *WORDS, description="A day in Zürich")
    return change


@pytest.mark.parametrize("name", list(FILES))
def test_no_byte_but_those_of_the_change_may_be_another(name: str, made: Change) -> None:
    assert made.check()
    rng = random.Random(name)
    for new in sabotage(made, rng, 300):
        if new != made.new and _matters(made, new):
            assert refused(made, new), (name, difference(made.new, new))


def _matters(change: Change, new: bytes) -> bool:
    """Names of XML namespaces and the date of the change stand among copied bytes, and are ours to write."""
    (edit,) = difference(change.new, new)
    around = change.new[max(0, edit.offset - 60) : edit.end + 60]
    return not any(word in around for word in (b"xmlns", b"MetadataDate", b"nivo:", b"http"))


def test_real_files_pass_and_their_sabotage_does_not(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    formats = set()
    for path in sorted(corpus.iterdir()):
        with path.open("rb") as file:
            fmt = sniff(file.read(HEAD_BYTES), path.name)
        if fmt not in EDITORS or path.stat().st_size > 1_000_000:
            continue
        rng = random.Random(path.name)
        for change in changes_of(path, monkeypatch, *WORDS, title="A title", description="A day in Zürich"):
            formats.add(change.fmt)
            for new in sabotage(change, rng, 12):
                if new != change.new and _matters(change, new):
                    assert refused(change, new), (path.name, difference(change.new, new))
    assert formats >= {Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC, Format.AVIF, Format.TIFF}


def passes(old: bytes, new: bytes, fmt: Format, expected: Expected = EXPECTED) -> bool:
    try:
        return gate.check(old, new, fmt, expected, difference(new, old)) is not None
    except GateError:
        return False


# -- PNG


def test_png_sabotage() -> None:
    text = chunk(b"tEXt", b"Author\0Ann")
    old, new = png(text, itxt(OLD), trailer=b"behind"), png(text, itxt(NEW), trailer=b"behind")
    assert passes(old, new, Format.PNG)
    crc = zlib.crc32(itxt(NEW)[4:-4])
    for broken in (
        png(itxt(NEW), trailer=b"behind"),
        png(text, text, itxt(NEW), trailer=b"behind"),
        png(text, itxt(NEW), trailer=b"beyond"),
        png(text, itxt(NEW)),
        png(text, itxt(NEW), itxt(NEW), trailer=b"behind"),
        png(text, itxt(NEW, compressed=True), trailer=b"behind"),
        png(text, itxt(packet(bag(SUBJECT, "dune"))), trailer=b"behind"),
        png(text, itxt(packet(bag(SUBJECT, "sea", "dune", "foreign"))), trailer=b"behind"),
        new.replace(struct.pack(">I", crc), struct.pack(">I", crc ^ 1)),
    ):
        assert not passes(old, broken, Format.PNG), broken[:200]


def test_xmp_may_come_into_a_png_but_not_between_its_image_data() -> None:
    bare = png()
    at = bare.index(b"IDAT") - 4
    end = at + 12 + int.from_bytes(bare[at : at + 4], "big")
    half = (end - at - 12) // 2
    body = bare[at + 8 : end - 4]
    parts = chunk(b"IDAT", body[:half]), chunk(b"IDAT", body[half:])
    old = bare[:at] + b"".join(parts) + bare[end:]
    assert passes(
        old, bare[:at] + itxt(packet(bag(SUBJECT, "dune"))) + b"".join(parts) + bare[end:], Format.PNG
    )
    between = bare[:at] + parts[0] + itxt(packet(bag(SUBJECT, "dune"))) + parts[1] + bare[end:]
    assert not passes(old, between, Format.PNG)


# -- WebP


def vp8x(flags: int, rest: bytes) -> bytes:
    return riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + rest)


def test_webp_sabotage() -> None:
    simple = webp(lossless=True)
    picture = simple[12:]
    bits = int.from_bytes(picture[9:13], "little")
    size = (bits & 0x3FFF).to_bytes(3, "little") + (bits >> 14 & 0x3FFF).to_bytes(3, "little")
    alpha = 0x10 if bits >> 28 & 1 else 0
    xmp = riff_chunk(b"XMP ", packet(bag(SUBJECT, "dune")))
    assert passes(simple, riff(vp8x(4 | alpha, size), picture, xmp), Format.WEBP)
    for parts in (
        (picture, xmp),
        (vp8x(alpha, size), picture, xmp),
        (vp8x(4 | alpha ^ 0x10, size), picture, xmp),
        (vp8x(4 | alpha | 0x20, size), picture, xmp),
        (vp8x(4 | alpha, bytes(6)), picture, xmp),
        (picture, vp8x(4 | alpha, size), xmp),
        (vp8x(4 | alpha, size), picture, xmp, xmp),
        (vp8x(4 | alpha, size), picture, xmp, riff_chunk(b"EXIF", b"MM")),
        (vp8x(4 | alpha, size), picture, riff_chunk(b"XMP\0", packet(bag(SUBJECT, "dune")))),
    ):
        assert not passes(simple, riff(*parts), Format.WEBP), parts[0][:20]
    assert not passes(simple, riff(vp8x(4 | alpha, size), picture, xmp, more=4), Format.WEBP)
    old = riff(vp8x(0x20 | alpha, size), riff_chunk(b"ICCP", b"profile!"), picture)
    assert passes(
        old, riff(vp8x(0x24 | alpha, size), riff_chunk(b"ICCP", b"profile!"), picture, xmp), Format.WEBP
    )
    assert not passes(old, riff(vp8x(0x04 | alpha, size), picture, xmp), Format.WEBP)
    assert not passes(
        old, riff(vp8x(0x24 | alpha, size), riff_chunk(b"ICCP", b"Profile!"), picture, xmp), Format.WEBP
    )


# -- HEIF


def test_heif_sabotage() -> None:
    old = heif(Form(made=(image(1), image(2), exif_item(3))))
    new = edited(old, Format.HEIC, packet(bag(SUBJECT, "dune")))
    assert passes(old, new, Format.HEIC)
    again = edited(new, Format.HEIC, packet(bag(SUBJECT, "dune", "sea")))
    assert passes(new, again, Format.HEIC, Expected(("sea",), fields=(SUBJECT,)))
    for word, other in (
        (b"ftypheic", b"ftyphfic"),
        (b"cdsc", b"cdsd"),
        (b"hvc1", b"hvc2"),
        (b"mime", b"mine"),
        (b"application/rdf+xml", b"application/rdf+xmx"),
        (b"Exif\0\0MM", b"Exif\0\0II"),
        (b"ipma", b"free"),
        (b"pitm", b"pitn"),
    ):
        assert not passes(old, new.replace(word, other), Format.HEIC), word
    for behind in (b"\0\0\0\x0cabcd1234", b"\0\0\0\x0cmdat1234", b"more"):
        assert not passes(old, new + behind, Format.HEIC), behind
    # A reference of the new item, taken out with its bytes; the boxes around it are made to fit.
    start = new.index(b"cdsc", new.index(b"iref")) - 4
    size = int.from_bytes(new[start : start + 4], "big")
    last = new.rindex(b"cdsc") - 4
    assert size == int.from_bytes(new[last : last + 4], "big")
    other = new[: last + 4] + b"thmb" + new[last + 8 :]
    assert not passes(old, other, Format.HEIC)


def edited(old: bytes, fmt: Format, new_packet: bytes) -> bytes:
    return apply_edits(old, EDITORS[fmt](old).edit(BlockChange(xmp=new_packet)))


def test_a_chunk_offset_must_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "moving.heic"
    path.write_bytes(FILES["moving.heic"]())
    (*_, change) = changes_of(path, monkeypatch, "dune")
    at = change.new.index(b"stco") + 12
    (value,) = struct.unpack_from(">I", change.new, at)
    for wrong in (
        value + 1,
        value - 4,
        0,
        struct.unpack_from(">I", change.old, change.old.index(b"stco") + 12)[0],
    ):
        new = change.new[:at] + struct.pack(">I", wrong) + change.new[at + 4 :]
        if new != change.new:
            assert refused(change, new)


# -- TIFF


def test_tiff_sabotage() -> None:
    def made(*fields: tuple[int, int, bytes], pages: int = 2, note: bytes = b"note" * 20) -> bytes:
        first = Dir(list(fields), [b"strip" * 30], {EXIF: [Dir([(0x927C, UNDEFINED, note)])]})
        return tiff(first, *[Dir([(0x010E, ASCII, b"page\0")], [b"page two" * 30])] * (pages - 1))

    maker = (0x010F, ASCII, b"Maker\0")
    old = made(maker)
    new = edited(old, Format.TIFF, packet(bag(SUBJECT, "dune")))
    assert passes(old, new, Format.TIFF)
    (first,) = struct.unpack_from("<I", new, 4)
    (count,) = struct.unpack_from("<H", new, first)
    link = first + 2 + 12 * count
    rows = range(first + 2, link, 12)
    assert not passes(old, new[:link] + bytes(4) + new[link + 4 :], Format.TIFF)
    for row in rows:
        if new[row : row + 2] == struct.pack("<H", 700):
            continue
        for place in (0, 2, 4, 8):
            broken = new[: row + place] + bytes([new[row + place] ^ 1]) + new[row + place + 1 :]
            assert not passes(old, broken, Format.TIFF), (row, place)
    for word in (b"strip", b"page two", b"note", b"Maker"):
        assert not passes(old, new.replace(word, word.upper(), 1), Format.TIFF), word
    assert not passes(old, made(maker, (700, UNDEFINED, packet(bag(SUBJECT, "dune")))), Format.TIFF)
    assert not passes(old, new[:-40], Format.TIFF)


# -- hostile input, and others' writers


@settings(max_examples=200)
@given(
    name=st.sampled_from(sorted(FILES)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 6)), max_size=5),
    cut=st.floats(0, 1),
    also_old=st.booleans(),
)
def test_damaged_files_are_refused_or_the_same(
    name: str, changes: list[tuple[float, bytes, int]], cut: float, also_old: bool
) -> None:
    old = FILES[name]()
    fmt = sniff(old, name)
    new = old[: int(len(old) * (1 if cut > 0.3 else cut))]
    for share, data, length in changes:
        at = int(len(new) * share)
        new = new[:at] + data + new[at + length :]
    if also_old:
        old = new
    try:
        gate.check(old, new, fmt, Expected(fields=(SUBJECT,)), difference(new, old))
    except GateError:
        return
    assert old == new or _is_xmp_alone(old, new)


def _is_xmp_alone(old: bytes, new: bytes) -> bool:
    (edit,) = difference(old, new)
    around = old[max(0, edit.offset - 400) : edit.end + 2200]
    return b"rdf" in around or b"xpacket" in around or b"   " in around


@exiftool.needs_exiftool
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "bare.png", "a.webp", "simple.webp"])
def test_what_exiftool_writes_passes_where_it_keeps_all(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    old = path.read_bytes()
    exiftool.run("-q", "-overwrite_original", "-XMP-dc:Subject+=dune", str(path))
    new = path.read_bytes()
    assert new != old
    assert passes(old, new, sniff(old, name) or Format.RAW)
