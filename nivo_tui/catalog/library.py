"""The library as the screen and the reading commands see it: both databases, joined."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace

from nivo_tui.catalog.decisions import Choice, DecisionStore, Standing, open_decisions
from nivo_tui.catalog.paths import below, from_db, to_db
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.catalog.records import capture_of, face_of, fold, quality_of, suggestion_of
from nivo_tui.catalog.states import VERBS, added_choice, added_suggestion, photo_view, state_of, up_to
from nivo_tui.catalog.views import Counts, FolderView, PhotoDetail, PhotoView, Progress
from nivo_tui.errors import UsageError
from nivo_tui.model import Face, Format, State, Suggestion
from nivo_tui.settings import Paths

_DONE = (
    "EXISTS(SELECT 1 FROM d.reviews r JOIN d.acts a ON a.id = r.act "
    "WHERE r.path = p.path AND a.revoked_at IS NULL)"
)
_PROGRESS = (
    f"CASE WHEN p.error IS NOT NULL THEN 'failed' WHEN {_DONE} THEN 'done' "
    "WHEN p.versions IS NULL THEN 'new' ELSE 'todo' END"
)
_PENDING = (
    "s.state = 'accepted' AND NOT EXISTS("
    "SELECT 1 FROM keywords k WHERE k.photo = p.id AND k.folded = s.folded)"
)
_OPEN_TAGS = (
    "(SELECT count(*) FROM suggestions g WHERE g.photo = p.id AND g.fact = 0 "
    "AND g.tag NOT IN (SELECT tag FROM uninformative) AND NOT EXISTS("
    "SELECT 1 FROM d.standing s WHERE s.path = p.path AND s.tag = g.tag AND s.state <> 'undecided'))"
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
        newest = decisions.execute("SELECT coalesce(max(id), 0) FROM acts").fetchone()[0]
        self._first_act = int(newest)
        self._undone: list[int] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """catalog.db with decisions.db attached as `d`, for the readers beside this one. Not for writing."""
        return self._db

    def close(self) -> None:
        self._db.close()
        self._decisions_db.close()

    # Reading

    def folders(self, root: str) -> tuple[FolderView, ...]:
        """The folders with photos below `root`, and those between, in pre-order, `root` first."""
        start, end = below(root)
        rows = self._db.execute(
            f"SELECT p.folder AS folder, count(*) AS photos, sum({_PROGRESS} = 'todo') AS todo "
            "FROM photos p WHERE p.path >= ? AND p.path < ? GROUP BY p.folder",
            (start, end),
        )
        photos: dict[str, int] = {root: 0}
        todo: dict[str, int] = {root: 0}
        for row in rows:
            for folder in up_to(from_db(row["folder"]), root):
                photos[folder] = photos.get(folder, 0) + row["photos"]
                todo[folder] = todo.get(folder, 0) + row["todo"]
        ordered = sorted(photos, key=lambda f: [] if f == root else os.path.relpath(f, root).split(os.sep))
        return tuple(
            FolderView(
                folder,
                os.path.basename(folder) or folder,
                0 if folder == root else os.path.relpath(folder, root).count(os.sep) + 1,
                photos[folder],
                todo[folder],
            )
            for folder in ordered
        )

    def count(self, folder: str) -> int:
        """How many photos lie below a folder."""
        row = self._db.execute("SELECT count(*) FROM photos WHERE path >= ? AND path < ?", below(folder))
        return int(row.fetchone()[0])

    def page(self, folder: str, offset: int, limit: int) -> tuple[PhotoView, ...]:
        """Rows `offset` to `offset + limit` of the photos below a folder, in the order of their paths."""
        start, end = below(folder)
        rows = self._db.execute(
            f"SELECT p.*, {_PROGRESS} AS progress, {_OPEN_TAGS} AS open_tags FROM photos p "
            "WHERE p.path >= ? AND p.path < ? ORDER BY p.path LIMIT ? OFFSET ?",
            (start, end, limit, offset),
        )
        return tuple(photo_view(row) for row in rows)

    def position(self, folder: str, path: str) -> int | None:
        """Which row of `page` a photo is, None where it is not known or not below the folder."""
        start, end = below(folder)
        wanted = to_db(path)
        known = self._db.execute("SELECT 1 FROM photos WHERE path = ?", (wanted,)).fetchone()
        if known is None or not start <= wanted < end:
            return None
        row = self._db.execute("SELECT count(*) FROM photos WHERE path >= ? AND path < ?", (start, wanted))
        return int(row.fetchone()[0])

    def next_todo(self, folder: str, after: int) -> int | None:
        """The row of the next photo to do after row `after`, None where there is none."""
        start, end = below(folder)
        here = self._db.execute(
            "SELECT path FROM photos WHERE path >= ? AND path < ? ORDER BY path LIMIT 1 OFFSET ?",
            (start, end, max(after, 0)),
        ).fetchone()
        if here is None:
            return None
        compare = ">=" if after < 0 else ">"
        row = self._db.execute(
            f"SELECT p.path FROM photos p WHERE p.path {compare} ? AND p.path < ? AND {_PROGRESS} = 'todo' "
            "ORDER BY p.path LIMIT 1",
            (here["path"], end),
        ).fetchone()
        return None if row is None else self.position(folder, from_db(row["path"]))

    def counts(self, root: str) -> Counts:
        """The figures of the title line for everything below a folder."""
        start, end = below(root)
        states = dict.fromkeys(("new", "todo", "done", "failed"), 0)
        rows = self._db.execute(
            f"SELECT {_PROGRESS} AS progress, count(*) AS n FROM photos p "
            "WHERE p.path >= ? AND p.path < ? GROUP BY progress",
            (start, end),
        )
        states |= {row["progress"]: row["n"] for row in rows}
        return Counts(sum(states.values()), **states, to_write=len(self.pending(root)))

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

    def find(self, folder: str, words: str, after: int) -> int | None:
        """The row of the next photo after row `after`, around the end, whose name or tags hold a text."""
        start, end = below(folder)
        here = self._db.execute(
            "SELECT path FROM photos WHERE path >= ? AND path < ? ORDER BY path LIMIT 1 OFFSET ?",
            (start, end, max(after, 0)),
        ).fetchone()
        if here is None:
            return None
        beyond = "p.path >= ?" if after < 0 else "p.path > ?"
        found = self._first_match(words, beyond, here["path"], end) or self._first_match(
            words, "p.path >= ?", start, end
        )
        return None if found is None else self.position(folder, found)

    def _first_match(self, words: str, beyond: str, start: bytes, end: bytes) -> str | None:
        """The first photo from `start` on whose name or tags hold a text."""
        like = "%" + re.sub(r"([%_\\])", r"\\\1", words) + "%"
        row = self._db.execute(
            f"SELECT p.path FROM photos p WHERE {beyond} AND p.path < ? AND ("
            "CAST(p.path AS TEXT) LIKE ? ESCAPE '\\' "
            "OR EXISTS(SELECT 1 FROM suggestions g WHERE g.photo = p.id "
            "AND (g.label LIKE ? ESCAPE '\\' OR g.tag LIKE ? ESCAPE '\\')) "
            "OR EXISTS(SELECT 1 FROM keywords k WHERE k.photo = p.id AND k.folded LIKE ? ESCAPE '\\')) "
            "ORDER BY p.path LIMIT 1",
            (start, end, like, like, like, like),
        ).fetchone()
        return None if row is None else from_db(row["path"])

    def detail(self, path: str) -> PhotoDetail | None:
        """Everything known about one photo, None where it was never scanned."""
        row = self._db.execute(
            f"SELECT p.*, {_PROGRESS} AS progress FROM photos p WHERE p.path = ?", (to_db(path),)
        ).fetchone()
        if row is None:
            return None
        standing = self.decisions.of_photo(path)
        keywords = self._keywords(row["id"])
        in_file = {fold(word) for word in keywords}
        suggestions, ticked = self._suggestions(row, standing, in_file)
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
                s.label
                for s in standing.values()
                if s.state is State.ACCEPTED and fold(s.label) not in in_file
            ),
            thumbnail=self._thumbnail(path, row),
            progress=Progress(row["progress"]),
            error=row["error"],
            notes=tuple(json.loads(row["notes"])),
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

    def uninformative(self) -> dict[str, int]:
        """Tags that nearly every photo would get, and how many would: they are listed, not suggested."""
        rows = self._db.execute("SELECT tag, photos FROM uninformative ORDER BY tag")
        return {row["tag"]: row["photos"] for row in rows}

    # Deciding

    def decide(self, path: str, tag: str, state: State, *, by: str = "key") -> int:
        """Accept, reject or leave one tag of one photo; returns the act. Raises UsageError."""
        detail = self._detail(path)
        known = {s.tag: s for s in detail.suggestions}
        if tag not in known:
            raise UsageError(f"{detail.name} has no tag {tag!r}; see: nivo-tui show")
        s = known[tag]
        choice = Choice(path, tag, s.label, state, s.category, detail.image_hash)
        title = f"{VERBS[state]} {s.label!r} for {detail.name}"
        return self._act(title, [choice], by=by)

    def accept_as_shown(self, path: str, ticked: Collection[str]) -> int:
        """Accept the ticked tags, pass the other open judgements, and call the photo done; one act."""
        detail = self._detail(path)
        choices = []
        for s in detail.suggestions:
            if s.state is not State.UNDECIDED:
                continue
            if s.tag in ticked:
                choices.append(Choice(path, s.tag, s.label, State.ACCEPTED, s.category, detail.image_hash))
            elif not s.fact:
                choices.append(Choice(path, s.tag, s.label, State.PASSED, s.category, detail.image_hash))
        accepted = sum(c.state is State.ACCEPTED for c in choices)
        title = f"{accepted} accepted, {len(choices) - accepted} passed, {detail.name} done"
        return self._act(title, choices, by="key", done=[(path, detail.image_hash)])

    def add_tag(self, path: str, text: str, *, by: str = "key") -> int:
        """Accept a tag that a person typed. Raises UsageError where the text is no keyword."""
        detail = self._detail(path)
        choice = added_choice(path, text, detail)
        return self._act(f"{choice.label!r} added to {detail.name}", [choice], by=by)

    def never(self, tag: str) -> int:
        """Stop a tag everywhere, until the act is revoked."""
        return self._act(f"{tag!r} never again", by="key", never=[tag])

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

    def _act(
        self,
        title: str,
        choices: list[Choice] | None = None,
        *,
        by: str,
        done: Iterable[tuple[str, str | None]] = (),
        never: Collection[str] = (),
    ) -> int:
        self._undone.clear()
        act, _ = self.decisions.record(title, choices or (), by=by, done=done, never=never)
        return act

    def _detail(self, path: str) -> PhotoDetail:
        detail = self.detail(path)
        if detail is None:
            raise UsageError(f"{path} is not in the library; run: nivo-tui scan {path}")
        return detail
