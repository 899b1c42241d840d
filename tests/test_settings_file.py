"""Writing the first settings file: read back as it was meant, never over another, for its owner alone."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.errors import SettingsError
from nivo_tui.settings import load_settings
from nivo_tui.settings_file import settings_text, write_new_settings

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
READERS = st.lists(
    st.sampled_from(["digikam", "darktable", "lightroom", "captureone", "immich"]), unique=True
).map(tuple)


@given(
    st.dictionaries(
        TEXT.filter(bool),
        st.dictionaries(TEXT, st.one_of(TEXT, st.booleans(), st.integers(), st.lists(TEXT).map(tuple))),
        max_size=3,
    )
)
def test_whatever_is_written_is_read_back(chosen: dict[str, dict[str, object]]) -> None:
    read = tomllib.loads(settings_text(chosen))  # type: ignore[arg-type]
    expected = {
        section: {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
        for section, values in chosen.items()
        if values
    }
    assert read == expected


@given(
    faces=st.sampled_from(["recognise", "count", "off"]),
    readers=READERS,
    style=st.sampled_from(["label", "id"]),
    iptc=st.sampled_from(["always", "if-present", "never"]),
    language=st.sampled_from(["en", "de"]),
)
def test_every_choice_is_the_setting(
    tmp_path_factory: pytest.TempPathFactory,
    faces: str,
    readers: tuple[str, ...],
    style: str,
    iptc: str,
    language: str,
) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    chosen = {
        "scan": {"faces": faces},
        "write": {"readers": readers, "style": style, "iptc": iptc},
        "screen": {"language": language},
    }
    assert write_new_settings(path, chosen)
    settings = load_settings(path)
    assert (settings.scan.faces, settings.screen.language) == (faces, language)
    assert (settings.write.readers, settings.write.style, settings.write.iptc) == (readers, style, iptc)


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    assert not write_new_settings(path, {"scan": {"faces": "off"}})
    assert path.read_text() == "# mine\n"
    assert os.listdir(tmp_path) == ["config.toml"]


def test_a_file_system_without_links_is_no_reason_to_overwrite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(os, "link", refuse, raising=False)
    path = tmp_path / "config.toml"
    assert write_new_settings(path, {"scan": {"faces": "off"}})
    assert not write_new_settings(path, {"scan": {"faces": "count"}})
    assert load_settings(path).scan.faces == "off"
    assert os.listdir(tmp_path) == ["config.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_it_is_for_its_owner_alone_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"
    assert write_new_settings(path, {"scan": {"faces": "off"}})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not stat.S_IMODE(path.parent.stat().st_mode) & 0o077


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"config\.toml cannot be written"):
        write_new_settings(tmp_path / "file" / "config.toml", {"scan": {"faces": "off"}})
    with pytest.raises(SettingsError, match="UTF-8"):
        settings_text({"scan": {"models": "\udcff"}})


def test_each_key_says_what_it_means() -> None:
    lines = settings_text({"write": {"style": "label"}, "screen": {}}).splitlines()
    assert lines[-2:] == ["# label: golden hour; id: golden_hour", 'style = "label"']
    assert "[screen]" not in lines
