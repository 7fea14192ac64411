"""The command palette: the same tables as the keys, as `verb: noun`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Self

from textual import events, on
from textual.app import ComposeResult
from textual.command import (
    CommandInput,
    CommandList,
    CommandPalette,
    DiscoveryHit,
    Hit,
    Hits,
    Provider,
    SearchIcon,
)
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input, LoadingIndicator
from textual.widgets.option_list import Option

from console.domain.action_table import ACTIONS
from console.domain.language import N_, _, english
from console.tui import keymap
from console.tui.keys import GENERAL, TABS
from console.tui.messages import Named
from console.tui.screens.console import ConsoleScreen
from console.tui.widgets.filter import matches
from console.tui.widgets.search import CleanInput, holds_id
from console.tui.words import quiet


class _PaletteInput(CommandInput, CleanInput):
    """A paste into the palette is cleaned as everywhere."""


class _PaletteList(CommandList):
    """A click at what stood here until just now, in a longer list, is for nothing; that nothing was
    found is said in the language of the rest.
    """

    def add_option(self, option: Option | Any = None) -> Self:
        if isinstance(option, Option) and option.id == CommandPalette._NO_MATCHES:
            option = Option(quiet(_("Nothing is called that.")), option.id, disabled=True)
        return super().add_option(option)

    async def _on_click(self, event: events.Click) -> None:
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """The palette of Textual, without what breaks it: a key for its list where a resize left that
    no room, a search that goes on, or even begins, while the palette is being left, and Enter for
    what was found for the letters before.
    """

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            if isinstance(widget, SearchIcon):
                widget.icon = "/"  # as in the search line, and in every font
                yield widget
            elif isinstance(widget, CommandInput):
                yield _PaletteInput(placeholder=self._placeholder, select_on_focus=False)
            elif isinstance(widget, CommandList):
                yield _PaletteList()
            else:
                yield widget

    def _gather_commands(self, search_value: str) -> Any:
        if self in self.app.screen_stack:
            super()._gather_commands(search_value)

    @on(Input.Submitted)
    async def _until_found(self) -> None:
        searches = [search for search in self.workers if search.node is self]
        await asyncio.gather(*(search.wait() for search in searches), return_exceptions=True)

    def _watch__list_visible(self) -> None:
        if self._has_list:
            super()._watch__list_visible()

    async def _watch__show_busy(self) -> None:
        if self._has_list:
            await super()._watch__show_busy()

    @property
    def _has_list(self) -> bool:
        """Not any more once it is left: what is in a screen is removed before the screen."""
        return bool(self.query(CommandList)) and bool(self.query(LoadingIndicator))

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


_AFTER_COMMANDS: Final = 0.1  # the score of what isn't one

# Action -> its name in the palette.
_ACTIONS: Final = {
    "refund": N_("refund: this charge"),
    "capture": N_("capture: this charge"),
    "cancel": N_("cancel: this charge"),
    "authorize": N_("authorize: this order"),
    "close": N_("close: this order"),
    "extend": N_("extend: this order"),
    "update": N_("update: this order"),
    "complete": N_("complete: this checkout session"),
}


# Setting -> its name in the palette, and what is said of it.
CHANGES: Final = {
    "language": (N_("change: language"), N_("English, Deutsch, 日本語")),
    "theme": (N_("change: theme"), N_("Colours: light, dark, high contrast")),
    "times": (N_("change: times"), N_("Of this machine, or UTC")),
    "ascii": (N_("change: ASCII only"), N_("Frames and symbols for any terminal")),
    "motion": (N_("change: motion"), N_("Whether anything moves")),
    "keys.action.refund": (N_("change: keys"), N_("Your own keys for everything")),
}


def _help(key: str, tooltip: str) -> str:
    """What a command does, behind the key that does the same: so that people come to know it."""
    return f"{key}  {_(tooltip)}" if key else _(tooltip)


class ConsoleCommands(Provider):
    """What the console screen can do, which is nothing while another screen is on top, and then
    what the application can. One provider: of several, Textual puts any first.
    """

    def _commands(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        if isinstance(self.screen, ConsoleScreen):
            yield from self._of_console(self.screen)
        for command in self.app.get_system_commands(self.screen):
            yield command.title, command.help, command.callback

    def _of_console(
        self, screen: ConsoleScreen
    ) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        for action in ACTIONS:
            run = partial(screen.action_act, action.name)
            key = keymap.shown(f"action.{action.name}", action.key)
            yield _(_ACTIONS[action.name]), _help(key, action.tooltip), run
        for general in GENERAL:
            if general.command and not general.key.startswith("ctrl+"):
                run = partial(screen.action_general, general.name)
                key = keymap.shown(f"general.{general.name}", general.shown)
                yield _(general.command), _help(key, general.tooltip), run
        for number, title in enumerate(TABS):
            run, tab = partial(screen.action_tab, number), _(title)
            yield _("show: {tab}", tab=tab), _("The tab {tab}", tab=tab), run

    async def discover(self) -> Hits:
        for name, tooltip, run in self._commands():
            yield DiscoveryHit(name, run, help=tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, tooltip, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=tooltip)
            elif (score := matcher.match(english(name))) > 0:  # known by that from the manual
                yield Hit(score, Content(name), run, text=name, help=tooltip)
        if isinstance(self.screen, ConsoleScreen):
            for name, run in self._by_name(self.screen, query):
                yield Hit(_AFTER_COMMANDS, Content(name), run, text=name)

    def _by_name(
        self, screen: ConsoleScreen, query: str
    ) -> Iterator[tuple[str, IgnoreReturnCallbackType]]:
        """The orders that `query` stands in, an id in it, and what it means as a word of Amazon."""
        from console.domain.meanings import meanings

        for order, words in screen.recent_orders():
            if matches(words, query):
                yield _("open: {order}", order=words), partial(screen.open, order)
        if holds_id(query):
            yield _("search: {text}", text=query), partial(screen.look_up, query)
        for known in meanings(query)[:1]:
            named = partial(screen.post_message, Named(known.term))
            yield _("show: what {term} means", term=known.term), named
