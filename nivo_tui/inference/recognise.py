"""Face recognition: aligned crop -> embedding (ArcFace input convention)."""

from __future__ import annotations

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference import align
from nivo_tui.inference.detections import FloatArray, Pixels, planes
from nivo_tui.inference.runtime import Model

_MEAN = _SPREAD = 127.5


class Recogniser:
    """A graph that maps a 112x112 RGB face to a vector, on a session."""

    def __init__(self, model: Model, normalises: bool = False) -> None:
        if model.fixed_input_size not in (None, (align.SIZE, align.SIZE)):
            raise PackError(f"{model.path.name}: a recogniser takes {align.SIZE}x{align.SIZE} faces")
        self._model = model
        # Some exports begin with the normalisation themselves: these want the pixels as they are.
        self._normalises = normalises

    def embed(self, rgb: Pixels, landmarks: FloatArray) -> list[bytes | None]:
        """L2-normalised little-endian float32 vectors of the faces with these landmarks (n, 5, 2).

        None for a face whose landmarks allow no alignment.
        """
        return [self._embed_one(rgb, points) for points in landmarks]

    def _embed_one(self, rgb: Pixels, points: FloatArray) -> bytes | None:
        try:
            face = align.crop(rgb, points)
        except (ValueError, np.linalg.LinAlgError):
            return None
        vector = self.embed_crop(face)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0:
            return None
        return (vector / length).astype("<f4").tobytes()

    def embed_crop(self, face: Pixels) -> FloatArray:
        """The network's own vector (not normalised) of an aligned (112, 112, 3) RGB face."""
        mean, factor = (0.0, 1.0) if self._normalises else (_MEAN, 1 / _SPREAD)
        return np.asarray(self._model.run(planes(face, mean, factor))[0], np.float32).reshape(-1)
