"""Face recognition: aligned crops -> embeddings (ArcFace input convention)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import FloatArray, Pixels, stacked_planes
from nivo_tui.inference.faces import align
from nivo_tui.inference.runtime.backend import Model, reading_outputs

MOST_AT_ONCE = 8
"""Faces in one call of the network; from here on a face gets no cheaper and the memory still grows."""

_MEAN = _SPREAD = 127.5
_SAME = 1e-3  # of the vector's length


class Recogniser:
    """A graph that maps 112x112 RGB faces to vectors, on a session. Any number of threads may call it."""

    def __init__(self, model: Model, normalises: bool = False) -> None:
        if model.fixed_input_size not in (None, (align.SIZE, align.SIZE)):
            raise PackError(f"{model.path.name}: a recogniser takes {align.SIZE}x{align.SIZE} faces")
        self._model = model
        # Some exports begin with the normalisation themselves: these want the pixels as they are.
        self._mean, self._factor = (0.0, 1.0) if normalises else (_MEAN, 1 / _SPREAD)
        # None until the first photo of several faces shows whether the graph keeps them apart.
        self._batches: bool | None = None if model.takes_batches else False

    def embed(self, rgb: Pixels, landmarks: FloatArray) -> list[bytes | None]:
        """L2-normalised little-endian float32 vectors of the faces with these landmarks (n, 5, 2).

        None for a face whose landmarks allow no alignment, or for which the network answers no finite vector.
        Raises PackError where its answers are no vectors.
        """
        found: list[bytes | None] = [None] * len(landmarks)
        crops: dict[int, Pixels] = {}
        for index, points in enumerate(landmarks):
            try:
                crops[index] = align.crop(rgb, points)
            except (ValueError, np.linalg.LinAlgError):
                continue
        with reading_outputs(self._model.path):
            for index, vector in zip(crops, self.embed_crops(list(crops.values())), strict=True):
                length = float(np.linalg.norm(vector))
                if np.isfinite(length) and length > 0:
                    found[index] = (vector / length).astype("<f4").tobytes()
        return found

    def embed_crop(self, face: Pixels) -> FloatArray:
        """The network's own vector (not normalised) of an aligned (112, 112, 3) RGB face."""
        return self.embed_crops([face])[0]

    def embed_crops(self, faces: Sequence[Pixels]) -> list[FloatArray]:
        """The network's own vectors of aligned faces, several to a call where its graph allows that."""
        vectors: list[FloatArray] = []
        for first in range(0, len(faces), MOST_AT_ONCE):
            tensor = stacked_planes(faces[first : first + MOST_AT_ONCE], self._mean, self._factor)
            vectors += self._run_together(tensor) if len(tensor) > 1 else self._run_singly(tensor)
        return vectors

    def _run_together(self, tensor: FloatArray) -> list[FloatArray]:
        if self._batches is None:
            self._batches = self._keeps_faces_apart(tensor)
        if not self._batches:
            return self._run_singly(tensor)
        rows = tensor
        if self._model.prefers_few_shapes:
            # 2, 4 or 8 faces, with black ones at the end.
            more = (1 << (len(tensor) - 1).bit_length()) - len(tensor)
            rows = np.concatenate([tensor, np.zeros((more, *tensor.shape[1:]), np.float32)])
        return list(self._vectors(rows)[: len(tensor)])

    def _run_singly(self, tensor: FloatArray) -> list[FloatArray]:
        return [self._vectors(tensor[index : index + 1]).reshape(-1) for index in range(len(tensor))]

    def _keeps_faces_apart(self, tensor: FloatArray) -> bool:
        """Whether the graph, which says that it takes several faces, gives each the vector it has alone."""
        try:
            together = self._vectors(tensor)
        except PackError:
            return False
        alone = self._vectors(tensor[-1:]).reshape(-1)
        if together.shape != (len(tensor), alone.size):
            return False
        return float(np.linalg.norm(together[-1] - alone)) <= _SAME * float(np.linalg.norm(alone))

    def _vectors(self, tensor: FloatArray) -> FloatArray:
        outputs = self._model.run(tensor)
        with reading_outputs(self._model.path):
            return np.asarray(outputs[0], np.float32)
