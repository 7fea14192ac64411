"""An order in the words of Checkout v1 and Seller Central: its states, and what may be done."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, Literal, get_args

from console.domain.action_table import BY_NAME
from console.domain.checkout_v1 import (
    SELLER_CENTRAL_ACTIONS,
    Call,
    SellerCentralAction,
    authorization_state,
    calls_for_v1,
    calls_for_v2,
    capture_state,
    order_states,
    seller_central_state,
)
from console.domain.ids import authorization_id_of
from console.domain.kept import shown
from console.domain.language import N_, _, together
from console.domain.model import Charge
from console.domain.order import Order
from console.domain.rules import Offer, offers


@dataclass(frozen=True)
class OrderWords:
    """What v1 and Seller Central may call the order, most likely first; empty if not known."""

    v1: tuple[str, ...] = ()
    seller_central: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChargeWords:
    """What v1 calls the charge: its authorization's id and state, and its capture's state."""

    authorization_id: str | None
    authorization: tuple[str, ...]
    capture: tuple[str, ...]


def order_words(order: Order) -> OrderWords:
    """The words for the permission of `order`; empty where there is none."""
    permission = order.permission
    if permission is None:
        return OrderWords()
    captured = _anything_captured(order)
    told = (
        permission.state,
        permission.status.reason_codes,
        permission.is_recurring,
        order.fully_captured,
    )
    return OrderWords(
        v1=order_states(*told, captured=captured),
        seller_central=seller_central_state(*told, captured=captured),
    )


def _anything_captured(order: Order) -> bool | None:
    """True for a known capture; else only Amazon's own figures could rule one out."""
    if any(has_capture(charge) for charge in order.charges):
        return True
    missing = order.totals.unaccounted
    return False if missing is not None and not missing.is_positive else None


def has_capture(charge: Charge) -> bool:
    """Whether a capture was asked for, so that v1 had a capture object."""
    if charge.state in ("CaptureInitiated", "Captured"):
        return True
    return charge.captured is not None and charge.captured.is_positive


def charge_words(charge: Charge) -> ChargeWords:
    """The words for one charge; no capture's where nothing tells that there was one."""
    captured = True if has_capture(charge) else None
    reason = charge.status.reason_code
    fully_refunded = (
        charge.captured is not None
        and charge.refunded is not None
        and charge.refunded.is_positive
        and charge.refunded.amount >= charge.captured.amount
    )
    return ChargeWords(
        authorization_id=authorization_id_of(charge.id),
        authorization=authorization_state(charge.state, reason, captured=captured),
        capture=capture_state(
            charge.state, reason, captured=captured, fully_refunded=fully_refunded
        )
        if captured
        else (),
    )


def either(words: tuple[str, ...]) -> str | None:
    """`Closed or Canceled`; None where nothing is known."""
    if not words:
        return None
    return reduce(lambda said, word: _("{words} or {word}", words=said, word=word), words)


# --- what may be done, as a v2 call, as v1 calls, and in Seller Central ----------------------

PermissionKind = Literal["one-time", "recurring", "other"]


@dataclass(frozen=True)
class V2Call:
    """A call of v2 with the ids filled in. `body` names the ids that don't stand in the path."""

    title: str
    method: str
    path: str
    body: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class V1Call:
    """A v1 call that did this work.

    `id` goes in as `id_field`; None where v1 had no such object. `needs` are the states that v1
    asks of the object, `now` what v1 calls its state now, both empty where no page says. `flag`
    is the v2 flag or call that tells it from the others; `note` says what else is to be known.
    """

    call: str
    id_field: str
    id: str | None
    needs: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    flag: str = ""
    note: str = ""


@dataclass(frozen=True)
class ActionInV1:
    """One thing that can be done to one object of an order, in the three vocabularies.

    `v2` are the calls of v2: two where one action needs two, none where nothing does it. `v1`
    are the candidates: none where v1 had no such call, several where the mapping isn't one to
    one; `why_not_one` then says why. `seller_central` is what a person does there, empty where
    no page names it.
    """

    action: str
    target: str
    allowed: bool
    why: str
    v2: tuple[V2Call, ...]
    v1: tuple[V1Call, ...]
    why_not_one: str = ""
    seller_central: tuple[SellerCentralAction, ...] = ()


_CLOSING: Final = N_(
    "v1 had two calls where v2 has one with a flag: Cancel also ended authorizations that were "
    "not captured, Close left them."
)
_AUTHORIZING: Final = N_(
    "v1 authorized on the agreement itself, or on an order reference that was made from it "
    "first; v2 has one call for both."
)
_NOT_TOLD: Final = N_("Whether this is a one-time or a recurring permission isn't told.")
_EXTENDING: Final = N_("v1 had no such call: nothing could be changed about an order's 180 days.")
_EXTENDING_AGREEMENT: Final = N_(
    "v1 had no such call: an agreement carried no frequency from which an end is computed."
)
_RENEWING: Final = N_(
    "Two calls in either version: a new authorization, and the end of the old one."
)
_COMPLETING: Final = N_(
    "v1 had no checkout session: a draft order reference or billing agreement was confirmed "
    "instead, so no id of this session can be given to either call."
)
_UPDATING: Final = N_("Not in the guide's table; in v1 this call changed the same fields.")
_READING: Final = N_(
    "A v1 payment had two objects, authorization and capture; a charge is both of them."
)

# Action -> the kind of permission -> the v1 calls that did it, and why it isn't just one.
_CANDIDATES: Final[dict[str, dict[PermissionKind, tuple[tuple[str, ...], str]]]] = {
    "refund": dict.fromkeys(get_args(PermissionKind), (("Refund",), "")),
    "capture": dict.fromkeys(get_args(PermissionKind), (("Capture",), "")),
    "cancel": dict.fromkeys(get_args(PermissionKind), (("CloseAuthorization",), "")),
    "authorize": {
        "one-time": (("Authorize",), ""),
        "recurring": (("AuthorizeOnBillingAgreement", "CreateOrderReferenceForId"), _AUTHORIZING),
        "other": (("Authorize", "AuthorizeOnBillingAgreement"), _NOT_TOLD),
    },
    "close": {
        "one-time": (("CancelOrderReference", "CloseOrderReference"), _CLOSING),
        "recurring": (("CloseBillingAgreement",), ""),
        "other": (
            ("CancelOrderReference", "CloseOrderReference", "CloseBillingAgreement"),
            _NOT_TOLD,
        ),
    },
    "update": {
        "one-time": (("SetOrderAttributes",), _UPDATING),
        "recurring": (("SetBillingAgreementDetails",), ""),
        "other": (("SetOrderAttributes", "SetBillingAgreementDetails"), _NOT_TOLD),
    },
    "extend": {
        "one-time": ((), _EXTENDING),
        "recurring": ((), _EXTENDING_AGREEMENT),
        "other": ((), _EXTENDING),
    },
    "complete": dict.fromkeys(
        get_args(PermissionKind),
        (("ConfirmOrderReference", "ConfirmBillingAgreement"), _COMPLETING),
    ),
    "read permission": {
        "one-time": (("GetOrderReferenceDetails",), ""),
        "recurring": (("GetBillingAgreementDetails",), ""),
        "other": (("GetOrderReferenceDetails", "GetBillingAgreementDetails"), _NOT_TOLD),
    },
    "read charge": dict.fromkeys(
        get_args(PermissionKind), (("GetAuthorizationDetails", "GetCaptureDetails"), _READING)
    ),
    "read refund": dict.fromkeys(get_args(PermissionKind), (("GetRefundDetails",), "")),
}
# The guide's table has no row for it: v1 had no such object.
_COMPLETE: Final = (
    "Complete Checkout Session",
    "POST",
    "/checkoutSessions/{checkoutSessionId}/complete",
    "checkoutSessionId",
)


def v1_calls(order: Order, targets: Container[str] | None = None) -> tuple[ActionInV1, ...]:
    """Every offer for `order`, allowed or not, and every read, beside its v1 calls.

    With `targets` only what is done to these ids. Source: "Upgrading to Checkout v2"; its table
    read backwards, so that one v2 call may have done the work of several v1 calls.
    """
    rows = [
        _offered(order, offer)
        for offer in offers(order)
        if targets is None or offer.target in targets
    ]
    family = [("charge", charge.id) for charge in order.charges]
    family += [("refund", refund.id) for refund in order.refunds]
    if order.permission is not None:
        family.insert(0, ("permission", order.permission.id))
    rows += [
        _read(order, kind, identifier)
        for kind, identifier in family
        if targets is None or identifier in targets
    ]
    return tuple(rows)


def _offered(order: Order, offer: Offer) -> ActionInV1:
    charge = order.charge(offer.target)
    if offer.action == "extend" and charge is not None:
        return _renewal(order, offer, charge)
    v1, why = _v1_candidates(order, offer.action, offer.target)
    v2: tuple[V2Call, ...] = (_v2_call(BY_NAME[offer.action].operation, offer.target),)
    if offer.action == "extend" and _permission_kind(order) != "recurring":
        v2 = ()  # v2 has no call that gives a one-time permission a longer life
    return ActionInV1(
        offer.action, offer.target, offer.allowed, offer.why, v2, v1, why, _by_hand(v1)
    )


def _renewal(order: Order, offer: Offer, charge: Charge) -> ActionInV1:
    """A new authorization on the permission, and the end of the old one."""
    permission_id = order.permission.id if order.permission else charge.permission_id or ""
    authorize, _why = _v1_candidates(order, "authorize", permission_id)
    cancel, _why = _v1_candidates(order, "cancel", charge.id)
    v2 = (_v2_call("create_charge", permission_id), _v2_call("cancel_charge", charge.id))
    v1 = (
        *(replace(call, flag=v2[0].title) for call in authorize),
        *(replace(call, flag=v2[1].title) for call in cancel),
    )
    return ActionInV1(offer.action, offer.target, offer.allowed, offer.why, v2, v1, _(_RENEWING))


def _read(order: Order, kind: str, identifier: str) -> ActionInV1:
    v1, why = _v1_candidates(order, f"read {kind}", identifier)
    operation = "get_charge_permission" if kind == "permission" else f"get_{kind}"
    v2 = _v2_call(operation, identifier)
    return ActionInV1("read", identifier, True, _("Reading changes nothing."), (v2,), v1, why)


def _v1_candidates(order: Order, action: str, target: str) -> tuple[tuple[V1Call, ...], str]:
    names, why = _CANDIDATES[action][_permission_kind(order)]
    calls = [call for name in names for call in calls_for_v1(name)]
    return tuple(_v1_call(order, call, target) for call in calls), _(why)


def _permission_kind(order: Order) -> PermissionKind:
    permission = order.permission
    if permission is None:
        return "other"
    if permission.is_recurring:
        return "recurring"
    return "one-time" if permission.is_one_time else "other"


def _v1_call(order: Order, call: Call, target: str) -> V1Call:
    charge = order.charge(target)
    words = charge_words(charge) if charge is not None else None
    identifier: str | None = target
    now: tuple[str, ...] = ()
    note = shown(call.note)
    if call.v1_id in ("AmazonOrderReferenceId", "AmazonBillingAgreementId"):
        identifier = None if order.session is not None and target == order.session.id else target
        now = order_words(order).v1 if order.permission else ()
    elif words is not None and call.v1_id == "AmazonAuthorizationId":
        identifier, now = words.authorization_id, words.authorization
    elif words is not None and call.v1_id == "AmazonCaptureId":
        now = words.capture
        if not now:
            note = together(_("v1 had no capture of it, as far as can be told."), note)
    flag = ", ".join(f"{name} {str(value).lower()}" for name, value in call.body)
    return V1Call(call.v1, call.v1_id, identifier, call.v1_states, now, flag, note)


def _v2_call(operation: str, target: str) -> V2Call:
    found = next(iter(calls_for_v2(operation)), None)
    if found is None or found.title is None or found.method is None or found.path is None:
        title, method, path, field = _COMPLETE
    else:
        title, method, path, field = found.title, found.method, found.path, found.v2_id
    place = "{" + field + "}"
    body = () if place in path else ((field, target),)
    return V2Call(title, method, path.replace(place, target), body)


def _by_hand(v1: tuple[V1Call, ...]) -> tuple[SellerCentralAction, ...]:
    """What a person does in Seller Central for one of these calls."""
    names = {call.call for call in v1}
    return tuple(
        replace(one, note=shown(one.note))
        for one in SELLER_CENTRAL_ACTIONS
        if names & set(one.v1.split(", "))
    )
