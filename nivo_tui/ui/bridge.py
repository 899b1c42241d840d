"""From the engine to the screen: many small events become one message a few times a second."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from nivo_tui.engine import protocol
from nivo_tui.errors import NivoError

_T = TypeVar("_T")
INTERVAL_S = 0.2
TAIL = 60


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened since the batch before. Only progress and plain log lines are ever thinned out."""

    progress: protocol.Progress | None = None
    started: tuple[protocol.JobStarted, ...] = ()
    ended: tuple[protocol.JobEnded, ...] = ()
    receipts: tuple[protocol.ReceiptMade, ...] = ()
    targets: tuple[protocol.TargetPlanned, ...] = ()
    around: protocol.PlanAround | None = None
    errors: tuple[protocol.LogLine, ...] = ()
    log: tuple[protocol.LogLine, ...] = ()
    photos: tuple[protocol.PhotoSeen, ...] = ()
    models: protocol.ModelsLoaded | None = None
    busy: protocol.EngineBusy | None = None
    ready: protocol.EngineReady | None = None
    views: tuple[protocol.ViewMade, ...] = ()
    lost: str | None = None

    def seen(self, path: str) -> bool:
        """Whether the engine finished this photo."""
        return any(photo.path == path for photo in self.photos)


class Source(Protocol):
    """Where events come from; `engine.client.EngineLink` is one."""

    def events(self) -> AsyncIterator[protocol.Event]: ...


def fold(events: Sequence[protocol.Event], clock: Callable[[], float], lost: str | None = None) -> Batch:
    """Make one batch of events, in order: the newest progress, the tail of the log, everything else whole."""

    log = _of(events, protocol.LogLine)
    photos = _of(events, protocol.PhotoSeen)
    failed = tuple(_failure(photo, clock) for photo in photos if photo.error)
    return Batch(
        progress=_newest(_of(events, protocol.Progress)),
        started=_of(events, protocol.JobStarted),
        ended=_of(events, protocol.JobEnded),
        receipts=_of(events, protocol.ReceiptMade),
        targets=_of(events, protocol.TargetPlanned),
        around=_newest(_of(events, protocol.PlanAround)),
        errors=tuple(line for line in log if line.level == "error") + failed,
        log=tuple(line for line in log if line.level != "error")[-TAIL:],
        photos=photos,
        models=_newest(_of(events, protocol.ModelsLoaded)),
        busy=_newest(_of(events, protocol.EngineBusy)),
        ready=_newest(_of(events, protocol.EngineReady)),
        views=_of(events, protocol.ViewMade),
        lost=lost,
    )


def _of(events: Sequence[protocol.Event], kind: type[_T]) -> tuple[_T, ...]:
    return tuple(event for event in events if isinstance(event, kind))


def _newest(found: tuple[_T, ...]) -> _T | None:
    return found[-1] if found else None


def _failure(photo: protocol.PhotoSeen, clock: Callable[[], float]) -> protocol.LogLine:
    return protocol.LogLine(clock(), "error", "error", f"{os.path.basename(photo.path)}  {photo.error}")


class Bridge:
    """Reads every event of the engine and hands on a batch at most every `interval` seconds."""

    def __init__(
        self,
        source: Source,
        deliver: Callable[[Batch], None],
        clock: Callable[[], float],
        interval: float = INTERVAL_S,
    ) -> None:
        self._source = source
        self._deliver = deliver
        self._clock = clock
        self._interval = interval
        self._events: list[protocol.Event] = []
        self._arrived = asyncio.Event()
        self._over: str | None = None

    async def run(self) -> None:
        """Until the events end; the last batch says so in `lost`."""
        reader = asyncio.create_task(self._read())
        try:
            while self._over is None or self._events:
                await self._arrived.wait()
                await asyncio.sleep(self._interval)
                self._arrived.clear()
                self._flush(None)
            self._flush(self._over)
        finally:
            reader.cancel()

    def _flush(self, lost: str | None) -> None:
        events, self._events = self._events, []
        if events or lost:
            self._deliver(fold(events, self._clock, lost))

    async def _read(self) -> None:
        over = "the engine ended"
        try:
            async for event in self._source.events():
                self._events.append(event)
                self._arrived.set()
        except NivoError as error:
            over = str(error)
        finally:
            self._over = over
            self._arrived.set()
