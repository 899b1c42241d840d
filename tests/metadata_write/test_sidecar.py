"""Sidecars: which one, what goes into it, and that the photo beside it is never touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nivo_tui.metadata import xmp
from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.plan import WriteOptions
from nivo_tui.metadata.planned import now
from nivo_tui.metadata.sidecar import SidecarError, choose_sidecars
from nivo_tui.metadata.undo import undo_run, untag
from nivo_tui.metadata.verify import verify
from nivo_tui.model import Format
from tests.metadata_write.builders import bag, jpeg, packet, tiff_with, write, xmp_segment

ADOBE = frozenset({"lightroom"})
BOTH = frozenset({"digikam", "captureone"})
LINUX = frozenset({"digikam", "darktable"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    return made


@pytest.fixture
def raw(folder: Path) -> Path:
    path = folder / "IMG_1.NEF"
    path.write_bytes(tiff_with([(0x0100, 4, 1, 8), (0x0101, 4, 1, 8)]))
    return path


def chosen(path: Path, readers: frozenset[str] = LINUX, fmt: Format = Format.NEF) -> list[str]:
    return [os.path.basename(each.path) for each in choose_sidecars(str(path), fmt, readers)]


def sidecar(path: Path, body: str = "", owner: str | None = None) -> Path:
    stated = f"<photoshop:SidecarForExtension>{owner}</photoshop:SidecarForExtension>" if owner else ""
    path.write_bytes(packet(body + stated))
    return path


@pytest.mark.parametrize(
    ("readers", "names"),
    [
        (LINUX, ["IMG_1.NEF.xmp"]),
        (ADOBE, ["IMG_1.xmp"]),
        (BOTH, ["IMG_1.NEF.xmp", "IMG_1.xmp"]),
        (frozenset(), ["IMG_1.NEF.xmp"]),
    ],
)
def test_a_new_one_is_called_as_its_readers_call_it(
    raw: Path, readers: frozenset[str], names: list[str]
) -> None:
    assert chosen(raw, readers) == names


def test_those_that_exist_are_used_whatever_the_readers(raw: Path) -> None:
    sidecar(raw.with_suffix(".xmp"))
    assert chosen(raw, LINUX) == ["IMG_1.xmp"]
    sidecar(raw.with_name("IMG_1.NEF.XMP"))
    assert chosen(raw, ADOBE) == ["IMG_1.NEF.XMP", "IMG_1.xmp"]


@pytest.mark.parametrize("ending", ["xmp", "XMP", "Xmp", "xMP"])
def test_any_letter_case_of_xmp_is_found(raw: Path, ending: str) -> None:
    sidecar(raw.with_name(f"IMG_1.{ending}"))
    assert [name.casefold() for name in chosen(raw, LINUX)] == ["img_1.xmp"]
    sidecar(raw.with_name(f"IMG_1.NEF.{ending}"))
    assert [name.casefold() for name in chosen(raw, LINUX)] == ["img_1.nef.xmp", "img_1.xmp"]
    assert all(os.path.exists(raw.parent / name) for name in chosen(raw, LINUX))


def test_two_spellings_are_two_files_only_where_the_folder_tells_them_apart(raw: Path) -> None:
    sidecar(raw.with_name("IMG_1.NEF.xmp"))
    sidecar(raw.with_name("IMG_1.NEF.XMP"))
    expected = [name for name in ("IMG_1.NEF.xmp", "IMG_1.NEF.XMP") if name in os.listdir(raw.parent)]
    assert chosen(raw, LINUX) == expected


def test_a_photo_in_a_folder_that_cannot_be_listed_keeps_its_short_sidecar(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar(raw.with_suffix(".xmp"))

    def refuse(path: str) -> list[str]:
        raise PermissionError(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert chosen(raw, LINUX) == ["IMG_1.xmp"]


def test_readers_are_named_in_any_letter_case(raw: Path) -> None:
    assert chosen(raw, frozenset({"Lightroom"})) == ["IMG_1.xmp"]


def test_a_photo_without_an_extension_has_one_sidecar(folder: Path) -> None:
    photo = folder / "picture"
    photo.write_bytes(b"")
    assert chosen(photo, ADOBE) == ["picture.xmp"]


def test_a_short_name_that_no_one_can_read_is_still_the_raws(raw: Path) -> None:
    raw.with_suffix(".xmp").write_bytes(b"no xmp")
    assert chosen(raw, LINUX) == ["IMG_1.xmp"]


def test_beside_a_raw_and_a_jpeg_the_short_name_is_the_raws(raw: Path) -> None:
    sidecar(raw.with_suffix(".xmp"))
    beside = raw.with_suffix(".jpg")
    beside.write_bytes(jpeg())
    assert chosen(raw) == ["IMG_1.xmp"]
    assert chosen(beside, LINUX, Format.JPEG) == ["IMG_1.jpg.xmp"]


def test_the_extension_it_names_decides(raw: Path) -> None:
    beside = raw.with_suffix(".jpg")
    beside.write_bytes(jpeg())
    sidecar(raw.with_suffix(".xmp"), owner="jpg")
    assert chosen(raw) == ["IMG_1.NEF.xmp"]
    assert chosen(beside, LINUX, Format.JPEG) == ["IMG_1.xmp"]
    with pytest.raises(SidecarError, match=r"\.jpg file, not for IMG_1\.NEF"):
        chosen(raw, ADOBE)


def test_a_lone_picture_owns_the_short_name_two_do_not(folder: Path) -> None:
    picture = folder / "a.heic"
    picture.write_bytes(b"")
    sidecar(folder / "a.xmp")
    assert chosen(picture, LINUX, Format.HEIC) == ["a.xmp"]
    (folder / "a.png").write_bytes(b"")
    assert chosen(picture, LINUX, Format.HEIC) == ["a.heic.xmp"]


def test_two_raws_of_one_name_are_not_guessed_between(raw: Path) -> None:
    shutil.copy(raw, raw.with_suffix(".dng"))
    with pytest.raises(SidecarError, match=r"IMG_1\.NEF or IMG_1\.dng"):
        chosen(raw, ADOBE)
    assert chosen(raw, LINUX) == ["IMG_1.NEF.xmp"]
    sidecar(raw.with_suffix(".xmp"))
    with pytest.raises(SidecarError):
        chosen(raw, LINUX)
    sidecar(raw.with_suffix(".xmp"), owner="NEF")
    assert chosen(raw, LINUX) == ["IMG_1.xmp"]


def test_a_raw_gets_a_sidecar_and_is_itself_untouched(journal: Journal, raw: Path) -> None:
    before = raw.read_bytes()
    (receipt,) = write(journal, raw, "dune")
    target = raw.with_name("IMG_1.NEF.xmp")
    assert (receipt.status, receipt.target, receipt.before) == ("written", str(target), None)
    assert receipt.backup is None
    assert receipt.reason is None
    assert xmp.read(target.read_bytes()).keywords == ("dune",)
    assert raw.read_bytes() == before
    assert write(journal, raw, "dune")[0].status == "unchanged"
    assert verify(str(raw), journal).status == "ok"
    assert next(undo_run(journal, execute=True)).mode == "exact"
    assert sorted(os.listdir(raw.parent)) == ["IMG_1.NEF"]


def test_untag_has_nothing_to_do_where_nothing_was_written(journal: Journal, raw: Path) -> None:
    (receipt,) = untag(journal, 1, [str(raw)], execute=False)
    assert (receipt.status, receipt.target, receipt.reason) == ("unchanged", None, None)


def test_both_kinds_are_made_equal_and_the_short_one_names_its_owner(journal: Journal, raw: Path) -> None:
    receipts = write(journal, raw, "dune", options=WriteOptions(readers=BOTH))
    assert [receipt.status for receipt in receipts] == ["written", "written"]
    long, short = (Path(receipt.target or "").read_bytes() for receipt in receipts)
    assert xmp.read(long).keywords == xmp.read(short).keywords == ("dune",)
    assert tree.values(tree.take_apart(short).root, "photoshop:SidecarForExtension") == ["NEF"]
    assert b"SidecarForExtension" not in long
    run = journal.begin_run("untag", now())
    gone = list(untag(journal, run, [str(raw)], execute=True))
    assert [receipt.status for receipt in gone] == ["written", "written"]
    assert sorted(os.listdir(raw.parent)) == ["IMG_1.NEF"]
    journal.end_run(run, now())
    assert [receipt.mode for receipt in undo_run(journal, execute=True)] == ["exact", "exact"]
    assert raw.with_suffix(".xmp").read_bytes() == short


def test_develop_settings_of_others_survive_and_come_back_byte_for_byte(journal: Journal, raw: Path) -> None:
    develop = '<own:develop rdf:parseType="Resource"><own:exposure>+0.50</own:exposure></own:develop>'
    there = sidecar(raw.with_suffix(".xmp"), develop + bag("dc:subject", "sea"))
    os.utime(there, ns=(1, 1))
    before = there.read_bytes()
    (receipt,) = write(journal, raw, "dune")
    assert receipt.target == str(there)
    assert develop.encode() in there.read_bytes()
    assert xmp.read(there.read_bytes()).keywords == ("sea", "dune")
    assert there.stat().st_mtime_ns > 10**18
    next(undo_run(journal, execute=True))
    assert there.read_bytes() == before
    assert there.stat().st_mtime_ns > 10**18


def test_a_sidecar_that_cannot_be_read_is_refused_and_the_other_one_written(
    journal: Journal, raw: Path
) -> None:
    bad = raw.with_suffix(".xmp")
    bad.write_bytes("<x:xmpmeta/>".encode("utf-16"))
    good = sidecar(raw.with_name("IMG_1.NEF.xmp"))
    first, second = write(journal, raw, "dune")
    assert (first.status, first.target) == ("written", str(good))
    assert (second.status, second.target) == ("refused", None)
    assert "IMG_1.xmp" in (second.reason or "")
    assert bad.read_bytes() == "<x:xmpmeta/>".encode("utf-16")


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_sidecar_that_is_a_link_stays_one(journal: Journal, raw: Path, tmp_path: Path) -> None:
    elsewhere = sidecar(tmp_path / "real.xmp")
    raw.with_suffix(".xmp").symlink_to(elsewhere)
    assert write(journal, raw, "dune")[0].status == "written"
    assert raw.with_suffix(".xmp").is_symlink()
    assert xmp.read(elsewhere.read_bytes()).keywords == ("dune",)
    elsewhere.unlink()
    assert write(journal, raw, "surf")[0].status == "refused"


def test_what_the_editor_refuses_goes_to_a_sidecar_with_the_reason(journal: Journal, folder: Path) -> None:
    torn = folder / "torn.jpg"
    torn.write_bytes(jpeg(xmp_segment(packet(bag("dc:subject", "sea"))))[:-2])
    (receipt,) = write(journal, torn, "dune")
    assert (receipt.status, receipt.target) == ("written", f"{torn}.xmp")
    assert "cut off" in (receipt.reason or "")
    facts = xmp.read(Path(f"{torn}.xmp").read_bytes())
    assert set(facts.keywords) == {"sea", "dune"}
    assert receipt.added == ("dune",)
    (refused,) = write(journal, torn, "surf", target="file")
    assert (refused.status, "cut off" in (refused.reason or "")) == ("refused", True)


def test_the_file_itself_is_refused_where_its_format_has_no_editor(journal: Journal, raw: Path) -> None:
    (receipt,) = write(journal, raw, "dune", target="file")
    assert (receipt.status, receipt.target) == ("refused", None)
    assert "NEF" in (receipt.reason or "")


def test_a_jpeg_gets_a_sidecar_when_asked(journal: Journal, folder: Path) -> None:
    photo = folder / "a.jpg"
    photo.write_bytes(jpeg())
    before = photo.read_bytes()
    (receipt,) = write(journal, photo, "dune", target="sidecar")
    assert receipt.target == f"{photo}.xmp"
    assert photo.read_bytes() == before


def test_a_sidecar_others_added_to_is_kept_when_its_making_is_undone(journal: Journal, raw: Path) -> None:
    write(journal, raw, "dune")
    there = raw.with_name("IMG_1.NEF.xmp")
    rated = there.read_bytes().replace(b'rdf:about=""', b'rdf:about="" xmp:Rating="5"', 1)
    there.write_bytes(rated)
    (back,) = undo_run(journal, execute=True)
    assert (back.status, back.mode) == ("written", "additions")
    assert (xmp.read(there.read_bytes()).keywords, xmp.read(there.read_bytes()).rating) == ((), 5)
