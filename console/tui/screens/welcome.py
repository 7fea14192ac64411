"""The first start: no profile yet. The demo, and how to connect an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from console.domain.language import _
from console.tui import keymap
from console.tui.mouse import KEYS_LINE, doing
from console.tui.widgets.drawn import Drawn
from console.tui.words import heading, quiet, wrapped

# The same for scripts.
_ADD = (
    "payconsole profile add NAME --region na --environment sandbox \\",
    "    --public-key-id SANDBOX-… --private-key-file key.pem",
)


class WelcomeScreen(Screen[None]):
    """Says what can be done without a profile, and does both."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,enter", "connect", "Connect an account"),
        Binding("d", "demo", "Demo"),
        Binding("question_mark,f1", "help", "Keys"),
        Binding("escape", "app.quit", "Leave"),
    ]

    def __init__(self, connect: Callable[[], None], demo: Callable[[], None]) -> None:
        super().__init__()
        self._connect = connect
        self._demo = demo

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="welcome-pane"), Vertical(id="welcome"):
            yield Drawn(welcome_lines, id="welcome-text")
        keys = _("c  connect an account     d  demo     ^p  palette     {leave}  leave",
                 leave=keymap.shown("general.leave", "^q"))  # fmt: skip
        yield Static(quiet(keys), id="keys", classes=KEYS_LINE, markup=False)

    def action_connect(self) -> None:
        self._connect()

    def action_demo(self) -> None:
        self._demo()

    def action_help(self) -> None:
        from console.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())


def welcome_lines(width: int) -> list[Content]:
    return [
        Content.styled("payconsole", "bold"),
        *wrapped(
            quiet(
                _(
                    "Any Amazon Pay id goes in, the whole truth about that order comes out, and"
                    " whatever may be done about it is one safe step away."
                )
            ),
            width,
        ),
        Content(""),
        heading(_("Connect an account")),
        doing(Content.assemble(("c", "bold $text-accent"), "  ",
                               _("five short questions, and Amazon proves the key at once.")),
              "connect"),
        *wrapped(
            quiet(
                "   "
                + _(
                    "The key goes into the operating system's keyring and nowhere else. You need a"
                    " Seller Central login, or a key file and its public key id."
                )
            ),
            width,
            3,
        ),
        Content(""),
        heading(_("Try it")),
        doing(Content.assemble(("d", "bold $text-accent"), "  ",
                               _("the demo: an Amazon Pay of its own on this machine.")),
              "demo"),
        quiet("   " + _("It touches neither your keyring nor your journal.")),
        Content(""),
        heading(_("In scripts")),
        *(Content.styled(line, "$text-accent") for line in _ADD),
    ]  # fmt: skip
