"""The jobs the engine knows, by kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from nivo_tui.engine.context import JobContext
from nivo_tui.engine.protocol import Run
from nivo_tui.errors import EngineError
from nivo_tui.text import plain

_VERBS = {
    "scan": "scanning",
    "write": "writing",
    "untag": "untagging",
    "undo": "undoing",
    "verify": "verifying",
}


def run_job(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Do a job; returns its summary. Raises NivoError where it cannot be done at all."""
    if context.kind == "scan":
        from nivo_tui.engine.scan import ScanJob

        return ScanJob(context, options).run()
    if context.kind == "doctor":
        from nivo_tui.engine.checks import doctor

        return doctor(context, options)
    if context.kind == "verify":
        from nivo_tui.engine.verifying import verify

        return verify(context, options)
    if context.kind == "backups":
        from nivo_tui.engine.backups import backups

        return backups(context, options)
    if context.kind == "models":
        from nivo_tui.engine.modelstore import models

        return models(context, options)
    from nivo_tui.engine import writing

    jobs: dict[str, Callable[[JobContext, dict[str, Any]], dict[str, Any]]] = {
        "write": writing.write,
        "untag": writing.untag,
        "undo": writing.undo,
        "settle": writing.settle,
    }
    if context.kind not in jobs:
        raise EngineError(f"unknown job {context.kind!r}")
    return jobs[context.kind](context, options)


def title_of(order: Run) -> str:
    """A job in a few words, for a person who waits for it."""
    paths = order.options.get("paths") or []
    where = os.path.basename(str(paths[0]).rstrip(os.sep)) if len(paths) == 1 else f"{len(paths)} paths"
    name = _VERBS.get(order.kind, order.kind)
    if order.kind == "write" and not order.options.get("execute"):
        name = "planning a write of"
    if order.kind == "models":
        name = f"models {order.options.get('action')}"
    return plain(f"{name} {where}" if paths else name)
