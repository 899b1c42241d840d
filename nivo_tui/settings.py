"""Settings and paths: typed, from one TOML file, every wrong key or value named."""

from __future__ import annotations

import difflib
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from nivo_tui.errors import SettingsError
from nivo_tui.model import Category


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a home keeps its things. With NIVO_HOME all lie in that one folder."""

    home: Path
    config: Path
    thumbnails: Path
    logs: Path

    @property
    def is_one_folder(self) -> bool:
        """Whether everything lies in one folder, as with NIVO_HOME."""
        return self.config.parent == self.home

    @property
    def catalog(self) -> Path:
        return self.home / "catalog.db"

    @property
    def decisions(self) -> Path:
        return self.home / "decisions.db"

    @property
    def lock(self) -> Path:
        return self.home / "engine.lock"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def copies(self) -> Path:
        """The daily copies of decisions.db."""
        return self.home / "copies"

    def create(self) -> None:
        """Make the folders, readable by their owner alone. Raises SettingsError where that fails."""
        from nivo_tui.platform.files import make_private

        for folder in (self.home, self.thumbnails, self.logs, self.models):
            try:
                make_private(folder)
            except OSError as error:
                raise SettingsError(
                    f"cannot make the folder {folder}: {error.strerror}. {_SET_HOME}"
                ) from error


_SET_HOME = "Set NIVO_HOME to a folder of yours."


def load_paths(home: str | os.PathLike[str] | None = None) -> Paths:
    """The paths of a home: `home`, else the environment's NIVO_HOME, else the system's folders.

    Raises SettingsError where the user has no folder of their own for them.
    """
    chosen = home or os.environ.get("NIVO_HOME")
    if chosen:
        base = Path(os.path.abspath(_of_user(Path(chosen))))
        return Paths(base, base / "config.toml", base / "thumbnails", base / "logs")
    import platformdirs

    name = "nivo-tui"
    try:
        return Paths(
            _of_user(platformdirs.user_data_path(name, appauthor=False)),
            _of_user(platformdirs.user_config_path(name, appauthor=False)) / "config.toml",
            _of_user(platformdirs.user_cache_path(name, appauthor=False)) / "thumbnails",
            _of_user(platformdirs.user_log_path(name, appauthor=False)),
        )
    except RuntimeError as error:
        raise SettingsError(f"{error} {_SET_HOME}") from error


def _of_user(path: Path) -> Path:
    """The path with "~" made the user's folder. Raises SettingsError where there is none."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{path}: no folder of that user is known. {_SET_HOME}") from error


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """[scan]: how photos are analysed.

    `models` is auto, none or names; `faces` recognise, count or off; `device` auto, cpu, cuda:N, tensorrt:N
    or an installed plugin provider such as webgpu; `gpu_memory_mb` 0 = no limit; `threads` 0 = one a core;
    `pixel_budget` is megapixels decoded at once.
    """

    models: str = "auto"
    faces: Literal["recognise", "count", "off"] = "recognise"
    device: str = "auto"
    gpu_memory_mb: int = 0
    threads: int = 0
    pixel_budget: int = 100


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """[write]: what goes into files, and how.

    `categories` is accepted (what a person accepted), all (facts too) or a comma list; `style` label or id;
    `mtime` keep or now; `readers` are the programs that must read what is written; `iptc` is always,
    if-present (only into photos that have IPTC) or never; `hardlinks` is refuse, or part: a photo known by
    several names is written, and the other names keep the old file.
    """

    categories: str = "accepted"
    style: str = "label"
    backup: bool = True
    mtime: str = "keep"
    readers: tuple[str, ...] = ("digikam", "darktable")
    iptc: str = "always"
    hardlinks: str = "refuse"


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """[screen]: how it looks and which keys it takes."""

    images: str = "auto"
    keymap: str = "nivo"
    language: str = "en"
    theme: str = "textual-dark"


@dataclass(frozen=True, slots=True)
class PrivatePlace:
    """[[places.private]]: photos within `radius_m` metres of it get no location tag.

    `lat` and `lon` are degrees (WGS 84). `name` is for the person who reads the settings; nothing shows it.
    """

    lat: float
    lon: float
    radius_m: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """[places]: what is said of where photos were taken."""

    private: tuple[PrivatePlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set.

    `keys` maps a command's id to its keys, "a,enter". `tags` are tags of the person's own, as they stand in
    the file: what they say is checked where the vocabulary is known (`tagging.own_words.parse_user_tags`).
    """

    scan: ScanSettings = ScanSettings()
    write: WriteSettings = WriteSettings()
    screen: ScreenSettings = ScreenSettings()
    keys: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)
    places: PlacesSettings = PlacesSettings()


_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("scan", "faces"): ("recognise", "count", "off"),
    ("write", "style"): ("label", "id"),
    ("write", "mtime"): ("keep", "now"),
    ("write", "iptc"): ("always", "if-present", "never"),
    ("write", "hardlinks"): ("refuse", "part"),
    ("screen", "images"): ("auto", "sixel", "kitty", "half", "none"),
    ("screen", "keymap"): ("nivo", "lightroom", "vim-file-manager"),
    ("screen", "language"): ("en", "de"),
}
_RANGES: dict[tuple[str, str], tuple[int, int]] = {
    ("scan", "threads"): (0, 256),
    ("scan", "pixel_budget"): (1, 1_000_000),
}
_CATEGORIES = frozenset(Category)
_DEVICE = re.compile(r"[a-z][a-z0-9_-]*(:\d{1,3})?")
_READERS = ("digikam", "darktable", "lightroom", "captureone", "immich")


def load_settings(path: Path) -> Settings:
    """Read the settings file; a missing one gives the defaults.

    Raises SettingsError that names the file, and the line or the key that is wrong.
    """
    try:
        with path.open("rb") as file:
            return _settings_from(tomllib.load(file), path)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the settings file {path} is not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits, lists too deep
        raise SettingsError(f"the settings file {path} cannot be used: {error}") from error


def _settings_from(data: dict[str, Any], path: Path) -> Settings:
    sections: dict[str, Any] = {"scan": ScanSettings(), "write": WriteSettings(), "screen": ScreenSettings()}
    keys: dict[str, str] = {}
    tags: dict[str, Any] = {}
    places = PlacesSettings()
    for name, value in data.items():
        if name not in (*sections, "keys", "tags", "places"):
            known = [*sections, "keys", "tags", "places"]
            raise SettingsError(f"{path}: unknown section [{name}]{_guess(name, known)}")
        if not isinstance(value, dict):
            raise SettingsError(f"{path}: {name} is a section; write [{name}] and its keys below it")
        if name == "keys":
            keys = {str(k): _checked(path, name, k, v, "") for k, v in value.items()}
        elif name == "tags":
            tags = value
        elif name == "places":
            places = _places(path, value)
        else:
            sections[name] = _section(path, name, sections[name], value)
    return Settings(**sections, keys=keys, tags=tags, places=places)


def _places(path: Path, values: dict[str, Any]) -> PlacesSettings:
    for key in values:
        if key != "private":
            raise SettingsError(f"{path}: unknown key {key!r} in [places]{_guess(key, ['private'])}")
    listed = values.get("private", [])
    if not isinstance(listed, list) or not all(isinstance(place, dict) for place in listed):
        raise SettingsError(
            f"{path}: [places] private is a list of places; write [[places.private]] above each, and lat, "
            "lon and radius_m below it"
        )
    return PlacesSettings(tuple(_private(path, number, place) for number, place in enumerate(listed, 1)))


_PLACE_RANGES = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "radius_m": (1.0, 1_000_000.0)}


def _private(path: Path, number: int, values: dict[str, Any]) -> PrivatePlace:
    where = f"{path}: [[places.private]] number {number}"
    known = [*_PLACE_RANGES, "name"]
    for key in values:
        if key not in known:
            raise SettingsError(f"{where}: unknown key {key!r}{_guess(key, known)}")
    numbers = {}
    for key, (least, most) in _PLACE_RANGES.items():
        if key not in values:
            raise SettingsError(f"{where}: {key} is missing; a private place has lat, lon and radius_m")
        value = values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            unit = "metres" if key == "radius_m" else "degrees"
            limits = f"from {least:g} to {most:,.0f} ({unit})"
            raise SettingsError(f"{where}: {key} is a number {limits}, not {value!r}")
        numbers[key] = float(value)
    name = values.get("name", "")
    if not isinstance(name, str):
        raise SettingsError(f"{where}: name must be a text in quotes, not {name!r}")
    return PrivatePlace(**numbers, name=name)


def _section(path: Path, name: str, default: Any, values: dict[str, Any]) -> Any:
    known = {f.name: getattr(default, f.name) for f in fields(default)}
    changed = {}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"{path}: unknown key {key!r} in [{name}]{_guess(key, list(known))}")
        changed[key] = _checked(path, name, key, value, known[key])
    return replace(default, **changed)


def _checked(path: Path, section: str, key: str, value: Any, default: Any) -> Any:
    where = f"{path}: [{section}] {key}"
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(v in _READERS for v in value):
            raise SettingsError(f"{where} is a list of these: {', '.join(_READERS)}")
        return tuple(value)
    if type(value) is not type(default):
        kinds = {bool: "true or false", int: "a whole number", str: "a text in quotes"}
        raise SettingsError(f"{where} must be {kinds[type(default)]}, not {value!r}")
    if isinstance(value, int) and not isinstance(value, bool):
        least, most = _RANGES.get((section, key), (0, sys.maxsize))
        if not least <= value <= most:
            limits = f"lie between {least} and {most}" if most < sys.maxsize else "not be negative"
            raise SettingsError(f"{where} must {limits}")
    if (section, key) == ("scan", "device") and not _DEVICE.fullmatch(value):
        raise SettingsError(f"{where} is {value!r}; it can be auto, cpu, cuda:N or another provider's name")
    if (section, key) == ("write", "categories") and value not in ("accepted", "all"):
        named = {part.strip() for part in value.split(",")}
        if not named <= _CATEGORIES:
            known = ", ".join(("accepted", "all", *Category))
            raise SettingsError(f"{where} is {value!r}; it can be {known}, or some of these with commas")
    allowed = _CHOICES.get((section, key))
    if allowed and value not in allowed:
        raise SettingsError(f"{where} is {value!r}; it can be {', '.join(allowed)}")
    return value


def _guess(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
