"""Decisions as keys make them, without a screen."""

from __future__ import annotations

import dataclasses

import pytest
from screen_fakes import ROOT, FakeLibrary

from nivo_tui.catalog.views import Progress
from nivo_tui.model import State
from nivo_tui.ui.session import Session
from nivo_tui.ui.sheet import TagRow


@pytest.fixture
def session() -> Session:
    return Session(FakeLibrary(40), ROOT)


def row(session: Session, tag: str) -> TagRow:
    assert session.sheet is not None
    rows = (*session.sheet.rows(), *session.sheet.facts())
    return next(r for r in rows if r.suggestion.tag == tag)


def state(session: Session, tag: str) -> State:
    return row(session, tag).suggestion.state


def test_the_table_opens_with_what_will_happen(session: Session) -> None:
    assert session.sheet is not None
    assert [(r.number, r.sign) for r in session.sheet.rows()] == [
        (1, "◇"),
        (2, "✓"),
        (3, "✓"),
        (4, "✓"),
        (5, "·"),
        (6, "✓"),
        (7, "·"),
    ]
    assert all(r.number is None for r in session.sheet.facts())
    assert session.sheet.tally() == "4 ticked of 7"


def test_enter_accepts_what_is_ticked_and_never_a_name(session: Session) -> None:
    path = session.path
    assert session.accept_as_shown()
    assert session.library.calls[-1] == (
        "as_shown",
        path,
        frozenset({"beach", "sea", "surfboard", "ericeira"}),
    )
    assert state(session, "umbrella") is State.PASSED
    assert session.next_todo()
    assert session.path != path


def test_a_name_is_not_accepted_by_enter_even_where_the_library_ticks_it(session: Session) -> None:
    library, path = session.library, session.path or ""
    library.photos[path] = dataclasses.replace(library.photos[path], ticked=frozenset({"ann", "sea"}))
    session.reload()
    session.accept_as_shown()
    assert library.calls[-1] == ("as_shown", path, frozenset({"sea"}))
    assert session.copy() == 1


def test_a_name_waits_for_its_own_key(session: Session) -> None:
    session.flip(row(session, "ann"))
    assert state(session, "ann") is State.ACCEPTED
    session.flip(row(session, "ann"))
    assert state(session, "ann") is State.UNDECIDED
    assert row(session, "ann").sign == "◇"


def test_flipping_on_is_committed_and_flipping_off_only_unticks(session: Session) -> None:
    session.flip(row(session, "umbrella"))
    assert state(session, "umbrella") is State.ACCEPTED
    session.flip(row(session, "umbrella"))
    assert (state(session, "umbrella"), row(session, "umbrella").sign) == (State.UNDECIDED, "·")
    session.flip(row(session, "beach"))
    assert (state(session, "beach"), row(session, "beach").sign) == (State.UNDECIDED, "·")
    session.flip(row(session, "beach"))
    assert row(session, "beach").sign == "✓"


def test_unticked_rows_stay_so_when_one_comes_back_to_the_photo(session: Session) -> None:
    session.flip(row(session, "beach"))
    session.open_row(1)
    session.open_row(0)
    assert row(session, "beach").sign == "·"
    session.accept_as_shown()
    assert session.library.calls[-1][2] == frozenset({"sea", "surfboard", "ericeira"})


def test_wrong_then_back(session: Session) -> None:
    session.reject(row(session, "beach").suggestion)
    assert row(session, "beach").sign == "✗"
    session.take_back(row(session, "beach").suggestion)
    assert state(session, "beach") is State.UNDECIDED


def test_every_act_is_undone_in_turn_and_made_again(session: Session) -> None:
    first = session.path
    session.flip(row(session, "beach"))  # a tick alone
    session.reject(row(session, "sea").suggestion)
    session.accept_as_shown()
    session.next_todo()
    assert session.path != first
    undone = session.undo()
    assert undone is not None and undone.path == first and session.path == first
    assert state(session, "surfboard") is State.UNDECIDED
    assert row(session, "beach").sign == "·"
    session.undo()
    assert state(session, "sea") is State.UNDECIDED
    session.undo()
    assert row(session, "beach").sign == "✓"
    assert session.undo() is None
    for _ in range(3):
        assert session.redo() is not None
    assert state(session, "surfboard") is State.ACCEPTED
    assert state(session, "sea") is State.REJECTED
    assert session.redo() is None


def test_a_new_act_ends_what_could_be_made_again(session: Session) -> None:
    session.accept(row(session, "umbrella").suggestion)
    session.undo()
    session.accept(row(session, "calm").suggestion)
    assert session.redo() is None


def test_tags_are_copied_without_names_and_pasted_as_one_act(session: Session) -> None:
    session.accept(row(session, "ann").suggestion)
    session.accept(row(session, "umbrella").suggestion)
    session.add_tag("family")
    assert session.copy() == 6
    session.open_row(1)
    assert session.paste() == 6
    assert state(session, "umbrella") is State.ACCEPTED
    assert state(session, "family") is State.ACCEPTED
    assert "ann" not in {s.tag for s in session.copied}
    assert session.paste() == 0
    session.undo()
    assert state(session, "beach") is State.UNDECIDED
    assert session.sheet is not None
    assert "family" not in {s.tag for s in session.sheet.detail.suggestions}


def test_an_added_tag_is_repeated_and_an_empty_one_is_nothing(session: Session) -> None:
    assert session.add_tag("   ") is None
    assert session.add_tag("  Summer   house ") == "Summer house"
    assert session.last_added == "Summer house"
    assert session.add_tag("Ann") == "Ann"
    assert session.last_added is None


def test_never_stops_a_tag_everywhere_and_can_be_undone(session: Session) -> None:
    session.never(row(session, "beach").suggestion)
    assert session.sheet is not None
    assert "beach" not in {r.suggestion.tag for r in session.sheet.rows()}
    session.open_row(3)
    assert "beach" not in {r.suggestion.tag for r in session.sheet.rows()}
    session.undo()
    assert row(session, "beach").sign == "✓"


def test_a_photo_that_was_not_analysed_is_not_called_done(session: Session) -> None:
    library = session.library
    path = library.paths[0]
    library.photos[path] = dataclasses.replace(library.photos[path], progress=Progress.NEW, suggestions=())
    session.reload()
    assert not session.accept_as_shown()
    assert library.calls == []


def test_the_open_photo_stays_open_when_others_come_before_it(session: Session) -> None:
    session.open_row(3)
    path = session.path
    library = session.library
    new = f"{ROOT}/2024/AAA.JPG"
    library.photos[new] = dataclasses.replace(library.photos[path], path=new, name="AAA.JPG")
    library.paths = sorted(library.photos)
    session.adopt(session.ask()(library))
    assert (session.path, session.row) == (path, 4)
    assert session.photo is not None and session.photo.path == path


def test_a_decision_on_a_photo_goes_to_it_even_while_the_list_is_older(session: Session) -> None:
    session.open_row(3)
    path = session.path
    library = session.library
    new = f"{ROOT}/2024/AAA.JPG"
    library.photos[new] = dataclasses.replace(library.photos[path], path=new, name="AAA.JPG")
    library.paths = sorted(library.photos)
    session.source.forget()
    session.accept(row(session, "umbrella").suggestion)
    assert library.calls[-1] == ("decide", path, "umbrella", State.ACCEPTED)
    assert session.path == path


def test_the_photo_that_vanished_gives_way_to_its_neighbour(session: Session) -> None:
    session.open_row(3)
    library = session.library
    del library.photos[session.path or ""]
    library.paths = sorted(library.photos)
    session.adopt(session.ask()(library))
    assert session.path == library.paths[3]


def test_going_on_while_the_library_is_read_loses_no_key(session: Session) -> None:
    question = session.ask()
    assert session.open_row(7)
    path = session.path
    session.adopt(question(session.library))
    assert (session.row, session.path) == (7, path)
    assert session.open_row(session.row + 1)
    assert session.path != path
