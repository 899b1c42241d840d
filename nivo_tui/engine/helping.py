"""Help with changed rules: processes beside this one read the catalog and suggest, and this one writes.

Whatever goes wrong with a helper, its photos are made here.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

from nivo_tui.catalog.renewal import RenewalRows
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.remaking import Batch, Made, Rules, send
from nivo_tui.platform.process import start

HELPED_FROM = 5000
"""Photos from which on help is worth its half of a second to come."""

_MOST_HELPERS = 3
_AHEAD = 2
"""Batches a helper is asked for before it has answered."""

_PATIENCE_S = 60.0


class Helpers:
    """The helpers of one renewal; none where it is small, on one core, or where phrases are compared."""

    def __init__(self, helpers: Sequence[_Helper] = ()) -> None:
        self._helpers = helpers

    @classmethod
    def of(cls, rows: RenewalRows, analyser: Analyser, photos: int) -> Helpers:
        """As many helpers as there are cores to spare for so many photos; they come after a while."""
        count = min(_MOST_HELPERS, (os.cpu_count() or 1) - 1)
        compares = analyser.analyst is not None and analyser.analyst.phrases is not None
        if photos < HELPED_FROM or compares:
            return cls()
        rules = Rules(
            rows.file, analyser.vocabulary, analyser.rules, analyser.bars, analyser.clocks, analyser.private
        )
        with suppress(OSError):
            return cls([_Helper(rules) for _ in range(count)])
        return cls()

    def __enter__(self) -> Helpers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for helper in self._helpers:
            helper.end()

    def take(self, batch: Batch) -> bool:
        """Let a helper make a batch; False where none has time."""
        return any(helper.take(batch) for helper in self._helpers)

    def ready(self) -> Iterator[tuple[Batch, Made | None]]:
        """The batches that are made, None for one to be made here after all."""
        for helper in self._helpers:
            yield from helper.answers(0.0)

    def rest(self) -> Iterator[tuple[Batch, Made | None]]:
        """All that were taken and are not back yet, waited for."""
        for helper in self._helpers:
            yield from helper.answers(_PATIENCE_S)


class _Helper:
    """One process, and the thread that listens to it."""

    def __init__(self, rules: Rules) -> None:
        self._process = start([sys.executable, "-m", "nivo_tui.engine.helper"], detached=False)
        self._asked: deque[Batch] = deque()
        self._answers: queue.SimpleQueue[Made | None] = queue.SimpleQueue()
        self._there = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(rules,), name="helper", daemon=True)
        self._thread.start()

    def _listen(self, rules: Rules) -> None:
        """Tell it the rules and pass its answers on; None after the last, whatever the reason."""
        # Anything may come of a stream that broke off; no answer is better than a wrong one.
        with suppress(Exception):
            send(_stream(self._process.stdin), rules)
            answers = _stream(self._process.stdout)
            pickle.load(answers)
            self._there.set()
            while True:
                self._answers.put(pickle.load(answers))
        self._there.clear()
        self._answers.put(None)

    def take(self, batch: Batch) -> bool:
        if not self._there.is_set() or len(self._asked) >= _AHEAD:
            return False
        try:
            send(_stream(self._process.stdin), batch)
        except OSError:
            return False
        self._asked.append(batch)
        return True

    def answers(self, seconds: float) -> Iterator[tuple[Batch, Made | None]]:
        """The answers that came, or come within so many seconds each."""
        while self._asked:
            try:
                made = self._answers.get(seconds > 0, seconds or None)
            except queue.Empty:
                if not seconds:
                    return
                made = None
            if made is None:
                yield from self._given_up()
            else:
                yield self._asked.popleft(), made

    def _given_up(self) -> Iterator[tuple[Batch, None]]:
        self._process.kill()
        while self._asked:
            yield self._asked.popleft(), None

    def end(self) -> None:
        """End the process, whatever it does: it only reads."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _stream(stream).close()


def _stream(stream: object) -> BinaryIO:
    assert stream is not None
    return stream  # type: ignore[return-value]
