"""What changed between two looks at one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.difference import difference, shown_value
from console.domain.language import N_, _, many
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import TONES, hanging, heading, literal, quiet, state_word, wrapped

if TYPE_CHECKING:
    from console.store.index import Look

_KEYS: Final = N_("enter  compare the others with it     f  filter     esc  back")


class DiffScreen(ModalScreen[None]):
    """The look under the cursor against the marked one; at first the last two.

    `looks` are those of one object, oldest first.
    """

    DEFAULT_CSS = """
    DiffScreen #looks { height: auto; max-height: 40%; }
    DiffScreen #diff-pane { height: 1fr; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, identifier: str, looks: Sequence[Look]) -> None:
        super().__init__()
        self._identifier = identifier
        self._looks = tuple(looks)
        self._marked = max(0, len(looks) - 2)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            empty = _(
                "This object was never read here. {key} reads it.",
                key=keymap.written("general.again"),
            )
            yield RowList(id="looks", empty=empty, filterable=True)
            with VerticalScroll(id="diff-pane"):
                yield Drawn(self._lines, id="diff")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        title = _("Looks at {object}", object=clean_line(self._identifier, 60))
        self.query_one("#dialog").border_title = Content(title)
        self._show_rows()
        self.query_one(RowList).focus()

    def _show_rows(self) -> None:
        """Newest first; the cursor starts there."""
        rows = [
            Row(str(n), self._row(n), self._row(n)(0).plain)
            for n in reversed(range(len(self._looks)))
        ]
        self.query_one(RowList).show(rows)
        self.query_one("#diff", Drawn).redraw()

    def _row(self, number: int) -> Callable[[int], Content]:
        look = self._looks[number]

        def draw(_width: int) -> Content:
            mark = "◆ " if number == self._marked and len(self._looks) > 1 else "  "
            state = state_word(look.kind, look.state) if look.state else quiet(_("no state"))
            when = literal(look.time.replace("T", " ").removesuffix("Z"))
            return Content.assemble((mark, "bold $text-accent"), when, "  ", state)

        return draw

    @on(RowList.Chosen)
    def _mark(self, event: RowList.Chosen) -> None:
        self._marked = int(event.key)
        self._show_rows()

    @on(RowList.Moved)
    def _moved(self) -> None:
        self.query_one("#diff", Drawn).redraw()
        self.query_one("#diff-pane").scroll_home(animate=False)

    def _lines(self, width: int) -> list[Content]:
        key = self.query_one(RowList).key
        if key is None:
            return []
        if len(self._looks) == 1:
            said = _(
                "Nothing has changed since the first look. {key} reads it again.",
                key=keymap.written("general.again"),
            )
            return wrapped(quiet(said), width)
        older, newer = sorted((self._marked, int(key)))
        if older == newer:
            said = _("This look is the marked one: choose another with ↑ ↓.")
            return wrapped(quiet(said), width)
        return difference_lines(self._looks[older], self._looks[newer], width)

    def action_leave(self) -> None:
        self.dismiss(None)


def difference_lines(older: Look, newer: Look, width: int) -> list[Content]:
    """Each value that differs: its path, what it was, what it became."""
    found = difference(older.raw, newer.raw)
    count = many("{count} value changed", "{count} values changed", len(found))
    lines = [Content.assemble(heading(count), "  ", quiet(f"{older.time} → {newer.time}"))]
    for one in found:
        lines += wrapped(literal(one.path).stylize("bold"), width, 2)
        before, after = literal(shown_value(one.before)), literal(shown_value(one.after))
        lines += hanging(Content.styled("  − ", TONES["warning"]), before, width)
        lines += hanging(Content.styled("  + ", TONES["good"]), after, width)
    return lines
