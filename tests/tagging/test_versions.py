"""What a category's version covers: its own files, vocabulary and parts, and nothing of other categories."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import pytest

import nivo_tui
from nivo_tui.catalog import suggestion_rows
from nivo_tui.model import Category
from nivo_tui.tagging import suggest, version
from nivo_tui.tagging.evidence import Evidence
from nivo_tui.tagging.version import SOURCES, rules_versions
from nivo_tui.tagging.vocabulary import Vocabulary

CATEGORIES = list(suggest._MODULES)
PACKAGE = Path(nivo_tui.__file__).parent

ELSEWHERE = tuple(
    f"nivo_tui.{name}" for name in "model errors text settings platform inference metadata".split()
)
"""What types and words are made of, and what has a version of its own."""

VERSIONED = frozenset({"imaging/features.py"})
"""Measurements: their version makes a photo be looked at again."""

VOCABULARY = "vocabulary.toml"  # its sections are covered by what they say


def is_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what only a type checker reads."""
    for child in ast.iter_child_nodes(tree):
        if not is_checking(child):
            yield child
            yield from nodes(child)


def file_of(module: str) -> str | None:
    """The file of a module of ours, below the package; None for one that does not count."""
    if not module.startswith("nivo_tui.") or module.startswith(ELSEWHERE):
        return None
    path = PACKAGE.parent.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            name = file.relative_to(PACKAGE).as_posix()
            return None if name in VERSIONED else name
    return None


@cache
def needs(name: str) -> frozenset[str]:
    """The files that a file imports or names as its data."""
    path = PACKAGE / name
    found: set[str | None] = set()
    for node in nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(file_of(node.module))
            found.update(file_of(f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(file_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and 3 < len(node.value) < 80:
            data = path.parent / node.value
            if "." in node.value and "\n" not in node.value and data.is_file() and data.suffix != ".py":
                found.add(data.relative_to(PACKAGE).as_posix())
    return frozenset(n for n in found if n is not None and not n.endswith(("/__init__.py", VOCABULARY)))


def closure(names: Iterator[str] | set[str]) -> set[str]:
    waiting, found = list(names), set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs(name) if name.endswith(".py") else ()
    return found


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_files_of_a_category_are_those_that_it_imports(category: Category) -> None:
    module = suggest._MODULES[category].__module__
    own = file_of(module)
    assert own is not None
    missing = closure({own}) - set(SOURCES[category])
    assert not missing, f"{category.value}: put these into SOURCES of tagging/version.py: {sorted(missing)}"
    assert all((PACKAGE / name).is_file() for name in SOURCES[category])


def test_own_tags_are_covered_by_the_files_that_make_them() -> None:
    missing = closure({"tagging/zeroshot.py"}) - {*version.OWN_TAGS, *version._COMMON}
    assert not missing


@cache
def definitions(name: str) -> dict[str, ast.AST]:
    """What a module defines at its top, by name."""
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    return {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}


@cache
def imported(name: str) -> dict[str, tuple[str, str]]:
    """What a name of a module stands for: (file, definition), with no definition for a module."""
    found: dict[str, tuple[str, str]] = {}
    for node in nodes(ast.parse((PACKAGE / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module, file = file_of(f"{node.module}.{alias.name}"), file_of(node.module)
                if module is not None or file is not None:
                    found[alias.asname or alias.name] = (module, "") if module else (file or "", alias.name)
    return found


def reached(start: tuple[str, str]) -> set[tuple[str, str]]:
    """The definitions that one leads to, through names and the attributes of modules."""
    waiting, found = [start], set()
    while waiting:
        name, definition = waiting.pop()
        node = definitions(name).get(definition)
        if node is None or (name, definition) in found:
            continue
        found.add((name, definition))
        for part in nodes(node):
            if isinstance(part, ast.Name):
                file, of = imported(name).get(part.id, (name, part.id))
                waiting.append((file, of))
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                file, of = imported(name).get(part.value.id, ("", ""))
                if file and not of:
                    waiting.append((file, part.attr))
    return found


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_a_category_reads_of_the_evidence_is_stated(category: Category) -> None:
    """Else renewed suggestions would be made as if it were not there."""
    properties = {"taken": {"metadata", "capture"}}
    known = {field.name for field in fields(Evidence)} | properties.keys()
    read: set[str] = set()
    for name, definition in reached((file_of(suggest._MODULES[category].__module__) or "", "suggest")):
        if name.endswith("/evidence.py"):
            continue
        for node in nodes(definitions(name)[definition]):
            of = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(of, ast.Name) and of.id == "face":
                assert node.attr not in ("landmarks", "embedding"), "these are not read for rules made anew"
                read |= {"face_quality"} if node.attr == "quality" else set()
            if isinstance(of, ast.Name) and of.id == "evidence" and node.attr in known:
                read |= properties.get(node.attr, {node.attr})
    assert read
    missing = read - suggest.READS[category]
    assert not missing, f"{category.value}: put these into READS of tagging/suggest.py: {sorted(missing)}"


def test_every_category_has_its_module_version_and_place() -> None:
    assert set(CATEGORIES) == set(SOURCES) == set(suggest.READS)
    assert set(suggestion_rows.ORDER) == set(Category)


def changed(before: dict[Category, str], after: dict[Category, str]) -> set[Category]:
    return {category for category in before if before[category] != after[category]}


def test_a_part_and_a_tag_change_their_own_category_alone() -> None:
    vocabulary = Vocabulary.load()
    before = rules_versions(vocabulary)
    assert before == rules_versions(vocabulary, {})
    clocks = rules_versions(vocabulary, {Category.TEMPORAL: ("clock 1",)})
    assert changed(before, clocks) == {Category.TEMPORAL}
    beach = vocabulary.get("beach")
    assert beach is not None
    for other in (replace(beach, label="Strand"), replace(beach, floor=0.5), replace(beach, bar=0.9)):
        tags = {**vocabulary.tags, "beach": other}
        with_other = Vocabulary(tags, vocabulary.families, vocabulary.roots, vocabulary.others)
        assert changed(before, rules_versions(with_other)) == {Category.SCENE}


def test_an_own_tag_makes_its_category_depend_on_phrases() -> None:
    vocabulary = Vocabulary.load()
    beach = vocabulary.get("beach")
    assert beach is not None
    own = replace(beach, id="our_garden", label="our garden", category=Category.QUALITY, own=True)
    tags = {**vocabulary.tags, own.id: own}
    with_own = Vocabulary(tags, vocabulary.families, vocabulary.roots, vocabulary.others)
    assert changed(rules_versions(vocabulary), rules_versions(with_own)) == {Category.QUALITY}


def test_a_changed_file_changes_the_categories_that_it_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = Vocabulary.load()
    before = rules_versions(vocabulary)
    real = version._digest

    def digest(name: str) -> str:
        return "other" if name == "tagging/sun.py" else real(name)

    monkeypatch.setattr(version, "_digest", digest)
    after = rules_versions(vocabulary)
    assert changed(before, after) == {c for c, names in SOURCES.items() if "tagging/sun.py" in names}
    assert changed(before, after) == {Category.TEMPORAL}
