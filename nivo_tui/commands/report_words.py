"""The figures of a library as JSON lines, and as a table of 80 columns for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nivo_tui.catalog.totals import QUALITY_STEP, CategoryTotal, TagTotal, Totals
from nivo_tui.model import State
from nivo_tui.text import plain
from nivo_tui.ui.text import counted, fit, number

OWN = "own"
"""What tags of a person's own are counted under, that the vocabulary has in no category."""

TOP = 20
_TOP_CAMERAS = 10
_COLUMNS = 4
_STATES = {
    State.UNDECIDED: "open",
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.PASSED: "passed",
    State.IN_FILE: "in file",
    State.WRITTEN: "written",
}
_FACES = ((0, 0), (1, 1), (2, 2), (3, 5), (6, 15), (16, None))
_PROGRESS = {"new": "to scan", "todo": "to do", "done": "done", "failed": "failed"}


def report_lines(totals: Totals, silent: Mapping[str, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON lines of a report as (type, fields), the summary last."""
    for tag in sorted(totals.tags, key=lambda t: (t.category or OWN, -t.photos, t.tag)):
        yield (
            "tag",
            {
                "tag": tag.tag,
                "label": tag.label,
                "category": tag.category or OWN,
                "photos": tag.photos,
                "states": tag.states,
            },
        )
    for name, photos in silent.items():
        yield "uninformative", {"tag": name, "photos": photos}
    for category in totals.categories():
        yield (
            "category",
            {
                "category": category.category or OWN,
                "tags": category.tags,
                "unique": category.unique,
                "states": category.states,
            },
        )
    for faces, photos in totals.faces.items():
        yield "faces", {"count": faces, "photos": photos}
    for name, counts in (("format", totals.formats), ("year", totals.years), ("camera", totals.cameras)):
        for value, photos in counts.items():
            yield name, {name: value, "photos": photos}
    for low, photos in totals.quality.items():
        yield "quality", {"from": low, "to": low + QUALITY_STEP, "photos": photos}
    yield (
        "summary",
        {
            "photos": totals.photos,
            "shots": totals.shots,
            "progress": totals.progress,
            "tags": totals.tags_in_all,
            "unique_tags": _unique(totals),
            "photos_with_tags": totals.photos - totals.untagged,
            "photos_without_tags": totals.untagged,
            "photos_with_keywords": totals.keyworded,
            "top_tags": [{"tag": tag.tag, "photos": tag.photos} for tag in totals.tags[:TOP]],
            "faces": totals.faces_in_all,
            "photos_with_faces": totals.photos_with_faces,
            "face_counts": {str(count): photos for count, photos in totals.faces.items()},
        },
    )


def _unique(totals: Totals) -> int:
    return len({tag.tag for tag in totals.tags})


def report_words(totals: Totals, silent: Mapping[str, int], *, every_tag: bool = False) -> list[str]:
    """The lines for a person; the most frequent tags only, if not `every_tag`."""
    if not totals.photos:
        return ["no scanned photo there: nivo-tui scan PATH looks at them"]
    listed = totals.tags if every_tag else totals.tags[:TOP]
    head = "Tags" if every_tag or len(totals.tags) <= TOP else f"Top {TOP} tags"
    blocks = [
        _overview(totals),
        _block(head, _tag_rows(listed)),
        _block("By category", _category_rows(totals.categories())),
        _block("Faces on a photo", _grid(_face_counts(totals.faces))),
        _block("Quality", _grid([(_quality_range(low), n) for low, n in totals.quality.items()])),
        _block("Formats", _grid([(plain(name or "unknown"), n) for name, n in totals.formats.items()])),
        _block("Years", _grid([(str(year or "not known"), n) for year, n in totals.years.items()])),
        _block("Cameras", _camera_rows(totals.cameras)),
        _block("In nearly every photo, so not suggested", _grid([(plain(t), n) for t, n in silent.items()])),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block).split("\n")


def _overview(totals: Totals) -> list[str]:
    progress = [
        f"{number(n)} {words}" for name, words in _PROGRESS.items() if (n := totals.progress.get(name))
    ]
    in_shots = [f"in {counted(totals.shots, 'shot')}"] if totals.shots != totals.photos else []
    looked = sum(totals.faces.values())
    rows = [
        ("Photos", totals.photos, ", ".join([*in_shots, *progress])),
        (
            "Tags",
            totals.tags_in_all,
            f"{number(_unique(totals))} different, on {counted(totals.photos - totals.untagged, 'photo')}; "
            f"{number(totals.untagged)} without any",
        ),
        ("Keywords", totals.keyworded, "photos have some in their file"),
        (
            "Faces",
            totals.faces_in_all,
            f"on {counted(totals.photos_with_faces, 'photo')} of {number(looked)} looked at"
            if looked
            else "no photo was looked at for faces",
        ),
    ]
    return [f"{name:9} {number(count):>9}   {words}".rstrip() for name, count, words in rows]


def _block(head: str, rows: Sequence[str]) -> list[str]:
    return [head, *rows] if rows else []


def _tag_rows(tags: Sequence[TagTotal]) -> list[str]:
    rows = []
    for tag in tags:
        name = fit(plain(tag.label), 28)
        decided = [
            f"{number(n)} {words}"
            for state, words in _STATES.items()
            if (n := tag.states[state]) and state not in (State.UNDECIDED, State.PASSED)
        ]
        line = f"  {name} {tag.category or OWN:9} {number(tag.photos):>9}   {', '.join(decided)}"
        rows.append(fit(line, 80).rstrip())
    return rows


def _category_rows(categories: Sequence[CategoryTotal]) -> list[str]:
    if not categories:
        return []
    names = "".join(f"{words:>9}" for words in _STATES.values())
    rows = [f" {'':9}{'tags':>8}{'unique':>8}{names}"]
    for total in categories:
        states = "".join(
            f"{number(total.states[state]) if total.states[state] else '-':>9}" for state in _STATES
        )
        rows.append(f" {total.category or OWN:9}{number(total.tags):>8}{number(total.unique):>8}{states}")
    return rows


def _face_counts(faces: Mapping[int, int]) -> list[tuple[str, int]]:
    if not faces:
        return []
    rows = []
    for low, high in _FACES:
        photos = sum(n for count, n in faces.items() if low <= count <= (count if high is None else high))
        name = (
            "none"
            if low == 0
            else str(low)
            if low == high
            else f"{low}+"
            if high is None
            else f"{low}-{high}"
        )
        rows.append((name, photos))
    return rows


def _quality_range(low: int) -> str:
    return f"{low}-{low + QUALITY_STEP}"


def _camera_rows(cameras: Mapping[str | None, int]) -> list[str]:
    named = [(name, n) for name, n in cameras.items() if name is not None]
    rows = [f"  {fit(plain(name), 38)} {number(n):>9}" for name, n in named[:_TOP_CAMERAS]]
    rest = sum(n for _, n in named[_TOP_CAMERAS:])
    for words, count in (
        (f"{counted(len(named[_TOP_CAMERAS:]), 'other')}", rest),
        ("not known", cameras.get(None, 0)),
    ):
        if count and named:
            rows.append(f"  {words:38} {number(count):>9}")
    return rows


def _grid(cells: Sequence[tuple[str, int]]) -> list[str]:
    """Names with their numbers, four to a line, in the columns' order."""
    shown = [f"{fit(name, 9)} {number(n):>7}" for name, n in cells if n]
    return [
        ("  " + "   ".join(shown[start : start + _COLUMNS])).rstrip()
        for start in range(0, len(shown), _COLUMNS)
    ]
