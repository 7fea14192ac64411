"""The tab Explain: what the states mean, what runs out, what can be done now and why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.content import Content

from console.domain import moments
from console.domain.action_table import ACTIONS, BY_NAME
from console.domain.clocks import Clock, clocks
from console.domain.disputes import can_pay_twice, in_words
from console.domain.explain import Explanation, Who
from console.domain.explained import Explained, explained
from console.domain.language import N_, _
from console.domain.order import Order
from console.domain.remains import remains
from console.domain.rules import Offer, offers
from console.tui import keymap
from console.tui.words import (
    QUIET,
    TONES,
    column_for,
    hanging,
    heading,
    kind_title,
    labelled,
    literal,
    member_id,
    padded,
    quiet,
    state_word,
    wrapped,
)

LABEL: Final = 14
CLOCK: Final = 24
OFFER: Final = 10
OBJECT: Final = 9
_LABELS: Final = (
    N_("means"), N_("who acts"), N_("next step"), N_("to mend it"), N_("to the buyer"),
    N_("Amazon says"),
)  # fmt: skip
_WHO: Final[dict[Who, str]] = {
    "buyer": N_("the buyer"),
    "merchant": N_("the merchant"),
    "Amazon": "Amazon",
    "not known": N_("not known"),
}


def explain(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The chosen object, of a charge also its last refund, then the order itself; then the clocks,
    warnings and offers.
    """
    lines: list[Content] = []
    refund = order.last_refund_of(chosen) if chosen else None
    about = [chosen, refund and refund.id, order.permission and order.permission.id]
    near = {one.id: one for one in explained(order, [id for id in about if id])}
    for one in (near[id] for id in dict.fromkeys(about) if id in near):
        lines += [*_explained(order, one, width), Content("")]
    lines += _beside(order, width)
    for warning in order.warnings:
        lines += wrapped(Content.styled("! ", TONES["warning"]) + literal(warning), width, 2)
    lines += _what_runs_out(order, chosen, width)
    lines.append(heading(_("What can be done now")))
    titles = column_for((_(action.title) for action in ACTIONS), OFFER)
    told = [
        offer
        for offer in offers(order)
        if offer.target in (chosen, order.id) or len(order.charges) <= 1
    ]
    objects = column_for((member_id(offer.target) for offer in told), OBJECT)
    for offer in told:
        lines += _offer(offer, width, titles, objects)
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
    codes = ", ".join(one.status.reason_codes)
    title = Content.assemble(
        heading(kind_title(one.kind)), "  ", literal(one.id), "  ",
        state_word(one.kind, one.status.state, one.status.reason_codes, paid),
        (f" ({codes})" if codes else "", QUIET),
    )  # fmt: skip
    yield from wrapped(title, width, 2)
    mend, amazon = _(_LABELS[3]), _(_LABELS[5])
    column = _label_column()
    yield from what_to_do(meaning, width)
    if one.mend_url is not None:
        yield quiet(_("The buyer's own page to mend it:"))
        yield literal(one.mend_url)  # on a line of its own, so that it can be copied whole
    elif one.mend is not None:
        yield from labelled(mend, literal(one.mend), width, column)
    yield from to_the_buyer(meaning, width)
    for reason in one.status.reasons:
        if reason.description:
            yield from labelled(amazon, literal(reason.description), width, column)


def what_to_do(meaning: Explanation, width: int) -> Iterator[Content]:
    """What a state or a code means, whose move it is, and which."""
    means, who, next_step = map(_, _LABELS[:3])
    column = _label_column()
    yield from labelled(means, literal(meaning.meaning), width, column)
    if meaning.who != "nobody needs to":
        yield from labelled(who, _(_WHO[meaning.who]), width, column)
    yield from labelled(next_step, literal(meaning.next_step), width, column)


def to_the_buyer(meaning: Explanation, width: int) -> list[Content]:
    """The sentence that can be said to the buyer."""
    said = _("“{sentence}”", sentence=meaning.say_to_buyer)
    return labelled(_(_LABELS[4]), literal(said), width, _label_column())


def _label_column() -> int:
    return column_for(map(_, _LABELS), LABEL)


def _what_runs_out(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The clocks of the chosen object and of the order; of all objects where none has its own."""
    found = clocks(order)
    own = [clock for clock in found if clock.object in (chosen, order.id)]
    shown = own if len(order.charges) > 1 else list(found)
    if not shown:
        return []
    lines = [heading(_("What runs out"))]
    titles = column_for((clock.title for clock in shown), CLOCK)
    objects = column_for((member_id(clock.object) for clock in shown), OBJECT)
    for clock in shown:
        lines += _clock(clock, width, titles, objects)
    return [*lines, Content("")]


def _clock(clock: Clock, width: int, titles: int, objects: int) -> list[Content]:
    mark = Content.assemble(
        (padded(clock.title, titles), "bold"),
        quiet(padded(member_id(clock.object), objects)),
    )
    said = Content.assemble(
        (clock.count, TONES[clock.tone]), quiet(f"  {_until(clock)}"), _(clock.sentence)
    )
    return hanging(mark, said, width)


def _until(clock: Clock) -> str:
    if clock.until is None:
        return ""
    time = moments.said(clock.until)
    if clock.passed:
        since = N_("since {time}, by Amazon.") if clock.amazon else N_("since {time}, computed.")
        return _(since, time=time) + " "
    if clock.amazon:
        return _("until {time}, by Amazon.", time=time) + " "
    return _("until {time}, computed.", time=time) + " "


def _offer(offer: Offer, width: int, titles: int, objects: int) -> list[Content]:
    mark, tone = ("✓", TONES["good"]) if offer.allowed else ("✗", TONES["neutral"])
    action = BY_NAME[offer.action]
    key = keymap.shown(f"action.{action.name}", action.key)
    name = Content.assemble(
        (f"{mark} ", tone),
        (f"{key} {padded(_(action.title), titles)}", "bold"),
        quiet(padded(member_id(offer.target), objects)),
    )
    return hanging(name, literal(offer.why), width)
