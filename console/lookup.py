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
from typing import Final, TypeVar

from console.amazon.client import AmazonPay, Answer
from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotFound,
    NotSent,
    Unreadable,
    WrongEnvironment,
)
from console.amazon.phrases import SaidError
from console.domain import moments
from console.domain.disputes import doubts
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
from console.domain.kept import shown
from console.domain.language import N_, _, many, together
from console.domain.limits import USUALLY_DONE
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
from console.domain.order import Order
from console.domain.remains import hint_when_missing
from console.domain.text import clean_line
from console.history import ApiObject, Past, weave
from console.store.index import Known, KnownIds, known_objects, look_of
from console.store.journal import Journal

ReadFailure = (AmazonError, NoAnswer, NotSent, Unreadable, WrongEnvironment)

_READERS: Final[Mapping[str, Callable[[Json], ApiObject]]] = {
    "charge_permission": ChargePermission.from_api,
    "charge": Charge.from_api,
    "refund": Refund.from_api,
    "checkout_session": CheckoutSession.from_api,
    "dispute": Dispute.from_api,
}

_COLLECTIONS: Final[Mapping[str, str]] = {
    "charge_permission": "chargePermissions",
    "charge": "charges",
    "refund": "refunds",
    "dispute": "disputes",
    "checkout_session": "checkoutSessions",
}
_CHILDREN: Final = frozenset({"charge", "refund", "dispute"})  # what belongs to a permission


class Several(Exception):
    """An order number that stands on more than one order.

    `orders` are their ids, each with what is known of it here, in words.
    """

    def __init__(self, reference: str, orders: dict[str, str]) -> None:
        listed = ", ".join(f"{order} ({said})" for order, said in orders.items())
        super().__init__(
            _(
                "{reference} stands on {count} orders: {orders}.",
                reference=reference,
                count=len(orders),
                orders=listed,
            )
        )
        self.orders = orders
        self.hint = _("Give the id of the one that is meant.")


# Kind of object -> what is said of one that Amazon doesn't have.
_UNKNOWN_AT_AMAZON: Final = {
    "charge_permission": N_(
        "Amazon knows no charge permission {id} for this account in {region} {environment}."
    ),
    "charge": N_("Amazon knows no charge {id} for this account in {region} {environment}."),
    "refund": N_("Amazon knows no refund {id} for this account in {region} {environment}."),
    "dispute": N_("Amazon knows no dispute {id} for this account in {region} {environment}."),
    "checkout_session": N_(
        "Amazon knows no checkout session {id} for this account in {region} {environment}."
    ),
}


class NotFoundHere(Exception):
    """Amazon has no such object for this account and environment."""

    def __init__(self, target: Target, region: str, environment: str) -> None:
        super().__init__(
            _(
                _UNKNOWN_AT_AMAZON[target.kind],
                id=target.id,
                region=region.upper(),
                environment=environment,
            )
        )
        self.hint = hint_when_missing(target.kind)


@dataclass
class _Family:
    """What has been asked so far, and what came of it."""

    asked: dict[str, Target] = field(default_factory=dict)
    found: dict[str, ApiObject] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)
    dates: dict[str, datetime] = field(default_factory=dict)  # Amazon's clock at each answer
    guesses: set[str] = field(default_factory=set)

    @property
    def permissions(self) -> set[str]:
        """The permissions that the charges themselves name."""
        return {charge.permission_id for charge in _of(self, Charge) if charge.permission_id}

    def is_beside_the_point(self, identifier: str) -> bool:
        """Whether an object that could not be read says nothing about this order.

        Guesses are, and permissions that Amazon doesn't know while the charges name another:
        Amazon's reports call each payment of a recurring order an order of its own.
        """
        if identifier in self.guesses:
            return True
        missing = isinstance(self.failed.get(identifier), NotFound)
        is_permission = self.asked[identifier].kind == "charge_permission"
        named = self.permissions
        return missing and is_permission and bool(named) and identifier not in named


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
        everywhere = {hit.permission or hit.id for hit in hits}
        orders = self._of_this_environment(everywhere)
        if len(orders) > 1:
            told = await asyncio.to_thread(lambda: {o: self._in_short(o) for o in orders})
            raise Several(reference, told)
        if orders:
            others = sorted(everywhere.difference(orders))
            return Identified(parse(orders[0]), tuple(parse(other) for other in others))
        if failure:
            raise failure
        assert found is not None
        return found

    def _in_short(self, order: str) -> str:
        """How an order stood when it was last seen here."""
        known, looked = self._known.get(order), self._known.looked([order]).get(order)
        if known is None or looked is None:
            return _("not looked at yet")
        return _("{state}, seen {time}", state=known.state, time=moments.told(looked))

    def _of_this_environment(self, orders: Iterable[str]) -> list[str]:
        """Those of this profile's environment; all of them where none is."""
        known = sorted(orders)
        environment = self._client.account.environment
        return [order for order in known if environment_of(order) == environment] or known

    # --- from memory ---------------------------------------------------------------------------

    async def remembered(self, identifier: Identifier) -> Order | None:
        """The order as this console saw it last, without asking Amazon; None where it never did."""
        return await asyncio.to_thread(self._remembered, identifier)

    def _remembered(self, identifier: Identifier) -> Order | None:
        known = self._known.get(identifier.v2.id)
        if known is None:
            return None
        members = self._known.family(known.permission or known.id)
        ids = {known.id, *(member.id for member in members)}
        looks, looked = self._known.last_looks(ids), self._known.looked(ids)
        if identifier.v2.id not in looks and known.permission not in looks:
            return None
        family = _Family()
        for look in looks.values():
            family.found[look.object] = _read(_target(look.kind, look.object), look.raw)
        times = [parse_time(looked[look]) for look in looks if look in looked]
        oldest = min((time for time in times if time), default=None)
        if oldest is None:
            return None
        return self._put_together(identifier, family, self._client.amazon_now(), remembered=oldest)

    # --- from Amazon ---------------------------------------------------------------------------

    async def look_up(
        self,
        identifier: Identifier,
        also: Iterable[str] = (),
        tell: Callable[[int, int], None] | None = None,
    ) -> Order:
        """Everything that can be known now of the order that `identifier` belongs to.

        `also` are ids of charges and refunds that must be read with it, beside those that the index
        knows.
        `tell` hears, with every answer, how many objects were read of how many are known of.

        What the reports call an order but is one payment of a recurring one is found by its charge.

        Raises NotFoundHere, AmazonError, NoAnswer, NotSent or Unreadable where the object
        itself can't be read, and WrongEnvironment before any byte is sent. What belongs to
        it and can't be read is named in the order's `unread`.
        """
        family = _Family()
        await self._gather(identifier, [parse(member).v2 for member in also], family, tell)
        asked_for = identifier.v2.id
        failure = family.failed.get(asked_for)
        if failure is not None and not family.is_beside_the_point(asked_for):
            if isinstance(failure, NotFound):
                payments = await asyncio.to_thread(self._known.payments_of, asked_for)
                if payments:
                    return await self.look_up(parse(payments[-1].id), also, tell)
                account = self._client.account
                missing = NotFoundHere(identifier.v2, account.region, account.environment)
                told = await asyncio.to_thread(self._told_of, asked_for)
                missing.hint = together(missing.hint, told)
                raise missing from failure
            raise failure
        return await asyncio.to_thread(self._keep, identifier, family, self._client.amazon_now())

    def _told_of(self, identifier: str) -> str:
        """What imports told of an object that Amazon doesn't know; blocks."""
        lines = self._known.past([identifier])[-3:]
        told = "; ".join(f"{line.time[:10]} {line.event} ({line.source})" for line in lines)
        return _("What was imported says of it: {lines}.", lines=told) if told else ""

    def remember_made(self, identifier: str, data: Json, permission_id: str) -> None:
        """Keep a charge or refund that was just made, so that the next look shows it. Blocks."""
        now = self._client.amazon_now()
        seen = show_time(now) or ""
        found = _read(parse(identifier).v2, data)
        parent = found.charge_id if isinstance(found, Refund) else permission_id
        kind = parse(identifier).v2.kind
        self._known.remember(
            [Known(identifier, kind, parent, permission_id, None, found.state, seen)],
            [look_of(found, now)],
        )

    async def _gather(
        self,
        identifier: Identifier,
        also: list[Target],
        family: _Family,
        tell: Callable[[int, int], None] | None,
    ) -> None:
        """Ask for the object, then for whatever each answer leads to, side by side."""
        running: dict[asyncio.Task[Answer], Target] = {}

        def ask(targets: Iterable[Target]) -> None:
            for target in targets:
                if target.id not in family.asked:
                    family.asked[target.id] = target
                    running[asyncio.create_task(self._client.get(target))] = target

        try:
            ask([identifier.v2, *also])
            ask(await self._first_guesses(identifier, family))
            while running:
                done, _rest = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    target = running.pop(task)
                    ask(await self._took(target, task, family))
                _drop_wrong_guesses(running, family)
                if tell:
                    tell(len(family.found) + len(family.failed), len(family.asked))
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
        found = family.found[target.id] = _read(target, answer.data or {})
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
        return targets + [_target(m.kind, m.id) for m in members if m.kind in _CHILDREN]

    # --- putting together ----------------------------------------------------------------------

    def _keep(self, identifier: Identifier, family: _Family, observed: datetime) -> Order:
        """Remember what was read, then put the order together with what our records know."""
        found = [item for name, item in family.found.items() if name not in family.guesses]
        permission = _permission(identifier, family)
        children = [item for item in found if not isinstance(item, ChargePermission)]
        known = known_objects(permission, children, observed)
        if permission is not None:
            known += _payments(family, permission, observed)
        self._known.remember(known, [look_of(item, observed) for item in found])
        return self._put_together(identifier, family, observed)

    def _put_together(
        self,
        identifier: Identifier,
        family: _Family,
        observed: datetime,
        *,
        remembered: datetime | None = None,
    ) -> Order:
        permission = _permission(identifier, family)
        strangers = {c.id for c in _of(family, Charge) if not _belongs(c, permission)}
        charges = _by_age(c for c in _of(family, Charge) if c.id not in strangers)
        refunds = _by_age(r for r in _of(family, Refund) if r.charge_id not in strangers)
        disputes = _by_age(d for d in _of(family, Dispute) if d.charge_id not in strangers)
        sessions = _of(family, CheckoutSession)
        head = [permission] if permission else []
        members: list[ApiObject] = [*head, *charges, *refunds, *disputes, *sessions]
        order = Order(
            query=identifier,
            permission=permission,
            charges=tuple(charges),
            refunds=tuple(refunds),
            observed=observed,
            amazon_date=family.dates.get(identifier.v2.id),
            session=sessions[0] if sessions else None,
            disputes=tuple(disputes),
            journal_refunds={
                c.id: self._journal.live_refunds(c.id, c.currency) for c in charges if c.currency
            },
            unread={
                unread: error.phrase if isinstance(error, SaidError) else str(error)
                for unread, error in family.failed.items()
                if not family.is_beside_the_point(unread)
            },
            remembered=remembered,
            history=weave(members, self._past(permission, charges, members), observed),
        )
        return replace(order, warnings=tuple(_warnings(order)))

    def _past(
        self,
        permission: ChargePermission | None,
        charges: list[Charge],
        members: list[ApiObject],
    ) -> Past:
        """What journal and index know of the family, members that can't be read included."""
        scopes = sorted({permission.id} if permission else {scope_of(c) for c in charges})
        scopes += [one.id for one in members if isinstance(one, CheckoutSession)]
        ids = {member.id for member in members}
        ids |= {known.id for scope in scopes for known in self._known.family(scope)}
        return Past(
            journal=[line for scope in scopes for line in self._journal.entries(scope=scope)],
            looks=self._known.looks_at(ids),
            told=self._known.past(ids),
        )


def scope_of(charge: Charge) -> str:
    """The order that a charge belongs to, for the journal: its permission, else its base."""
    return charge.permission_id or charge.id[:19]


T = TypeVar("T", bound=ApiObject)
Child = TypeVar("Child", Charge, Refund, Dispute)


def _by_age(found: Iterable[Child]) -> list[Child]:
    return sorted(found, key=lambda item: (show_time(item.created) or "", item.id))


def _of(family: _Family, kind: type[T]) -> list[T]:
    return [found for found in family.found.values() if isinstance(found, kind)]


def _target(kind: str, identifier: str) -> Target:
    return Target(kind, identifier, f"/{_COLLECTIONS[kind]}/{identifier}")


def _read(target: Target, data: Json) -> ApiObject:
    """The object in an answer; an answer that doesn't name its id is what was asked for."""
    found: ApiObject = _READERS[target.kind](data)
    return found if found.id else replace(found, id=target.id)


def _drop_wrong_guesses(running: dict[asyncio.Task[Answer], Target], family: _Family) -> None:
    """Don't wait for a guess once the charge itself has named another permission."""
    named = family.permissions
    for task, target in list(running.items()):
        if target.id in family.guesses and named and target.id not in named:
            task.cancel()
            del running[task]
            family.asked.pop(target.id)


def _parents(found: ApiObject) -> Iterable[Target]:
    """The objects that `found` names: links lead upwards only."""
    if isinstance(found, Charge | CheckoutSession) and found.permission_id:
        yield _target("charge_permission", found.permission_id)
    if isinstance(found, Refund | Dispute | CheckoutSession) and found.charge_id:
        yield _target("charge", found.charge_id)


def _permission(identifier: Identifier, family: _Family) -> ChargePermission | None:
    """The permission that the answers themselves name; a guess that none names is dropped.

    What the queried object itself names comes before what others of the family name.
    """
    others = [*sorted(family.permissions), *_named_by_sessions(family)]
    for candidate in [_own_permission(identifier.v2.id, family), *others]:
        found = family.found.get(candidate)
        if isinstance(found, ChargePermission):
            return found
    return None


def _own_permission(identifier: str, family: _Family) -> str:
    """The permission that an object leads up to; its own id where it leads nowhere."""
    found = family.found.get(identifier)
    if isinstance(found, Refund | Dispute) and found.charge_id:
        found = family.found.get(found.charge_id)
    named = found.permission_id if isinstance(found, Charge | CheckoutSession) else None
    return named or identifier


def _payments(family: _Family, permission: ChargePermission, observed: datetime) -> list[Known]:
    """What a report calls an order and is a payment of `permission`: known as that from now on."""
    seen = show_time(observed) or ""
    return [
        Known(name, "order_reference", permission.id, permission.id, None, None, seen)
        for name in family.failed
        if name not in family.guesses and family.is_beside_the_point(name)
    ]


def _named_by_sessions(family: _Family) -> list[str]:
    return [s.permission_id for s in _of(family, CheckoutSession) if s.permission_id]


def _belongs(charge: Charge, permission: ChargePermission | None) -> bool:
    """What the index counts to an order is no part of it if Amazon says another one."""
    return permission is None or charge.permission_id in (None, permission.id)


_HOW_TO_FIND: Final = N_(
    "Paste their ids from the shop or Seller Central, or import Amazon's reports or"
    " notifications (`payconsole import`, `payconsole sync`), to see them."
)


def _warnings(order: Order) -> Iterable[str]:
    permission = order.permission
    if permission is None and order.session is None and not order.remembered:
        yield _("The charge permission could not be read, so the order's limits are not known.")
    missing = order.totals.unaccounted
    if missing is not None and missing.is_positive:
        used = _(
            "{amount} of this order was used by charges that this console has not seen.",
            amount=missing,
        )
        yield together(used, _(_HOW_TO_FIND))
    elif permission is not None and not order.charges:
        none = _("No charge of this order is known here: Amazon lists none.")
        yield together(none, _(_HOW_TO_FIND))
    for charge in order.charges:
        unseen = order.unseen_refunds(charge)
        if unseen is not None and unseen.is_positive:
            refunded = _(
                "{amount} of charge {charge} was refunded, or its refund has begun, by refunds that"
                " this console has not seen: whether the buyer has it isn't known here.",
                amount=unseen,
                charge=charge.id,
            )
            yield together(refunded, _(_HOW_TO_FIND))
    if permission is not None and order.query.kind is Kind.ORDER and order.id != order.query.v2.id:
        yield _(
            "{id} is a payment of {permission}, not an order of its own.",
            id=order.query.id,
            permission=permission.id,
        )
    yield from _refunds_to_mind(order)
    for identifier, why in order.unread.items():
        yield _("{id} could not be read: {why}", id=identifier, why=shown(why))
    yield from doubts(order)
    if order.currency is None and order.charges:
        yield _("Amazon gives no currency for this order.")


# What is said of a declined refund, by whether its amount and a reason code are known.
_DECLINED: Final = {
    (True, True): N_(
        "Refund {refund} of {amount} was Declined ({reason}): the buyer got nothing by it."
    ),
    (True, False): N_("Refund {refund} of {amount} was Declined: the buyer got nothing by it."),
    (False, True): N_(
        "Refund {refund} of an unknown amount was Declined ({reason}): the buyer got nothing by it."
    ),
    (False, False): N_(
        "Refund {refund} of an unknown amount was Declined: the buyer got nothing by it."
    ),
}


def _refunds_to_mind(order: Order) -> Iterable[str]:
    """What was promised to a buyer and did not come, or takes long."""
    for refund in order.refunds:
        if refund.is_dead:
            yield _(
                _DECLINED[refund.amount is not None, refund.status.reason_code is not None],
                refund=refund.id,
                amount=refund.amount,
                reason=refund.status.reason_code,
            )
    for member in order.pending:
        since = member.status.updated or member.created
        usual = USUALLY_DONE.get(member.state)
        if since is None or usual is None or order.observed - since < usual:
            continue
        days = (order.observed - since).days
        yield many(
            "{id} has been {state} for {count} day, which is long. Ask Amazon Pay's support, with"
            " its id.",
            "{id} has been {state} for {count} days, which is long. Ask Amazon Pay's support, with"
            " its id.",
            days,
            id=member.id,
            state=member.state,
        )
