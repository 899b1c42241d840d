"""The loop from outside: decide, plan, write, verify, undo; and what other programs and crashes do to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import piexif
import pytest
from PIL import Image
from running import nivo, picture


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photos" / "a.jpg", seed=3)


def keywords_by_pillow(path: Path) -> list[str]:
    """The dc:subject of a JPEG, read by another program."""
    with Image.open(path) as image:
        packet = image.info["xmp"].decode()
    subject = re.search(r"<dc:subject>(.*?)</dc:subject>", packet, re.S)
    return re.findall(r"<rdf:li>(.*?)</rdf:li>", subject.group(1)) if subject else []


def test_nothing_changes_without_execute(photo: Path) -> None:
    before = photo.read_bytes()
    ran = nivo("write", photo, "--keyword", "beach", "--keywords", "sea,Zürich", "--json")
    (receipt,) = ran.of("receipt")
    assert ran.status == 0 and receipt["status"] == "planned"
    assert receipt["added"] == ["beach", "sea", "Zürich"] and receipt["target"] == str(photo)
    assert set(receipt) == {
        *("type run path target status fields added removed backup reason before after".split())
    }
    assert photo.read_bytes() == before and os.listdir(photo.parent) == ["a.jpg"]
    assert nivo("runs", "--json").lines == [{"type": "summary", "runs": 0}]


def test_write_verify_undo_gives_every_byte_back(photo: Path) -> None:
    before, when = photo.read_bytes(), photo.stat().st_mtime_ns
    ran = nivo("write", photo, "--keywords", "beach,日本", "--execute", "--json")
    (receipt,) = ran.of("receipt")
    assert receipt["status"] == "written" and receipt["run"] and "xmp:dc:subject" in receipt["fields"]
    assert Path(receipt["backup"]).read_bytes() == before
    assert keywords_by_pillow(photo) == ["beach", "日本"]
    (run,) = nivo("runs", "--json").of("run")
    assert (run["run"], run["files"], run["state"]) == (receipt["run"], 1, "stands")
    (verdict,) = nivo("verify", photo, "--json").of("verify")
    assert (verdict["status"], verdict["image"], verdict["backup"]) == ("ok", "same", "good")
    (undone,) = nivo("undo", "--execute", "--json").of("receipt")
    assert undone["mode"] == "exact" and undone["removed"] == ["beach", "日本"]
    assert photo.read_bytes() == before and photo.stat().st_mtime_ns == when
    assert nivo("runs", "--json").of("run")[0]["state"] == "undone"
    last = nivo("undo", "--execute", "--json")
    assert last.status == 0 and last.summary["undone"] == 0


def test_two_writes_are_undone_one_by_one(photo: Path) -> None:
    states = [photo.read_bytes()]
    for word in ("first", "second"):
        assert nivo("write", photo, "--keyword", word, "--execute").status == 0
        states.append(photo.read_bytes())
    assert len(set(states)) == 3
    nivo("undo", "--execute")
    assert photo.read_bytes() == states[1]
    nivo("undo", "--execute")
    assert photo.read_bytes() == states[0]


def test_writing_again_changes_nothing(photo: Path) -> None:
    nivo("write", photo, "--keyword", "beach", "--execute")
    before = photo.read_bytes()
    ran = nivo("write", photo, "--keyword", "beach", "--execute", "--json")
    assert ran.of("receipt")[0]["status"] == "unchanged" and photo.read_bytes() == before
    assert len(nivo("runs", "--json").of("run")) == 1


def test_accepted_tags_are_written_and_known_to_be_in_the_file(photo: Path) -> None:
    nivo("scan", photo.parent, "--models", "none")
    ran = nivo("decide", photo, "--accept", "my garden", "--json")
    assert ran.of("decision")[0]["state"] == "accepted"
    assert nivo("write", photo.parent, "--execute", "--json").of("receipt")[0]["added"] == ["my garden"]
    (shown,) = nivo("show", photo, "--json").of("photo")
    assert shown["file_keywords"] == ["my garden"]
    assert {t["tag"]: t["state"] for t in shown["tags"]}["my_garden"] == "written"
    assert nivo("scan", photo.parent, "--models", "none", "--json").summary["unchanged"] == 1


def test_facts_are_written_only_when_asked_for(photo: Path) -> None:
    nivo("scan", photo, "--models", "none")
    assert nivo("write", photo, "--json").of("receipt")[0]["status"] == "unchanged"
    assert "horizontal" in nivo("write", photo, "--categories", "format", "--json").of("receipt")[0]["added"]
    assert nivo("write", photo, "--categories", "formats").status != 0


def test_every_format_is_written_in_the_file_and_beside_it_where_that_is_asked_for(tmp_path: Path) -> None:
    photo = picture(tmp_path / "p" / "b.png", seed=4)
    before = photo.read_bytes()
    (receipt,) = nivo("write", photo, "--keyword", "beach", "--execute", "--json").of("receipt")
    assert receipt["status"] == "written" and receipt["target"] == str(photo)
    assert b"beach" in photo.read_bytes() and Path(receipt["backup"]).read_bytes() == before
    asked = nivo("write", photo, "--keyword", "x", "--target", "sidecar", "--execute", "--json")
    (beside,) = asked.of("receipt")
    assert beside["target"] == str(photo) + ".xmp" and b">x<" in Path(beside["target"]).read_bytes()
    nivo("undo", "--execute")
    nivo("undo", "--execute")
    assert photo.read_bytes() == before and not Path(beside["target"]).exists()


def test_a_raw_file_is_left_alone(tmp_path: Path) -> None:
    photo = tmp_path / "a.nef"
    photo.write_bytes(picture(tmp_path / "a.tif", seed=4).read_bytes())
    before = photo.read_bytes()
    in_file = nivo("write", photo, "--keyword", "x", "--target", "file", "--execute", "--json")
    (refused,) = in_file.of("receipt")
    assert refused["status"] == "refused" and refused["target"] is None and refused["reason"]
    (receipt,) = nivo("write", photo, "--keyword", "beach", "--execute", "--json").of("receipt")
    assert receipt["target"] == f"{photo}.xmp" and photo.read_bytes() == before
    nivo("undo", "--execute")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["a.nef", "a.tif"]


def test_untag_takes_away_exactly_ours_and_can_be_undone(photo: Path) -> None:
    nivo("write", photo, "--keywords", "beach,sea", "--execute")
    written = photo.read_bytes()
    (receipt,) = nivo("untag", photo, "--tags", "sea", "--execute", "--json").of("receipt")
    assert receipt["removed"] == ["sea"] and keywords_by_pillow(photo) == ["beach"]
    nivo("undo", "--execute")
    assert photo.read_bytes() == written


def test_a_text_called_jpg_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("my diary")
    (receipt,) = nivo("write", text, "--keyword", "x", "--execute", "--json").of("receipt")
    assert receipt["status"] == "refused" and receipt["reason"] and text.read_text() == "my diary"


def test_exif_and_pixels_are_what_they_were(photo: Path) -> None:
    tags = {"0th": {piexif.ImageIFD.Make: b"Acme"}, "Exif": {piexif.ExifIFD.MakerNote: b"\1\2\3"}}
    exif = piexif.dump(tags)
    piexif.insert(exif, str(photo))
    pixels = Image.open(photo).tobytes()
    nivo("write", photo, "--keyword", "beach", "--execute")
    assert Image.open(photo).tobytes() == pixels
    assert piexif.load(str(photo))["Exif"][piexif.ExifIFD.MakerNote] == b"\1\2\3"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_kill_in_the_middle_of_a_batch_leaves_files_old_or_new(tmp_path: Path) -> None:
    root, home = tmp_path / "p", tmp_path / "nivo-home"
    originals = {}
    for n in range(40):
        photo = picture(root / f"{n:02}.jpg", seed=n)
        originals[photo] = photo.read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "nivo_tui", "write", str(root), "--keyword", "x", "--execute", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _wait_until_free(home)
    assert nivo("runs", "--json").status == 0  # the next start settles what was interrupted
    changed = [p for p, old in originals.items() if p.read_bytes() != old]
    assert 0 < len(changed) < 40
    assert all(p.with_name(p.name + ".original").read_bytes() == originals[p] for p in changed)
    assert not [f for f in os.listdir(root) if ".nivo-" in f]
    while nivo("undo", "--execute", "--json").summary["undone"]:
        pass
    assert all(p.read_bytes() == old for p, old in originals.items())


def _wait_until_free(home: Path) -> None:
    """Wait for the end of a killed engine, which the lock of its home tells."""
    from nivo_tui.platform.locks import FileLock

    end = time.monotonic() + 30
    lock = FileLock(home / "engine.lock")
    while not lock.acquire():
        assert time.monotonic() < end
    lock.release()


def test_report_export_and_import(photo: Path, tmp_path: Path) -> None:
    nivo("scan", photo.parent, "--models", "none")
    report = nivo("report", photo.parent, "--json")
    assert report.summary["photos"] == 1 and {x["tag"] for x in report.of("tag")} >= {"horizontal"}
    plain = tmp_path / "tags.json"
    plain.write_text(json.dumps({str(photo): ["garden", "roses"]}))
    assert nivo("import", plain, "--json").summary["tags"] == 2
    states = {t["tag"]: t["state"] for t in nivo("show", photo, "--json").of("photo")[0]["tags"]}
    assert states["garden"] == "undecided"
    nivo("import", plain, "--accept")
    out = tmp_path / "all.json"
    assert nivo("export", photo.parent, "-o", out).status == 0
    assert json.loads(out.read_text())["photos"][0]["accepted"] == ["garden", "roses"]
    csv = nivo("export", photo.parent, "--format", "csv").out.splitlines()
    assert csv[0].startswith("path,format,width") and "garden; roses" in csv[1]
    assert nivo("export", photo.parent, "-o", photo).status == 2
    assert Image.open(photo).size == (640, 480)


def test_decisions_are_listed_and_revoked(photo: Path) -> None:
    nivo("scan", photo, "--models", "none")
    (made,) = nivo("decide", photo, "--reject", "horizontal", "--json").of("decision")
    assert nivo("decisions", photo, "--json").of("decision")[0]["id"] == made["id"]
    assert nivo("revoke", made["id"]).status == 0
    assert nivo("decisions", photo, "--json").lines == [{"type": "summary", "decisions": 0}]
    assert nivo("revoke", made["id"]).status == 2


def test_decide_by_rule(photo: Path) -> None:
    nivo("scan", photo, "--models", "none")
    ran = nivo("decide", photo, "--category", "format", "--min-confidence", "0.9", "--json")
    assert "horizontal" in {d["tag"] for d in ran.of("decision")}
    assert nivo("decide", photo).status == 2


def test_a_read_only_folder_fails_with_the_reason(photo: Path) -> None:
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("root may write everything")
    photo.parent.chmod(0o500)
    ran = nivo("write", photo, "--keyword", "x", "--execute", "--json")
    photo.parent.chmod(0o700)
    assert ran.status == 1 and ran.of("receipt")[0]["reason"]


def test_exiftool_reads_the_keywords_and_the_same_image_data(photo: Path) -> None:
    command = os.environ.get("NIVO_EXIFTOOL") or shutil.which("exiftool")
    if not command:
        pytest.skip("needs exiftool 13")
    wanted = ("-j", "-api", "requesttags=ImageDataHash", "-ImageDataHash", "-Subject")
    ask = [*command.split(), *wanted, str(photo)]
    before = json.loads(subprocess.check_output(ask))[0]
    nivo("write", photo, "--keywords", "beach,Zürich,日本", "--execute")
    after = json.loads(subprocess.check_output(ask))[0]
    assert after["Subject"] == ["beach", "Zürich", "日本"]
    assert after["ImageDataHash"] == before["ImageDataHash"]


def test_a_written_photo_that_moves_can_still_be_verified_and_undone(photo: Path) -> None:
    before = photo.read_bytes()
    nivo("scan", photo.parent, "--models", "none")
    nivo("write", photo, "--keyword", "beach", "--execute")
    moved = photo.with_name("renamed.jpg")
    photo.rename(moved)
    assert nivo("scan", photo.parent, "--models", "none", "--json").summary["moved"] == 1
    (verdict,) = nivo("verify", photo.parent, "--json").of("verify")
    assert (verdict["path"], verdict["status"], verdict["backup"]) == (str(moved), "ok", "good")
    (undone,) = nivo("undo", "--execute", "--json").of("receipt")
    assert undone["mode"] == "exact" and moved.read_bytes() == before


def test_another_picture_of_the_same_name_gets_a_backup_of_its_own(photo: Path) -> None:
    nivo("write", photo, "--keyword", "beach", "--execute")
    first = photo.with_name("a.jpg.original").read_bytes()
    other = picture(photo, seed=99).read_bytes()
    (receipt,) = nivo("write", photo, "--keyword", "sea", "--execute", "--json").of("receipt")
    assert Path(receipt["backup"]).read_bytes() == other
    assert photo.with_name("a.jpg.original").read_bytes() == first
