"""All models that look at a photo, loaded once and shared by the threads that decode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference.classes import Classifier, ClassScore, read_labels
from nivo_tui.inference.detections import Detector, Pixels
from nivo_tui.inference.faces import FaceFinder
from nivo_tui.inference.objects import ObjectFinder
from nivo_tui.inference.packs import BUILTIN, Pack, PackFile, Selection
from nivo_tui.inference.recognise import Recogniser
from nivo_tui.inference.runtime import CPU, Backend, Provider
from nivo_tui.inference.scrfd import Scrfd
from nivo_tui.inference.yunet import YuNet
from nivo_tui.model import Face, FoundObject

# Changes when the same models would give other results than before.
CODE_VERSION = 1

Say = Callable[[str], None]
FacesMode = Literal["recognise", "count", "off"]
_BLANK = np.zeros((112, 112, 3), np.uint8)
_Finder = TypeVar("_Finder")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the models saw. None stands for "no such model ran", an empty tuple for "nothing there".

    `classes` are (number, name, probability), likeliest first.
    """

    faces: tuple[Face, ...] | None = None
    detector: str | None = None
    objects: tuple[FoundObject, ...] | None = None
    classes: tuple[ClassScore, ...] | None = None


class Analyst:
    """The chosen models, ready to look at photos. Any number of threads may call it."""

    def __init__(
        self,
        backend: Backend | None,
        faces: FaceFinder | None = None,
        objects: ObjectFinder | None = None,
        classes: Classifier | None = None,
        packs: tuple[Pack, ...] = (),
    ) -> None:
        self._backend = backend
        self._faces = faces
        self._objects = objects
        self._classes = classes
        self._packs = packs

    @classmethod
    def load(
        cls,
        selection: Selection,
        device: str = "auto",
        log: Say | None = None,
        memory_limit: int | None = None,
        faces: FacesMode = "recognise",
    ) -> Analyst:
        """The models of `selection` on `device` ("auto", "cpu" or "cuda:N", `memory_limit` in bytes).

        `faces` = "count" loads no recogniser, "off" no face model at all. `log` gets the selection's notes,
        and a line for each pack that cannot be loaded: the next best face pack takes its place.
        Raises SettingsError for an unknown device.
        """
        say: Say = log or _silent
        for note in selection.notes:
            say(note)
        loader = _Loader(device, memory_limit, say, recognise=faces == "recognise")
        candidates = () if faces == "off" else (selection.face, *selection.other_faces)
        finder = loader.first(candidates, loader.face_finder)
        objects = loader.first((selection.objects,), loader.object_finder)
        classes = loader.first((selection.classes,), loader.classifier)
        return cls(loader.backend, finder, objects, classes, tuple(loader.loaded))

    @property
    def provider(self) -> Provider:
        """What runs the models now."""
        return Provider(CPU, "") if self._backend is None else self._backend.provider

    @property
    def pack_names(self) -> tuple[str, ...]:
        """The packs in use: faces, objects, classes."""
        return tuple(pack.name for pack in self._packs)

    @property
    def recognises(self) -> bool:
        """Whether faces get embeddings."""
        return self._faces is not None and self._faces.recognises

    @property
    def signature(self) -> str:
        """A short name for "analysed with these models by this code": equal only when results would be.

        Empty where there is no model at all.
        """
        if not self._packs:
            return ""
        facts = [(pack.task, pack.name, pack.sha256, sorted(pack.thresholds.items())) for pack in self._packs]
        digest = hashlib.sha256(repr((CODE_VERSION, self.recognises, facts)).encode()).hexdigest()
        return f"{'+'.join(self.pack_names)}@{digest[:12]}"

    def analyse(self, rgb: Pixels, full_width: int, full_height: int) -> Analysis:
        """What the models see in `rgb`, the oriented working image (h, w, 3) of a photo.

        `full_width` and `full_height` are the oriented photo's own size; boxes come in its pixels.
        Raises PackError where a model fails on this photo.
        """
        scale = max(full_width, full_height) / max(rgb.shape[:2])
        faces = self._faces
        return Analysis(
            None if faces is None else faces.find(rgb, scale),
            None if faces is None else faces.name,
            None if self._objects is None else self._objects.find(rgb, scale),
            None if self._classes is None else self._classes.classify(rgb),
        )


class _Loader:
    """Builds finders from packs; the runtime is imported only when a pack needs it."""

    def __init__(self, device: str, memory_limit: int | None, say: Say, recognise: bool) -> None:
        self._device = device
        self._memory_limit = memory_limit
        self._say = say
        self._recognise = recognise
        self.backend: Backend | None = None
        self.loaded: list[Pack] = []

    def first(self, packs: Iterable[Pack | None], build: Callable[[Pack], _Finder]) -> _Finder | None:
        """What `build` makes of the first pack that loads."""
        for pack in packs:
            if pack is None:
                continue
            try:
                finder = build(pack)
            except PackError as error:
                self._say(f"{pack.name} cannot be used: {error}")
                continue
            self.loaded.append(pack)
            return finder
        return None

    def face_finder(self, pack: Pack) -> FaceFinder:
        if pack.name == BUILTIN and not pack.files:
            return FaceFinder(_builtin(pack))
        detector = self._detector(pack)
        _try(lambda: FaceFinder(detector).find(_BLANK))
        file = pack.file("recogniser") if self._recognise and pack.task == "face" else None
        if file is None:
            return FaceFinder(detector, None, pack.name)
        recogniser = Recogniser(self._runtime().load(file.path), file.normalises)
        _try(lambda: recogniser.embed_crop(_BLANK))
        return FaceFinder(detector, recogniser, pack.name)

    def object_finder(self, pack: Pack) -> ObjectFinder:
        finder = ObjectFinder(self._runtime().load(_file(pack, "yolox").path), pack.thresholds["detect"])
        _try(lambda: finder.find(_BLANK))
        return finder

    def classifier(self, pack: Pack) -> Classifier:
        names = read_labels(pack.labels) if pack.labels is not None else ()
        classifier = Classifier(self._runtime().load(_file(pack, "classifier").path), names)
        _try(lambda: classifier.classify(_BLANK))
        return classifier

    def _detector(self, pack: Pack) -> Detector:
        file = pack.file("scrfd", "yunet")
        if file is None:
            raise PackError("it holds no face detector")
        model = self._runtime().load(file.path)
        if file.kind == "scrfd":
            return Scrfd(model, pack.thresholds["detect"], pack.name)
        return YuNet(model, pack.thresholds["detect"], pack.name)

    def _runtime(self) -> Backend:
        if self.backend is None:
            self.backend = Backend(self._device, memory_limit=self._memory_limit, report=self._say)
        return self.backend


def _builtin(pack: Pack) -> Detector:
    from nivo_tui.inference.builtin import BuiltinDetector

    try:
        return BuiltinDetector(pack.thresholds["detect"])
    except ImportError as error:
        raise PackError(f"its library cannot be loaded: {error}") from error


def _file(pack: Pack, kind: Any) -> PackFile:
    file: PackFile | None = pack.file(kind)
    if file is None:
        raise PackError(f"it holds no {kind} model")
    return file


def _try(look: Callable[[], object]) -> None:
    """Lets a model look at a blank picture, so that one that cannot work fails here and not at each photo."""
    try:
        look()
    except (ValueError, IndexError) as error:
        raise PackError(f"its outputs are not what its kind gives ({error})") from error


def _silent(_line: str) -> None:
    pass
