"""Beside the order: the pinned ones, and those that were looked at last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from console.domain.language import N_, _
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import QUIET, TONES, age, ending_id, literal, spread, symbol, tone_of

if TYPE_CHECKING:
    from console.store.index import Known
    from console.tui.messages import RecentRead

NOTE: Final = '"'  # marks an order that has notes: one cell in every terminal
WIDE: Final = 32  # from this width on the age of the last look is told
Now = Callable[[], datetime | None]


class RecentPane(Vertical):
    """The list; `now` gives Amazon's time, None while no session is open."""

    def __init__(self, now: Now) -> None:
        super().__init__(id="recent-pane")
        self._now = now
        self._known: list[Known] = []
        self.was_read = False
        self._pinned: frozenset[str] = frozenset()
        self._noted: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield Drawn(lambda _width: [Content(_("Recent"))], id="recent-title")
        yield RowList(id="recent", empty=N_("Nothing was looked up yet."), filterable=True)

    @property
    def rows(self) -> RowList:
        return self.query_one("#recent", RowList)

    def show(self, read: RecentRead, shown: str | None) -> None:
        """The list anew; the cursor goes to the order that is shown."""
        self.was_read = True
        self._known = [*read.pinned, *read.recent]
        self._pinned = frozenset(known.id for known in read.pinned)
        self._noted = read.noted
        self.query_one("#recent-title").display = not self._pinned
        self.rows.show([self._row(known) for known in self._known], shown)

    def choices(self) -> list[tuple[str, str]]:
        """The same for a dialog, where there is no room for the list."""
        return [(known.id, self._words(known)) for known in self._known]

    def _words(self, known: Known) -> str:
        note = NOTE if known.id in self._noted else ""
        pinned = _("pinned") if known.id in self._pinned else ""
        said = " ".join(part for part in (known.reference, note, pinned) if part)
        return f"{symbol(known.state)} {known.id}  {said}"

    def _row(self, known: Known) -> Row:
        section = ""
        if self._pinned:
            section = _("Pinned") if known.id in self._pinned else _("Recent")
        words = " ".join(part for part in (known.id, known.reference, known.state) if part)
        return Row(known.id, partial(self._draw, known), words, section)

    def _draw(self, known: Known, width: int) -> Content:
        from console.domain.model import parse_time

        line = Content.assemble(
            (f"{symbol(known.state)} ", TONES[tone_of(known.kind, known.state or "")]),
            ending_id(known.id), " ",
            literal(known.reference or "").stylize("$foreground-muted"),
            (f" {NOTE}" if known.id in self._noted else "", "bold $text-accent"),
        )  # fmt: skip
        now, looked = self._now(), parse_time(known.seen)
        if width < WIDE or now is None or looked is None:
            return line
        return spread(line, Content.styled(age(looked, now), QUIET), width)
