"""Shots: which files of a folder are one press of the shutter, and which of them stands for all."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.model import Format

APART_S = 3.0
"""Files of one name that were taken further apart are two shots: a counter that began anew."""

_FILM, _EDIT_LIST = "mov", "aae"
ENDINGS_BESIDE = frozenset({_FILM, _EDIT_LIST})
"""What may lie beside a photo: a Live Photo's film, and Apple's list of edits."""

_EDITED = re.compile(r"(.*img_)([eo])(\d+)", re.DOTALL)
_PAIRED = frozenset({Format.JPEG, Format.HEIC})
"""What a camera writes beside a RAW, or with a film of the moment; all else of that name was made later."""

Times = Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot of a folder, by names: the file whose row stands for it, its other photos, and what lies by.

    `endings` say what is there beside the lead, in the order shown: `jpg`, `mov`, `edit`, `aae`.
    """

    lead: str
    photos: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of the other members, each once."""
        stem = _stem(self.lead)
        pictures = [n for n in self.photos if not _edits(_stem(n), stem)]
        films = [n for n in self.beside if _ending(n) == _FILM and not _edits(_stem(n), stem)]
        edits = [
            n for n in (*self.photos, *self.beside) if _edits(_stem(n), stem) and _ending(n) != _EDIT_LIST
        ]
        lists = [n for n in self.beside if _ending(n) == _EDIT_LIST]
        shown = (*map(_ending, (*pictures, *films)), *("edit" for _ in edits), *map(_ending, lists))
        return tuple(dict.fromkeys(shown))


def is_beside(name: str) -> bool:
    """Whether a file that is no photo may belong to one: a Live Photo's film, or Apple's list of edits."""
    return _ending(name) in ENDINGS_BESIDE and not name.startswith(".")


def stem_of_shot(name: str) -> str:
    """What the names of one shot have in common: the stem in lower case, of an edit that of its original."""
    stem = _stem(name)
    return _original(stem, "eo") or stem


def find_shots(
    names: Iterable[str], taken: Times | None = None, failed: Collection[str] = ()
) -> tuple[Shot, ...]:
    """The shots of one folder's files, in the order of their leads: each photo is in exactly one.

    Stems are compared without regard to case. A RAW leads the JPEG or HEIC of its stem, a photo its edit
    (`IMG_E0413` of `IMG_0413`), its list of edits (`.aae`) and the film of its moment (`.mov`). Where the
    names leave more than one answer (two RAWs, two pictures of one stem), each picture is a shot of its own.
    So are pictures whose capture times (`taken`) are both known and more than 3 s apart. A lead that could
    not be read (`failed`) gives its place to a member that could.
    """
    times = taken or {}
    photos, beside = _by_stem(names)
    groups: dict[str, list[list[str]]] = {}
    edits: list[tuple[str, str]] = []
    for stem, members in photos.items():
        original = _original(stem, "e")
        if original in photos and not any(map(_is_raw, members)):
            edits += [(original, name) for name in members]
        else:
            groups[stem] = _paired(members, times)
    alone = [name for original, name in edits if not _joined(groups[original], name, times)]
    for name in alone:
        groups.setdefault(_stem(name), []).append([name])
    owned = _owned(groups, beside)
    made = (_shot(group, owned[group[0]], failed) for groups_of in groups.values() for group in groups_of)
    return tuple(sorted(made, key=lambda shot: shot.lead))


def _by_stem(names: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The photos, and what may lie beside them, each by stem."""
    photos: dict[str, list[str]] = defaultdict(list)
    beside: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        if is_beside(name):
            beside[_stem(name)].append(name)
        else:
            photos[_stem(name)].append(name)
    return photos, beside


def _paired(members: Sequence[str], times: Times) -> list[list[str]]:
    """The shots among the photos of one stem, each with its lead first."""
    if len(members) == 1:
        return [list(members)]
    raws = [n for n in members if _is_raw(n)]
    rendered = [n for n in members if format_of_name(n) in _PAIRED]
    if len(raws) != 1 or len(rendered) != 1 or not _together(raws[0], rendered[0], times):
        return [[name] for name in members]
    pair = [raws[0], rendered[0]]
    return [pair, *([name] for name in members if name not in pair)]


def _joined(groups: Sequence[list[str]], edit: str, times: Times) -> bool:
    """Put an edit to the shot of its original; False where it is not plain which that is."""
    if len(groups) != 1 or not _together(groups[0][0], edit, times):
        return False
    groups[0].append(edit)
    return True


def _owned(
    groups: Mapping[str, Sequence[list[str]]], beside: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The films and lists of edits of each shot, by its lead."""
    owned: dict[str, list[str]] = defaultdict(list)
    for stem, names in beside.items():
        for name in names:
            kinds = "eo" if _ending(name) == _EDIT_LIST else "e"
            found = groups.get(stem) or groups.get(_original(stem, kinds) or "", ())
            if _ending(name) == _FILM:
                found = [group for group in found if any(format_of_name(n) in _PAIRED for n in group)]
            if len(found) > 1:
                found = [group for group in found if format_of_name(group[0]) is Format.HEIC]
            if len(found) == 1:
                owned[found[0][0]].append(name)
    return owned


def _shot(members: Sequence[str], beside: Iterable[str], failed: Collection[str]) -> Shot:
    lead = next((name for name in members if name not in failed), members[0])
    return Shot(lead, tuple(name for name in members if name != lead), tuple(beside))


def _together(first: str, second: str, times: Times) -> bool:
    """Whether two files may be of one moment by their capture times, as far as they are known."""
    one, other = times.get(first), times.get(second)
    if one is None or other is None:
        return True
    if one.tzinfo is None or other.tzinfo is None:
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return abs((one - other).total_seconds()) <= APART_S


def _is_raw(name: str) -> bool:
    fmt = format_of_name(name)
    return fmt is not None and fmt.is_raw


def _original(stem: str, kinds: str) -> str | None:
    """The stem of the photo that this one is an edit of, by Apple's names; None where it is no edit."""
    match = _EDITED.fullmatch(stem)
    return match[1] + match[3] if match is not None and match[2] in kinds else None


def _edits(stem: str, lead: str) -> bool:
    return stem != lead and _original(stem, "e") is not None


def _stem(name: str) -> str:
    return os.path.splitext(name)[0].casefold()


def _ending(name: str) -> str:
    return os.path.splitext(name)[1][1:].casefold()
