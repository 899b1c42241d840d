"""Fixtures for every room: where the shared test material is, and a home of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something of the machine, not of the code. New examples are searched for
# at a desk; what decides whether a change is taken must say the same twice.
settings.register_profile(
    "nivo",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nivo")

ROOT = Path(__file__).resolve().parent.parent


def _shared_part(name: str) -> Path:
    part = ROOT.parent / "shared" / name
    if part.is_dir():
        return part
    if os.environ.get("NIVO_REQUIRE_SHARED") == "1":
        pytest.fail(f"the test material {part} is required and absent")
    pytest.skip(f"needs the test material {part}")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of hard metadata files; skips where it is absent."""
    return _shared_part("corpus")


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of labelled photos; skips where it is absent."""
    return _shared_part("photos")


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of real model files; skips where it is absent."""
    return _shared_part("models")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test: nothing of the person who runs the tests is read or written."""
    folder = tmp_path / "nivo-home"
    monkeypatch.setenv("NIVO_HOME", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NIVO_MODELS", raising=False)
    return folder
