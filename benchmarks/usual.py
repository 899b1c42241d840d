"""The usual way of looking at a photo: one thread, every library at its defaults, everything at full size."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import piexif
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()


def look_at(files: Sequence[Path], catalog: Path, faces: Any | None) -> int:
    """Decode, hash, measure and store each photo, with one commit a row; returns the number of faces.

    `faces` is an `insightface.app.FaceAnalysis`, or None to look for none.
    """
    table = sqlite3.connect(catalog)
    table.execute("CREATE TABLE IF NOT EXISTS photos(path, sha256, hashes, sharpness, thumbnail, faces)")
    found = 0
    for path in files:
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        pixels = np.array(image)
        digest = hashlib.sha256(path.read_bytes()).digest()
        hashes = phash(image) + dhash(image)
        sharpness = cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var()
        thumbnail = image.copy()
        thumbnail.thumbnail((320, 320))
        encoded = io.BytesIO()
        thumbnail.save(encoded, "JPEG")
        with contextlib.suppress(Exception):  # it knows JPEG and TIFF alone
            piexif.load(str(path))
        seen = len(faces.get(pixels[:, :, ::-1])) if faces is not None else 0
        found += seen
        values = (str(path), digest, hashes, float(sharpness), encoded.getvalue(), seen)
        table.execute("INSERT INTO photos VALUES(?, ?, ?, ?, ?, ?)", values)
        table.commit()
    table.close()
    return found


def phash(image: Image.Image) -> bytes:
    """The perceptual hash as the package imagehash makes it: signs of the low frequencies of 32x32 pixels."""
    small = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float32)
    low = cv2.dct(small)[:8, :8]
    return np.packbits(low > np.median(low)).tobytes()


def dhash(image: Image.Image) -> bytes:
    """The difference hash as the package imagehash makes it: rising steps of 9x8 pixels."""
    small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS), np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes()


def face_analysis(model: Path) -> Any:
    """The insightface package on a model folder, with its default threads."""
    from insightface.app import FaceAnalysis

    with contextlib.redirect_stdout(io.StringIO()):
        app = FaceAnalysis(name=str(model), providers=["CPUExecutionProvider"])
        app.prepare(-1, det_size=(640, 640))
    return app
