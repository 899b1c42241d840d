"""`nivo-tui models list|fetch|import|verify|remove`: the model packs of this machine."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from typing import Any

from nivo_tui.commands.common import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    Surroundings,
    absolute_existing,
    run_job,
)
from nivo_tui.engine.protocol import Answer, Event, Job, LogLine
from nivo_tui.text import size_words

_READING = frozenset({"list", "verify"})


def run(options: Namespace, around: Surroundings) -> int:
    """List or check packs, or bring them into the home and out of it."""
    names = list(getattr(options, "names", None) or [])
    paths = absolute_existing(getattr(options, "paths", None) or [])
    around.paths.create()
    around.output.in_bytes = True

    def show(event: Event) -> None:
        if isinstance(event, LogLine) and event.topic == "licence":
            around.output.message(event.text)
        elif isinstance(event, Answer):
            line = event.line["pack"]
            around.output.line("pack", line, _words(line, event.line.get("bytes")))
            if event.line.get("note"):
                around.output.message(event.line["note"])

    job = Job("models", {"action": options.action, "names": names, "paths": paths})
    ended, interrupted = run_job(around, job, show, reading=options.action in _READING)
    counts = Counter({k: n for k, n in ended.summary.items() if isinstance(n, int)})
    around.output.line("summary", ended.summary, _summary_words(ended.summary))
    if interrupted:
        return INTERRUPTED
    return SOME_FAILED if counts["failed"] or counts["bad"] else DONE


def _words(line: dict[str, Any], size: int | None) -> str:
    text = f"{line['name']:24} {line['task'] or '?':8} {line['status']}"
    if size is not None:
        text += f", {size_words(size)} to download"
    if line["path"]:
        text += f"  {line['path']}"
    if line["licence"]:
        text += f"  [{line['licence']}]"
    return text


def _summary_words(summary: dict[str, Any]) -> str:
    counts = [f"{n} {word}" for word, n in summary.items() if word != "packs" and n]
    return ", ".join(counts) or "no pack"
