"""`nivo-tui vocabulary`: the tags and what they mean; switch one off, write it as one's own word."""

from __future__ import annotations

import difflib
import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nivo_tui.catalog.decisions import NEVER
from nivo_tui.catalog.words import MAP, add_rules, allow_again
from nivo_tui.commands.common import DONE, INTERRUPTED, Surroundings, open_library, run_job
from nivo_tui.errors import HomeBusyError, UsageError
from nivo_tui.model import Category

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library
    from nivo_tui.engine.own_vocabulary import Tag, Vocabulary


def run(options: Namespace, around: Surroundings) -> int:
    """List the tags, show one, or say how it is written or that it is not suggested."""
    actions: dict[str, Callable[[Namespace, Surroundings], int]] = {
        "list": _list,
        "show": _show,
        "off": _off,
        "on": _on,
        "map": _map,
        "import": _import,
    }
    return actions[options.action](options, around)


def _list(options: Namespace, around: Surroundings) -> int:
    if options.category is not None and options.category not in {c.value for c in Category}:
        raise UsageError(f"unknown category {options.category!r}; there are: {', '.join(Category)}")
    library, vocabulary = _open(around)
    try:
        photos, never = _photos(library), library.decisions.never_tags()
    finally:
        library.close()
    made = [tag for tag_id in photos if tag_id not in vocabulary.tags and (tag := vocabulary.get(tag_id))]
    shown = 0
    order = {category: n for n, category in enumerate(Category)}
    around.output.say(f"{'tag':24} {'written as':18} {'category':9} from tick photos")
    for tag in sorted((*vocabulary, *made), key=lambda t: (order[t.category], t.path)):
        if options.category in (None, tag.category.value):
            shown += 1
            _print(around, tag, photos.get(tag.id, 0), tag.id in never)
    around.output.summary({"tags": shown})
    return DONE


def _show(options: Namespace, around: Surroundings) -> int:
    library, vocabulary = _open(around)
    try:
        tag = _tag(options.tag, vocabulary)
        photos, never = _photos(library).get(tag.id, 0), tag.id in library.decisions.never_tags()
    finally:
        library.close()
    around.output.line("tag_defined", _as_json(tag, photos, never), *_in_words(tag, photos, never))
    around.output.summary({"tags": 1})
    return DONE


def _off(options: Namespace, around: Surroundings) -> int:
    library, vocabulary = _open(around)
    try:
        tag = _tag(options.tag, vocabulary)
        if tag.id in library.decisions.never_tags():
            around.output.message(f"{tag.id} is switched off already")
        else:
            title = f"never suggest '{tag.label}'"
            add_rules(library.decisions, title, [(NEVER, tag.id, None)], "command")
    finally:
        library.close()
    return _told(around, tag.id)


def _on(options: Namespace, around: Surroundings) -> int:
    library, vocabulary = _open(around)
    try:
        tag = _tag(options.tag, vocabulary)
        if tag.off:
            raise UsageError(
                f"{tag.id} is switched off in {around.paths.config}: take enabled = false away there"
            )
        if not allow_again(library.decisions, tag.id, "command"):
            around.output.message(f"{tag.id} is not switched off")
    finally:
        library.close()
    return _told(around, tag.id)


def _map(options: Namespace, around: Surroundings) -> int:
    library, vocabulary = _open(around)
    try:
        tag = _tag(options.tag, vocabulary)
        word = _word(options.word)
        other = vocabulary.match(word)
        if other not in (None, tag.id) and vocabulary.tags[other].owned:
            raise UsageError(
                f"{vocabulary.tags[other].label!r} is how the tag {other} is written; map that one first"
            )
        add_rules(library.decisions, f"write {tag.id} as '{word}'", [(MAP, tag.id, word)], "command")
    finally:
        library.close()
    return _told(around, tag.id, renew=True)


def _import(options: Namespace, around: Surroundings) -> int:
    from nivo_tui.engine.keyword_list import read_file

    file = Path(os.path.expanduser(options.file))
    return import_list(file, read_file(file), around)


def import_list(file: Path, data: bytes, around: Surroundings) -> int:
    """Take in a list of keywords from Lightroom, and let the suggestions follow."""
    from nivo_tui.engine.keyword_list import take_in

    library, vocabulary = _open(around)
    try:
        brought = take_in(library.decisions, vocabulary, file, data, "import")
    finally:
        library.close()
    done, interrupted = _renewed(around)
    plural = "" if brought.keywords == 1 else "s"
    for word, tag in brought.tags:
        around.output.line("word", {"keyword": word, "tag": tag}, f"{word:30} {tag}")
    around.output.line(
        "summary",
        {"keywords": brought.keywords, "tags": len(brought.tags), "act": brought.act, "applied": done},
        f"{brought.keywords} keyword{plural} taken in, {len(brought.tags)} of them for tags",
    )
    return INTERRUPTED if interrupted else DONE


def _open(around: Surroundings) -> tuple[Library, Vocabulary]:
    """The library of the home and the vocabulary in effect there."""
    from nivo_tui.engine.own_vocabulary import load_vocabulary

    library = open_library(around)
    try:
        vocabulary = load_vocabulary(
            around.paths, around.settings, library.connection, library.decisions.connection
        )
    except BaseException:
        library.close()
        raise
    return library, vocabulary


def _tag(text: str, vocabulary: Vocabulary) -> Tag:
    """The tag that a word stands for. Raises UsageError where it stands for none."""
    tag = vocabulary.get(text) or vocabulary.get(vocabulary.match(text) or "")
    if tag is None:
        near = difflib.get_close_matches(text, [*vocabulary.tags, *(t.label for t in vocabulary)], 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; nivo-tui vocabulary lists them"
        raise UsageError(f"there is no tag {text!r}{hint}")
    return tag


def _word(text: str) -> str:
    """A keyword, or a path with its parts joined by "|". Raises UsageError where it is neither."""
    parts = [" ".join(part.split()) for part in text.split("|")]
    if not all(parts) or not all(part.isprintable() for part in parts) or any(s in text for s in "/\\,;"):
        raise UsageError(f"{text!r} is no keyword: no / \\ , ; and at least one letter, parts joined by |")
    return "|".join(parts)


def _photos(library: Library) -> dict[str, int]:
    """For each tag that is suggested in the catalog the number of its photos."""
    rows = library.connection.execute("SELECT tag, count(*) AS photos FROM suggestions GROUP BY tag")
    return {row["tag"]: row["photos"] for row in rows}


def _told(around: Surroundings, tag_id: str, *, renew: bool = False) -> int:
    """Print the tag as it is now, where asked for after the suggestions followed."""
    done, interrupted = _renewed(around) if renew else (True, False)
    library, vocabulary = _open(around)
    try:
        tag = vocabulary.get(tag_id)
        photos, never = _photos(library), library.decisions.never_tags()
    finally:
        library.close()
    if tag is not None:
        _print(around, tag, photos.get(tag_id, 0), tag_id in never)
    around.output.summary({"tags": 1, "applied": done})
    return INTERRUPTED if interrupted else DONE


def _renewed(around: Surroundings) -> tuple[bool, bool]:
    """Let the suggestions of the library follow; returns whether that was done, and if it was interrupted."""
    from nivo_tui.engine.protocol import Job

    try:
        _, interrupted = run_job(around, Job("renew", {}), lambda _: None)
    except HomeBusyError as error:
        around.output.message(f"{error}; the next scan applies it")
        return False, False
    if interrupted:
        around.output.message("interrupted: the next scan applies the rest")
    return not interrupted, interrupted


def _print(around: Surroundings, tag: Tag, photos: int, never: bool) -> None:
    state = "  off" if never or tag.off else "  written" if tag.written else "  fact" if tag.fact else ""
    words = (
        f"{tag.id:24} {tag.label:18} {tag.category.value:9} {tag.floor:.2f} {tag.bar:.2f} {photos:6}{state}"
    )
    around.output.line("tag_defined", _as_json(tag, photos, never), words)


def _as_json(tag: Tag, photos: int, never: bool) -> dict[str, Any]:
    return {
        "tag": tag.id,
        "label": tag.label,
        "category": tag.category.value,
        "kind": "fact" if tag.fact else "judgement",
        "meaning": tag.meaning,
        "parent": tag.parent or None,
        "path": list(tag.path),
        "synonyms": list(tag.synonyms),
        "floor": tag.floor,
        "bar": tag.bar,
        "written": tag.written,
        "own": tag.own,
        "owned": tag.owned,
        "enabled": not (never or tag.off),
        "photos": photos,
    }


def _in_words(tag: Tag, photos: int, never: bool) -> list[str]:
    kind = "a fact, computed" if tag.fact else "a judgement, reviewed"
    if never:
        state = "no: it is never suggested"
    elif tag.off:
        state = "no: switched off in the settings"
    else:
        state = f"yes, from {tag.floor:.2f}; ticked beforehand from {tag.bar:.2f}"
    by_default = "yes" if tag.written else "only where you accept it"
    return [
        f"{tag.id}: {tag.meaning}",
        f"  category   {tag.category.value}, {kind}",
        f"  keyword    {tag.label}" + (", as you call it" if tag.owned else ""),
        f"  path       {'|'.join(tag.path)}",
        f"  also       {', '.join(tag.synonyms) or '-'}",
        f"  suggested  {state}",
        f"  written    {by_default}",
        f"  photos     {photos}",
    ]
