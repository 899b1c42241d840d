"""Choosing among the packs that were found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PackError
from nivo_tui.inference.packs.pack import Pack, Task

RESERVED = frozenset({"auto", "none"})
"""Words that choose packs, so that none is called by them."""

NO_DETECTOR = (
    "faces are not counted: no face pack was found, and the built-in detector has no build for this system; "
    "get one with `nivo-tui models fetch buffalo_sc`, put one into the models folder of the home, or name "
    "its folder in NIVO_MODELS"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The packs to use. `other_faces` are the face packs that come next when `face` does not load."""

    face: Pack | None = None
    objects: Pack | None = None
    classes: Pack | None = None
    notes: tuple[str, ...] = ()
    other_faces: tuple[Pack, ...] = ()
    zeroshot: Pack | None = None


def choose(packs: Sequence[Pack], requested: str, searched: Iterable[Path]) -> Selection:
    """The packs for `requested`: "auto" (the best of each task), "none", or names separated by commas.

    Raises PackError for a name that is not among `packs`; `searched` are the folders to say so with. A
    broken pack gives a note and is not chosen.
    """
    wanted = requested.strip()
    if wanted == "none":
        return Selection()
    usable = list(packs) if wanted == "auto" else _named(packs, wanted, searched)
    notes = [f"{pack.name} cannot be used: {pack.broken}" for pack in usable if pack.broken]
    usable = [pack for pack in usable if not pack.broken]
    faces = _best_first(usable, "face", "detect")
    others = [_best_first(usable, task) for task in ("objects", "classes", "zeroshot")]
    if not faces and wanted == "auto":
        notes.append(NO_DETECTOR)
    if wanted != "auto":
        notes.extend(_unused(chosen) for chosen in (faces, *others) if len(chosen) > 1)
    objects, classes, zeroshot = (chosen[0] if chosen else None for chosen in others)
    return Selection(
        face=faces[0] if faces else None,
        objects=objects,
        classes=classes,
        notes=tuple(notes),
        other_faces=tuple(faces[1:]),
        zeroshot=zeroshot,
    )


def _named(packs: Sequence[Pack], wanted: str, searched: Iterable[Path]) -> list[Pack]:
    """The packs of these names; a name of the registry serves for a pack that lies under another."""
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    if not names:
        raise PackError("no model pack is named: give auto, none, or names separated by commas")
    known = {pack.registered: pack for pack in reversed(packs) if pack.registered}
    known.update((pack.name, pack) for pack in packs)
    for name in names:
        if name not in known:
            there = ", ".join(sorted({pack.name for pack in packs})) or "none"
            places = ", ".join(str(folder) for folder in searched)
            where = f" (searched: {places})" if places else ""
            raise PackError(f"there is no model pack {name!r}; there is: {there}{where}")
    return list({id(known[name]): known[name] for name in names}.values())


def _best_first(packs: Sequence[Pack], *tasks: Task) -> list[Pack]:
    return sorted((pack for pack in packs if pack.task in tasks), key=_order)


def _order(pack: Pack) -> tuple[int, bool, int, str]:
    """Recognition before detection alone, the built-in last; then as the registry has them, others after."""
    first = {"face": 0, "detect": 1}.get(pack.task or "", 0)
    return 2 if pack.status == "built in" else first, pack.rank is None, pack.rank or 0, pack.name


def _unused(chosen: Sequence[Pack]) -> str:
    return f"{', '.join(pack.name for pack in chosen[1:])} not used: {chosen[0].name} does the same work"
