"""Leaving while something is not done: what it is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from console.domain.language import N_, _, many, sentences, together
from console.domain.text import clean_line
from console.tui import keymap
from console.tui.widgets.drawn import Drawn
from console.tui.words import (
    LOUD,
    amount,
    heading,
    kind_word,
    literal,
    quiet,
    state_word,
    wrapped,
)

if TYPE_CHECKING:
    from console.domain.money import Money
    from console.store.decisions import Intent

CHECK_SECONDS = 0.1

_WORKING: Final = (
    N_("A request to Amazon is under way. payconsole leaves as soon as its outcome is known."),
    N_(
        "If you leave now, the outcome stays open in the journal; the next start reads the order"
        " first, and sends nothing twice."
    ),
)
_AMAZON_GOES_ON: Final = N_("Amazon goes on with it by itself.")
_OURS: Final = sentences(_AMAZON_GOES_ON, N_("The next start looks again."))
_FORGOTTEN: Final = N_("The demo forgets it; a real account's next start would look again.")
_SEEN: Final = sentences(_AMAZON_GOES_ON, N_("Look the order up again to see what came of it."))
_OPEN: Final = N_(
    "The next start reads the order first, and asks you where it can't tell what happened."
)


@dataclass(frozen=True)
class Pending:
    """An object that Amazon is at work on. `ours` where it was made here, by an intent."""

    id: str
    kind: str
    state: str
    amount: Money | None
    ours: bool


@dataclass(frozen=True)
class Unfinished:
    """Everything that goes on when the console is left; `forgotten` with the demo it is in."""

    pending: Sequence[Pending] = ()
    open: Sequence[Intent] = ()
    forgotten: bool = False

    def __bool__(self) -> bool:
        return bool(self.pending or self.open)


class LeaveScreen(ModalScreen[bool]):
    """Waits for a request in flight and then answers True; `l` leaves without waiting.

    `masked` counts what is unfinished and names nothing: the console is locked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "Stay", show=False),
        Binding("l", "leave", "Leave now", show=False),
        Binding("enter", "leave_if_idle", "Leave", show=False),
    ]

    def __init__(
        self, is_working: Callable[[], bool], left: Unfinished, *, masked: bool = False
    ) -> None:
        super().__init__()
        self._is_working = is_working
        self._waits = is_working()
        self._left = left
        self._masked = masked

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            with VerticalScroll(id="outcome"):
                yield Drawn(self._lines, id="outcome-text")
            yield Drawn(self._keys, id="dialog-keys")

    def on_mount(self) -> None:
        self.set_class(self._masked, "-masked")
        self.query_one("#dialog").border_title = Content(_("Leave?"))
        self.query_one("#outcome").focus()
        self.set_interval(CHECK_SECONDS, self._look)

    def _look(self) -> None:
        if self._waits and not self._is_working() and self.is_active:
            self.dismiss(True)

    def action_stay(self) -> None:
        self.dismiss(False)

    def action_leave(self) -> None:
        self.dismiss(True)

    def action_leave_if_idle(self) -> None:
        """Enter and a second ctrl+q: a request in flight is only left by a key of its own."""
        if not self._waits:
            self.dismiss(True)

    def _keys(self, _width: int) -> list[Content]:
        if self._waits:
            return [quiet(_("waiting …     l  leave now     esc  stay"))]
        leave = keymap.written("general.leave")
        return [quiet(_("enter, l or {leave}  leave     esc  stay", leave=leave))]

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for text in _WORKING if self._waits else ():
            lines += [*wrapped(Content(_(text)), width), Content("")]
        told = _counted(self._left) if self._masked else _named(self._left)
        for line in told:
            lines += wrapped(line, width, 2)
        return lines


def _counted(left: Unfinished) -> Iterator[Content]:
    if left.pending:
        yield Content(
            many(
                "{count} object pending at Amazon.",
                "{count} objects pending at Amazon.",
                len(left.pending),
            )
        )
    if left.open:
        said = many("{count} open intent.", "{count} open intents.", len(left.open))
        yield Content(together(said, _(_OPEN)))


def _named(left: Unfinished) -> Iterator[Content]:
    if left.open:
        yield heading(_("Open: not known to be done"))
        for intent in left.open:
            yield Content.assemble(
                ("! " + _("intent {number}", number=intent.id) + "  ", LOUD),
                literal(_("{action} on {object}", action=intent.summary, object=intent.object)),
                "  ",
                literal(intent.state),
            )
        yield quiet(f"  {_(_OPEN)}")
    for ours, said in ((True, _FORGOTTEN if left.forgotten else _OURS), (False, _SEEN)):
        chosen = [pending for pending in left.pending if pending.ours is ours]
        if chosen:
            yield heading(_("Pending: begun here") if ours else _("Pending: seen on orders"))
            yield from _pending_lines(chosen)
            yield quiet(f"  {_(said)}")


def _pending_lines(pending: Iterable[Pending]) -> Iterator[Content]:
    for one in pending:
        money = f"  {amount(one.amount)} {one.amount.currency}" if one.amount else ""
        yield Content.assemble(
            literal(f"{kind_word(one.kind)} {clean_line(one.id, 60)}{money}  "),
            state_word(one.kind, one.state),
        )
