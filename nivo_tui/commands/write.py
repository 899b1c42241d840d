"""`nivo-tui write`, `untag`, `undo`, `runs`, `verify`: changes to files, each planned before it is made."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from dataclasses import asdict
from typing import Any

from nivo_tui.catalog.paths import absolute
from nivo_tui.commands.common import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    Surroundings,
    absolute_existing,
    run_job,
    settle,
    words_of,
)
from nivo_tui.commands.output import Output
from nivo_tui.engine.protocol import Answer, Event, Job, ReceiptMade
from nivo_tui.model import Receipt

_RECEIPT_FIELDS = "run path target status fields added removed backup reason before after".split()


def write(options: Namespace, around: Surroundings) -> int:
    """Plan, and with --execute do, the write of accepted tags or the keywords given."""
    job = Job(
        "write",
        {
            "paths": absolute_existing(options.paths),
            "execute": options.execute,
            "limit": options.limit,
            "keywords": [*options.keyword, *words_of(options.keywords)],
            "description": options.description,
            "describe": options.describe,
            "categories": options.categories,
            "target": options.target,
            "backup": False if options.no_backup else None,
        },
    )
    return _receipts(job, around, options)


def untag(options: Namespace, around: Surroundings) -> int:
    """Take away what nivo-tui wrote, all of it or the tags named."""
    tags = words_of(options.tags) or None
    paths = absolute_existing(options.paths)
    job = Job("untag", {"paths": paths, "tags": tags, "execute": options.execute})
    return _receipts(job, around, options)


def undo(options: Namespace, around: Surroundings) -> int:
    """Take back a run: the one named, or the newest that still stands."""
    paths = [absolute(p) for p in options.paths] or None
    job = Job("undo", {"run": options.run, "paths": paths, "execute": options.execute})
    return _receipts(job, around, options, with_mode=True)


def _receipts(job: Job, around: Surroundings, options: Namespace, *, with_mode: bool = False) -> int:
    output, counts = around.output, Counter[str]()

    def show(event: Event) -> None:
        if isinstance(event, ReceiptMade):
            counts[event.receipt.status] += 1
            data = as_json(event.receipt)
            if with_mode:
                data["mode"] = event.receipt.mode
            output.line("receipt", data, *receipt_words(event.receipt))

    ended, interrupted = run_job(around, job, show)
    output.line("summary", ended.summary, _summary_words(job, counts, executed=options.execute))
    if interrupted:
        return INTERRUPTED
    return SOME_FAILED if counts["failed"] else DONE


def as_json(receipt: Receipt) -> dict[str, Any]:
    """The fields of a `receipt` line; what is to be noted of a file that was written is its reason."""
    data = asdict(receipt)
    data["reason"] = receipt.reason or "; ".join(receipt.notes) or None
    return {name: data[name] for name in _RECEIPT_FIELDS}


def receipt_words(receipt: Receipt) -> list[str]:
    """A receipt for a person; nothing where there was nothing to do."""
    if receipt.status == "unchanged":
        return []
    where = receipt.target if receipt.target != receipt.path else "in the file"
    parts = [f"{receipt.status:9} {receipt.path}"]
    if receipt.added:
        parts.append("+ " + ", ".join(receipt.added))
    if receipt.removed:
        parts.append("- " + ", ".join(receipt.removed))
    if where:
        parts.append(f"({where})")
    if receipt.mode:
        parts.append(f"[{receipt.mode}]")
    if receipt.reason:
        parts.append(f": {receipt.reason}")
    return ["  ".join(parts), *(f"          note: {note}" for note in receipt.notes)]


def _summary_words(job: Job, counts: Counter[str], *, executed: bool) -> str:
    if not counts:
        return "nothing to undo" if job.kind == "undo" else "nothing to do"
    text = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    if not executed and counts["planned"]:
        text += "; nothing was changed, add --execute to do it"
    return text


def runs(options: Namespace, around: Surroundings) -> int:
    """Print the runs that changed files, newest first."""
    from nivo_tui.catalog.decisions import open_decisions
    from nivo_tui.metadata.journal import Journal

    around.paths.create()
    settle(around)
    connection = open_decisions(around.paths)
    try:
        found = Journal(connection).runs()
        for run in found:
            data = {
                "run": run.run,
                "command": run.command,
                "started": run.started,
                "files": run.files,
                "state": run.state,
            }
            words = f"{run.run:5} {run.started}  {run.files:6} files  {run.state:7} {run.command}"
            around.output.line("run", data, words)
    finally:
        connection.close()
    around.output.summary({"runs": len(found)})
    return DONE


def verify(options: Namespace, around: Surroundings) -> int:
    """Check that pictures are intact and that what was written is still there."""
    around.paths.create()
    settle(around)
    job = Job("verify", {"paths": [absolute(path) for path in options.paths]})
    counts = Counter[str]()

    def show(event: Event) -> None:
        if isinstance(event, Answer):
            counts[event.line["status"]] += 1
            _print_verdict(around.output, event.line)

    ended, interrupted = run_job(around, job, show, reading=True)
    words = ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or "no photo is there"
    around.output.line("summary", ended.summary, words)
    if interrupted:
        return INTERRUPTED
    return SOME_FAILED if counts["differs"] or counts["missing"] else DONE


def _print_verdict(output: Output, line: dict[str, Any]) -> None:
    image = line["image"] or "not known from a scan or a write"
    words = f"{line['status']:8} {line['path']}  image {image}, backup {line['backup']}"
    if line["lost"]:
        words += f"; lost: {', '.join(line['lost'])}"
    if line["changed_by"] == "bit rot":
        words += f"; bit rot in the {'metadata' if line['image'] == 'same' else 'picture'}"
    elif line["changed_by"]:
        words += f"; changed by {line['changed_by']}"
    output.line("verify", line, words)
