"""The orders of a parent, and the events it gets whatever becomes of the home."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from nivo_tui.catalog.jobs import JobBoard
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.engine.emitter import Emitter
from nivo_tui.engine.process import Orders
from nivo_tui.engine.protocol import Cancel, Close, LogLine, Order, Run, event_from_line, to_line
from nivo_tui.settings import load_paths


class Parent:
    """The other end of the pipe of orders."""

    def __init__(self) -> None:
        read, self._pipe = os.pipe()
        self.orders = Orders(read)

    def say(self, *orders: Order) -> None:
        os.write(self._pipe, "".join(map(to_line, orders)).encode())

    def end(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def parent() -> Iterator[Parent]:
    made = Parent()
    yield made
    made.end()


def _wait_until_gone(orders: Orders) -> None:
    """The orders are read in turn: when the last was read, all were."""
    while not orders.gone:
        assert orders.next(0.05) is None


def test_a_cancel_that_overtakes_the_engine_still_ends_the_job(parent: Parent) -> None:
    parent.say(Run("scan", {}), Cancel(), Run("write", {}))
    first, second = (parent.orders.next(5) for _ in range(2))
    assert first is not None and first.kind == "scan" and second is not None
    assert parent.orders.cancel


def test_a_cancel_without_a_job_does_not_reach_the_next(parent: Parent) -> None:
    parent.say(Cancel(), Close())
    _wait_until_gone(parent.orders)
    assert not parent.orders.cancel
    parent.orders.begin()
    parent.orders.cancel = True
    parent.orders.end()
    assert not parent.orders.cancel


def test_the_parent_hears_of_everything_though_the_ring_cannot_be_written(tmp_path: Path) -> None:
    paths = load_paths(tmp_path / "home")
    paths.create()
    connection = open_catalog(paths)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(sqlite3.Error):
        JobBoard(connection).append(["x"])
    read, write = os.pipe()
    emitter = Emitter(write, JobBoard(connection))
    for n in range(3):
        emitter.log("scan", str(n))
        emitter.working_on(str(n))
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(read, 1000)
        event = event_from_line(line.decode())
        assert isinstance(event, LogLine) and event.text == str(n)
    emitter.close()
    os.close(read)
    os.close(write)
