"""Messages survive the pipe, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.engine import protocol as p
from nivo_tui.errors import EngineError
from nivo_tui.model import Receipt

MESSAGES = [
    p.EngineReady(7),
    p.EngineBusy(None, "scanning"),
    p.ModelsLoaded("CPU", "because", ("a", "b"), ()),
    p.JobStarted(1, "scan", "scanning x"),
    p.Progress(1, "scan", "deep", 3, None, 1.5, None),
    p.PhotoSeen(1, "/a/caf\udce9\n\x1b.jpg", "failed", "why", None),
    p.ReceiptMade(1, Receipt("/a", None, "refused", fields=("x",), reason="because")),
    p.Answer(1, {"status": "ok", "lost": ["a"]}),
    p.LogLine(1.5, "warn", "scan", "日本"),
    p.JobEnded(1, "scan", "done", {"photos": 3}),
]
ORDERS = [p.Run("scan", {"paths": ["/a"]}), p.Cancel(), p.Look(("/a", "/b")), p.Close()]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.type)
def test_events_come_back(message: p.Event) -> None:
    line = p.to_line(message)
    assert line.isascii() and line.count("\n") == 1
    assert p.event_from_line(line) == message


@pytest.mark.parametrize("message", ORDERS, ids=lambda m: m.type)
def test_orders_come_back(message: p.Order) -> None:
    assert p.order_from_line(p.to_line(message)) == message


@pytest.mark.parametrize("line", ["", "{}", "[1]", "null", '{"type":"nothing"}', "Segmentation fault"])
def test_anything_else_is_a_clear_error(line: str) -> None:
    with pytest.raises(EngineError, match="protocol"):
        p.event_from_line(line)


@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert p.event_from_line(p.to_line(p.LogLine(0.0, "info", "x", text))).text == text
