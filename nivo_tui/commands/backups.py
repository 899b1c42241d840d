"""`nivo-tui backups list|verify|prune|restore`: the pristine copies beside written photos."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from typing import Any

from nivo_tui.catalog.paths import absolute
from nivo_tui.commands.common import DONE, INTERRUPTED, SOME_FAILED, Surroundings, run_job, settle
from nivo_tui.commands.write import as_json, receipt_words
from nivo_tui.engine.protocol import Answer, Event, Job, JobEnded, ReceiptMade
from nivo_tui.text import size_words

_DONE_BY = {"prune": "be deleted", "restore": "be put back"}


def run(options: Namespace, around: Surroundings) -> int:
    """List or check backups, or with --execute prune or restore them."""
    around.paths.create()
    execute = bool(getattr(options, "execute", False))
    if not execute:
        settle(around)
    job = Job(
        "backups",
        {
            "action": options.action,
            "paths": [absolute(path) for path in options.paths] or None,
            "execute": execute,
            "older_than": getattr(options, "older_than", None),
            "changed": getattr(options, "changed", False),
        },
    )
    counts = Counter[str]()

    def show(event: Event) -> None:
        if isinstance(event, Answer):
            line = event.line
            counts[str(line.get("action") or line["status"] or "there")] += 1
            around.output.line("backup", line, *_words(line))
        elif isinstance(event, ReceiptMade):
            counts[event.receipt.status] += 1
            around.output.line("receipt", as_json(event.receipt), *receipt_words(event.receipt))

    ended, interrupted = run_job(around, job, show, reading=not execute)
    around.output.line("summary", ended.summary, _summary_words(options.action, ended, counts))
    if interrupted:
        return INTERRUPTED
    if options.action == "verify":
        return SOME_FAILED if counts["bad"] or counts["none"] else DONE
    return SOME_FAILED if counts["failed"] else DONE


def _words(line: dict[str, Any]) -> list[str]:
    state = line.get("action") or line["status"] or "there"
    text = f"{state:8} {line['backup']}  of {line['created'][:10]}, {size_words(line['bytes'])}"
    if line.get("reason"):
        text += f": {line['reason']}"
    return [text]


def _summary_words(action: str, ended: JobEnded, counts: Counter[str]) -> str:
    if not counts:
        return "no backup of nivo-tui's is there"
    text = ", ".join(f"{n} {state}" for state, n in sorted(counts.items()))
    size = ended.summary.get("bytes")
    if size is not None:
        text += f"; {size_words(size)}"
    if counts["planned"]:
        text += f"; nothing was changed, with --execute they will {_DONE_BY[action]}"
    return text
