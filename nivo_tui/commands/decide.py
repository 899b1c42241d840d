"""`nivo-tui decide`, `decisions` and `revoke`: accept and reject tags without the screen."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence

from nivo_tui.catalog.decisions import Choice, Standing
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.states import added_choice
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.commands.common import DONE, Surroundings, known_photos, open_library, words_of
from nivo_tui.commands.output import Output
from nivo_tui.errors import UsageError
from nivo_tui.model import State, Suggestion


def run(options: Namespace, around: Surroundings) -> int:
    """Decide on the tags of the scanned photos of the paths; one act, taken back as one."""
    accept, reject = words_of(options.accept), words_of(options.reject)
    by_rule = options.all or options.category or options.min_confidence is not None
    if not (accept or reject or by_rule):
        raise UsageError(
            "say what to decide: --accept TAG, --reject TAG, --category C, --min-confidence X or --all"
        )
    library = open_library(around)
    try:
        photos = known_photos(library, options.paths)
        if not photos:
            raise UsageError(f"no scanned photo there; run: nivo-tui scan {options.paths[0]}")
        named = {os.path.abspath(os.path.expanduser(p)) for p in options.paths}
        choices: list[Choice] = []
        for path in photos:
            detail = library.detail(path)
            if detail is None:
                continue
            choices += _named(detail, accept, State.ACCEPTED, add=path in named)
            choices += _named(detail, reject, State.REJECTED, add=False)
            if by_rule:
                taken = {c.tag for c in choices if c.path == path}
                choices += _by_rule(detail, taken, options)
        done = [(p, None) for p in photos] if options.all else []
        _, ids = library.decisions.record(_title(options), choices, by="command", done=done)
    finally:
        library.close()
    for number, choice in zip(ids, choices, strict=True):
        _print(around.output, number, choice.path, choice.tag, choice.state, "command")
    around.output.line("summary", {"decided": len(choices)}, f"{len(choices)} tags decided")
    return DONE


def _named(detail: PhotoDetail, tags: Sequence[str], state: State, *, add: bool) -> list[Choice]:
    """Choices for tags given by id or label; one nobody suggested is added to a photo named by itself."""
    choices = []
    for tag in tags:
        found = next((s for s in detail.suggestions if tag.casefold() in (s.tag, s.label.casefold())), None)
        if found is not None:
            choices.append(_choice(detail, found, state))
        elif add:
            choices.append(added_choice(detail.path, tag, detail))
    return choices


def _by_rule(detail: PhotoDetail, taken: set[str], options: Namespace) -> list[Choice]:
    """Acceptances of open suggestions: facts with --all or by their category, names only with --names."""
    least = options.min_confidence or 0.0
    choices = []
    for s in detail.suggestions:
        if s.state is not State.UNDECIDED or s.tag in taken or s.confidence < least:
            continue
        if options.category and s.category != options.category:
            continue
        if s.fact and not (options.all or options.category):
            continue
        if s.is_name and not options.names:
            continue
        choices.append(_choice(detail, s, State.ACCEPTED))
    return choices


def _choice(detail: PhotoDetail, s: Suggestion, state: State) -> Choice:
    return Choice(detail.path, s.tag, s.label, state, s.category, detail.image_hash)


def _title(options: Namespace) -> str:
    parts = [
        f"accept {options.accept}" if options.accept else "",
        f"reject {options.reject}" if options.reject else "",
        "accept all" if options.all else "",
        f"category {options.category}" if options.category else "",
        f"confidence {options.min_confidence} and above" if options.min_confidence is not None else "",
    ]
    return "decide: " + ", ".join(p for p in parts if p)


def list_decisions(options: Namespace, around: Surroundings) -> int:
    """Print the decisions that stand for the paths."""
    library = open_library(around)
    try:
        standing: dict[int, Standing] = {}
        for path in options.paths or [os.path.abspath(os.sep)]:
            full = os.path.abspath(os.path.expanduser(path))
            below = library.decisions.below(full)
            if not below and not os.path.lexists(full):
                raise UsageError(f"{path} does not exist")
            standing |= {s.id: s for s in below}
    finally:
        library.close()
    for s in standing.values():
        _print(around.output, s.id, s.path, s.tag, s.state, s.by)
    around.output.summary({"decisions": len(standing)})
    return DONE


def revoke(options: Namespace, around: Surroundings) -> int:
    """Take one decision back."""
    library: Library = open_library(around)
    try:
        was: Standing | None = library.decisions.revoke_decision(options.id)
    finally:
        library.close()
    if was is None:
        raise UsageError(f"no decision {options.id} stands; see: nivo-tui decisions")
    _print(around.output, was.id, was.path, was.tag, State.UNDECIDED, was.by)
    around.output.summary({"revoked": 1})
    return DONE


def _print(output: Output, number: int, path: str, tag: str, state: State, by: str) -> None:
    output.line(
        "decision",
        {"id": number, "path": path, "tag": tag, "state": state, "by": by},
        f"{number:6} {state:9} {tag:24} {path}",
    )
