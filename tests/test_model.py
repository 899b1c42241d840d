"""The camera's name as people say it."""

from __future__ import annotations

import pytest

from nivo_tui.model import Capture


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Apple", "iPhone 13", "Apple iPhone 13"),
        ("NIKON CORPORATION", "NIKON D40", "NIKON D40"),
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        (" ", "X", "X"),
        ("Acme", " ", "Acme"),
        (None, None, None),
        (" ", "", None),
    ],
)
def test_the_make_is_not_said_twice(make: str | None, model: str | None, camera: str | None) -> None:
    assert Capture(make=make, model=model).camera == camera
