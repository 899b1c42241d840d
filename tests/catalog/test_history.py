"""The history: all acts and runs, and taking an act back without touching what came later."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from real_home import make_home

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.history import Entry, History, Kind
from nivo_tui.catalog.known_words import known_words
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.on_many import add_to_photos
from nivo_tui.errors import UsageError
from nivo_tui.metadata.journal import Journal
from nivo_tui.metadata.journal_records import WriteRecord
from nivo_tui.model import State
from nivo_tui.settings import load_paths

ALL = "/"


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    paths = load_paths()
    make_home(paths, 12)
    library = Library(paths)
    yield library
    library.close()


def listed(library: Library, kind: Kind = Kind.ALL, words: str = "") -> list[Entry]:
    history = History(library)
    return list(history.entries(history.keys(kind, words)))


def state(library: Library, path: str, tag: str) -> State:
    detail = library.detail(path)
    assert detail is not None
    return next(s.state for s in detail.suggestions if s.tag == tag)


def bulk(library: Library, tag: str = "beach") -> int:
    choices = [Choice(path, tag, tag, State.ACCEPTED, "scene") for path in library.paths(ALL)]
    return library.commit(f"{tag} accepted on {len(choices)} photos", choices, by="bulk")


def written(library: Library, path: str, at: str, files: int = 1) -> int:
    journal = Journal(library._decisions_db)
    run = journal.begin_run("write", at)
    for place in range(files):
        target = f"{path}.{place}"
        record = WriteRecord(run=run, path=path, target=target, real=target, at=at)
        journal.finish(replace(record, id=journal.intend(record)))
    journal.end_run(run, at)
    return run


def test_an_empty_home_has_no_history(library: Library) -> None:
    assert listed(library) == []
    assert History(library).entry(1) is None


def test_acts_are_listed_newest_first_with_who_and_how_many(library: Library) -> None:
    first, second = library.paths(ALL)[:2]
    library.decide(first, "beach", State.ACCEPTED)
    library.accept_as_shown(second, {"beach", "sea"})
    bulk(library, "calm")
    many, shown, one = listed(library)
    assert (many.by, many.decisions, many.photos, many.state) == ("bulk", 12, 12, "stands")
    assert (shown.by, shown.photos) == ("key", 1) and shown.decisions >= 6
    assert (one.title, one.decisions) == ("accepted 'beach' for " + first.rsplit("/", 1)[1], 1)


def test_a_bulk_is_taken_back_days_later_without_touching_what_came_after(library: Library) -> None:
    first, second = library.paths(ALL)[:2]
    act = bulk(library)
    library.decide(first, "beach", State.REJECTED)
    library.decisions.revoke_act(act)
    assert state(library, first, "beach") is State.REJECTED
    assert state(library, second, "beach") is State.UNDECIDED
    assert [e.state for e in listed(library, Kind.BULK)] == ["revoked"]
    library.decisions.restore_act(act)
    assert state(library, first, "beach") is State.REJECTED
    assert state(library, second, "beach") is State.ACCEPTED


def test_an_act_of_which_one_decision_was_revoked_stands_partly(library: Library) -> None:
    act = bulk(library)
    one = library.decisions.below(library.paths(ALL)[0])[0]
    library.decisions.revoke_decision(one.id)
    entry = History(library).entry(act)
    assert entry is not None and entry.state == "partly" and not entry.revoked


def test_rules_are_listed_together_and_revocable(library: Library) -> None:
    library.decide(library.paths(ALL)[0], "sea", State.ACCEPTED)
    act = library.never("beach")
    library.never("calm")
    rules = listed(library, Kind.RULES)
    assert [(e.rules, e.by) for e in rules] == [(("calm",), "rule"), (("beach",), "rule")]
    assert state(library, library.paths(ALL)[1], "beach") is State.REJECTED
    library.decisions.revoke_act(act)
    assert state(library, library.paths(ALL)[1], "beach") is State.UNDECIDED
    assert [e.state for e in listed(library, Kind.RULES)] == ["stands", "revoked"]
    assert listed(library, Kind.BULK) == []


def test_runs_stand_among_the_acts_by_their_time_with_their_state(library: Library) -> None:
    path = library.paths(ALL)[0]
    library.decide(path, "sea", State.ACCEPTED)
    old = written(library, path, "2020-01-01T00:00:00.000+00:00")
    new = written(library, path, "2999-01-01T00:00:00.000+00:00", files=2)
    assert [(e.is_run, e.number) for e in listed(library)] == [(True, new), (False, 1), (True, old)]
    journal = Journal(library._decisions_db)
    journal.mark_undone(journal.writes_of_run(new)[0].id)
    journal.mark_undone(journal.writes_of_run(old)[0].id)
    assert [(e.photos, e.state, e.revoked) for e in listed(library, Kind.RUNS)] == [
        (2, "partly", False),
        (1, "undone", True),
    ]


def test_words_are_looked_for_as_they_are(library: Library) -> None:
    path = library.paths(ALL)[0]
    library.decide(path, "sea", State.ACCEPTED)
    library.add_tag(path, "100%")
    library.add_tag(path, "100 kites")
    assert [e.title for e in listed(library, words="100%")] == [f"'100%' added to {path.rsplit('/', 1)[1]}"]
    assert listed(library, words="nowhere") == []


def test_tags_go_on_many_photos_as_one_act_and_names_on_none(library: Library) -> None:
    paths = library.paths(ALL)[:4]
    added = add_to_photos(library, paths, ["Ann", "beach", "Family"], by="marks")
    assert (added.photos, added.names) == (4, 4)
    for path in paths:
        assert state(library, path, "beach") is State.ACCEPTED
        assert state(library, path, "family") is State.ACCEPTED
    for detail in map(library.detail, paths):
        assert detail is not None
        assert all(s.state is State.UNDECIDED for s in detail.suggestions if s.is_name)
    again = add_to_photos(library, [*paths, "/gone.jpg"], ["beach"], by="marks")
    assert again.act is None and again.photos == 0
    assert added.act is not None
    library.decisions.revoke_act(added.act)
    assert state(library, paths[0], "beach") is State.UNDECIDED
    with pytest.raises(UsageError):
        add_to_photos(library, paths, ["\x1b"], by="marks")


def test_the_words_of_a_library_are_its_labels_keywords_and_typed_tags(library: Library) -> None:
    library.add_tag(library.paths(ALL)[0], "Summer house")
    library.add_tag(library.paths(ALL)[1], "HOLIDAY trip")
    words = known_words(library)
    assert {"beach", "golden hour", "holiday", "Summer house", "HOLIDAY trip"} <= set(words)
    assert len({w.casefold() for w in words}) == len(words)
    assert list(words) == sorted(words, key=str.casefold)
