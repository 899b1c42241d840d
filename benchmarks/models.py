"""What the models cost beside the bare network: `session.run` on prepared tensors, same threads, in turn.

    python benchmarks/models.py --models DIR [--photos DIR] [--pictures 12] [--threads 2] [--rounds 5]

--models is a folder with model packs (faces, objects, classes); --photos one with JPEGs, generated ones
otherwise (in which there are no faces to recognise).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
import onnxruntime
from pictures import photos_of
from report import report

from nivo_tui.images import load_image
from nivo_tui.imaging.working import ANALYSIS_SIDE, WorkingImage, average_down
from nivo_tui.inference import middle, objects
from nivo_tui.inference.analyst import Analyst
from nivo_tui.inference.classes import Classifier
from nivo_tui.inference.detections import Detections, Detector, FloatArray, Pixels
from nivo_tui.inference.faces import align, recognise, scrfd, views, yunet
from nivo_tui.inference.faces.recognise import Recogniser
from nivo_tui.inference.faces.scrfd import Scrfd
from nivo_tui.inference.faces.search import LONG_SIDE, search
from nivo_tui.inference.faces.views import look
from nivo_tui.inference.faces.yunet import YuNet
from nivo_tui.inference.objects import ObjectFinder
from nivo_tui.inference.packs.finding import Pack, find_packs, select
from nivo_tui.inference.runtime.backend import Backend, Model
from nivo_tui.platform.memory import keep_freed_memory

REACH = 0.9
BATCHES = (1, 2, 4, 8)
LOOKS = "faces, all looks"
WHOLE = "all of a photo, as a scan does"
Look = Callable[[Pixels], object]
Tape = list[tuple[Path, dict[str, Any]]]

STAGES: tuple[tuple[str, tuple[tuple[Any, str], ...]], ...] = (
    ("shrink", ((views, "averaged"), (objects, "averaged"), (middle, "averaged"))),
    ("align", ((align, "crop"),)),
    (
        "tensor",
        (
            (scrfd, "write_planes"), (yunet, "write_planes"), (recognise, "stacked_planes"),
            (objects, "write_planes"), (middle, "planes"),
        ),
    ),
)  # fmt: skip
"""Where the time beyond the network goes; what none of these takes is decoding and bookkeeping."""


@dataclass(frozen=True)
class Part:
    """What one kind of model does with a working image."""

    name: str
    look: Look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--session", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.session:
        print(json.dumps(session_facts(**json.loads(options.session))))
        return
    if options.models is None:
        parser.error("--models is needed")
    cv2.setNumThreads(1)
    keep_freed_memory()
    packs = find_packs([options.models])
    files = photos_of("jpeg", options.photos, options.pictures)
    pictures = [average_down(np.asarray(load_image(file)), ANALYSIS_SIDE) for file in files]
    parts = list(parts_of(select(packs), pictures))
    bare = Bare()
    report("models", [row for part in parts for row in throughput(part, pictures, bare, options)])
    print()
    tapes = [(part.name, record(part, pictures[:1])) for part in parts if part.name not in (LOOKS, WHOLE)]
    report("models-batches", [row for name, tape in tapes for row in batches(name, tape, bare, options)])
    print()
    report("models-sessions", [row for name, tape in tapes for row in sessions(name, tape)])


def parts_of(chosen: Any, pictures: Sequence[Pixels]) -> Iterator[Part]:
    """What the chosen packs can do."""
    backend = Backend("cpu")
    if chosen.face is not None and chosen.face.files:
        detector = detector_of(chosen.face, backend)
        yield Part("faces, first look", lambda rgb: look(detector, rgb, LONG_SIDE, detector.hint))
        yield Part(LOOKS, lambda rgb: search(detector, rgb))
        file = chosen.face.file("recogniser")
        if file is not None:
            recogniser = Recogniser(backend.load(file.path), file.normalises)
            faces = {id(rgb): landmarks_of(search(detector, rgb)) for rgb in pictures}
            yield Part("recognition", lambda rgb: recogniser.embed(rgb, faces[id(rgb)]))
    if chosen.objects is not None:
        path = chosen.objects.file("yolox").path
        yield Part("objects", ObjectFinder.load(path, objects.THRESHOLD, backend).find)
    if chosen.classes is not None:
        yield Part("classes", Classifier(backend.load(chosen.classes.file("classifier").path)).classify)

    analyst = Analyst.load(chosen, "cpu")
    # The small picture is made once a photo, for features and thumbnail as well: it is none of the models'.
    working = {id(rgb): WorkingImage(rgb, rgb.shape[1], rgb.shape[0]) for rgb in pictures}
    _ = [image.small for image in working.values()]
    yield Part(WHOLE, lambda rgb: analyst.analyse(working[id(rgb)]))


def landmarks_of(found: Detections) -> FloatArray:
    return np.empty((0, 5, 2), np.float32) if found.landmarks is None else found.landmarks


def detector_of(pack: Pack, backend: Backend) -> Detector:
    file = pack.file("scrfd", "yunet")
    if file is None:
        raise SystemExit(f"{pack.name} holds no detector")
    model = backend.load(file.path)
    return Scrfd(model) if file.kind == "scrfd" else YuNet(model)


class Bare:
    """Sessions with one thread a call and ONNX Runtime's defaults otherwise."""

    def __init__(self) -> None:
        self._sessions: dict[Path, Any] = {}

    def session(self, path: Path) -> Any:
        if path not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self._sessions[path] = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        return self._sessions[path]

    def run(self, tape: Tape) -> None:
        for path, feeds in tape:
            self.session(path).run(None, feeds)


def record(part: Part, pictures: Sequence[Pixels]) -> Tape:
    """The tensors that a part gives to its networks."""
    tape: Tape = []
    run = Model.run_with

    def keep(model: Model, feeds: Mapping[str, Any]) -> list[Any]:
        tape.append((model.path, {name: np.array(value) for name, value in feeds.items()}))
        return run(model, feeds)

    for picture in pictures:
        part.look(picture)  # what is asked once of a new model is not on the tape
    with mock.patch.object(Model, "run_with", keep):
        for picture in pictures:
            part.look(picture)
    return tape


def throughput(
    part: Part, pictures: Sequence[Pixels], bare: Bare, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Photos a second of the network alone and of ours, with one thread and with all."""
    tapes = [record(part, [picture]) for picture in pictures]
    joined = [call for tape in tapes for call in tape]
    runs = len(joined)
    if not runs:
        return
    for threads in sorted({1, options.threads}):
        bares: list[Spent] = []
        ours: list[Spent] = []
        for _ in range(options.rounds):
            bares.append(busy(threads, lambda: bare.run(joined)))
            ours.append(busy(threads, lambda: [part.look(picture) for picture in pictures]))
        photos = len(pictures) * threads
        pairs = list(zip(bares, ours, strict=True))
        row: dict[str, Any] = {
            "part": part.name,
            "threads": threads,
            "calls/photo": runs / len(pictures),
            "bare photos/s": photos / statistics.median(each.wall for each in bares),
            "ours photos/s": photos / statistics.median(each.wall for each in ours),
            "ours/bare": statistics.median(b.wall / o.wall for b, o in pairs),
            "by processor time": statistics.median(b.processor / o.processor for b, o in pairs),
            "reach": REACH,
        }
        yield row | (stages(part, pictures) if threads == 1 else {})


@dataclass(frozen=True)
class Spent:
    """Seconds of wall time, and of the processors in this process, where load beside it hardly shows."""

    wall: float
    processor: float


def busy(threads: int, work: Callable[[], object]) -> Spent:
    """What passes until every one of `threads` has done `work`."""
    workers = [threading.Thread(target=work) for _ in range(threads)]
    started, before = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Spent(time.perf_counter() - started, time.process_time() - before)


def stages(part: Part, pictures: Sequence[Pixels]) -> dict[str, float]:
    """Milliseconds a photo on one thread: in the network, in each stage before it, and in what is left."""
    spent = dict.fromkeys(("network", *(name for name, _ in STAGES)), 0.0)
    with timed(spent):
        started = time.perf_counter()
        for picture in pictures:
            part.look(picture)
        total = time.perf_counter() - started
    spent["rest"] = total - sum(spent.values())
    return {f"{name} ms": 1000 * value / len(pictures) for name, value in spent.items()}


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    patches = [(Model, "run_with", "network")]
    patches += [(place, name, stage) for stage, places in STAGES for place, name in places]
    started = [
        mock.patch.object(place, name, timing(getattr(place, name), spent, stage))
        for place, name, stage in patches
        if hasattr(place, name)
    ]
    for patch in started:
        patch.start()
    try:
        yield
    finally:
        for patch in started:
            patch.stop()


def timing(function: Callable[..., Any], spent: dict[str, float], stage: str) -> Callable[..., Any]:
    def measured(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[stage] += time.perf_counter() - started

    return measured


def batches(name: str, tape: Tape, bare: Bare, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Processor milliseconds a picture of the network alone, by how many go in one call."""
    if not tape:
        return
    path, feeds = tape[0]
    session, (feed, tensor) = bare.session(path), next(iter(feeds.items()))
    if isinstance(session.get_inputs()[0].shape[0], int):
        return
    tensors = {count: np.concatenate([tensor[:1]] * count) for count in BATCHES}
    for threads in sorted({1, options.threads}):
        spent: dict[int, list[float]] = {count: [] for count in BATCHES}
        for _ in range(options.rounds):
            for count, rows in tensors.items():
                calls = 2 * BATCHES[-1] // count
                run = repeated(session, {feed: rows}, calls)
                spent[count].append(1000 * busy(threads, run).processor / (calls * count * threads))
        medians = {f"{count} a call": statistics.median(each) for count, each in spent.items()}
        yield {"ms a picture": name, "threads": threads, **medians}


def repeated(session: Any, feeds: dict[str, Any], calls: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(calls):
            session.run(None, feeds)

    return run


def sessions(name: str, tape: Tape) -> Iterator[dict[str, Any]]:
    """What opening costs, and how much memory a session takes after two threads ran it, in a process each."""
    if not tape:
        return
    path, feeds = tape[0]
    shape = list(next(iter(feeds.values())).shape)
    for ours in (False, True):
        what = json.dumps({"path": str(path), "shape": shape, "ours": ours})
        run = subprocess.run(
            [sys.executable, __file__, "--session", what], capture_output=True, text=True, check=True
        )
        yield {"session": name, "options": "ours" if ours else "defaults", **json.loads(run.stdout)}


def session_facts(path: str, shape: list[int], ours: bool) -> dict[str, float]:
    """Milliseconds and megabytes of one session in this process."""
    keep_freed_memory()
    backend = Backend("cpu")
    before, started = resident_mb(), time.perf_counter()
    session = backend.open(Path(path))[0] if ours else Bare().session(Path(path))
    opened, loaded = time.perf_counter() - started, resident_mb()
    name = session.get_inputs()[0].name
    sizes = [shape]
    if not isinstance(session.get_inputs()[0].shape[-1], int):
        sizes += [[*shape[:2], shape[3], shape[2]], [*shape[:2], shape[2] - 64, shape[3]]]
    tensors = [np.zeros(size, np.float32) for size in sizes]

    def work() -> None:
        for _ in range(6):
            for tensor in tensors:
                session.run(None, {name: tensor})

    first = time.perf_counter()
    session.run(None, {name: tensors[0]})
    first = time.perf_counter() - first
    seconds = busy(2, work).processor
    return {
        "open ms": 1000 * opened,
        "first run ms": 1000 * first,
        "run ms": 1000 * seconds / (12 * len(tensors)),
        "MB opened": loaded - before,
        "MB after runs": resident_mb() - before,
        "MB peak": resident_mb("VmHWM") - before,
    }


def resident_mb(what: str = "VmRSS") -> float:
    """Resident memory of this process in MB, or its peak; nothing but Linux tells it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


if __name__ == "__main__":
    main()
