"""`nivo-tui show`: everything known about photos."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.commands.common import DONE, Surroundings, known_photos, open_library
from nivo_tui.errors import UsageError


def run(options: Namespace, around: Surroundings) -> int:
    """Print what is known about every scanned photo of the paths."""
    library = open_library(around)
    try:
        photos = known_photos(library, options.paths)
        if not photos:
            raise UsageError(f"no scanned photo there; run: nivo-tui scan {options.paths[0]}")
        shown = 0
        for path in photos:
            detail = library.detail(path)
            if detail is not None:
                around.output.line("photo", as_json(detail), *words_of_photo(detail))
                shown += 1
    finally:
        library.close()
    around.output.summary({"photos": shown})
    return DONE


def as_json(detail: PhotoDetail) -> dict[str, Any]:
    """The fields of a `photo` line."""
    capture, quality, gps = detail.capture, detail.quality, detail.gps
    return {
        "path": detail.path,
        "format": detail.format,
        "width": detail.width,
        "height": detail.height,
        "taken_at": capture.taken_at.isoformat() if capture.taken_at else None,
        "camera": capture.camera,
        "lens": capture.lens,
        "gps": None if gps is None else {"lat": gps.lat, "lon": gps.lon, "alt": gps.alt},
        "rating": detail.rating,
        "quality": None
        if quality is None
        else {
            "score": quality.score,
            "sharpness": quality.sharpness,
            "exposure": quality.exposure,
            "noise": quality.noise,
        },
        "hash": {"image": detail.image_hash, "perceptual": detail.perceptual_hash},
        "faces": None
        if detail.faces is None
        else [
            {
                "left": face.left,
                "top": face.top,
                "right": face.right,
                "bottom": face.bottom,
                "score": face.score,
                "landmarks": face.landmarks or None,
                "person": face.person,
            }
            for face in detail.faces
        ],
        "tags": [
            {
                "tag": s.tag,
                "label": s.label,
                "category": s.category,
                "confidence": s.confidence,
                "source": s.source,
                "why": s.why,
                "state": s.state,
                "ticked": s.tag in detail.ticked,
            }
            for s in detail.suggestions
        ],
        "file_keywords": detail.file_keywords,
        "error": detail.error,
    }


def _taken_words(detail: PhotoDetail) -> str | None:
    """When the photo was taken, and how that is known where its file does not say so."""
    taken, why = detail.capture.taken_at, detail.taken_why
    said = f"{taken:%Y-%m-%d %H:%M}" if taken else None
    if why is None:
        return said
    return f"{said} ({why})" if said else why


def words_of_photo(detail: PhotoDetail) -> list[str]:
    """What is printed of a photo for a person."""
    if detail.error:
        return [detail.path, f"  {detail.error}"]
    capture = detail.capture
    head = " · ".join(
        str(part)
        for part in (
            f"{detail.width}x{detail.height}" if detail.width else None,
            detail.format,
            _taken_words(detail),
            capture.camera,
            None if detail.faces is None else f"{len(detail.faces)} faces",
            detail.quality and f"quality {detail.quality.score:.0f}",
        )
        if part
    )
    lines = [detail.path, f"  {head}"]
    for s in detail.suggestions:
        if not s.fact:
            lines.append(f"  {s.category or 'yours':9} {s.label:20} {s.confidence:.2f} {s.state:9} {s.why}")
    known = ", ".join(s.label for s in detail.suggestions if s.fact)
    if known:
        lines.append(f"  facts     {known}")
    if detail.file_keywords:
        lines.append(f"  in file   {', '.join(detail.file_keywords)}")
    return lines
