"""The keys of the other screens, each in a context of its own."""

from __future__ import annotations

from nivo_tui.ui.commands.command import (
    BULK,
    BURST,
    DECIDE,
    HISTORY,
    KEYWORDS,
    LIBRARY,
    PLAN,
    TAG_VIEW,
    Command,
)


def _bulk(name: str, keys: tuple[str, ...], title: str, help: str) -> Command:
    return Command(f"bulk_{name}", keys, DECIDE, title, help, where=frozenset({BULK}), palette=False)


BULK_COMMANDS = (
    _bulk("right", ("a",), "Right here", "The tag is right on this photo."),
    _bulk("wrong", ("x",), "Wrong here", "The tag is wrong on this photo."),
    _bulk("back", ("u",), "Take back", "Take back the judgement of this photo."),
    _bulk("next", ("right", "l", "down", "j"), "Next photo", "The next photo of the draw."),
    _bulk("previous", ("left", "h", "up", "k"), "Photo before", "The photo before it."),
    _bulk("more", ("m",), "Draw more", "Draw 20 more photos to judge."),
    _bulk("raise", ("plus",), "Raise the bar", "Only photos of which the tag is surer, by 0.05."),
    _bulk("lower", ("minus",), "Lower the bar", "Also photos of which the tag is less sure, by 0.05."),
    _bulk("accept", ("enter",), "Accept", "Accept the tag on all of them, once enough were judged right."),
)


def _plan(name: str, keys: tuple[str, ...], title: str, help: str) -> Command:
    return Command(f"plan_{name}", keys, LIBRARY, title, help, where=frozenset({PLAN}), palette=False)


PLAN_COMMANDS = (
    _plan("confirm", ("enter",), "Confirm", "Write or take back, once the number is typed; else open a row."),
    _plan("open", ("right", "l"), "Open a row", "What one photo has, what it gets, and where."),
    _plan("close", ("left", "h"), "Close it", "Back to the plan."),
    _plan("down", ("down", "j"), "Next row", "The next row."),
    _plan("up", ("up", "k"), "Row before", "The row before."),
    _plan("page_down", ("pagedown",), "Page down", "A page of rows down."),
    _plan("page_up", ("pageup",), "Page up", "A page of rows up."),
    _plan("first", ("home",), "First", "The first row."),
    _plan("last", ("end", "G"), "Last", "The last row."),
    _plan("names", ("v",), "Next name", "The next photo that gets a person's name."),
    _plan("undo", ("u", "z"), "Take back", "Take back what was written; asks for the number of photos."),
    _plan("steps", ("question_mark",), "Other programs", "What to do in Lightroom and darktable."),
    _plan("cancel", ("c",), "Stop writing", "Stop after the file in hand."),
)


def _burst(name: str, keys: tuple[str, ...], title: str, help: str) -> Command:
    return Command(f"burst_{name}", keys, DECIDE, title, help, where=frozenset({BURST}), palette=False)


BURST_COMMANDS = (
    _burst("accept", ("enter",), "Give the same", "Accept the tags on the photos that are in, and be done."),
    _burst("in", ("a",), "In", "This photo gets the tags."),
    _burst("out", ("x",), "Out", "This photo is left as it is, still to do."),
    _burst("next", ("right", "l"), "Next photo", "The next photo."),
    _burst("previous", ("left", "h"), "Photo before", "The photo before."),
    _burst("down", ("down", "j"), "Row down", "The photo below."),
    _burst("up", ("up", "k"), "Row up", "The photo above."),
)


def _tags(
    name: str, keys: tuple[str, ...], title: str, help: str, footer: str = "", rank: int = 99
) -> Command:
    where = frozenset({TAG_VIEW})
    return Command(f"tags_{name}", keys, DECIDE, title, help, footer, rank, where, palette=False)


TAG_VIEW_COMMANDS = (
    _tags("commit", ("enter",), "As shown, next page", "Accept ✓, reject ✗, leave ·; then the next page."),
    _tags("accept", ("a",), "Accept", "The tag is right on the photo at the cursor.", "right", 6),
    _tags("wrong", ("x",), "Wrong here", "The tag is wrong on the photo at the cursor.", "wrong", 2),
    _tags("back", ("u",), "Back", "The photo at the cursor as it was at first.", "as it was", 8),
    _tags("undo", ("z",), "Undo", "Take back the page decided last.", "undo", 4),
    _tags("larger", ("o",), "Larger", "The photo at the cursor over the whole screen.", "larger", 5),
    _tags("skip", ("space",), "Skip", "The next page; nothing is decided on this one.", "skip", 7),
    _tags("leave", ("escape", "q"), "Back", "To the tags, then to the review; decides nothing.", "tags", 3),
    _tags("left", ("left", "h"), "Left", "The photo to the left."),
    _tags("right", ("right", "l"), "Right", "The photo to the right."),
    _tags("up", ("up", "k"), "Up", "The photo above; in the list the tag above."),
    _tags("down", ("down", "j"), "Down", "The photo below; in the list the tag below."),
    _tags("page_up", ("pageup",), "Page up", "A page of tags up."),
    _tags("page_down", ("pagedown",), "Page down", "A page of tags down."),
    _tags("first", ("home",), "First", "The first tag."),
    _tags("last", ("end", "G"), "Last", "The last tag."),
)


def _history(name: str, keys: tuple[str, ...], title: str, help: str) -> Command:
    return Command(f"history_{name}", keys, LIBRARY, title, help, where=frozenset({HISTORY}), palette=False)


HISTORY_COMMANDS = (
    _history("revoke", ("x", "u"), "Take back", "Take back all of this entry; what came later stays."),
    _history("restore", ("a",), "Let stand again", "Let an entry that was taken back stand again."),
    _history("kind", ("F", "tab"), "What is listed", "List all, the rules, what was done to many, the runs."),
    _history("search", ("slash",), "Search", "List only the entries that hold a text."),
    _history("down", ("down", "j"), "Next entry", "The next entry."),
    _history("up", ("up", "k"), "Entry before", "The entry before."),
    _history("page_down", ("pagedown", "space"), "Page down", "A page of entries down."),
    _history("page_up", ("pageup",), "Page up", "A page of entries up."),
    _history("first", ("g g", "home"), "Newest", "The newest entry."),
    _history("last", ("G", "end"), "Oldest", "The oldest entry."),
)


def _keywords(name: str, keys: tuple[str, ...], title: str, help: str) -> Command:
    return Command(f"keywords_{name}", keys, LIBRARY, title, help, where=frozenset({KEYWORDS}), palette=False)


KEYWORDS_COMMANDS = (
    _keywords("commit", ("enter",), "As shown", "Answer all of them as they are shown."),
    _keywords("map", ("a",), "Map", "The tag is written as this keyword, at its place."),
    _keywords("keep", ("k",), "Keep", "Keyword and tag are kept apart, each with its own name."),
    _keywords("never", ("x", "minus"), "Never", "The tag is never suggested, for any photo."),
    _keywords("map_all", ("A",), "Map all", "All of them are mapped."),
    _keywords("keep_all", ("K",), "Keep all", "All of them are kept apart."),
    _keywords("down", ("down", "j"), "Next keyword", "The next keyword."),
    _keywords("up", ("up",), "Keyword before", "The keyword before."),
    _keywords("page_down", ("pagedown", "space"), "Page down", "A page of keywords down."),
    _keywords("page_up", ("pageup",), "Page up", "A page of keywords up."),
    _keywords("first", ("g g", "home"), "First", "The most frequent keyword."),
    _keywords("last", ("G", "end"), "Last", "The rarest keyword."),
)

COMMANDS: tuple[Command, ...] = (
    *KEYWORDS_COMMANDS,
    *HISTORY_COMMANDS,
    *TAG_VIEW_COMMANDS,
    *BURST_COMMANDS,
    *BULK_COMMANDS,
    *PLAN_COMMANDS,
)
