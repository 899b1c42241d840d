"""`python -m nivo_tui.engine`: keeps the protocol to itself, then does what it is asked."""

from __future__ import annotations

import argparse
import os
import sys

from nivo_tui.platform.process import duplicate_private, ignore_hangup, ignore_interrupt


def main() -> int:
    """Run the engine until its parent needs no more. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="nivo_tui.engine")
    parser.add_argument("--home", default=None)
    parser.add_argument("--lifetime", choices=("command", "screen"), default="command")
    parser.add_argument("--reading", action="store_true")
    parser.add_argument("--no-wait", action="store_true")
    parser.add_argument("--crashed", action="store_true")
    options = parser.parse_args()
    ignore_interrupt()
    if options.lifetime == "screen":
        ignore_hangup()
    # Photos are decoded side by side: a library's own threads would only get in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    orders = duplicate_private(0)
    events = duplicate_private(1)
    _point_to_nothing_then_log(options.home)

    from nivo_tui.engine.process import Engine

    return Engine(
        home=options.home,
        lifetime=options.lifetime,
        reading=options.reading,
        wait=not options.no_wait,
        crashed=options.crashed,
        orders=orders,
        events=events,
    ).run()


def _point_to_nothing_then_log(home: str | None) -> None:
    """Give native libraries a log to print to: the pipe carries the protocol, the terminal the screen."""
    from nivo_tui.errors import SettingsError
    from nivo_tui.settings import load_paths

    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        paths = load_paths(home)
        paths.create()
        log = os.open(paths.logs / "native.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except (OSError, SettingsError):
        log = null
    os.dup2(log, 1)
    os.dup2(log, 2)


if __name__ == "__main__":
    sys.exit(main())
