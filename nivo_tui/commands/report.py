"""`nivo-tui report` and `export`: what is known as figures and files."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

from nivo_tui.catalog.library import Library
from nivo_tui.catalog.totals import read_totals
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.commands.common import DONE, Surroundings, known_photos, open_library
from nivo_tui.commands.report_words import report_lines, report_words
from nivo_tui.commands.show import as_json
from nivo_tui.errors import UsageError
from nivo_tui.model import State


def report(options: Namespace, around: Surroundings) -> int:
    """Print the figures of the scanned photos of the paths."""
    library = open_library(around)
    try:
        known_photos(library, options.paths)
        roots = [os.path.abspath(os.path.expanduser(path)) for path in options.paths]
        totals, silent = read_totals(library, roots), library.uninformative()
    finally:
        library.close()
    if not around.output.as_json:
        around.output.say(*report_words(totals, silent, every_tag=options.all))
        return DONE
    for kind, data in report_lines(totals, silent):
        around.output.line(kind, data)
    return DONE


def _details(library: Library, photos: list[str]) -> Any:
    for path in photos:
        detail = library.detail(path)
        if detail is not None:
            yield detail


def export(options: Namespace, around: Surroundings) -> int:
    """Write everything known about the photos as JSON or CSV, to a file or to stdout."""
    library = open_library(around)
    try:
        details = list(_details(library, known_photos(library, options.paths)))
    finally:
        library.close()
    if options.output is None and around.output.as_json:
        if options.format == "csv":
            raise UsageError("--json prints JSON Lines; give the CSV a file with -o, or leave --json out")
        for detail in details:
            around.output.line("photo", _exported(detail))
        around.output.summary({"photos": len(details), "file": None})
        return DONE
    text = _as_csv(details) if options.format == "csv" else _as_json_text(details)
    if options.output is None:
        around.output.text(text)
        return DONE
    _write_new_file(Path(options.output), text)
    around.output.line(
        "summary",
        {"photos": len(details), "file": os.path.abspath(options.output)},
        f"{len(details)} photos in {options.output}",
    )
    return DONE


def _as_json_text(details: list[PhotoDetail]) -> str:
    photos = [_exported(d) for d in details]
    return json.dumps({"nivo_tui": 1, "photos": photos}, indent=1, default=list) + "\n"


def _exported(detail: PhotoDetail) -> dict[str, Any]:
    return as_json(detail) | {"accepted": _accepted(detail)}


def _accepted(detail: PhotoDetail) -> list[str]:
    return [s.label for s in detail.suggestions if s.state in (State.ACCEPTED, State.WRITTEN)]


def _as_csv(details: list[PhotoDetail]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        "path format width height taken_at camera faces quality keywords accepted tags error".split()
    )
    for d in details:
        writer.writerow(
            [
                d.path.encode("utf-8", "backslashreplace").decode(),
                d.format,
                d.width,
                d.height,
                d.capture.taken_at.isoformat() if d.capture.taken_at else None,
                _harmless(d.capture.camera),
                None if d.faces is None else len(d.faces),
                None if d.quality is None else round(d.quality.score),
                _harmless("; ".join(d.file_keywords)),
                _harmless("; ".join(_accepted(d))),
                "; ".join(f"{s.tag}:{s.confidence:.2f}" for s in d.suggestions),
                d.error,
            ]
        )
    return text.getvalue()


def _harmless(text: str | None) -> str | None:
    """Text from a file that a spreadsheet would take for a formula is kept from being one."""
    return "'" + text if text and text[0] in "=+-@\t\r" else text


def _write_new_file(path: Path, text: str) -> None:
    """Put a whole file in place in one step; a photo is never the target."""
    from nivo_tui.imaging.formats import format_of_name

    if format_of_name(path.name) is not None:
        raise UsageError(f"{path} has a photo's name; give the export another")
    try:
        handle, name = tempfile.mkstemp(prefix=".nivo-export-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
