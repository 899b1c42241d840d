"""What depends on the whole library: the bars that ticks follow, and the tags that say nothing in it."""

from __future__ import annotations

import sqlite3

from nivo_tui.catalog.bars import BarRows, TagBar
from nivo_tui.catalog.learned import bars_in_use
from nivo_tui.catalog.photos import PhotoStore
from nivo_tui.model import Category
from nivo_tui.tagging.uninformative import uninformative
from nivo_tui.tagging.vocabulary import Vocabulary


def settle_library(photos: PhotoStore, decisions: sqlite3.Connection, vocabulary: Vocabulary) -> int:
    """Note which tags say nothing here, and let ticks follow the bars of now; how many ticks that moved."""
    note_uninformative(photos, vocabulary)
    return follow_bars(photos, decisions, vocabulary)


def note_uninformative(photos: PhotoStore, vocabulary: Vocabulary) -> None:
    """Find the tags that nearly every photo would get, in the whole library."""
    total, counts = photos.tag_counts()
    silent = uninformative(counts, total, vocabulary)
    photos.set_uninformative({tag: counts[tag] for tag in silent})


def follow_bars(photos: PhotoStore, decisions: sqlite3.Connection, vocabulary: Vocabulary) -> int:
    """Tick each tag at or above its bar: the learned one where that is switched on, else the vocabulary's.

    Names of people are never ticked. Returns on how many photos a tick came or went.
    """
    rows = BarRows(photos)
    known = (vocabulary.get(tag) for tag in rows.suggested())
    judged = [
        tag for tag in known if tag is not None and not tag.fact and tag.category is not Category.PEOPLE
    ]
    rows.note(TagBar(tag.id, tag.label, tag.floor, tag.bar) for tag in judged)
    learned = bars_in_use(photos.connection, decisions)
    return sum(rows.apply(tag.id, max(tag.floor, learned.get(tag.id, tag.bar))) for tag in judged)
