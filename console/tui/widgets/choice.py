"""Yes or no, with the keys of a form: space turns it, y and n say it, enter goes on."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from console.domain.language import N_, _
from console.tui.words import column_for, padded, quiet


class Choice(Widget, can_focus=True):
    """It begins with no."""

    DEFAULT_CSS = """
    Choice { width: 1fr; height: 1; padding: 0 1; }
    Choice:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "say(None)", N_("Yes or no"), show=False),
        Binding("y", "say(True)", N_("Yes"), show=False),
        Binding("n", "say(False)", N_("No"), show=False),
        Binding("enter", "done", N_("Next"), show=False),
    ]
    yes: reactive[bool] = reactive(False)

    class Changed(Message):
        """It was turned."""

    class Done(Message):
        """Enter: go on to the next field."""

        def __init__(self, choice: Choice) -> None:
            self.choice = choice
            super().__init__()

    def __init__(self, what: str, *, id: str) -> None:
        super().__init__(id=id)
        self._what = what

    def render(self) -> Content:
        mark = "✓" if self.yes else " "
        yes, no = _("yes"), _("no")
        word = padded(yes if self.yes else no, column_for((yes, no)))
        return Content.assemble(f"[{mark}] {word} {self._what}", quiet("   y / n"))

    def watch_yes(self) -> None:
        self.post_message(self.Changed())

    def action_say(self, yes: bool | None) -> None:
        self.yes = not self.yes if yes is None else yes

    def action_done(self) -> None:
        self.post_message(self.Done(self))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.focus()
        self.action_say(None)
