"""An order, a plan and an outcome as text for people, one fact a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from console.actions.operations import OPERATIONS
from console.actions.outcome import Outcome, Result
from console.cli.output import Output
from console.domain.checkout_v1 import refund_state
from console.domain.clocks import clocks
from console.domain.disputes import can_pay_twice, in_words
from console.domain.explained import explained
from console.domain.ids import Identified, Identifier
from console.domain.in_v1 import ActionInV1, charge_words, either, order_words, v1_calls
from console.domain.model import Charge, Refund
from console.domain.money import Money
from console.domain.order import Order, lifetime_kind
from console.domain.remains import remains
from console.domain.text import clean_line

if TYPE_CHECKING:
    from console.actions.plan import Plan
    from console.store.decisions import Draft


_WIDEST_LABEL = 34
MOST_EXPLAINED = 5  # charges: of more, only those that need somebody are explained


def identified(found: Identified) -> Iterator[str]:
    best = found.best
    yield f"{best.id}"
    yield f"  what it is    {best.kind.replace('_', ' ')}"
    yield f"  generation    {best.generation.replace('_', ' ')}"
    yield f"  environment   {best.environment or 'not told by the id'}"
    if best.region_hint:
        yield f"  region        {best.region_hint} (by its digits)"
    yield f"  in v2         {best.v2.kind.replace('_', ' ')} {best.v2.id}"
    yield f"  asked for at  GET {best.v2.path}"
    for note in best.notes:
        yield f"  note          {note}"
    for other in found.others:
        yield f"  also in it    {other.id} ({other.kind.replace('_', ' ')})"


def order(found: Order, out: Output) -> Iterator[str]:
    yield from _head(found, out)
    if found.charges:
        yield ""
        yield "Transactions"
        for charge in found.charges:
            yield from _charge(found, charge, out)
    yield from _explanations(found)
    yield from _clocks(found, out)
    yield ""
    yield "What can be done now"
    for row in v1_calls(found):
        if row.action == "read":
            continue
        mark = out.paint("yes", "good") if row.allowed else out.paint("no ", "dim")
        yield f"  {row.action:<10}{mark}  {row.target}"
        yield f"  {'':<10}     {row.why}"
        if row.allowed:
            yield from (f"  {'':<15}{line}" for line in _in_v1(row))
    if found.history:
        yield ""
        yield "History"
        for event in found.history:
            by = f", by {event.actor}" if event.actor else ""
            yield (
                f"  {_time(event.time)}  {event.object}  {clean_line(event.event, 200)}"
                f"  ({event.source}{by})"
            )
    for warning in found.warnings:
        yield f"! {clean_line(warning, 400)}"


def _explanations(found: Order) -> Iterator[str]:
    """What the order's state means, and that of everything that isn't as it should be."""
    yield ""
    yield "What it means"
    for one in explained(found):
        meaning = one.explanation
        good = meaning.tone == "good"
        if good and one.kind != "charge_permission" and len(found.charges) > MOST_EXPLAINED:
            continue
        yield f"  {one.id}  {one.kind.replace('_', ' ')}  {meaning.meaning}"
        if not good:
            yield f"    next step     {meaning.next_step}"
        if one.mend is not None:
            yield f"    to mend it    {one.mend}"
        yield f"    to the buyer  “{meaning.say_to_buyer}”"


def _clocks(found: Order, out: Output) -> Iterator[str]:
    running = clocks(found)
    if not running:
        return
    yield ""
    yield "What runs out"
    for clock in running:
        until = f"{_time(clock.until)} UTC" if clock.until else "–"
        source = "by Amazon" if clock.amazon else "computed"
        count = out.paint(clock.count, clock.tone)
        yield f"  {clock.title:<22}{clock.object}  {count}  ({until}, {source})"
        yield f"  {'':<22}{clock.sentence}"


def _in_v1(row: ActionInV1) -> Iterator[str]:
    """The calls of what may be done now; several of v1 where the mapping isn't one to one."""
    for made in row.v2:
        body = "".join(f" {name} {value}" for name, value in made.body)
        yield f"v2  {made.title}: {made.method} {made.path}{body}"
    for call in row.v1:
        state = f", must be {' or '.join(call.needs)}" if call.needs else ""
        now = f" (is {' or '.join(call.now)})" if call.needs and call.now else ""
        flag = f", for {call.flag}" if call.flag else ""
        yield f"v1  {call.call}: {call.id_field} {call.id or 'none'}{flag}{state}{now}"
    if row.why_not_one:
        yield f"    {row.why_not_one}"
    for shown in row.seller_central:
        yield f"by hand in Seller Central  {shown.shown}"


def _head(found: Order, out: Output) -> Iterator[str]:
    permission, words = found.permission, order_words(found)
    if permission is None:
        yield f"{found.id}"
    else:
        codes = ", ".join(permission.status.reason_codes)
        why = f" ({codes})" if codes else ""
        v1, central = either(words.v1) or "–", either(words.seller_central) or "–"
        yield (
            f"{permission.id}   {out.paint(permission.state)}{why}"
            f"   v1 {v1} · Seller Central {central}"
        )
        facts = [permission.type or "type not told"]
        if permission.merchant.reference:
            facts.append(f"ref {clean_line(permission.merchant.reference, 60)}")
        if permission.merchant.store:
            facts.append(clean_line(permission.merchant.store, 60))
        facts.append(_expiry(found))
        yield "  " + " · ".join(facts)
    if found.session is not None:
        yield f"  checkout session {found.session.id}: {out.paint(found.session.state)}"
        yield from (f"    {line}" for line in remains(found.session, found.observed))
    for dispute in found.disputes:
        if not can_pay_twice(dispute):  # else a warning says it
            yield f"  {in_words(dispute, found.observed)}"
    yield "  " + _totals(found)


def _expiry(found: Order) -> str:
    permission = found.permission
    if permission is None or permission.expires is None:
        return "no expiry told"
    left = permission.expires - found.observed
    kind = lifetime_kind(permission)
    life = f", life of {kind}" if kind else ""
    if permission.state == "Closed" and left.total_seconds() > 0:
        return f"ended{life}"
    if left.total_seconds() < 0:
        return f"expired {permission.expires:%Y-%m-%d}{life}"
    hours = int(left.total_seconds() // 3600)
    when = f"{left.days} days" if left.days > 1 else f"{hours} hours"
    return f"expires {permission.expires:%Y-%m-%d} (in {when}{life})"


def _totals(found: Order) -> str:
    totals = found.totals
    if found.session is not None and found.permission is None:
        return f"amount {found.session.amount or 'not told'}"
    if totals.currency is None:
        return "no amounts told"
    parts = []
    if found.permission and found.permission.limit:
        parts.append(f"limit {found.permission.limit.plain}")
    parts.append("of the charges known here:")
    authorized = f"authorized {_plain(totals.authorized_open)}"
    if totals.authorized_pending and totals.authorized_pending.is_positive:
        authorized += f" (of it {totals.authorized_pending.plain} only initiated)"
    parts += [authorized, f"captured {_plain(totals.captured)}"]
    refunded = f"refunded {_plain(totals.refunded)}"
    if totals.refund_initiated and totals.refund_initiated.is_positive:
        refunded += f" (of it {totals.refund_initiated.plain} only initiated)"
    if totals.refund_unseen and totals.refund_unseen.is_positive:
        refunded += f" (of it {totals.refund_unseen.plain} done or only initiated, not seen here)"
    parts += [refunded, f"refundable {_plain(totals.refundable)}"]
    return "  ".join(parts) + f" {totals.currency}"


def _charge(found: Order, charge: Charge, out: Output) -> Iterator[str]:
    words = charge_words(charge)
    reason = f" ({charge.status.reason_code})" if charge.status.reason_code else ""
    v1 = either(words.capture) or either(words.authorization) or "–"
    yield (
        f"  {charge.id}  charge  {out.paint(charge.state)}{reason}  {charge.amount or '–'}"
        f"  captured {_plain(charge.captured)}  refunded {_plain(charge.refunded)}  v1 {v1}"
    )
    if words.authorization_id:
        yield f"    v1 authorization {words.authorization_id}: {either(words.authorization) or '–'}"
    for refund in found.refunds_of(charge.id):
        yield _refund(refund, out)


def _refund(refund: Refund, out: Output) -> str:
    reason = f" ({refund.status.reason_code})" if refund.status.reason_code else ""
    made = f"  {_time(refund.created)}" if refund.created else ""
    return (
        f"    └ {refund.id}  refund  {out.paint(refund.state)}{reason}  {refund.amount or '–'}"
        f"  v1 {refund_state(refund.state) or '–'}{made}"
    )


def plan(found: Plan, given: Identifier | None = None) -> Iterator[str]:
    """What would be done. `given` is the id that the operator named, where it was another."""
    draft, words = found.draft, found.words
    yield _plan_title(draft)
    yield from _led_to(given or found.order.query, draft)
    lines = [
        *(
            (name, value if value == later else f"{value}  ->  {later}")
            for (name, value), (_, later) in zip(words.before, words.after, strict=True)
        ),
        ("the buyer sees", words.buyer_sees),
        ("can it be undone", words.undo),
        *words.facts,
        *([("second step", found.then.said)] if found.then is not None else []),
        ("the request", f"{draft.method} {found.url}"),
        ("", draft.body.decode()),
        ("idempotency key", draft.key or "none: this call takes none"),
    ]
    width = min(max(len(name) for name, _ in lines), _WIDEST_LABEL)
    for name, said in lines:
        yield f"  {name:<{width}}  {clean_line(said, 1000)}"
    for warning in found.warnings:
        yield f"  ! {clean_line(warning, 400)}"


def _plan_title(draft: Draft) -> str:
    from console.actions.renewal import Renewal  # late: a lookup needs none of it

    operation = OPERATIONS[draft.operation]
    on = f"on {operation.target_name} {draft.object} ({draft.environment})"
    renewal = Renewal.of(draft)
    if renewal is None:
        return f"Plan: {draft.action} {draft.amount or ''}".rstrip() + f" {on}"
    step = f"{operation.action} {draft.amount or ''}".rstrip()
    return f"Plan: extend charge {renewal.old}, step {renewal.step} of 2: {step} {on}"


def _led_to(given: Identifier, draft: Draft) -> Iterator[str]:
    """How the id that was named leads to the object that is acted on."""
    if given.v2.id != given.id:
        yield f"  {given.id} is {given.v2.kind.replace('_', ' ')} {given.v2.id} in Checkout v2"
    if draft.object not in (given.id, given.v2.id):
        yield f"  {given.id} leads to {OPERATIONS[draft.operation].target_name} {draft.object}"


def outcome(found: Outcome, out: Output) -> Iterator[str]:
    headline = {
        Result.ACCEPTED: "Accepted",
        Result.ALREADY_SO: "Already so",
        Result.ABSORBED: "Nothing new was made",
        Result.REFUSED: "Refused",
        Result.UNKNOWN: "OUTCOME UNKNOWN",
        Result.NOT_SENT: "Not sent",
        Result.STALE: "Stale: look again",
        Result.CONFLICT: "Conflict: look again",
        Result.BLOCKED: "Held back",
        Result.DRY_RUN: "Dry run: nothing was sent",
    }[found.result]
    tone = {Result.ACCEPTED: "good", Result.UNKNOWN: "bad", Result.REFUSED: "bad"}
    shown = out.paint(headline, tone.get(found.result, "waiting"))
    if found.half_done:  # what stands is told first: it is neither done nor nothing
        shown = f"{out.paint('Half done', 'waiting')}, step 2: {headline.lower()}"
        if found.pending or found.result is Result.STALE:
            shown = out.paint("Half done", "waiting")
    yield f"{shown}. {found.message}"
    for fact in found.facts:
        yield f"  {fact}"
    if found.hint:
        yield f"  {found.hint}"
    if found.intent is not None:
        yield f"  journal: intent {found.intent}"


def _plain(value: Money | None) -> str:
    return value.plain if value is not None else "–"


def _time(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else "–"
