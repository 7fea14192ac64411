"""Complete Checkout Session: what the shop left open, before Amazon cancels it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from console.actions.operations.base import (
    Made,
    Operation,
    Request,
    Standing,
    as_body,
    named,
    typed_amount,
)
from console.actions.outcome import Held, Result
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot, session_part
from console.domain.ids import Identifier, Kind
from console.domain.language import _, together
from console.domain.model import Charge, CheckoutSession, Json
from console.domain.money import Money
from console.domain.order import Order
from console.domain.remains import remains
from console.domain.rules import offer
from console.store.decisions import Draft, Intent


def session_of(order: Order) -> CheckoutSession:
    """The session that was chosen before; that it is there was seen to then."""
    assert order.session is not None
    return order.session


class CompleteCheckoutSession(Operation):
    """Its key need not be honoured by Amazon, but a session is completed once at most."""

    name = "complete_checkout_session"
    action = "complete"
    target_name = "checkout session"
    method = "POST"

    def choose(self, order: Order, target: Identifier) -> str:
        if target.kind is not Kind.CHECKOUT_SESSION or order.session is None:
            raise Held(
                _("{id} is no checkout session.", id=target.id),
                _("Paste the session's own id, a UUID that the shop has."),
            )
        return order.session.id

    def scope(self, order: Order, object_id: str) -> str:
        return object_id

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        session = session_of(order)
        currency = session.amount.currency if session.amount else order.currency
        if currency is None and session.state != "Open":  # what is over tells no amount
            self._say_it_is_over(order, object_id, wish)
        return typed_amount(wish.amount, currency or _named_currency(wish.amount), "session")

    def _say_it_is_over(self, order: Order, object_id: str, wish: Wish) -> NoReturn:
        already = self.already(order, object_id, None, wish)
        if already is not None:
            raise Held(already, _("Nothing had to be sent."), result=Result.ALREADY_SO)
        raise Held(offer(order, self.action, object_id).why)

    def require_allowed(
        self, action: str, order: Order, object_id: str, amount: Money | None, wish: Wish
    ) -> None:
        super().require_allowed(action, order, object_id, None, wish)
        agreed = session_of(order).amount
        if agreed is not None and amount != agreed:
            raise Held(
                together(
                    _(
                        "The buyer agreed to {agreed}, not to {amount}.",
                        agreed=agreed,
                        amount=amount,
                    ),
                    _("Amazon answers AmountMismatch to any other amount."),
                ),
                _(
                    "Complete it with --amount {amount}, or let the shop update the session.",
                    amount=agreed.plain,
                ),
            )

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        session = session_of(order)
        if session.state != "Completed":
            return None
        rest = remains(session, order.observed)[1:]
        return together(_("It is Completed already."), *rest)

    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        assert amount is not None
        body = as_body({"chargeAmount": amount.to_api()})
        return Request(f"/checkoutSessions/{object_id}/complete", body)

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        return session_of(order).state

    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        session = session_of(order)
        return Words(
            before=(
                (_("state"), session.state),
                (_("agreed"), str(session.amount or _("not told"))),
            ),
            after=((_("state"), "Completed"), (_("agreed"), str(draft.amount))),
            buyer_sees=_(
                "The order over {amount} is placed; Amazon writes to the buyer.",
                amount=draft.amount,
            ),
            undo=_("Only by what follows: cancel the charge, or refund it."),
            facts=((_("session"), together(*remains(session, order.observed)[1:2])),),
            warnings=(
                *order.warnings,
                _(
                    "Only if the buyer is back on the shop's page and the shop didn't complete it:"
                    " the shop has to know of the order that this makes."
                ),
            ),
        )

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        if order.session is None or order.session.id != object_id:
            return None
        return Snapshot({"session": session_part(order.session)})

    # --- what came of it -------------------------------------------------------------------------

    def read(self, intent: Intent, data: Json) -> Made | None:
        session = CheckoutSession.from_api(data)
        led_somewhere = session.state == "Completed" or session.permission_id
        fits = session.id == intent.object and session.amount in (None, intent.amount)
        return _made(session) if fits and led_somewhere else None

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        """Its charge tells how it ended; only where none was made the session is all there is."""
        charge = order.charge(made.id)
        if charge is not None:
            return _of_charge(charge, made)
        session = order.session
        if session is None or session.state != "Completed" or session.charge_id is not None:
            return None  # the read lags, or the charge could not be read
        return replace(made, state=session.state, pending=False)

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        return _STANDINGS.get(str(now.part("session").get("state")), Standing.UNCLEAR)

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        return True  # its key need not be kept, so a replay doesn't tell

    def led_to(self, intent: Intent, now: Snapshot) -> str | None:
        session = now.part("session")
        found: str | None = session.get("charge") or session.get("permission")
        return found

    def ended(self, intent: Intent, now: Snapshot) -> str:
        return _(
            "The session is Canceled now, so it can't be completed any more: the buyer has to check"
            " out again."
        )

    def accepted(self, intent: Intent, made: Made) -> str:
        said = _("The session is completed: {id}, {state}.", id=made.id, state=made.state)
        if made.pending:
            pending = _("Its authorization is pending: Amazon decides within 24 hours.")
            return together(said, pending)
        return said

    def declined(self, intent: Intent, made: Made) -> str:
        return _(
            "The session was completed, and its charge {charge} is {state}{code}.",
            charge=made.id,
            state=made.state,
            code=named(made.code),
        )

    def was_there(self, intent: Intent, made: Made) -> str:
        return _("The session is Completed already: {id}.", id=made.id)


_STANDINGS = {
    "Open": Standing.BEFORE,
    "Completed": Standing.DONE,
    "Canceled": Standing.ENDED,
}


def _made(session: CheckoutSession) -> Made:
    led_to = session.charge_id or session.permission_id or session.id
    return Made(id=led_to, state=session.state, at=session.status.updated, raw=session.raw)


def _of_charge(charge: Charge, made: Made) -> Made:
    return Made(
        id=charge.id,
        state=charge.state,
        at=made.at,
        pending=charge.state in ("AuthorizationInitiated", "CaptureInitiated"),
        dead=charge.state in ("Declined", "Canceled"),
        code=charge.status.reason_code,
        raw=made.raw,
    )


def _named_currency(typed: str) -> str | None:
    """`USD` of `10.00 USD`: a session may name no currency of its own."""
    words = [word for word in typed.upper().split() if word.isalpha() and len(word) == 3]
    return words[0] if len(words) == 1 else None
