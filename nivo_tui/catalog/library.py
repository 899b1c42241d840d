"""The library as the screen and the reading commands see it: both databases, joined."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace

from nivo_tui.catalog.decisions import Choice, DecisionStore, Standing, open_decisions
from nivo_tui.catalog.listed import PROGRESS, Listed
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.catalog.records import capture_of, face_of, fold, quality_of, suggestion_of, taken_of
from nivo_tui.catalog.states import VERBS, added_choice, added_suggestion, choices_as_shown, state_of
from nivo_tui.catalog.together import WholeShots
from nivo_tui.catalog.views import Counts, FolderView, PhotoDetail, PhotoView, Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import Face, Format, State, Suggestion
from nivo_tui.settings import Paths

_PENDING = (
    "s.state = 'accepted' AND NOT EXISTS("
    "SELECT 1 FROM keywords k WHERE k.photo = p.id AND k.folded = s.folded)"
)


class Library:
    """Reads the catalog and the decisions of a home, and commits decisions. One per thread."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._db = open_catalog(paths)
        decisions = open_decisions(paths)
        self.decisions = DecisionStore(decisions)
        self._decisions_db = decisions
        self._db.execute("ATTACH DATABASE ? AS d", (str(paths.decisions),))
        self._listed = Listed(self._db)
        self._shots = WholeShots(self._db)
        newest = decisions.execute("SELECT coalesce(max(id), 0) FROM acts").fetchone()[0]
        self._first_act = int(newest)
        self._undone: list[int] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """catalog.db with decisions.db attached as `d`, for the readers beside this one. Not for writing."""
        return self._db

    def wait_at_most(self, seconds: float) -> None:
        """How long a database that another program holds is waited for, before that is said."""
        for connection in (self._db, self._decisions_db):
            connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        self._db.close()
        self._decisions_db.close()

    # Reading

    def folders(self, root: str) -> tuple[FolderView, ...]:
        """The folders with photos below `root`, and those between, in pre-order, `root` first."""
        return self._listed.folders(root)

    def count(self, folder: str) -> int:
        """How many rows the list of the photos below a folder has: one a shot."""
        return self._listed.count(folder)

    def page(self, folder: str, offset: int, limit: int) -> tuple[PhotoView, ...]:
        """Rows `offset` to `offset + limit` of the photos below a folder, in the order of their paths."""
        return self._listed.page(folder, offset, limit)

    def position(self, folder: str, path: str) -> int | None:
        """Which row of `page` a photo or its shot is in, None where it is in none."""
        return self._listed.position(folder, path)

    def next_todo(self, folder: str, after: int) -> int | None:
        """The row of the next photo to do after row `after`, None where there is none."""
        return self._listed.next_todo(folder, after)

    def counts(self, root: str) -> Counts:
        """The figures of the title line for everything below a folder.

        All count shots, but `to_write`: that is the number of files, which the write plan has typed.
        """
        states = dict.fromkeys(("new", "todo", "done", "failed"), 0) | self._listed.states(root)
        photos, waiting = sum(states.values()), states.pop("new")
        return Counts(photos, waiting, **states, to_write=len(self.pending(root)))

    def pending(self, root: str) -> tuple[str, ...]:
        """The photos below a folder (or the one file) whose accepted tags are not in the file yet."""
        start, end = below(root)
        rows = self._db.execute(
            f"SELECT DISTINCT p.path FROM d.standing s JOIN photos p ON p.path = s.path WHERE {_PENDING} "
            "AND ((p.path >= ? AND p.path < ?) OR p.path = ?) ORDER BY p.path",
            (start, end, to_db(root)),
        )
        return tuple(from_db(row["path"]) for row in rows)

    def paths(self, path: str) -> tuple[str, ...]:
        """The known photos below a folder, or the file itself where it is known; in order."""
        start, end = below(path)
        rows = self._db.execute(
            "SELECT path FROM photos WHERE (path >= ? AND path < ?) OR path = ? ORDER BY path",
            (start, end, to_db(path)),
        )
        return tuple(from_db(row["path"]) for row in rows)

    def detail(self, path: str) -> PhotoDetail | None:
        """Everything known about one photo, None where it was never scanned."""
        row = self._db.execute(
            f"SELECT p.*, {PROGRESS} AS progress FROM photos p WHERE p.path = ?", (to_db(path),)
        ).fetchone()
        if row is None:
            return None
        standing = self.decisions.of_photo(path)
        keywords = self._keywords(row["id"])
        in_file = {fold(word) for word in keywords}
        suggestions, ticked = self._suggestions(row, standing, in_file)
        called = {s.tag: s.label for s in suggestions}
        capture = capture_of(row)
        return PhotoDetail(
            path=path,
            name=os.path.basename(path),
            format=Format(row["format"]) if row["format"] else None,
            size=row["size"],
            mtime_ns=row["mtime_ns"],
            width=row["width"],
            height=row["height"],
            capture=capture,
            gps=capture.gps,
            rating=row["rating"],
            quality=quality_of(row),
            image_hash=row["image_hash"],
            perceptual_hash=row["perceptual_hash"],
            file_keywords=keywords,
            faces=self._faces(row),
            detector=row["detector"],
            suggestions=suggestions,
            ticked=ticked,
            to_write=tuple(
                name
                for s in standing.values()
                if s.state is State.ACCEPTED and fold(name := called.get(s.tag, s.label)) not in in_file
            ),
            thumbnail=self._thumbnail(path, row),
            progress=Progress(row["progress"]),
            error=row["error"],
            notes=tuple(json.loads(row["notes"])),
            taken_why=None if (taken := taken_of(row)) is None else taken.why,
            uninformative=frozenset(self.uninformative()),
        )

    def _keywords(self, photo: int) -> tuple[str, ...]:
        rows = self._db.execute("SELECT keyword FROM keywords WHERE photo = ? ORDER BY place", (photo,))
        return tuple(row["keyword"] for row in rows)

    def _faces(self, row: sqlite3.Row) -> tuple[Face, ...] | None:
        if row["face_count"] is None:
            return None
        rows = self._db.execute("SELECT * FROM faces WHERE photo = ? ORDER BY number", (row["id"],))
        return tuple(face_of(r) for r in rows)

    def _thumbnail(self, path: str, row: sqlite3.Row) -> str | None:
        """The thumbnail made of the picture, or meanwhile the one that the file brings."""
        from nivo_tui.imaging.thumbnails import Thumbnails, first_sight_key

        thumbnails = Thumbnails(self._paths.thumbnails)
        keys = (row["image_hash"], first_sight_key(path, row["size"], row["mtime_ns"]))
        found = next((file for key in keys if key and (file := thumbnails.find(key))), None)
        return None if found is None else str(found)

    def _suggestions(
        self, row: sqlite3.Row, standing: dict[str, Standing], in_file: set[str]
    ) -> tuple[tuple[Suggestion, ...], frozenset[str]]:
        """The suggestions with their states, judgements first, and the tags that are ticked.

        What nearly every photo would get is listed among the facts, and asked of nobody.
        """
        never = self.decisions.never_tags()
        refused = self.decisions.rejected_of_hash(row["image_hash"]) if row["image_hash"] else frozenset()
        found: list[Suggestion] = []
        ticked: set[str] = set()
        rows = self._db.execute(
            "SELECT * FROM suggestions WHERE photo = ? ORDER BY fact, place", (row["id"],)
        ).fetchall()
        silent = self.uninformative().keys() - standing.keys()
        for g in rows:
            state = state_of(standing.get(g["tag"]), fold(g["label"]) in in_file)
            if state is State.UNDECIDED and (g["tag"] in never or g["tag"] in refused):
                state = State.REJECTED
            suggestion = suggestion_of(g, state)
            if g["tag"] in silent:
                why = f"{suggestion.why}; so are nearly all photos here"
                suggestion = replace(suggestion, fact=True, why=why)
            found.append(suggestion)
            if g["ticked"] and state is State.UNDECIDED and not (suggestion.fact or suggestion.is_name):
                ticked.add(suggestion.tag)
        suggested = {s.tag for s in found}
        added = (added_suggestion(s, in_file) for s in standing.values() if s.tag not in suggested)
        judgements = [s for s in found if not s.fact]
        facts = [s for s in found if s.fact]
        return (*judgements, *(s for s in added if s is not None), *facts), frozenset(ticked)

    def near_duplicates(self, root: str, path: str) -> tuple[str, ...]:
        """The photos below `root` that are still to do and look nearly as this one does."""
        from nivo_tui.catalog.bursts import near_duplicates

        return near_duplicates(self, root, path)

    def uninformative(self) -> dict[str, int]:
        """Tags that nearly every photo would get, and how many would: they are listed, not suggested."""
        rows = self._db.execute("SELECT tag, photos FROM uninformative ORDER BY tag")
        return {row["tag"]: row["photos"] for row in rows}

    # Deciding

    def decide(self, path: str, tag: str, state: State, *, by: str = "key") -> int:
        """Accept, reject or leave one tag of one shot; returns the act. Raises UsageError."""
        detail = self._detail(path)
        known = {s.tag: s for s in detail.suggestions}
        if tag not in known:
            raise UsageError(f"{detail.name} has no tag {tag!r}; see: nivo-tui show")
        s = known[tag]
        choice = Choice(path, tag, s.label, state, s.category, detail.image_hash, single=by == "key")
        title = f"{VERBS[state]} {s.label!r} for {detail.name}"
        return self.commit(title, [choice], by=by)

    def accept_as_shown(self, path: str, ticked: Collection[str], unticked: Collection[str] = ()) -> int:
        """Accept the ticked tags, pass the other open judgements, and call the shot done; one act.

        `unticked` are those of the others that a key of their own unticked: each was judged by itself.
        """
        detail = self._detail(path)
        choices = choices_as_shown(detail, ticked, unticked)
        choices += self.rest_of_members(detail)
        accepted = sum(c.state is State.ACCEPTED for c in choices)
        title = f"{accepted} accepted, {len(choices) - accepted} passed, {detail.name} done"
        return self.commit(title, choices, by="key", done=[path])

    def rest_of_members(self, detail: PhotoDetail) -> list[Choice]:
        """The choices that pass what only the other photos of a shot suggest."""
        known = {s.tag for s in detail.suggestions}
        others = (self.detail(path) for path, _ in self._shots.others(detail.path))
        return [
            choice
            for other in others
            if other is not None
            for choice in choices_as_shown(other, ())
            if choice.tag not in known
        ]

    def add_tag(self, path: str, text: str, *, by: str = "key") -> int:
        """Accept a tag that a person typed. Raises UsageError where the text is no keyword."""
        detail = self._detail(path)
        choice = added_choice(path, text, detail)
        return self.commit(f"{choice.label!r} added to {detail.name}", [choice], by=by)

    def never(self, tag: str) -> int:
        """Stop a tag everywhere, until the act is revoked."""
        return self.commit(f"{tag!r} never again", by="key", never=[tag])

    def undo(self) -> str | None:
        """Take back the newest act of this library's lifetime; what it was, or None."""
        act = self.decisions.newest_act(since=self._first_act)
        if act is None:
            return None
        self.decisions.revoke_act(act.id)
        self._undone.append(act.id)
        return act.title

    def redo(self) -> str | None:
        """Let the act taken back last stand again; what it is, or None."""
        if not self._undone:
            return None
        number = self._undone.pop()
        self.decisions.restore_act(number)
        act = self.decisions.act(number)
        return None if act is None else act.title

    def commit(
        self,
        title: str,
        choices: Iterable[Choice] = (),
        *,
        by: str,
        done: Iterable[str] = (),
        never: Collection[str] = (),
    ) -> int:
        """Commit one act on whole shots: each choice counts for all members of its photo's shot, and so does
        that a photo is done. What was decided on a member by itself is not passed over by a passing.

        Returns the act. `by` is who or what decided: "key", "bulk", "burst" and so on.
        """
        self._undone.clear()
        everywhere = self._shots.choices(choices)
        act, _ = self.decisions.record(title, everywhere, by=by, done=self._shots.done(done), never=never)
        return act

    def _detail(self, path: str) -> PhotoDetail:
        detail = self.detail(path)
        if detail is None:
            raise UsageError(f"{path} is not in the library; run: nivo-tui scan {path}")
        return detail
