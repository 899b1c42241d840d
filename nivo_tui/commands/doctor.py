"""`nivo-tui doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator

from nivo_tui.commands import doctor_system, doctor_terminal
from nivo_tui.commands.common import DONE, SOME_FAILED, Surroundings
from nivo_tui.commands.doctor_checks import Check, failed
from nivo_tui.engine.protocol import Answer, Event, Job
from nivo_tui.errors import NivoError

_HEAVY = "inference and decoders"


def run(options: Namespace, around: Surroundings) -> int:
    """Print every check; 1 where one failed."""
    counts = Counter[str]()
    for check in (*doctor_system.checks(around.paths), *_heavy(around), *doctor_terminal.checks()):
        counts[check.status] += 1
        around.output.line("check", check.as_json(), *check.words())
    summary = {status: counts[status] for status in ("ok", "warn", "fail")}
    words = f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed"
    around.output.line("summary", summary, words)
    return SOME_FAILED if counts["fail"] else DONE


def _heavy(around: Surroundings) -> Iterator[Check]:
    """The checks that load libraries, in an engine: a library that crashes takes only that one with it."""
    from nivo_tui.engine.client import CommandRun

    found: list[Check] = []

    def take(event: Event) -> None:
        if isinstance(event, Answer):
            found.append(Check(**event.line))

    try:
        ended = CommandRun(around.paths, reading=True).run(Job("doctor"), take)
    except NivoError as error:
        yield from found
        yield failed(_HEAVY, str(error), f"see the logs in {around.paths.logs}")
        return
    yield from found
    if ended.state != "done":
        yield failed(_HEAVY, ended.error or ended.state, f"see the logs in {around.paths.logs}")
