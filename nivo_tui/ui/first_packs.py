"""The model packs as the first run lists them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOT_INSTALLED = "not installed"
"""The status of a pack that could be fetched, as the engine says it."""


@dataclass(frozen=True, slots=True)
class PackLine:
    """A model pack. `size` is what fetching it costs in bytes, where that is known."""

    name: str
    task: str
    licence: str
    status: str
    size: int | None

    @property
    def here(self) -> bool:
        """Whether it is on this machine, and works."""
        return self.status != NOT_INSTALLED

    @property
    def cost(self) -> int:
        """Bytes to download, for comparing; one of unknown size is the last."""
        return self.size if self.size is not None else sys.maxsize


def packs_of(answers: Sequence[Mapping[str, object]]) -> tuple[PackLine, ...]:
    """The packs of the answers of a job `models list`."""
    made = []
    for answer in answers:
        line = answer.get("pack")
        if not isinstance(line, dict) or str(line.get("status", "")).startswith("broken"):
            continue
        size = answer.get("bytes")
        made.append(
            PackLine(
                str(line.get("name")),
                str(line.get("task")),
                str(line.get("licence") or "licence unknown"),
                str(line.get("status")),
                size if isinstance(size, int) else None,
            )
        )
    return tuple(made)
