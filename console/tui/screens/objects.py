"""The raw objects of an order: folding, search, copying."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.members import members
from console.domain.model import without_buyer
from console.domain.order import Order
from console.domain.text import clean_line
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.outline import Outline, outlined
from console.tui.widgets.search import CleanInput
from console.tui.words import literal, quiet, wrapped

VALUE_LINES: Final = 4
_KEYS: Final = "↑ ↓  ← → fold     /  search, n N next and previous     y  copy     esc  back"
_MASKED: Final = "Buyer data is masked; b, in the order, shows it."
_SHOWN: Final = "Buyer data is shown; this look is in the journal."


class ObjectsScreen(ModalScreen[None]):
    """Every object of an order as Amazon gave it; the chosen one is unfolded.

    `revealed` says that the buyer's data may be shown: whoever passes True has written that
    down in the journal before.
    """

    DEFAULT_CSS = """
    ObjectsScreen #value { height: 4; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("n", "find(1)", "Next match", show=False),
        Binding("N", "find(-1)", "Match before", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, order: Order, chosen: str | None, revealed: bool) -> None:
        super().__init__()
        found = list(members(order))
        lines = outlined((_title(kind, member.id), _raw(member.raw, revealed))
                         for kind, member in found)  # fmt: skip
        roots = [number for number, line in enumerate(lines) if line.depth == 0]
        ids = [member.id for _, member in found]
        chosen = chosen if chosen in ids else next(iter(ids), None)
        folded = {root for root, identifier in zip(roots, ids, strict=False)
                  if identifier != chosen}  # fmt: skip
        self._outline = Outline(lines, folded, id="outline")
        self._start = next((r for r, i in zip(roots, ids, strict=False) if i == chosen), 0)
        self._note = _SHOWN if revealed else _MASKED
        self._matches = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield self._outline
            yield Drawn(self._value_lines, id="value")
            with Horizontal(id="find", classes="field"):
                yield Static("/ ", classes="mark", markup=False)
                yield CleanInput(id="find-input", compact=True, placeholder="a name or a value")
            yield Static(quiet(_KEYS), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("Raw objects")
        self.query_one("#find").display = False
        self.query_one(".mark").styles.width = 2
        self._outline.go_to(self._start)
        self._outline.focus()

    def _value_lines(self, width: int) -> list[Content]:
        """Where the cursor stands, and all of its value as far as there is room."""
        line = self._outline.line
        if line is None:
            return [quiet("Nothing was read of this order.")]
        value = quiet(self._note) if line.folds else Content(clean_line(line.shown))
        lines = [
            literal(self._outline.path())
            .stylize("$foreground-muted")
            .truncate(width, ellipsis=True),
            *wrapped(value, width),
        ]
        if len(lines) > VALUE_LINES:
            lines = [*lines[: VALUE_LINES - 1], quiet("…  y copies all of it")]
        return lines

    @on(Outline.Moved)
    def _moved(self) -> None:
        self.query_one("#value", Drawn).redraw()
        self._say(self._matches)

    def _say(self, text: str) -> None:
        self.query_one("#dialog").border_subtitle = Content(text)

    # --- search and copy -------------------------------------------------------------------------

    @property
    def _typed(self) -> str:
        return self.query_one("#find-input", CleanInput).value.strip()

    def action_search(self) -> None:
        self.query_one("#find").display = True
        self.query_one("#find-input").focus()

    @on(Input.Changed, "#find-input")
    def _search_changed(self) -> None:
        self._find(1, here=True)

    @on(Input.Submitted, "#find-input")
    def _search_done(self, event: Input.Submitted) -> None:
        event.stop()
        self._outline.focus()

    def action_find(self, step: int) -> None:
        if self._typed:
            self._find(step)
        else:
            self.action_search()

    def _find(self, step: int, *, here: bool = False) -> None:
        which, count = self._outline.find(self._typed, step, here=here)
        self._matches = f"{which} of {count}" if count else "no match" if self._typed else ""
        self._say(self._matches)

    def action_copy(self) -> None:
        line = self._outline.line
        if line is not None:
            self.app.copy_to_clipboard(line.copied)
            self._say("Copied; some terminals need OSC 52 to be allowed for it")

    def action_back(self) -> None:
        if self._outline.has_focus:
            self.dismiss(None)
        else:
            self._outline.focus()


def _title(kind: str, identifier: str) -> str:
    return f"{kind.replace('_', ' ').capitalize()} {identifier}"


def _raw(data: Any, revealed: bool) -> dict[str, Any]:
    return dict(data) if revealed else without_buyer(data)
