"""Finding and recognising the faces of a photo."""

from __future__ import annotations

import numpy as np

from nivo_tui.inference.detections import Detections, Detector, Pixels
from nivo_tui.inference.faces.quality import face_quality
from nivo_tui.inference.faces.recognise import Recogniser
from nivo_tui.inference.faces.search import search
from nivo_tui.model import Face


class FaceFinder:
    """A detector, and where the pack has one its recogniser. Any number of threads may call it."""

    def __init__(
        self, detector: Detector, recogniser: Recogniser | None = None, name: str | None = None
    ) -> None:
        self.name = name or detector.name
        self._detector = detector
        self._recogniser = recogniser

    @property
    def recognises(self) -> bool:
        """Whether faces get embeddings."""
        return self._recogniser is not None

    def find(self, rgb: Pixels, scale: float = 1.0, small: Pixels | None = None) -> tuple[Face, ...]:
        """The faces in `rgb` (h, w, 3; oriented), the surest first.

        `small` is `rgb` shrunk by a whole factor, if at hand. `scale` is full size / size of `rgb`: boxes and
        landmarks are in pixels of the full-size image. The box of a face that the border cuts reaches beyond
        it, as far as the detector thinks the face goes.
        """
        found = _visible(search(self._detector, rgb, small), rgb.shape[1], rgb.shape[0])
        embeddings: list[bytes | None] = [None] * len(found)
        if self._recogniser is not None and found.landmarks is not None:
            embeddings = self._recogniser.embed(rgb, found.landmarks)
        return tuple(_face(rgb, found, index, scale, embedding) for index, embedding in enumerate(embeddings))


def _visible(found: Detections, width: int, height: int) -> Detections:
    """Those of which at least a pixel lies in the picture."""
    inside = np.clip(found.boxes, 0, np.array([width, height, width, height], np.float32))
    sides = inside[:, 2:] - inside[:, :2]
    return found.take(np.flatnonzero(sides.min(axis=1, initial=np.inf) >= 1))


def _face(rgb: Pixels, found: Detections, index: int, scale: float, embedding: bytes | None) -> Face:
    left, top, right, bottom = (float(edge) * scale for edge in found.boxes[index])
    points = None if found.landmarks is None else found.landmarks[index]
    landmarks = () if points is None else tuple((float(x) * scale, float(y) * scale) for x, y in points)
    score = min(1.0, max(0.0, float(found.scores[index])))
    quality = face_quality(rgb, found.boxes[index], points, score, scale)
    return Face(left, top, right, bottom, score, landmarks, embedding, quality=quality)
