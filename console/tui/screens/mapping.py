"""The whole vocabulary of v1, v2 and Seller Central, filtered while a term is typed."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.checkout_v1 import MappingRow, nearest_words, search
from console.domain.kept import shown
from console.domain.language import N_, _
from console.domain.meanings import Meaning, alike, meanings
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.explained import to_the_buyer, what_to_do
from console.tui.widgets.filter import Filter
from console.tui.words import heading, kind_word, labelled, literal, quiet, wrapped

LABEL: Final = 16
_TOPICS: Final = {
    "state": N_("state"),
    "reason code": N_("reason code"),
    "error code": N_("error code"),
}
_BELOW: Final = frozenset({"charge", "refund", "authorization", "capture"})
_BELOW_SAID: Final = N_("Seller Central shows the state of the order alone, not this one.")
_HINT: Final = N_("a call, a state, a reason code, an id, a report column")


class MappingScreen(ModalScreen[None]):
    """`term` is what the filter begins with. The cursor keys scroll while one types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False, priority=True),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    MappingScreen #mapping-pane { height: 1fr; margin-top: 1; scrollbar-size: 0 1; }
    MappingScreen #mapping { height: auto; }
    """

    def __init__(self, term: str = "") -> None:
        super().__init__()
        self._term = term
        self._rows = search(term)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield Filter(self._term, id="mapping-term", hint=_(_HINT), stays=True)
            with VerticalScroll(id="mapping-pane", can_focus=False):
                yield Drawn(self._lines, id="mapping")
            yield Static(quiet(_("↑ ↓  scroll     esc  back")), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("v1 ↔ v2 ↔ Seller Central")
        self.query_one(Filter).open()
        self._count()

    @on(Filter.Changed)
    def _typed(self, event: Filter.Changed) -> None:
        self._term = event.text.removeprefix("/")  # as if the search were still to be opened
        self._rows = search(self._term)
        self.query_one("#mapping-pane").scroll_home(animate=False)
        self.query_one("#mapping", Drawn).redraw()
        self._count()

    def _count(self) -> None:
        self.query_one(Filter).count(len(self._rows), len(search("")))

    def action_scroll(self, by: int) -> None:
        self.query_one("#mapping-pane").scroll_relative(y=by, animate=False)

    def action_page(self, pages: int) -> None:
        pane = self.query_one("#mapping-pane")
        pane.scroll_relative(y=pages * max(1, pane.size.height - 1), animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)

    def _lines(self, width: int) -> list[Content]:
        lines = _meanings(self._term, width)
        if not self._rows:
            return lines or _nothing(self._term, width)
        for topic, rows in groupby(self._rows, key=lambda row: row.topic):
            if lines:
                lines.append(Content(""))
            title = shown(topic)
            lines.append(heading(title[0].upper() + title[1:]))
            for row in rows:
                lines += _row(row, width)
        return lines


def _meanings(term: str, width: int) -> list[Content]:
    """What a state, a reason code or an error code means that is typed whole."""
    lines: list[Content] = []
    for same in alike(meanings(term)):
        if lines:
            lines.append(Content(""))
        for one in same:
            lines += wrapped(heading(one.term) + quiet("  " + _where(one)), width, 2)
        meaning = same[0].explanation
        lines += [*what_to_do(meaning, width), *to_the_buyer(meaning, width)]
        if any(one.kind in _BELOW for one in same):
            lines += wrapped(quiet(_(_BELOW_SAID)), width)
    return lines


def _where(one: Meaning) -> str:
    """`reason code · charge · Declined`, `error code · 422 · create refund`."""
    calls = ", ".join(call.replace("_", " ") for call in one.operations)
    of = {
        "state": [kind_word(one.kind or "")],
        "reason code": [kind_word(one.kind or ""), one.state or _("any state")],
        "error code": [
            *map(str, one.statuses), "Checkout v1" if one.v1 else calls or _("any call")
        ],
    }  # fmt: skip
    return " · ".join([_(_TOPICS[one.topic]), *of[one.topic]])


def _row(row: MappingRow, width: int) -> list[Content]:
    lines = []
    for label, text in (("v1", row.v1), ("v2", row.v2), ("Seller Central", row.seller_central)):
        if text:
            said = literal(shown(text))
            lines += labelled(label, said.stylize("bold") if label == "v1" else said, width, LABEL)
    if row.note:
        lines += labelled("", quiet(shown(row.note)), width, LABEL)
    return lines


def _nothing(term: str, width: int) -> list[Content]:
    near = ", ".join(nearest_words(term))
    said = _("Nothing in the vocabulary matches “{term}”.", term=term)
    lines = wrapped(literal(said), width)
    if near:
        lines += wrapped(quiet(_("The nearest words: {words}", words=near)), width)
    return lines
