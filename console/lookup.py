"""Identifier -> Order: which objects are asked for, side by side, and what the index adds.

An order is found by following ids: each answer may name further objects, and what the index
knows of the family is asked at the same time. So a lookup takes no longer than its longest
chain of answers that depend on each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from console.amazon.client import AmazonPay, Answer
from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotFound,
    NotSent,
    Unreadable,
    WrongEnvironment,
)
from console.domain.ids import (
    Identified,
    Identifier,
    Kind,
    NotAnId,
    Target,
    environment_of,
    identify,
    parse,
)
from console.domain.model import (
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    Json,
    Refund,
    parse_time,
    show_time,
)
from console.domain.money import Money
from console.domain.order import Event, Order
from console.domain.text import clean_line
from console.store.decisions import Entry
from console.store.index import Known, KnownIds, known_objects
from console.store.journal import Journal

ReadFailure = (AmazonError, NoAnswer, NotSent, Unreadable, WrongEnvironment)
ApiObject: TypeAlias = ChargePermission | Charge | Refund | CheckoutSession | Dispute

_READERS: Final[Mapping[str, Callable[[Json], ApiObject]]] = {
    "charge_permission": ChargePermission.from_api,
    "charge": Charge.from_api,
    "refund": Refund.from_api,
    "checkout_session": CheckoutSession.from_api,
    "dispute": Dispute.from_api,
}


class Several(Exception):
    """An order number that stands on more than one order; `orders` are their ids."""

    def __init__(self, reference: str, orders: list[str]) -> None:
        super().__init__(f"{reference} stands on {len(orders)} orders: {', '.join(orders)}.")
        self.orders = orders


class NotFoundHere(Exception):
    """Amazon has no such object for this account and environment."""

    def __init__(self, target: Target, region: str, environment: str) -> None:
        super().__init__(
            f"Amazon knows no {target.kind.replace('_', ' ')} {target.id}"
            f" for this account in {region.upper()} {environment}."
        )
        self.hint = (
            "Check the digits, and whether it belongs to another account, region or environment."
        )


@dataclass
class _Family:
    """What has been asked so far, and what came of it."""

    asked: set[str] = field(default_factory=set)
    found: dict[str, ApiObject] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)
    dates: dict[str, datetime] = field(default_factory=dict)  # Amazon's clock at each answer
    guesses: set[str] = field(default_factory=set)


class Lookup:
    """Looks orders up for one account, and remembers what it saw."""

    def __init__(self, client: AmazonPay, known: KnownIds, journal: Journal) -> None:
        self._client = client
        self._known = known
        self._journal = journal

    async def resolve(self, text: str) -> Identified:
        """The id in `text`, or the order that carries `text` as the merchant's own number.

        Raises NotAnId, or Several where more than one order carries the number.
        """
        found, failure = None, None
        try:
            found = identify(text)
        except NotAnId as error:
            failure = error
        if found and found.best.kind is not Kind.CHECKOUT_SESSION:
            return found
        # Not an id; or a UUID, which is a checkout session's unless an order carries it.
        reference = clean_line(text.strip(), 256)
        hits = await asyncio.to_thread(self._known.by_reference, reference)
        orders = self._of_this_environment({hit.permission or hit.id for hit in hits})
        if len(orders) > 1:
            raise Several(reference, orders)
        if orders:
            return Identified(parse(orders[0]))
        if failure:
            raise failure
        assert found is not None
        return found

    def _of_this_environment(self, orders: Iterable[str]) -> list[str]:
        """Those of this profile's environment; all of them where none is."""
        known = sorted(orders)
        environment = self._client.account.environment
        return [order for order in known if environment_of(order) == environment] or known

    async def look_up(self, identifier: Identifier, also: Iterable[str] = ()) -> Order:
        """Everything that can be known now of the order that `identifier` belongs to.

        `also` are ids of refunds that must be read with it, beside those that the index knows.

        Raises NotFoundHere, AmazonError, NoAnswer, NotSent or Unreadable where the object
        itself can't be read, and WrongEnvironment before any byte is sent. What belongs to
        it and can't be read is named in the order's `unread`.
        """
        family = _Family()
        await self._gather(identifier, [_target("refund", refund) for refund in also], family)
        failure = family.failed.get(identifier.v2.id)
        if isinstance(failure, NotFound):
            account = self._client.account
            raise NotFoundHere(identifier.v2, account.region, account.environment) from failure
        if failure is not None:
            raise failure
        return await self._compose(identifier, family)

    def remember_refund(self, refund: Refund, permission_id: str) -> None:
        """Keep a refund that was just made, so that the next look shows it. Blocks."""
        seen = show_time(self._client.amazon_now()) or ""
        self._known.remember(
            [Known(refund.id, "refund", refund.charge_id, permission_id, None, refund.state, seen)]
        )

    async def _gather(self, identifier: Identifier, also: list[Target], family: _Family) -> None:
        """Ask for the object, then for whatever each answer leads to, side by side."""
        running: dict[asyncio.Task[Answer], Target] = {}

        def ask(targets: Iterable[Target]) -> None:
            for target in targets:
                if target.id not in family.asked:
                    family.asked.add(target.id)
                    running[asyncio.create_task(self._client.get(target))] = target

        try:
            ask([identifier.v2, *also])
            ask(await self._first_guesses(identifier, family))
            while running:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    target = running.pop(task)
                    ask(await self._took(target, task, family))
        finally:
            for task in running:
                task.cancel()

    async def _first_guesses(self, identifier: Identifier, family: _Family) -> list[Target]:
        """What can be asked for before the first answer is there."""
        known = await asyncio.to_thread(self._known.get, identifier.v2.id)
        if known is not None and known.permission:
            return await self._index_family(known.permission)
        if identifier.kind in (Kind.ORDER, Kind.AGREEMENT):
            return await self._index_family(identifier.v2.id)
        if identifier.order_id is None:
            return []
        # For a one-time order the base of a charge is its permission. For a recurring one it
        # is not, so the answer counts only if the charge itself names it.
        family.guesses.add(identifier.order_id)
        return [_target("charge_permission", identifier.order_id)]

    async def _took(
        self, target: Target, task: asyncio.Task[Answer], family: _Family
    ) -> list[Target]:
        """Keep the answer; returns what it leads to."""
        try:
            answer = task.result()
        except ReadFailure as error:
            family.failed[target.id] = error
            return []
        if answer.date is not None:
            family.dates[target.id] = answer.date
        data = answer.data or {}
        found: ApiObject = _READERS[target.kind](data)
        if not found.id:
            found = replace(found, id=target.id)
        family.found[target.id] = found
        if isinstance(found, ChargePermission):
            return [] if target.id in family.guesses else await self._index_family(target.id)
        parents = list(_parents(found))
        leads = list(parents)
        for parent in parents:
            if parent.kind == "charge_permission":
                family.guesses.discard(parent.id)
                leads += await self._index_family(parent.id)
        return leads

    async def _index_family(self, permission_id: str) -> list[Target]:
        members = await asyncio.to_thread(self._known.family, permission_id)
        targets = [_target("charge_permission", permission_id)]
        return targets + [_target(m.kind, m.id) for m in members if m.kind in ("charge", "refund")]

    async def _compose(self, identifier: Identifier, family: _Family) -> Order:
        charges = sorted(_of(family, Charge), key=lambda c: (show_time(c.created) or "", c.id))
        refunds = sorted(_of(family, Refund), key=lambda r: (show_time(r.created) or "", r.id))
        sessions, disputes = _of(family, CheckoutSession), _of(family, Dispute)
        permission = _permission(identifier, family, charges)
        observed = self._client.amazon_now()
        members = known_objects(permission, charges, refunds, observed)
        history, journal_refunds = await asyncio.to_thread(
            self._remember, members, permission, charges
        )
        order = Order(
            query=identifier,
            permission=permission,
            charges=tuple(charges),
            refunds=tuple(refunds),
            observed=observed,
            amazon_date=family.dates.get(identifier.v2.id),
            session=sessions[0] if sessions else None,
            disputes=tuple(disputes),
            journal_refunds=journal_refunds,
            unread={
                unread: str(error)
                for unread, error in family.failed.items()
                if unread not in family.guesses
            },
        )
        return _with_words(order, [*_amazon_events(order), *_journal_events(history)])

    def _remember(
        self, members: list[Known], permission: ChargePermission | None, charges: list[Charge]
    ) -> tuple[list[Entry], dict[str, Money]]:
        self._known.remember(members)
        scopes = sorted({permission.id} if permission else {scope_of(c) for c in charges})
        history = [line for scope in scopes for line in self._journal.entries(scope=scope)]
        refunds = {
            c.id: self._journal.live_refunds(c.id, c.currency) for c in charges if c.currency
        }
        return history, refunds


def scope_of(charge: Charge) -> str:
    """The order that a charge belongs to, for the journal: its permission, else its base."""
    return charge.permission_id or charge.id[:19]


T = TypeVar("T", bound=ApiObject)


def _of(family: _Family, kind: type[T]) -> list[T]:
    return [found for found in family.found.values() if isinstance(found, kind)]


def _target(kind: str, identifier: str) -> Target:
    collection = {
        "charge_permission": "chargePermissions",
        "charge": "charges",
        "refund": "refunds",
    }[kind]
    return Target(kind, identifier, f"/{collection}/{identifier}")


def _parents(found: ApiObject) -> Iterable[Target]:
    """The objects that `found` names: links lead upwards only."""
    if isinstance(found, Charge | CheckoutSession) and found.permission_id:
        yield _target("charge_permission", found.permission_id)
    if isinstance(found, Refund | Dispute | CheckoutSession) and found.charge_id:
        yield _target("charge", found.charge_id)


def _permission(
    identifier: Identifier, family: _Family, charges: list[Charge]
) -> ChargePermission | None:
    """The permission that the answers themselves name; a guess that none names is dropped."""
    named = [charge.permission_id for charge in charges if charge.permission_id]
    for candidate in [identifier.v2.id, *named]:
        found = family.found.get(candidate)
        if isinstance(found, ChargePermission):
            return found
    session = next(iter(_of(family, CheckoutSession)), None)
    found = family.found.get(session.permission_id or "") if session else None
    return found if isinstance(found, ChargePermission) else None


def _with_words(order: Order, events: list[Event]) -> Order:
    return replace(
        order,
        history=tuple(sorted(events, key=lambda event: event.time)),
        warnings=tuple(_warnings(order)),
    )


def _warnings(order: Order) -> Iterable[str]:
    if order.permission is None and order.session is None:
        yield "The charge permission could not be read, so the order's limits are not known."
    missing = order.totals.unaccounted
    if missing is not None and missing.is_positive:
        yield (
            f"{missing} of this order was used by charges that this console has not seen."
            " Paste their ids from the shop or Seller Central to see them."
        )
    for charge in order.charges:
        unseen = _unseen_refunds(order, charge)
        if unseen is not None and unseen.is_positive:
            yield (
                f"{unseen} of charge {charge.id} was refunded by refunds that this console has"
                " not seen. Paste their ids from the shop or Seller Central to see them."
            )
    for identifier, why in order.unread.items():
        yield f"{identifier} could not be read: {why}"
    for dispute in order.disputes:
        if dispute.state not in ("Resolved", "Closed"):
            yield f"Dispute {dispute.id} is {dispute.state}: a refund could pay twice."
    if order.currency is None and order.charges:
        yield "Amazon gives no currency for this order."


def _unseen_refunds(order: Order, charge: Charge) -> Money | None:
    """What Amazon counts as refunded beyond the refunds that are known, at least."""
    if charge.refunded is None:
        return None
    known = [r.amount for r in order.refunds_of(charge.id) if not r.is_dead and r.amount]
    same = [amount for amount in known if amount.currency == charge.refunded.currency]
    return charge.refunded - sum(same, Money.zero(charge.refunded.currency))


def _amazon_events(order: Order) -> Iterable[Event]:
    """What Amazon's own timestamps tell: made, and since when in the present state."""
    permission = [order.permission] if order.permission else []
    family: list[ChargePermission | Charge | Refund | Dispute] = [
        *permission,
        *order.charges,
        *order.refunds,
        *order.disputes,
    ]
    for found in family:
        if found.created:
            yield Event(found.created, found.id, "created", "amazon")
        updated = found.status.updated
        if updated and updated != found.created:
            why = f" ({found.status.reason_code})" if found.status.reason_code else ""
            yield Event(updated, found.id, f"{found.state}{why}", "amazon")


def _journal_events(lines: list[Entry]) -> Iterable[Event]:
    for line in lines:
        said = JOURNAL_WORDS.get(line.kind)
        time = parse_time(line.time)
        if said is None or time is None:
            continue
        event = said.format_map(_Words(line))
        yield Event(time, line.object or "", event, "journal", line.actor)


# A line of the journal in an order's history; kinds without words are too fine for it.
JOURNAL_WORDS: Final = {
    "reserve": "{action} of {amount} decided: {reason}",
    "arm": "attempt {attempt} sent",
    "accept": "accepted by Amazon as {result}",
    "absorb": "was already there as {result}; nothing new was made",
    "refuse": "refused: {why}",
    "not_sent": "not sent: {why}",
    "conflict": "held: {why}",
    "stale": "not sent, the order had changed: {why}",
    "lose": "outcome unknown: {why}",
    "abandon": "given up before sending: {why}",
    "settle": "{said}",
    "decline": "declined by Amazon",
    "happened": "a person says that it happened: {evidence}",
    "did_not": "a person says that it did not happen: {evidence}",
    "reopen": "tried again: {reason}",
    "next_key": "a person gave the key up: {reason}",
}


class _Words(dict[str, str]):
    """A journal line's data for `JOURNAL_WORDS`; what a line doesn't have reads as `–`."""

    def __init__(self, line: Entry) -> None:
        amount = Money.from_api(line.data.get("amount"))
        texts = {key: str(value) for key, value in line.data.items()}
        super().__init__(texts | {"amount": str(amount) if amount else "–"})

    def __missing__(self, key: str) -> str:
        return "–"
