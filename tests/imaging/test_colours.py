"""Plain names of colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from nivo_tui.imaging.colours import COLOURS, count_colours, named, oklch

CSS = {
    "red": "red crimson firebrick darkred tomato",
    "orange": "orange darkorange coral",
    "yellow": "yellow gold khaki",
    "green": "green lime forestgreen olive seagreen palegreen olivedrab",
    "cyan": "cyan teal turquoise darkcyan",
    "blue": "blue navy skyblue royalblue steelblue midnightblue",
    "purple": "purple indigo violet darkorchid",
    "pink": "pink hotpink deeppink lightpink",
    "brown": "saddlebrown sienna chocolate",
    "beige": "tan burlywood wheat",
    "black": "black",
    "grey": "grey silver dimgrey slategrey",
    "white": "white snow ivory ghostwhite",
}


@pytest.mark.parametrize("word", CSS)
def test_named_colours_of_css_bear_their_plain_name(word):
    for name in CSS[word].split():
        colour = np.array([ImageColor.getrgb(name)], np.uint8)
        assert COLOURS[named(colour)[0]] == word, name


@pytest.mark.parametrize(
    ("rgb", "lightness", "chroma", "hue"),
    [
        ((255, 0, 0), 0.628, 0.258, 29.2),
        ((0, 255, 0), 0.866, 0.295, 142.5),
        ((0, 0, 255), 0.452, 0.313, 264.1),
    ],
)
def test_primaries_lie_where_they_are_known_to(rgb, lightness, chroma, hue):
    assert [float(n[0]) for n in oklch(np.array([rgb], np.uint8))] == pytest.approx(
        [lightness, chroma, hue], rel=0.003
    )


@given(st.integers(0, 255))
def test_greys_have_no_hue(level):
    word = COLOURS[named(np.full((1, 3), level, np.uint8))[0]]
    assert word in ("black", "grey", "white")
    assert word == "black" if level < 25 else word != "black" or level < 50


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_every_pixel_is_counted_once(rgb, size):
    channels = [np.full(size, level, np.uint8) for level in rgb]
    counts = count_colours(*channels)
    assert counts.sum() == counts.max() == size[0] * size[1]


def test_counting_agrees_with_naming():
    """But for colours at the very borders, which are looked up a little rounded."""
    rgb = np.random.default_rng(0).integers(0, 256, (4000, 3), dtype=np.uint8)
    counts = count_colours(*(rgb[:, n] for n in range(3)))
    exact = np.bincount(named(rgb), minlength=len(COLOURS))
    assert np.abs(counts - exact).sum() < 0.03 * len(rgb)
