"""Face detection and recognition for a caller's own code.

from nivo_tui.faces import FaceDetector
detector = FaceDetector(model="buffalo_sc")
result = detector.detect_faces("photo.jpg")
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nivo_tui.errors import PackError, PhotoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from nivo_tui.inference.packs.finding import Pack, Selection
    from nivo_tui.model import Face


FaceResult = dict[str, Any]


def is_face_detection_available(model_folders: Sequence[Path] | None = None) -> bool:
    """Whether any face detector can be used here: a pack in `model_folders`, or the built-in one."""
    from nivo_tui.inference.packs.finding import find_packs, select

    return select(find_packs(_folders(model_folders))).face is not None


class FaceDetector:
    """Finds faces, and recognises them where the model pack can.

    `model` is the name of a pack in `model_folders` (default: the home's models folder, NIVO_MODELS and
    ~/.insightface/models) or the path of a pack folder or .onnx file. Where it is missing or broken the
    built-in detector takes its place, with one warning: then faces are counted and not recognised.
    `compute_encodings=False` loads no recogniser; `use_gpu=False` keeps to the CPU.

    Raises PackError where there is no built-in detector for this system either.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "buffalo_sc",
        compute_encodings: bool = True,
        use_gpu: bool = True,
        model_folders: Sequence[Path] | None = None,
    ) -> None:
        from nivo_tui.inference.analyst import Analyst

        selection, problem = _selection(os.fsdecode(model), _folders(model_folders))
        problems = [problem] if problem else []
        self._analyst = Analyst.load(
            selection,
            "auto" if use_gpu else "cpu",
            problems.append,
            faces="recognise" if compute_encodings else "count",
        )
        if not self._analyst.pack_names:
            raise PackError("; ".join(problems) or "there is no face detector for this system")
        if problems:
            warnings.warn(
                f"{'; '.join(problems)}: faces come from {self._analyst.pack_names[0]}", stacklevel=2
            )

    @property
    def model(self) -> str:
        """The name of the detector in use."""
        return self._analyst.pack_names[0]

    @property
    def provider(self) -> str:
        """ONNX Runtime's name for what runs the models."""
        return self._analyst.provider.name

    @property
    def provider_detail(self) -> str:
        """Why it is that one: the device in use, or what keeps the models off the GPU."""
        return self._analyst.provider.detail

    def detect_faces_from_array(self, rgb: NDArray[np.uint8]) -> FaceResult:
        """The faces in an upright RGB picture (h, w, 3).

        `face_count`, `has_faces`; `face_locations`: left, top, right, bottom in whole pixels, the surest face
        first; `face_landmarks`: five (x, y) for each face (eyes, nose, mouth corners), empty where the
        detector gives none; `face_encodings`: L2-normalised float32 vectors, None for a face that could
        not be encoded, and an empty list where the pack does not recognise.
        Raises ValueError for an array that is no such picture, PackError where the model fails on it.
        """
        import numpy as np

        from nivo_tui.imaging.working import Purpose, finish

        picture = np.asarray(rgb)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or picture.size == 0:
            raise ValueError("an RGB picture is an array of uint8 with the shape (height, width, 3)")
        working = finish(np.ascontiguousarray(picture), Purpose.ANALYSIS)
        analysis = self._analyst.analyse(working)
        if "faces" in analysis.failed:
            raise PackError(analysis.failed["faces"])
        return _result(analysis.faces or (), self._analyst.recognises)

    def detect_faces(self, path: str | os.PathLike[str]) -> FaceResult:
        """The faces in a photo of any supported format, turned upright.

        Raises PhotoError where the photo cannot be read or decoded, PackError where the model fails on it.
        """
        import numpy as np

        from nivo_tui.images import load_image

        return self.detect_faces_from_array(np.asarray(load_image(path)))

    def detect_batch(
        self,
        paths: str | bytes | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        show_progress: bool = True,
    ) -> list[FaceResult]:
        """The faces in each photo, in the order of `paths`, with `path` and `error` beside them.

        A photo that cannot be used has its reason in `error` and no faces; the others go on. A single path,
        instead of several, is one photo.
        """
        wanted = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        results = []
        for number, path in enumerate(wanted, start=1):
            try:
                result, error = self.detect_faces(os.fsdecode(path)), None
            except Exception as reason:  # whatever one photo brings about, the others are still wanted
                known = isinstance(reason, (PhotoError, PackError))
                error = str(reason) if known else f"{type(reason).__name__}: {reason}"
                result = _result((), self._analyst.recognises)
            results.append({"path": _path_text(path), **result, "error": error})
            if show_progress:
                end = "\n" if number == len(wanted) else ""
                print(f"\rfaces: {number}/{len(wanted)}", end=end, file=sys.stderr, flush=True)
        return results

    def compare_faces(self, a: ArrayLike, b: ArrayLike, tolerance: float = 0.6) -> tuple[bool, float]:
        """Whether two encodings are of one person, and their distance: 1 - cosine, 0 to 2."""
        import numpy as np

        first, second = _unit(np.stack([np.asarray(a, np.float32), np.asarray(b, np.float32)]))
        distance = 1.0 - float(first @ second)
        return distance <= tolerance, distance

    def cluster_faces(self, encodings: Sequence[ArrayLike], tolerance: float = 0.6) -> list[int]:
        """A label for each encoding, equal for those of one person, numbered from 0 by first appearance.

        Average linkage over the distance 1 - cosine, cut at `tolerance`.
        """
        import numpy as np

        if len(encodings) == 0:
            return []
        return _average_linkage(_unit(np.asarray(encodings, np.float32)), tolerance)


def _average_linkage(vectors: NDArray[np.float32], tolerance: float) -> list[int]:
    """Clusters of unit vectors (n, d) by nearest-neighbour chains (Murtagh 1983), in O(n^2) time and memory.

    The mean distance between two clusters is 1 - (product of their vector sums / number of pairs), and
    the products of a merged cluster are those of its parts added. Average linkage is reducible: a cluster
    whose nearest neighbour is beyond `tolerance` stays so, and is done.
    """
    import numpy as np

    products = vectors @ vectors.T
    counts = np.ones(len(vectors), np.float32)
    active = np.ones(len(vectors), bool)
    leader = list(range(len(vectors)))
    chain: list[int] = []
    while active.any():
        if not chain:
            chain.append(int(np.argmax(active)))
        last = chain[-1]
        distances = np.where(active, 1.0 - products[last] / (counts * counts[last]), np.inf)
        distances[last] = np.inf
        nearest = int(np.argmin(distances))
        # A tie with the one before ends the chain, or it could go round for ever.
        if len(chain) > 1 and distances[chain[-2]] <= distances[nearest]:
            nearest = chain[-2]
        if not distances[nearest] <= tolerance:
            active[last] = False
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            chain[-2:] = []
            products[nearest] += products[last]
            products[:, nearest] += products[:, last]
            counts[nearest] += counts[last]
            active[last] = False
            leader[last] = nearest
        else:
            chain.append(nearest)
    return _labels(leader)


def _labels(leader: list[int]) -> list[int]:
    numbers: dict[int, int] = {}
    labels = []
    for index in range(len(leader)):
        root = index
        while leader[root] != root:
            root = leader[root]
        labels.append(numbers.setdefault(root, len(numbers)))
    return labels


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows at length 1; zeros stay zeros."""
    import numpy as np

    if vectors.ndim != 2:
        raise ValueError("encodings are vectors of one length")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def _result(faces: Sequence[Face], recognises: bool) -> FaceResult:
    import numpy as np

    encodings: list[NDArray[np.float32] | None] = []
    if recognises:
        encodings = [
            None if face.embedding is None else np.frombuffer(face.embedding, "<f4").astype(np.float32)
            for face in faces
        ]
    return {
        "face_count": len(faces),
        "has_faces": bool(faces),
        "face_locations": [
            {
                "left": round(face.left),
                "top": round(face.top),
                "right": round(face.right),
                "bottom": round(face.bottom),
            }
            for face in faces
        ],
        "face_landmarks": [list(face.landmarks) for face in faces],
        "face_encodings": encodings,
    }


def _path_text(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else str(path)


def _folders(given: Sequence[Path] | None) -> list[Path]:
    if given is not None:
        return list(given)
    from nivo_tui.inference.packs.finding import pack_folders
    from nivo_tui.settings import load_paths

    return pack_folders(load_paths().models)


def _existing(model: str) -> Path | None:
    """The file or folder that `model` points to; None where it is but a name."""
    try:
        path = Path(model).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # what no path can be; ~ of nobody
        return None


def _selection(model: str, folders: Sequence[Path]) -> tuple[Selection, str | None]:
    """The pack named or pointed to by `model`, then the built-in detector; what is wrong with the former."""
    from nivo_tui.inference.packs.finding import Selection, builtin_pack, find_packs, pack_at

    path = _existing(model)
    packs = find_packs(folders) if path is None else [pack_at(path)]
    chosen, problem = _chosen(packs, model if path is None else None, folders)
    builtin = builtin_pack()
    if model == (builtin.name if builtin else None):
        problem = None
    return Selection(face=chosen, other_faces=(builtin,) if builtin else ()), problem


def _chosen(
    packs: Sequence[Pack], name: str | None, folders: Sequence[Path]
) -> tuple[Pack | None, str | None]:
    pack = next((pack for pack in packs if name is None or pack.name == name), None)
    if pack is None:
        there = ", ".join(pack.name for pack in packs if pack.task in ("face", "detect")) or "none"
        places = ", ".join(str(folder) for folder in folders)
        return None, f"there is no face pack {name!r} (there is: {there}; searched: {places})"
    if pack.broken:
        return None, f"{pack.name} cannot be used: {pack.broken}"
    if pack.task not in ("face", "detect"):
        return None, f"{pack.name} finds {pack.task}, not faces"
    return pack, None
