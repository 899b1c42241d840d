"""Damaged copies of every file of the corpus: a plan comes back, always, and the file stays untouched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from nivo_tui.imaging.formats import format_of_name
from nivo_tui.metadata.edits import apply_edits
from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
from nivo_tui.metadata.planned import Plan
from nivo_tui.metadata.xmp import Keyword

LARGE = 1 << 20
SHARES = (0.01, 0.07, 0.3, 0.55, 0.8, 0.95, 0.99)
KEYWORDS = (Keyword("nivo bar"), Keyword("Zürich"), Keyword("日本"))
EDGES = (0, 1, 0x7F, 0x80, 0xFF)


@pytest.fixture
def originals(corpus: Path) -> list[Path]:
    return [path for path in sorted(corpus.iterdir()) if format_of_name(path.name) is not None]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few changes of a few bytes, most of them where the metadata of most formats is: at the beginning."""
    for _ in range(chance.randint(1, 4)):
        at = int(len(data) * chance.random() ** 4)
        old = data[at : at + chance.choice((1, 2, 4, 4, 8, 40))]
        new = chance.choice(
            (
                bytes(chance.choice(EDGES) for _ in old),
                chance.randbytes(len(old)),
                len(data).to_bytes(8, "big")[-len(old) :],
                old + old,
                b"",
                data[(start := chance.randrange(len(data))) : start + len(old)],
            )
        )
        data = data[:at] + new + data[at + len(old) :]
        if not data:
            break
    return data


def cuts(data: bytes) -> Iterator[bytes]:
    shares = SHARES if len(data) < LARGE else SHARES[::3]
    return (data[: max(1, int(len(data) * share))] for share in shares)


def mutations(data: bytes, name: str) -> Iterator[bytes]:
    chance = random.Random(name)
    return (mutated(data, chance) for _ in range(12 if len(data) < LARGE else 2) if data)


def plan_of(path: Path, data: bytes, note: str) -> Plan:
    """The plan for a file of these bytes. Nothing may be raised, and nothing written to it."""
    path.write_bytes(data)
    status = path.stat()
    plan = plan_write(WriteRequest(str(path), KEYWORDS, target="file"), WriteOptions())
    assert isinstance(plan, Plan)
    now = path.stat()
    assert (now.st_mtime_ns, now.st_size, now.st_ino) == (status.st_mtime_ns, len(data), status.st_ino), note
    assert path.read_bytes() == data, note
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], note
    (file,) = plan.files
    if file.status == "refused":
        assert file.reason, note
        assert file.new is None, note
    elif file.status == "planned":
        assert file.new is not None, note
        assert apply_edits(file.new, file.undo) == data, note
    else:
        assert file.status == "unchanged", note
    return plan


def test_of_a_file_that_is_cut_off_nothing_but_a_plan_comes(originals: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    for original in originals:
        path = folder / original.name
        for cut in cuts(original.read_bytes()):
            plan_of(path, cut, f"{original.name} cut to {len(cut)} bytes")
        path.unlink(missing_ok=True)


def test_of_a_file_that_is_damaged_nothing_but_a_plan_comes(originals: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for original in originals:
        path = folder / original.name
        for number, data in enumerate(mutations(original.read_bytes(), original.name)):
            plan_of(path, data, f"mutation {number} of {original.name}")
        path.unlink(missing_ok=True)
