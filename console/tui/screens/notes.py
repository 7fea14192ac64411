"""The notes on one order: read, add one, take one's own away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.language import N_, _
from console.domain.model import parse_time
from console.domain.text import clean_line
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import CleanInput, holds_private_key
from console.tui.words import QUIET, quiet, stamp, wrapped

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.store.desk import Note
    from console.tui.desk_jobs import DeskJobs

LONGEST: Final = 2000  # characters; the store cuts there too
_WHERE: Final = N_("Notes stay on this machine. Write no buyer data into them.")
_FORGOTTEN: Final = N_("This is the demo: its notes are forgotten when it is left.")
_KEYS: Final = N_("enter keep it  tab to the notes: x remove, u undo  esc back")


class _NoteInput(CleanInput):
    """One line that is longer than others; of a paste its lines become one."""

    def validate_value(self, value: str) -> str:
        return clean_line(value, LONGEST)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(clean_line(" ".join(event.text.split()), LONGEST))


class NotesScreen(ModalScreen[None]):
    """What is removed can be put back until the dialog is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("x", "remove", "Remove", show=False),
        Binding("u", "undo", "Undo", show=False),
    ]

    def __init__(self, order: Order, desk: DeskJobs, *, demo: bool) -> None:
        super().__init__()
        self._where = _FORGOTTEN if demo else _WHERE
        self.order = order
        self._desk = desk
        self._notes: dict[str, Note] = {}
        self._removed: list[Note] = []
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield RowList(id="notes", empty=_("No note on this order yet."), filterable=True)
            with VerticalScroll(id="note-pane"):
                yield Drawn(self._lines, id="note-text")
            with Horizontal(classes="field"):
                yield Static(_("A new note"), classes="label", markup=False)
                yield _NoteInput(id="note-input", compact=True)
            yield Drawn(self._foot, id="note-said")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        title = _("Notes on {order}", order=self.order.id)
        self.query_one("#dialog").border_title = Content(clean_line(title, 70))
        self.query_one("#note-pane").can_focus = False
        self.query_one(_NoteInput).focus()

    @property
    def _rows(self) -> RowList:
        return self.query_one("#notes", RowList)

    @property
    def _chosen(self) -> Note | None:
        return self._notes.get(self._rows.key or "")

    def came(self, notes: list[Note]) -> None:
        """The notes as they are now; the newest stands first."""
        new = {str(note.number): note for note in reversed(notes)}
        added = next((key for key in new if key not in self._notes), None)
        self._notes = new
        rows = [Row(key, _row(note), f"{note.actor} {note.text}") for key, note in new.items()]
        self._rows.show(rows, added)
        self.query_one("#note-text", Drawn).redraw()

    def _lines(self, width: int) -> list[Content]:
        """The whole of the chosen note, where its row has room for the beginning only."""
        note = self._chosen
        if note is None or _row(note)(width).cell_length <= width:
            return []
        return wrapped(Content(note.text), width)

    def _foot(self, width: int) -> list[Content]:
        return wrapped(quiet(self._said or _(self._where)), width)

    def _say(self, said: str) -> None:
        self._said = said
        self.query_one("#note-said", Drawn).redraw()

    @on(RowList.Moved, "#notes")
    def _moved(self) -> None:
        self.query_one("#note-text", Drawn).redraw()

    @on(Input.Submitted, "#note-input")
    def _add(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if holds_private_key(text):
            self._say(_("That is a private key: it was not kept."))
        elif text:
            self._desk.add(self.order, text)
            self._say("")
        event.input.value = ""

    def action_remove(self) -> None:
        """Take the chosen note away, if it is one's own."""
        note = self._chosen
        if note is None:
            self._say(_("There is no note to remove."))
        elif note.actor != self._desk.actor:
            text = _("It is a note by {operator}: only they can remove it.", operator=note.actor)
            self._say(text)
        else:
            self._removed.append(note)
            self._desk.remove(self.order, note)
            self._say(_("Removed. u puts it back, until this dialog is closed."))

    def action_undo(self) -> None:
        if self._removed:
            self._desk.put_back(self.order, self._removed.pop())
            self._say(_("It is back."))
        else:
            self._say(_("Nothing was removed."))

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(note: Note) -> Callable[[int], Content]:
    """Time, operator, and as much of the text as there is room for."""
    time = parse_time(note.time)
    when = stamp(time) if time is not None else note.time

    def draw(_width: int) -> Content:
        return Content.assemble((f" {when}  {note.actor}  ", QUIET), Content(note.text))

    return draw
