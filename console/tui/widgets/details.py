"""The five tabs under an order, each as lines of a width. All of it from data, nothing asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content

from console.domain.checkout_v1 import calls_for_v2, reasons_to_v1, refund_state
from console.domain.explain import Who, explain_state
from console.domain.in_v1 import charge_words, order_words
from console.domain.model import Charge, Status, without_buyer
from console.domain.order import Order
from console.domain.rules import BY_NAME, Offer, offers
from console.domain.text import clean_line
from console.tui.words import (
    QUIET,
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

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

MOST_LINES: Final = 800
MOST_EVENTS: Final = 200
MOST_REQUESTS: Final = 100
LABEL: Final = 14
_WHO: Final[dict[Who, str]] = {
    "buyer": "the buyer",
    "merchant": "the merchant",
    "Amazon": "Amazon",
    "not known": "not known",
}


def timeline(order: Order, width: int) -> list[Content]:
    """What happened, newest first, and who says so."""
    lines = []
    for event in reversed(order.history[-MOST_EVENTS:]):
        source = f"by {event.actor}" if event.actor else event.source.capitalize()
        when = Content.assemble(
            (f"{stamp(event.time)}  ", "$foreground-muted"), f"{member_id(event.object):<10}"
        )
        said = literal(event.event) + Content.styled(f"  · {clean_line(source, 80)}", QUIET)
        lines += hanging(when, said, width)
    if not lines:
        return [quiet("Nothing is known of its past.")]
    if len(order.history) > MOST_EVENTS:
        lines.append(quiet(f"… and {len(order.history) - MOST_EVENTS} earlier lines"))
    return lines


def explain(order: Order, chosen: str | None, width: int) -> list[Content]:
    """What the states mean, who can mend them, what can be done now and why not."""
    lines: list[Content] = []
    for kind, found in _members(order, chosen):
        paid = order.fully_captured if kind == "charge_permission" else None
        codes = found.status.reason_codes
        explained = explain_state(kind, found.status.state, codes, fully_captured=paid)
        lines.append(
            Content.assemble(
                heading(kind.replace("_", " ").capitalize()), "  ", literal(found.id), "  ",
                state_word(kind, found.status.state, codes, paid),
            )
        )  # fmt: skip
        lines += labelled("means", explained.meaning, width, LABEL)
        if explained.who != "nobody needs to":
            lines += labelled("who acts", _WHO[explained.who], width, LABEL)
        lines += labelled("next step", explained.next_step, width, LABEL)
        lines += labelled("to the buyer", f"“{explained.say_to_buyer}”", width, LABEL)
        for reason in found.status.reasons:
            if reason.description:
                lines += labelled("Amazon says", literal(reason.description), width, LABEL)
        lines.append(Content(""))
    for warning in order.warnings:
        lines += wrapped(Content.styled("! ", TONES["warning"]) + literal(warning), width, 2)
    lines.append(heading("What can be done now"))
    for offer in offers(order):
        if offer.target in (chosen, order.id) or len(order.charges) <= 1:
            lines += _offer(offer, width)
    return lines


def _offer(offer: Offer, width: int) -> list[Content]:
    mark, tone = ("✓", TONES["good"]) if offer.allowed else ("✗", TONES["neutral"])
    action = BY_NAME[offer.action]
    name = Content.assemble(
        (f"{mark} ", tone),
        (f"{action.key} {action.title:<10}", "bold"),
        quiet(f"{member_id(offer.target):<9}"),
    )
    return hanging(name, literal(offer.why), width)


def vocabulary(order: Order, chosen: str | None, width: int) -> list[Content]:
    """The same objects in the words of v2, of v1 and of Seller Central."""
    lines: list[Content] = []
    permission = order.permission
    if permission is not None:
        words = order_words(order)
        name = "Billing Agreement" if permission.is_recurring else "Order Reference"
        lines += _translation(
            "Charge Permission", permission.id, permission.status,
            [(name, permission.id, words.v1), ("Seller Central", "", words.seller_central)],
            width,
        )  # fmt: skip
        lines += _reasons("charge_permission", permission.status, width)
    for charge in order.charges:
        if chosen in (None, charge.id, order.id) or _is_above(order, charge, chosen):
            told = charge_words(charge)
            v1 = [("Authorization", told.authorization_id or charge.id, told.authorization)]
            if told.capture:
                v1.append(("Capture", charge.id, told.capture))
            lines += _translation("Charge", charge.id, charge.status, v1, width)
            lines += _reasons("charge", charge.status, width)
    for refund in order.refunds:
        if refund.id == chosen or refund.charge_id == chosen:
            word = refund_state(refund.state)
            v1 = [("Refund", refund.id, (word,) if word else ())]
            lines += _translation("Refund", refund.id, refund.status, v1, width)
    return [*lines, Content(""), heading("What v1 called the actions"), *_calls(width)]


def _translation(
    name: str,
    identifier: str,
    status: Status,
    v1: list[tuple[str, str, tuple[str, ...]]],
    width: int,
) -> list[Content]:
    lines = labelled("v2", Content.assemble(
        (f"{name:<18} ", "bold"), literal(f"{identifier:<28}"), literal(status.state)
    ), width, LABEL)  # fmt: skip
    for title, v1_id, states in v1:
        lists = title == "Seller Central" and name == "Charge Permission"
        missing = "lists its charges, not the agreement" if lists else "no word for it"
        said = " or ".join(states) or missing
        label = "" if title == "Seller Central" else "v1"
        row = Content.assemble((f"{title:<18} ", "bold"), literal(f"{v1_id:<28}"), literal(said))
        lines += labelled(label, row, width, LABEL)
    return lines


def _reasons(kind: str, status: Status, width: int) -> Iterator[Content]:
    for code in status.reason_codes:
        words = dict.fromkeys(
            f"{row.v1_state} {row.v1_reason}" if row.v1_reason else f"{row.v1_state} (no reason)"
            for row in reasons_to_v1(kind, status.state, code)
        )
        said = Content.assemble(literal(code), " → v1 ",
                                literal(" or ".join(words) or "has no word for it"))  # fmt: skip
        yield from labelled("reason", said, width, LABEL)


def _calls(width: int) -> Iterator[Content]:
    for name in ("refund", "capture", "cancel", "authorize", "close"):
        action = BY_NAME[name]
        rows = calls_for_v2(action.operation)
        v1 = ", ".join(dict.fromkeys(row.v1 for row in rows))
        title = next((row.title for row in rows if row.title), action.title)
        yield from labelled(action.title, f"{title}  ←  v1 {v1}", width, LABEL)


def _is_above(order: Order, charge: Charge, chosen: str | None) -> bool:
    return any(refund.id == chosen for refund in order.refunds_of(charge.id))


def raw(order: Order, chosen: str | None, reveal: bool) -> list[Content]:
    """The objects as Amazon gave them; buyer data is masked until it is asked for."""
    note = (
        "Buyer data is shown. b masks it again; this look is in the journal."
        if reveal
        else "Buyer data is masked. b shows it, which is a line in the journal."
    )
    lines = [quiet(note)]
    for kind, found in _members(order, chosen):
        data: Mapping[str, Any] = found.raw
        shown = dict(data) if reveal else without_buyer(data)
        text = json.dumps(shown, indent=2, ensure_ascii=False, default=str)
        lines.append(heading(kind.replace("_", " ").capitalize()))
        lines += [literal(line) for line in text.splitlines()]
        if len(lines) > MOST_LINES:
            return [*lines[:MOST_LINES], quiet("… cut here")]
    return lines


def requests(records: Iterable[RequestRecord], width: int) -> list[Content]:
    """What was asked of Amazon, newest first, as an engineer wants to see it."""
    lines = []
    for record in list(records)[::-1][:MOST_REQUESTS]:
        status = str(record.status) if record.status is not None else "–"
        tone = TONES["good"] if record.status and record.status < 300 else TONES["bad"]
        why = record.reason_code or record.failure or ""
        again = f" attempt {record.attempt}" if record.attempt > 1 else ""
        when = Content.assemble(
            (f"{record.time:%H:%M:%S} ", "$foreground-muted"),
            (f"{status:>3} ", tone),
            (f"{record.milliseconds:>5} ms  ", "$foreground-muted"),
            (f"{record.method:<5}", "bold"),
        )
        said = Content.assemble(
            literal(record.path),
            (again, "$text-warning"),
            " " if why else "",
            literal(why),
            "  ",
            literal(record.request_id or "").stylize("$foreground-muted"),
        )
        lines += hanging(when, said, width)
    return lines or [quiet("Nothing was asked yet.")]


def _members(order: Order, chosen: str | None) -> Iterator[tuple[str, Any]]:
    """The chosen object, then the order itself."""
    found: list[tuple[str, Any]] = [("charge", c) for c in order.charges]
    found += [("refund", r) for r in order.refunds]
    found += [("dispute", d) for d in order.disputes]
    if order.session is not None:
        found.append(("checkout_session", order.session))
    yield from ((kind, member) for kind, member in found if member.id == chosen)
    if order.permission is not None:
        yield "charge_permission", order.permission
