"""Settings: defaults, every kind of mistake named, paths of a home."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nivo_tui.errors import SettingsError
from nivo_tui.settings import PrivatePlace, load_paths, load_settings


def _load(tmp_path: Path, text: str):
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "none.toml")
    assert settings.write.backup and settings.scan.models == "auto"


def test_values_are_taken_over(tmp_path: Path) -> None:
    text = '[write]\nmtime = "now"\nreaders = ["lightroom"]\n[keys]\naccept = "a,enter"\n'
    settings = _load(tmp_path, text)
    assert settings.write.mtime == "now"
    assert settings.write.readers == ("lightroom",)
    assert settings.keys == {"accept": "a,enter"}


def test_tags_of_ones_own_are_handed_on(tmp_path: Path) -> None:
    assert _load(tmp_path, '[tags]\nsailing = "a boat"\n').tags == {"sailing": "a boat"}


def test_private_places_are_read(tmp_path: Path) -> None:
    text = "[[places.private]]\nlat = 38.96\nlon = -9\nradius_m = 300\nname = 'home'\n"
    assert _load(tmp_path, text).places.private == (PrivatePlace(38.96, -9.0, 300.0, "home"),)
    inline = "[places]\nprivate = [{ lat = 1, lon = 2, radius_m = 3 }]\n"
    assert _load(tmp_path, inline).places.private == (PrivatePlace(1, 2, 3),)
    assert _load(tmp_path, "[places]\n").places.private == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[places]\nprivat = []\n", "privat.*private"),
        ("[places]\nprivate = 3\n", "list of places"),
        ("[places]\nprivate = [3]\n", "list of places"),
        ("places = 3\n", "places is a section"),
        ("[[places.private]]\nlat = 1\nlon = 2\n", "number 1: radius_m is missing"),
        ("[[places.private]]\nlat = 91\nlon = 2\nradius_m = 5\n", "lat is a number from -90 to 90"),
        ("[[places.private]]\nlat = true\nlon = 2\nradius_m = 5\n", "lat is a number"),
        ("[[places.private]]\nlat = nan\nlon = 2\nradius_m = 5\n", "lat is a number"),
        ("[[places.private]]\nlat = 1\nlon = 2\nradius_m = 0\n", "radius_m is a number from 1"),
        ("[[places.private]]\nlat = 1\nlon = 2\nradius_m = '5'\n", "radius_m.*not '5'"),
        ("[[places.private]]\nlat = 1\nlon = 2\nradius = 5\n", "'radius'.*radius_m"),
        ("[[places.private]]\nlat = 1\nlon = 2\nradius_m = 5\nname = 5\n", "name must be a text"),
    ],
)
def test_a_mistake_in_private_places_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        _load(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[write]\nstile = 'id'\n", "'stile'.*style"),
        ("[wriet]\n", "wriet.*write"),
        ("[write]\nbackup = 'yes'\n", "backup.*true or false"),
        ("[write]\nstyle = 'loud'\n", "style.*label, id"),
        ("[write]\nreaders = ['paint']\n", "readers.*digikam"),
        ("[write]\ncategories = 'scene,pets'\n", "categories.*scene,pets.*accepted"),
        ("[scan]\ndevice = 'GPU 1'\n", "device.*cuda:N"),
        ("tags = 3\n", "tags is a section"),
        ("[scan]\nthreads = 100000\n", "threads.*256"),
        ("[scan]\npixel_budget = 0\n", "pixel_budget.*between 1"),
        ("[screen]\nlanguage = 'fr'\n", "language.*en, de"),
        ("[scan]\nthreads = -1\n", "threads.*between 0"),
        ("[scan]\nthreads = true\n", "threads.*whole number"),
        ("write = 3\n", "write is a section"),
        ("[keys]\naccept = 3\n", "accept.*text"),
        ("[write\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        _load(tmp_path, text)


@pytest.mark.parametrize(
    "text", [f"x = {'9' * 5000}", f"[screen]\ntheme = 0x{'f' * 5000}", "x = " + "[" * 5000]
)
def test_monstrous_numbers_and_depths_are_a_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"config\.toml"):
        _load(tmp_path, text)


def test_bytes_that_are_no_text_are_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(file)


def test_nivo_home_holds_everything(home: Path) -> None:
    paths = load_paths()
    assert {paths.home, paths.config.parent, paths.thumbnails.parent, paths.logs.parent} == {home}


def test_the_argument_wins_over_the_environment(tmp_path: Path) -> None:
    assert load_paths(tmp_path / "other").home == tmp_path / "other"


def test_a_user_without_a_folder_is_told_of_nivo_home(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="Set NIVO_HOME"):
        load_paths("~nosuchuser/x")

    def homeless(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("NIVO_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(SettingsError, match="Set NIVO_HOME"):
        load_paths()


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_folders_are_made_for_their_owner_alone(home: Path) -> None:
    paths = load_paths()
    paths.create()
    assert all(f.stat().st_mode & 0o077 == 0 for f in (paths.home, paths.thumbnails, paths.logs))


def test_a_home_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="NIVO_HOME"):
        load_paths(tmp_path / "file" / "home").create()
