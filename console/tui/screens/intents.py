"""Open intents: what was begun and is not known to be done, and a person's ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.intent import State
from console.domain.text import clean_line
from console.tui.messages import Said, Standing
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import CleanInput
from console.tui.words import LOUD, labelled, literal, quiet, wrapped

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.actions.renewal import Renewal
    from console.store.decisions import Intent
    from console.tui.work import Work

NOBODY: Final = "nobody else did it"
DISPUTED: Final = "beside the dispute"
# The words that let it be asked again, each about one thing that happened since.
_WORDS: Final = {"nobody": NOBODY, "disputed": DISPUTED}
_ASK: Final = {
    "nobody": (
        "Ask Amazon again although the order has moved. Only if nobody did the same by hand, in"
        f" Seller Central or elsewhere. Type: {NOBODY}",
        NOBODY,
    ),
    "disputed": (
        "Ask Amazon again although the charge was disputed since: the buyer can get the money"
        f" twice, by the refund and by the dispute. Type: {DISPUTED}",
        DISPUTED,
    ),
    "happened": (
        "It happened. Say what the evidence is, such as what Seller Central shows. It is kept as"
        " your word, and sends nothing.",
        "the evidence",
    ),
    "did_not": (
        "It did not happen. Say what the evidence is. It is kept as your word, and sends"
        " nothing; a late message can still make it untrue.",
        "the evidence",
    ),
}


class IntentsScreen(ModalScreen[None]):
    """Each choice on an unknown outcome is a key; each that could pay twice asks for words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("a", "ask", "Ask again", show=False),
        Binding("n", "word('nobody')", "Nobody else did it", show=False),
        Binding("d", "word('disputed')", "Beside the dispute", show=False),
        Binding("h", "word('happened')", "It happened", show=False),
        Binding("x", "word('did_not')", "It did not", show=False),
        Binding("f", "finish", "Finish the renewal", show=False),
        Binding("u", "undo", "Undo the renewal", show=False),
    ]

    def __init__(self, work: Work, standing: Standing, said: Mapping[int, Said]) -> None:
        super().__init__()
        self._work = work
        self._standing = standing
        self._said = said
        self._word: str | None = None
        self._given: dict[int, set[str]] = {}  # the words that were typed since it was asked
        self._notice: Said | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield RowList(id="intents", empty="Nothing is open: every action has a known outcome.")
            with VerticalScroll(id="intent-pane"):
                yield Drawn(self._lines, id="intent")
            with Vertical(id="word"):
                yield Drawn(self._word_lines, id="word-text")
                with Horizontal(classes="field"):
                    yield CleanInput(id="word-input", compact=True)
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("Open intents")
        self.query_one("#word").display = False
        self._rows().focus()
        self._draw()

    def _rows(self) -> RowList:
        return self.query_one("#intents", RowList)

    @property
    def chosen(self) -> Intent | None:
        """The open intent under the cursor."""
        return self._under_cursor(self._standing.open)

    @property
    def half(self) -> Intent | None:
        """The first step of the half-done renewal under the cursor."""
        return self._under_cursor(self._standing.half_done)

    def _under_cursor(self, intents: tuple[Intent, ...]) -> Intent | None:
        key = self._rows().key
        return next((intent for intent in intents if str(intent.id) == key), None)

    # --- what comes in -----------------------------------------------------------------------

    def stand(self, standing: Standing) -> None:
        self._standing = standing
        self._draw()

    def progress(self, text: str) -> None:
        self._notice = Said("Under way", text, tone="waiting")
        self._draw()

    def came(self, outcomes: list[Outcome], said: Said | None) -> None:
        """What came of asking, or of a person's word."""
        from console.tui.failures import say_outcome

        self._notice = said
        for outcome in outcomes:
            self._notice = say_outcome(outcome)
        if said is None and not outcomes:
            self._notice = Said("Nothing to ask", "The intent is no longer open.")
        self._draw()

    # --- drawing -----------------------------------------------------------------------------

    @on(RowList.Moved, "#intents")
    def _draw(self) -> None:
        standing = self._standing
        rows = [Row(str(intent.id), _row(intent)) for intent in standing.open]
        rows += [Row(str(intent.id), _row(intent, half=True)) for intent in standing.half_done]
        self._rows().show(rows)
        for drawn in self.query(Drawn):
            drawn.redraw()
        self.query_one("#dialog-keys", Static).update(quiet(self._keys(self.chosen)))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        if self._notice is not None:
            lines += [*said_lines(self._notice, width), Content("")]
        intent = self.chosen or self.half
        if self.half is not None:
            lines += [*wrapped(_standing(self.half), width), Content("")]
        if intent is not None:
            lines += _intent_lines(intent, width)
            before = self._said.get(intent.id)
            if before is not None and before != self._notice:
                lines += [Content(""), *said_lines(before, width)]
        return lines

    def _word_lines(self, width: int) -> list[Content]:
        if self._word is None or self.chosen is None:
            return []
        return wrapped(literal(f"Intent {self.chosen.id}. {_ASK[self._word][0]}"), width)

    def _keys(self, intent: Intent | None) -> str:
        if self._word is not None:
            return "enter  do it, once it is typed     esc  not now"
        if self.half is not None:
            undo = "   u  undo it" if _can_undo(self.half) else ""
            return f"f  finish it{undo}   esc  back"
        if intent is None:
            return "esc  back"
        keys = "a ask again"
        if intent.state is State.UNKNOWN:
            disputed = "  d disputed" if intent.operation == "create_refund" else ""
            keys += f"  n nobody else{disputed}  h it happened  x it did not"
        return f"{keys}  esc back"

    # --- the choices -------------------------------------------------------------------------

    def action_ask(self) -> None:
        intent = self.chosen
        if intent is not None and self._word is None:
            self._given.pop(intent.id, None)
            self.progress(f"Intent {intent.id}: reading the order first")
            self._work.recover(intent.id, nobody_else=False)

    def action_word(self, word: str) -> None:
        intent = self.chosen
        if intent is None or self._word is not None:
            return
        if intent.state is not State.UNKNOWN:
            self._notice = Said(
                "Not yet", f"Intent {intent.id} is {intent.state}: ask Amazon first (a)."
            )
            self._draw()
            return
        self._word = word
        self.query_one("#word").display = True
        field = self.query_one("#word-input", CleanInput)
        field.value, field.placeholder = "", _ASK[word][1]
        field.focus()
        self._draw()

    @on(Input.Submitted, "#word-input")
    def _typed(self, event: Input.Submitted) -> None:
        intent, word, typed = self.chosen, self._word, event.value.strip()
        if intent is None or word is None or not typed:
            return
        if word in _WORDS:
            if typed.lower() != _WORDS[word]:
                return
            given = self._given.setdefault(intent.id, set())
            given.add(word)  # where both happened, the second word goes with the first
            same = " with the same key" if intent.key else ""
            self.progress(f"Intent {intent.id}: asking again{same}")
            self._work.recover(
                intent.id, nobody_else="nobody" in given, disputed="disputed" in given
            )
        else:
            self._work.resolve(intent.id, happened=word == "happened", evidence=typed)
        self._close_word()

    # --- a renewal that is half done ---------------------------------------------------------

    def action_finish(self) -> None:
        """Open the dialog for the step that is missing."""
        renewal = self._renewal()
        if renewal is not None and self.half is not None:
            self._work.prepare("extend", renewal.old, self.half)

    def action_undo(self) -> None:
        """Open the dialog that cancels the new charge; where the old one went first, say no."""
        half = self.half
        if half is None or self._word is not None:
            return
        if half.result is not None and _can_undo(half):
            self._work.prepare("cancel", half.result, half)
            return
        self._notice = Said("It can't be undone", "What was canceled stays canceled.")
        self._draw()

    def _renewal(self) -> Renewal | None:
        from console.actions.renewal import Renewal

        return Renewal.of(self.half) if self.half is not None and self._word is None else None

    def _close_word(self) -> None:
        self._word = None
        self.query_one("#word").display = False
        self._rows().focus()
        self._draw()

    def action_back(self) -> None:
        if self._word is not None:
            self._close_word()
        else:
            self.dismiss(None)


def _can_undo(first: Intent) -> bool:
    """A renewal that made its new charge first can be undone by canceling that one."""
    return first.operation == "create_charge"


def _standing(first: Intent) -> Content:
    from console.actions.renewal import standing_of

    return literal(standing_of(first))


def _row(intent: Intent, *, half: bool = False) -> Callable[[int], Content]:
    def draw(_width: int) -> Content:
        state = f"! {intent.state}" if intent.state is State.UNKNOWN else f"◐ {intent.state}"
        if half:
            state = "! half done"
        return Content.assemble(
            f"{intent.id:>4}  ", (f"{state:<12}", LOUD), f"{intent.summary:<22}",
            literal(intent.object), "  ", quiet(f"by {clean_line(intent.actor, 40)}"),
        )  # fmt: skip

    return draw


def _intent_lines(intent: Intent, width: int) -> list[Content]:
    attempts = f"{intent.attempts}, {intent.unanswered} without an answer"
    parts = (
        ("decided", f"{intent.created[:19].replace('T', ' ')} UTC by {intent.actor}"),
        ("what", f"{intent.summary} on {intent.object}"),
        ("reason", intent.reason or "none given"),
        ("attempts", attempts),
        ("request", f"{intent.method} {intent.path}"),
        ("key", intent.key or "none: the order is looked at before it asks again"),
        ("ticket", intent.ticket or "none given"),
    )
    return [line for label, text in parts for line in labelled(label, literal(text), width, 12)]
