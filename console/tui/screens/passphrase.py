"""The passphrase of a profile's key file: asked where the key is needed, kept nowhere."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.language import _
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.keyfields import MaskedInput
from console.tui.words import literal, quiet, wrapped


class PassphraseScreen(ModalScreen[str | None]):
    """Answers with what was typed, or None. `said` is why it is asked, or what was wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield Drawn(lambda width: wrapped(literal(self._said), width))
            with Horizontal(classes="field"):
                yield Static(_("Passphrase"), classes="label", markup=False)
                yield MaskedInput(id="passphrase")
            keys = _("enter  open the key     esc  leave it closed")
            yield Static(quiet(keys), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("The key's passphrase"))
        self.query_one(MaskedInput).focus()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)
