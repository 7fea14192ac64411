"""JSON objects as lines that fold, with a cursor and a search; draws only what is seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.tui.widgets.filter import matches
from console.tui.words import joined, literal, quiet

MOST_LINES: Final = 20_000  # of all objects together; a real order has some hundred
_CURSOR: Final = "$block-cursor-foreground on $block-cursor-background"
_RESTING: Final = "on $surface-lighten-1"


@dataclass(frozen=True)
class Line:
    """One value of an object. The lines up to `end` lie inside it; `parent` is the one above."""

    depth: int
    label: str
    value: Any
    parent: int
    end: int

    @property
    def words(self) -> str:
        """What a filter looks in: the name, and a value that stands on this very line."""
        return self.label if self.folds else f"{self.label} {self.shown}"

    @property
    def folds(self) -> bool:
        return isinstance(self.value, Mapping | list) and bool(self.value)

    @property
    def shown(self) -> str:
        """The value in one line: a text as it is, an object or list by its size."""
        value = self.value
        if isinstance(value, str):
            return clean_line(value)
        if isinstance(value, Mapping) and value:
            return f"{{{len(value)}}}"
        if isinstance(value, list) and value:
            return f"[{len(value)}]"
        return json.dumps(value, default=str)

    @property
    def copied(self) -> str:
        """What copying gives: a text as it is, everything else as JSON."""
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value, ensure_ascii=False, indent=2, default=str)


def outlined(roots: Iterable[tuple[str, Any]]) -> list[Line]:
    """The lines of some named objects, at most `MOST_LINES`; what is cut is said in the last."""
    lines: list[Line] = []
    for label, value in roots:
        if len(lines) < MOST_LINES:
            _outline(lines, label, value, depth=0, parent=-1)
    if len(lines) >= MOST_LINES:
        cut = _("… cut after {lines} lines; `payconsole export` has everything", lines=MOST_LINES)
        lines.append(Line(0, cut, "", -1, len(lines) + 1))
    return lines


def _outline(lines: list[Line], label: str, value: Any, *, depth: int, parent: int) -> None:
    here = len(lines)
    lines.append(Line(depth, label, value, parent, here + 1))
    for name, inner in _inside(value):
        if len(lines) >= MOST_LINES:
            break
        _outline(lines, name, inner, depth=depth + 1, parent=here)
    lines[here] = Line(depth, label, value, parent, len(lines))


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(place), inner) for place, inner in enumerate(value))


class Outline(Widget, can_focus=True):
    """The lines of some objects, one under the cursor; folded ones hide what is inside."""

    DEFAULT_CSS = "Outline { height: 1fr; min-height: 3; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", N_("Up"), show=False),
        Binding("down,j", "move(1)", N_("Down"), show=False),
        Binding("pageup", "page(-1)", N_("Page up"), show=False),
        Binding("pagedown", "page(1)", N_("Page down"), show=False),
        Binding("home", "move(-99999)", N_("First"), show=False),
        Binding("end", "move(99999)", N_("Last"), show=False),
        Binding("left,h", "fold", N_("Fold"), show=False),
        Binding("right,l", "unfold", N_("Unfold"), show=False),
        Binding("enter,space", "fold_or_unfold", N_("Fold or unfold"), show=False),
    ]

    class Moved(Message):
        """The cursor stands on another line."""

    def __init__(self, lines: list[Line], folded: Iterable[int], *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._lines = lines
        self._folded = set(folded)
        self._matches: list[int] | None = None  # while it is narrowed: what is found
        self._seen: list[int] = []  # the lines that no fold hides
        self._cursor = 0  # a place in `_seen`
        self._top = 0
        self._told = -1  # the line that was told last: to move is to stand on another
        self._unhide()

    # --- where it stands -----------------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self._lines[self._seen[self._cursor]] if self._seen else None

    @property
    def labels(self) -> list[str]:
        """Where the line under the cursor stands: the labels from its object down."""
        return [self._lines[number].label for number in reversed(self._way_up)]

    @property
    def root(self) -> Line | None:
        """The object in which the line under the cursor stands."""
        return self._lines[self._way_up[-1]] if self._seen else None

    @property
    def _way_up(self) -> list[int]:
        """The line under the cursor and everything above it, up to its object."""
        numbers, number = [], self._seen[self._cursor] if self._seen else -1
        while number >= 0:
            numbers.append(number)
            number = self._lines[number].parent
        return numbers

    def path(self) -> str:
        return " › ".join(self.labels)

    def narrow(self, text: str) -> tuple[int, int]:
        """Show only the lines that `text` is found in, and what they stand in; empty: all again.

        The cursor goes to the first that is found, from where it stands, and stays there when
        everything is shown again. Returns (how many were found, of how many lines).
        """
        at = self._seen[self._cursor] if self._seen else 0
        found = [n for n, line in enumerate(self._lines) if matches(line.words, text)]
        self._matches = found if text else None
        self._unhide()
        if not text:
            self.go_to(at)
        elif found:
            self._to(self._seen.index(next((n for n in found if n >= at), found[0])))
        else:
            self._to(0)
        return len(found), len(self._lines)

    def find(self, step: int) -> None:
        """While it is narrowed: go to the next line that is found (1), or the one before (-1)."""
        if not self._matches or not self._seen:
            return
        at = self._seen[self._cursor]
        ahead = [n for n in self._matches if (n > at if step > 0 else n < at)] or self._matches
        self._to(self._seen.index(ahead[0] if step > 0 else ahead[-1]))

    def go_to(self, number: int) -> None:
        """Put the cursor on a line, unfolding what hides it."""
        if not self._lines:
            return
        above = self._lines[number].parent
        while above >= 0:
            self._folded.discard(above)
            above = self._lines[above].parent
        self._unhide()
        self._to(self._seen.index(number))

    # --- keys ----------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        self._to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self._to(self._cursor + by * max(1, self.size.height - 1))

    def action_fold(self) -> None:
        """Fold this line; one that is folded or has nothing inside leads to the one above."""
        if not self._seen or self._matches is not None:
            return
        number = self._seen[self._cursor]
        line = self._lines[number]
        if line.folds and number not in self._folded:
            self._folded.add(number)
            self._unhide()
        elif line.parent >= 0:
            self._cursor = self._seen.index(line.parent)
        self._to(self._cursor)

    def action_unfold(self) -> None:
        if self._seen and self._matches is None:
            self._folded.discard(self._seen[self._cursor])
            self._unhide()
            self._to(self._cursor)

    def action_fold_or_unfold(self) -> None:
        folded = self._seen and self._seen[self._cursor] in self._folded
        self.action_unfold() if folded else self.action_fold()

    def on_click(self, event: events.Click) -> None:
        self.focus()
        if self._top + event.y < len(self._seen):
            again = self._top + event.y == self._cursor
            self._to(self._top + event.y)
            if again:
                self.action_fold_or_unfold()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-3)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_resize(self) -> None:
        self._to(self._cursor)

    # --- drawing -------------------------------------------------------------------------------

    def _unhide(self) -> None:
        """Work out which lines are seen: what no fold hides, or what was found."""
        if self._matches is not None:
            self._seen = self._around(self._matches)
            return
        self._seen, number = [], 0
        while number < len(self._lines):
            self._seen.append(number)
            folded = number in self._folded
            number = self._lines[number].end if folded else number + 1

    def _around(self, found: Iterable[int]) -> list[int]:
        """These lines, and everything that they stand in."""
        shown: set[int] = set()
        for line in found:
            number = line
            while number >= 0 and number not in shown:
                shown.add(number)
                number = self._lines[number].parent
        return sorted(shown)

    def _to(self, place: int) -> None:
        self._cursor = min(max(place, 0), max(0, len(self._seen) - 1))
        height = max(1, self.size.height)
        self._top = min(max(self._top, self._cursor - height + 1), self._cursor)
        self._top = max(0, min(self._top, len(self._seen) - height))
        self.refresh()
        number = self._seen[self._cursor] if self._seen else -1
        if number != self._told:
            self._told = number
            self.post_message(self.Moved())

    def render(self) -> Content:
        if self._matches == []:
            return quiet(_("Nothing matches."))
        window = self._seen[self._top : self._top + self.size.height]
        return joined(
            self._drawn(number, self._top + place == self._cursor)
            for place, number in enumerate(window)
        )

    def _drawn(self, number: int, chosen: bool) -> Content:
        line = self._lines[number]
        folded = number in self._folded and self._matches is None
        mark = ("▸ " if folded else "▾ ") if line.folds else "  "
        value = quiet(line.shown) if line.folds else literal(line.shown)
        label = literal(line.label).stylize("bold" if line.depth == 0 else "$text-primary")
        drawn = Content.assemble("  " * line.depth, quiet(mark), label, "  ", value)
        width = self.size.width
        drawn = drawn.truncate(width, ellipsis=True, pad=True)
        if not chosen:
            return drawn
        return drawn.stylize(_CURSOR if self.has_focus else _RESTING)
