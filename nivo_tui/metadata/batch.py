"""Plans of many writes, each made while the one before it is carried out."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, pairwise

from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.planned import Plan

_MOST_AHEAD_BYTES = 16 << 20
"""A larger file is planned when its turn comes: two of that size at once would take too much memory."""


def plans_ahead(
    requests: Iterable[WriteRequest | None], options: WriteOptions, run: int = 0
) -> Generator[Plan | None, None, None]:
    """The plan of each request, None for None; to be carried out before the next one is asked for.

    Carrying out waits for the disk, and planning for the processor, so the next plan is made meanwhile, in
    another thread. One that turns out to be of a file that was just changed is made again.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="plan") as planner:
        touched: frozenset[str] = frozenset()
        coming: Future[Plan] | None = None
        for request, following in pairwise(chain(requests, (None,))):
            plan = None
            if request is not None:
                plan = coming.result() if coming else plan_write(request, options, run)
                if touched & _changed(plan):
                    plan = plan_write(request, options, run)
                touched = _changed(plan)
            coming = None
            if following is not None and _is_small(following.path):
                coming = planner.submit(plan_write, following, options, run)
            yield plan


def _changed(plan: Plan) -> frozenset[str]:
    """The files that a plan would change, their links resolved."""
    return frozenset(file.real for file in plan.files if file.status == "planned")


def _is_small(path: str) -> bool:
    try:
        return os.stat(path).st_size <= _MOST_AHEAD_BYTES
    except (OSError, ValueError):
        return True
