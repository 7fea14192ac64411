"""The raw objects of an order: folding, search, copying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.clipboard import copy
from console.domain.language import N_, _
from console.domain.members import members
from console.domain.model import BUYER_FIELDS, without_buyer
from console.domain.order import Order
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.filter import Filter
from console.tui.widgets.outline import Outline, outlined
from console.tui.words import kind_title, literal, quiet, wrapped

VALUE_LINES: Final = 4
_KEYS: Final = N_("↑ ↓  ← → fold     f  filter, n N next and before     y  copy     esc  back")
_MASKED: Final = N_("Buyer data is masked; {key}, in the order, shows it.")
_SHOWN: Final = N_("Buyer data is shown; this look is in the journal.")
_WITHOUT: Final = N_("Copied without the buyer's data: {key} under Raw copies that")
_BUYER: Final = N_("The buyer's data is copied under Raw only: {key} there")


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
        Binding("f,slash", "filter", "Filter", show=False),
        Binding("n", "find(1)", "Next match", show=False),
        Binding("N", "find(-1)", "Match before", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, order: Order, chosen: str | None, revealed: bool) -> None:
        super().__init__()
        found = list(members(order))
        lines = outlined((f"{kind_title(kind)} {member.id}", _raw(member.raw, revealed))
                         for kind, member in found)  # fmt: skip
        roots = [number for number, line in enumerate(lines) if line.depth == 0]
        ids = [member.id for _kind, member in found]
        chosen = chosen if chosen in ids else next(iter(ids), None)
        folded = {root for root, identifier in zip(roots, ids, strict=False)
                  if identifier != chosen}  # fmt: skip
        self._outline = Outline(lines, folded, id="outline")
        self._start = next((r for r, i in zip(roots, ids, strict=False) if i == chosen), 0)
        self._revealed = revealed

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield Filter(hint=_("a name or a value"))
            yield self._outline
            yield Drawn(self._value_lines, id="value")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Raw objects"))
        self._outline.go_to(self._start)
        self._outline.focus()

    def _value_lines(self, width: int) -> list[Content]:
        """Where the cursor stands, and all of its value as far as there is room."""
        line = self._outline.line
        if line is None:
            return [quiet(_("Nothing was read of this order."))]
        note = _(_SHOWN) if self._revealed else _(_MASKED, key=keymap.written("general.buyer"))
        value = quiet(note) if line.folds else Content(clean_line(line.shown))
        lines = [
            literal(self._outline.path())
            .stylize("$foreground-muted")
            .truncate(width, ellipsis=True),
            *wrapped(value, width),
        ]
        if len(lines) > VALUE_LINES:
            rest = "…" if self._is_buyers else f"…  {_('y copies all of it')}"
            lines = [*lines[: VALUE_LINES - 1], quiet(rest)]
        return lines

    @on(Outline.Moved)
    def _moved(self) -> None:
        self.query_one("#value", Drawn).redraw()
        self._say("")

    def _say(self, text: str) -> None:
        self.query_one("#dialog").border_subtitle = Content(text)

    # --- filter and copy -------------------------------------------------------------------------

    @property
    def _filter(self) -> Filter:
        return self.query_one(Filter)

    def action_filter(self) -> None:
        self._filter.open()

    @on(Filter.Changed)
    def _narrow(self, event: Filter.Changed) -> None:
        self._filter.count(*self._outline.narrow(event.text))

    @on(Filter.Left)
    def _list_again(self) -> None:
        self._outline.focus()

    @on(Filter.Moved)
    def _move(self, event: Filter.Moved) -> None:
        self._outline.action_move(event.by)

    def action_find(self, step: int) -> None:
        if self._filter.text:
            self._outline.find(step)
        else:
            self.action_filter()

    @property
    def _is_buyers(self) -> bool:
        """Whether the line under the cursor is, or stands in, data of the buyer."""
        return not BUYER_FIELDS.isdisjoint(self._outline.labels[1:2])

    def action_copy(self) -> None:
        """Copy the value under the cursor; never the buyer's data, shown or not."""
        line, root = self._outline.line, self._outline.root
        if line is None or root is None:
            return
        if self._is_buyers:
            self._say(_(_BUYER, key=keymap.written("general.copy")))
            return
        whole = line is root and isinstance(line.value, Mapping)
        masked = replace(line, value=without_buyer(line.value)) if whole else line
        copying = self._copying(masked.copied, masks=masked != line)
        self.run_worker(copying, group="copy", exit_on_error=False)

    async def _copying(self, text: str, *, masks: bool) -> None:
        way = await copy(text, self.app.copy_to_clipboard)
        without = _(_WITHOUT, key=keymap.written("general.copy"))
        self._say(without if masks else _("Copied, {way}", way=way))

    def action_back(self) -> None:
        if self._filter.is_on:
            self._filter.clear()
        else:
            self.dismiss(None)


def _raw(data: Any, revealed: bool) -> dict[str, Any]:
    return dict(data) if revealed else without_buyer(data)
