"""One check of `doctor`, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what came of it. `remedy` says what to do where something is to be done."""

    name: str
    status: Status
    detail: str
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields of a `check` line."""
        return asdict(self)

    def words(self) -> list[str]:
        """The lines for a person."""
        lines = [f"{self.status:5} {self.name:32} {self.detail}"]
        if self.remedy:
            lines.append(f"{'':38} -> {self.remedy}")
        return lines


def fine(name: str, detail: str) -> Check:
    return Check(name, "ok", detail)


def warning(name: str, detail: str, remedy: str) -> Check:
    return Check(name, "warn", detail, remedy)


def failed(name: str, detail: str, remedy: str) -> Check:
    return Check(name, "fail", detail, remedy)
