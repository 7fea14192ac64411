"""A running simulator, and consoles at it: real HTTP, real files, short waits."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import httpx

from console.actions.engine import Engine
from console.actions.outcome import Outcome
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action, plan_again
from console.actions.recovery import recover
from console.actions.watch import News, Watches
from console.amazon import client as wire
from console.amazon.client import AmazonPay, Answer
from console.amazon.endpoints import Account
from console.amazon.signing import Signer
from console.amazon.throttle import Throttle
from console.domain.ids import parse
from console.domain.intent import Reservation, State
from console.keys import make_key
from console.lookup import Lookup
from console.session import Session, actor
from console.simulator import api, foreign
from console.simulator import charges as charging
from console.simulator.calls import Call
from console.simulator.clock import Clock
from console.simulator.objects import Charge, ChargePermission, CheckoutSession, Refund
from console.simulator.requestlog import Entry
from console.simulator.server import SimulatorServer
from console.simulator.stories import Teller
from console.simulator.switches import Switches
from console.simulator.world import World
from console.store import claims
from console.store.claims import Owner
from console.store.decisions import Intent
from console.store.desk import Desk as Pinboard
from console.store.index import KnownIds
from console.store.journal import Journal
from console.store.places import Places
from console.store.profiles import Profile

if find_spec("sniffio") is None:
    # httpcore looks for it in vain several times for each request, a quarter of all the time.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

KEY_ID: Final = "SANDBOX-BENCH"
ORDER: Final = "S01-1000001-1000001"
CHARGE: Final = f"{ORDER}-C100001"  # 100.00 USD captured, nothing refunded
YEN: Final = "S03-1000002-1000002-C100002"  # 5000 JPY captured
RECURRING: Final = "S01-1000003-1000003-C100003"  # 14.00 USD, on the permission below
AGREEMENT: Final = "C01-1000004-1000004"
OTHER: Final = f"{ORDER}-C100005"  # a second captured charge of the same order, 20.00 USD

# For the other actions; all in USD.
ROOMY: Final = "S01-1000010-1000010"  # chargeable, limit 300.00, with two open authorizations
AUTHORIZED: Final = f"{ROOMY}-C100010"  # 60.00, two days old
ALSO_AUTHORIZED: Final = f"{ROOMY}-C100011"  # 40.00
OLD_AUTHORIZED: Final = "S01-1000012-1000012-C100012"  # 25.00, ten days old: captured later
PENDING: Final = "S01-1000013-1000013-C100013"  # 55.00, AuthorizationInitiated until time passes
SUBSCRIPTION: Final = "C01-1000014-1000014"  # recurring, chargeable, 500.00 a month
SUBSCRIBED: Final = "S01-1000015-1000015-C100015"  # its open authorization of 14.00
CLOSED: Final = "S01-1000016-1000016"  # one-time, all captured; its note to the buyer is empty
CLOSED_CHARGE: Final = f"{CLOSED}-C100016"  # 30.00 captured
SESSION: Final = "10000000-0000-4000-8000-000000000001"  # open, agreed 18.00, to be authorized
SESSION_CAPTURE: Final = "10000000-0000-4000-8000-000000000002"  # 19.00, to be captured at once
SESSION_PENDING: Final = "10000000-0000-4000-8000-000000000003"  # 20.00, will stay pending: 202

WAITS: Final = (0.01, 0.02, 0.03)
FAST_READS: Final = (0.0, 0.01, 0.01, 0.01)

# What may be true of Amazon, each alone and all that turn the other way at once.
ANSWERS: Final = {
    "as documented": Switches(),
    "errors are saved": Switches(save_errors=True),
    "initiated refunds don't count": Switches(refunded_counts_initiated=False),
    "values are compared": Switches(idempotency_compares="values"),
    "replays carry their own time": Switches(replay_creation_time="replay"),
    "v1 limits are null": Switches(v1_limits="null", v1_expiration="null"),
    "everything the other way": Switches(
        save_errors=True,
        refunded_counts_initiated=False,
        idempotency_compares="values",
        replay_creation_time="replay",
        balance_falls_at="authorization",
        v1_limits="null_fields",
        v1_expiration="null",
    ),
}

# The same for what is asked by the other actions: capture, cancel, close, authorize, update,
# complete.
ACTION_ANSWERS: Final = {
    "as documented": Switches(),
    "errors are saved": ANSWERS["errors are saved"],
    "a second cancel or close is accepted": Switches(repeated_cancel=200, repeated_close=200),
    "a close is always called canceled": Switches(closure_reason="MerchantCanceled"),
    "a close is always called closed": Switches(closure_reason="MerchantClosed"),
    "a declined capture leaves the authorization": Switches(declined_capture="Authorized"),
    "authorizations end with their permission": Switches(
        capture_after_permission_close=False, capture_after_permission_expiry=False
    ),
    "the balance falls at the authorization": Switches(balance_falls_at="authorization"),
    "an update does not move the expiry": Switches(update_moves_expiry=False),
    "everything the other way": Switches(
        save_errors=True,
        idempotency_compares="values",
        replay_creation_time="replay",
        repeated_cancel=200,
        repeated_close=200,
        balance_falls_at="authorization",
        v1_limits="null_fields",
        v1_expiration="null",
        capture_after_permission_close=False,
        capture_after_permission_expiry=False,
        declined_capture="Authorized",
        initiated_capture_shows_amount=True,
        pending_capture_status=202,
        closure_reason="MerchantCanceled",
        not_modifiable_code="InvalidChargePermissionStatus",
        canceled_session_status=400,
        update_moves_expiry=False,
    ),
}


# The same for the actions besides refunds.
EITHER: Final = {
    "as documented": Switches(),
    "everything the other way": Switches(
        save_errors=True,
        idempotency_compares="values",
        replay_creation_time="replay",
        balance_falls_at="authorization",
        repeated_cancel=200,
        repeated_close=200,
        pending_capture_status=202,
        initiated_capture_shows_amount=True,
        declined_capture="Authorized",
        not_modifiable_code="InvalidChargePermissionStatus",
        update_moves_expiry=False,
    ),
}
# Those that matter most: nothing turned round, and everything at once.
BOTH: Final = {name: ANSWERS[name] for name in ("as documented", "everything the other way")}
# And those between them that decide what is seen of a refund.
SEEN: Final = {
    **BOTH,
    "initiated refunds don't count": ANSWERS["initiated refunds don't count"],
    "replays carry their own time": ANSWERS["replays carry their own time"],
}


@cache
def signer(key_id: str) -> Signer:
    """Checking a private key takes long enough to do it once."""
    return Signer(keys()[0], key_id)


@cache
def empty_folder() -> Path:
    """Databases without a line, to be copied: making them takes longer."""
    made = Path(tempfile.mkdtemp(prefix="bench-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    Journal(places(made).journal, "nobody").close()
    KnownIds(places(made).index).close()
    return made


@cache
def keys() -> tuple[bytes, bytes]:
    """One key pair for all tests: the private and the public half."""
    return make_key()


def bench_world(switches: Switches | None = None) -> World:
    """A few orders, and a clock that only moves when it is told to."""
    world = World(clock=Clock(speed=0), switches=switches)
    world.keys.register(keys()[1])
    teller = Teller(world)
    past = teller.ago(days=5)
    teller.permission(ORDER, "200.00", past, reference="Bench-1", v1=True)
    teller.charge(CHARGE, "100.00", past, state="Captured")
    teller.charge(OTHER, "20.00", past, state="Captured")
    teller.permission(YEN[:19], "5000", past, reference="Bench-2", currency="JPY")
    teller.charge(YEN, "5000", past, currency="JPY", state="Captured")
    teller.permission(AGREEMENT, "500.00", past, reference="Bench-3", v1=True)
    teller.charge(RECURRING, "14.00", past, permission=AGREEMENT, state="Captured")
    _open_orders(teller)
    _open_sessions(teller)
    return world


def _open_orders(teller: Teller) -> None:
    recent, old, now = teller.ago(days=2), teller.ago(days=10), teller.ago(minutes=40)
    teller.permission(ROOMY, "300.00", recent, reference="Bench-4")
    teller.charge(AUTHORIZED, "60.00", recent)
    teller.charge(ALSO_AUTHORIZED, "40.00", recent)
    teller.permission(OLD_AUTHORIZED[:19], "25.00", old, reference="Bench-5")
    teller.charge(OLD_AUTHORIZED, "25.00", old)
    waits = ("ChargeInProgress",)
    teller.permission(
        PENDING[:19], "55.00", now, reference="Bench-6", state="NonChargeable", reasons=waits
    )
    teller.charge(PENDING, "55.00", now, state="AuthorizationInitiated")
    monthly = {
        "frequency": {"unit": "Month", "value": "1"},
        "amount": {"amount": "14.00", "currencyCode": "USD"},
    }
    teller.permission(SUBSCRIPTION, "500.00", old, reference="Bench-7", recurring=monthly)
    teller.charge(SUBSCRIBED, "14.00", recent, permission=SUBSCRIPTION)
    ended = ("AmazonClosed",)
    teller.permission(CLOSED, "30.00", old, reference="Bench-8", state="Closed", reasons=ended)
    teller.charge(CLOSED_CHARGE, "30.00", old, state="Captured")


def _open_sessions(teller: Teller) -> None:
    now = teller.ago(minutes=15)
    teller.session(SESSION, "18.00", now, reference="Bench-9")
    teller.session(
        SESSION_CAPTURE, "19.00", now, reference="Bench-10", intent="AuthorizeWithCapture"
    )
    teller.session(
        SESSION_PENDING, "20.00", now, reference="Bench-11", pending_allowed=True, card="0701"
    )


@dataclass
class Desk:
    """One operator's console. `go` plans and confirms in one breath."""

    name: str
    folder: Path
    session: Session
    bench: Bench

    @property
    def engine(self) -> Engine:
        return self.session.engine

    @property
    def journal(self) -> Journal:
        return self.session.journal

    async def plan(self, amount: str = "10.00", charge: str = CHARGE, reason: str = "why") -> Plan:
        return await plan_action(
            self.engine, "refund", parse(charge), Wish(amount=amount, reason=reason)
        )

    async def perform(self, plan: Plan, *, above_captured: bool = False) -> Outcome:
        return await self.engine.perform(plan, plan.phrase, above_captured=above_captured)

    async def go(self, amount: str = "10.00", charge: str = CHARGE, reason: str = "why") -> Outcome:
        return await self.perform(await self.plan(amount, charge, reason))

    async def planned(self, action: str, target: str, **wish: Any) -> Plan:
        """A plan of any action; `wish` is what the operator asks for."""
        asked = Wish(**{"reason": "why", **wish})
        return await plan_action(self.engine, action, parse(target), asked)

    async def do(self, action: str, target: str, **wish: Any) -> Outcome:
        return await self.perform(await self.planned(action, target, **wish))

    async def again(self, number: int) -> Outcome:
        return await self.perform(await plan_again(self.engine, number, "again"))

    async def recover(
        self, number: int | None = None, *, nobody_else: bool = False, disputed: bool = False
    ) -> Outcome:
        """Recover the one open intent."""
        [outcome] = await recover(
            self.engine, number=number, nobody_else=nobody_else, disputed=disputed
        )
        return outcome

    def intents(self) -> list[Intent]:
        return self.journal.intents()

    def states(self) -> list[State]:
        return [intent.state for intent in self.intents()]

    @property
    def last(self) -> Intent:
        return self.intents()[-1]

    def kinds(self, number: int) -> list[str]:
        """The journal's lines about one intent, by kind."""
        return [line.kind for line in self.journal.entries(intent=number)]

    def sound(self) -> bool:
        return self.journal.verify().problem is None


@dataclass
class Bench:
    """The server's side, and the consoles that were opened at it."""

    world: World
    folder: Path
    server: SimulatorServer
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    desks: list[Desk] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path, switches: Switches | None = None) -> Bench:
        world = bench_world(switches)
        server = SimulatorServer(world)
        # Answers go out at once, not when the client's system acknowledges their first half.
        server._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(world, folder, server)

    async def close(self) -> None:
        await self.stack.aclose()
        # Stopping takes the server a tenth of a second, for which no test waits.
        threading.Thread(target=self.server.stop).start()

    # --- consoles --------------------------------------------------------------------------------

    async def desk(
        self,
        name: str = "one",
        *,
        owner: Owner | None = None,
        waits: tuple[float, ...] = WAITS,
        url: str | None = None,
        environment: str = "sandbox",
    ) -> Desk:
        """A console with the data folder `name`: the same name is the same journal."""
        folder = self.folder / name
        session = quick(console_in(folder, profile(url or self.server.url, environment)), waits)
        self.stack.push_async_callback(close, session)
        if owner is not None:
            session.engine._owner = owner
        desk = Desk(name, folder, session, self)
        self.desks.append(desk)
        return desk

    async def two(self, *, shared: bool) -> tuple[Desk, Desk]:
        """Two consoles, as two living processes have them; `shared` is about the journal."""
        first = await self.desk("one")
        second = await self.desk("one" if shared else "two", owner=another_living_process())
        return first, second

    # --- the world -------------------------------------------------------------------------------

    def fault(self, *specs: str) -> None:
        for spec in specs:
            self.world.add_fault(spec)

    def switch(self, **values: object) -> None:
        self.world.switches = self.world.switches.changed(values)

    def pass_time(self, seconds: float) -> None:
        with self.world.lock:
            self.world.clock.advance(seconds)
            self.world.catch_up()

    def by_hand(self, amount: str, charge: str = CHARGE) -> str:
        """A refund in Seller Central; its id."""
        return str(foreign.refund(self.world, charge, amount)["refundId"])

    def by_hand_capture(self, charge: str = AUTHORIZED, amount: str | None = None) -> None:
        """A capture in Seller Central, by default of everything."""
        foreign.capture(self.world, charge, amount)

    def by_hand_cancel(self, charge: str = AUTHORIZED) -> None:
        foreign.cancel(self.world, charge)

    def by_hand_charge(
        self, permission: str = ROOMY, amount: str = "10.00", *, capture: bool = False
    ) -> str:
        """A charge that somebody else makes; its id."""
        made = foreign.charge(self.world, permission, amount, capture_now=capture)
        return str(made["chargeId"])

    def by_hand_close(self, permission: str = ROOMY, *, cancel_pending: bool = False) -> None:
        foreign.close(self.world, permission, cancel_pending=cancel_pending)

    def by_hand_update(self, permission: str = ROOMY, reference: str = "by hand") -> None:
        foreign.update(self.world, permission, reference)

    def by_hand_complete(self, session: str = SESSION) -> None:
        """The shop's own program completes the session after all."""
        foreign.complete(self.world, session)

    @contextmanager
    def away(self, desk: Desk, after: int = 0) -> Iterator[None]:
        """From the write after the next `after` ones, nothing listens where Amazon was."""
        client, account = desk.session.client, desk.session.client.account
        send, sent = client.send, 0

        async def leave(reservation: Reservation) -> Answer:
            nonlocal sent
            if sent >= after:
                if client._http is not None:  # what is kept open still leads there
                    await client._http.aclose()
                    client._http = None
                client.account = replace(account, endpoint="http://127.0.0.1:9")
            sent += 1
            return await send(reservation)

        setattr(client, "send", leave)  # noqa: B010
        try:
            yield
        finally:
            client.account = account
            delattr(client, "send")

    def change_charge(self, charge: str = CHARGE, **values: object) -> None:
        with self.world.lock:
            before = self.world.charges[charge].latest
            after: Charge = replace(before, **values)  # type: ignore[arg-type]
            self.world.put(after, self.world.clock.now())

    def change_permission(self, permission: str = ORDER, **values: object) -> None:
        with self.world.lock:
            before = self.world.permissions[permission].latest
            after: ChargePermission = replace(before, **values)  # type: ignore[arg-type]
            self.world.put(after, self.world.clock.now())

    def arrive(self, sent: Entry) -> str:
        """The network delivers a request that hung up, late; what the world did for it.

        One that had arrived before is delivered twice: that stands in the log as an entry of
        its own, so that every time that the world moved is counted.
        """
        environment, path = api.environment(self.world, sent.path, KEY_ID)
        operation, target = api.route(sent.method, path)
        entry = sent
        if sent.effect != "none":
            entry = replace(sent, status=None, faults=["arrived again"])
            self.world.log.append(entry)
        call = Call(operation, environment, target, path, body=sent.body, key=sent.key)
        entry.effect = api.perform(self.world, call).effect
        return entry.effect

    def decline(self, refund: str, reason: str = "AmazonRejected") -> None:
        """Amazon declines a refund that it had begun."""
        with self.world.lock:
            now = self.world.clock.now()
            before = self.world.refunds[refund].latest
            self.world.put(replace(before, state="Declined", reason=reason, updated=now))

    def decline_charge(self, charge: str, reason: str = "ProcessingFailure") -> None:
        """Amazon declines an authorization or a capture that it had begun."""
        with self.world.lock:
            self.world.catch_up()
            now = self.world.clock.now()
            charging.die(self.world, self.world.charges[charge].latest, reason, now)

    # --- the truth -------------------------------------------------------------------------------

    def writes(self, operation: str) -> list[Entry]:
        """The requests of one operation that reached the server (`capture_charge`)."""
        return self.world.log.entries(operation)

    def done(self, operation: str) -> list[Entry]:
        """Those of them that moved the world; a replay, or a refusal, is none."""
        return [entry for entry in self.writes(operation) if entry.effect == "executed"]

    @property
    def posts(self) -> list[Entry]:
        return self.world.log.entries("create_refund")

    @property
    def executed(self) -> list[Entry]:
        """The requests that made a refund."""
        return [entry for entry in self.posts if entry.effect == "executed"]

    def refunds(self, charge: str = CHARGE) -> list[Refund]:
        with self.world.lock:
            self.world.catch_up()
            return list(self.world.refunds_of(charge))

    def charges(self, permission: str = ROOMY) -> list[Charge]:
        """The charges of a permission as they are now, whatever reads show."""
        with self.world.lock:
            self.world.catch_up()
            return list(self.world.charges_of(permission))

    def charge(self, charge: str = AUTHORIZED) -> Charge:
        with self.world.lock:
            self.world.catch_up()
            return self.world.charges[charge].latest

    def permission(self, permission: str = ROOMY) -> ChargePermission:
        with self.world.lock:
            self.world.catch_up()
            return self.world.permissions[permission].latest

    def session(self, session: str = SESSION) -> CheckoutSession:
        with self.world.lock:
            self.world.catch_up()
            return self.world.sessions[session].latest

    def paid(self, charge: str = CHARGE) -> str:
        """How much of a charge really was, or is being, given back."""
        with self.world.lock:
            self.world.catch_up()
            latest = self.world.charges[charge].latest
            return str(self.world.refunded(latest, None, initiated=True))


def profile(url: str, environment: str = "sandbox") -> Profile:
    key_id = KEY_ID if environment == "sandbox" else "LIVE-BENCH"
    return Profile("bench", "na", environment, key_id, endpoint=url)


def places(folder: Path) -> Places:
    return Places(config=folder, data=folder)


def console_in(folder: Path, account: Profile) -> Session:
    """What `open_session` opens, by the same parts."""
    if not folder.exists():
        shutil.copytree(empty_folder(), folder)
    client = AmazonPay(
        Account(account.region, account.environment, account.public_key_id, account.endpoint),
        signer(account.public_key_id),
    )
    # No certificates are read for plain http to this machine.
    timeout = httpx.Timeout(wire.READ_SECONDS, connect=wire.CONNECT_SECONDS)
    client._http = httpx.AsyncClient(timeout=timeout, verify=False, trust_env=False)
    journal, known = Journal(places(folder).journal, actor()), KnownIds(places(folder).index)
    lookup = Lookup(client, known, journal)
    engine = Engine(client, lookup, journal)
    desk = Pinboard(places(folder).desk, account.environment, account.name, actor())
    return Session(account, client, known, journal, lookup, engine, desk)


async def close(session: Session) -> None:
    await session.client.aclose()
    session.journal.close()
    session.known.close()


def quick(session: Session, waits: tuple[float, ...] = WAITS) -> Session:
    """The same session with short waits, and a throttle for which time flies."""
    client = session.client
    client._throttle = Throttle(client.account.environment, lambda: time.monotonic() * 1000)
    engine = Engine(client, session.lookup, session.journal, waits=waits)
    return replace(session, engine=engine)


@contextmanager
def read_waits(waits: tuple[float, ...] = FAST_READS) -> Iterator[None]:
    """Repeat reads that fail without long waits."""
    before = wire.READ_WAITS
    setattr(wire, "READ_WAITS", waits)  # noqa: B010  it is Final for everybody else
    try:
        yield
    finally:
        setattr(wire, "READ_WAITS", before)  # noqa: B010


def another_living_process() -> Owner:
    """The owner that a console in another living process has: our parent's."""
    parent = os.getppid()
    started = claims._started(parent)
    assert started is not None
    return Owner(socket.gethostname(), parent, started)


def ended_process() -> Owner:
    """The owner that a console in a process that was killed had."""
    process = subprocess.Popen(["sleep", "60"])
    started = claims._started(process.pid)
    process.kill()
    process.wait()
    assert started is not None
    return Owner(socket.gethostname(), process.pid, started)


async def until(holds: Callable[[], object]) -> None:
    """Wait until something is so; a test that waits in vain is ended by its runner."""
    while not holds():  # noqa: ASYNC110  it is told by no event
        await asyncio.sleep(0.005)


async def watch(engine: Engine, intent: Intent) -> Intent:
    """Watch an intent to its end, however long that takes: the world's clock stands still."""
    told: list[News] = []
    time = 0.0
    watches = Watches(engine, told.append, now=lambda: time)
    watches.follow([intent])
    while (wait := watches.wait()) is not None:
        time += wait
        await watches.look()
    return await asyncio.to_thread(engine.journal.intent, intent.id)
