"""The keys of the console, from the same tables as its bindings."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.rules import ACTIONS
from console.tui.keys import GENERAL, MOVES
from console.tui.widgets.drawn import Drawn
from console.tui.words import SYMBOLS, heading, labelled, quiet

_MEANINGS = (
    ("●", "stands: chargeable, captured, refunded"),
    ("◌", "reserved or open"),
    ("◐", "Amazon is at work: initiated, not done"),
    ("○", "over: closed, canceled"),
    ("✗", "declined"),
    ("!", "not chargeable: somebody has to mend it"),
    ("?", "a state that this console doesn't know"),
)


class HelpScreen(ModalScreen[None]):
    """Every key, every symbol."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,enter", "leave", "Back", show=False)
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            with VerticalScroll(id="help-pane"):
                yield Drawn(help_lines, id="help")
            yield Static(quiet("↑ ↓  scroll     esc  back"), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("Keys")
        self.query_one("#help-pane").focus()

    def action_leave(self) -> None:
        self.dismiss(None)


def help_lines(width: int) -> list[Content]:
    lines = [heading("Actions on the chosen transaction or its order")]
    for action in ACTIONS:
        lines += _key(action.key, f"{action.title}: {action.tooltip}", width)
    lines += [Content(""), heading("Everywhere")]
    for general in (general for general in GENERAL if general.shown):
        lines += _key(general.shown, f"{general.title}: {general.tooltip}", width)
    lines += [Content(""), heading("Moving about")]
    for keys, what in MOVES:
        lines += _key(keys, what, width)
    lines += _key("paste", "anywhere: the whole text is searched for an id", width)
    lines += [Content(""), heading("States")]
    for mark, meaning in _MEANINGS:
        states = ", ".join(state for state, shown in SYMBOLS.items() if shown == mark)
        lines += _key(mark, f"{meaning}{f' ({states})' if states else ''}", width)
    return lines


def _key(key: str, text: str, width: int) -> list[Content]:
    lines = labelled("", text, width, 10)
    return [Content.styled(f"{key:<10}", "bold $text-accent") + lines[0][10:], *lines[1:]]
