"""The state of one simulated Amazon Pay: its objects, its clock, and what is due when.

No HTTP here. Whoever reads or changes a world holds `world.lock`; the methods that are meant
for tests and drills take it themselves.
"""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from console.domain.limits import AUTHORIZATION_LIFE
from console.domain.money import Money

from .clock import Clock
from .errors import not_found
from .faults import Fault, Faults
from .history import History
from .objects import (
    OPEN_CHARGE,
    SANDBOX,
    TAKEN_CHARGE,
    Address,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Refund,
    Report,
)
from .requestlog import RequestLog
from .signature import KeyRing
from .switches import Switches
from .throttle import Throttle

T = TypeVar("T", ChargePermission, Charge, Refund, CheckoutSession, Dispute)


@dataclass(frozen=True)
class Delays:
    """How many seconds of the world's time pass until a pending object is final."""

    refund: float = 20.0
    capture: float = 30.0
    authorization: float = 30.0
    report: float = 20.0


@dataclass(frozen=True)
class Saved:
    """The first answer under an idempotency key. Keys never expire (Idempotency page)."""

    fingerprint: str
    status: int
    body: dict[str, object]


class World:
    """One Amazon Pay. Empty when made; `stories.story_world()` makes one with orders."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        switches: Switches | None = None,
        delays: Delays | None = None,
        seed: int = 118,
    ) -> None:
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self.delays = delays or Delays()
        self.lock = threading.RLock()
        self.keys = KeyRing()
        self.faults = Faults()
        self.log = RequestLog()
        self.throttle = Throttle()
        self.saved: dict[tuple[str, str], Saved] = {}
        self.permissions: dict[str, History[ChargePermission]] = {}
        self.charges: dict[str, History[Charge]] = {}
        self.refunds: dict[str, History[Refund]] = {}
        self.sessions: dict[str, History[CheckoutSession]] = {}
        self.disputes: dict[str, History[Dispute]] = {}
        self.reports: dict[str, Report] = {}
        self.addresses: dict[str, Address] = {}
        self.report_files: dict[str, bytes] = {}  # by report id: in place of what would be made
        self._tables: dict[type, dict[str, History[Any]]] = {
            ChargePermission: self.permissions,
            Charge: self.charges,
            Refund: self.refunds,
            CheckoutSession: self.sessions,
            Dispute: self.disputes,
        }
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._random = random.Random(seed)  # noqa: S311  ids are no secret
        self._scheduled = 0

    # --- time -------------------------------------------------------------------------------

    def later(self, when: datetime, action: Callable[[datetime], None]) -> None:
        """Have `action(when)` run as soon as somebody looks at the world after `when`."""
        self._scheduled += 1
        heapq.heappush(self._due, (when, self._scheduled, action))

    def catch_up(self) -> datetime:
        """Run everything that is due, in order; returns the time."""
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            when, _, action = heapq.heappop(self._due)
            action(when)
        return now

    def seen_at(self) -> datetime | None:
        """The moment that reads show: None is the latest version."""
        lag = self.switches.read_lag
        return self.clock.now() - timedelta(seconds=lag) if lag else None

    def authorization_expiry(self, environment: str, created: datetime) -> datetime:
        if environment == SANDBOX:
            return created + timedelta(days=self.switches.sandbox_authorization_days)
        return created + AUTHORIZATION_LIFE

    # --- faults -----------------------------------------------------------------------------

    def add_fault(self, fault: Fault | str) -> Fault:
        """Let a fault wait for its request; a lag or a clock shift begins now."""
        made = Fault.parse(fault) if isinstance(fault, str) else fault
        if made.name == "lag":
            self.switches = replace(self.switches, read_lag=made.seconds)
        elif made.name == "clock_shift":
            self.clock.shift = made.seconds
        else:
            self.faults.add(made)
        return made

    # --- objects ----------------------------------------------------------------------------

    def put(self, version: T, when: datetime | None = None) -> T:
        """Store a new version of an object, or a new object, as of `when`."""
        table = self._tables[type(version)]
        moment = when or version.updated
        if version.id in table:
            table[version.id].append(moment, version)
        else:
            table[version.id] = History(moment, version)
        return version

    def permission(
        self, object_id: str, environment: str, when: datetime | None = None
    ) -> ChargePermission:
        return _find(self.permissions, "ChargePermission", object_id, environment, when)

    def charge(self, object_id: str, environment: str, when: datetime | None = None) -> Charge:
        return _find(self.charges, "Charge", object_id, environment, when)

    def refund(self, object_id: str, environment: str, when: datetime | None = None) -> Refund:
        return _find(self.refunds, "Refund", object_id, environment, when)

    def session(
        self, object_id: str, environment: str, when: datetime | None = None
    ) -> CheckoutSession:
        return _find(self.sessions, "CheckoutSession", object_id, environment, when)

    def dispute(self, object_id: str, environment: str, when: datetime | None = None) -> Dispute:
        return _find(self.disputes, "Dispute", object_id, environment, when)

    def charges_of(self, permission_id: str, when: datetime | None = None) -> Iterator[Charge]:
        for history in self.charges.values():
            charge = history.at(when)
            if charge is not None and charge.permission_id == permission_id:
                yield charge

    def refunds_of(self, charge_id: str, when: datetime | None = None) -> Iterator[Refund]:
        for history in self.refunds.values():
            refund = history.at(when)
            if refund is not None and refund.charge_id == charge_id:
                yield refund

    def new_id(self, base: str, letter: str) -> str:
        """An unused transaction id under `base`: `S01-5797829-1888777-C043451`."""
        while True:
            made = f"{base}-{letter}{self._random.randrange(1, 10**6):06d}"
            if made not in self.charges and made not in self.refunds:
                return made

    def new_base(self, prefix: str) -> str:
        """An unused id of an order: `S01-5797829-1888777`."""
        while True:
            digits = f"{self._random.randrange(10**13, 10**14)}"
            made = f"{prefix}-{digits[:7]}-{digits[7:]}"
            if made not in self.permissions:
                return made

    def new_session_id(self) -> str:
        raw = f"{self._random.getrandbits(128):032x}"
        return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))

    # --- totals -----------------------------------------------------------------------------

    def refunded(self, charge: Charge, when: datetime | None, *, initiated: bool) -> Money:
        """The sum of a charge's refunds, with or without those that are not final."""
        counted = {"Refunded", "RefundInitiated"} if initiated else {"Refunded"}
        amounts = [r.amount.amount for r in self.refunds_of(charge.id, when) if r.state in counted]
        return Money(sum(amounts, Decimal(0)), charge.amount.currency)

    def captured(self, permission: ChargePermission) -> Money:
        """What has been captured, or is being captured, on a permission."""
        total = Money.zero(permission.limit.currency)
        for charge in self.charges_of(permission.id):
            if charge.state in TAKEN_CHARGE and charge.captured:
                total += charge.captured
        return total

    def balance(self, permission: ChargePermission, when: datetime | None = None) -> Money:
        """`limits.amountBalance`. A recurring limit is for one calendar month (QA-55)."""
        month = (when or self.clock.now()).strftime("%Y%m")
        left = permission.limit
        for charge in self.charges_of(permission.id, when):
            if permission.type == "OneTime" or charge.created.strftime("%Y%m") == month:
                left -= self._used(charge)
        return left

    def _used(self, charge: Charge) -> Money:
        if charge.state in TAKEN_CHARGE and charge.captured:
            return charge.captured
        if charge.state in OPEN_CHARGE and self.switches.balance_falls_at == "authorization":
            return charge.amount
        return Money.zero(charge.amount.currency)


def _find(
    table: dict[str, History[T]],
    kind: str,
    object_id: str,
    environment: str,
    when: datetime | None,
) -> T:
    """One object, as of `when`. An id of the other environment is not found."""
    history = table.get(object_id)
    version = history.at(when) if history else None
    if version is None or version.environment != environment:
        raise not_found(kind, object_id)
    return version
