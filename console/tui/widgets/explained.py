"""The tab Explain: what the states mean, what runs out, what can be done now and why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.content import Content

from console.domain.clocks import Clock, clocks
from console.domain.disputes import can_pay_twice, in_words
from console.domain.explain import Who
from console.domain.explained import Explained, explained
from console.domain.order import Order
from console.domain.remains import remains
from console.domain.rules import BY_NAME, Offer, offers
from console.tui.words import (
    TONES,
    hanging,
    heading,
    labelled,
    literal,
    member_id,
    quiet,
    stamp,
    state_word,
    wrapped,
)

LABEL: Final = 14
CLOCK: Final = 24
_WHO: Final[dict[Who, str]] = {
    "buyer": "the buyer",
    "merchant": "the merchant",
    "Amazon": "Amazon",
    "not known": "not known",
}


def explain(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The chosen object, then the order itself; then the clocks, warnings and offers."""
    lines: list[Content] = []
    everything = explained(order)
    near = [one for one in everything if one.id == chosen]
    near += [one for one in everything if one.kind == "charge_permission" and one.id != chosen]
    for one in near:
        lines += [*_explained(order, one, width), Content("")]
    lines += _beside(order, width)
    for warning in order.warnings:
        lines += wrapped(Content.styled("! ", TONES["warning"]) + literal(warning), width, 2)
    lines += _what_runs_out(order, chosen, width)
    lines.append(heading("What can be done now"))
    for offer in offers(order):
        if offer.target in (chosen, order.id) or len(order.charges) <= 1:
            lines += _offer(offer, width)
    return lines


def _beside(order: Order, width: int) -> list[Content]:
    """What is left of the checkout session, and disputes that no warning speaks of."""
    told = list(remains(order.session, order.observed))[1:] if order.session else []
    told += [
        in_words(dispute, order.observed)
        for dispute in order.disputes
        if not can_pay_twice(dispute)
    ]
    return [line for text in told for line in wrapped(literal(text), width)]


def _explained(order: Order, one: Explained, width: int) -> Iterator[Content]:
    meaning = one.explanation
    paid = order.fully_captured if one.kind == "charge_permission" else None
    yield Content.assemble(
        heading(one.kind.replace("_", " ").capitalize()), "  ", literal(one.id), "  ",
        state_word(one.kind, one.status.state, one.status.reason_codes, paid),
    )  # fmt: skip
    yield from labelled("means", literal(meaning.meaning), width, LABEL)
    if meaning.who != "nobody needs to":
        yield from labelled("who acts", _WHO[meaning.who], width, LABEL)
    yield from labelled("next step", literal(meaning.next_step), width, LABEL)
    if one.mend_url is not None:
        yield quiet("The buyer's own page to mend it:")
        yield literal(one.mend_url)  # on a line of its own, so that it can be copied whole
    elif one.mend is not None:
        yield from labelled("to mend it", literal(one.mend), width, LABEL)
    yield from labelled("to the buyer", literal(f"“{meaning.say_to_buyer}”"), width, LABEL)
    for reason in one.status.reasons:
        if reason.description:
            yield from labelled("Amazon says", literal(reason.description), width, LABEL)


def _what_runs_out(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The clocks of the chosen object and of the order; of all objects where none has its own."""
    found = clocks(order)
    own = [clock for clock in found if clock.object in (chosen, order.id)]
    shown = own if len(order.charges) > 1 else list(found)
    if not shown:
        return []
    lines = [heading("What runs out")]
    for clock in shown:
        lines += _clock(clock, width)
    return [*lines, Content("")]


def _clock(clock: Clock, width: int) -> list[Content]:
    mark = Content.assemble(
        (f"{clock.title:<{CLOCK}}", "bold"),
        quiet(f"{member_id(clock.object):<9}"),
    )
    until = ""
    if clock.until is not None:
        source = "by Amazon" if clock.amazon else "computed"
        until = f"  until {stamp(clock.until)[:16]} UTC, {source}. "
    said = Content.assemble((clock.count, TONES[clock.tone]), quiet(until or "  "), clock.sentence)
    return hanging(mark, said, width)


def _offer(offer: Offer, width: int) -> list[Content]:
    mark, tone = ("✓", TONES["good"]) if offer.allowed else ("✗", TONES["neutral"])
    action = BY_NAME[offer.action]
    name = Content.assemble(
        (f"{mark} ", tone),
        (f"{action.key} {action.title:<10}", "bold"),
        quiet(f"{member_id(offer.target):<9}"),
    )
    return hanging(name, literal(offer.why), width)
