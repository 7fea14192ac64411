"""The one-line filter of a list: the same words and keys wherever there is something to narrow.

For a list (a widget that can have the focus) of its own:

- `yield Filter()` above or below its rows. It takes no room until `open()` shows it; with
  `Filter(stays=True)` it is always there, and Esc in it, once it is empty, is the screen's.
- `on_filter_changed(event)`: narrow to `[row for row in rows if matches(row.words, event.text)]`,
  then `event.control.count(shown, of)`, which says `3 of 20` beside the text.
- `on_filter_left(event)`: give the list the focus again. It is sent by Enter (the text stays,
  and so does the line) and by Esc (everything is shown again; `Changed("")` came before it).
- `on_filter_moved(event)`: ↑ and ↓ were pressed in it: move the list's cursor `by` so many.
- In the list itself: keys `f` and `/` call `open()`; Esc calls `clear()` while `is_on`, and is
  left to the screen otherwise (`check_action` that says False does that).

`matches(words, text)` is how everything is compared: in any case, each word of `text` somewhere.
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from console.domain.language import N_, _, many
from console.tui.widgets.search import CleanInput
from console.tui.words import quiet


def matches(words: str, text: str) -> bool:
    """Whether each word of `text` stands somewhere in `words`, in any case and width."""
    found = _folded(words)
    return all(part in found for part in _folded(text).split())


def _folded(text: str) -> str:
    """Without case; a full-width digit or letter, as input methods give it, is the plain one."""
    return unicodedata.normalize("NFKC", text).casefold()


class _FilterInput(CleanInput):
    """Typing goes into it; what is meant for the list is passed on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", N_("Show everything"), show=False),
        Binding("up", "move(-1)", N_("Up"), show=False),
        Binding("down", "move(1)", N_("Down"), show=False),
        Binding("pageup", "move(-10)", N_("Page up"), show=False),
        Binding("pagedown", "move(10)", N_("Page down"), show=False),
    ]

    @property
    def _filter(self) -> Filter:
        found = self.parent
        assert isinstance(found, Filter)
        return found

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An empty filter that stays has nothing to clear: Esc is the screen's."""
        if action == "clear_filter" and self._filter.stays:
            return bool(self.value)
        return super().check_action(action, parameters)

    def action_clear_filter(self) -> None:
        self._filter.clear()

    def action_move(self, by: int) -> None:
        self._filter.post_message(Filter.Moved(self._filter, by))


class Filter(Horizontal):
    """The line; see the module for how a list uses it."""

    DEFAULT_CSS = """
    Filter { height: 1; width: 1fr; }
    Filter .filter-mark { width: 2; color: $text-accent; text-style: bold; }
    Filter .filter-count { width: auto; padding-left: 1; color: $foreground-muted; }
    Filter CleanInput, Filter CleanInput:focus {
        width: 1fr; height: 1; padding: 0; border: none; background: transparent;
    }
    """

    class _Told(Message):
        def __init__(self, filter: Filter) -> None:
            self.filter = filter
            super().__init__()

        @property
        def control(self) -> Filter:
            return self.filter

    class Changed(_Told):
        """Another text was typed; empty: everything is shown."""

        def __init__(self, filter: Filter, text: str) -> None:
            self.text = text
            super().__init__(filter)

    class Left(_Told):
        """The list gets the focus again. `kept` is whether it was left by Enter, with a text."""

        def __init__(self, filter: Filter, *, kept: bool) -> None:
            self.kept = kept
            super().__init__(filter)

    class Moved(_Told):
        """A key for the list's cursor was pressed while typing."""

        def __init__(self, filter: Filter, by: int) -> None:
            self.by = by
            super().__init__(filter)

    def __init__(
        self, text: str = "", *, id: str | None = None, hint: str = "", stays: bool = False
    ) -> None:
        """`hint` says what can be typed; `text` is what it begins with."""
        super().__init__(id=id)
        self.stays = stays
        self._hint = hint or _("type to narrow the list")
        self._told = text  # the last text that `Changed` was sent for
        self.display = stays or bool(text)

    def compose(self) -> ComposeResult:
        yield Static("/", classes="filter-mark", markup=False)
        field = _FilterInput(self._told, placeholder=self._hint, compact=True)
        # A dialog gives the focus to the first that takes it: nothing is typed before `open`.
        field.can_focus = bool(self.display)
        yield field
        yield Static(classes="filter-count", markup=False)

    @property
    def input(self) -> CleanInput:
        return self.query_one(_FilterInput)

    @property
    def text(self) -> str:
        """What is typed, without blanks around it; empty while nothing is narrowed."""
        return self._told

    @property
    def is_on(self) -> bool:
        """Whether Esc should first show everything again, or put the line away."""
        return bool(self.text) if self.stays else bool(self.display)

    def open(self) -> None:
        """Show the line and type into it; a text that was kept can be changed."""
        self.display = True
        self.input.can_focus = True
        self.input.focus()

    def clear(self) -> None:
        """Show everything again, put the line away, and give the focus back."""
        self.input.value = ""
        self._say("")
        self.count(None)
        if not self.stays:
            self.display = False
            self.input.can_focus = False
            self.post_message(self.Left(self, kept=False))

    def count(self, shown: int | None, of: int = 0) -> None:
        """Say how many of how many are shown; None: nothing, as while nothing is narrowed."""
        said = "" if shown is None or not self.text else counted(shown, of)
        self.query_one(".filter-count", Static).update(quiet(said))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._say(event.value.strip())

    @on(Input.Submitted)
    def _kept(self, event: Input.Submitted) -> None:
        event.stop()
        if self.text or self.stays:
            self.post_message(self.Left(self, kept=bool(self.text)))
        else:
            self.clear()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.input.focus()

    def _say(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self.post_message(self.Changed(self, text))


def counted(shown: int, of: int) -> str:
    """`3 of 20`, or that nothing is left."""
    if not shown:
        return many("none of {count}", "none of {count}", of)
    return many("{shown} of {count}", "{shown} of {count}", of, shown=f"{shown:,}")
