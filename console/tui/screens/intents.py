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
from console.tui.messages import Said
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import CleanInput
from console.tui.words import LOUD, labelled, literal, quiet, wrapped

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.store.decisions import Intent
    from console.tui.work import Work

NOBODY: Final = "nobody else refunded"
_ASK: Final = {
    "nobody": (
        "Ask Amazon again with the same key although money has moved. Only if nobody refunded by"
        f" hand, in Seller Central or elsewhere. Type: {NOBODY}",
        NOBODY,
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
        Binding("n", "word('nobody')", "Nobody else refunded", show=False),
        Binding("h", "word('happened')", "It happened", show=False),
        Binding("x", "word('did_not')", "It did not", show=False),
    ]

    def __init__(self, work: Work, intents: tuple[Intent, ...], said: Mapping[int, Said]) -> None:
        super().__init__()
        self._work = work
        self._intents = {str(intent.id): intent for intent in intents}
        self._said = said
        self._word: str | None = None
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
        return self._intents.get(self._rows().key or "")

    # --- what comes in -----------------------------------------------------------------------

    def stand(self, intents: tuple[Intent, ...]) -> None:
        self._intents = {str(intent.id): intent for intent in intents}
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
        rows = [Row(number, _row(intent)) for number, intent in self._intents.items()]
        self._rows().show(rows)
        for drawn in self.query(Drawn):
            drawn.redraw()
        self.query_one("#dialog-keys", Static).update(quiet(self._keys(self.chosen)))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        if self._notice is not None:
            lines += [*said_lines(self._notice, width), Content("")]
        intent = self.chosen
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
        if intent is None:
            return "esc  back"
        keys = "a  ask again"
        if intent.state is State.UNKNOWN:
            keys += "   n  nobody else   h  it happened   x  it did not"
        return f"{keys}   esc  back"

    # --- the choices -------------------------------------------------------------------------

    def action_ask(self) -> None:
        intent = self.chosen
        if intent is not None and self._word is None:
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
        if word == "nobody":
            if typed.lower() != NOBODY:
                return
            self.progress(f"Intent {intent.id}: asking again with the same key")
            self._work.recover(intent.id, nobody_else=True)
        else:
            self._work.resolve(intent.id, happened=word == "happened", evidence=typed)
        self._close_word()

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


def _row(intent: Intent) -> Callable[[int], Content]:
    def draw(_width: int) -> Content:
        state = f"! {intent.state}" if intent.state is State.UNKNOWN else f"◐ {intent.state}"
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
        ("key", intent.key or "none"),
    )
    return [line for label, text in parts for line in labelled(label, literal(text), width, 12)]
