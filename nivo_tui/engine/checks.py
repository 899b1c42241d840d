"""What `doctor` can only learn by loading things: the runtime, the detector, the packs, the decoders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from nivo_tui.engine.context import JobContext
from nivo_tui.engine.protocol import Answer
from nivo_tui.errors import NivoError, SettingsError

OK, WARN, FAIL = "ok", "warn", "fail"
_BYTES_PER_MB = 1 << 20

_CHANGED = {
    "not the published files": "compare it with the publisher's; it is used as it is",
    "changed since it was downloaded": "fetch it again with `nivo-tui models fetch`; it is used as it is",
}
"""What to do about packs whose files are others than they should be."""

Line = dict[str, Any]


def doctor(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Check what analyses photos; an Answer for each check, and how many failed."""
    counts = {OK: 0, WARN: 0, FAIL: 0}
    checks: tuple[Callable[[JobContext], Iterator[Line]], ...] = (
        _provider,
        _detector,
        _packs,
        _decoders,
        _thumbnails,
    )
    for check in checks:
        for line in check(context):
            counts[line["status"]] += 1
            context.emitter.send(Answer(context.job, line))
        if context.cancelled():
            break
    return counts


def _line(name: str, status: str, detail: str, remedy: str | None = None) -> Line:
    return {"name": name, "status": status, "detail": detail, "remedy": remedy}


def _provider(context: JobContext) -> Iterator[Line]:
    """What runs an inference here as the settings ask, and every other device that could, with the reason."""
    from nivo_tui.inference.runtime.backend import choose_provider
    from nivo_tui.inference.runtime.candidates import Machine
    from nivo_tui.inference.runtime.providers import available_providers, candidates, load_runtime

    scan = context.settings.scan
    limit = scan.gpu_memory_mb * _BYTES_PER_MB or None
    cache = context.paths.home / "tensorrt"
    try:
        machine = Machine(load_runtime(), limit, cache)
        wanted = candidates(scan.device, machine)
        provider = choose_provider(scan.device, memory_limit=limit, engine_cache=cache)
    except SettingsError as error:
        yield _line("inference", FAIL, str(error), "correct it in the settings; auto takes what works")
        return
    except NivoError as error:
        yield _line("inference", FAIL, str(error), "install nivo-tui again in a new environment")
        return
    detail = f"ONNX Runtime {machine.runtime.__version__} runs on {provider.name} ({provider.detail})"
    missed = [candidate for candidate in wanted if candidate.device != provider.device]
    if missed and (scan.device != "auto" or machine.driver_loads()):
        yield _line("inference", WARN, detail, f"{missed[0].remedy} (the CPU works meanwhile)")
    else:
        yield _line("inference", OK, detail)
    for found in available_providers(machine):
        usable = "usable" if found.usable else "not usable"
        yield _line(f"device {found.device}", OK, f"{usable}: {found.reason}", found.remedy)


def _detector(context: JobContext) -> Iterator[Line]:
    """Whether the detector that needs no pack is there and loads."""
    from nivo_tui.inference.packs.finding import NO_DETECTOR, builtin_pack

    pack = builtin_pack()
    if pack is None:
        yield _line(
            "built-in face detector", WARN, "not installed: it has no build for this system", NO_DETECTOR
        )
        return
    try:
        from nivo_tui.inference.faces.builtin import BuiltinDetector

        BuiltinDetector()
    except Exception as error:  # a foreign extension module: whatever it raises as it is loaded
        yield _line("built-in face detector", WARN, f"does not load: {_words(error)}", NO_DETECTOR)
        return
    yield _line("built-in face detector", OK, f"{pack.name} loads; it counts faces, without recognition")


def _packs(context: JobContext) -> Iterator[Line]:
    """Every model pack found, with its licence; broken ones with the reason."""
    from nivo_tui.inference.packs.finding import find_packs, pack_folders

    folders = pack_folders(context.paths.models)
    packs = find_packs(folders, cache=context.paths.home / "packs.json")
    for pack in packs:
        name = f"model pack {pack.name}"
        licence = pack.licence or "licence not stated"
        if pack.broken is not None:
            yield _line(name, WARN, f"cannot be used: {pack.broken} ({pack.path})", "replace or remove it")
        elif pack.status in _CHANGED:
            yield _line(
                name, WARN, f"{pack.task}, {pack.status}, {licence} ({pack.path})", _CHANGED[pack.status]
            )
        else:
            yield _line(name, OK, f"{pack.task}, {pack.status}, {licence} ({pack.path})")
    if not packs:
        places = ", ".join(str(folder) for folder in folders)
        yield _line("model packs", OK, f"none found, none is needed (looked in {places})")


def _decoders(context: JobContext) -> Iterator[Line]:
    """The libraries that decode photos: whether each loads, and its version."""
    decoders: tuple[tuple[str, Callable[[], str]], ...] = (
        ("JPEG decoder", _simplejpeg),
        ("HEIC decoder", _heif),
        ("RAW decoder", _rawpy),
        ("PNG, TIFF, WebP, AVIF decoders", _pillow),
        ("OpenCV", _opencv),
    )
    for name, version in decoders:
        try:
            yield _line(name, OK, version())
        except Exception as error:  # foreign modules: a missing system library shows as any error
            yield _line(name, FAIL, f"does not load: {_words(error)}", "install nivo-tui again")


def _simplejpeg() -> str:
    from importlib.metadata import version

    import numpy as np
    import simplejpeg

    data = simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8), 90)
    simplejpeg.decode_jpeg(data)
    return f"simplejpeg {version('simplejpeg')}"


def _heif() -> str:
    import pillow_heif

    return f"pillow-heif {pillow_heif.__version__}, libheif {pillow_heif.libheif_version()}"


def _rawpy() -> str:
    import rawpy

    return f"rawpy {rawpy.__version__}, LibRaw {'.'.join(map(str, rawpy.libraw_version))}"


def _pillow() -> str:
    import PIL
    from PIL import features

    lacking = [name for name in ("webp", "avif", "zlib", "libtiff") if not features.check(name)]
    return f"Pillow {PIL.__version__}" + (f", without {', '.join(lacking)}" if lacking else "")


def _opencv() -> str:
    import cv2

    return f"OpenCV {cv2.__version__}"


def _thumbnails(context: JobContext) -> Iterator[Line]:
    """How many thumbnails are kept, and how much room they take."""
    folder = context.paths.thumbnails
    count = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.stat(os.path.join(place, name)).st_size
            except OSError:
                continue
            count += 1
    detail = f"{count} files, {size / 1e6:.1f} MB in {folder}"
    if os.access(folder, os.W_OK | os.X_OK):
        yield _line("thumbnails", OK, detail)
    else:
        yield _line("thumbnails", WARN, f"{detail}, which cannot be written", f"make {folder} writable")


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
