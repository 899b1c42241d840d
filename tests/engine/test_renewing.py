"""Rules that changed are applied to what is stored: only what is outdated, no file opened, all else left."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from running import nivo, picture

from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.paths import to_db
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import versions_of
from nivo_tui.engine import analysis, helping
from nivo_tui.engine.analysis import PHRASES, Analyser
from nivo_tui.engine.helping import Helpers
from nivo_tui.engine.loading import load_analyser
from nivo_tui.engine.remaking import Batch
from nivo_tui.engine.renewing import Renewal
from nivo_tui.engine.ticking import settle_library
from nivo_tui.model import Category, State
from nivo_tui.settings import Paths, Settings, load_paths

Rows = dict[tuple[str, str], tuple[Any, ...]]


class Home:
    """Scanned photos, and the analyser of today's rules."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.paths: Paths = load_paths(home)
        self.store = PhotoStore(open_catalog(self.paths))
        self.analyser: Analyser = load_analyser(self.paths, Settings(), "none", lambda _: None)

    def rows(self) -> Rows:
        found = self.store.connection.execute(
            "SELECT p.path AS at, s.* FROM suggestions s JOIN photos p ON p.id = s.photo ORDER BY 1"
        )
        return {(os.path.basename(bytes(r["at"])).decode(), r["tag"]): tuple(r)[2:] for r in found}

    def versions(self) -> list[dict[str, str]]:
        rows = self.store.connection.execute("SELECT versions FROM photos ORDER BY path")
        return [dict(versions_of(row["versions"])) for row in rows]

    def with_rules(self, *categories: Category, version: str = "other") -> Analyser:
        rules = {**self.analyser.rules, **dict.fromkeys(categories, version)}
        return replace(self.analyser, rules=rules)

    def spoil(self, category: Category | None = None) -> None:
        where = "" if category is None else f"WHERE category = '{category.value}'"
        self.store.connection.execute(f"UPDATE suggestions SET why = 'of old', place = 7 {where}")


@pytest.fixture
def scanned(tmp_path: Path, home: Path) -> Iterator[Home]:
    for number in range(3):
        picture(tmp_path / "photos" / f"{number}.jpg", seed=number, size=(320, 240))
    assert nivo("scan", tmp_path / "photos", "--models", "none").status == 0
    made = Home(tmp_path / "photos", home)
    yield made
    made.store.connection.close()


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch, scanned: Home) -> None:
    """Whoever opens, lists or asks for a photo from now on fails."""
    real_open, real_exists = builtins.open, os.path.exists

    def refuse(path: object) -> None:
        assert not str(path).startswith(str(scanned.folder)), f"{path} was touched"

    def opened(path: Any, *more: Any, **named: Any) -> Any:
        refuse(path)
        return real_open(path, *more, **named)

    def exists(path: Any) -> bool:
        refuse(path)
        return real_exists(path)

    monkeypatch.setattr(builtins, "open", opened)
    monkeypatch.setattr(os.path, "exists", exists)
    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(analysis, "decode", refuse)


def test_nothing_is_outdated_after_a_scan(scanned: Home) -> None:
    assert Renewal(scanned.store, scanned.analyser).outdated() == {}


@pytest.mark.parametrize("category", [Category.FORMAT, Category.QUALITY, Category.COLOR, Category.TEMPORAL])
def test_only_the_outdated_category_is_made_anew(scanned: Home, blind: None, category: Category) -> None:
    before = scanned.rows()
    scanned.spoil()
    renewal = Renewal(scanned.store, scanned.with_rules(category))
    stale = renewal.outdated()
    assert set(stale.values()) == {frozenset({category})} and len(stale) == 3
    done = renewal.renew(stale)
    assert done.photos == 3
    after = scanned.rows()
    assert after.keys() == before.keys()
    for key, row in after.items():
        if row[2] == category:
            assert row == before[key]
        else:
            assert row[5] == "of old" and row[8] == 7
    for made in scanned.versions():
        assert made[f"rules:{category.value}"] == "other"
        assert sum(version == "other" for version in made.values()) == 1
    assert renewal.outdated() == {} or Renewal(scanned.store, scanned.with_rules(category)).outdated() == {}


def test_everything_at_once_is_as_a_scan_makes_it(scanned: Home, blind: None) -> None:
    before, versions = scanned.rows(), scanned.versions()
    scanned.spoil()
    scanned.store.connection.execute("DELETE FROM suggestions WHERE category = 'format'")
    db = scanned.store.connection
    # As an older program left it, with one version for all rules.
    features = versions[0]["features"]
    db.execute("UPDATE photos SET versions = ?", (f'{{"features":"{features}","rules":"abc"}}',))
    renewal = Renewal(scanned.store, scanned.analyser)
    renewal.renew(renewal.outdated())
    assert scanned.rows() == before and scanned.versions() == versions


def test_a_tag_that_is_made_no_more_goes_and_its_decision_stays(scanned: Home) -> None:
    path = str(scanned.folder / "0.jpg")
    library = Library(scanned.paths)
    db = scanned.store.connection
    number = db.execute("SELECT id FROM photos WHERE path = ?", (to_db(path),)).fetchone()[0]
    db.execute(
        "INSERT INTO suggestions VALUES(?, 'old_scene', 'old scene', 'scene', 0.9, 'x', 'y', 0, 1, 0, NULL)",
        (number,),
    )
    library.decide(path, "old_scene", State.ACCEPTED)
    renewal = Renewal(scanned.store, scanned.with_rules(Category.SCENE))
    renewal.renew(renewal.outdated())
    assert ("0.jpg", "old_scene") not in scanned.rows()
    detail = library.detail(path)
    library.close()
    assert detail is not None
    assert {s.tag: s.state for s in detail.suggestions}["old_scene"] is State.ACCEPTED


def test_measurements_of_an_older_program_keep_what_they_gave(scanned: Home) -> None:
    db = scanned.store.connection
    db.execute('UPDATE photos SET versions = replace(versions, \'"features":"\', \'"features":"0.\')')
    everything = dict.fromkeys(scanned.analyser.rules, "other")
    renewal = Renewal(scanned.store, replace(scanned.analyser, rules=everything))
    before = {key: row for key, row in scanned.rows().items() if row[2] in ("quality", "color")}
    stale = renewal.outdated()
    assert stale and all(Category.FORMAT in of and Category.QUALITY not in of for of in stale.values())
    renewal.renew(stale)
    after = scanned.rows()
    assert before and all(after[key] == row for key, row in before.items())


def test_tags_by_phrases_wait_for_a_model_that_compares(scanned: Home) -> None:
    made = {**scanned.versions()[0], PHRASES: "clip@1", "vector": "clip@1"}
    stale = scanned.with_rules(*scanned.analyser.rules).renewable(made)
    assert stale and not stale & {Category.SCENE, Category.MOOD, Category.OBJECTS}


def test_a_film_beside_a_photo_is_known_without_looking(scanned: Home, blind: None) -> None:
    db = scanned.store.connection
    db.execute("UPDATE photos SET companions = '[\"mov\"]' WHERE CAST(path AS TEXT) LIKE '%1.jpg'")
    renewal = Renewal(scanned.store, scanned.with_rules(Category.FORMAT))
    renewal.renew(renewal.outdated())
    assert [key[0] for key in scanned.rows() if key[1] == "live_photo"] == ["1.jpg"]


def test_a_cancelled_renewal_goes_on_later(scanned: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nivo_tui.engine.renewing.AT_ONCE", 1)
    answers = iter([False, True])
    changed = scanned.with_rules(Category.COLOR)
    renewal = Renewal(scanned.store, changed, lambda: next(answers, True))
    assert renewal.renew(renewal.outdated()).photos == 1
    left = Renewal(scanned.store, changed)
    assert len(left.outdated()) == 2 and left.renew(left.outdated()).photos == 2
    assert left.outdated() == {} or Renewal(scanned.store, changed).outdated() == {}


def test_what_says_nothing_is_found_after_a_renewal_too(scanned: Home) -> None:
    db = scanned.store.connection
    columns = [r[1] for r in db.execute("PRAGMA table_info(photos)") if r[1] not in ("id", "path")]
    names = ", ".join(columns)
    for copy in range(20):
        db.execute(
            f"INSERT INTO photos(path, {names}) SELECT CAST('/copy/{copy}' || path AS BLOB), {names} "
            "FROM photos WHERE id <= 3"
        )
    renewal = Renewal(scanned.store, scanned.with_rules(*scanned.analyser.rules))
    renewal.renew(renewal.outdated())
    decisions = open_decisions(scanned.paths)
    settle_library(scanned.store, decisions, scanned.analyser.vocabulary)
    decisions.close()
    total, counts = scanned.store.tag_counts()
    silent = {row["tag"] for row in db.execute("SELECT tag FROM uninformative")}
    look = {
        row["tag"] for row in db.execute("SELECT tag FROM suggestions WHERE category IN ('quality', 'color')")
    }
    assert total == 63 and silent & look == {tag for tag in look if counts[tag] >= 0.95 * total} != set()


def test_the_command_s_job_renews_and_says_so(scanned: Home) -> None:
    before = scanned.rows()
    db = scanned.store.connection
    scanned.spoil(Category.FORMAT)
    db.execute('UPDATE photos SET versions = replace(versions, \'"rules:format":"\', \'"rules:format":"x\')')
    for photo in scanned.folder.iterdir():
        photo.unlink()
    ran = nivo("thresholds", "on")
    assert ran.status == 0 and "suggestions changed on 3 photos" in ran.err
    assert scanned.rows() == before
    assert "no suggestion changed" in nivo("thresholds", "off").err


@pytest.fixture
def many(scanned: Home) -> Home:
    """Enough photos for many batches."""
    db = scanned.store.connection
    columns = [r[1] for r in db.execute("PRAGMA table_info(photos)") if r[1] not in ("id", "path")]
    names = ", ".join(columns)
    for copy in range(30):
        db.execute(
            f"INSERT INTO photos(path, {names}) SELECT CAST('/copy/{copy}' || path AS BLOB), {names} "
            "FROM photos WHERE id <= 3"
        )
    return scanned


def all_rows(home: Home) -> list[tuple[Any, ...]]:
    found = home.store.connection.execute("SELECT * FROM suggestions ORDER BY photo, tag")
    return [tuple(row) for row in found]


def wait_for(helpers: Helpers) -> None:
    for helper in helpers._helpers:
        helper._there.wait(30)


def test_helpers_make_the_same(many: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = many.with_rules(*many.analyser.rules)
    Renewal(many.store, everything).renew(Renewal(many.store, everything).outdated())
    alone, versions = all_rows(many), many.versions()
    monkeypatch.setattr(helping, "HELPED_FROM", 1)
    monkeypatch.setattr("nivo_tui.engine.renewing.AT_ONCE", 5)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    real, by_helper = Helpers.take, []

    def take(self: Helpers, batch: Batch) -> bool:
        wait_for(self)
        by_helper.append(real(self, batch))
        return by_helper[-1]

    monkeypatch.setattr(Helpers, "take", take)
    many.spoil()
    many.store.connection.execute("UPDATE photos SET versions = replace(versions, 'other', 'older')")
    done = Renewal(many.store, everything).renew(Renewal(many.store, everything).outdated())
    assert any(by_helper) and done.photos == 93 == done.changed
    assert all_rows(many) == alone and many.versions() == versions


def test_what_a_lost_helper_was_asked_for_is_made_here(many: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helping, "HELPED_FROM", 1)
    monkeypatch.setattr("nivo_tui.engine.renewing.AT_ONCE", 5)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    real, taken = Helpers.take, []

    def take(self: Helpers, batch: Batch) -> bool:
        if not taken:
            wait_for(self)
        taken.append(real(self, batch))
        for helper in self._helpers:
            helper._process.kill()
        return taken[-1]

    monkeypatch.setattr(Helpers, "take", take)
    changed = many.with_rules(Category.COLOR)
    done = Renewal(many.store, changed).renew(Renewal(many.store, changed).outdated())
    assert taken[0] and not all(taken)
    assert done.photos == 93 and Renewal(many.store, changed).outdated() == {}


def test_a_helper_that_cannot_start_is_done_without(many: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helping, "HELPED_FROM", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(helping, "start", refuse)
    changed = many.with_rules(Category.COLOR)
    assert Renewal(many.store, changed).renew(Renewal(many.store, changed).outdated()).photos == 93
