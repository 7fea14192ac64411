"""Requested, initiated, done: following an accepted refund until Amazon is done with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.outcome import Result
from console.actions.recovery import follow, resolve_by_hand
from console.actions.watch import DISAGREEING_LOOKS
from console.domain.intent import Move, State
from tests.support.bench import CHARGE, SEEN, YEN, Bench, Desk, watch

pytestmark = pytest.mark.anyio
SEEN_ANSWERS = pytest.mark.parametrize("answers", SEEN.values(), ids=SEEN)


def settled(desk: Desk, number: int) -> dict[str, object]:
    [line] = [line for line in desk.journal.entries(intent=number) if line.kind == "settle"]
    return dict(line.data)


@SEEN_ANSWERS
async def test_initiated_is_not_done(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    for _ in range(2):
        assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED
    assert settled(desk, 1)["agrees"] is True
    assert settled(desk, 1)["total"] == "10.00 USD"


@SEEN_ANSWERS
async def test_a_declined_refund_ends_declined(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:decline:AmazonRejected")
    await desk.go("10.00")
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.DECLINED
    assert str(desk.journal.live_refunds(CHARGE, "USD")) == "0.00 USD"


@SEEN_ANSWERS
async def test_a_foreign_change_is_recorded_and_nothing_is_hidden(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.by_hand("5.00")
    bench.pass_time(30)
    for _ in range(DISAGREEING_LOOKS):
        assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    told = settled(desk, 1)
    assert (told["agrees"], told["total"], told["expected"]) == (False, "15.00 USD", "10.00 USD")


@SEEN_ANSWERS
async def test_our_own_second_refund_is_no_foreign_change(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.pass_time(5)
    if bench.world.switches.refunded_counts_initiated:
        assert (await desk.go("10.00")).result is Result.ACCEPTED
    else:
        assert (await desk.go("3.00")).result is Result.ACCEPTED
    bench.pass_time(17)  # the first one is final, the second is not
    assert (await follow(desk.engine, desk.intents()[0])).state is State.SETTLED
    assert settled(desk, 1)["agrees"] is True
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.intents()[1])).state is State.SETTLED
    assert settled(desk, 2)["agrees"] is True


@SEEN_ANSWERS
async def test_an_older_refund_of_ours_that_dies_is_taken_off(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:decline")
    await desk.go("7.00")
    bench.pass_time(10)
    await desk.go("10.00")
    bench.pass_time(12)
    first, second = desk.intents()
    assert (await follow(desk.engine, first)).state is State.DECLINED
    assert (await follow(desk.engine, second)).state is State.ACCEPTED
    bench.pass_time(30)
    assert (await follow(desk.engine, second)).state is State.SETTLED
    assert settled(desk, 2)["total"] == settled(desk, 2)["expected"] == "10.00 USD"


@SEEN_ANSWERS
async def test_a_foreign_refund_that_was_known_and_dies_is_no_foreign_change(
    bench: Bench, desk: Desk
) -> None:
    """Whether Amazon's total counted it while it was initiated or not."""
    foreign = bench.by_hand("7.00")
    await desk.session.lookup.look_up((await desk.session.lookup.resolve(foreign)).best)
    await desk.go("10.00")
    bench.decline(foreign)
    bench.pass_time(30)
    assert bench.paid() == "10.00 USD"
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    assert settled(desk, 1)["agrees"] is True


async def test_under_lag_nothing_is_settled_before_it_is_seen(bench: Bench, desk: Desk) -> None:
    bench.switch(read_lag=100.0)
    await desk.go("10.00")
    bench.pass_time(60)  # final at Amazon, and nothing to be seen of it
    assert (await follow(desk.engine, desk.last, last_look=True)).state is State.ACCEPTED
    bench.pass_time(100)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED


async def test_a_read_that_fails_is_no_news(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    bench.pass_time(30)
    for broken in ("get_charge", "get_refund"):
        bench.fault(f"{broken}:error_before:x4")
        looked = await follow(desk.engine, desk.last, last_look=True)
        assert looked.state is State.ACCEPTED


async def test_a_persons_it_happened_has_nothing_to_follow(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_after:xalways")
    await desk.go("10.00")
    await resolve_by_hand(desk.engine, 1, happened=True, evidence="it is there")
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert (ended.state, ended.result) == (State.ACCEPTED, None)


@pytest.mark.parametrize("fault", ["", "decline"])
async def test_what_another_console_has_seen_already_is_taken_as_it_is(
    bench: Bench, fault: str
) -> None:
    one, two = await bench.two(shared=True)
    if fault:
        bench.fault(f"create_refund:{fault}")
    await one.go("10.00")
    watched = one.last
    bench.pass_time(30)
    ended = await follow(two.engine, two.last)
    assert ended.state is (State.DECLINED if fault else State.SETTLED)
    assert (await follow(one.engine, watched)).state is ended.state
    assert one.kinds(1).count(ended.state.value.removesuffix("d")) <= 1
    assert one.sound()


async def test_yen_settle_too(bench: Bench, desk: Desk) -> None:
    await desk.go("500", YEN)
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.last)).state is State.SETTLED
    assert settled(desk, 1)["total"] == "500 JPY"


async def test_only_an_accepted_intent_is_followed(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:refuse:AmazonRejected")
    await desk.go("10.00")
    read = len(bench.world.log.entries())
    assert await follow(desk.engine, desk.last) == desk.last
    unknown = replace(desk.last, state=State.UNKNOWN)
    assert await follow(desk.engine, unknown) == unknown
    assert len(bench.world.log.entries()) == read
    assert Move.SETTLE not in desk.kinds(1)
