"""An order's present state in the words of Checkout v1 and Seller Central."""

from __future__ import annotations

from dataclasses import dataclass

from console.domain.checkout_v1 import (
    authorization_state,
    capture_state,
    order_states,
    seller_central_state,
)
from console.domain.ids import authorization_id_of
from console.domain.model import Charge
from console.domain.order import Order


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
    return " or ".join(words) or None
