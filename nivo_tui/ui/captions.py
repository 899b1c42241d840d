"""What stands above and below the review: its title, and the commands that can be used now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nivo_tui.text import plain
from nivo_tui.ui import commands, words
from nivo_tui.ui.commands import COMMANDS, Situation
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.photo_source import filter_name
from nivo_tui.ui.session import Session
from nivo_tui.ui.text import number, short_path
from nivo_tui.ui.widgets.lines import Piece

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


def title(session: Session, *, narrow: bool, title: str | None) -> tuple[str, list[list[Piece]]]:
    """Where one is, and the figures from the fullest form to the shortest. `title` replaces the folder."""
    counts = session.counts
    forms: list[list[Piece]] = [[]]
    if narrow and session.sheet is not None:
        at = f"{number(session.row + 1)}/{number(len(session.source))}"
        name = plain(session.sheet.detail.name)
        todo, write = words.to_do(counts), words.to_write(counts)
        forms = [
            [(name, "head"), (f"  {words.joined(at, todo, write)}", "dim")],
            [(name, "head"), (f"  {words.joined(at, todo)}", "dim")],
            [(words.joined(at, todo), "dim")],
        ]
    elif counts is not None:
        forms = [[(form, "dim")] for form in words.figures(counts)]
    return plain(_place(session, title, narrow=narrow)), [*forms, []]


def _place(session: Session, title: str | None, *, narrow: bool) -> str:
    if narrow:
        folder = os.path.basename(session.folder) or session.folder
        query = session.source.query
        return folder if query is None else f"{folder}: {filter_name(query)}"
    return short_path(session.folder) if title is None else title


def footer(now: Situation, where: str, keys: KeyTable) -> list[tuple[str, str, str, int]]:
    """The commands of a context as (id, key, text, rank)."""
    return [
        (c.id, commands.keys_sign(keys.keys[c.id][: 10 if c.id == "flip" else 1]), c.label(now), c.rank)
        for c in COMMANDS
        if c.label(now) and where in c.where and keys.keys[c.id] and c.when(now)
    ]


def situation(screen: ReviewScreen) -> Situation:
    """What can be done now."""
    session = screen.session
    return Situation(
        has_photo=session.sheet is not None,
        has_photos=len(session.source) > 0 or session.source.filtered,
        has_rows=screen.tags.current is not None,
        has_judgements=bool(screen.tags.numbered),
        job_running=screen.jobs.running,
        can_write=session.can_write and not screen.jobs.writing,
        can_repeat=session.last_added is not None,
        can_paste=bool(session.copied),
        searching=bool(screen.search_words),
        has_faces=bool(session.sheet is not None and session.sheet.detail.faces),
        has_twins=screen.twins.source is not None,
    )
