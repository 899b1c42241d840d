"""Zips that are honest, damaged or hostile: what is written of them, and that nothing stays of the last."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.inference.fetch import transfer
from nivo_tui.inference.fetch.names import check_name, is_wanted, parts_of, same_everywhere
from nivo_tui.inference.fetch.transfer import DiskFullError, StoppedError, Watch
from nivo_tui.inference.fetch.unpack import ArchiveError, Limits, unpack

WATCH = Watch(lambda done, total: None, lambda: False)
MODEL = b"model " * 100


def packed(path: Path, *members: str | tuple[str, bytes] | zipfile.ZipInfo, deflated: bool = False) -> Path:
    """A zip with these members, under exactly these names."""
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as made:
        for member in members:
            name, content = member if isinstance(member, tuple) else (member, MODEL)
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo()
            if not isinstance(name, zipfile.ZipInfo):
                info.filename = name
                info.external_attr = 0o644 << 16
            info.compress_type = method
            made.writestr(info, content)
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_models_tokenizers_and_papers_are_taken_and_the_rest_is_left(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "a.zip",
        "det.onnx", "det.onnx.data", "text.onnx_data", "tokenizer.json", "merges.txt", "pack.toml", "LICENSE",
        "README.md", "run.sh", "weights.pt", ".hidden.onnx", "deep/er/other.onnx", "__MACOSX/._det.onnx",
    )  # fmt: skip
    made = unpack(archive, tmp_path / "out", watch=WATCH)
    assert names_in(tmp_path / "out") == sorted(path.name for path in made)
    assert {path.name for path in made} == {
        "det.onnx", "det.onnx.data", "text.onnx_data", "tokenizer.json", "merges.txt", "pack.toml", "LICENSE",
        "README.md",
    }  # fmt: skip
    assert all(path.read_bytes() == MODEL for path in made)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (["buffalo/", "buffalo/a.onnx", "buffalo/b.onnx"], ["a.onnx", "b.onnx"]),
        (["buffalo\\a.onnx", "buffalo\\b.onnx"], ["a.onnx", "b.onnx"]),
        (["clip/tokenizer.json", "clip/onnx/text.onnx"], ["text.onnx", "tokenizer.json"]),
        (["onnx/text.onnx", "tokenizer.json"], ["text.onnx", "tokenizer.json"]),
        (["one/a.onnx", "__MACOSX/one/._a.onnx"], ["a.onnx"]),
        (["./a.onnx"], ["a.onnx"]),
    ],
)
def test_one_folder_around_everything_is_left_out(
    tmp_path: Path, members: list[str], expected: list[str]
) -> None:
    unpack(packed(tmp_path / "a.zip", *members), tmp_path / "out", watch=WATCH)
    assert names_in(tmp_path / "out") == expected


def test_named_models_are_taken_from_any_folder_and_others_are_left(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", "x/y/det.onnx", "x/age.onnx", "x/LICENSE")
    unpack(archive, tmp_path / "out", watch=WATCH, named=frozenset({"det.onnx"}))
    assert names_in(tmp_path / "out") == ["LICENSE", "det.onnx"]
    with pytest.raises(ArchiveError, match=r"no .onnx file named rec.onnx"):
        unpack(archive, tmp_path / "out2", watch=WATCH, named=frozenset({"rec.onnx"}))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/a.onnx", "absolute"),
        ("\\\\server\\a.onnx", "absolute"),
        ("C:\\a.onnx", "drive"),
        ("c:a.onnx", "drive"),
        ("../a.onnx", "out of its folder"),
        ("x/../../a.onnx", "out of its folder"),
        ("x\\..\\..\\a.onnx", "out of its folder"),
        ("a\x00.onnx", "control"),
        ("a\n.onnx", "control"),
        ("a\u202e.onnx", "control"),
        ("NUL.onnx", "device"),
        ("x/com1", "device"),
        ("lpt9 .txt", "device"),
        ("a.onnx:stream", "Windows"),
        ("a.onnx.", "begins or ends"),
        ("a.onnx ", "begins or ends"),
        ("a" * 300 + ".onnx", "too long"),
    ],
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_zip(tmp_path: Path, name: str, words: str) -> None:
    archive = packed(tmp_path / "a.zip", "good.onnx", name)
    with pytest.raises(ArchiveError, match=words) as told:
        unpack(archive, tmp_path / "out", watch=WATCH)
    assert str(told.value).isprintable()
    assert names_in(tmp_path) == ["a.zip"]


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_link_refuses_the_whole_zip(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", "good.onnx", (link("b.onnx"), b"/etc/passwd"))  # type: ignore[arg-type]
    with pytest.raises(ArchiveError, match="link"):
        unpack(archive, tmp_path / "out", watch=WATCH)
    assert names_in(tmp_path) == ["a.zip"]


@pytest.mark.parametrize(
    "members",
    [
        ["a.onnx", "A.ONNX"],
        ["x/a.onnx", "X/A.onnx", "b.onnx"],
        ["é.onnx", "e\u0301.onnx"],
        ["a.onnx", "onnx/a.onnx"],
    ],
)
def test_two_files_of_one_name_refuse_the_whole_zip(tmp_path: Path, members: list[str]) -> None:
    with pytest.raises(ArchiveError, match=r"twice|two files are named"):
        unpack(packed(tmp_path / "a.zip", *members), tmp_path / "out", watch=WATCH)
    assert names_in(tmp_path) == ["a.zip"]


def locked(data: bytearray) -> None:
    """Mark every member as locked with a password (APPNOTE.TXT 4.4.4, bit 0), in both of its heads."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 4)


def unknown_method(data: bytearray) -> None:
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(mark)
        data[at + place : at + place + 2] = struct.pack("<H", 97)


def flipped(data: bytearray) -> None:
    data[60] ^= 0xFF


def longer_than_stated(data: bytearray) -> None:
    at = data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 5)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (locked, "password"),
        (unknown_method, "unusual way"),
        (flipped, "damaged"),
        (longer_than_stated, "damaged"),
        (lambda data: data.__delitem__(slice(len(data) - 30, None)), "cut short"),
        (lambda data: data.__delitem__(slice(0, 200)), "damaged"),
        (lambda data: data.__delitem__(slice(0, None)), "cut short or no zip"),
    ],
)
def test_a_damaged_or_locked_zip_gives_one_line(
    tmp_path: Path, spoil: Callable[[bytearray], None], words: str
) -> None:
    archive = packed(tmp_path / "a.zip", "a.onnx")
    data = bytearray(archive.read_bytes())
    spoil(data)
    archive.write_bytes(data)
    with pytest.raises(ArchiveError, match=words) as told:
        unpack(archive, tmp_path / "out", watch=WATCH)
    assert str(told.value).isprintable()
    assert names_in(tmp_path) == ["a.zip"]


@given(place=st.integers(0, 700), value=st.integers(0, 255), cut=st.integers(0, 60))
def test_no_damage_gets_past_as_another_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    archive = packed(folder / "a.zip", "a.onnx", deflated=True)
    data = bytearray(archive.read_bytes())
    data[place % len(data)] = value
    archive.write_bytes(data[: len(data) - cut])
    try:
        made = unpack(archive, folder / "out", watch=WATCH)
    except ArchiveError:
        assert names_in(folder) == ["a.zip"]
    else:
        assert [path.read_bytes() for path in made] == [MODEL]


def test_bombs_and_crowds_are_refused(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb.zip", ("a.onnx", bytes(70 << 20)), deflated=True)
    with pytest.raises(ArchiveError, match=r"73\.4 MB in .* no model pack"):
        unpack(bomb, tmp_path / "out", watch=WATCH)
    large = packed(tmp_path / "large.zip", "a.onnx", "b.onnx")
    with pytest.raises(ArchiveError, match="no model pack"):
        unpack(large, tmp_path / "out", watch=WATCH, limits=Limits(bytes=1000))
    with pytest.raises(ArchiveError, match="more than 1 files"):
        unpack(large, tmp_path / "out", watch=WATCH, limits=Limits(members=1))
    assert not (tmp_path / "out").exists()


def test_a_directory_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = packed(tmp_path / "crowd.zip", "a.onnx", *(f"{n}.txt" for n in range(40)))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ArchiveError, match="more than 20 files"):
        unpack(crowd, tmp_path / "out", watch=WATCH, limits=Limits(members=20))


def test_a_zip_without_a_model_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"holds no \.onnx file"):
        unpack(packed(tmp_path / "a.zip", "photo.jpg", "notes.txt"), tmp_path / "out", watch=WATCH)


def test_a_stop_and_a_full_disk_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path / "a.zip", "a.onnx", "b.onnx")
    done: list[int] = []
    stop = Watch(lambda count, total: done.append(count), lambda: bool(done))
    with pytest.raises(StoppedError):
        unpack(archive, tmp_path / "out", watch=stop)
    monkeypatch.setattr(transfer, "free_bytes", lambda folder: transfer.SPARE + 10)
    with pytest.raises(DiskFullError, match="make room"):
        unpack(archive, tmp_path / "out", watch=WATCH)
    assert names_in(tmp_path) == ["a.zip"]


@given(st.text(max_size=20))
def test_a_path_that_passes_stays_in_its_folder(name: str) -> None:
    try:
        parts = parts_of(name)
    except ValueError:
        return
    assert not {"", ".", ".."} & set(parts)
    for part in parts:
        check_name(part)
        assert "/" not in part
        assert "\\" not in part
        assert same_everywhere(part.upper()) == same_everywhere(part.upper().lower())


def test_what_belongs_to_a_pack() -> None:
    assert is_wanted("LICENSE-MIT")
    assert is_wanted("Notice.txt")
    assert not is_wanted("model.pt")
    assert not is_wanted(".onnx")
