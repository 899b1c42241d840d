"""The layout of a picture: measured on any size, kept as text, read again."""

import base64
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nivo_tui.imaging.cells import COLUMNS, ROWS
from nivo_tui.imaging.layout import measure_layout, read_layout


def plain(*rgb, size=(96, 128)):
    return np.full((*size, 3), rgb, np.uint8)


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_picture_has_sixteen_cells_in_their_ranges(rgb):
    text = measure_layout(rgb)
    layout = read_layout(text)
    assert len(text) <= 128 and text.isascii()
    assert layout is not None and len(layout.cells) == ROWS * COLUMNS
    for cell in layout.cells:
        assert 0 <= cell.lightness <= 100 and abs(cell.a) <= 128 and abs(cell.b) <= 128
        assert 0 <= cell.texture <= 25 and 0 <= cell.flat <= 1 and cell.chroma >= 0


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 2), (2000, 80), (80, 2000)])
def test_one_colour_is_that_colour_in_every_cell(size):
    cells = read_layout(measure_layout(plain(40, 90, 200, size=size))).cells
    assert all(cell == cells[0] for cell in cells)
    # L*a*b* of that colour by the CIE's formulas (D65): 41, 21, -59.
    assert cells[0].lightness == pytest.approx(41, abs=1.5)
    assert (cells[0].a, cells[0].b) == (pytest.approx(21, abs=3), pytest.approx(-59, abs=3))
    assert cells[0].texture == 0 and cells[0].flat == 1


def test_cells_lie_where_they_are_in_the_picture():
    rgb = plain(0, 0, 0)
    rgb[:24, :32] = 255
    rgb[72:, 96:] = (255, 0, 0)
    layout = read_layout(measure_layout(rgb))
    assert layout.cells[0].lightness > 95 and layout.cells[1].lightness < 10
    assert layout.rows(3, 3)[-1].a > 50 and layout.rows(0, 0) == layout.cells[:COLUMNS]
    assert len(layout.rows(1, 2)) == 2 * COLUMNS


def test_texture_is_where_neighbours_differ():
    rgb = plain(128, 128, 128)
    rgb[:48, ::2] = 180
    layout = read_layout(measure_layout(rgb))
    assert all(cell.texture > 5 and cell.flat < 0.05 for cell in layout.rows(0, 0))
    assert all(cell.texture == 0 and cell.flat == 1 for cell in layout.rows(3, 3))


def test_a_larger_copy_of_a_picture_has_the_same_layout():
    rng = np.random.default_rng(3)
    small = rng.integers(0, 255, (64, 128, 3), dtype=np.uint8)
    large = small.repeat(8, axis=0).repeat(8, axis=1)
    assert measure_layout(large) == measure_layout(small)


@pytest.mark.parametrize(
    "text", ["", "x", "ä", "====", base64.b64encode(b"short").decode(), base64.b64encode(bytes(81)).decode()]
)
def test_what_is_no_layout_reads_as_none(text):
    assert read_layout(text) is None


def test_reading_a_layout_loads_no_heavy_library():
    code = (
        "import sys; from nivo_tui.imaging.cells import read_layout; read_layout('x');"
        "print([m for m in ('numpy', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
