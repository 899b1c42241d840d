"""What decides on many photos at once: each opens a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nivo_tui.text import plain
from nivo_tui.ui.text import number

if TYPE_CHECKING:
    from nivo_tui.ui.screens.review import ReviewScreen


_MANY = 200


class Many:
    """What decides on many photos at once. One method for each command id."""

    def __init__(self, screen: ReviewScreen) -> None:
        self.screen = screen
        self._recommended = False

    def recommend(self) -> None:
        """Say once that many photos are done soonest tag by tag."""
        counts = self.screen.session.counts
        if counts is None or self._recommended:
            return
        self._recommended = True
        if counts.todo > _MANY:
            todo, key = number(counts.todo), self.screen.sign_of("tag_view")
            self.screen.say("review", f"{todo} photos to do: {key} decides tag by tag, many photos at a time")

    def tag_view(self) -> None:
        """One tag across photos."""
        from nivo_tui.ui.screens.tag_view import TagViewScreen

        self.screen.nivo.push_screen(TagViewScreen(self.screen))

    def bulk(self) -> None:
        """The tag under the cursor, for all photos above a bar; never a person's name."""
        from nivo_tui.ui.screens.bulk import BulkScreen

        row = self.screen.tags.current
        if row is None:
            return
        suggestion = row.suggestion
        if suggestion.is_name:
            self.screen.say(
                "bulk",
                f"{plain(suggestion.label)} is a person's name: only its own key accepts it, one by one",
            )
            return
        self.screen.nivo.push_screen(BulkScreen(self.screen, suggestion))

    def burst(self) -> None:
        """The same for the photos that look nearly the same."""
        from nivo_tui.ui.screens.burst import BurstScreen

        self.screen.nivo.push_screen(BurstScreen(self.screen))
