"""The command palette: the same tables as the keys, as `verb: noun`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from console.domain.rules import ACTIONS
from console.tui.keys import GENERAL, TABS
from console.tui.screens.console import ConsoleScreen

_NOUNS = {"charge": "this charge", "charge_permission": "this order",
          "checkout_session": "this checkout session"}  # fmt: skip


class ConsoleCommands(Provider):
    """What the console screen can do; nothing while another screen is on top."""

    def _commands(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for action in ACTIONS:
            noun = f"{action.title.lower()}: {_NOUNS[action.target]}"
            yield noun, action.tooltip, partial(screen.action_act, action.name)
        for general in GENERAL:
            if general.command and not general.key.startswith("ctrl+"):
                yield general.command, general.tooltip, partial(screen.action_general, general.name)
        for number, title in enumerate(TABS):
            yield f"show: {title}", f"The tab {title}", partial(screen.action_tab, number)

    async def discover(self) -> Hits:
        for name, tooltip, run in self._commands():
            yield DiscoveryHit(name, run, help=tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, tooltip, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=tooltip)
