"""What a person gives to import: a zip, a folder or one model. It is read, never changed."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch.names import MODELS_FOLDER, arrange
from nivo_tui.inference.fetch.transfer import StoredError, Watch, check_room, fill, pieces_of
from nivo_tui.inference.fetch.unpack import unpack
from nivo_tui.inference.packs.facts import Facts, inside
from nivo_tui.inference.packs.places import is_file, is_folder, is_model
from nivo_tui.inference.packs.sheet import FILE_NAME, read_sheet

_NEEDING = frozenset({"recogniser", "image_encoder", "text_encoder"})
"""Kinds that are of no use alone: a model of these belongs to those beside it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One pack to import: the name it has by its place, and its zip, or its files by the names they get."""

    name: str
    archive: Path | None = None
    files: tuple[tuple[str, Path], ...] = ()

    def gather(self, folder: Path, watch: Watch) -> None:
        """Bring the files into `folder`, which is made."""
        if self.archive is not None:
            unpack(self.archive, folder, watch=watch)
            return
        sizes = [_size(path) for _, path in self.files]
        folder.mkdir(parents=True)
        check_room(folder, sum(sizes))
        done = 0
        for (name, path), size in zip(self.files, sizes, strict=True):
            try:
                with path.open("rb") as file:
                    fill(folder / name, pieces_of(file), watch, done=done, total=sum(sizes))
            except OSError as error:
                raise StoredError(
                    f"{path} cannot be read: {(error.strerror or str(error)).lower()}"
                ) from error
            done += size


def sources_at(path: Path) -> tuple[Source, ...]:
    """The packs at a path: of a zip or one model always one; a folder may hold several beside each other.

    Raises PackError where there is none.
    """
    if is_folder(path):
        return _in_folder(path)
    if not is_file(path):
        raise PackError(f"{path} is neither a file nor a folder")
    if path.suffix.lower() == ".onnx":
        return (_single(path),)
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        return (Source(path.stem, archive=path),)
    raise PackError(f"{path.name} is no pack: a zip, a folder or an .onnx file can be imported")


def _in_folder(folder: Path) -> tuple[Source, ...]:
    children = [path for path in _children(folder) if not path.name.startswith(".")]
    models = [path for path in children if is_model(path)]
    # An export of Hugging Face has its graphs in "onnx"; any other folder with models is a pack of its own.
    packs = [path for path in children if path.name != MODELS_FOLDER and any(map(is_model, _children(path)))]
    if _are_one(folder, models) or not (models or packs):
        models, packs = [], [*packs, *([folder] if models or not packs else [])]
    found = [*(_single(path) for path in models), *(_folder(path) for path in packs)]
    return tuple(found)


def _are_one(folder: Path, models: list[Path]) -> bool:
    """Whether the models of a folder are one pack: they need each other, are said to be one, or are one."""
    if is_file(folder / FILE_NAME):
        return True
    facts = Facts(None)
    kinds = [kind for kind in map(facts.kind, models) if kind is not None]
    return len(kinds) <= 1 or not _NEEDING.isdisjoint(kinds)


def _folder(folder: Path) -> Source:
    """The files of a folder that belong to a pack, and the weights that its models keep under any name."""
    inner = folder / MODELS_FOLDER
    placed: list[tuple[tuple[str, ...], Path]] = []
    placed += [((path.name,), path) for path in _children(folder) if is_file(path)]
    placed += [((MODELS_FOLDER, path.name), path) for path in _children(inner) if is_file(path)]
    weights = {
        name for path in (*_children(folder), *_children(inner)) if is_model(path) for name in _data(path)
    }
    try:
        kept = arrange(placed)
        names = {name for name, _ in kept}
        kept += [(parts[-1], path) for parts, path in placed if parts[-1] in weights - names]
    except ValueError as error:
        raise PackError(f"{folder} cannot be imported as it is: {error}") from error
    if not any(name.lower().endswith(".onnx") for name in names):
        raise PackError(f"{folder} holds no .onnx file")
    return Source(folder.resolve().name, files=tuple(kept))


def _single(model: Path) -> Source:
    """A model with its weights, its sheet, and the labels that the sheet names."""
    files = [(model.name, model), *((name, model.with_name(name)) for name in _data(model))]
    shared = model.with_name(FILE_NAME)
    own = model.with_suffix(".toml")
    sheet = read_sheet(own)
    if sheet is None and (said := read_sheet(shared)) is not None and said.file == model.name:
        own, sheet = shared, said
    if sheet is not None:
        files.append((FILE_NAME, own))
        if sheet.labels is not None and inside(model.parent, sheet.labels) == model.with_name(sheet.labels):
            files.append((sheet.labels, model.with_name(sheet.labels)))
    return Source(model.stem, files=tuple(files))


def _data(model: Path) -> list[str]:
    """The names of the files beside a model that hold its weights; none for what is no model at all."""
    try:
        return [name for name, _ in Facts(None).of(model).data]
    except PackError:
        return []  # what is wrong with it is said when it is checked


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (NotADirectoryError, FileNotFoundError):
        return []
    except OSError as error:
        raise StoredError(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise StoredError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
