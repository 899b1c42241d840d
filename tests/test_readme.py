"""The README says what is so: keys, settings, commands and files are compared with the program."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nivo_tui import __version__
from nivo_tui.cli import _COMMANDS
from nivo_tui.inference.packs.registry import load_registry
from nivo_tui.settings import Settings, load_settings
from nivo_tui.tagging.own_words import parse_user_tags
from nivo_tui.ui.commands import key_table_markdown
from nivo_tui.ui.keymap import key_table

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _between(start: str, end: str) -> str:
    return README.partition(start)[2].partition(end)[0]


def test_it_begins_with_the_two_commands() -> None:
    block = README.split("```")[1].split("\n")
    assert [line for line in block if line] == ["pip install uv", "uv run nivo-tui demo"]
    assert README.index("```") < 20


def test_the_key_table_is_the_program_s_own() -> None:
    assert _between("<!-- keys -->", "<!-- /keys -->").strip() == key_table_markdown().strip()


def test_every_setting_is_there_with_its_default() -> None:
    rows = re.findall(
        r"^\| (\w+) \| `(\w+)` \| `(.+?)` \|", _between("## Settings", "## What is kept"), re.MULTILINE
    )
    told = {(section, key): tomllib.loads(f"x = {default}")["x"] for section, key, default in rows}
    real: dict[tuple[str, str], Any] = {}
    for section in ("scan", "write", "screen"):
        values = getattr(Settings(), section)
        for field in fields(values):
            value = getattr(values, field.name)
            real[section, field.name] = list(value) if isinstance(value, tuple) else value
    assert told == real


def test_the_example_of_settings_works(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(_between("```toml\n", "```"), encoding="utf-8")
    settings = load_settings(file)
    assert settings.write.readers == ("lightroom",)
    key_table(settings.screen.keymap, settings.keys)
    tags = {tag.id: tag for tag in parse_user_tags(settings.tags)}
    assert [tag.label for tag in tags.values()] == ["sailing", "Our garden", "Beach", "bicycle"]
    assert tags["beach"].path == ("Places", "Coast", "Beach") and not tags["bicycle"].enabled
    assert [place.radius_m for place in settings.places.private] == [500]


def test_the_packs_named_are_those_that_can_be_fetched() -> None:
    table = _between("nivo-tui models import", "A download")
    rows = re.findall(r"^\| (\w+) \| (`.*?) \|", table, re.MULTILINE)
    told = {task: set(re.findall(r"`(\w+)`", names)) for task, names in rows}
    known: dict[str, set[str]] = {}
    for entry in load_registry(None).values():
        task = "faces" if entry.task in ("face", "detect") else entry.task
        known.setdefault(task, set()).add(entry.name)
    assert told == known


def test_every_command_is_there_and_no_other() -> None:
    told = re.findall(r"^\| `(\w+)", _between("## Commands", "## Keys"), re.MULTILINE)
    assert told == list(_COMMANDS)


def test_options_named_for_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    from nivo_tui.cli import main

    rows = re.findall(
        r"^\| `(\w+)[^|]*\|(.*)\|$", _between("## Commands", "## Keys").replace("\\|", "/"), re.MULTILINE
    )
    for command, text in rows:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        known = capsys.readouterr().out
        assert [o for o in re.findall(r"--[a-z-]+", text) if o not in known] == [], command


def test_files_it_points_to_exist() -> None:
    pointed = re.findall(r"\]\(([^)#:]+)\)", README)
    assert pointed
    assert [name for name in pointed if not (ROOT / name).is_file()] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_has_its_terms() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    terms = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").casefold()
    assert [name for name in sorted(names) if name.casefold() not in terms] == []


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    package = ROOT / "nivo_tui"
    rooms = {p.name for p in package.iterdir() if (p / "__init__.py").is_file()}
    modules = {p.name for p in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert [name for name in sorted(rooms) if f"`{name}/`" not in text] == []
    assert [name for name in sorted(modules) if f"`{name}`" not in text] == []
