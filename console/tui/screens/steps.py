"""The four steps of the refund dialog, as widgets that know nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import LoadingIndicator, Static

from console.domain.disputes import doubts
from console.domain.model import Charge
from console.domain.money import AmountError, Money, parse_typed
from console.domain.order import Order, clamp
from console.domain.text import clean_line
from console.tui.messages import Said
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.widgets.search import CleanInput
from console.tui.words import (
    LOUD,
    TONES,
    heading,
    labelled,
    literal,
    quiet,
    state_word,
    whole,
    wrapped,
)

if TYPE_CHECKING:
    from console.actions.plan import Plan

LABEL = 14


@dataclass(frozen=True)
class Extra:
    """A further word that some plans ask for, each in a field of its own."""

    name: str
    word: str
    why: str
    asked: Callable[[Plan], bool]


EXTRAS: Final = (
    Extra("above", "above captured", "More than was captured", lambda plan: plan.above_captured),
    Extra("disputed", "disputed", "It can pay twice", lambda plan: bool(plan.doubts)),
)


class WhatStep(Vertical):
    """Amount and reason. Neither is filled in; the amount is checked with every key."""

    def __init__(self, order: Order, charge: Charge, most: Money | None) -> None:
        super().__init__(id="what")
        self._order = order
        self._charge = charge
        self._most = most
        self.amount: Money | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._facts, id="what-facts")
        with Horizontal(classes="field"):
            yield Static("Amount", classes="label", markup=False)
            yield CleanInput(placeholder=self._placeholder(), id="amount", compact=True)
        yield Static(id="what-check", markup=False)
        with Horizontal(classes="field"):
            yield Static("Reason", classes="label", markup=False)
            yield CleanInput(placeholder="why, for the journal", id="reason", compact=True,
                             max_length=200)  # fmt: skip
        yield Static(
            "The reason stays in the journal; Amazon has no field for it.",
            classes="aside",
            markup=False,
        )

    def _placeholder(self) -> str:
        return f"in {self._charge.currency}" if self._charge.currency else ""

    def on_mount(self) -> None:
        self.check("")

    def _facts(self, width: int) -> list[Content]:
        charge = self._charge
        state = state_word("charge", charge.state, charge.status.reason_codes)
        return [
            *labelled("Charge", Content.assemble(literal(charge.id), "  ", state), width, LABEL),
            *labelled("Captured", whole(charge.captured), width, LABEL),
            *labelled("Refunded", whole(self._order.refund_floor(charge)), width, LABEL),
            *labelled("Refundable", self._limit(), width, LABEL),
            *self._disputed(width),
        ]

    def _disputed(self, width: int) -> list[Content]:
        """Here only that it is so; the plan says which disputes, and what they ask for."""
        if not doubts(self._order, self._charge.id):
            return []
        said = "yes, or it may be: a refund can pay twice, so it needs a second confirmation"
        return labelled("Disputed", Content.styled(said, TONES["warning"]), width, LABEL)

    def _limit(self) -> str:
        """The most that Amazon takes, and how much of it is above the captured amount."""
        floor, captured = self._order.refund_floor(self._charge), self._charge.captured
        said = f"up to {whole(self._most)}"
        if self._most is None or floor is None or captured is None:
            return said
        above = self._most - clamp(captured - floor)
        return f"{said}, {above} of it above what was captured" if above.is_positive else said

    def check(self, typed: str) -> str | None:
        """Read what was typed so far; returns the sentence that stands against it, if any."""
        self.amount, against = None, None
        currency = self._charge.currency or ""
        try:
            amount = parse_typed(typed, currency)
        except AmountError as error:
            against = clean_line(str(error))
        else:
            if self._most is not None and amount > self._most:
                against = f"{amount} is too much: up to {self._most} can be refunded."
            else:
                self.amount = amount
        self._show(typed, against)
        return against

    def _show(self, typed: str, against: str | None) -> None:
        shown = self.query_one("#what-check", Static)
        if self.amount is not None:
            said = Content.styled(f"✓ {self.amount}", TONES["good"])
            if self._above(self.amount):
                more = " · more than was captured: needs a second confirmation"
                said += Content.styled(more, TONES["warning"])
            shown.update(said)
        elif typed.strip():
            shown.update(Content.styled("✗ ", TONES["bad"]) + literal(against or ""))
        else:
            shown.update(quiet("It is never filled in for you."))

    def _above(self, amount: Money) -> bool:
        floor, captured = self._order.refund_floor(self._charge), self._charge.captured
        return floor is not None and captured is not None and floor + amount > captured


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
    lines += labelled("Buyer gets", plan.words.buyer_sees, width, LABEL)
    lines += labelled("Undo", plan.words.undo, width, LABEL)
    for name, fact in plan.words.facts:
        lines += labelled(name.capitalize(), literal(fact), width, LABEL)
    lines += labelled("Reason", literal(draft.reason) if draft.reason else quiet("none given"),
                      width, LABEL)  # fmt: skip
    for warning in plan.warnings:
        said = Content.styled("! ", "bold") + literal(warning)
        lines += wrapped(said.stylize(TONES["warning"]), width, 2)
    lines += [Content(""), heading("The exact request")]
    lines += labelled("call", f"{draft.method} {urlsplit(plan.url).path}", width, LABEL)
    body = literal(draft.body.decode("utf-8", "replace"))
    lines += labelled("body", body, width, LABEL)
    lines += labelled("key", literal(draft.key or "none"), width, LABEL)
    return lines


def _table(plan: Plan, width: int) -> list[Content]:
    """Before and after, side by side."""
    names = ["captured", "refunded", "refundable"]
    wide = width > 78
    head = f"{'':<{LABEL}}{'before':>16}     {'after' if wide else 'once it is done':>16}"
    lines = [quiet(head)]
    for name, (_, before), (_, after) in zip(
        names, plan.words.before, plan.words.after, strict=False
    ):
        changed = before != after
        lines.append(
            Content.assemble(
                (f"{name:<{LABEL}}", "$foreground-muted"),
                f"{before:>16}",
                ("  →  " if changed else "     ", "$foreground-muted"),
                (f"{after:>16}", "bold" if changed else "$foreground-muted"),
                (
                    "   once Amazon has done it" if name == "refunded" and wide else "",
                    "$foreground-muted",
                ),
            )
        )
    return lines


class ConfirmStep(Vertical):
    """The phrase is typed; Enter alone confirms nothing."""

    def __init__(self) -> None:
        super().__init__(id="confirm")
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._lines, id="confirm-text")
        with Horizontal(classes="field"):
            yield Static("Type it", classes="label", markup=False)
            yield CleanInput(id="phrase", compact=True)
        for extra in EXTRAS:
            with Horizontal(classes="field", id=f"{extra.name}-field"):
                yield Static("and", classes="label", markup=False)
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
        what = Content.assemble(
            (f"{plan.draft.amount}", "bold"), " back to the buyer, from charge ",
            literal(plan.draft.object), ".",
        )  # fmt: skip
        undo = Content.assemble(("Can it be undone? ", "$foreground-muted"), plan.words.undo)
        lines = [*wrapped(what, width), *wrapped(undo, width), Content("")]
        for warning in plan.warnings:
            said = Content.styled("! ", "bold") + literal(warning)
            lines += wrapped(said.stylize(TONES["warning"]), width, 2)
        ask = Content.assemble("To send it, type  ", (plan.phrase, "bold $text-accent"))
        for extra in EXTRAS:
            if extra.asked(plan):
                ask += Content.assemble("  and then  ", (extra.word, LOUD))
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
            return "There is no plan."
        if self.typed != plan.phrase:
            return f"Not confirmed. Type exactly: {plan.phrase}"
        if missing is not None:
            return f"{missing.why}: type also exactly: {missing.word}"
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
        self._said: Said | None = None

    def compose(self) -> ComposeResult:
        yield Drawn(self._lines, id="outcome-text")
        yield LoadingIndicator(id="sending")

    def progress(self, text: str) -> None:
        self._progress.append(clean_line(text, 200))
        self.query_one(Drawn).redraw()

    def end(self, said: Said) -> None:
        self._said = said
        self.query_one("#sending").display = False
        self.query_one(Drawn).redraw()

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        if self._said is not None:
            lines += [*said_lines(self._said, width), Content("")]
        return [*lines, *(quiet(f"· {text}") for text in self._progress[-12:])]
