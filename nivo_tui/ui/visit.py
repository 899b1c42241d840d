"""Coming back to a library: where one was, and what is new since then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nivo_tui.catalog import places
from nivo_tui.ui.overview import Overview

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.ui.session import Session


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit before this one: when it ended (epoch seconds), the folder and the photo that were open.

    `new` is the first photo that came into the library since then and is not done.
    """

    since: float
    folder: str
    path: str | None
    new: str | None = None


def visit_of(library: Library, root: str) -> Visit | None:
    """The visit before, None where there was none."""
    place = places.where(library, root)
    if place is None:
        return None
    new = places.first_new(library, root, place.left_at)
    return Visit(place.left_at, place.folder, place.path, new)


def open_visit(session: Session, visit: Visit | None) -> None:
    """Open the session at what is new, else where one was, else at the first photo to do."""
    if visit is None:
        session.open_folder(session.root)
    elif visit.new is not None:
        session.open_folder(session.root)
        session.go_to_path(visit.new)
    else:
        known = visit.folder != session.root and session.library.count(visit.folder) > 0
        session.open_folder(visit.folder if known else session.root)
        if visit.path is not None:
            session.go_to_path(visit.path)


def with_new(overview: Overview, library: Library, root: str, visit: Visit | None) -> Overview:
    """The overview with the number of photos that are new since the visit before; none at the first."""
    if visit is None:
        return overview
    new = places.count_new(library, root, visit.since)
    return replace(overview, counts=replace(overview.counts, new=new))
