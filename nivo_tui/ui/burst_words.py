"""The words of the dialog for near-duplicates: what is given, the exceptions, and what Enter does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nivo_tui.catalog.bursts import Likeness, Offer
from nivo_tui.text import plain
from nivo_tui.ui.namesakes import namesakes, told_apart
from nivo_tui.ui.text import counted, fit, wrap
from nivo_tui.ui.widgets.lines import Piece

Line = Sequence[Piece]

_WIDE = 88


def head_lines(offer: Offer | None, width: int, height: int) -> list[Line]:
    """Whose tags go to whom, the tags, and then what is not the same everywhere."""
    if offer is None:
        return [[("Looking for near-duplicates …", "dim")]]
    title = f"The same for {counted(len(offer.photos), 'near-duplicate')} of {plain(offer.name)}"
    kinds = namesakes((tag.tag, tag.label) for tag in offer.tags)
    labels = [told_apart(plain(tag.label), kinds.get(tag.tag)) for tag in offer.tags]
    tags = wrap(labels, max(10, width - 2))
    lines: list[Line] = [[(fit(title, width), "head")]]
    lines += [[("✓ " if n == 0 else "  ", "good"), (line, "")] for n, line in enumerate(tags[:2])]
    said = [plain(words) for words in offer.exceptions()]
    room = max(1, height - len(lines))
    shown = said if len(said) <= room else said[: room - 1]
    lines += [[("! ", "warn"), (fit(words, width - 2), "")] for words in shown]
    if len(shown) < len(said):
        lines.append([("! ", "warn"), (f"and {counted(len(said) - len(shown), 'more exception')}", "dim")])
    if not said:
        lines.append([("no exceptions: all of it is suggested for each of them", "dim")])
    return lines


def foot_lines(
    offer: Offer | None,
    current: Likeness | None,
    *,
    chosen: int,
    ahead: int,
    giving: bool,
    said: str,
    width: int,
    sign: Callable[[str], str],
) -> list[Line]:
    """What sets the photo in hand apart, and what the keys do."""
    if offer is None:
        return [[], [(sign("leave"), "key"), (" leaves, nothing is decided", "dim")]]
    about = f"{plain(current.name)}: {apart(current)}" if current is not None else ""
    first: Line = [(said, "warn")] if said else [(fit(about, width), "dim")]
    enter = _enter(offer, chosen, ahead, giving, short=width < _WIDE)
    keys: list[Piece] = [
        (sign("burst_accept"), "key"),
        (f" {enter}   ", ""),
        (sign("burst_in"), "key"),
        (" in  ", "dim"),
        (sign("burst_out"), "key"),
        (" out  ", "dim"),
        (sign("leave"), "key"),
        (" leaves", "dim"),
    ]
    return [first, [(fit("Names are never given; what else is open there is passed.", width), "dim")], keys]


def _enter(offer: Offer, chosen: int, ahead: int, giving: bool, *, short: bool) -> str:
    if giving:
        return "…"
    if ahead:
        return f"shows {counted(ahead, 'more', 'more')}"
    given = f"accepts {counted(len(offer.tags), 'tag')} on {chosen} of {len(offer.photos)}"
    return f"{given}, done" if short else f"{given} photos and calls them done"


def apart(photo: Likeness) -> str:
    """What sets a near-duplicate apart, in words."""
    parts = [f"{', '.join(photo.unseen)} not seen"] if photo.unseen else []
    parts += [f"{', '.join(photo.refused)} ruled out, stays so"] if photo.refused else []
    parts += [f"{', '.join(photo.own)} ticked there alone, would be passed"] if photo.own else []
    return plain("; ".join(parts)) or "nothing sets it apart"
