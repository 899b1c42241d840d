"""Frames of one burst get one answer, made of each frame's own, and of the touched bursts alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.renewal import FrameRow, RenewalRows
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.consistency import all_bursts, bursts_with, find_bursts, made_consistent
from nivo_tui.engine.renewing import Renewal
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.model import Capture, FileMetadata, Format, FoundObject, Suggestion
from nivo_tui.settings import load_paths
from nivo_tui.tagging.version import SOURCES
from nivo_tui.tagging.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
NOON = datetime(2025, 6, 1, 12)
LOOK = 0x0F1E2D3C4B5A6978
CANON = '{"make": "Canon", "model": "R5"}'


def rate(suggestion: Suggestion) -> Rated:
    tag = VOCABULARY.get(suggestion.tag)
    assert tag is not None
    return Rated(suggestion, not tag.fact and suggestion.confidence >= tag.bar)


def frame(**sure: float) -> tuple[Rated, ...]:
    made = []
    for tag_id, confidence in sure.items():
        tag = VOCABULARY.get(tag_id)
        assert tag is not None
        s = Suggestion(tag_id, tag.label, tag.category, confidence, "made", "why", fact=tag.fact)
        made.append(rate(s))
    return tuple(made)


def by_tag(frames: Sequence[Sequence[Rated]], tag: str) -> list[Rated | None]:
    return [next((r for r in of if r.suggestion.tag == tag), None) for of in frames]


def test_what_most_frames_have_is_suggested_for_all_with_the_median() -> None:
    frames = [frame(beach=0.9), frame(beach=0.71), frame(beach=0.5), frame()]
    made = by_tag(made_consistent(frames, VOCABULARY, rate), "beach")
    assert all(r is not None and r.suggestion.confidence == 0.605 for r in made)
    assert len({r.ticked for r in made if r is not None}) == 1
    own, given_to = made[0], made[3]
    assert own is not None and own.suggestion.why == "why; 3 of 4 frames of the burst, median 0.60"
    assert given_to is not None and "not seen in this frame" in given_to.suggestion.why


def test_what_few_frames_have_stays_and_is_not_ticked() -> None:
    beach = VOCABULARY.get("beach")
    assert beach is not None
    frames = [frame(beach=0.97), frame(), frame(forest=0.8), frame(forest=0.8), frame(forest=0.8)]
    made = made_consistent(frames, VOCABULARY, rate)
    kept, *others = by_tag(made, "beach")
    assert kept is not None and not kept.ticked and others == [None] * 4
    assert beach.floor <= kept.suggestion.confidence < beach.bar
    assert kept.suggestion.why == "why; only in 1 of 5 frames of the burst (0.97 here)"
    assert all(r is not None and r.suggestion.confidence == 0.8 for r in by_tag(made, "forest"))


def test_half_of_the_frames_decide_nothing() -> None:
    frames = [frame(beach=0.9), frame()]
    assert made_consistent(frames, VOCABULARY, rate) == frames


def test_names_counts_and_measurements_stay_each_frame_s_own() -> None:
    frames = [
        frame(single_person=0.9, person_ann_lee=0.9, sharp=0.8, has_animal=0.9),
        frame(single_person=0.6, person_ann_lee=0.7, sharp=0.5, has_animal=0.8),
        frame(couple=0.9, very_blurry=0.9),
    ]
    assert made_consistent(frames, VOCABULARY, rate) == frames


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["beach", "forest", "dog", "calm"]), st.floats(0.35, 1.0)), min_size=2
    )
)
def test_frames_agree_on_what_most_have(given_frames: list[dict[str, float]]) -> None:
    frames = [frame(**{tag: round(sure, 3) for tag, sure in of.items()}) for of in given_frames]
    made = made_consistent(frames, VOCABULARY, rate)
    for tag in ("beach", "forest", "dog", "calm"):
        before, after = by_tag(frames, tag), by_tag(made, tag)
        having = sum(r is not None for r in before)
        if having * 2 > len(frames):
            assert len({(r.suggestion.confidence, r.ticked) for r in after if r is not None}) == 1
            assert None not in after
        elif having * 2 < len(frames):
            assert [r is None for r in after] == [r is None for r in before]
            assert not any(r.ticked for r in after if r is not None)
        else:
            assert after == before


def row(number: int, seconds: float, look: int = LOOK, capture: str = CANON) -> FrameRow:
    return FrameRow(number, (NOON + timedelta(seconds=seconds)).isoformat(), f"{look:016x}", capture)


def test_a_burst_is_of_one_camera_one_look_and_one_moment() -> None:
    other = '{"make": "Nikon", "model": "Z8"}'
    rows = [
        *(row(1, 0), row(2, 1), row(3, 3.5), row(4, 8)),
        *(row(5, 1, capture=other), row(6, 2, capture=other), row(7, 9, look=LOOK ^ 0xFFFF)),
    ]
    assert find_bursts(reversed(rows)) == [(1, 2, 3), (5, 6)]


def test_a_pan_ends_the_burst() -> None:
    looks = [LOOK ^ ((1 << 8 * n) - 1) for n in range(5)]
    found = find_bursts(row(n, n, look) for n, look in enumerate(looks))
    assert found == [(0, 1, 2), (3, 4)]


@dataclass
class Bench:
    """A catalog of photos that exist in it alone; a dog is in them as sure as they are given."""

    store: PhotoStore
    analyser: Analyser

    def add(self, name: str, seconds: float, dog: float | None, look: int = LOOK) -> None:
        analyser = self.analyser
        taken = Capture(
            make="Canon", model="R5", taken_at=NOON + timedelta(seconds=seconds), taken_from="original"
        )
        record = PhotoRecord(
            path=f"/photos/{name}",
            stat=FileStat(1, 10**18 * 2, 1),
            format=Format.JPEG,
            width=4000,
            height=3000,
            metadata=FileMetadata(capture=taken),
            image_hash=name,
            perceptual_hash=f"{look:016x}",
            objects=() if dog is None else (FoundObject("dog", dog, 500.0, 500.0, 3500.0, 2800.0),),
            versions={part: v for part, v in analyser.versions.items() if not part.startswith("rules:")},
        )
        self.store.save([analyser.suggested(record, film=False)])

    def dogs(self) -> dict[str, tuple[float, bool, str]]:
        rows = self.store.connection.execute(
            "SELECT p.image_hash, s.confidence, s.ticked, s.why FROM suggestions s "
            "JOIN photos p ON p.id = s.photo WHERE s.tag = 'dog' ORDER BY 1"
        )
        return {r[0]: (r[1], bool(r[2]), r[3]) for r in rows}

    def everything(self) -> list[tuple[object, ...]]:
        return [
            tuple(r) for r in self.store.connection.execute("SELECT * FROM suggestions ORDER BY photo, tag")
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    paths = load_paths(tmp_path / "home")
    paths.create()
    store = PhotoStore(open_catalog(paths))
    rules = dict.fromkeys(SOURCES, "1")
    yield Bench(store, Analyser(None, VOCABULARY, PixelBudget(), Thumbnails(paths.thumbnails), rules))
    store.connection.close()


def settle(bench: Bench) -> int:
    return Renewal(bench.store, bench.analyser).settle().changed


def test_a_scan_s_end_makes_bursts_consistent_and_a_second_changes_nothing(bench: Bench) -> None:
    for number, dog in enumerate((0.9, 0.8, None, 0.7)):
        bench.add(f"{number}", number, dog)
    bench.add("alone", 60, 0.9)
    own = bench.dogs()
    assert settle(bench) > 0
    settled = bench.dogs()
    assert settled["2"][0] == settled["0"][0] and "3 of 4 frames of the burst" in settled["2"][2]
    assert settled["alone"] == own["alone"]
    before = bench.everything()
    assert settle(bench) == 0 and bench.everything() == before
    # Also where all of it is made anew.
    changed = replace(bench.analyser, rules=dict.fromkeys(SOURCES, "2"))
    renewal = Renewal(bench.store, changed)
    assert renewal.renew(renewal.outdated()).photos == 5
    assert bench.everything() == before


def test_a_new_frame_counts_from_the_frames_own(bench: Bench) -> None:
    for number, dog in enumerate((0.9, 0.9, None)):
        bench.add(f"{number}", number, dog)
    settle(bench)
    assert set(bench.dogs()) == {"0", "1", "2"}
    bench.add("3", 3, None)
    bench.add("4", 4, None)
    settle(bench)
    now = bench.dogs()
    assert set(now) == {"0", "1"} and not any(ticked for _, ticked, _ in now.values())
    assert "only in 2 of 5 frames" in now["0"][2]


def test_what_is_left_of_a_burst_is_as_it_was_by_itself(bench: Bench) -> None:
    bench.add("0", 0, 0.9)
    own = bench.dogs()["0"]
    bench.add("1", 1, None)
    bench.add("2", 2, None)
    settle(bench)
    assert bench.dogs()["0"] != own
    rows = RenewalRows(bench.store)
    rows.leave_bursts(bursts_with(rows, [2]))
    bench.store.forget(["/photos/1", "/photos/2"])
    settle(bench)
    assert bench.dogs() == {"0": own}
    assert rows.unsettled() == {}


def test_of_a_few_new_photos_only_their_time_is_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(5):
        for number in range(3):
            bench.add(f"{hour}-{number}", hour * 3600 + number * 2, 0.9)
    rows = RenewalRows(bench.store)
    every = all_bursts(rows)
    assert every == [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12), (13, 14, 15)]
    monkeypatch.setattr(RenewalRows, "frames", lambda _: pytest.fail("the whole library was read"))
    assert bursts_with(rows, [8]) == [(7, 8, 9)]
    assert bursts_with(rows, [1, 15]) == [(1, 2, 3), (13, 14, 15)]
    spans = [len(rows.frames_between("2025-06-01T14:00:00", "2025-06-01T14:00:04~"))]
    assert spans == [3]


def test_the_other_file_of_a_shot_is_no_frame(bench: Bench) -> None:
    for number in range(3):
        bench.add(f"{number}", number, 0.9)
    bench.store.connection.execute("UPDATE photos SET lead = CAST('/photos/0' AS BLOB) WHERE id = 2")
    assert all_bursts(RenewalRows(bench.store)) == [(1, 3)]
