"""`nivo-tui scan`: look at photos and remember what was seen."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from nivo_tui.commands.common import DONE, INTERRUPTED, SOME_FAILED, Surroundings, absolute_existing, run_job
from nivo_tui.engine.protocol import Event, Job, ModelsLoaded, PhotoSeen


def run(options: Namespace, around: Surroundings) -> int:
    """Scan the paths; prints a line per photo and the summary."""
    output = around.output
    job = Job(
        "scan",
        {
            "paths": absolute_existing(options.paths),
            "models": options.models,
            "recheck": options.recheck,
            "limit": options.limit,
        },
    )

    def show(event: Event) -> None:
        if isinstance(event, PhotoSeen):
            words = f"{event.status:9} {event.path}" + (f": {event.error}" if event.error else "")
            wanted = event.status != "unchanged" and (options.verbose or event.status == "failed")
            output.line(
                "photo",
                {"path": event.path, "status": event.status, "error": event.error},
                *([words] if wanted else []),
            )
        elif isinstance(event, ModelsLoaded):
            models = f"with {', '.join(event.packs)} on {event.detail}" if event.packs else "without models"
            output.message(f"analysing {models}")

    ended, interrupted = run_job(around, job, show)
    output.line("summary", ended.summary, _words(ended.summary))
    if interrupted:
        return INTERRUPTED
    return SOME_FAILED if ended.summary.get("failed") else DONE


def _words(summary: dict[str, Any]) -> str:
    if not summary:
        return "nothing was scanned"
    parts = [f"{summary[k]} {k}" for k in ("new", "changed", "moved", "unchanged", "failed") if summary[k]]
    rate = f", {summary['photos_per_second']:.1f} a second" if summary["photos_per_second"] else ""
    faces = f"; {summary['faces']} faces on {summary['photos_with_faces']} photos" if summary["faces"] else ""
    others = sum(summary["skipped"].values())
    skipped = f"; {others} other files" if others else ""
    return (
        f"{summary['photos']} photos ({', '.join(parts) or 'none'}) in {summary['seconds']:.1f} s"
        f"{rate}{faces}{skipped}"
    )
