"""One pass over photos: threads look at them, one writer gathers what they bring and saves it in batches."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nivo_tui.catalog.records import FileStat, PhotoRecord
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.work import InHand, WorkList

_log = logging.getLogger(__name__)

_SAVE_PAUSE_S = 0.25
SAVE_AT = 500
"""Photos in a transaction, at most."""

_RESULTS_WAITING = 256
_CANCEL_PAUSE_S = 0.25
_DRAIN_PAUSE_S = 0.01

_Results = queue.Queue[PhotoRecord | None]


@dataclass(frozen=True, slots=True)
class Pass:
    """`look` makes a photo's record, in any thread; `save` takes records, in the calling thread alone."""

    stage: str
    look: Callable[[str], PhotoRecord]
    save: Callable[[Sequence[PhotoRecord]], None]

    def run(self, context: JobContext, paths: Iterable[str], alone: Iterable[str] = ()) -> None:
        """Look at every path; those `alone` with nothing else in hand. Ends early where the job is cancelled.

        What the screen shows comes first. An error of one photo is in its record and never ends the pass.
        """
        waiting = list(paths)
        work = WorkList(waiting, alone)
        results: _Results = queue.Queue(_RESULTS_WAITING)
        in_hand = InHand(context.paths.home)
        threads = [
            threading.Thread(target=self._look_at, args=(work, results, in_hand), name=f"decode-{n}")
            for n in range(min(context.settings.scan.threads or os.cpu_count() or 2, max(len(waiting), 1)))
        ]
        context.on_look(work.first)
        for thread in threads:
            thread.start()
        try:
            self._gather(context, results, len(threads), len(waiting), work)
        finally:
            context.on_look(None)
            work.stop()
            _drain(results, threads)
            in_hand.close()

    def _gather(
        self, context: JobContext, results: _Results, running: int, total: int, work: WorkList
    ) -> None:
        """Save what the threads bring, every 250 ms or 500 photos."""
        ready: list[PhotoRecord] = []
        done = 0
        due = time.monotonic() + _SAVE_PAUSE_S
        while running:
            try:
                record = results.get(timeout=_CANCEL_PAUSE_S)
                if record is None:
                    running -= 1
                else:
                    ready.append(record)
                    done += 1
            except queue.Empty:
                pass
            now = time.monotonic()
            if ready and (now >= due or len(ready) >= SAVE_AT):
                self.save(ready)
                ready.clear()
                due = now + _SAVE_PAUSE_S
            context.progress(self.stage, done, total)
            if context.cancelled():
                work.stop()
        self.save(ready)
        context.progress(self.stage, done, total, last=True)

    def _look_at(self, work: WorkList, results: _Results, in_hand: InHand) -> None:
        """One thread."""
        try:
            while (path := work.take()) is not None:
                try:
                    in_hand.note(path)
                    results.put(self._one(path))
                finally:
                    in_hand.note(None)
                    work.done()
        finally:
            results.put(None)

    def _one(self, path: str) -> PhotoRecord:
        try:
            return self.look(path)
        except MemoryError:
            reason = "not enough memory for this picture; lower [scan] pixel_budget or threads"
        except Exception as error:  # a fault of ours must cost one photo, not the run
            _log.exception("analysing %r failed", path)
            reason = f"internal error ({type(error).__name__}); the log has the details"
        # Without directory facts and versions the next scan tries it again.
        return PhotoRecord(path=path, stat=FileStat(0, 0, 0), error=reason)


def _drain(results: _Results, threads: Sequence[threading.Thread]) -> None:
    """Let threads that wait for room in the queue come to their end."""
    for thread in threads:
        while thread.is_alive():
            with suppress(queue.Empty):
                results.get_nowait()
            thread.join(_DRAIN_PAUSE_S)
