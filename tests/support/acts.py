"""Every action besides the refund, as one table: what it asks for, and how the server shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from console.actions.outcome import Outcome
from console.actions.plan import Plan
from console.amazon.client import Answer
from console.domain.errorcodes import ERROR_CODES
from console.domain.intent import Reservation, State
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    OLD_AUTHORIZED,
    ROOMY,
    SESSION,
    SESSION_CAPTURE,
    SUBSCRIPTION,
    Bench,
    Desk,
)


@dataclass(frozen=True)
class Act:
    """One action on the bench. `is_done` looks at the server, not at what reads show."""

    action: str
    target: str
    operation: str
    is_done: Callable[[Bench], bool]
    wish: Mapping[str, Any] = field(default_factory=dict)
    keyed: bool = True

    async def plan(self, desk: Desk) -> Plan:
        return await desk.planned(self.action, self.target, **self.wish)

    async def go(self, desk: Desk) -> Outcome:
        return await desk.perform(await self.plan(desk))


def _frequency(bench: Bench) -> object:
    recurring: Mapping[str, Any] = bench.permission(SUBSCRIPTION).recurring or {}
    return recurring["frequency"]


ACTS: Final = {
    "capture": Act(
        "capture",
        AUTHORIZED,
        "capture_charge",
        lambda b: str(b.charge().captured) == "60.00 USD" and b.charge().state == "Captured",
        {"amount": "60.00"},
    ),
    "late capture": Act(
        "capture",
        OLD_AUTHORIZED,
        "capture_charge",
        lambda b: b.charge(OLD_AUTHORIZED).state == "CaptureInitiated",
        {"amount": "25.00"},
    ),
    "cancel": Act(
        "cancel",
        AUTHORIZED,
        "cancel_charge",
        lambda b: b.charge().state == "Canceled",
        keyed=False,
    ),
    "authorize": Act(
        "authorize",
        ROOMY,
        "create_charge",
        lambda b: [str(c.amount) for c in b.charges()].count("30.00 USD") == 1,
        {"amount": "30.00"},
    ),
    "close": Act(
        "close",
        ROOMY,
        "close_charge_permission",
        lambda b: b.permission().state == "Closed" and b.charge().state == "Authorized",
        keyed=False,
    ),
    "close and cancel": Act(
        "close",
        ROOMY,
        "close_charge_permission",
        lambda b: (
            b.permission().state == "Closed"
            and {b.charge().state, b.charge(ALSO_AUTHORIZED).state} == {"Canceled"}
        ),
        {"cancel_pending": True},
        keyed=False,
    ),
    "update": Act(
        "update",
        ROOMY,
        "update_charge_permission",
        lambda b: b.permission().merchant.get("merchantReferenceId") == "New-1",
        {"merchant": {"merchantReferenceId": "New-1"}},
        keyed=False,
    ),
    "extend": Act(
        "extend",
        SUBSCRIPTION,
        "update_charge_permission",
        lambda b: _frequency(b) == {"unit": "Year", "value": "1"},
        {"frequency": "1 Year"},
        keyed=False,
    ),
    "complete": Act(
        "complete",
        SESSION,
        "complete_checkout_session",
        lambda b: b.session().state == "Completed",
        {"amount": "18.00"},
    ),
    "complete and capture": Act(
        "complete",
        SESSION_CAPTURE,
        "complete_checkout_session",
        lambda b: b.session(SESSION_CAPTURE).state == "Completed",
        {"amount": "19.00"},
    ),
}


class Gone(BaseException):
    """The process dies here."""


async def die_in_sending(desk: Desk, plan: Plan, *, executed: bool) -> None:
    """The console is killed after the arming, its request executed or never sent."""
    send = desk.session.client.send

    async def die(reservation: Reservation) -> Answer:
        if executed:
            await send(reservation)
        raise Gone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.session.client, "send", die)
        with pytest.raises(Gone):
            await desk.perform(plan)
    assert desk.last.state is State.SENDING


KEYED: Final = {name: act for name, act in ACTS.items() if act.keyed}
UNKEYED: Final = {name: act for name, act in ACTS.items() if not act.keyed}

_OPEN_CODES: Final = {
    *("DuplicateIdempotencyKey", "RequestTimeout", "InternalServerError"),
    *("ServiceUnavailable", "TooManyRequests", "RequestThrottled"),
}


def refusals(operation: str) -> list[str]:
    """The codes that are documented for one operation, and one that every operation can answer."""
    own = [code for code, row in ERROR_CODES.items() if operation in row.operations]
    return sorted({*own, "InvalidParameterValue"} - _OPEN_CODES)
