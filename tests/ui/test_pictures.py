"""The preview: placeholder first, the newest picture only, none under a dialog."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import io
import re
import threading
from pathlib import Path

import pytest
from conftest import OpenScreen
from PIL import Image
from rich.console import Console
from screen_fakes import FakeLibrary

from nivo_tui.engine import protocol
from nivo_tui.model import Face
from nivo_tui.ui.images import loading
from nivo_tui.ui.images.drawing import Drawn, draw
from nivo_tui.ui.images.factory import PictureSupport, prepare
from nivo_tui.ui.images.fitting import Box, CellSize
from nivo_tui.ui.images.picture import Picture
from nivo_tui.ui.images.sixel import sixels


@pytest.fixture
def thumbnails(tmp_path: Path) -> Path:
    for number in range(12):
        Image.new("RGB", (320, 240), (20 * number, 90, 160)).save(tmp_path / f"{number}.jpg")
    return tmp_path


def shown(screen) -> Drawn | None:
    """The picture on the screen, None where words are."""
    return screen.review.query_one("#picture", Picture).drawn


def colour(screen) -> tuple[int, int, int] | None:
    """The colour of the first half cell of the picture."""
    drawn = shown(screen)
    if drawn is None:
        return None
    style = next(iter(drawn.strips[0])).style
    return tuple(style.color.triplet)


async def test_words_give_way_to_the_picture_in_the_same_place(
    open_screen: OpenScreen, thumbnails: Path
) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        place = screen.review.query_one("#picture")
        before = place.region
        assert "4032×3024" in screen.text()
        await screen.until(lambda: shown(screen) is not None)
        assert place.region == before
        assert (shown(screen).box.width, shown(screen).box.height) == tuple(before.size)
        assert "▀▀▀▀" in screen.text()
        await screen.press("right")
        await screen.until(lambda: colour(screen) is not None and colour(screen)[0] in range(16, 25))


async def test_no_picture_is_drawn_under_a_dialog(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("question_mark")
        await screen.until(lambda: shown(screen) is None)
        await screen.press("escape")
        await screen.until(lambda: shown(screen) is not None)


async def test_a_broken_thumbnail_leaves_a_calm_placeholder(
    open_screen: OpenScreen, thumbnails: Path
) -> None:
    (thumbnails / "0.jpg").write_bytes((thumbnails / "0.jpg").read_bytes()[:200])
    (thumbnails / "1.jpg").unlink()
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: "preview unreadable" in screen.text())
        await screen.press("right", "enter")
        assert len(screen.library.calls) == 1


async def test_a_decision_does_not_draw_the_picture_again(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        drawn = shown(screen)
        await screen.press("5", "j", "x", "f")
        assert shown(screen) is drawn


def test_pictures_are_prepared_at_the_size_of_their_place(thumbnails: Path) -> None:
    picture = prepare(str(thumbnails / "3.jpg"), (90, 70))
    assert (picture.size, picture.mode) == ((90, 70), "RGB")
    with pytest.raises(OSError):
        prepare(str(thumbnails / "none.jpg"), (9, 9))


def test_budgets_follow_the_line() -> None:
    local, remote = PictureSupport("sixel"), PictureSupport("sixel", remote=True)
    assert remote.most_pixels < local.most_pixels
    assert PictureSupport("half").most_pixels is None
    assert not PictureSupport("none").draws


@pytest.mark.parametrize("kind", ["sixel", "kitty"])
async def test_every_protocol_draws(open_screen: OpenScreen, thumbnails: Path, kind: str) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport(kind, CellSize(10, 20))) as screen:
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("right")
        await screen.until(lambda: shown(screen) is not None)


async def test_a_held_key_loads_no_picture_until_it_rests(
    open_screen: OpenScreen, thumbnails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(loading, "prepare", lambda path, *rest: read.append(path) or prepare(path, *rest))
    library = FakeLibrary(60, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half"), debounce=0.2) as screen:
        await screen.until(lambda: shown(screen) is not None)
        first = list(read)
        await screen.press(*["l"] * 25, after=0.03)
        await screen.until(lambda: shown(screen) is not None)
        assert read[len(first) :] == [screen.review.session.sheet.detail.thumbnail]


async def test_of_pictures_that_take_long_only_the_newest_is_drawn(
    thumbnails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on, drawn = threading.Event(), threading.Event(), []

    def slow(path: str, *rest: object) -> Image.Image:
        drawn.append(path)
        entered.set()
        assert go_on.wait(20)
        return prepare(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "prepare", slow)
    drawings = loading.Drawings(PictureSupport("half"))
    wanted = [loading.Wanted(str(n), str(thumbnails / f"{n}.jpg"), Box(8, 4)) for n in range(5)]
    tasks = [asyncio.create_task(drawings.of(one, Console())) for one in wanted[:1]]
    await asyncio.to_thread(entered.wait, 20)
    tasks += [asyncio.create_task(drawings.of(one, Console())) for one in wanted[1:]]
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*tasks)
    assert [result is not None for result in results] == [True, False, False, False, True]
    assert drawn == [wanted[0].file, wanted[4].file]


async def test_the_preview_is_off_and_nothing_is_read(
    open_screen: OpenScreen, thumbnails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("p")
        await screen.until(lambda: shown(screen) is None)
        read = []
        monkeypatch.setattr(loading, "prepare", lambda *asked: read.append(asked) or prepare(*asked))
        await screen.press("l", "l")
        await screen.pilot.pause(0.05)
        assert read == [] and shown(screen) is None
        await screen.press("p")
        await screen.until(lambda: shown(screen) is not None)
        assert len(read) == 1


async def test_a_window_made_tiny_and_back(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(size=(120, 40), library=library, support=PictureSupport("half")) as screen:
        await screen.until(lambda: shown(screen) is not None)
        before = shown(screen).box
        for key in ("", "o", "O"):
            if key:
                await screen.press(key)
            await screen.pilot.resize_terminal(20, 5)
            await screen.until(lambda: shown(screen) is None)
            await screen.pilot.resize_terminal(120, 40)
            await screen.until(lambda: shown(screen) is not None)
        await screen.press("escape", "escape")
        await screen.until(lambda: shown(screen) is not None and shown(screen).box == before)
        assert screen.library.calls == []


def views(screen) -> list[protocol.View]:
    return [order for order in screen.link.orders if isinstance(order, protocol.View)]


async def test_the_full_picture_is_sharper_when_the_engine_answers(
    open_screen: OpenScreen, thumbnails: Path, tmp_path: Path
) -> None:
    library = FakeLibrary(6, thumbnails)
    support = PictureSupport("sixel", CellSize(10, 20))
    async with open_screen(size=(120, 40), library=library, support=support) as screen:
        await screen.until(lambda: shown(screen) is not None)
        assert views(screen) == []
        await screen.press("o")
        await screen.until(lambda: views(screen))
        order = views(screen)[0]
        assert order.region is None and order.size[0] > 700
        blurred = shown(screen)
        assert blurred is not None
        sharp = tmp_path / "sharp.jpg"
        Image.effect_noise((900, 675), 90).convert("RGB").save(sharp)
        screen.link.put(protocol.ViewMade(order.request - 1, order.path, "/nowhere.jpg"))
        screen.link.put(protocol.ViewMade(order.request, order.path, str(sharp), 900, 675))
        await screen.until(lambda: shown(screen) not in (None, blurred))
        await screen.press("enter")
        await screen.until(lambda: screen.library.calls)
        await screen.until(lambda: len(views(screen)) == 2)


@pytest.mark.parametrize("answer", ["error", "gone", "none"])
async def test_without_a_sharper_picture_the_thumbnail_stays(
    open_screen: OpenScreen, thumbnails: Path, answer: str
) -> None:
    library = FakeLibrary(6, thumbnails)
    support = PictureSupport("sixel", CellSize(10, 20))
    async with open_screen(size=(120, 40), library=library, support=support) as screen:
        await screen.press("o")
        await screen.until(lambda: views(screen))
        order = views(screen)[0]
        if answer == "error":
            screen.link.put(protocol.ViewMade(order.request, order.path, None, error="broken"))
        elif answer == "gone":
            screen.link.put(protocol.ViewMade(order.request, order.path, str(thumbnails / "gone.jpg")))
        for _ in range(10):
            await screen.pilot.pause(0.01)
        await screen.until(lambda: shown(screen) is not None)
        assert "unreadable" not in screen.text()
        await screen.press("l")
        await screen.until(lambda: shown(screen) is not None)


FACES = (Face(2600, 1300, 2800, 1540, 0.9), Face(400, 500, 1800, 2200, 0.95))


def with_faces(library: FakeLibrary) -> None:
    library.photos = {
        path: dataclasses.replace(photo, faces=FACES if number % 2 == 0 else None)
        for number, (path, photo) in enumerate(sorted(library.photos.items()))
    }


@pytest.mark.parametrize("kind", ["sixel", "half"])
async def test_100_percent_goes_from_face_to_face(
    open_screen: OpenScreen, thumbnails: Path, tmp_path: Path, kind: str
) -> None:
    library = FakeLibrary(6, thumbnails)
    support = PictureSupport(kind, CellSize(10, 20))
    async with open_screen(size=(120, 40), library=library, support=support, prepare=with_faces) as screen:
        preview = screen.review.preview
        await screen.press("O")
        await screen.until(lambda: views(screen) and shown(screen))
        assert "100 %  face 1 of 2" in screen.text()
        order = views(screen)[0]
        window = preview._actual.window(support.pixels(shown(screen).box))
        assert (window[2] - window[0], window[3] - window[1]) == support.pixels(shown(screen).box)
        assert abs((window[0] + window[2]) / 2 - 1100) <= 1
        assert order.region[0] <= window[0] and order.region[3] >= window[3]
        blurred = shown(screen)
        part = tmp_path / "part.png"
        left, top, right, bottom = order.region
        Image.effect_noise((right - left, bottom - top), 90).convert("RGB").save(part)
        screen.link.put(protocol.ViewMade(order.request, order.path, str(part), right - left, bottom - top))
        await screen.until(lambda: shown(screen) not in (None, blurred))
        await screen.press("right")
        await screen.until(lambda: preview._shown.file == str(part))
        assert screen.review.session.row == 0
        moved = preview._actual.window(support.pixels(shown(screen).box))
        assert moved[0] > window[0] and len(views(screen)) == 1
        await screen.press("O")
        assert "100 %  face 2 of 2" in screen.text()
        await screen.press("O")
        assert "100 %  face 1 of 2" in screen.text()
        await screen.press("l")
        assert screen.review.session.row == 1 and "100 %" in screen.text()
        assert "face" not in screen.text().splitlines()[-8]
        await screen.press("escape")
        assert "100 %" not in screen.text() and not preview.full
        await screen.press("right")
        assert screen.review.session.row == 2
        await screen.press("o", "O", "o")
        assert preview.full and not preview.actual
        await screen.press("escape")
        assert not preview.full and screen.library.calls == []


async def test_keys_go_on_deciding_at_100_percent(open_screen: OpenScreen, thumbnails: Path) -> None:
    library = FakeLibrary(6, thumbnails)
    async with open_screen(library=library, support=PictureSupport("half")) as screen:
        await screen.press("O")
        await screen.until(lambda: shown(screen) is not None)
        await screen.press("enter")
        await screen.until(lambda: len(screen.library.calls) == 1)
        assert screen.review.session.row == 1 and screen.review.preview.actual


async def test_without_pictures_100_percent_says_so(open_screen: OpenScreen) -> None:
    async with open_screen() as screen:
        await screen.press("O")
        assert "pictures are off" in screen.text()
        assert not screen.review.preview.full


@pytest.mark.parametrize("kind", ["sixel", "kitty", "half"])
def test_over_ssh_any_picture_keeps_to_its_budget(kind: str) -> None:
    """Noise is the worst there is."""
    support = PictureSupport(kind, CellSize(10, 20), remote=True)
    noise = Image.effect_noise((700, 500), 200)
    picture = Image.merge("RGB", [noise, noise.rotate(90).resize(noise.size), noise.rotate(180)])
    drawn = draw(picture, support, Box(120, 43))
    assert support.most_bytes and 0 < drawn.size <= support.most_bytes
    local = draw(picture, PictureSupport(kind, CellSize(10, 20)), Box(120, 43))
    assert local.box == Box(120, 43) and local.size > drawn.size


def test_a_sixel_says_what_its_colours_are() -> None:
    """Painted by the letters of the standard, it is the picture in the colours it was brought down to."""
    picture = Image.radial_gradient("L").resize((61, 47)).convert("RGB")
    picture.paste((200, 30, 30), (5, 5, 30, 20))
    few = picture.quantize(16, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert("RGB")
    expected = few.point(lambda value: (value * 100 + 127) // 255)
    assert painted(sixels(picture, 16)).tobytes() == expected.tobytes()


def painted(text: str) -> Image.Image:
    """What a terminal makes of a sixel sequence; colours in percent."""
    head = re.match(r'\x1bP0;0;0q"1;1;(\d+);(\d+)', text)
    assert head is not None and text.endswith("\x1b\\")
    width, height = int(head[1]), int(head[2])
    picture = Image.new("RGB", (width, height + 5), (255, 0, 255))
    palette: dict[int, tuple[int, ...]] = {}
    colour = x = y = 0
    for sign in re.finditer(
        r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([$-])|([?-~])", text[head.end() : -2]
    ):
        if sign[1]:
            colour = int(sign[1])
            if sign[2]:
                palette[colour] = tuple(int(part) for part in sign.group(2, 3, 4))
        elif sign[7]:
            x, y = 0, y + 6 * (sign[7] == "-")
        else:
            count, bits = int(sign[5] or 1), ord(sign[6] or sign[8]) - 63
            for column in range(x, x + count):
                for row in range(6):
                    if bits >> row & 1:
                        picture.putpixel((column, y + row), palette[colour])
            x += count
    return picture.crop((0, 0, width, height))


def test_kitty_s_picture_comes_whole_and_is_named_by_its_cells() -> None:
    picture = Image.radial_gradient("L").resize((120, 80)).convert("RGB")
    drawn = draw(picture, PictureSupport("kitty", CellSize(10, 20)), Box(12, 4))
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawn.upload)
    assert "a=T" in parts[0][0] and f"i={drawn.number}" in parts[0][0] and "c=12,r=4" in parts[0][0]
    assert [keys[-1] for keys, _ in parts] == ["1"] * (len(parts) - 1) + ["0"]
    assert all(len(data) <= 4096 for _, data in parts)
    sent = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in parts))))
    assert sent.convert("RGB").tobytes() == picture.tobytes()
    assert [strip.cell_length for strip in drawn.strips] == [12] * 4
    assert all(strip.text.count("\U0010eeee") == 12 for strip in drawn.strips)
    number = drawn.number
    assert f"38;2;{number >> 16};{number >> 8 & 255};{number & 255}m" in next(iter(drawn.strips[0])).text
