"""What the engine and its parent say to each other: one JSON object a line, ASCII.

Orders go to the engine, events come from it. Both are frozen dataclasses; the wire form is their fields
with a `"type"` naming the class. Events are numbered by the ring, not by the pipe.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from nivo_tui.errors import EngineError
from nivo_tui.model import Receipt

PROTOCOL_VERSION = 1


@dataclass(frozen=True, slots=True)
class Job:
    """Something the engine is asked to do. `kind` names a job of `engine.jobs`; `options` is plain data.

    kinds and their options:
      scan   {"paths": [...], "models": "auto", "recheck": false, "limit": null, "quick"}
      write  {"paths": [...], "execute": true, "limit", "keywords", "title", "description", "describe",
              "categories", "target": "auto", "backup": true, "command": "..."}
      untag  {"paths": [...], "tags": null, "execute": true}
      undo   {"run": null, "paths": null, "execute": true}
      verify {"paths": [...]}
      backups {"action": "list", "paths": null, "execute": false, "older_than", "changed"}
      models {"action": "list", "names": null, "paths": null}
      settle {}
    """

    kind: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """Order: do this job. Jobs are done in the order they come."""

    type: ClassVar[str] = "run"
    kind: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Order: end the job in hand (or the one named) after the file in hand."""

    type: ClassVar[str] = "cancel"
    job: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Order: these photos are on the screen; analyse them first."""

    type: ClassVar[str] = "look"
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    """Order: the parent needs no more; a command's engine ends after the job in hand."""

    type: ClassVar[str] = "close"


Order = Run | Cancel | Look | Close


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The engine holds the home and takes orders. `provider` is known once models were loaded."""

    type: ClassVar[str] = "ready"
    pid: int
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class EngineBusy:
    """Another engine holds the home; `what` names its job for a person."""

    type: ClassVar[str] = "busy"
    pid: int | None
    what: str


@dataclass(frozen=True, slots=True)
class ModelsLoaded:
    """What analyses the photos: the provider that really ran, why it is that one, and the packs."""

    type: ClassVar[str] = "models"
    provider: str
    detail: str
    packs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobStarted:
    type: ClassVar[str] = "job_started"
    job: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `stage` is "listing", "quick", "deep", "write"; `rate` is per second."""

    type: ClassVar[str] = "progress"
    job: int
    kind: str
    stage: str
    done: int
    total: int | None
    rate: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class PhotoSeen:
    """One photo of a scan is done. `status`: new, changed, moved, unchanged or failed."""

    type: ClassVar[str] = "photo"
    job: int
    path: str
    status: str
    error: str | None = None
    faces: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiptMade:
    """One photo of a write, untag or undo is done."""

    type: ClassVar[str] = "receipt"
    job: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON line of a job whose result is neither a photo nor a receipt (verify ...)."""

    type: ClassVar[str] = "answer"
    job: int
    line: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the live log. `at`: epoch seconds; `level`: info, warn or error; `topic`: a word."""

    type: ClassVar[str] = "log"
    at: float
    level: str
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job is over. `state`: done, cancelled or failed; `summary` is its last JSON line, without "type".

    `wrong`: it failed for what was asked, for the settings or for a database (exit status 2 of a command).
    """

    type: ClassVar[str] = "job_ended"
    job: int
    kind: str
    state: str
    summary: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    wrong: bool = False


Event = (
    EngineReady
    | EngineBusy
    | ModelsLoaded
    | JobStarted
    | Progress
    | PhotoSeen
    | ReceiptMade
    | Answer
    | LogLine
    | JobEnded
)

_EVENTS: dict[str, type[Any]] = {
    kind.type: kind
    for kind in (
        EngineReady,
        EngineBusy,
        ModelsLoaded,
        JobStarted,
        Progress,
        PhotoSeen,
        ReceiptMade,
        Answer,
        LogLine,
        JobEnded,
    )
}
_ORDERS: dict[str, type[Any]] = {kind.type: kind for kind in (Run, Cancel, Look, Close)}


def to_line(message: Order | Event) -> str:
    """The wire form of a message, with its newline; ASCII, so that any path survives the pipe."""
    return json.dumps({"type": message.type, **asdict(message)}, separators=(",", ":"), default=_plain) + "\n"


def event_from_line(line: str) -> Event:
    """Read an event. Raises EngineError for what is none."""
    event: Event = _from_line(line, _EVENTS)
    return event


def order_from_line(line: str) -> Order:
    """Read an order. Raises EngineError for what is none."""
    order: Order = _from_line(line, _ORDERS)
    return order


def _from_line(line: str, kinds: dict[str, type[Any]]) -> Any:
    try:
        data = json.loads(line)
        kind = kinds[data.pop("type")]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise EngineError(f"not a message of this protocol: {line[:80]!r}") from error
    if "receipt" in data:
        data["receipt"] = _receipt(data["receipt"])
    known = {f.name for f in fields(kind)}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
    return kind(**values)


def _receipt(data: dict[str, Any]) -> Receipt:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Receipt(**values)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return os.fsdecode(value)
    raise TypeError(f"{type(value).__name__} is not plain data")
