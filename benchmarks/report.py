"""One table on the screen and the same figures as JSON under benchmarks/out/."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

OUT = Path(__file__).parent / "out"

Row = Mapping[str, str | float | int | None]


def report(name: str, rows: Sequence[Row]) -> None:
    """Print the rows as a table and write them to `benchmarks/out/NAME.json` with the machine's facts."""
    columns = list(rows[0])
    cells = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    for line in cells:
        left = line[0].ljust(widths[0])
        print(left, *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)), sep="  ")
    OUT.mkdir(exist_ok=True)
    facts = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }
    target = OUT / f"{name}.json"
    target.write_text(json.dumps({**facts, "rows": [dict(row) for row in rows]}, indent=1) + "\n")
    print(f"\nwritten to {target}")


def _text(value: str | float | int | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return str(value)
