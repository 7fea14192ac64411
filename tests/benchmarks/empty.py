"""An empty Textual application of the same widgets as the console, and nothing behind them.

Textual's own widgets, laid out as the console's first screen is: the floor that no console made
with Textual can be below.
"""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Input, LoadingIndicator, Static


class Empty(App[None]):
    """A search line, a list beside, an order that isn't there."""

    CSS = """
    Screen { background: $background; }
    #header, .line { height: 1; padding: 0 1; background: $panel; }
    #search-line { height: 3; border: round $primary; padding: 0 1; }
    #search-mark { width: 2; }
    #search { width: 1fr; }
    #body { height: 1fr; }
    #recent { width: 25; border-right: solid $panel; padding: 0 1; }
    #order { height: 1fr; padding: 0 1; display: none; }
    #rows { height: auto; max-height: 40%; }
    #loading { height: 1; width: 12; }
    .hidden { display: none; }
    """
    BINDINGS = [("slash", "search", "Search"), ("ctrl+q", "quit", "Leave")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Static("payconsole  Demo store", id="header")
        with Horizontal(id="search-line"):
            yield Static("/", id="search-mark")
            yield Input(
                placeholder="any id, order number, link or mail text", id="search", compact=True
            )
        for name in ("tabs", "banners", "notice"):
            yield Static("", id=name, classes="hidden")
        with Horizontal(id="body"):
            with Vertical(id="recent"):
                yield Static("Recent", classes="line")
                with VerticalScroll():
                    yield Input(classes="hidden")
                    yield Static("Nothing was looked up yet.")
            with Vertical():
                yield Static("Starting …", id="empty")
                yield LoadingIndicator(id="loading")
                with Vertical(id="order"):
                    yield Static("", id="head")
                    yield Static("", classes="line")
                    with VerticalScroll(id="rows"):
                        yield Static("")
                    yield Static("", classes="line")
                    with VerticalScroll():
                        yield Static("")
        yield Footer()

    def on_mount(self) -> None:
        search = self.query_one("#search", Input)
        search.cursor_blink = False
        search.focus()


def main() -> None:
    Empty().run()
