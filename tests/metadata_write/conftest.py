"""What most tests of writing begin with: a journal in a home of its own, and a photo with one keyword."""

from __future__ import annotations

from pathlib import Path

import pytest

from nivo_tui.metadata.journal import Journal
from tests.metadata_write.builders import bag, jpeg, open_journal, packet, xmp_segment


@pytest.fixture
def journal(home: Path) -> Journal:
    return open_journal()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    path = folder / "sea.jpg"
    path.write_bytes(jpeg(xmp_segment(packet(bag("dc:subject", "sea")))))
    return path
