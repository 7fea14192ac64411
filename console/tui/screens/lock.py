"""The locked console: nothing of what was open, and the way back through the keyring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from console.domain.language import N_, _
from console.tui import keymap
from console.tui.messages import Said
from console.tui.opening import say_open_failure
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.keyfields import MaskedInput
from console.tui.widgets.notice import said_lines
from console.tui.words import literal, quiet, wrapped

Unlock = Callable[[str | None], Awaitable[None]]

_SAID: Final = {
    "keyring": N_(
        "What was open is hidden, nothing is asked of Amazon, and the key is not kept in memory."
        " Enter gets it again from where the profile keeps it. A keyring that is open gives it"
        " without a question: lock your desktop too."
    ),
    "demo": N_(
        "What was open is hidden, and nothing is asked of Amazon. The demo has no key to ask for."
    ),
}
_SENDING: Final = N_(
    "A request that was confirmed goes on to its end. The key is dropped from memory then."
)
_KEYS: Final = {
    "keyring": N_("enter  unlock     {leave}  leave payconsole"),
    "demo": N_("enter  unlock     {leave}  leave payconsole"),
    "asking": N_("{leave}  leave payconsole"),
    "passphrase": N_("enter  unlock     esc  stay locked     {leave}  leave payconsole"),
    "failed": N_("enter  try again     {leave}  leave payconsole"),
}


class LockScreen(Screen[None]):
    """A screen of its own stack: what is behind it gets no key, and shows nothing.

    `unlock` gets the key, with the passphrase where one is needed, and ends this screen; what
    it raises is told here. `holds_key` is whether a request still needs the key.
    """

    AUTO_FOCUS = ""  # a key is for this screen, not for a field that is hidden

    def __init__(self, unlock: Unlock, holds_key: Callable[[], bool], *, demo: bool) -> None:
        super().__init__()
        self._unlock = unlock
        self._holds_key = holds_key
        self._kind = "demo" if demo else "keyring"
        self._phase = self._kind
        self._said: Said | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="locked-pane"), Vertical(id="locked"):
            yield Drawn(self._lines, id="locked-text")
            with Horizontal(id="locked-field", classes="field"):
                yield Static(_("Passphrase"), classes="label", markup=False)
                yield MaskedInput(id="passphrase")
            yield Drawn(self._keys, id="dialog-keys")

    def on_mount(self) -> None:
        self._enter(self._kind)

    def still_locked(self) -> None:
        """The key may have been dropped since: say what is true now."""
        self.query_one("#locked-text", Drawn).redraw()

    def _enter(self, phase: str, said: Said | None = None) -> None:
        self._phase, self._said = phase, said
        field = self.query_one(MaskedInput)
        field.value = ""
        asked = phase == "passphrase"
        field.disabled = not asked
        self.query_one("#locked-field").display = asked
        self.set_focus(field if asked else None)
        for drawn in self.query(Drawn):
            drawn.redraw()

    # --- keys ----------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Only Enter unlocks: not a second ctrl+l, and nobody does it by typing on."""
        if self._phase == "passphrase":
            if event.key == "escape":
                self._enter(self._kind)
            return  # the field's own keys
        event.stop()
        if event.key == "enter" and self._phase in ("keyring", "demo", "failed"):
            self._ask(None)

    def on_paste(self, event: events.Paste) -> None:
        """Not for what is behind."""
        event.stop()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        if self._phase == "passphrase" and event.value:
            self._ask(event.value)

    # --- unlocking -----------------------------------------------------------------------------

    def _ask(self, passphrase: str | None) -> None:
        self._enter("asking")
        self.run_worker(self._unlocking(passphrase), exclusive=True, exit_on_error=False)

    async def _unlocking(self, passphrase: str | None) -> None:
        from console.keys import WrongPassphrase
        from console.store.credentials import PassphraseNeeded

        try:
            await self._unlock(passphrase)
        except PassphraseNeeded as error:
            self._enter("passphrase", Said(_("Its passphrase is needed"), str(error)))
        except WrongPassphrase as error:
            self._enter("passphrase", Said(_("Not unlocked"), str(error), tone="bad"))
        except Exception as error:
            said = say_open_failure(error)
            fault = _("Unexpected fault ({kind})", kind=type(error).__name__)
            self._enter("failed", said or Said(fault, "", _("Please report it."), "bad"))

    def _keys(self, _width: int) -> list[Content]:
        return [quiet(_(_KEYS[self._phase], leave=keymap.written("general.leave")))]

    def _lines(self, width: int) -> list[Content]:
        lines = [Content.styled(_("payconsole is locked"), "bold"), Content("")]
        if self._phase == "asking":
            text = _(
                "Waiting for the keyring; it may be asking for its password in another window …"
            )
            return [*lines, *wrapped(quiet(text), width)]
        if self._said is not None:
            return [*lines, *said_lines(self._said, width)]
        said = _SENDING if self._holds_key() else _SAID[self._kind]
        return [*lines, *wrapped(literal(_(said)), width)]
