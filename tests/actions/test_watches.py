"""Everything that is watched: which states, how often, within which budget, to which end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from console.actions.operations import OPERATIONS
from console.actions.watch import (
    _PENDING,
    DISAGREEING_LOOKS,
    FIRST_WAIT,
    MINUTE,
    End,
    News,
    Watches,
)
from console.domain.ids import authorization_id_of, parse
from console.domain.intent import State
from console.domain.limits import WATCH, WATCH_LOOKS_PER_MINUTE
from console.domain.model import PENDING_STATES
from console.domain.order import Order
from console.simulator.stories import Teller
from tests.support.bench import CHARGE, OLD_AUTHORIZED, ORDER, Bench, Desk, until

pytestmark = pytest.mark.anyio


@dataclass
class Watch:
    """Watches on a clock that is moved by hand, together with the world's."""

    bench: Bench
    desk: Desk
    time: float = 1000.0
    told: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watches = Watches(self.desk.engine, self.told.append, now=lambda: self.time)

    async def order(self, identifier: str) -> Order:
        return await self.desk.session.lookup.look_up(parse(identifier))

    async def see(self, identifier: str) -> None:
        self.watches.see(await self.order(identifier))

    async def next(self) -> float:
        """Wait as long as `run` would, and look; how long it was."""
        wait = self.watches.wait()
        assert wait is not None, "nothing is watched"
        self.pass_time(wait)
        await self.watches.look()
        return wait

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        self.bench.pass_time(seconds)

    async def see_all(self, ids: list[str]) -> None:
        """As if each of these charges were alone in an order that was just read."""
        order = await self.order(ids[0])
        [pending] = order.charges
        for name in ids:
            self.watches.see(replace(order, charges=(replace(pending, id=name),)))

    def looks(self, operation: str = "get_charge") -> int:
        return len(self.bench.world.log.entries(operation))


@pytest.fixture
def watch(bench: Bench, desk: Desk) -> Watch:
    return Watch(bench, desk)


def charges(bench: Bench, count: int, state: str) -> list[str]:
    """Orders with one charge each, which stay as they are until they are changed by hand."""
    teller = Teller(bench.world)
    made = teller.ago(days=20)
    ids = [f"S01-200{number:04}-2000000-C200000" for number in range(count)]
    for name in ids:
        teller.permission(name[:19], "50.00", made, reference="W")
        teller.charge(name, "50.00", made)
        bench.change_charge(name, state=state)
    return ids


# --- what is watched ----------------------------------------------------------------------------


def test_the_table_is_about_exactly_the_states_in_which_amazon_is_at_work() -> None:
    assert set(WATCH) == PENDING_STATES


def test_what_an_operation_with_a_key_makes_may_be_pending() -> None:
    """What has no key is done at once, or not at all."""
    assert {name for name, operation in OPERATIONS.items() if operation.keyed} == {*_PENDING}
    assert _PENDING["create_refund"] == "RefundInitiated"
    assert _PENDING["capture_charge"] == "CaptureInitiated"
    assert {*_PENDING.values()} <= PENDING_STATES


def test_the_budget_is_one_of_a_minute() -> None:
    assert MINUTE == 60.0
    assert DISAGREEING_LOOKS == 5


@pytest.mark.parametrize("state", ["Authorized", "Captured", "Canceled", "Declined", "Odd"])
async def test_what_is_not_pending_is_never_polled(watch: Watch, state: str) -> None:
    [charge] = charges(watch.bench, 1, state)
    await watch.see(charge)
    assert watch.watches.wait() is None
    asked = len(watch.bench.world.log.entries())
    watch.time += 1e6
    await watch.watches.look()
    assert len(watch.bench.world.log.entries()) == asked


@pytest.mark.parametrize("state", ["AuthorizationInitiated", "CaptureInitiated"])
async def test_a_pending_charge_is_watched_to_its_end(watch: Watch, state: str) -> None:
    [charge] = charges(watch.bench, 1, state)
    await watch.see(charge)
    assert watch.watches.ids == {charge}
    for _ in range(5):
        await watch.next()
    assert watch.told == []
    watch.bench.change_charge(charge, state="Declined", reason="HardDeclined")
    await watch.next()
    [news] = watch.told
    assert (news.end, news.kind, news.id) == (End.DONE, "charge", charge)
    assert (news.state, news.code, news.is_bad) == ("Declined", "HardDeclined", True)
    assert watch.watches.wait() is None


async def test_an_authorization_that_goes_on_to_a_capture_is_still_watched(watch: Watch) -> None:
    [charge] = charges(watch.bench, 1, "AuthorizationInitiated")
    await watch.see(charge)
    watch.bench.change_charge(charge, state="CaptureInitiated")
    await watch.next()
    assert watch.watches.ids == {charge}


async def test_what_is_named_as_checkout_v1_names_it_is_one_watch_with_one_end(
    watch: Watch,
) -> None:
    [name] = charges(watch.bench, 1, "CaptureInitiated")
    order = await watch.order(name)
    [charge] = order.charges
    watch.watches.see(order)
    older = authorization_id_of(name)
    assert older is not None
    watch.watches.see(replace(order, charges=(replace(charge, id=older),)))
    assert watch.watches.ids == {name}
    watch.bench.change_charge(name, state="Captured")
    await watch.next()
    assert [(news.end, news.id) for news in watch.told] == [(End.DONE, name)]
    assert watch.watches.wait() is None


# --- how often ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["AuthorizationInitiated", "CaptureInitiated"])
async def test_the_waits_grow_up_to_the_cap_and_end(watch: Watch, state: str) -> None:
    [charge] = charges(watch.bench, 1, state)
    await watch.see(charge)
    pace, waits = WATCH[state], []
    while not watch.told:
        waits.append(round(await watch.next(), 3))
    assert waits[0] == FIRST_WAIT
    assert waits == sorted(waits)
    assert max(waits) == pace.longest.total_seconds()
    assert len(waits) == pace.looks
    assert [news.end for news in watch.told] == [End.GIVEN_UP]


@pytest.mark.parametrize("state", sorted(PENDING_STATES))
def test_a_day_of_watching_is_few_requests(state: str) -> None:
    """136 polls a day per order is what merchants complained about."""
    pace, wait, passed, looks = WATCH[state], FIRST_WAIT, 0.0, 0
    while (passed := passed + wait) < 86_400:
        looks += 1
        wait = min(wait * pace.factor, pace.longest.total_seconds())
    assert looks < 70


async def test_what_was_just_made_is_first_looked_at_after_a_moment(watch: Watch) -> None:
    await watch.desk.go("10.00")
    watch.watches.follow(watch.desk.intents())
    assert watch.watches.wait() == FIRST_WAIT
    looks = watch.looks("get_refund")
    await watch.watches.look()
    assert watch.looks("get_refund") == looks


async def test_the_budget_holds_over_everything_that_is_watched(watch: Watch) -> None:
    ids = charges(watch.bench, 3 * WATCH_LOOKS_PER_MINUTE, "CaptureInitiated")
    await watch.see_all(ids)
    asked = watch.looks()
    begin, minutes = watch.time, Counter[int]()
    while watch.time < begin + 300:
        before = watch.looks()
        await watch.next()
        minutes[int((watch.time - begin) // 60)] += watch.looks() - before
    # Any minute that is cut out has at most the budget and what stood ready at its start.
    assert max(minutes.values()) <= 2 * WATCH_LOOKS_PER_MINUTE
    assert watch.looks() - asked <= WATCH_LOOKS_PER_MINUTE * (1 + 300 // 60)
    seen = {entry.path.rsplit("/", 1)[1] for entry in watch.bench.world.log.entries("get_charge")}
    assert seen == set(ids), "the longest overdue goes first, so nobody starves"


async def test_a_spent_budget_is_free_again_one_by_one_as_each_look_is_a_minute_old(
    watch: Watch,
) -> None:
    early, *others = charges(watch.bench, WATCH_LOOKS_PER_MINUTE + 1, "CaptureInitiated")
    await watch.see_all([early])
    await watch.next()
    first = watch.time
    watch.pass_time(30)
    await watch.see_all(others)
    watch.pass_time(FIRST_WAIT)
    await watch.watches.look()  # more is due than the budget has left
    looks = watch.looks()
    assert watch.watches.wait() == first + MINUTE - watch.time
    watch.pass_time(first + MINUTE - watch.time - 0.5)
    await watch.watches.look()
    assert watch.looks() == looks
    watch.pass_time(0.5)
    await watch.watches.look()
    assert watch.looks() == looks + 1
    watch.pass_time(2 * MINUTE)
    assert watch.watches.wait() == 0


async def test_coming_back_to_an_order_keeps_its_pace(watch: Watch) -> None:
    [charge] = charges(watch.bench, 1, "CaptureInitiated")
    await watch.see(charge)
    waits = [await watch.next() for _ in range(6)]
    await watch.see(CHARGE)  # another order is on the screen
    assert charge in watch.watches.ids
    await watch.see(charge)
    assert watch.watches.wait() == pytest.approx(waits[-1] * 2)


# --- ends ---------------------------------------------------------------------------------------


async def test_a_404_is_final(watch: Watch) -> None:
    [charge] = charges(watch.bench, 1, "CaptureInitiated")
    await watch.see(charge)
    del watch.bench.world.charges[charge]
    asked = watch.looks()
    await watch.next()
    assert watch.looks() == asked + 1
    [news] = watch.told
    assert (news.end, news.id, str(news.amount)) == (End.GONE, charge, "50.00 USD")
    assert watch.watches.wait() is None


async def test_no_answer_is_no_news(watch: Watch) -> None:
    [charge] = charges(watch.bench, 1, "CaptureInitiated")
    await watch.see(charge)
    watch.bench.fault("get_charge:error_before:x4")
    await watch.next()
    assert watch.told == []
    assert watch.watches.ids == {charge}


async def test_an_end_that_somebody_elses_look_saw_is_told_too(watch: Watch) -> None:
    [charge] = charges(watch.bench, 1, "CaptureInitiated")
    await watch.see(charge)
    watch.bench.change_charge(charge, state="Captured")
    await watch.see(charge)
    assert watch.watches.wait() == 0
    await watch.next()
    assert [(news.state, news.is_bad) for news in watch.told] == [("Captured", False)]


async def test_the_amount_is_told_of_a_charge_of_which_the_order_did_not_show_it(
    watch: Watch,
) -> None:
    [name] = charges(watch.bench, 1, "CaptureInitiated")
    order = await watch.order(name)
    [charge] = order.charges
    watch.watches.see(replace(order, charges=(replace(charge, amount=None),)))
    watch.bench.change_charge(name, state="Captured")
    await watch.next()
    assert [(news.state, str(news.amount)) for news in watch.told] == [("Captured", "50.00 USD")]


async def test_the_amount_is_told_of_a_refund_of_which_the_order_did_not_show_it(
    watch: Watch,
) -> None:
    order = await watch.order(watch.bench.by_hand("5.00"))
    [refund] = order.refunds
    watch.watches.see(replace(order, refunds=(replace(refund, amount=None),)))
    watch.pass_time(30)
    await watch.next()
    assert [(news.state, str(news.amount)) for news in watch.told] == [("Refunded", "5.00 USD")]


# --- our own refunds ----------------------------------------------------------------------------


async def test_our_refund_is_settled_and_told_once(watch: Watch) -> None:
    await watch.desk.go("10.00")
    watch.watches.follow(watch.desk.intents())
    await watch.see(CHARGE)  # the same refund, from the other side
    assert len(watch.watches.ids) == 1
    while not watch.told:
        await watch.next()
    [news] = watch.told
    assert news.intent is not None
    assert (news.state, news.intent.state, str(news.amount)) == (
        "Refunded",
        State.SETTLED,
        "10.00 USD",
    )
    assert watch.desk.last.state is State.SETTLED


async def test_a_declined_refund_is_written_down_with_its_reason(watch: Watch) -> None:
    watch.bench.fault("create_refund:decline:AmazonRejected")
    await watch.desk.go("10.00")
    watch.watches.follow(watch.desk.intents())
    while not watch.told:
        await watch.next()
    [news] = watch.told
    assert (news.is_bad, news.code, news.order) == (True, "AmazonRejected", ORDER)
    assert watch.desk.last.state is State.DECLINED
    [line] = [e for e in watch.desk.journal.entries(intent=1) if e.kind == "decline"]
    assert line.data["code"] == "AmazonRejected"


async def test_a_foreign_change_is_settled_after_some_looks_with_the_difference(
    watch: Watch,
) -> None:
    await watch.desk.go("10.00")
    watch.bench.by_hand("5.00")
    watch.pass_time(30)
    watch.watches.follow(watch.desk.intents())
    for _ in range(DISAGREEING_LOOKS):
        await watch.next()
    assert (watch.told, watch.desk.last.state) == ([], State.ACCEPTED)
    await watch.next()
    assert len(watch.told) == 1
    [line] = [e for e in watch.desk.journal.entries(intent=1) if e.kind == "settle"]
    assert line.data["agrees"] is False


async def test_a_refund_in_a_state_that_nobody_knows_is_told_as_it_is_and_not_called_done(
    watch: Watch,
) -> None:
    """Only the states in which Amazon is at work are watched; this one may last for ever."""
    await watch.desk.go("10.00")
    watch.watches.follow(watch.desk.intents())
    [refund] = watch.bench.refunds()
    watch.bench.world.put(replace(refund, state="Odd"))
    await watch.next()
    assert [(news.state, news.is_bad) for news in watch.told] == [("Odd", False)]
    assert watch.watches.wait() is None
    assert watch.desk.last.state is State.ACCEPTED


async def test_at_the_next_start_accepted_refunds_are_watched_again(bench: Bench) -> None:
    first = await bench.desk("one")
    await first.go("10.00")
    again = Watch(bench, await bench.desk("one"))
    again.watches.follow(again.desk.intents())
    while not again.told:
        await again.next()
    assert again.desk.last.state is State.SETTLED


async def test_what_is_not_accepted_here_is_not_watched(watch: Watch) -> None:
    await watch.desk.go("10.00")
    accepted = watch.desk.last
    others = [
        replace(accepted, state=State.UNKNOWN),
        replace(accepted, state=State.SETTLED),
        replace(accepted, result=None),  # a person's word
        replace(accepted, environment="live"),
        replace(accepted, result="no id at all"),
    ]
    watch.watches.follow(others)
    assert watch.watches.wait() is None


# --- our own captures ---------------------------------------------------------------------------


async def test_our_capture_is_told_once_and_not_before_its_order_is_read_and_it_is_settled(
    watch: Watch,
) -> None:
    await watch.desk.do("capture", OLD_AUTHORIZED, amount="25.00")
    watch.watches.follow(watch.desk.intents())
    watch.pass_time(60)
    watch.bench.fault("get_charge:error_before:after1:x4")
    await watch.next()
    assert watch.told == []
    assert watch.watches.ids == {OLD_AUTHORIZED}
    await watch.next()
    [news] = watch.told
    assert news.intent is not None
    assert (news.state, news.intent.state) == ("Captured", State.SETTLED)
    assert watch.watches.wait() is None


# --- running ------------------------------------------------------------------------------------


@asynccontextmanager
async def running(watches: Watches) -> AsyncIterator[None]:
    task = asyncio.create_task(watches.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_it_runs_by_itself_on_the_real_clock(
    bench: Bench, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.actions.watch.FIRST_WAIT", 0.02)
    told: list[News] = []
    watches = Watches(desk.engine, told.append)
    async with running(watches):
        await asyncio.sleep(0.01)  # it waits for the first thing to watch
        bench.fault("create_refund:decline:ProcessingFailure")
        await desk.go("10.00")
        watches.follow(desk.intents())
        await until(lambda: len(bench.world.log.entries("get_refund")) > 3)
        assert told == []
        bench.pass_time(60)
        await until(lambda: told)
    assert told[0].code == "ProcessingFailure"
