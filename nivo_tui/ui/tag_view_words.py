"""What the tag view says: its title, its keys, and the caption of a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nivo_tui.catalog.across import TagPhoto, TagTally
from nivo_tui.text import plain
from nivo_tui.ui.commands import BY_ID, keys_sign
from nivo_tui.ui.keymap import KeyTable
from nivo_tui.ui.tag_page import TagPage
from nivo_tui.ui.text import counted, number
from nivo_tui.ui.widgets.contact_sheet import SheetPhoto
from nivo_tui.ui.widgets.lines import Piece

NOTHING = "No tag waits for a decision here: every suggestion is decided, or nothing was suggested yet."
HINT = "A tag's photos come in pages: flip those where it is wrong, and Enter accepts the other ticked ones."

_ON_LIST = (("commit", "open the tag"), ("leave", "back to the photos"), ("undo", "undo"))
_ON_SHEET = ("wrong", "accept", "back", "skip", "larger", "undo", "leave")


def title(
    page: TagPage | None, tallies: Sequence[TagTally], todo: int | None, bars: Mapping[str, str]
) -> tuple[str, list[list[Piece]]]:
    """Where one is, and the figures from the fullest form to the shortest.

    `todo` counts photos, `bars` has the learned bars in words.
    """
    if page is None:
        tags = counted(sum(not tally.is_name for tally in tallies), "tag")
        left = f"{number(todo)} to do" if todo is not None else ""
        place, forms = "Tags across photos", [f"{tags} · {left}" if left else tags, left]
    else:
        what = f"{counted(len(page.photos), 'photo')} of {number(page.tally.photos)}"
        place = f"{plain(page.tally.label)}  {page.tally.category.value}"
        bar = bars.get(page.tally.tag)
        forms = [f"{bar} · {what}:  {page.outcome()}"] if bar else []
        forms += [f"{what}:  {page.outcome()}", page.outcome()]
    return place, [*([(form, "dim")] for form in forms if form), []]


def footer(
    page: TagPage | None, labels: str, keys: KeyTable, *, can_undo: bool
) -> list[tuple[str, str, str, int]]:
    """The keys that can be used now as (command id, key, text, rank)."""
    bound = keys.keys
    if page is None:
        shown = [(f"tags_{name}", text, rank) for rank, (name, text) in enumerate(_ON_LIST)]
    else:
        shown = [("tags_commit", "as shown, next page", 0)]
        listed = (BY_ID[f"tags_{name}"] for name in _ON_SHEET)
        shown += [(command.id, command.footer, command.rank) for command in listed]
    items = [
        (name, keys_sign(bound[name][:1]), text, rank)
        for name, text, rank in shown
        if bound[name] and (name != "tags_undo" or can_undo)
    ]
    if page is not None and page.photos and labels:
        items.insert(1, ("", _span(labels[: len(page.photos)]), "flip", 1))
    return items


def _span(labels: str) -> str:
    """The keys of the photos: 1-0 b-y A-D."""
    kinds = (str.isdigit, str.islower, str.isupper)
    groups = [[label for label in labels if kind(label)] for kind in kinds]
    parts = ((keys[0], keys[-1]) for keys in groups if keys)
    return " ".join(first if first == last else f"{first}-{last}" for first, last in parts)


def sheet_photo(photo: TagPhoto) -> SheetPhoto:
    """A photo of the sheet: how sure the tag is on it, and why."""
    share = "1.0" if photo.confidence >= 0.995 else f"{photo.confidence:.2f}"[1:]
    return SheetPhoto(photo.path, photo.name, photo.thumbnail, f"{share} {photo.why}")


def gone_through(tally: TagTally) -> str:
    """What is said of a tag after its last page; `tally` counts what is left undecided of it."""
    if not tally.photos:
        return f"{tally.label}: gone through. Enter opens the next tag."
    left = "1 photo is" if tally.photos == 1 else f"{number(tally.photos)} photos are"
    return f"{tally.label}: {left} left, not ticked; open it again to see them. Enter opens the next tag."
