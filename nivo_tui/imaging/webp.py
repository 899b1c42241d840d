"""Still WebP pictures without transparency, in a fifth of the memory that an animation's decoder takes."""

from __future__ import annotations

import cv2
import numpy as np

from nivo_tui.errors import DecodeError
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import NoThumbnailError, Pixels, Purpose, WorkingImage, finish

_PLAIN, _LOSSLESS, _EXTENDED = b"VP8 ", b"VP8L", b"VP8X"
_ANIMATED, _TRANSPARENT = 0x02, 0x10
_LOSSLESS_TRANSPARENT = 1 << 28
_CHUNK = 8
_MOST_CHUNKS = 64


def decode_webp(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    """Decode a WebP file of one picture without transparency (RFC 9649). Raises DecodeError for every other,
    and where the data is damaged; TooLargeError, NoThumbnailError."""
    if purpose is Purpose.THUMBNAIL:
        raise NoThumbnailError("no embedded thumbnail is read from this kind of file")
    size = _opaque_size(source)
    if size is None:
        raise DecodeError("no still WebP picture without transparency")
    with budget.hold(*size):
        # OpenCV's half is the average of two by two pixels, and is made without a second full-size copy.
        halved = purpose.target_side is not None and max(size) >= 2 * purpose.target_side
        how = cv2.IMREAD_REDUCED_COLOR_2 if halved else cv2.IMREAD_COLOR
        bgr = _decoded(source, how | cv2.IMREAD_IGNORE_ORIENTATION)
        small = finish(bgr, purpose, orientation=orientation, full=size)
        rgb: Pixels = np.asarray(cv2.cvtColor(small.rgb, cv2.COLOR_BGR2RGB), np.uint8)
    return WorkingImage(rgb, small.full_width, small.full_height)


def _decoded(source: PhotoSource, how: int) -> Pixels:
    try:
        bgr = cv2.imdecode(np.frombuffer(source.data, np.uint8), how)
    except cv2.error as error:
        raise DecodeError(f"the WebP data cannot be decoded: {error.err}") from error
    if bgr is None:
        raise DecodeError("the WebP data cannot be decoded")
    return np.asarray(bgr, np.uint8)


def _opaque_size(source: PhotoSource) -> tuple[int, int] | None:
    """(width, height) of the one picture of the file, None where it is animated, transparent or damaged."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        chunk = source.read(at, _CHUNK + 10)
        kind, payload = chunk[:4], chunk[_CHUNK:]
        if kind == _EXTENDED and payload and payload[0] & (_ANIMATED | _TRANSPARENT):
            return None
        if kind == _PLAIN and len(payload) == 10:
            width, height = (int.from_bytes(payload[n : n + 2], "little") & 0x3FFF for n in (6, 8))
            return (width, height) if width and height else None
        if kind == _LOSSLESS and len(payload) >= 5:
            bits = int.from_bytes(payload[1:5], "little")
            return None if bits & _LOSSLESS_TRANSPARENT else ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        if len(chunk) < _CHUNK:
            return None
        length = int.from_bytes(chunk[4:8], "little")
        at += _CHUNK + length + (length & 1)
    return None
