"""One action for the orders of a work list: asked for, planned, read, confirmed, done, reported.

The same plan, engine and journal as `payconsole plan` and `apply`: the plan is kept as a file
too, so that the command line can go on with it after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.action_table import BY_NAME
from console.domain.batch import Batch, Line, Progress, Report, Standing, takes_amount
from console.domain.batch_words import report_text, review_text
from console.domain.language import N_, _, many
from console.domain.text import clean_line
from console.tui.messages import Said
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.filter import Filter, matches
from console.tui.widgets.notice import said_lines
from console.tui.widgets.search import CleanInput
from console.tui.words import TONES, literal, progress_bar, quiet, wrapped

if TYPE_CHECKING:
    from console.actions.batch.applying import Applied
    from console.actions.batch.stop import Stop
    from console.domain.worklist import Entry
    from console.session import Session

GROUP: Final = "send"  # of the worker: leaving a dialog never ends what was confirmed
_TOLD: Final = 6  # of the last things that were said
# A list says in a cell what the dialogs ask for in fields of their own.
_ACTIONS: Final = tuple(name for name in BY_NAME if name != "update")
_FIELDS: Final = {
    "action": (N_("Action"), N_("such as refund")),
    "amount": (N_("Amount"), N_("for each order, such as 10.00 USD; never filled in")),
    "reason": (N_("Reason"), N_("why; it goes to the journal")),
    "ticket": (N_("Ticket"), N_("the case's number, if there is one")),
}
_SOURCE: Final = N_("the work list")  # it stands in the plan file, which is English
_KEYS: Final = {
    "what": N_("enter  next, then plan     esc  leave"),
    "planning": N_("esc  stop planning"),
    "review": N_("enter  go on     ↑ ↓  scroll     f  filter     esc  change it"),
    "confirm": N_("enter  begin, once the phrase is typed     esc  back to the plan"),
    "nothing": N_("↑ ↓  scroll     f  filter     esc  change it"),
    "working": N_("esc  stop; a row that is under way ends first"),
    "stopping": N_("stopping: the row that is under way ends first …"),
    "ended": N_("↑ ↓  scroll     f  filter     esc  back to the list"),
    "left": N_("enter  go on with what is left     f  filter     esc  back to the list"),
}


class BatchScreen(ModalScreen[Report | None]):
    """Answers with the report, or None where nothing was begun."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", show=False),
        Binding("escape", "back", "Back or stop", show=False),
        Binding("f,slash", "filter", "Filter the rows", show=False),
    ]

    DEFAULT_CSS = """
    BatchScreen #batch-pane {
        height: 1fr; margin-top: 1; background: transparent; scrollbar-size: 0 1;
        scrollbar-gutter: stable;
    }
    """

    class Planned(Message):
        """The planning is over: with a plan, or with what stood in its way."""

        def __init__(self, batch: Batch | None, said: Said | None = None) -> None:
            self.batch = batch
            self.said = said
            super().__init__()

    class Told(Message):
        def __init__(self, text: str, share: float | None = None) -> None:
            self.text = text
            self.share = share
            super().__init__()

    class Done(Message):
        def __init__(self, applied: Applied | None, said: Said | None = None) -> None:
            self.applied = applied
            self.said = said
            super().__init__()

    def __init__(self, session: Session, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._session = session
        self._entries = [entry for entry in entries if entry.identifier is not None]
        self._phase = "what"
        self._against = ""
        self._said: Said | None = None
        self._told: list[str] = []
        self._share: float | None = None
        self._batch: Batch | None = None
        self._file: Path | None = None
        self._report: Report | None = None
        self._stop: Stop | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            with Vertical(id="what"):
                for name, (label, hint) in _FIELDS.items():
                    yield _field(name, _(label), _(hint))
            with Vertical(id="confirm"):
                yield _field("phrase", _("Phrase"), "")
            yield Filter()
            with VerticalScroll(id="batch-pane"):
                yield Drawn(self._lines, id="batch-text")
            yield Drawn(lambda _width: [quiet(_(_KEYS[self._place]))], id="dialog-keys")

    def on_mount(self) -> None:
        count = len(self._entries)
        title = many("One action for {count} order", "One action for {count} orders", count)
        self.query_one("#dialog").border_title = Content(title)
        self._enter("what")

    @property
    def _place(self) -> str:
        if self._phase == "review" and not self._is_plan:
            return "nothing"
        return "left" if self._phase == "ended" and self._has_more else self._phase

    @property
    def _is_plan(self) -> bool:
        """Whether there is a plan with anything to do."""
        return self._batch is not None and bool(self._batch.acting)

    @property
    def _has_more(self) -> bool:
        """Whether a plan was begun and stopped: the very same plan can be gone on with."""
        return self._report is not None and not self._report.is_finished

    # --- keys --------------------------------------------------------------------------------

    def action_go_on(self) -> None:
        """Enter where no field has the focus."""
        if (self._phase == "review" and self._is_plan) or (
            self._phase == "ended" and self._has_more
        ):
            self._enter("confirm")

    @property
    def _filter(self) -> Filter:
        return self.query_one(Filter)

    def action_filter(self) -> None:
        """The rows of a plan or of a report, narrowed; with the lines that tell more of each."""
        if self._phase in ("review", "ended"):
            self._filter.open()

    @on(Filter.Changed)
    def _filtered(self) -> None:
        self.query_one("#batch-pane").scroll_home(animate=False)
        self._redraw()

    @on(Filter.Left)
    def _pane_again(self) -> None:
        self.query_one("#batch-pane").focus()

    @on(Filter.Moved)
    def _scroll(self, event: Filter.Moved) -> None:
        self.query_one("#batch-pane").scroll_relative(y=event.by, animate=False)

    def _narrowed(self, texts: Iterable[str]) -> list[str]:
        """The texts, or of their rows those that match the filter."""
        everything = list(texts)
        if not self._filter.text or self._batch is None:
            return everything
        rows = rows_of(everything, [row.line for row in self._batch.rows])
        found = [row for row in rows if matches(" ".join(row), self._filter.text)]
        self._filter.count(len(found), len(rows))
        return [line for row in found for line in row]

    def action_back(self) -> None:
        if self._filter.is_on:
            self._filter.clear()
        elif self._phase in ("what", "ended"):
            self.dismiss(self._report)
        elif self._phase == "planning":
            self.app.workers.cancel_node(self)
            self._enter("what")
        elif self._phase in ("review", "confirm"):
            before = "ended" if self._has_more else "review"
            self._enter("what" if self._phase == "review" else before)
        elif self._phase == "working" and self._stop is not None:
            self._enter("stopping")
            self._stop.ask()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = event.input.id or ""
        if self._phase == "confirm" and name == "phrase":
            self._begin(event.value)
        elif self._phase == "what":
            names = list(_FIELDS)
            if name != names[-1]:
                self.query_one(f"#{names[names.index(name) + 1]}").focus()
            else:
                self._plan()

    @on(Input.Changed)
    def _changed(self) -> None:
        if self._against:
            self._against = ""
            self._redraw()

    def halt(self) -> None:
        """A fault elsewhere: the row that is being sent is the last one."""
        if self._phase == "working" and self._stop is not None:
            self._stop.ask()
            self._enter("stopping")

    # --- the plan ----------------------------------------------------------------------------

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", CleanInput).value.strip()

    def _problem(self) -> tuple[str, str]:
        """The field that is not as it must be, and why; the plan judges everything else."""
        action = self._value("action").lower()
        if action not in _ACTIONS:
            return "action", _("Type one of: {actions}.", actions=", ".join(_ACTIONS))
        if takes_amount(action) and not self._value("amount"):
            said = _("{action} needs an amount: it is the same for each order.", action=action)
            return "amount", said
        if not takes_amount(action) and self._value("amount"):
            return "amount", _("{action} takes no amount: leave it empty.", action=action)
        return "", ""

    def _plan(self) -> None:
        field, self._against = self._problem()
        if self._against:
            self.query_one(f"#{field}").focus()
            self._redraw()
            return
        values = {name: self._value(name) for name in _FIELDS}
        lines = [
            Line(entry.line, id=entry.identifier.id, **values)
            for entry in self._entries
            if entry.identifier is not None
        ]
        self._enter("planning")
        self.run_worker(self._planning(lines), exit_on_error=False)

    async def _planning(self, lines: Sequence[Line]) -> None:
        from console.actions.batch.planning import plan_batch

        def tell(progress: Progress) -> None:
            share = (progress.done - 1) / progress.total
            said = _("Planning {row}. Nothing is sent.", row=progress.said)
            self._post(self.Told(said, share))

        async def work() -> None:
            batch = await plan_batch(self._session.engine, lines, _SOURCE, tell)
            self._file = await asyncio.to_thread(_keep, batch, self._session)
            self._post(self.Planned(batch))

        await self._guarded(work(), lambda said: self.Planned(None, said))

    def on_batch_screen_planned(self, event: Planned) -> None:
        if self._phase != "planning":
            return
        self._batch, self._said = event.batch, event.said
        self._enter("review" if event.batch is not None else "ended")

    # --- doing it ----------------------------------------------------------------------------

    def _begin(self, typed: str) -> None:
        from console.actions.batch.stop import Stop

        assert self._batch is not None
        if not self._batch.is_confirmed_by(typed):
            phrase = self._batch.phrase
            self._against = _("Not the phrase. To begin, type exactly: {phrase}", phrase=phrase)
            self._redraw()
            return
        self._stop = Stop()
        self._enter("working")
        work = self._applying(self._batch, typed, self._stop)
        self.app.run_worker(work, group=GROUP, exit_on_error=False)

    async def _applying(self, batch: Batch, phrase: str, stop: Stop) -> None:
        from console.actions.batch.applying import apply_batch

        def tell(text: str) -> None:
            self._post(self.Told(text))

        async def work() -> None:
            engine = self._session.engine
            applied = await apply_batch(engine, batch, phrase, stop=stop, tell=tell)
            self._post(self.Done(applied))

        await self._guarded(work(), lambda said: self.Done(None, said))

    def on_batch_screen_done(self, event: Done) -> None:
        self._said = event.said
        if event.applied is not None:
            self._report = event.applied.report
            self._said = _ending(event.applied)
        self._enter("ended")

    async def _guarded(
        self, work: Coroutine[Any, Any, None], failed: Callable[[Said], Message]
    ) -> None:
        from console.export import CantWrite
        from console.tui.failures import READ_FAILURES, say_failure

        try:
            await work
        except READ_FAILURES as error:
            self._post(failed(say_failure(error)))
        except CantWrite as error:
            self._post(failed(Said(_("The plan can't be kept"), str(error), "", "bad")))
        except Exception as error:
            said = Said(_("Unexpected fault"), type(error).__name__, _("Please report it."), "bad")
            self._post(failed(said))

    # --- drawing -----------------------------------------------------------------------------

    def on_batch_screen_told(self, event: Told) -> None:
        self._share = event.share
        self._told = [*self._told, event.text][-_TOLD:]
        self._redraw()

    def _post(self, message: Message) -> None:
        """A message for a screen that is gone is nobody's."""
        if self.is_attached:
            self.post_message(message)

    def _enter(self, phase: str) -> None:
        self._phase, self._against, self._told = phase, "", []
        self.query_one("#what").display = phase == "what"
        self.query_one("#confirm").display = phase == "confirm"
        first = {"what": "#action", "confirm": "#phrase"}.get(phase, "#batch-pane")
        if phase == "confirm":
            self.query_one("#phrase", CleanInput).value = ""
        if phase == "review":
            self.query_one("#batch-pane").scroll_home(animate=False)
        self.query_one(first).focus()
        self._redraw()

    def _redraw(self) -> None:
        for drawn in self.query(Drawn):
            drawn.redraw()

    def _lines(self, width: int) -> list[Content]:
        if self._against:
            return wrapped(Content.styled("✗ ", TONES["bad"]) + literal(self._against), width, 2)
        return _DRAWN[self._phase](self, width)

    def _what_lines(self, width: int) -> list[Content]:
        said = _(
            "Every order is read and gets a verdict first; nothing is sent before you confirm."
        )
        actions = _("The actions are {actions}.", actions=", ".join(_ACTIONS))
        return [*wrapped(quiet(actions), width), *wrapped(quiet(said), width)]

    def _review_lines(self, width: int) -> list[Content]:
        assert self._batch is not None
        kept = [_("Kept in {file}", file=self._file)] if self._file else []
        return _texts(self._narrowed([*review_text(self._batch), "", *kept]), width)

    def _confirm_lines(self, width: int) -> list[Content]:
        assert self._batch is not None
        return wrapped(
            literal(_("To begin, type exactly: {phrase}", phrase=self._batch.phrase)), width
        )

    def _working_lines(self, width: int) -> list[Content]:
        bar = [progress_bar(self._share, width)] if self._share is not None else []
        return [*_texts(self._told or [_("Beginning")], width), *bar]

    def _ended_lines(self, width: int) -> list[Content]:
        lines = [*said_lines(self._said, width), Content("")] if self._said else []
        if self._report is None:
            return lines
        kept = f"payconsole apply {self._file}" if not self._report.is_finished else ""
        return lines + _texts(self._narrowed([*report_text(self._report), kept]), width)


_DRAWN: Final[dict[str, Callable[[BatchScreen, int], list[Content]]]] = {
    "what": BatchScreen._what_lines,
    "planning": BatchScreen._working_lines,
    "review": BatchScreen._review_lines,
    "confirm": BatchScreen._confirm_lines,
    "working": BatchScreen._working_lines,
    "stopping": BatchScreen._working_lines,
    "ended": BatchScreen._ended_lines,
}


def _field(name: str, label: str, hint: str) -> Horizontal:
    shown = CleanInput(placeholder=hint, id=name, compact=True)
    return Horizontal(Static(label, classes="label", markup=False), shown, classes="field")


def _texts(texts: Sequence[str], width: int) -> list[Content]:
    """Lines of text, each with its own indent kept where it has to be broken."""
    found: list[Content] = []
    for text in texts:
        indent = len(text) - len(text.lstrip())
        found += wrapped(literal(text), width, indent) if text else [Content("")]
    return found


def rows_of(texts: Iterable[str], numbers: Iterable[int]) -> list[list[str]]:
    """The rows that a plan or a report tells of: each with the lines about it, moved in further.

    `numbers` are those of the lines of the list. What stands between the rows, such as headings
    and sums, is no row.
    """
    rows: list[list[str]] = []
    heads = tuple(_("line {line}", line=number) + " " for number in numbers)
    within = 0  # how far the row is moved in that the lines belong to; 0 outside of rows
    for text in texts:
        indent = len(text) - len(text.lstrip())
        if within and indent > within:
            rows[-1].append(text)
        elif text.lstrip().startswith(heads):
            rows.append([text])
            within = indent
        else:
            within = 0
    return rows


def _ending(applied: Applied) -> Said:
    if applied.stopped:
        unknown = applied.report.of(Standing.UNKNOWN, Standing.AT_WORK)
        title = _("Stopped") if not unknown else _("Stopped: an outcome is unknown")
        hint = applied.hint or _("Enter goes on with this very plan; nothing is repeated.")
        return Said(title, clean_line(applied.stopped, 600), hint, "warning")
    return Said(_("All rows are through"), _("What became of each stands below."), tone="good")


def _keep(batch: Batch, session: Session) -> Path:
    """Write the plan into the data folder, for this user alone. Blocks."""
    from console.export import write_bundle
    from console.store.places import private_folder

    folder = private_folder(session.journal.path.parent / "plans")
    made = batch.made.translate({ord(char): None for char in "-:"})
    path = folder / f"{made}-{batch.hash[:8]}.plan"
    write_bundle(batch.as_json(), path, force=True)
    return path
