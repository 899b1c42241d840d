"""From settings and a word like "auto" to everything that analyses photos."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import replace

import cv2

from nivo_tui.catalog.clocks import Correction, read_corrections, signature
from nivo_tui.catalog.decisions import open_decisions
from nivo_tui.catalog.learned import bars_in_use
from nivo_tui.catalog.photos import open_catalog
from nivo_tui.engine import consistency
from nivo_tui.engine.analysis import Analyser
from nivo_tui.engine.own_vocabulary import home_vocabulary
from nivo_tui.engine.protocol import ModelsLoaded
from nivo_tui.imaging.budget import PixelBudget
from nivo_tui.imaging.thumbnails import Thumbnails
from nivo_tui.inference.analyst import Analyst, pack_id
from nivo_tui.inference.packs.finding import find_packs, pack_folders, select
from nivo_tui.model import Category
from nivo_tui.platform.memory import keep_freed_memory
from nivo_tui.platform.packages import clash
from nivo_tui.settings import Paths, PrivatePlace, ScanSettings, Settings
from nivo_tui.tagging.own_words import UserTag, parse_user_tags
from nivo_tui.tagging.phrases import phrases
from nivo_tui.tagging.version import Parts, rules_versions

_BYTES_PER_MB = 1 << 20
_FATAL = "it ended the program three times; it is not used until its files change, or a scan with --recheck"


def load_analyser(
    paths: Paths,
    settings: Settings,
    models: str,
    announce: Callable[[ModelsLoaded], None],
    in_use: Callable[[str | None], None] | None = None,
    barred: Collection[str] = (),
) -> Analyser:
    """Load the models asked for ("auto", "none" or names) and tell what came of it.

    `in_use` is told which pack runs in a thread, and None when it does no more; the packs in `barred` ended
    the program before and are not used.
    Raises PackError for a name that is not there, SettingsError for an unknown device.
    """
    cv2.setNumThreads(1)
    keep_freed_memory()
    own = parse_user_tags(settings.tags, str(paths.config))
    vocabulary = home_vocabulary(paths, settings)
    clocks = read_corrections(paths)
    notes: list[str] = []
    analyst = _load_analyst(paths, settings.scan, own, models, notes, in_use, barred)
    budget = PixelBudget(settings.scan.pixel_budget)
    private = settings.places.private
    rules = rules_versions(vocabulary, _parts(clocks, private))
    thumbnails = Thumbnails(paths.thumbnails)
    analyser = Analyser(analyst, vocabulary, budget, thumbnails, rules, _bars(paths), clocks, private)
    if analyst is None:
        announce(ModelsLoaded("none", "no model is loaded", (), tuple(notes)))
    else:
        provider = analyst.provider
        device = provider.device.upper()
        detail = f"{device} ({provider.detail})" if provider.detail else device
        announce(ModelsLoaded(provider.name, detail, analyst.pack_names, tuple(notes)))
    return analyser


def with_words_of_now(analyser: Analyser, paths: Paths, settings: Settings) -> Analyser:
    """The analyser with the vocabulary as it is now, where the owner's words are others than when it was
    loaded."""
    vocabulary = home_vocabulary(paths, settings)
    rules = rules_versions(vocabulary, _parts(analyser.clocks, analyser.private))
    return replace(analyser, vocabulary=vocabulary, rules=rules)


def _parts(clocks: Sequence[Correction], private: Sequence[PrivatePlace]) -> Parts:
    """What suggestions depend on beside rules and vocabulary, by category."""
    bursts = (f"bursts {consistency.VERSION}",)
    parts: dict[Category, tuple[object, ...]] = dict.fromkeys(consistency.JUDGED, bursts)
    parts[Category.TEMPORAL] = (signature(clocks),)
    parts[Category.LOCATION] = tuple((place.lat, place.lon, place.radius_m) for place in private)
    return parts


def _bars(paths: Paths) -> dict[str, float]:
    """The learned bars of a home, where they are in use."""
    with closing(open_catalog(paths)) as catalog, closing(open_decisions(paths)) as decisions:
        return bars_in_use(catalog, decisions)


def _load_analyst(
    paths: Paths,
    scan: ScanSettings,
    own: Sequence[UserTag],
    models: str,
    notes: list[str],
    in_use: Callable[[str | None], None] | None,
    barred: Collection[str],
) -> Analyst | None:
    if models == "none":
        return None
    if (trouble := clash()) is not None:
        notes.append(trouble)
    folders = pack_folders(paths.models)
    found = [
        replace(pack, status=f"broken: {_FATAL}") if pack_id(pack) in barred else pack
        for pack in find_packs(folders, cache=paths.home / "packs.json")
    ]
    chosen = select(found, models, folders)
    analyst = Analyst.load(
        chosen,
        scan.device,
        notes.append,
        scan.gpu_memory_mb * _BYTES_PER_MB or None,
        faces=scan.faces,
        phrases=phrases(own) if chosen.zeroshot is not None else (),
        text_vectors=paths.home / "text-vectors",
        engine_cache=paths.home / "tensorrt",
        in_use=in_use,
    )
    return analyst if analyst.pack_names else None
