"""Adding keywords to a packet: to its list of keywords, and to its lists of paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nivo_tui.metadata import xmp_tree as tree
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.metadata.xmp_ledger import Ledger
from nivo_tui.metadata.xmp_nodes import clean, clean_keyword
from nivo_tui.metadata.xmp_records import HIERARCHIES, SUBJECT
from nivo_tui.metadata.xmp_sheet import Sheet
from nivo_tui.metadata.xmp_tree import nfc


def distinct(keywords: Iterable[Keyword]) -> list[Keyword]:
    """Keywords as they are written, each text once. Raises XmpError for one that holds nothing."""
    found: dict[str, Keyword] = {}
    for keyword in keywords:
        text = clean_keyword(keyword.text)
        path = tuple(clean_keyword(part) for part in keyword.path)
        found.setdefault(text, replace(keyword, text=text, path=path))
    return list(found.values())


def add_keywords(
    sheet: Sheet, ledger: Ledger, wanted: Sequence[Keyword], have: Sequence[str], elsewhere: Sequence[str]
) -> None:
    """Add what is lacking. `have` are the keywords of the packet, `elsewhere` those of other fields."""
    new = [keyword for keyword in wanted if keyword.text not in set(have)]
    old_paths = {name: [nfc(path) for path in tree.values(sheet.root, name)] for name in HIERARCHIES}
    fields: dict[Keyword, list[str]] = {keyword: [] for keyword in wanted}
    carried: dict[tuple[str, ...], list[str]] = {}
    if new:
        if not have:
            texts = {keyword.text for keyword in new}
            carried = {(text,): [SUBJECT] for text in _one_line(elsewhere) if text not in texts}
        sheet.append(SUBJECT, [path[-1] for path in carried] + [keyword.text for keyword in new])
        for keyword in new:
            fields[keyword].append(SUBJECT)
    standing = _standing_paths(old_paths, (*have, *(path[-1] for path in carried)))
    for name, separator in HIERARCHIES.items():
        added = _lacking(separator, wanted, new, old_paths[name])
        moved: list[tuple[str, ...]] = []
        if added and not old_paths[name]:
            moved = [path for path in standing if not any(separator in part for part in path)]
        sheet.append(name, [separator.join(path) for path in moved])
        sheet.append(name, [separator.join(keyword.path or (keyword.text,)) for keyword in added])
        for path in moved:
            carried.setdefault(path, []).append(name)
        for keyword in added:
            fields[keyword].append(name)
    for path, names in carried.items():
        ledger.note(Keyword(path[-1], path if len(path) > 1 else ()), names, carried=True)
    for keyword, names in fields.items():
        ledger.note(keyword, names)


def _one_line(values: Iterable[str]) -> list[str]:
    cleaned = (" ".join(clean(value).split()) for value in values)
    return list(dict.fromkeys(text for text in cleaned if text))


def _lacking(
    separator: str, wanted: Sequence[Keyword], new: Sequence[Keyword], old: Sequence[str]
) -> list[Keyword]:
    """What a property of paths lacks: every new keyword, and a known one whose leaf no path there has."""
    leaves = {path.rsplit(separator, 1)[-1] for path in old}
    there = set(old)
    added = []
    for keyword in wanted:
        parts = keyword.path or (keyword.text,)
        unplaced = keyword.path and keyword.text not in leaves
        if (keyword in new or unplaced) and not any(separator in part for part in parts):
            path = separator.join(parts)
            if path not in there:
                added.append(keyword)
                there.add(path)
    return added


def _standing_paths(old_paths: dict[str, list[str]], keywords: Iterable[str]) -> list[tuple[str, ...]]:
    """The paths of what stood in the file: those written as paths, then each keyword without one."""
    split = (path.split(separator) for name, separator in HIERARCHIES.items() for path in old_paths[name])
    # A part that is empty ("a||b") would not be found again when it is taken out.
    paths = [path for parts in split if (path := tuple(part for part in parts if part.strip()))]
    leaves = {path[-1] for path in paths}
    paths += [(keyword,) for keyword in keywords if keyword not in leaves]
    return list(dict.fromkeys(paths))
