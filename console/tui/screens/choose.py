"""One of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.language import _
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.widgets.rows import Row, RowList
from console.tui.words import literal, quiet


class ChooseScreen(ModalScreen[str | None]):
    """Answers with the chosen id, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, title: str, choices: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            empty = _(
                "Nothing to choose from yet. Esc, then {key} looks an order up.",
                key=keymap.written("general.search"),
            )
            yield RowList(id="choices", empty=empty, filterable=True)
            keys = _("enter  choose     f  filter     esc  back")
            yield Static(quiet(keys), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(clean_line(self._title, 70))
        rows = self.query_one(RowList)
        rows.show([Row(key, _drawn(shown), shown) for key, shown in self._choices])
        rows.focus()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.dismiss(event.key)

    def action_leave(self) -> None:
        self.dismiss(None)


def _drawn(shown: str) -> Callable[[int], Content]:
    return lambda _width: Content.assemble(" ", literal(shown))
