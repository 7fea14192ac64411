"""An order in a few lines: its state in every vocabulary, its life, its money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from textual.content import Content

from console.domain.clocks import Clock, clocks, most_urgent
from console.domain.in_v1 import either, order_words
from console.domain.language import N_, _, many
from console.domain.model import ChargePermission
from console.domain.money import Money
from console.domain.order import Order, Totals, clamp, lifetime_kind
from console.tui.words import (
    LOUD,
    QUIET,
    TONES,
    age,
    amount,
    between,
    expiry,
    literal,
    member_id,
    quiet,
    spread,
    state_word,
    whole,
    wrapped,
)

MOST_WARNINGS: Final = 3
_LEAST_RIGHT: Final = 20  # columns that are left for the words of v1 and Seller Central
# Segment of the bar -> (its character, its colour, its name).
SEGMENTS: Final = {
    "captured": ("█", "$success", N_("captured")),
    "refunded": ("▓", "$primary", N_("refunded")),
    "authorized": ("▒", "$warning", N_("authorized")),
    "free": ("░", "$foreground-disabled", N_("free")),
}
# What a checkout session without an order says of it, by its state.
_NO_ORDER: Final = {
    "Open": N_("checkout session: no order yet"),
    "Canceled": N_("checkout session: no order came of it"),
    "Completed": N_("checkout session: its order is not known here"),
}


def head_lines(order: Order, width: int, untold: str = "") -> list[Content]:
    """Everything above the transactions, for a width.

    `untold` stands in place of the permission's state where that is not known any more.
    """
    title = _untold_title(order, untold) if untold else _title(order, width)
    lines = [title.truncate(width, ellipsis=True), _facts(order).truncate(width, ellipsis=True)]
    lines += _money(order, width)
    for warning in order.warnings[:MOST_WARNINGS]:
        said = Content.styled("! ", "bold $text-warning") + literal(warning)
        lines += wrapped(said.stylize("$text-warning"), width, 2)
    beyond = len(order.warnings) - MOST_WARNINGS
    if beyond > 0:
        more = many("… and {count} more under Explain", "… and {count} more under Explain", beyond)
        lines.append(quiet(more))
    return lines


def _untold_title(order: Order, untold: str) -> Content:
    return Content.styled(order.id, "bold") + quiet(f"  {untold}")


def _title(order: Order, width: int) -> Content:
    permission = order.permission
    title = Content.styled(order.id, "bold")
    if permission is None:
        if order.session is not None:
            state = state_word("checkout_session", order.session.state)
            said = _(_NO_ORDER.get(order.session.state, N_("checkout session")))
            return Content.assemble(title, "  ", state, quiet(f"  {said}"))
        return title + quiet(f"  {_('its permission is not known')}")
    state = state_word(
        "charge_permission", permission.state, permission.status.reason_codes, order.fully_captured
    )
    codes = ", ".join(permission.status.reason_codes)
    left = Content.assemble(title, "  ", state, (f" ({codes})" if codes else "", QUIET))
    words = order_words(order)
    v1, seller = either(words.v1), either(words.seller_central)
    in_v1 = quiet("v1 ") + literal(v1) if v1 else Content("")
    right = between([in_v1, quiet("Seller Central ") + literal(seller) if seller else ""])
    # Its own state comes first: the other words for it are whole under `v1 ↔ v2`.
    room = max(_LEAST_RIGHT, width - left.cell_length - 2)
    if right.cell_length > room and in_v1:
        right = in_v1
    return spread(left, right.truncate(room, ellipsis=True), width)


def _facts(order: Order) -> Content:
    permission = order.permission
    if permission is None:
        session = order.session
        if session is None:
            return quiet(_("Only what was asked for could be read."))
        until = _urgent(most_urgent(clocks(order)))
        return between([whole(session.amount), age(session.created, order.observed), until])
    kind = _("recurring") if permission.is_recurring else _("one-time")
    urgent = most_urgent(clocks(order))
    if urgent is not None and urgent.what == "permission":
        urgent = None  # its expiry is said anyway
    reference = permission.merchant.reference
    return between(
        [
            _asked(order),
            kind,
            _urgent(urgent),
            generation_words(order),
            quiet(f"{_('ref')} ") + literal(reference) if reference else "",
            _expires(permission, order.observed),
            quiet(f"{_('store')} ") + literal(permission.merchant.store)
            if permission.merchant.store
            else "",
        ]
    )


def _expires(permission: ChargePermission, now: datetime) -> str:
    """When its time runs out; of one that is closed already only that it has."""
    if permission.expires is None or (permission.state == "Closed" and permission.expires > now):
        return ""
    expires, life = expiry(permission.expires, now), lifetime_kind(permission)
    return _("{expires} (of {life})", expires=expires, life=_(life)) if life else expires


def _asked(order: Order) -> Content | str:
    """The id that was asked for, where it doesn't look like one of this order's."""
    asked = order.query.id
    if asked[:19] == order.id[:19]:
        return ""
    return Content.assemble((f"{_('asked for')} ", QUIET), literal(asked))


def _urgent(clock: Clock | None) -> Content:
    """What runs out next: `C043451 capture without delay: 2 days left`."""
    if clock is None:
        return Content("")
    name = quiet(f"{member_id(clock.object)} {clock.title}: ")
    return name + Content.styled(clock.count, TONES[clock.tone])


def generation_words(order: Order) -> str:
    """Whether it was made with Checkout v1, as far as that can be told at all.

    A v1 id hints at it, and so do null limits and expiry; Amazon's reports name charges of
    v2 by authorization ids as well, so nothing proves it.
    """
    permission = order.permission
    empty = permission is not None and permission.limit is None and permission.expires is None
    if order.query.generation == "v1" or empty:
        return _("probably made with Checkout v1")
    return ""


def _money(order: Order, width: int) -> Iterator[Content]:
    totals = order.totals
    currency = totals.currency
    if currency is None or (not order.charges and order.permission is None):
        return
    limit = order.permission.limit if order.permission else None
    monthly = order.permission is not None and order.permission.is_recurring
    free = order.permission.balance if order.permission else None
    figures = _segments(order, None if monthly else free, currency)
    parts = [_figure(*SEGMENTS[name], figure) for name, (_part, figure) in figures.items()]
    for place, said, part in (
        (1, N_("({amount} initiated)"), totals.refund_initiated),
        (1, N_("({amount} not seen here)"), totals.refund_unseen),
        (2, N_("({amount} initiated)"), totals.authorized_pending),
    ):
        if part is not None and part.is_positive:
            parts[place] += Content.styled(f" {_(said, amount=amount(part))}", "$text-primary")
    limit_word = _("monthly limit") if monthly else _("limit")
    ends = Content.assemble(
        (f"  {_('refundable')} ", QUIET),
        *_refundable(totals),
        (f"  {limit_word} ", QUIET),
        f"{amount(limit)} {currency}",
    )
    line = Content("   " if width > 86 else "  ").join(parts)
    if monthly:  # of an order that is charged once its balance tells what isn't known here
        line = quiet(f"{_('known here')}  ") + line
    yield from wrapped(line, width)
    bar = _bar({name: money for name, (money, _said) in figures.items()}, width - ends.cell_length)
    yield bar + ends
    over = _over(order)
    if over is not None:
        said = _("! {amount} more was refunded than captured", amount=whole(over))
        yield Content.styled(said, LOUD)


def _refundable(totals: Totals) -> Iterator[tuple[str, str]]:
    """`30.00 + 6.00 above captured`: what is left of the captured money, and what may be added."""
    above = totals.above_captured
    if totals.refundable is None or above is None or not above.is_positive:
        yield amount(totals.refundable), "bold"
        return
    yield amount(totals.refundable - above), "bold"
    yield f" + {_('{amount} above captured', amount=amount(above))}", QUIET


def _figure(mark: str, colour: str, name: str, figure: str) -> Content:
    return Content.assemble((f"{mark} ", colour), (f"{_(name)} ", QUIET), figure)


def _segments(order: Order, free: Money | None, currency: str) -> dict[str, tuple[Money, str]]:
    """Name -> (its part of the bar, the figure that is said). Captured says all of it."""
    totals, nothing = order.totals, Money.zero(currency)
    captured = totals.captured or nothing
    refunded = totals.refunded or nothing
    authorized = totals.authorized_open or nothing
    kept = clamp(captured - refunded)
    shown = min(captured, refunded, key=lambda money: money.amount)
    parts = {
        "captured": (kept, amount(totals.captured)),
        "refunded": (shown, amount(totals.refunded)),
        "authorized": (authorized, amount(totals.authorized_open)),
    }
    if free is not None and free.currency == currency and order.charges:
        limit = order.permission.limit if order.permission else None
        left = (
            clamp(limit - captured - authorized) if limit and limit.currency == currency else free
        )
        rest = min(left, free, key=lambda money: money.amount)
        if order.permission is not None and order.permission.state == "Closed":
            rest = nothing  # nothing more can be charged, whatever is left
        parts["free"] = (rest, amount(rest))
    return parts


def _bar(parts: dict[str, Money], width: int) -> Content:
    """The parts of the order's money side by side, every one that is not zero to be seen."""
    total = sum((money.amount for money in parts.values()), Decimal(0))
    room = max(10, min(width, 72))
    if total <= 0:
        return Content.styled("─" * room, "$foreground-disabled")
    cells = {
        name: max(1, int(money.amount * room / total)) if money.is_positive else 0
        for name, money in parts.items()
    }
    widest = max(cells, key=lambda name: cells[name])
    cells[widest] += room - sum(cells.values())
    return Content.assemble(
        *((SEGMENTS[name][0] * count, SEGMENTS[name][1]) for name, count in cells.items() if count)
    )


def _over(order: Order) -> Money | None:
    captured, refunded = order.totals.captured, order.totals.refunded
    if captured is None or refunded is None or refunded <= captured:
        return None
    return refunded - captured
