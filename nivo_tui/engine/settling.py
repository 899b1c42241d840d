"""The job that settles what an interrupted run left: every engine begins with it, so it imports little."""

from __future__ import annotations

from typing import Any

from nivo_tui.engine.context import JobContext
from nivo_tui.metadata.journal import Journal


def settle(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Finish or roll back what an interrupted run left; says each file it dealt with."""
    settled = Journal(context.decisions_db).settle()
    if settled:
        from nivo_tui.engine.writing import refresh

        for one in settled:
            context.emitter.log("write", f"{one.target}: an interrupted write was {one.outcome}", "warn")
            refresh(context, one.path)
    return {"settled": len(settled)}
