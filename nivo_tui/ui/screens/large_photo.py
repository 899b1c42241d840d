"""One photo of a contact sheet over the whole screen."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen

from nivo_tui.text import plain
from nivo_tui.ui.commands import keys_sign
from nivo_tui.ui.resources import style_sheets
from nivo_tui.ui.tag_page import meaning
from nivo_tui.ui.widgets.contact_sheet import ContactSheet, SheetPhoto
from nivo_tui.ui.widgets.frame import FooterLine, Rule, TitleLine
from nivo_tui.ui.widgets.lines import LINE_CLASSES

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen

_CLOSING = ("tags_accept", "tags_wrong", "tags_back", "tags_larger", "tags_leave", "tags_skip")


class LargePhoto(Screen[str | None]):
    """Shows a photo; a key that says what becomes of it closes it and is its result."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LINE_CLASSES)
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_sheets(
        "contact_sheet.tcss", "tag_view.tcss"
    )

    def __init__(self, review: ReviewScreen, photo: SheetPhoto, label: str) -> None:
        super().__init__(id="large-photo")
        self._review = review
        self._photo = photo
        self._label = label
        self._sheet = ContactSheet(review.support)

    def compose(self) -> ComposeResult:
        """Its name, the picture with the reason under it, and the keys."""
        yield TitleLine(id="tag-view-title")
        yield Rule()
        yield self._sheet
        yield Rule()
        yield FooterLine(id="tag-view-footer")

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(TitleLine).show(
            f"{plain(self._label)}?  {plain(self._photo.name)}", [[(plain(self._photo.caption), "dim")], []]
        )
        keys = self._review.keys.keys
        shown = (("tags_wrong", "wrong"), ("tags_accept", "right"), ("tags_leave", "back to the sheet"))
        self.query_one(FooterLine).show(
            [(name, keys_sign(keys[name][:1]), text, rank) for rank, (name, text) in enumerate(shown)]
        )
        self._sheet.show([self._photo], [""], [("", "")])

    def on_key(self, event: events.Key) -> None:
        """A key that says what becomes of it, or that leads back; no other does anything."""
        event.stop()
        event.prevent_default()
        command = meaning(self._review.keys, "", event.key).command
        if command in _CLOSING:
            self.dismiss(command)

    @on(FooterLine.Clicked)
    def _footer_clicked(self, event: FooterLine.Clicked) -> None:
        self.dismiss(event.command)
