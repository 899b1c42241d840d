"""The gate on IPTC and Exif in a JPEG: what may change there, and what must not."""

from __future__ import annotations

import struct

import pytest

from nivo_tui.metadata.edits import difference
from nivo_tui.metadata.gate import Expected, GateError, check
from nivo_tui.model import Format
from tests.metadata_write.builders import exif_segment, jpeg, packet, xmp_segment
from tests.metadata_write.builders_gate import (
    SUBJECT,
    UTF8,
    app13,
    dataset,
    digest,
    iim,
    keyword_packet,
    resource,
)
from tests.metadata_write.builders_tiff import ASCII, EXIF, UNDEFINED, USER_COMMENT, Dir, tiff

NEW = "Zürich"
IPTC = Expected((NEW,), fields=(SUBJECT, "iptc:Keywords"))
BYLINE = dataset(80, "Jörg".encode("cp1252"))
BYLINE_UTF8 = dataset(80, "Jörg".encode())


def passes(old: bytes, new: bytes, expected: Expected) -> bool:
    try:
        return check(old, new, Format.JPEG, expected, difference(new, old)) is not None
    except GateError:
        return False


def with_iptc(
    old: bytes, new: bytes, *others: bytes, old_digest: bytes = b"", new_digest: bytes = b""
) -> bool:
    """Whether an exchange of IPTC blocks, between other resources, is let pass."""
    first = app13(*others[:1], *([resource(0x0404, old)] if old else []), old_digest, *others[1:])
    second = app13(*others[:1], *([resource(0x0404, new)] if new else []), new_digest, *others[1:])
    return passes(jpeg(keyword_packet("sea"), first), jpeg(keyword_packet("sea", NEW), second), IPTC)


def test_a_keyword_comes_with_its_charset_and_a_block_may_be_new() -> None:
    word = NEW.encode()
    assert with_iptc(b"", iim(word, utf8=True))
    assert with_iptc(iim(b"sea"), iim(b"sea", word, utf8=True))
    assert with_iptc(iim(b"sea", utf8=True), iim(b"sea", word, utf8=True))
    plain = jpeg(keyword_packet("sea"))
    new = jpeg(keyword_packet("sea", NEW), app13(resource(0x0404, iim(word, utf8=True))))
    assert passes(plain, new, IPTC)
    assert not passes(plain, new, Expected((NEW,), fields=(SUBJECT,)))


def test_what_stood_undeclared_is_transcoded_as_a_whole_or_not_at_all() -> None:
    word = NEW.encode()
    old = iim(b"sea", more=[BYLINE])
    assert with_iptc(old, iim(b"sea", word, more=[BYLINE_UTF8], utf8=True))
    assert not with_iptc(old, iim(b"sea", word, more=[BYLINE], utf8=True))
    mojibake = dataset(80, "Jörg".encode().decode("cp1252").encode())
    assert not with_iptc(old, iim(b"sea", word, more=[mojibake], utf8=True))
    # Undeclared UTF-8 may be meant as that, or as the signs of Windows-1252 that other readers show.
    old = iim(b"sea", more=[BYLINE_UTF8])
    assert with_iptc(old, iim(b"sea", word, more=[BYLINE_UTF8], utf8=True))
    assert with_iptc(old, iim(b"sea", word, more=[mojibake], utf8=True))
    both = [BYLINE_UTF8, dataset(115, "Zoë".encode())]
    mixed = [mojibake, dataset(115, "Zoë".encode())]
    assert not with_iptc(iim(b"sea", more=both), iim(b"sea", word, more=mixed, utf8=True))


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(iim(NEW.encode(), utf8=True), id="old keyword dropped"),
        pytest.param(iim(b"sea", NEW.encode(), b"foreign", utf8=True), id="foreign keyword"),
        pytest.param(
            iim(b"sea", NEW.encode(), more=[dataset(80, b"Eve")], utf8=True), id="byline from nowhere"
        ),
        pytest.param(iim(b"sea", utf8=True), id="promise not kept"),
        pytest.param(iim(b"sea", NEW.encode("cp1252"), utf8=True), id="not in the charset it says"),
        pytest.param(iim(b"sea", NEW.encode()) + UTF8, id="charset behind what it is for"),
        pytest.param(iim(b"sea", NEW.encode(), utf8=True) + b"junk", id="junk behind"),
        pytest.param(b"", id="block lost"),
    ],
)
def test_sabotaged_keywords_are_seen(new: bytes) -> None:
    assert not with_iptc(iim(b"sea"), new)


def test_a_dataset_that_is_no_keyword_stays() -> None:
    word = NEW.encode()
    old = iim(b"sea", more=[dataset(80, b"Ann"), dataset(5, b"Title")])
    assert with_iptc(old, iim(b"sea", word, more=[dataset(80, b"Ann"), dataset(5, b"Title")], utf8=True))
    assert not with_iptc(old, iim(b"sea", word, more=[dataset(80, b"Ann")], utf8=True))
    assert not with_iptc(old, iim(b"sea", word, more=[dataset(80, b"Ann"), dataset(5, b"title")], utf8=True))
    assert not with_iptc(old, iim(b"sea", word, more=[dataset(5, b"Title"), dataset(80, b"Ann")], utf8=True))


def test_a_long_keyword_may_be_cut_at_a_character_and_nowhere_else() -> None:
    word = "ü" * 40
    expected = Expected((word,), fields=(SUBJECT, "iptc:Keywords"))

    def cut(value: bytes) -> bool:
        old = jpeg(keyword_packet("sea"), app13(resource(0x0404, iim(b"sea"))))
        block = resource(0x0404, iim(b"sea", value, utf8=True))
        return passes(old, jpeg(keyword_packet("sea", word), app13(block)), expected)

    assert cut(word.encode()[:64])
    assert cut(word.encode())
    assert not cut(word.encode()[:63])
    assert not cut(word.encode()[:20])
    assert not cut(b"u" * 64)


def test_other_resources_stay_in_order() -> None:
    profile, clip = resource(0x0409, b"thumbnail"), resource(0x03ED, b"resolution", name=b"odd")
    old, new = iim(b"sea"), iim(b"sea", NEW.encode(), utf8=True)
    assert with_iptc(old, new, profile, clip)
    packets = keyword_packet("sea"), keyword_packet("sea", NEW)
    before = jpeg(packets[0], app13(profile, resource(0x0404, old), clip))
    for others in (
        (profile, resource(0x0404, new)),
        (clip, resource(0x0404, new), profile),
        (profile, resource(0x0404, new), clip.replace(b"odd", b"add")),
        (profile, resource(0x0404, new), clip.replace(b"resolution", b"Resolution")),
        (profile, resource(0x0404, new), clip, b"8BIMrest"),
        (profile, resource(0x0404, new), resource(0x0404, new), clip),
    ):
        assert not passes(before, jpeg(packets[1], app13(*others)), IPTC)


def test_the_digest_follows_only_where_it_was_right() -> None:
    old, new = iim(b"sea"), iim(b"sea", NEW.encode(), utf8=True)
    stale = digest(b"of another time")
    assert with_iptc(old, new, old_digest=digest(old), new_digest=digest(new))
    assert with_iptc(old, new, new_digest=digest(new))
    assert with_iptc(old, new, old_digest=stale, new_digest=stale)
    assert not with_iptc(old, new, old_digest=digest(old), new_digest=digest(old))
    assert not with_iptc(old, new, old_digest=stale, new_digest=digest(new))
    assert not with_iptc(old, new, old_digest=stale)
    assert not with_iptc(old, new, old_digest=digest(old))
    assert not with_iptc(old, new, new_digest=stale)


def test_taking_back_removes_what_was_asked_and_no_more() -> None:
    expected = Expected(removed=(NEW,), fields=(SUBJECT, "iptc:Keywords"))
    block = resource(0x0404, iim(b"sea", NEW.encode(), utf8=True))
    old = jpeg(keyword_packet("sea", NEW), app13(block))
    gone = app13(resource(0x0404, iim(b"sea", utf8=True)))
    assert passes(old, jpeg(keyword_packet("sea"), gone), expected)
    assert not passes(old, jpeg(keyword_packet("sea")), expected)
    assert not passes(old, jpeg(keyword_packet(), gone), expected)
    only_ours = jpeg(keyword_packet("sea", NEW), app13(resource(0x0404, iim(NEW.encode(), utf8=True))))
    assert passes(only_ours, jpeg(keyword_packet("sea")), expected)


# -- Exif

NOTE = (0x927C, UNDEFINED, b"maker's note" * 4)
MAKE = (0x010F, ASCII, b"Maker\0")
TEXT = "Ein Tag in Zürich"
DESCRIPTION = (0x010E, ASCII, TEXT.encode() + b"\0")
COMMENT = (USER_COMMENT, UNDEFINED, b"UNICODE\0" + TEXT.encode("utf-16-le"))
TEXTS = Expected((TEXT,), fields=("dc:description", "exif:ImageDescription", "exif:UserComment"))
XMP_TEXT = xmp_segment(
    packet(
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{TEXT}</rdf:li></rdf:Alt></dc:description>'
    )
)


def appended(old: bytes) -> bytes:
    """A block with both texts: new tables and values behind all that was there."""
    order = "<"
    (first,) = struct.unpack_from("<I", old, 4)
    (count,) = struct.unpack_from("<H", old, first)
    rows = [old[first + 2 + 12 * n : first + 14 + 12 * n] for n in range(count)]
    at = next(struct.unpack("<I", row[8:])[0] for row in rows if row[:2] == struct.pack("<H", EXIF))
    (inner_count,) = struct.unpack_from("<H", old, at)
    inner = [old[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(inner_count)]
    data = bytearray(old + bytes(len(old) % 2))

    def put(tag: int, kind: int, value: bytes) -> bytes:
        data.extend(bytes(len(data) % 2))
        data.extend(value)
        return struct.pack(order + "HHII", tag, kind, len(value), len(data) - len(value))

    def table(found: list[bytes], following: int = 0) -> int:
        data.extend(bytes(len(data) % 2))
        start = len(data)
        ordered = sorted(found, key=lambda row: struct.unpack("<H", row[:2]))
        data.extend(struct.pack("<H", len(found)) + b"".join(ordered) + struct.pack("<I", following))
        return start

    inner_at = table([*inner, put(*COMMENT)])
    rows = [row for row in rows if row[:2] != struct.pack("<H", EXIF)]
    rows += [struct.pack("<HHII", EXIF, 4, 1, inner_at), put(*DESCRIPTION)]
    data[4:8] = struct.pack("<I", table(rows))
    return bytes(data)


BLOCK = tiff(Dir([MAKE], below={EXIF: [Dir([NOTE, (0x9000, UNDEFINED, b"0232")])]}))


def with_exif(old: bytes | None, new: bytes | None, expected: Expected = TEXTS) -> bool:
    first = [] if old is None else [exif_segment(old)]
    second = [] if new is None else [exif_segment(new)]
    return passes(jpeg(*first), jpeg(*second, XMP_TEXT), expected)


def test_texts_may_be_appended_to_exif() -> None:
    assert with_exif(BLOCK, appended(BLOCK))
    assert not with_exif(BLOCK, BLOCK)
    assert not with_exif(BLOCK, appended(BLOCK), Expected((TEXT,), fields=("dc:description",)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"Maker\0", b"Faker\0", id="another tag"),
        pytest.param(b"maker's note", b"faker's note", id="the maker's note"),
        pytest.param(TEXT.encode(), b"Something else....", id="another text"),
        pytest.param(TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be"), id="the other byte order"),
        pytest.param(b"UNICODE\0", b"ASCII\0\0\0", id="the wrong code"),
        pytest.param(b"0232", b"0231", id="a small value"),
    ],
)
def test_sabotaged_exif_is_seen(old: bytes, new: bytes) -> None:
    broken = appended(BLOCK).replace(old, new)
    assert broken != appended(BLOCK)
    assert not with_exif(BLOCK, broken)


def test_a_makers_note_that_moves_is_seen() -> None:
    rebuilt = tiff(
        Dir([DESCRIPTION, MAKE], below={EXIF: [Dir([NOTE, (0x9000, UNDEFINED, b"0232"), COMMENT])]}),
        values_first=False,
    )
    assert not with_exif(BLOCK, rebuilt)


def test_bytes_that_no_tag_accounts_for_stay() -> None:
    hidden = BLOCK + b"the maker's own table"
    assert with_exif(hidden, appended(hidden))
    assert not with_exif(hidden, appended(hidden).replace(b"own table", b"new table"))


def test_a_block_that_comes_or_goes_holds_nothing_else() -> None:
    ours = tiff(Dir([DESCRIPTION], below={EXIF: [Dir([COMMENT, (0x9000, UNDEFINED, b"0232")])]}))
    more = tiff(Dir([DESCRIPTION, MAKE], below={EXIF: [Dir([COMMENT])]}))
    gone = Expected(removed=(TEXT,), fields=TEXTS.fields)
    assert with_exif(None, ours)
    assert not with_exif(None, more)
    assert passes(jpeg(exif_segment(ours), XMP_TEXT), jpeg(), gone)
    assert not passes(jpeg(exif_segment(more), XMP_TEXT), jpeg(), gone)
    assert not passes(jpeg(exif_segment(BLOCK), XMP_TEXT), jpeg(), gone)


def described(text: bytes) -> bytes:
    return tiff(Dir([(0x010E, ASCII, text + b"\0"), MAKE]))


def test_a_text_of_the_users_is_not_replaced_but_one_of_ours_is() -> None:
    expected = Expected(("Grandma's house",), fields=("exif:ImageDescription",))
    record = (
        '<nivo:Applied xmlns:nivo="https://nivo-tui.dev/ns/1.0/"><rdf:Bag><rdf:li nivo:keyword='
        '"Grandma\'s plant" nivo:fields="exif:ImageDescription"/></rdf:Bag></nivo:Applied>'
    )
    old, new = exif_segment(described(b"Grandma's plant")), exif_segment(described(b"Grandma's house"))
    theirs, ours = xmp_segment(packet("")), xmp_segment(packet(record))
    assert passes(jpeg(old, ours), jpeg(new, ours), expected)
    assert not passes(jpeg(old, theirs), jpeg(new, theirs), expected)
    assert not passes(jpeg(old, ours), jpeg(exif_segment(described(b"Grandma's mouse")), ours), expected)
