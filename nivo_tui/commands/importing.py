"""`nivo-tui import`: tags from an export or another program's file."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from nivo_tui.catalog.decisions import Choice
from nivo_tui.catalog.states import added_choice
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.commands.common import DONE, Surroundings, open_library
from nivo_tui.errors import UsageError
from nivo_tui.model import State


def import_tags(options: Namespace, around: Surroundings) -> int:
    """Take tags from an export or from plain `{path: [tags]}`; open ones, or accepted with --accept.

    A list of keywords that Lightroom exported joins the vocabulary.
    """
    from nivo_tui.commands.vocabulary import import_list
    from nivo_tui.engine.keyword_list import is_keyword_list, read_file

    file = Path(os.path.expanduser(options.file))
    data = read_file(file)
    if is_keyword_list(data):
        if options.accept:
            raise UsageError(f"{file} is a list of keywords: --accept is for tags of photos")
        return import_list(file, data, around)
    wanted = _read_import(file, data)
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


def _read_import(path: Path, content: bytes) -> dict[str, list[str]]:
    try:
        data = json.loads(content.decode("utf-8"))
    except ValueError as error:
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
