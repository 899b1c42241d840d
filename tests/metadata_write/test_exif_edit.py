"""The two Exif texts: read in every form, written by appending alone, taken out again."""

from __future__ import annotations

import struct
from pathlib import Path

import piexif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import IMAGE_DESCRIPTION, USER_COMMENT
from nivo_tui.metadata.containers.jpeg import APP1, EXIF_HEADER, segments_with, walk
from nivo_tui.metadata.exif_edit import ExifEditError, edit_exif, exif_texts
from tests.metadata_write import builders_tiff as build
from tests.metadata_write.builders_tiff import ASCII, LONG, UNDEFINED, Dir, camera, tiff, tree, without

BOTH = (build.DESCRIPTION, build.USER_COMMENT)
TEXTS = {IMAGE_DESCRIPTION: "Ein Bäcker in Zürich", USER_COMMENT: "日本"}
NONE = dict.fromkeys(TEXTS)


def edited(block: bytes | None, description: str | None = "", comment: str | None = "") -> bytes:
    texts = {IMAGE_DESCRIPTION: description, USER_COMMENT: comment}
    new = edit_exif(block, {name: text for name, text in texts.items() if text != ""})
    assert new is not None
    return new


@pytest.mark.parametrize("order", "<>")
def test_texts_are_added_and_all_else_stays(order: str) -> None:
    block = camera(order)
    new = edit_exif(block, TEXTS)
    assert new is not None
    assert exif_texts(block) == NONE
    assert exif_texts(new) == TEXTS
    assert new[8 : len(block)] == block[8:]
    assert without(tree(new), *BOTH) == tree(block)
    assert build.value_of(new, build.DESCRIPTION) == (ASCII, TEXTS[IMAGE_DESCRIPTION].encode() + b"\0")
    code = "utf-16-le" if order == "<" else "utf-16-be"
    assert piexif.load(new)["Exif"][piexif.ExifIFD.UserComment] == b"UNICODE\0" + "日本".encode(code)


def test_tables_are_in_order_afterwards_and_padding_stays_behind() -> None:
    fields = [(271, ASCII, b"Nobody\0"), (305, ASCII, b"abc\0"), (40000, LONG, bytes(4))]
    block = tiff(Dir(fields, unsorted=True, padding=2))
    new = edited(block, "text")
    (first,) = struct.unpack_from("<I", new, 4)
    tags = [struct.unpack_from("<H", new, first + 2 + 12 * index)[0] for index in range(6)]
    assert tags == [270, 271, 305, 40000, 0, 0]
    assert without(tree(new), *BOTH) == tree(block)


def test_ascii_comments_are_declared_so() -> None:
    new = edited(camera(), comment="plain")
    assert piexif.load(new)["Exif"][piexif.ExifIFD.UserComment] == b"ASCII\0\0\0plain"


def test_a_block_of_our_own_comes_and_goes() -> None:
    for texts in (TEXTS, {USER_COMMENT: "one"}, {IMAGE_DESCRIPTION: "two"}):
        new = edit_exif(None, texts)
        assert new is not None
        assert exif_texts(new) == NONE | texts
        loaded = piexif.load(new)
        assert loaded["Exif"].get(piexif.ExifIFD.ExifVersion, b"0232") == b"0232"
        assert edit_exif(new, dict.fromkeys(texts)) is None
    assert edit_exif(None, NONE) is None


def test_a_block_that_holds_anything_else_stays() -> None:
    for block in (
        camera(),
        tiff(Dir([(271, ASCII, b"Nobody\0")])),
        tiff(Dir(), Dir([(256, LONG, bytes(4))])),
    ):
        back = edit_exif(edit_exif(block, TEXTS), NONE)
        assert back is not None
        assert tree(back) == tree(block)


def test_what_is_so_already_changes_nothing() -> None:
    block = camera(description=b"here\0", comment=b"ASCII\0\0\0here")
    assert edit_exif(block, {IMAGE_DESCRIPTION: "here", USER_COMMENT: "here"}) == block
    assert edit_exif(camera(), NONE) == camera()
    western = camera(description=b"Z\xfcrich\0")
    assert edit_exif(western, {IMAGE_DESCRIPTION: "Zürich"}) == western


def test_a_description_of_another_type_becomes_text() -> None:
    block = tiff(Dir([(build.DESCRIPTION, UNDEFINED, b"one text\0"), (271, ASCII, b"Nobody\0")]))
    new = edited(block, "two text")
    assert build.value_of(new, build.DESCRIPTION) == (ASCII, b"two text\0")


def test_a_text_of_the_same_length_takes_the_old_place() -> None:
    block = camera(description=b"one text\0", comment=b"ASCII\0\0\0one text")
    new = edited(block, "two text", "two text")
    assert len(new) == len(block)
    assert new == block.replace(b"one text", b"two text")


def test_a_place_that_another_tag_uses_too_is_left_alone() -> None:
    block = bytearray(camera(description=b"one text\0"))
    place = block.index(struct.pack(">HHI", 271, ASCII, 7))
    block[place + 4 : place + 12] = struct.pack(">II", 9, block.index(b"one text"))
    new = edited(bytes(block), "two text")
    assert build.value_of(new, 271) == (ASCII, b"one text\0")
    assert exif_texts(new)[IMAGE_DESCRIPTION] == "two text"


def test_taking_a_tag_out_of_a_table_needs_no_room() -> None:
    block = camera(description=b"some text\0", comment=b"ASCII\0\0\0other text")
    new = edit_exif(block, NONE)
    assert new is not None
    assert len(new) == len(block)
    assert tree(new) == without(tree(block), *BOTH)


@pytest.mark.parametrize("order", "<>")
def test_fifty_edits_need_the_room_of_one(order: str) -> None:
    new = block = camera(order, description=b"some text\0")
    sizes = []
    for number in range(50):
        new = edited(new, None if number % 3 == 0 else "é" * (number % 11), "long " * (number % 7 + 1))
        sizes.append(len(new))
    assert without(tree(new), *BOTH) == without(tree(block), *BOTH)
    # Both tables (4 and 5 tags with the new one, each with a link), the longest texts, three odd bytes.
    assert max(sizes) - len(block) <= 2 * 6 + 12 * (6 + 6) + 21 + 43 + 3
    assert max(sizes[25:]) <= max(sizes[:25])


def utf16(text: str, order: str) -> bytes:
    return b"UNICODE\0" + text.encode("utf-16-le" if order == "<" else "utf-16-be")


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b"ASCII\0\0\0hello", "hello"),
        (b"ASCII\0\0\0hello\0\0\0", "hello"),
        (b"ASCII\0\0\0Z\xfcrich", "Zürich"),
        (utf16("Zürich", ">"), "Zürich"),
        (utf16("Zürich", "<"), "Zürich"),
        (utf16("日本", ">"), "日本"),
        (utf16("東京\u3000日本", ">"), "東京\u3000日本"),
        (utf16("Café 日", "<"), "Café 日"),
        (utf16("Ā", ">"), "Ā"),
        (utf16("\ufeff日本", "<"), "日本"),
        (utf16("\ufeff日本", ">"), "日本"),
        (b"JIS\0\0\0\0\0" + "日本".encode("iso2022_jp"), "日本"),
        (b"JIS\0\0\0\0\0" + "日本".encode("shift_jis"), "日本"),
        (bytes(8) + "Zürich".encode(), "Zürich"),
        (b"no code at all", "no code at all"),
        (b"short", "short"),
        (b"ASCII\0\0\0OLYMPUS  ", "OLYMPUS  "),
        (b"ASCII\0\0\0", None),
        (b"ASCII\0\0\0" + b" " * 30, None),
        (b"UNICODE\0" + bytes(40), None),
        (utf16("   ", ">"), None),
        (utf16("   ", "<"), None),
        (bytes(100), None),
        (b" " * 100, None),
        (b"", None),
    ],
)
def test_comments_are_read_by_their_code(stored: bytes, text: str | None) -> None:
    assert exif_texts(camera(comment=stored))[USER_COMMENT] == text


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b"SONY DSC\0", "SONY DSC"),
        ("Zürich".encode() + b"\0", "Zürich"),
        (b"Z\xfcrich", "Zürich"),
        (b"abc", "abc"),
        (b"\0\0later\0", "later"),
        (b"one\0two\0", "one"),
        (b"\0", None),
        (b"          \0", None),
        (b" ", None),
    ],
)
def test_descriptions_are_read_as_cameras_write_them(stored: bytes, text: str | None) -> None:
    assert exif_texts(camera(description=stored))[IMAGE_DESCRIPTION] == text


def broken() -> dict[str, bytes]:
    block = camera()
    (exif_at,) = struct.unpack_from(">I", block, block.index(struct.pack(">HHI", 0x8769, 4, 1)) + 8)
    (first,) = struct.unpack_from(">I", block, 4)

    def patched(place: int, new: bytes) -> bytes:
        return block[:place] + new + block[place + len(new) :]

    make = block.index(struct.pack(">HHI", 271, ASCII, 7))
    pointer = block.index(struct.pack(">HHI", 0x8769, 4, 1))
    interop = block.index(struct.pack(">HHI", 0xA005, 4, 1))
    twice = Dir([(DESC := build.DESCRIPTION, ASCII, b"one text\0"), (DESC, ASCII, b"other text\0")])
    return {
        "nothing": b"",
        "short": block[:7],
        "no header": b"XX" + block[2:],
        "other magic": b"MM\0\x55" + block[4:],
        "bigtiff": b"MM\0\x2b\0\x08\0\0" + bytes(8) + block,
        "IFD0 outside": patched(4, struct.pack(">I", len(block))),
        "IFD0 in the header": patched(4, struct.pack(">I", 4)),
        "absurd count": patched(first, b"\xff\xff"),
        "count beyond sense": block[:4] + struct.pack(">IH", 8, 5000) + bytes(60_004),
        "value within a directory": patched(make + 8, struct.pack(">I", first + 20)),
        "value within the header": patched(make + 8, struct.pack(">I", 4)),
        "value reaches out": patched(make + 4, struct.pack(">I", 100_000)),
        "value outside": patched(make + 8, struct.pack(">I", len(block) + 20)),
        "unknown type": patched(make + 2, b"\0\x63"),
        "Exif outside": patched(pointer + 8, struct.pack(">I", 0xFFFFFF00)),
        "Exif of two": patched(interop + 8, struct.pack(">I", exif_at)),
        "IFD0 of two": patched(interop + 8, struct.pack(">I", first)),
        "Exif pointer twice the size": patched(pointer + 4, struct.pack(">I", 2)),
        "described twice": tiff(twice, order=">"),
        "no text": tiff(Dir([(DESC, LONG, bytes(8))])),
    }


@pytest.mark.parametrize("name", list(broken()))
def test_what_is_not_understood_is_refused(name: str) -> None:
    with pytest.raises(ExifEditError, match="the Exif data cannot be edited: "):
        edit_exif(broken()[name], TEXTS)


def test_a_reference_far_beyond_the_end_leads_nowhere_still() -> None:
    block = camera()
    make = block.index(struct.pack(">HHI", 271, ASCII, 7)) + 8
    far = block[:make] + struct.pack(">I", 0x7FFF0000) + block[make + 4 :]
    assert exif_texts(edited(far, "text"))[IMAGE_DESCRIPTION] == "text"


def test_an_exif_directory_that_cannot_be_read_is_not_written() -> None:
    with pytest.raises(ExifEditError):
        exif_texts(broken()["Exif outside"])


def test_a_missing_last_link_counts_as_none() -> None:
    block = tiff(Dir([(271, ASCII, b"Nobody\0")]))[:-4]
    assert exif_texts(edited(block, "text"))[IMAGE_DESCRIPTION] == "text"


def camera_blocks(folder: Path) -> list[tuple[str, bytes]]:
    found = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if data[:2] != b"\xff\xd8":
            continue
        for segment in segments_with(data, walk(data), APP1, EXIF_HEADER):
            found.append((path.name, data[segment.payload_start + 6 : segment.end]))
    return found


def loaded(block: bytes | None) -> object:
    """What piexif reads but the two texts; its sizes of a thumbnail are those it makes itself."""
    try:
        found = piexif.load(b"Exif\0\0" + (block or b""))
    except Exception:  # piexif raises whatever a broken block makes it stumble over
        return None
    for part, tag in (("0th", build.DESCRIPTION), ("0th", build.EXIF), ("Exif", build.USER_COMMENT)):
        found[part].pop(tag, None)
    return found


def test_the_blocks_of_real_cameras_lose_nothing(corpus: Path) -> None:
    blocks = camera_blocks(corpus)
    assert blocks
    for name, block in blocks:
        new = edit_exif(block, TEXTS)
        assert new is not None
        assert exif_texts(new) == TEXTS, name
        assert loaded(new) == loaded(block), name
        assert len(new) - len(block) < 1000
        back = edit_exif(new, exif_texts(block))
        assert loaded(back) == loaded(block), name
        for share in range(1, 100, 7):
            try:
                edit_exif(block[: len(block) * share // 100], TEXTS)
            except RefusedError:
                continue


# What a low byte of 0 makes of a single character, the other byte order may mean, too.
CHARACTERS = st.characters(exclude_categories=["Cs"]).filter(lambda character: ord(character) % 256)
TEXT = st.none() | st.text(CHARACTERS, min_size=1, max_size=30)
VALUE = st.one_of(
    st.tuples(st.just(ASCII), st.binary(min_size=1, max_size=12)),
    st.tuples(st.just(UNDEFINED), st.binary(min_size=1, max_size=12)),
    st.tuples(st.just(LONG), st.binary(min_size=4, max_size=4)),
)


@st.composite
def structures(draw: st.DrawFn) -> bytes:
    def directory(low: int) -> Dir:
        tags = draw(st.lists(st.integers(low, low + 40), unique=True, max_size=4))
        return Dir([(tag, *draw(VALUE)) for tag in tags], unsorted=draw(st.booleans()))

    first = directory(40_000)
    if draw(st.booleans()):
        first.fields.append((build.DESCRIPTION, ASCII, draw(st.binary(min_size=1, max_size=9))))
    if draw(st.booleans()):
        first.below[build.EXIF] = [directory(0xA100)]
        if draw(st.booleans()):
            first.below[build.EXIF][0].fields += [
                (build.USER_COMMENT, UNDEFINED, draw(st.binary(max_size=20)))
            ]
    if draw(st.booleans()):
        first.below[build.SUBS] = [directory(50_000), directory(50_000)]
    pages = [first] + [directory(40_000) for _ in range(draw(st.integers(0, 2)))]
    behind = draw(st.sampled_from([b"", b"", b"\0", b"behind"]))
    return tiff(*pages, order=draw(st.sampled_from("<>")), values_first=draw(st.booleans()), behind=behind)


@settings(max_examples=60)
@given(structures(), st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(TEXTS, TEXT)), max_size=4))
def test_any_edits_of_any_block_leave_all_else(block: bytes, changes: list[dict[str, str | None]]) -> None:
    wanted = exif_texts(block)
    new = block
    for change in changes:
        after = edit_exif(new, change)
        # Only blanks differ: a text of blanks is none to a reader.
        wanted |= {name: text if text and text.strip(" ") else None for name, text in change.items()}
        if after is None:
            return
        new = after
        assert exif_texts(new) == wanted
        assert without(tree(new), *BOTH) == without(tree(block), *BOTH)


@settings(max_examples=80)
@given(st.data())
def test_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    block = bytearray(camera(description=b"some text\0"))
    for _ in range(data.draw(st.integers(1, 4))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(block[: data.draw(st.integers(0, len(block)))])
    for torn in (bytes(block), cut):
        try:
            new = edit_exif(torn, TEXTS)
            assert new is None or exif_texts(new) == TEXTS
        except RefusedError:
            continue


def test_blocks_full_of_references_are_done_with_soon() -> None:
    # Every directory of 4,000 entries that each point to directories again: more than any picture has.
    table = struct.pack(">H", 4000) + b"".join(
        struct.pack(">HHII", build.SUBS, LONG, 1, 8 + 2 * index) for index in range(4000)
    )
    with pytest.raises(ExifEditError):
        edit_exif(b"MM\0*\0\0\0\x08" + table + bytes(4), TEXTS)
