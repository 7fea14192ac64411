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

from console.domain import moments
from console.domain.intent import State
from console.domain.language import N_, _, together
from console.domain.text import clean_line
from console.tui.messages import Said, Standing
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import CleanInput
from console.tui.words import LOUD, column_for, labelled, literal, padded, quiet, wrapped

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.actions.plan import Plan
    from console.actions.renewal import Renewal
    from console.store.decisions import Intent
    from console.tui.work import Work

NOBODY: Final = "nobody else did it"
DISPUTED: Final = "beside the dispute"
# The words that let it be asked again, each about one thing that happened since.
_WORDS: Final = {"nobody": NOBODY, "disputed": DISPUTED}
_ASK: Final = {
    "nobody": N_(
        "Ask Amazon again although the order has moved. Only if nobody did the same by hand, in"
        " Seller Central or elsewhere. Type: {phrase}"
    ),
    "disputed": N_(
        "Ask Amazon again although the charge was disputed since: the buyer can get the money"
        " twice, by the refund and by the dispute. Type: {phrase}"
    ),
    "happened": N_(
        "It happened. Say what the evidence is, such as what Seller Central shows. It is kept as"
        " your word, and sends nothing."
    ),
    "did_not": N_(
        "It did not happen. Say what the evidence is. It is kept as your word, and sends"
        " nothing; a late message can still make it untrue."
    ),
}
# What can be done to an outcome that isn't known: the refund of a charge can be disputed since.
_UNKNOWN_KEYS: Final = N_("a ask again  n nobody else  h it happened  x it did not  esc back")
_REFUND_KEYS: Final = N_(
    "a ask again  n nobody else  d disputed  h it happened  x it did not  esc back"
)
_KNOWN: Final = N_("Nothing is open: every action has a known outcome.")


def _nothing_open(under_way: list[Plan]) -> str:
    """What stands there in place of intents; what is being sent has no outcome yet."""
    if not under_way:
        return _(_KNOWN)
    drafts = [plan.draft for plan in under_way]
    what = [_("{action} on {object}", action=one.action, object=one.object) for one in drafts]
    return _("Under way, so its outcome isn't known yet: {what}.", what=", ".join(what))


class _IntentRows(RowList):
    """On a half-done renewal `f` finishes it, and only `/` opens the filter."""

    def __init__(self, screen: IntentsScreen) -> None:
        super().__init__(id="intents", empty=_KNOWN, filterable=True)
        self._of = screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter" and not parameters and self._of.half is not None:
            return False
        return super().check_action(action, parameters)


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

    def __init__(
        self,
        work: Work,
        standing: Standing,
        said: Mapping[int, Said],
        under_way: Callable[[], list[Plan]],
    ) -> None:
        """`under_way` tells what was sent and has no answer yet."""
        super().__init__()
        self._under_way = under_way
        self._work = work
        self._standing = standing
        self._said = said
        self._word: str | None = None
        self._given: dict[int, set[str]] = {}  # the words that were typed since it was asked
        self._notice: Said | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield _IntentRows(self)
            with VerticalScroll(id="intent-pane"):
                yield Drawn(self._lines, id="intent")
            with Vertical(id="word"):
                yield Drawn(self._word_lines, id="word-text")
                with Horizontal(classes="field"):
                    yield CleanInput(id="word-input", compact=True)
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Open intents"))
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
        self._notice = Said(_("Under way"), text, tone="waiting")
        self._draw()

    def came(self, outcomes: list[Outcome], said: Said | None) -> None:
        """What came of asking, or of a person's word."""
        from console.tui.failures import say_outcome

        self._notice = said
        for outcome in outcomes:
            self._notice = say_outcome(outcome)
        if said is None and not outcomes:
            self._notice = Said(_("Nothing to ask"), _("The intent is no longer open."))
        self._draw()

    # --- drawing -----------------------------------------------------------------------------

    @on(RowList.Moved, "#intents")
    def _draw(self) -> None:
        standing = self._standing
        self._rows().explain_empty(_nothing_open(self._under_way()))
        rows = [_row(intent) for intent in standing.open]
        rows += [_row(intent, half=True) for intent in standing.half_done]
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
        elif self._work.watched:
            said = _(
                "What is pending, Amazon has accepted: it is not open here, and not done there."
            )
            lines += wrapped(quiet(said), width)
        return lines

    def _word_lines(self, width: int) -> list[Content]:
        if self._word is None or self.chosen is None:
            return []
        about = _("Intent {number}.", number=self.chosen.id)
        said = _(_ASK[self._word], phrase=_WORDS.get(self._word, ""))
        return wrapped(literal(together(about, said)), width)

    def _keys(self, intent: Intent | None) -> str:
        if self._word is not None:
            return _("enter  do it, once it is typed     esc  not now")
        if self.half is not None and _can_undo(self.half):
            return _("f  finish it   u  undo it   esc  back")
        if self.half is not None:
            return _("f  finish it   esc  back")
        if intent is None:
            return _("esc  back")
        if intent.state is not State.UNKNOWN:
            return _("a ask again  esc back")
        return _(_REFUND_KEYS if intent.operation == "create_refund" else _UNKNOWN_KEYS)

    # --- the choices -------------------------------------------------------------------------

    def action_ask(self) -> None:
        intent = self.chosen
        if intent is not None and self._word is None:
            self._given.pop(intent.id, None)
            self.progress(_("Intent {number}: reading the order first", number=intent.id))
            self._work.recover(intent.id, nobody_else=False)

    def action_word(self, word: str) -> None:
        intent = self.chosen
        if intent is None or self._word is not None:
            return
        if intent.state is not State.UNKNOWN:
            said = _(
                "Intent {number} is {state}: ask Amazon first (a).",
                number=intent.id,
                state=intent.state,
            )
            self._notice = Said(_("Not yet"), said)
            self._draw()
            return
        self._word = word
        self.query_one("#word").display = True
        field = self.query_one("#word-input", CleanInput)
        field.value, field.placeholder = "", _WORDS.get(word) or _("the evidence")
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
            said = _("Intent {number}: asking again", number=intent.id)
            if intent.key:
                said = _("Intent {number}: asking again with the same key", number=intent.id)
            self.progress(said)
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
        self._notice = Said(_("It can't be undone"), _("What was canceled stays canceled."))
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


def _row(intent: Intent, *, half: bool = False) -> Row:
    state = f"! {intent.state}" if intent.state is State.UNKNOWN else f"◐ {intent.state}"
    if half:
        state = f"! {_('half done')}"
    line = Content.assemble(
        f"{intent.id:>4}  ", (padded(state, 12), LOUD), f"{intent.summary:<22}",
        literal(intent.object), "  ",
        quiet(_("by {actor}", actor=clean_line(intent.actor, 40))),
    )  # fmt: skip
    return Row(str(intent.id), lambda _width: line, line.plain)


def _intent_lines(intent: Intent, width: int) -> list[Content]:
    attempts = _(
        "{attempts}, {unanswered} without an answer",
        attempts=intent.attempts,
        unanswered=intent.unanswered,
    )
    when = moments.told(intent.created, moments.SECONDS)
    parts = (
        (_("decided"), _("{time} by {actor}", time=when, actor=intent.actor)),
        (_("what"), _("{action} on {object}", action=intent.summary, object=intent.object)),
        (_("reason"), intent.reason or _("none given")),
        (_("attempts"), attempts),
        (_("request"), f"{intent.method} {intent.path}"),
        (_("key"), intent.key or _("none: the order is looked at before it asks again")),
        (_("ticket"), intent.ticket or _("none given")),
    )
    column = column_for((label for label, _text in parts), 12)
    return [line for label, text in parts for line in labelled(label, literal(text), width, column)]
