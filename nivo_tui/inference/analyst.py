"""All models that look at a photo, loaded once and shared by the threads that decode."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from nivo_tui.errors import NivoError, PackError
from nivo_tui.imaging.working import WorkingImage
from nivo_tui.inference.classes import Classifier, read_labels
from nivo_tui.inference.detections import Detector
from nivo_tui.inference.faces.finder import FaceFinder
from nivo_tui.inference.faces.recognise import Recogniser
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.faces.yunet import YuNet
from nivo_tui.inference.objects import ObjectFinder
from nivo_tui.inference.packs.finding import BUILTIN, Pack, PackFile, Selection
from nivo_tui.inference.phrases.phrase import Phrase
from nivo_tui.inference.phrases.preprocessor import input_spec
from nivo_tui.inference.phrases.zeroshot import PhraseTable, ZeroShot
from nivo_tui.inference.runtime.backend import CPU, Backend, Provider
from nivo_tui.model import ClassScore, Face, FoundObject

Part = Literal["faces", "objects", "classes", "vector"]

PARTS: tuple[Part, ...] = ("faces", "objects", "classes", "vector")

# Raised for a part when the same model would give other results than before.
CODE_VERSIONS: Mapping[Part, int] = {"faces": 3, "objects": 3, "classes": 2, "vector": 1}

Say = Callable[[str], None]
InUse = Callable[[str | None], None]
_log = logging.getLogger(__name__)

FacesMode = Literal["recognise", "count", "off"]
_BLANK = np.zeros((112, 112, 3), np.uint8)
_Finder = TypeVar("_Finder")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the models saw. None stands for "no such model ran", an empty tuple for "nothing there".

    `classes` are likeliest first; `vector` is for comparing the picture with phrases. `failed` are the parts
    whose model failed on this photo, with the reason.
    """

    faces: tuple[Face, ...] | None = None
    detector: str | None = None
    objects: tuple[FoundObject, ...] | None = None
    classes: tuple[ClassScore, ...] | None = None
    vector: bytes | None = None
    failed: Mapping[Part, str] = field(default_factory=dict)


class Analyst:
    """The chosen models, ready to look at photos. Any number of threads may call it."""

    def __init__(
        self,
        backend: Backend | None,
        faces: FaceFinder | None = None,
        objects: ObjectFinder | None = None,
        classes: Classifier | None = None,
        compared: ZeroShot | None = None,
        packs: Mapping[Part, Pack] | None = None,
        in_use: InUse | None = None,
    ) -> None:
        self._backend = backend
        self._faces = faces
        self._objects = objects
        self._classes = classes
        self._compared = compared
        self._packs = dict(packs or {})
        self._in_use: InUse = in_use or _silent

    @classmethod
    def load(
        cls,
        selection: Selection,
        device: str = "auto",
        log: Say | None = None,
        memory_limit: int | None = None,
        faces: FacesMode = "recognise",
        phrases: Sequence[Phrase] = (),
        text_vectors: Path | None = None,
        engine_cache: Path | None = None,
        in_use: InUse | None = None,
    ) -> Analyst:
        """The models of `selection` on `device` ("auto", "cpu" or "cuda:N", `memory_limit` in bytes).

        `faces` = "count" loads no recogniser, "off" no face model at all. `log` gets the selection's notes,
        and a line for each pack that cannot be loaded: the next best face pack takes its place. Photos are
        compared with `phrases`; the folder `text_vectors` keeps what a text encoder made of them, and
        `engine_cache` the engines that TensorRT builds. `in_use` is told the `pack_id` of what runs in the
        calling thread, before and None after, so that a crash of native code has a name.
        Raises SettingsError for an unknown device.
        """
        say: Say = log or _silent
        for note in selection.notes:
            say(note)
        use = in_use or _silent
        loader = _Loader(device, memory_limit, engine_cache, say, use, recognise=faces == "recognise")
        candidates = () if faces == "off" else (selection.face, *selection.other_faces)
        finder = loader.first("faces", candidates, loader.face_finder)
        objects = loader.first("objects", (selection.objects,), loader.object_finder)
        classes = loader.first("classes", (selection.classes,), loader.classifier)
        zero_shot = partial(loader.zero_shot, phrases=phrases, text_vectors=text_vectors)
        compared = loader.first("vector", (selection.zeroshot,) if phrases else (), zero_shot)
        return cls(loader.backend, finder, objects, classes, compared, loader.loaded, use)

    @property
    def provider(self) -> Provider:
        """What runs the models now."""
        return Provider(CPU, "") if self._backend is None else self._backend.provider

    @property
    def pack_names(self) -> tuple[str, ...]:
        """The packs in use: for faces, objects, classes, comparing with phrases."""
        return tuple(pack.name for pack in self._packs.values())

    @property
    def recognises(self) -> bool:
        """Whether faces get embeddings."""
        return self._faces is not None and self._faces.recognises

    @property
    def phrases(self) -> PhraseTable | None:
        """What the vectors of photos are compared with; None where no image-text pack is loaded."""
        return None if self._compared is None else self._compared.table

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """By what each part is made, "buffalo_sc@1f3a...": equal only where results would be.

        A part for which no model is loaded is missing.
        """
        return {part: self._version(part, pack) for part, pack in self._packs.items()}

    def _version(self, part: Part, pack: Pack) -> str:
        recognises = part == "faces" and self.recognises
        given = pack.input
        if part == "vector" and pack.path is not None:
            given = input_spec(given, pack.path)
        cuts = sorted(pack.thresholds.items())
        facts = (CODE_VERSIONS[part], recognises, pack.task, pack.sha256, cuts, given)
        return f"{pack.name}@{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"

    def analyse(self, working: WorkingImage, parts: Collection[Part] = PARTS) -> Analysis:
        """What the models of `parts` see in the working image of a photo.

        Boxes come in pixels of the oriented full-size photo. A model that fails on this photo leaves its part
        None, with the reason in `failed`.
        """
        rgb, small = working.rgb, working.small
        scale = max(working.full_width, working.full_height) / max(rgb.shape[:2])
        # Each of its pixels stands for so many of the working image's, each way.
        factor = round(max(rgb.shape[:2]) / max(small.shape[:2]))
        looks: dict[Part, Callable[[], Any]] = {}
        if self._faces is not None:
            looks["faces"] = partial(self._faces.find, rgb, scale, small)
        if self._objects is not None:
            looks["objects"] = partial(self._objects.find, small, scale * factor)
        if self._classes is not None:
            looks["classes"] = partial(self._classes.classify, small)
        if self._compared is not None:
            looks["vector"] = partial(self._compared.vector, small)
        seen: dict[str, Any] = {}
        failed: dict[Part, str] = {}
        for part in parts:
            look = looks.get(part)
            if look is None:
                continue
            self._in_use(pack_id(self._packs[part]) if part in self._packs else None)
            try:
                seen[part] = look()
            except PackError as error:
                failed[part] = str(error)
            except Exception as error:  # whatever a foreign network's answer makes of the code that reads it
                _log.exception("%s failed", part)
                failed[part] = f"its answer cannot be read ({type(error).__name__})"
            finally:
                self._in_use(None)
        detector = self._faces.name if self._faces is not None and "faces" in seen else None
        return Analysis(**seen, detector=detector, failed=failed)


class _Loader:
    """Builds finders from packs; the runtime is imported only when a pack needs it."""

    def __init__(
        self,
        device: str,
        memory_limit: int | None,
        engine_cache: Path | None,
        say: Say,
        in_use: InUse,
        recognise: bool,
    ) -> None:
        self._device = device
        self._memory_limit = memory_limit
        self._engine_cache = engine_cache
        self._say = say
        self._in_use = in_use
        self._recognise = recognise
        self.backend: Backend | None = None
        self.loaded: dict[Part, Pack] = {}

    def first(
        self, part: Part, packs: Iterable[Pack | None], build: Callable[[Pack], _Finder]
    ) -> _Finder | None:
        """What `build` makes of the first pack that loads."""
        for pack in packs:
            if pack is None:
                continue
            self._in_use(pack_id(pack))
            try:
                finder = build(pack)
            except PackError as error:
                self._say(f"{pack.name} cannot be used: {error}")
                continue
            except NivoError:
                raise  # a wrong setting is no fault of the pack
            except Exception as error:  # a foreign network, and the library that runs it
                _log.exception("loading %s failed", pack.name)
                self._say(f"{pack.name} cannot be used: {type(error).__name__}, see the log")
                continue
            finally:
                self._in_use(None)
            self.loaded[part] = pack
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
        path, threshold = _file(pack, "yolox").path, pack.thresholds["detect"]
        return _try(lambda: ObjectFinder.load(path, threshold, self._runtime()))

    def classifier(self, pack: Pack) -> Classifier:
        names = read_labels(pack.labels) if pack.labels is not None else ()
        classifier = Classifier(self._runtime().load(_file(pack, "classifier").path), names, pack.input)
        _try(lambda: classifier.classify(_BLANK))
        return classifier

    def zero_shot(self, pack: Pack, phrases: Sequence[Phrase], text_vectors: Path | None) -> ZeroShot:
        return ZeroShot.load(pack, phrases, self._runtime(), text_vectors, self._say)

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
            self.backend = Backend(
                self._device,
                memory_limit=self._memory_limit,
                engine_cache=self._engine_cache,
                report=self._say,
            )
        return self.backend


def _builtin(pack: Pack) -> Detector:
    from nivo_tui.inference.faces.builtin import BuiltinDetector

    try:
        return BuiltinDetector(pack.thresholds["detect"])
    except ImportError as error:
        raise PackError(f"its library cannot be loaded: {error}") from error


def _file(pack: Pack, kind: Any) -> PackFile:
    file: PackFile | None = pack.file(kind)
    if file is None:
        raise PackError(f"it holds no {kind} model")
    return file


def _try(look: Callable[[], _Made]) -> _Made:
    """Lets a model look at a blank picture, so that one that cannot work fails here and not at each photo."""
    try:
        return look()
    except (ValueError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        raise PackError(f"its outputs are not what its kind gives ({error})") from error


def pack_id(pack: Pack) -> str:
    """A pack as its files are: another file makes it another pack."""
    return f"{pack.name}@{pack.sha256 or ''}"


def _silent(_: object) -> None:
    pass
