"""The figures of a library: its states are those that each photo's detail gives."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.totals import Totals, read_totals
from nivo_tui.model import Capture, Category, Face, FileMetadata, Format, Quality, State, Suggestion
from nivo_tui.settings import Paths, load_paths

ROOT = os.path.join(os.path.abspath(os.sep), "photos")
_TAGS = ("beach", "sea", "Überall", "golden_hour", "house")
_FACES = (None, 0, 1, 2, 7)


@pytest.fixture
def paths(home: Path) -> Paths:
    paths = load_paths()
    paths.create()
    return paths


def photo(number: int, chance: random.Random) -> PhotoRecord:
    """A photo with some of the tags, under one of their spellings, and some of them as keywords."""
    rated = [
        Rated(
            Suggestion(
                tag.casefold(),
                chance.choice((tag, tag.upper(), f"{tag} ({number % 2})")),
                Category.TEMPORAL if tag == "golden_hour" else Category.SCENE,
                0.8,
                "test",
                "because",
                fact=tag == "golden_hour",
            ),
            True,
        )
        for tag in _TAGS
        if chance.random() < 0.6
    ]
    count = chance.choice(_FACES)
    taken = chance.choice((None, datetime(2024, 5, 1), datetime(2025, 7, 2)))
    return PhotoRecord(
        path=os.path.join(ROOT, chance.choice(("a", "b")), f"{number:03d}.jpg"),
        stat=FileStat(1, 2, 3),
        format=chance.choice((Format.JPEG, Format.HEIC)),
        metadata=FileMetadata(
            capture=Capture(taken, make="Apple", model=chance.choice((None, "iPhone 13", "Apple X"))),
            keywords=tuple(t for t in (*_TAGS, "BEACH (1)", "garden") if chance.random() < 0.3),
        ),
        image_hash=f"{number % 11:032x}",
        quality=None if number % 9 == 0 else Quality(chance.choice((0.0, 19.9, 20.0, 99.0, 100.0)), 0, 0, 0),
        faces=None if count is None else (Face(1, 2, 3, 4, 0.9),) * count,
        versions={} if number % 13 == 0 else {"rules": "1"},
        suggestions=tuple(rated),
        error="cut short" if number % 17 == 0 else None,
    )


def decide(library: Library, chance: random.Random) -> None:
    """Decisions of every kind on some of the tags, suggested on the photo or not; some are taken back."""
    paths = library.paths("/")
    for path in paths:
        detail = library.detail(path)
        assert detail is not None
        for tag in (*_TAGS, "garden"):
            if chance.random() < 0.4:
                state = chance.choice((State.ACCEPTED, State.REJECTED, State.PASSED, State.UNDECIDED))
                by = chance.choice(("key", "import"))
                category = chance.choice((None, "scene"))
                choice = Choice(path, tag.casefold(), tag, state, category, detail.image_hash)
                act, _ = library.decisions.record("one", [choice], by=by)
                if chance.random() < 0.2:
                    library.decisions.revoke_act(act)
    library.decisions.record("done", by="key", done=[(path, None) for path in paths[::5]])
    library.decisions.record("never", by="key", never=["sea"])


def expected(library: Library, paths: tuple[str, ...]) -> Counter[tuple[str, str | None, State]]:
    found: Counter[tuple[str, str | None, State]] = Counter()
    for path in paths:
        detail = library.detail(path)
        assert detail is not None
        found.update((s.tag, s.category, s.state) for s in detail.suggestions)
    return found


def states(totals: Totals) -> Counter[tuple[str, str | None, State]]:
    return +Counter(
        {(tag.tag, tag.category, state): n for tag in totals.tags for state, n in tag.states.items()}
    )


@pytest.mark.parametrize("seed", range(6))
def test_states_are_those_of_the_details(paths: Paths, seed: int) -> None:
    chance = random.Random(seed)
    catalog = open_catalog(paths)
    PhotoStore(catalog).save([photo(number, chance) for number in range(60)])
    catalog.close()
    library = Library(paths)
    decide(library, chance)
    for folder in (ROOT, os.path.join(ROOT, "a"), library.paths(ROOT)[7]):
        known = library.paths(folder)
        details = [library.detail(path) for path in known]
        totals = read_totals(library, [folder, known[0]])
        assert states(totals) == expected(library, known)
        assert totals.photos == len(known)
        assert totals.progress == Counter(d.progress for d in details)
        assert totals.formats == Counter(d.format for d in details)
        assert totals.cameras == Counter(d.capture.camera for d in details)
        taken = Counter(d.capture.taken_at and d.capture.taken_at.year for d in details)
        assert totals.years == taken
        assert totals.faces == Counter(len(d.faces) for d in details if d.faces is not None)
        assert totals.keyworded == sum(bool(d.file_keywords) for d in details)
        assert sum(totals.quality.values()) == sum(d.quality is not None for d in details)
        assert totals.untagged == sum(all(s.state is State.REJECTED for s in d.suggestions) for d in details)
    library.close()


def test_categories_add_up_and_ranges_hold_their_ends(paths: Paths) -> None:
    chance = random.Random(1)
    catalog = open_catalog(paths)
    made = [
        replace(photo(number, chance), quality=Quality(score, 0, 0, 0))
        for number, score in enumerate((0.0, 19.99, 20.0, 59.0, 80.0, 100.0))
    ]
    PhotoStore(catalog).save(made)
    catalog.close()
    library = Library(paths)
    totals = read_totals(library, [ROOT])
    library.close()
    assert totals.quality == {0: 2, 20: 1, 40: 1, 60: 0, 80: 2}
    assert sum(c.tags for c in totals.categories()) == totals.tags_in_all
    assert sum(c.unique for c in totals.categories()) == len(totals.tags)
    assert all(sum(c.states.values()) == c.tags for c in totals.categories())


def test_a_folder_without_photos_has_figures_of_nothing(paths: Paths) -> None:
    library = Library(paths)
    totals = read_totals(library, [ROOT])
    library.close()
    assert (totals.photos, totals.tags, totals.tags_in_all, totals.faces_in_all) == (0, (), 0, 0)
    assert sum(totals.quality.values()) == 0 and totals.categories() == ()
