"""`nivo-tui report`, `export` and `import`: what is known as figures and files, and tags from elsewhere."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from argparse import Namespace
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.states import added_choice
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.commands.common import DONE, Surroundings, known_photos, open_library
from nivo_tui.commands.show import as_json
from nivo_tui.errors import UsageError
from nivo_tui.model import State

OWN = "own"
"""What tags of a person's own are counted under, that the vocabulary has in no category."""


def report(options: Namespace, around: Surroundings) -> int:
    """Print counts by tag and category for the scanned photos of the paths."""
    library = open_library(around)
    try:
        photos = known_photos(library, options.paths)
        tags: Counter[tuple[str, str]] = Counter()
        states: dict[tuple[str, str], Counter[str]] = {}
        progress: Counter[str] = Counter()
        for detail in _details(library, photos):
            progress[detail.progress] += 1
            for s in detail.suggestions:
                key = (s.category or OWN, s.tag)
                tags[key] += 1
                states.setdefault(key, Counter())[s.state] += 1
        silent = library.uninformative()
    finally:
        library.close()
    output = around.output
    for (category, tag), count in sorted(tags.items(), key=lambda kv: (kv[0][0], -kv[1], kv[0][1])):
        by_state = {state: states[category, tag][state] for state in State}
        words = f"{category:9} {tag:28} {count:6}" + "".join(
            f"  {n} {s}" for s, n in by_state.items() if n and s is not State.UNDECIDED
        )
        output.line("tag", {"tag": tag, "category": category, "photos": count, "states": by_state}, words)
    for tag, count in silent.items():
        words = f"{'':9} {tag:28} {count:6}  in nearly every photo: not suggested"
        output.line("uninformative", {"tag": tag, "photos": count}, words)
    totals: Counter[str] = Counter()
    for (category, _), count in tags.items():
        totals[category] += count
    for category, count in sorted(totals.items()):
        output.line("category", {"category": category, "tags": count}, f"{category:9} {count:6} in all")
    summary = {"photos": len(photos), "progress": dict(progress), "tags": sum(tags.values())}
    parts = ", ".join(f"{n} {name}" for name, n in sorted(progress.items()))
    output.line("summary", summary, f"{len(photos)} photos ({parts or 'none scanned'})")
    return DONE


def _details(library: Library, photos: list[str]) -> Any:
    for path in photos:
        detail = library.detail(path)
        if detail is not None:
            yield detail


def export(options: Namespace, around: Surroundings) -> int:
    """Write everything known about the photos as JSON or CSV, to a file or to stdout."""
    library = open_library(around)
    try:
        details = list(_details(library, known_photos(library, options.paths)))
    finally:
        library.close()
    if options.output is None and around.output.as_json:
        if options.format == "csv":
            raise UsageError("--json prints JSON Lines; give the CSV a file with -o, or leave --json out")
        for detail in details:
            around.output.line("photo", _exported(detail))
        around.output.summary({"photos": len(details), "file": None})
        return DONE
    text = _as_csv(details) if options.format == "csv" else _as_json_text(details)
    if options.output is None:
        around.output.text(text)
        return DONE
    _write_new_file(Path(options.output), text)
    around.output.line(
        "summary",
        {"photos": len(details), "file": os.path.abspath(options.output)},
        f"{len(details)} photos in {options.output}",
    )
    return DONE


def _as_json_text(details: list[PhotoDetail]) -> str:
    photos = [_exported(d) for d in details]
    return json.dumps({"nivo_tui": 1, "photos": photos}, indent=1, default=list) + "\n"


def _exported(detail: PhotoDetail) -> dict[str, Any]:
    return as_json(detail) | {"accepted": _accepted(detail)}


def _accepted(detail: PhotoDetail) -> list[str]:
    return [s.label for s in detail.suggestions if s.state in (State.ACCEPTED, State.WRITTEN)]


def _as_csv(details: list[PhotoDetail]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        "path format width height taken_at camera faces quality keywords accepted tags error".split()
    )
    for d in details:
        writer.writerow(
            [
                d.path.encode("utf-8", "backslashreplace").decode(),
                d.format,
                d.width,
                d.height,
                d.capture.taken_at.isoformat() if d.capture.taken_at else None,
                _harmless(d.capture.camera),
                None if d.faces is None else len(d.faces),
                None if d.quality is None else round(d.quality.score),
                _harmless("; ".join(d.file_keywords)),
                _harmless("; ".join(_accepted(d))),
                "; ".join(f"{s.tag}:{s.confidence:.2f}" for s in d.suggestions),
                d.error,
            ]
        )
    return text.getvalue()


def _harmless(text: str | None) -> str | None:
    """Text from a file that a spreadsheet would take for a formula is kept from being one."""
    return "'" + text if text and text[0] in "=+-@\t\r" else text


def _write_new_file(path: Path, text: str) -> None:
    """Put a whole file in place in one step; a photo is never the target."""
    from nivo_tui.imaging.formats import format_of_name

    if format_of_name(path.name) is not None:
        raise UsageError(f"{path} has a photo's name; give the export another")
    try:
        handle, name = tempfile.mkstemp(prefix=".nivo-export-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def import_tags(options: Namespace, around: Surroundings) -> int:
    """Take tags from an export or from plain `{path: [tags]}`; open ones, or accepted with --accept."""
    wanted = _read_import(Path(options.file))
    library = open_library(around)
    choices: list[Choice] = []
    unknown: list[str] = []
    state = State.ACCEPTED if options.accept else State.UNDECIDED
    decided = 0
    try:
        for path, tags in wanted.items():
            detail = library.detail(path)
            if detail is None:
                unknown.append(path)
            standing = library.decisions.of_photo(path)
            states = {s.tag: s.state for s in detail.suggestions} if detail else {}
            for choice in _imported(path, tags, detail, state):
                before = standing[choice.tag].state if choice.tag in standing else states.get(choice.tag)
                if _may_change(before, state):
                    choices.append(choice)
                else:
                    decided += 1
        if choices:
            library.decisions.record(f"import {options.file}", choices, by="import")
    finally:
        library.close()
    for path in unknown:
        around.output.message(f"{path} is not in the library yet; its tags wait for a scan of it")
    around.output.line(
        "summary",
        {"photos": len(wanted), "tags": len(choices), "unknown": len(unknown), "decided": decided},
        f"{len(choices)} tags for {len(wanted)} photos taken in"
        + (f"; {decided} were decided or known already" if decided else ""),
    )
    return DONE


def _imported(path: str, tags: list[str], detail: PhotoDetail | None, state: State) -> list[Choice]:
    """A choice for each tag, one for tags that are the same."""
    made = (added_choice(path, tag, detail) for tag in tags)
    return list({choice.tag: replace(choice, state=state) for choice in made}.values())


def _may_change(before: State | None, after: State) -> bool:
    """Whether an import may say something of a tag: it never undoes what a person decided."""
    if after is State.ACCEPTED:
        return before not in (State.REJECTED, State.ACCEPTED, State.WRITTEN, State.IN_FILE)
    return before is None


def _read_import(path: Path) -> dict[str, list[str]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no JSON file that can be read: {error}") from error
    if isinstance(data, dict) and isinstance(data.get("photos"), list):
        data = {p.get("path"): p.get("accepted", []) for p in data["photos"] if isinstance(p, dict)}
    found: dict[str, list[str]] = {}
    for name, tags in data.items() if isinstance(data, dict) else ():
        if not isinstance(name, str) or not isinstance(tags, list):
            raise UsageError(f'{path}: each entry is "path": ["tag", ...]; this one is not: {name!r}')
        full = os.path.abspath(os.path.expanduser(name))
        found[full] = [" ".join(t.split()) for t in tags if isinstance(t, str) and t.strip()]
    if not found:
        raise UsageError(f'{path} holds no tags: expected {{"path": ["tag", ...]}} or an export')
    return found
