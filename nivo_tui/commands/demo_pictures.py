"""Landscapes drawn by arithmetic, for a demo library where no photographs are at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Plane = npt.NDArray[Any]
Colour = tuple[int, int, int]
Sun = tuple[float, float, Colour]
Painter = Callable[[np.random.Generator], Image.Image]

SNOW = (0.95, 0.98, 1.0)
WIDTH, HEIGHT = 960, 640


def _tint(colour: Sequence[float]) -> Plane:
    return np.asarray(colour, np.float32)


def _smooth(rng: np.random.Generator, columns: int, rows: int) -> Plane:
    """A (HEIGHT, WIDTH) plane of 0-1, interpolated from a grid of random values."""
    grid = rng.random((max(rows, 2), max(columns, 2))).astype(np.float32)
    image = Image.fromarray(grid).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    plane: Plane = np.clip(np.asarray(image, np.float32), 0, 1)
    return plane


def _clouds(rng: np.random.Generator, columns: int, rows: int, octaves: int = 5) -> Plane:
    """Fractal noise of 0-1: each octave doubles the detail at half the weight."""
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for octave in range(octaves):
        total += _smooth(rng, columns << octave, rows << octave) / 2**octave
    low, high = float(total.min()), float(total.max())
    scaled: Plane = (total - low) / (high - low)
    return scaled


def _gradient(stops: Sequence[tuple[float, Colour]]) -> Plane:
    """A (HEIGHT, WIDTH, 3) picture whose rows run through the colours; places are 0 (top) to 1."""
    places = [place for place, _ in stops]
    rows = np.linspace(0, 1, HEIGHT)
    channels = [np.interp(rows, places, [colour[i] for _, colour in stops]) for i in range(3)]
    column = np.stack(channels, axis=1)[:, None, :]
    return np.repeat(column, WIDTH, axis=1).astype(np.float32)


def _mix(picture: Plane, colour: Colour | Plane, amount: Plane) -> Plane:
    """The picture with `amount` (0-1 for each pixel) of a colour or another picture laid over it."""
    share = np.clip(amount, 0, 1)[..., None]
    mixed: Plane = picture * (1 - share) + np.asarray(colour, np.float32) * share
    return mixed


def _ridge(rng: np.random.Generator, base: float, swing: float, detail: int) -> Plane:
    """The height of a skyline for each column, as rows from the top."""
    line = np.zeros(WIDTH, np.float32)
    for octave in range(6):
        points = rng.random((detail << octave) + 2)
        line += np.interp(np.linspace(0, len(points) - 1, WIDTH), range(len(points)), points) / 2**octave
    line = (line - line.mean()) / (line.max() - line.min())
    return np.asarray((base - line * swing) * HEIGHT, np.float32)


def _below(line: Plane) -> Plane:
    """1 below a skyline and 0 above it, with one soft row between."""
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    edge: Plane = np.clip(rows - line[None, :], 0, 1)
    return edge


def _glow(x: float, y: float, radius: float) -> Plane:
    """Light that falls off around a point; places are shares of width and height."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    distance = np.hypot(columns - x * WIDTH, rows - y * HEIGHT) / (radius * HEIGHT)
    return np.asarray(np.exp(-(distance**2)), np.float32)


def _finish(picture: Plane, rng: np.random.Generator, grain: float = 2.5) -> Image.Image:
    noisy = picture + rng.normal(0, grain, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _sea(rng: np.random.Generator, sky: Sequence[tuple[float, Colour]], water: Colour, sun: Sun) -> Plane:
    horizon = 0.56
    x, y, warm = sun
    picture = _gradient([(place * horizon, colour) for place, colour in sky])
    picture = _mix(picture, (255, 236, 214), (_clouds(rng, 3, 9) - 0.5) * 1.1)
    picture = _mix(picture, warm, _glow(x, y, 0.42) * 0.75)
    picture = _mix(picture, (255, 250, 232), _glow(x, y, 0.055) * 1.6)
    line = round(HEIGHT * horizon)
    ripples = _clouds(rng, 5, 60, 4)[line:]
    mirror = picture[:line][::-1][: HEIGHT - line]
    mirror = np.concatenate([mirror, np.repeat(mirror[-1:], HEIGHT - line - len(mirror), axis=0)])
    sea = _mix(mirror, water, 0.45 + 0.5 * ripples)
    columns = np.abs(np.arange(WIDTH, dtype=np.float32) / WIDTH - x)[None, :]
    picture[line:] = _mix(sea, warm, np.exp(-((columns / 0.07) ** 2)) * (ripples > 0.52) * 0.75)
    return picture


def sunset_sea(rng: np.random.Generator) -> Image.Image:
    """The sun low over the sea."""
    sky = [(0, (48, 58, 112)), (0.55, (196, 104, 104)), (1.0, (252, 190, 108))]
    return _finish(_sea(rng, sky, (40, 48, 84), (0.62, 0.50, (255, 170, 80))), rng)


def blue_sea(rng: np.random.Generator) -> Image.Image:
    """A bright day at the sea, with a beach in front."""
    sky = [(0, (62, 132, 214)), (1.0, (190, 222, 244))]
    picture = _sea(rng, sky, (18, 96, 150), (0.2, -0.1, (255, 255, 255)))
    sand = _below(_ridge(rng, 0.84, 0.03, 2))
    picture = _mix(picture, (250, 250, 246), _below(_ridge(rng, 0.82, 0.03, 3)) * 0.9)
    return _finish(
        _mix(picture, _tint([222, 200, 158]) * (0.85 + 0.2 * _clouds(rng, 60, 60)[..., None]), sand), rng
    )


def _hills(rng: np.random.Generator, sky: Sequence[tuple[float, Colour]], far: Colour, near: Colour) -> Plane:
    picture = _mix(_gradient(sky), (255, 255, 255), (_clouds(rng, 4, 6) - 0.55) * 1.3)
    layers = 5
    for layer in range(layers):
        share = layer / (layers - 1)
        line = _ridge(rng, 0.46 + 0.11 * layer, 0.22 - 0.03 * layer, 2 + layer)
        colour = _tint(far) * (1 - share) + _tint(near) * share
        texture = 0.82 + 0.36 * _clouds(rng, 12 + 20 * layer, 12 + 20 * layer)[..., None] * (0.3 + share)
        picture = _mix(picture, colour * texture, _below(line))
    return picture


def green_hills(rng: np.random.Generator) -> Image.Image:
    """Hills in spring."""
    sky = [(0, (92, 150, 216)), (0.6, (206, 226, 240))]
    return _finish(_hills(rng, sky, (150, 176, 196), (62, 116, 44)), rng)


def misty_hills(rng: np.random.Generator) -> Image.Image:
    """Hills one behind the other in morning mist."""
    sky = [(0, (176, 168, 190)), (0.6, (240, 214, 196))]
    picture = _hills(rng, sky, (206, 192, 196), (60, 62, 84))
    return _finish(_mix(picture, (236, 222, 214), _clouds(rng, 2, 5) * 0.45), rng)


def snowy_mountains(rng: np.random.Generator) -> Image.Image:
    """Snow under a clear sky."""
    picture = _gradient([(0, (40, 96, 180)), (0.7, (178, 208, 236))])
    for base, swing, shade in ((0.5, 0.5, 0.82), (0.74, 0.3, 0.95)):
        line = _ridge(rng, base, swing, 4)
        slope = np.gradient(line)[None, :] * 14
        rock = _clouds(rng, 14, 14)
        snow = np.clip(236 * shade + slope - 70 * (rock > 0.62), 60, 252)[..., None] * _tint(SNOW)
        picture = _mix(picture, snow, _below(line))
    return _finish(_mix(picture, (244, 248, 252), _below(_ridge(rng, 0.86, 0.05, 2))), rng)


def night_sky(rng: np.random.Generator) -> Image.Image:
    """Stars and the Milky Way over dark hills."""
    picture = _gradient([(0, (6, 9, 22)), (0.8, (24, 34, 62))])
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    band = np.exp(-(((columns * 0.55 - rows + 60) / 150) ** 2)) * (0.35 + 0.65 * _clouds(rng, 9, 6))
    picture = _mix(picture, (128, 132, 172), band * 0.55)
    stars = np.zeros((HEIGHT, WIDTH), np.float32)
    places = rng.integers(0, HEIGHT, 2600), rng.integers(0, WIDTH, 2600)
    stars[places] = rng.pareto(1.6, 2600).clip(0, 9) / 3
    points = Image.fromarray((stars * 85).clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    picture += np.asarray(points, np.float32)[..., None] * _tint([3.0, 3.0, 3.1])
    return _finish(_mix(picture, (4, 5, 9), _below(_ridge(rng, 0.86, 0.2, 4))), rng, 3.5)


def _trees(rng: np.random.Generator, back: Colour, leaves: Sequence[Colour], ground: Colour) -> Plane:
    light = _clouds(rng, 8, 6)
    picture = _gradient([(0, back), (0.7, back), (1.0, ground)])
    picture = _mix(picture, ground, light * 0.5)
    trunks = Image.new("L", (WIDTH, HEIGHT), 0)
    draw = ImageDraw.Draw(trunks)
    for depth in range(3):
        for _ in range(16 - 4 * depth):
            x, half = int(rng.integers(0, WIDTH)), int(rng.integers(3, 7)) + depth * 7
            foot = HEIGHT * (0.74 + 0.12 * depth)
            draw.polygon(
                [(x - half * 0.6, 0), (x + half * 0.6, 0), (x + half, foot), (x - half, foot)],
                110 + 70 * depth,
            )
    wood = np.asarray(trunks.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 255
    picture = _mix(picture, _tint([58, 44, 34]) * (0.7 + 0.6 * _clouds(rng, 90, 5)[..., None]), wood)
    for leaf in leaves:
        canopy = _clouds(rng, 26, 22) - np.linspace(0.30, 0.72, HEIGHT, dtype=np.float32)[:, None]
        picture = _mix(picture, _tint(leaf) * (0.6 + 0.7 * light[..., None]), canopy * 4)
    floor = _below(_ridge(rng, 0.84, 0.05, 3))
    return _mix(picture, _tint(ground) * (0.6 + 0.8 * _clouds(rng, 90, 70)[..., None]), floor)


def forest(rng: np.random.Generator) -> Image.Image:
    """A wood in summer."""
    leaves = [(48, 92, 34), (84, 134, 46), (132, 172, 70)]
    return _finish(_trees(rng, (190, 210, 168), leaves, (72, 84, 42)), rng)


def autumn_wood(rng: np.random.Generator) -> Image.Image:
    """A wood in autumn."""
    leaves = [(176, 74, 26), (214, 124, 34), (236, 180, 62)]
    return _finish(_trees(rng, (226, 208, 176), leaves, (150, 88, 38)), rng)


def flower_field(rng: np.random.Generator) -> Image.Image:
    """Rows of lavender that run to the horizon."""
    picture = _mix(
        _gradient([(0, (112, 164, 220)), (0.42, (232, 226, 220))]), (255, 255, 255), _clouds(rng, 4, 8) * 0.4
    )
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    depth = np.clip(rows / HEIGHT - 0.42, 1e-3, None)
    across = (columns / WIDTH - 0.5) / depth
    rows_of_flowers = 0.5 + 0.5 * np.cos(across * 9)
    bloom = _tint([126, 88, 176]) * (0.7 + 0.6 * _clouds(rng, 160, 120)[..., None])
    field = _mix(np.full((HEIGHT, WIDTH, 3), (96, 120, 72), np.float32), bloom, rows_of_flowers * 1.2)
    return _finish(_mix(picture, field, _below(np.full(WIDTH, HEIGHT * 0.43, np.float32))), rng)


def dunes(rng: np.random.Generator) -> Image.Image:
    """Sand dunes in the evening."""
    picture = _gradient([(0, (88, 128, 184)), (0.55, (238, 206, 168))])
    for base, colour in ((0.52, (214, 158, 108)), (0.64, (204, 138, 82)), (0.80, (178, 108, 60))):
        line = _ridge(rng, base, 0.16, 1)
        ripple = 0.92 + 0.12 * np.sin(np.arange(HEIGHT)[:, None] * 0.55 + _clouds(rng, 4, 4) * 22)
        picture = _mix(picture, _tint(colour) * ripple[..., None].astype(np.float32), _below(line))
    return _finish(picture, rng)


def city_at_dusk(rng: np.random.Generator) -> Image.Image:
    """Lit windows against the last light."""
    sky = _gradient([(0, (26, 32, 74)), (0.6, (150, 92, 118)), (0.8, (236, 150, 96))])
    picture = Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for depth, shade in ((0, (58, 52, 84)), (1, (34, 32, 54)), (2, (18, 18, 32))):
        x = 0
        while x < WIDTH:
            wide, top = (
                int(rng.integers(46, 110)),
                int(HEIGHT * rng.uniform(0.28 + 0.12 * depth, 0.66 + 0.1 * depth)),
            )
            draw.rectangle([x, top, x + wide, HEIGHT], fill=shade)
            _light_windows(draw, rng, (x, top, wide), 0.16 + 0.1 * depth)
            x += wide + int(rng.integers(0, 14))
    return _finish(np.asarray(picture, np.float32), rng, 3.0)


def _light_windows(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, house: tuple[int, int, int], lit: float
) -> None:
    left, top, wide = house
    for y in range(top + 10, HEIGHT, 17):
        for x in range(left + 7, left + wide - 9, 14):
            if rng.random() < lit:
                draw.rectangle([x, y, x + 6, y + 9], fill=(255, int(rng.integers(190, 232)), 140))


PAINTERS: tuple[Painter, ...] = (
    sunset_sea, blue_sea, green_hills, misty_hills, snowy_mountains, night_sky, forest, autumn_wood,
    flower_field, dunes, city_at_dusk,
)  # fmt: skip
