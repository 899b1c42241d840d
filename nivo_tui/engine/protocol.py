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
      renew  {}
      write  {"paths": [...], "execute": true, "limit", "keywords", "title", "description", "describe",
              "categories", "target": "auto", "backup": true, "command": "...",
              "details": false, "root", "stamps"}
      untag  {"paths": [...], "tags": null, "execute": true}
      undo   {"run": null, "paths": null, "execute": true}
      verify {"paths": [...]}
      backups {"action": "list", "paths": null, "execute": false, "older_than", "changed"}
      models {"action": "list", "names": null, "paths": null}
      settle {}
    `details` asks a plan for TargetPlanned and PlanAround; `root` is the library it looks around for.
    `stamps` (path to TargetPlanned.stamp) let a write begin only while all of it is as it was planned. Any
    job may carry a `token`, which its JobStarted repeats.
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
class View:
    """Order: make a picture of this photo for the screen; only the newest one of them is served.

    `size` is the width and height in pixels that it has to fit, of the whole upright photo; with a
    `region` (left, top, right, bottom, in pixels of the upright photo) it is this part, pixel for pixel.
    Answered by a `ViewMade` of the same `request`, unless a newer one came.
    """

    type: ClassVar[str] = "view"
    path: str
    size: tuple[int, int]
    region: tuple[int, int, int, int] | None = None
    request: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    """Order: the parent needs no more; a command's engine ends after the job in hand."""

    type: ClassVar[str] = "close"


Order = Run | Cancel | Look | View | Close


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
    token: str = ""


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
class TargetPlanned:
    """What a plan read of one target; comes before its receipt.

    `old` are the keywords that stand in the target and in its photo now, cut for showing; `old_count` says
    how many there are. `hierarchies` are the new ones, joined by "|". `backup` is the pristine copy that
    would be made, None where none is needed; `size` the target's length now, in bytes. `programs` names
    those that left settings of their own ("lightroom", "darktable"). `names` are the people, `facts`,
    `passed` and `rejected` count what of the photo stays in the catalog. `stamp` changes with what would
    be written and with the files.
    """

    type: ClassVar[str] = "target"
    job: int
    path: str
    target: str
    stamp: str
    old: tuple[str, ...] = ()
    old_count: int = 0
    hierarchies: tuple[str, ...] = ()
    backup: str | None = None
    size: int = 0
    programs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    facts: int = 0
    passed: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class PlanAround:
    """What matters to a plan beside its files; comes at its end.

    `disks` are (folder, bytes needed, bytes free) of each file system; `lightroom` and `darktable` the
    catalogs of theirs that are open, `at_rest` those that lie near by and are not.
    """

    type: ClassVar[str] = "around"
    job: int
    disks: tuple[tuple[str, int, int], ...] = ()
    lightroom: tuple[str, ...] = ()
    darktable: tuple[str, ...] = ()
    at_rest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON line of a job whose result is neither a photo nor a receipt (verify ...)."""

    type: ClassVar[str] = "answer"
    job: int
    line: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ViewMade:
    """A picture that a `View` asked for: a file of the home, its size in pixels, or why there is none."""

    type: ClassVar[str] = "view_made"
    request: int
    path: str
    file: str | None
    width: int = 0
    height: int = 0
    error: str | None = None


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
    | TargetPlanned
    | PlanAround
    | Answer
    | ViewMade
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
        TargetPlanned,
        PlanAround,
        Answer,
        ViewMade,
        LogLine,
        JobEnded,
    )
}
_ORDERS: dict[str, type[Any]] = {kind.type: kind for kind in (Run, Cancel, Look, View, Close)}


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
