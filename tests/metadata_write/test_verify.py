"""verify: is the picture intact, is what was written still there, and who changed it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.database import open_database
from nivo_tui.catalog.schema import DECISIONS_MIGRATIONS
from nivo_tui.imaging.formats import sniff
from nivo_tui.imaging.identity import image_hash
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.metadata.containers.jpeg import walk, xmp_packet
from nivo_tui.metadata.containers.jpeg_edit import edit_xmp
from nivo_tui.metadata.edits import apply_edits
from nivo_tui.metadata.held import Held
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.parts import Parts, parts_of
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.traces import Traces, changed_by, traces_of, traces_of_file
from nivo_tui.metadata.undo import untag
from nivo_tui.metadata.verify import Scanned, VerifyResult, verify
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Format
from nivo_tui.settings import load_paths
from tests.metadata_write.builders import bag, jpeg, open_journal, packet, segment, write, xmp_segment


def scan_of(path: Path) -> Scanned:
    """What a scan would have seen of a photo."""
    with PhotoSource(path) as source:
        found, of_file = image_hash(source, sniff(source.head, path.name) or Format.JPEG)
    return Scanned(path.stat().st_size, path.stat().st_mtime_ns, found, of_file)


def flip(path: Path, at: int) -> None:
    """Change one byte of a file as a failing disk would: its size and its time stay."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[at] ^= 0x01
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def in_picture(path: Path) -> int:
    return (walk(path.read_bytes()).image_end or 0) - 20


def in_keyword(path: Path) -> int:
    return path.read_bytes().index(b">sea<") + 1


def edit_packet(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's XMP as another program would, its time too."""
    data = path.read_bytes()
    old = xmp_packet(data, walk(data)) or b""
    path.write_bytes(apply_edits(data, edit_xmp(data, change(old))))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))


def keep_traces(journal: Journal, path: Path) -> None:
    """Let the journal know the traces that the file shows after the newest write."""
    (record,) = journal.newest_of_photo(str(path))
    traces = traces_of(path.read_bytes(), Format.JPEG).to_json()
    journal._db.execute("UPDATE writes SET traces = ? WHERE id = ?", (traces, record.id))


def short(result: VerifyResult) -> tuple[str, str | None, str | None]:
    return result.status, result.image, result.changed_by


# -- photos never written


def test_of_a_photo_never_seen_before_nothing_is_claimed(journal: Journal, photo: Path) -> None:
    assert verify(str(photo), journal) == VerifyResult(str(photo), "ok", None, (), None, "none")


@pytest.mark.parametrize("content", [b"no picture", b"", b"\xff\xd8\xff\xe0\0\x10JFIF"])
def test_what_cannot_be_read_as_a_picture_is_unreadable(
    journal: Journal, photo: Path, content: bytes
) -> None:
    photo.write_bytes(content)
    assert short(verify(str(photo), journal))[:2] == ("differs", "unreadable")


def test_a_scanned_photo_is_the_same_and_bit_rot_in_its_picture_is_seen(
    journal: Journal, photo: Path
) -> None:
    scanned = scan_of(photo)
    assert short(verify(str(photo), journal, scanned)) == ("ok", "same", None)
    flip(photo, in_picture(photo))
    assert short(verify(str(photo), journal, scanned)) == ("differs", "changed", "bit rot")


def test_a_scanned_photo_that_a_program_drew_in_changed_without_rot(journal: Journal, photo: Path) -> None:
    scanned = scan_of(photo)
    photo.write_bytes(jpeg(size=(40, 40)))
    assert short(verify(str(photo), journal, scanned)) == ("differs", "changed", "unknown program")
    photo.write_bytes(b"gone")
    assert short(verify(str(photo), journal, scanned)) == ("differs", "unreadable", "unknown program")


def test_metadata_edited_after_the_scan_leave_the_picture_the_same(journal: Journal, photo: Path) -> None:
    scanned = scan_of(photo)
    edit_packet(photo, lambda old: old.replace(b">sea<", b">lake<"))
    assert short(verify(str(photo), journal, scanned)) == ("ok", "same", None)


def test_a_file_hashed_whole_is_judged_by_its_size_and_time(journal: Journal, photo: Path) -> None:
    photo.write_bytes(b"FUJIFILMCCD-RAW" + bytes(500))
    scanned = scan_of(photo)
    assert scanned.of_file
    assert short(verify(str(photo), journal, scanned)) == ("ok", "same", None)
    flip(photo, 300)
    assert short(verify(str(photo), journal, scanned)) == ("differs", "changed", "bit rot")
    os.utime(photo, ns=(0, 10**18))
    assert short(verify(str(photo), journal, scanned))[1] is None


# -- photos written to


@pytest.mark.parametrize(("where", "image"), [(in_picture, "changed"), (in_keyword, "same")])
def test_bit_rot_after_a_write_says_whether_it_is_in_the_picture(
    journal: Journal, photo: Path, where: Callable[[Path], int], image: str
) -> None:
    write(journal, photo, "dune")
    flip(photo, where(photo))
    result = verify(str(photo), journal)
    assert short(result) == ("differs", image, "bit rot")
    assert (result.lost, result.backup) == ((), "good")


def test_a_written_picture_that_rots_after_another_program_edited_it_is_seen_by_the_scan(
    journal: Journal, photo: Path
) -> None:
    write(journal, photo, "dune")
    edit_packet(photo, lambda old: old.replace(b">sea<", b">lake<"))
    scanned = scan_of(photo)
    assert short(verify(str(photo), journal, scanned)) == ("differs", "same", "unknown program")
    flip(photo, in_picture(photo))
    assert short(verify(str(photo), journal, scanned)) == ("differs", "changed", "bit rot")


def test_keywords_of_ours_that_are_gone_are_named(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune", "surf", title="A title", options=WriteOptions(iptc="never"))
    edit_packet(photo, lambda _: packet(bag("dc:subject", "sea", "surf")))
    assert verify(str(photo), journal).lost == ("dune", "A title")
    edit_packet(photo, lambda _: packet(bag("dc:subject", "dune", "surf") + "<dc:title>A title</dc:title>"))
    assert verify(str(photo), journal).lost == ()


def test_what_we_took_out_ourselves_is_not_lost(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune", "surf")
    run = journal.begin_run("untag", now())
    list(untag(journal, run, [str(photo)], ["dune"], execute=True))
    journal.end_run(run, now())
    edit_packet(photo, lambda old: old.replace(b">sea<", b">lake<"))
    assert short(verify(str(photo), journal))[0] == "differs"
    assert verify(str(photo), journal).lost == ()


@pytest.mark.parametrize(
    ("attribute", "name"),
    [('xmp:CreatorTool="Paint &amp; Sons 3"', "Paint & Sons 3"), ('own:thing="1"', "unknown program")],
)
def test_the_program_that_left_a_new_trace_is_named(
    journal: Journal, photo: Path, attribute: str, name: str
) -> None:
    write(journal, photo, "dune")
    keep_traces(journal, photo)
    assert short(verify(str(photo), journal)) == ("ok", "same", None)

    def put(old: bytes) -> bytes:
        return old.replace(b"<rdf:Description ", b"<rdf:Description " + attribute.encode() + b" ", 1)

    edit_packet(photo, put)
    assert short(verify(str(photo), journal)) == ("differs", "same", name)


def test_a_sidecar_that_changed_or_went_is_seen(journal: Journal, photo: Path) -> None:
    (receipt,) = write(journal, photo, "dune", target="sidecar")
    sidecar = Path(receipt.target or "")
    assert short(verify(str(photo), journal, scan_of(photo))) == ("ok", "same", None)
    flip(sidecar, sidecar.read_bytes().index(b">dune<") + 1)
    result = verify(str(photo), journal, scan_of(photo))
    assert (*short(result), result.lost) == ("differs", "same", "bit rot", ("dune",))
    sidecar.unlink()
    result = verify(str(photo), journal, scan_of(photo))
    assert (*short(result), result.lost) == ("differs", "same", "unknown program", ("dune",))


def test_a_photo_that_is_gone_is_missing_and_its_backup_is_told(journal: Journal, photo: Path) -> None:
    write(journal, photo, "dune")
    photo.unlink()
    assert verify(str(photo), journal) == VerifyResult(str(photo), "missing", "unreadable", (), None, "good")


def test_a_backup_that_rotted_is_bad(journal: Journal, photo: Path) -> None:
    (receipt,) = write(journal, photo, "dune")
    flip(Path(receipt.backup or ""), 100)
    assert verify(str(photo), journal).backup == "bad"


def test_a_write_under_way_is_no_difference(journal: Journal, photo: Path) -> None:
    seen: list[VerifyResult] = []
    write(journal, photo, "dune", step=lambda _: seen.append(verify(str(photo), open_journal())))
    assert {short(result) for result in seen} <= {("ok", None, None), ("ok", "same", None)}
    assert seen[-1].image == "same"


def test_a_photo_is_known_by_the_name_behind_a_link_too(
    journal: Journal, photo: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    write(journal, link, "dune")
    write(journal, photo, "surf")
    assert short(verify(str(photo), journal)) == short(verify(str(link), journal)) == ("ok", "same", None)
    edit_packet(photo, lambda _: packet(bag("dc:subject", "sea")))
    assert verify(str(photo), journal).lost == verify(str(link), journal).lost == ("dune", "surf")


# -- traces


def test_the_traces_of_a_photo_are_read_from_xmp_and_exif(photo: Path) -> None:
    event = '<rdf:li stEvt:action="saved" stEvt:softwareAgent="%s" stEvt:when="%s"/>'
    body = (
        '<x:History xmlns:x="urn:h" xmlns:stEvt="urn:e"><rdf:Seq>'
        + event % ("First", "2020")
        + event % ("Second &lt;2&gt;", "2021")
        + "</rdf:Seq></x:History><xmp:CreatorTool>Camera 1.0</xmp:CreatorTool>"
    )
    found = packet(body).replace(b"<x:xmpmeta ", b"<x:xmpmeta x:xmptk='Kit 1' ")
    exif = piexif.dump({"0th": {piexif.ImageIFD.Software: "Soft 9", piexif.ImageIFD.DateTime: "2020:01:01"}})
    photo.write_bytes(jpeg(segment(0xE1, exif), xmp_segment(found)))
    expected = Traces("Second <2>", "2021", "Camera 1.0", "Soft 9", "2020:01:01", "Kit 1")
    assert traces_of(photo.read_bytes(), Format.JPEG) == expected
    assert traces_of(found, None) == Traces("Second <2>", "2021", "Camera 1.0", None, None, "Kit 1")
    assert traces_of_file(photo.read_bytes(), str(photo)) == expected
    assert traces_of_file(found, "a.JPG.XMP").agent == "Second <2>"
    assert traces_of_file(b"no photo", "a.jpg") == Traces()
    assert Traces.from_json(expected.to_json()) == expected


def test_the_newest_history_entry_speaks_first_and_a_time_alone_names_nobody() -> None:
    before = Traces("Agent", "2020", "Creator", "Software", "2020", "Kit")
    assert changed_by(before, before) == "unknown program"
    assert changed_by(before, Traces("Agent", "2021", "Other", "Software", "2021", "Kit")) == "Agent"
    assert changed_by(before, Traces(creator="Other", software="Third")) == "Other"
    assert changed_by(before, Traces(software="Third", toolkit="Kit 2")) == "Third"
    assert changed_by(before, Traces(toolkit="Kit 2")) == "Kit 2"
    assert changed_by(before, Traces("Agent", "2020", modified="2022")) == "unknown program"
    assert changed_by(None, Traces("Agent")) == "unknown program"


@given(st.binary(max_size=400), st.sampled_from([*Format, None]))
def test_any_bytes_have_parts_and_traces(data: bytes, fmt: Format | None) -> None:
    heads = {Format.PNG: b"\x89PNG\r\n\x1a\n", Format.JPEG: b"\xff\xd8\xff", Format.TIFF: b"II*\0\x08\0\0\0"}
    whole = heads.get(fmt or Format.RAW, b"") + data
    assert traces_of(whole, fmt) is not None
    assert isinstance(Held(parts_of(whole, fmt)).holds("word", ("iptc:Keywords",)), bool)


def test_a_keyword_written_to_iptc_too_is_lost_where_that_lacks_it() -> None:
    xmp = packet(bag("dc:subject", "dune", "é" * 40))

    def iim(*words: str) -> bytes:
        sets = [b"\x1c\x01\x5a\0\x03\x1b%G"]
        sets += [b"\x1c\x02\x19" + len(w.encode()).to_bytes(2, "big") + w.encode() for w in words]
        return b"".join(sets)

    fields = ("xmp:dc:subject", "iptc:Keywords")
    assert Held(Parts(xmp)).holds("dune", fields[:1])
    assert not Held(Parts(xmp)).holds("dune", fields)
    assert not Held(Parts(xmp, iim("sea"))).holds("dune", fields)
    assert Held(Parts(xmp, iim("sea", "dune", "é" * 32))).holds("dune", fields)
    assert Held(Parts(xmp, iim("sea", "dune", "é" * 32))).holds("é" * 40, fields)
    assert not Held(Parts(None, iim("dune"))).holds("dune", fields)


# -- the journal


def test_a_home_keeps_the_name_it_was_given(home: Path) -> None:
    first = open_journal().home()
    assert len(first) == 8 and int(first, 16) >= 0
    assert open_journal().home() == first


def test_a_home_of_the_version_before_gets_a_name_and_keeps_its_writes(home: Path, photo: Path) -> None:
    paths = load_paths()
    paths.create()
    with closing(open_database(paths.decisions, DECISIONS_MIGRATIONS[:2], durable=True)) as old:
        old.execute("INSERT INTO runs(command, started_at) VALUES('write', 'then')")
        old.execute(
            "INSERT INTO writes(run_id, kind, path, target, real, state, after_hash, fields, added, removed, "
            "notes, at) VALUES(1, 'write', ?1, ?1, ?1, 'done', 'gone', '[]', '[]', '[]', '[]', 'then')",
            (os.fsencode(os.path.realpath(photo)),),
        )
    journal = open_journal()
    assert len(journal.home()) == 8
    assert short(verify(str(photo), journal)) == ("differs", None, "unknown program")


def test_a_finished_write_waits_for_the_next_commit_and_is_never_overlooked(
    journal: Journal, photo: Path
) -> None:
    other = photo.with_name("other.jpg")
    other.write_bytes(jpeg(size=(30, 30)))
    write(journal, photo, Keyword("dune"))
    write(journal, other, "surf")
    assert journal.backup_of(os.path.realpath(photo)) is not None
    assert journal.written_paths() == {str(photo), str(other)}
    assert journal.path_of(os.path.realpath(other)) == str(other)
    assert list(journal.values_standing(os.path.realpath(photo))) == ["dune"]
