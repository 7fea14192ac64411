"""The keys of the console, from the same tables as its bindings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.action_table import ACTIONS
from console.domain.language import N_, _
from console.tui import keymap
from console.tui.keys import GENERAL, MOVES, TABS
from console.tui.widgets.drawn import Drawn
from console.tui.words import SYMBOLS, hanging, heading, padded, quiet

_MEANINGS = (
    ("●", N_("stands: chargeable, captured, refunded")),
    ("◌", N_("reserved or open")),
    ("◐", N_("Amazon is at work: initiated, not done")),
    ("○", N_("over: closed, canceled")),
    ("✗", N_("declined")),
    ("!", N_("not chargeable: somebody has to mend it")),
    ("?", N_("a state that this console doesn't know")),
)


class HelpScreen(ModalScreen[None]):
    """Every key, every symbol; first those of the place `title` that it was asked for in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,enter", "leave", "Back", show=False)
    ]

    def __init__(self, title: str = "", keys: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._title = title
        self._keys = tuple(keys)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            with VerticalScroll(id="help-pane"):
                yield Drawn(self._lines, id="help")
            keys = _("↑ ↓  scroll     esc  back")
            yield Static(quiet(keys), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Keys"))
        self.query_one("#help-pane").focus()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _lines(self, width: int) -> list[Content]:
        lines = [heading(_(self._title))] if self._keys else []
        for key, what in self._keys:
            lines += _key(key, _(what), width)
        return [*lines, *([Content("")] if lines else []), *help_lines(width)]


def help_lines(width: int) -> list[Content]:
    lines = [heading(_("Actions on the chosen transaction or its order"))]
    for action in ACTIONS:
        said = f"{_(action.title)}: {_(action.tooltip)}"
        lines += _bound(f"action.{action.name}", action.key, said, width)
    lines += [Content(""), heading(_("Everywhere"))]
    for general in (general for general in GENERAL if general.shown):
        said = f"{_(general.title)}: {_(general.tooltip)}"
        lines += _bound(f"general.{general.name}", general.shown, said, width)
    lines += [Content(""), heading(_("Moving about"))]
    for keys, what in MOVES:
        lines += _key(keys, _(what), width)
    lines += _key(_tab_keys(), _("timeline, explain, v1 ↔ v2, raw, requests"), width)
    lines += _key(_("paste"), _("anywhere: the whole text is searched for an id"), width)
    lines += [Content(""), heading(_("States"))]
    for mark, meaning in _MEANINGS:
        states = ", ".join(state for state, shown in SYMBOLS.items() if shown == mark)
        lines += _key(mark, f"{_(meaning)}{f' ({states})' if states else ''}", width)
    return lines


def _bound(identifier: str, default: str, said: str, width: int) -> list[Content]:
    """A key that can be another one: the one that does it now, and beside it its other keys."""
    key = keymap.shown(identifier, default)
    others = [one for one in keymap.all_shown(identifier) if one != key]
    if others:
        said = _("{text} (also {keys})", text=said, keys=", ".join(others))
    return _key(key, said, width)


def _tab_keys() -> str:
    """`1 … 5`, or each of them where one is the operator's own."""
    keys = [keymap.written(f"tab.{number}") for number in range(1, len(TABS) + 1)]
    plain = [str(number) for number in range(1, len(TABS) + 1)]
    return f"{keys[0]} … {keys[-1]}" if keys == plain else " ".join(keys)


def _key(key: str, text: str, width: int) -> list[Content]:
    return hanging(Content.styled(padded(key, 10), "bold $text-accent"), Content(text), width)
