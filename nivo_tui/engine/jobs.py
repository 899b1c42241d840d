"""The jobs the engine knows, by kind."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from nivo_tui.engine.context import JobContext
from nivo_tui.engine.protocol import Run
from nivo_tui.errors import EngineError
from nivo_tui.text import plain

Job = Callable[[JobContext, dict[str, Any]], dict[str, Any]]

_VERBS = {
    "scan": "scanning",
    "renew": "applying what changed",
    "write": "writing",
    "untag": "untagging",
    "undo": "undoing",
    "verify": "verifying",
}


_JOBS = {
    "scan": "scan:scan",
    "renew": "renewing:renew",
    "write": "writing:write",
    "untag": "writing:untag",
    "undo": "writing:undo",
    "settle": "settling:settle",
    "verify": "verifying:verify",
    "backups": "backups:backups",
    "models": "modelstore:models",
    "doctor": "checks:doctor",
}
"""The function of each kind; its module is imported when such a job is done."""


def run_job(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Do a job; returns its summary. Raises NivoError where it cannot be done at all."""
    if context.kind not in _JOBS:
        raise EngineError(f"unknown job {context.kind!r}")
    module, _, name = _JOBS[context.kind].partition(":")
    job: Job = getattr(importlib.import_module(f"nivo_tui.engine.{module}"), name)
    return job(context, options)


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
