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

from console.tui.widgets.drawn import Drawn
from console.tui.words import heading, quiet, wrapped

_ADD = (
    "payconsole profile add NAME --region na --environment sandbox \\",
    "    --public-key-id SANDBOX-… --private-key-file key.pem",
)


class WelcomeScreen(Screen[None]):
    """Says what can be done without a profile, and does the one thing that can."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,enter", "demo", "Demo"),
        Binding("question_mark,f1", "help", "Keys"),
        Binding("escape", "app.quit", "Leave"),
    ]

    def __init__(self, demo: Callable[[], None]) -> None:
        super().__init__()
        self._demo = demo

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="welcome-pane"), Vertical(id="welcome"):
            yield Drawn(welcome_lines, id="welcome-text")
        yield Static(quiet("d  demo     ^p  palette     ^q  leave"), id="keys", markup=False)

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
                "Any Amazon Pay id goes in, the whole truth about that order comes out, and"
                " whatever may be done about it is one safe step away."
            ),
            width,
        ),
        Content(""),
        heading("Try it"),
        Content.assemble(("d", "bold $text-accent"), "  the demo: an Amazon Pay of its own on this"
                         " machine."),
        quiet("   It touches neither your keyring nor your journal."),
        Content(""),
        heading("Connect an account"),
        *wrapped(Content("Leave with ctrl+q, then add a profile with a key from Seller Central:"),
                 width),
        Content(""),
        *(Content.styled(line, "$text-accent") for line in _ADD),
        Content(""),
        *wrapped(
            quiet(
                "The key goes into the operating system's keyring and nowhere else. Regions: na,"
                " eu, jp. Start payconsole again; the first profile is the default one."
            ),
            width,
        ),
    ]  # fmt: skip
