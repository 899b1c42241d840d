"""The palette: every command by its name, with its key."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from nivo_tui.ui.commands import COMMANDS, Command, keys_sign
from nivo_tui.ui.screens.review import ReviewScreen


class NivoCommands(Provider):
    """Offers the commands that can be used now."""

    def _offered(self) -> list[Command]:
        screen = self.screen
        if not isinstance(screen, ReviewScreen):
            return []
        now = screen.situation()
        return [command for command in COMMANDS if command.palette and command.when(now)]

    def _run(self, command: Command) -> partial[None]:
        assert isinstance(self.screen, ReviewScreen)
        return partial(self.screen.command, command.id)

    def _help(self, command: Command) -> str:
        assert isinstance(self.screen, ReviewScreen)
        keys = keys_sign(self.screen.keys.keys[command.id])
        return f"{keys}  ·  {command.help}" if keys else command.help

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for command in self._offered():
            yield DiscoveryHit(command.title, self._run(command), help=self._help(command))

    async def search(self, query: str) -> Hits:
        """Those whose title or sentence matches."""
        matcher = self.matcher(query)
        for command in self._offered():
            score = max(matcher.match(command.title), matcher.match(command.help) * 0.5)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(command.title), self._run(command), help=self._help(command)
                )
