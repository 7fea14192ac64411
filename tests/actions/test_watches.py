"""Everything that is watched: which states, how often, within which budget, to which end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from console.actions.watch import DISAGREEING_LOOKS, FIRST_WAIT, End, News, Watches
from console.domain.ids import parse
from console.domain.intent import State
from console.domain.limits import WATCH, WATCH_LOOKS_PER_MINUTE
from console.domain.model import PENDING_STATES
from console.domain.order import Order
from console.simulator.stories import Teller
from tests.support.bench import CHARGE, ORDER, Bench, Desk, until

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
        self.time += wait
        self.bench.pass_time(wait)
        await self.watches.look()
        return wait

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


async def test_the_budget_holds_over_everything_that_is_watched(watch: Watch) -> None:
    ids = charges(watch.bench, 3 * WATCH_LOOKS_PER_MINUTE, "CaptureInitiated")
    order = await watch.order(ids[0])
    [pending] = order.charges
    for name in ids:
        watch.watches.see(replace(order, charges=(replace(pending, id=name),)))
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
    assert [(news.end, news.id) for news in watch.told] == [(End.GONE, charge)]
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
    watch.watches.follow(watch.desk.intents())
    looks = 0
    while not watch.told:
        await watch.next()
        looks += 1
    assert looks > DISAGREEING_LOOKS
    [line] = [e for e in watch.desk.journal.entries(intent=1) if e.kind == "settle"]
    assert line.data["agrees"] is False


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
