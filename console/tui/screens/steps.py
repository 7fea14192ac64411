"""The four steps of an action's dialog, as widgets that ask nobody and send nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.domain.language import N_, _, together
from console.domain.text import clean_line
from console.tui.messages import Said
from console.tui.screens.forms import (
    YES,
    Checked,
    Field,
    Subject,
    Values,
    all_fields,
    form_of,
)
from console.tui.widgets.choice import Choice
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.loading import Loading
from console.tui.widgets.notice import said_lines
from console.tui.widgets.search import CleanInput
from console.tui.words import (
    LOUD,
    TONES,
    column_for,
    heading,
    labelled,
    literal,
    padded,
    quiet,
    wrapped,
)

if TYPE_CHECKING:
    from console.actions.plan import Plan

LABEL = 16
MOST_PROGRESS: Final = 12


@dataclass(frozen=True)
class Extra:
    """A further word that some plans ask for, each in a field of its own.

    `missing` is said where it was not typed; it holds the `{word}`.
    """

    name: str
    word: str
    missing: str
    asked: Callable[[Plan], bool]


EXTRAS: Final = (
    Extra(
        "above",
        "above captured",
        N_("More than was captured: type also exactly: {word}"),
        lambda plan: plan.above_captured,
    ),
    Extra(
        "disputed",
        "disputed",
        N_("It can pay twice: type also exactly: {word}"),
        lambda plan: bool(plan.doubts),
    ),
)


class WhatStep(VerticalScroll, can_focus=False):
    """What is known of the object, and the fields. An amount is never filled in."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(id="what")
        self._subject = subject
        self._form = form_of(subject)
        self._fields = all_fields(subject)

    def compose(self) -> ComposeResult:
        yield Drawn(self._facts, id="what-facts")
        own, shared = self._form.fields, self._fields[len(self._form.fields) :]
        for field in own:
            yield self._row(field)
        if self._form.check is not None:
            yield Drawn(self._check_lines, id="what-check")
        for field in shared:
            yield self._row(field)

    def _row(self, field: Field) -> Horizontal:
        label = Static(_(field.label), classes="label", markup=False)
        if field.is_choice:
            return Horizontal(label, Choice(_(field.hint), id=field.name), classes="field")
        hint = field.hint if field.hint_of is None else field.hint_of(self._subject)
        hint = _(hint, currency=self._subject.currency or _("its currency"))
        starts = field.starts(self._subject)
        shown = CleanInput(starts, placeholder=hint, id=field.name, compact=True)
        return Horizontal(label, shown, classes="field")

    @property
    def values(self) -> Values:
        """What stands in the fields now, by their names."""
        if not self.is_mounted:
            return {field.name: field.starts(self._subject) for field in self._fields}
        return {field.name: _value(self.field(field.name)) for field in self._fields}

    def field(self, name: str) -> Widget:
        return self.query_one(f"#{name}", Widget)

    def check(self) -> Checked:
        """Read what was typed so far; `against` is the sentence that stands in the way."""
        return self._form.check(self._subject, self.values) if self._form.check else Checked()

    def changed(self) -> None:
        for drawn in self.query(Drawn):
            drawn.redraw()

    def begin(self) -> None:
        self.field(self._fields[0].name).focus()

    def go_on(self, name: str) -> bool:
        """Enter in a field: go to the next one, or to what stands in the way.

        Returns whether all is said and a plan can be made.
        """
        checked, names = self.check(), [field.name for field in self._fields]
        last = name == names[-1]
        if checked.against and (last or name == checked.at):
            self.field(checked.at).focus()
            return False
        if not last:
            self.field(names[names.index(name) + 1]).focus()
        return last

    def _facts(self, width: int) -> list[Content]:
        facts = self._form.facts(self._subject, self.values)
        column = column_for((label for label, _fact in facts), LABEL)
        return [line for label, fact in facts for line in labelled(label, fact, width, column)]

    def _check_lines(self, width: int) -> list[Content]:
        return list(_checked(self.check(), width))


def _value(field: Widget) -> str:
    if isinstance(field, Choice):
        return YES if field.yes else ""
    assert isinstance(field, CleanInput)
    return field.value


def _checked(checked: Checked, width: int) -> Iterator[Content]:
    if checked.aside:
        yield from wrapped(quiet(checked.aside), width)
        return
    if checked.against:
        yield from wrapped(Content.styled("✗ ", TONES["bad"]) + literal(checked.against), width, 2)
    elif checked.good:
        yield from wrapped(Content.styled(f"✓ {checked.good}", TONES["good"]), width, 2)
    for said in checked.mind:
        yield from wrapped(Content.styled(said, TONES["warning"]), width)


class PlanStep(VerticalScroll, can_focus=True):
    """What would be done, exactly. Nothing has been sent."""

    def __init__(self) -> None:
        super().__init__(id="plan")
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._lines, id="plan-text")

    def show(self, plan: Plan) -> None:
        self._plan = plan
        self.query_one(Drawn).redraw()

    def _lines(self, width: int) -> list[Content]:
        return plan_lines(self._plan, width) if self._plan else []


def plan_lines(plan: Plan, width: int) -> list[Content]:
    draft = plan.draft
    lines = _table(plan, width)
    lines += _labelled(
        [(label[:1].upper() + label[1:], text) for label, text in _facts(plan)], width
    )
    lines += _warnings(plan, width)
    lines += [Content(""), heading(_("The exact request"))]
    key = literal(draft.key) if draft.key else quiet(_("none: Amazon takes no key for it"))
    request = [
        (_("call"), Content(f"{draft.method} {urlsplit(plan.url).path}")),
        (_("body"), literal(draft.body.decode("utf-8", "replace"))),
        (_("key"), key),
    ]
    return lines + _labelled(request, width)


def _labelled(facts: Sequence[tuple[str, Content]], width: int) -> list[Content]:
    """Each fact beside its label, all in one column."""
    column = column_for((label for label, _text in facts), LABEL)
    return [line for label, text in facts for line in labelled(label, text, width, column)]


def _facts(plan: Plan) -> Iterator[tuple[str, Content]]:
    draft = plan.draft
    if plan.then is not None:
        yield _("Two steps"), literal(together(sentence_of(plan), plan.then.said))
    yield _("Buyer sees"), literal(plan.words.buyer_sees)
    yield _("Undo"), literal(plan.words.undo)
    for name, fact in plan.words.facts:
        yield name, literal(fact)
    yield _("Reason"), literal(draft.reason) if draft.reason else quiet(_("none given"))
    if draft.ticket:
        yield _("Ticket"), literal(draft.ticket)


def _warnings(plan: Plan, width: int) -> list[Content]:
    lines: list[Content] = []
    for warning in plan.warnings:
        said = Content.styled("! ", "bold") + literal(warning)
        lines += wrapped(said.stylize(TONES["warning"]), width, 2)
    return lines


def _table(plan: Plan, width: int) -> list[Content]:
    """Before and after, side by side; one under the other where there is no room for that."""
    rows = [
        (clean_line(name), clean_line(before, 300), clean_line(then), clean_line(after, 300))
        for (name, before), (then, after) in zip(plan.words.before, plan.words.after, strict=True)
    ]
    heads = _("before"), _("once it is done")
    first = max([LABEL, *(cell_len(row[0]) + 2 for row in rows)])
    left = max([16, *map(cell_len, (heads[0], *(row[1] for row in rows)))])
    right = max([16, *map(cell_len, (heads[1], *(row[3] for row in rows)))])
    if first + left + right + 5 > width:
        return [line for row in rows for line in _stacked(row, width)]
    lines = [quiet(f"{' ' * first}{_flush(heads[0], left)}     {_flush(heads[1], right)}")]
    for name, before, then, after in rows:
        changed = before != after
        note = f"   {then}" if then != name else ""
        line = Content.assemble(
            (padded(name, first), "$foreground-muted"),
            _flush(before, left),
            ("  →  " if changed else "     ", "$foreground-muted"),
            (_flush(after, right), "bold" if changed else "$foreground-muted"),
        )
        fits = line.cell_length + cell_len(note) <= width
        lines.append(line + quiet(note) if fits else line)
    return lines


def _flush(text: str, column: int) -> str:
    """`text` at the right end of a column of so many cells."""
    return " " * (column - cell_len(text)) + text


def _stacked(row: tuple[str, str, str, str], width: int) -> list[Content]:
    name, before, _then, after = row
    lines = labelled(name, literal(before), width, LABEL)
    if before != after:
        lines += labelled("", Content.styled("→ ", "bold") + literal(after), width, LABEL)
    return lines


# What is done, by Amazon's name of the call.
_SENTENCES: Final = {
    "create_refund": N_("{amount} back to the buyer, from charge {object}."),
    "capture_charge": N_("Capture {amount} of charge {object}."),
    "cancel_charge": N_("Cancel charge {object}."),
    "create_charge": N_("Authorize {amount} on {object}."),
    "close_charge_permission": N_("Close charge permission {object}."),
    "update_charge_permission": N_("Change charge permission {object}."),
    "complete_checkout_session": N_("Complete checkout session {object} with {amount}."),
}
_AT_ONCE: Final = N_("Charge {amount} on {object} and capture it at once.")
_ENDS: Final = N_("Close charge permission {object}, and cancel what is open.")


def sentence_of(plan: Plan) -> str:
    """What the request does, in one sentence."""
    draft = plan.draft
    body = json.loads(draft.body) if draft.body else {}
    template = _SENTENCES[draft.operation]
    if body.get("captureNow"):
        template = _AT_ONCE
    if body.get("cancelPendingCharges"):
        template = _ENDS
    return _(template, amount=draft.amount, object=clean_line(draft.object))


def _effects(plan: Plan, width: int) -> list[Content]:
    """What a sentence can't name: what is released with a charge, each charge that ends with a
    close, each field that changes.
    """
    named: list[tuple[str, str]] = []
    if plan.draft.operation == "cancel_charge":
        named += plan.words.before[1:]
    if plan.draft.operation == "close_charge_permission":
        named += plan.words.facts
    if plan.draft.operation == "update_charge_permission":
        pairs = zip(plan.words.before, plan.words.after, strict=True)
        named += [(name, f"{old}  →  {new}") for (name, old), (_then, new) in pairs if old != new]
    return [
        line
        for name, said in named
        for line in wrapped(Content.assemble(f"· {name}: ", literal(said)), width, 2)
    ]


# By how many further words are asked for.
_ASKS: Final = (
    N_("To send it, type  {phrase}"),
    N_("To send it, type  {phrase}  and then  {word}"),
    N_("To send it, type  {phrase}  and then  {word}  and then  {second_word}"),
)
_NAMES: Final = ("phrase", "word", "second_word")


def _filled(text: str, values: Mapping[str, Content]) -> Content:
    """`text` with values in place of its `{names}`, each in its own style."""
    parts = re.split(r"\{(\w+)\}", text)  # every second one is a name
    return Content.assemble(
        *(values[part] if number % 2 else part for number, part in enumerate(parts))
    )


class ConfirmStep(VerticalScroll, can_focus=False):
    """The phrase is typed; Enter alone confirms nothing."""

    def __init__(self) -> None:
        super().__init__(id="confirm")
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._lines, id="confirm-text")
        with Horizontal(classes="field"):
            yield Static(_("Type it"), classes="label", markup=False)
            yield CleanInput(id="phrase", compact=True)
        for extra in EXTRAS:
            with Horizontal(classes="field", id=f"{extra.name}-field"):
                yield Static(_("and"), classes="label", markup=False)
                yield CleanInput(id=extra.name, compact=True)
        yield Static(id="confirm-check", markup=False)

    def show(self, plan: Plan) -> None:
        self._plan = plan
        for field in self.query(CleanInput):
            field.value = ""
            field.disabled = False
        for extra in EXTRAS:
            self.query_one(f"#{extra.name}-field").display = extra.asked(plan)
        self.query_one("#confirm-check", Static).update("")
        self.query_one(Drawn).redraw()

    def _lines(self, width: int) -> list[Content]:
        plan = self._plan
        if plan is None:
            return []
        first = sentence_of(plan)
        second = plan.then.said if plan.then is not None else ""
        what = literal(together(first, second)).stylize("bold", 0, len(first))
        asked = (_("Can it be undone?") + " ", "$foreground-muted")
        undo = Content.assemble(asked, plan.words.undo)
        lines = [*wrapped(what, width), *_effects(plan, width), *wrapped(undo, width), Content("")]
        lines += _warnings(plan, width)
        words = [Content.styled(extra.word, LOUD) for extra in EXTRAS if extra.asked(plan)]
        typed = [Content.styled(plan.phrase, "bold $text-accent"), *words]
        ask = _filled(_(_ASKS[len(words)]), dict(zip(_NAMES, typed, strict=False)))
        return [*lines, *wrapped(ask, width)]

    @property
    def typed(self) -> str:
        return self.query_one("#phrase", CleanInput).value.strip()

    def has(self, name: str) -> bool:
        """Whether a further word was typed."""
        [extra] = [extra for extra in EXTRAS if extra.name == name]
        return self.query_one(f"#{name}", CleanInput).value.strip().lower() == extra.word

    @property
    def missing(self) -> Extra | None:
        """The first further word that is asked for and was not typed."""
        plan = self._plan
        asked = [extra for extra in EXTRAS if plan is not None and extra.asked(plan)]
        return next((extra for extra in asked if not self.has(extra.name)), None)

    def against(self) -> str | None:
        """Why it isn't confirmed yet; None where everything was typed."""
        plan, missing = self._plan, self.missing
        if plan is None:
            return _("There is no plan.")
        if self.typed != plan.phrase:
            return _("Not confirmed. Type exactly: {phrase}", phrase=plan.phrase)
        if missing is not None:
            return _(missing.missing, word=missing.word)
        return None

    def say(self, against: str) -> None:
        self.query_one("#confirm-check", Static).update(Content.styled(against, TONES["warning"]))

    def close(self) -> None:
        for field in self.query(CleanInput):
            field.disabled = True


class OutcomeStep(VerticalScroll, can_focus=True):
    """What is being done, then what is known of it. Initiated is not done."""

    def __init__(self) -> None:
        super().__init__(id="outcome")
        self._progress: list[str] = []
        self._asked = ""
        self._countdown = ""
        self._said: Said | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._lines, id="outcome-text")
        yield Loading(id="sending")

    def begin(self, plan: Plan) -> None:
        self._asked = sentence_of(plan)
        self.query_one(Drawn).redraw()

    def progress(self, text: str, *, cooling: bool) -> None:
        """A step of it; while it can still be stopped, the seconds count down in one line."""
        self._countdown = clean_line(text, 200) if cooling else ""
        if not cooling:
            self._progress.append(clean_line(text, 200))
        self.query_one(Drawn).redraw()

    def end(self, said: Said) -> None:
        self._said = said
        self._countdown = ""
        self.query_one("#sending").display = False
        self.query_one(Drawn).redraw()

    def _lines(self, width: int) -> list[Content]:
        if self._said is not None:
            return said_lines(self._said, width)
        asked = literal(_("Confirmed: {what}", what=self._asked))
        lines = [*wrapped(asked, width), Content("")]
        if self._countdown:
            lines += wrapped(Content.styled(self._countdown, LOUD), width)
        return [*lines, *(quiet(f"· {text}") for text in self._progress[-MOST_PROGRESS:])]
