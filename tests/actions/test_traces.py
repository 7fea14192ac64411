"""The ten traces of `protocol.md` that paid twice, or lied, before its rules: each a test."""

from __future__ import annotations

import asyncio

import pytest

from console.actions.outcome import Held, Outcome, Result
from console.actions.recovery import follow, resolve_by_hand
from console.domain.intent import State
from console.domain.money import Money
from console.simulator.switches import Switches
from tests.support.bench import ANSWERS, BOTH, CHARGE, SEEN, Bench, Desk, ended_process, watch
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
BOTH_ANSWERS = pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)
# Who goes on: the same console, a second one with the same journal, or one with its own.
WHO = pytest.mark.parametrize("who", ["itself", "shared", "separate"])


async def consoles(bench: Bench, who: str) -> tuple[Desk, Desk]:
    if who == "itself":
        desk = await bench.desk()
        return desk, desk
    return await bench.two(shared=who == "shared")


async def try_again(desk: Desk, amount: str = "10.00") -> Outcome | None:
    """What an operator does who wants this refund; None where they are held back."""
    try:
        return await desk.go(amount)
    except Held:
        return None


@WHO
@BOTH_ANSWERS
async def test_trace_1_a_temporary_refusal_of_a_replay_is_not_refused(
    bench: Bench, who: str
) -> None:
    one, two = await consoles(bench, who)
    separate = await two.plan() if who == "separate" else None
    bench.fault("create_refund:hang_up_before")
    bench.fault("create_refund:refuse:ProcessingFailure,unsaved:x3")
    assert (await one.go()).result is Result.UNKNOWN
    outcome = await two.perform(separate) if separate else await try_again(two)
    assert outcome is None or outcome.result is Result.ACCEPTED
    assert bench.arrive(bench.posts[0]) == "replayed"  # the retry has been made under its key
    assert bench.paid() == "10.00 USD"
    if one.last.state is State.UNKNOWN:
        await one.recover(nobody_else=True)
    assert (one.states(), two.states()) == ([State.ACCEPTED], [State.ACCEPTED])
    assert bench.paid() == "10.00 USD"


@WHO
@pytest.mark.parametrize("saved", ["", ",unsaved"], ids=["saved", "unsaved"])
@pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=[""])
async def test_trace_2_a_refusal_opens_no_generation(bench: Bench, who: str, saved: str) -> None:
    one, two = await consoles(bench, who)
    plan = await two.plan()
    bench.fault(f"create_refund:refuse:AmazonRejected{saved}")
    assert (await one.go()).result is Result.REFUSED
    await one.again(1)
    assert one.last.generation == 0
    outcome = await two.perform(plan)
    assert len(bench.executed) == (0 if saved == "" else 1)
    assert {post.key for post in bench.posts} == {one.last.key}
    if saved == "":
        assert outcome.result in (Result.REFUSED, Result.STALE)
    else:
        assert outcome.result in (Result.ABSORBED, Result.ACCEPTED, Result.STALE)


@WHO
@BOTH_ANSWERS
async def test_trace_3_a_replay_that_can_not_connect_is_not_called_not_sent(
    bench: Bench, who: str
) -> None:
    one, two = await consoles(bench, who)
    separate = await two.plan() if who == "separate" else None
    bench.fault("create_refund:hang_up_before")
    with bench.away(one, after=1):
        assert (await one.go()).result is Result.UNKNOWN
    assert len(bench.posts) == 1
    bench.arrive(bench.posts[0])
    outcome = await two.perform(separate) if separate else await try_again(two)
    assert outcome is None or outcome.result in (Result.STALE, Result.ACCEPTED)
    if one.last.state is State.UNKNOWN:
        await one.recover(nobody_else=True)
    assert one.states() == [State.ACCEPTED]
    assert bench.paid() == "10.00 USD"


@WHO
@BOTH_ANSWERS
async def test_trace_4_it_did_not_keeps_the_key(bench: Bench, who: str) -> None:
    one, two = await consoles(bench, who)
    bench.fault("create_refund:hang_up_before:x4")
    assert (await one.go()).result is Result.UNKNOWN
    await resolve_by_hand(one.engine, 1, happened=False, evidence="Seller Central shows nothing")
    plan = await two.plan()
    assert plan.draft.key == one.last.key
    bench.arrive(bench.posts[0])  # it arrives after all
    outcome = await two.perform(plan)
    assert bench.paid() == "10.00 USD"
    if outcome.result is Result.STALE and who != "separate":
        # The total moved, so the operator looks again: it is still the same decision.
        assert (await two.go()).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("lag", [0.0, 3600.0])
@pytest.mark.parametrize("shared", [True, False])
@BOTH_ANSWERS
async def test_trace_5_an_open_intent_is_not_in_the_floor(
    bench: Bench, shared: bool, lag: float
) -> None:
    """Else a second console, whose read lags, would derive another key for the same refund."""
    bench.switch(read_lag=lag)
    one, two = await bench.two(shared=shared)
    second = await two.plan()
    bench.fault("create_refund:hang_up_after:x4")
    assert (await one.go()).result is Result.UNKNOWN
    assert one.journal.live_refunds(CHARGE, "USD") == Money.zero("USD")
    await two.perform(second)
    await try_again(two)
    for intent in one.journal.intents(states=[State.UNKNOWN]):
        await one.recover(intent.id, nobody_else=True)
    floors = {intent.observed for desk in (one, two) for intent in desk.intents() if intent.result}
    assert len(bench.executed) == len(floors)
    if lag or shared:
        assert "0.00 USD" in floors


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("noticed", [True, False])
@BOTH_ANSWERS
async def test_trace_6_a_declined_refund_leaves_the_floor_of_both(
    bench: Bench, shared: bool, noticed: bool
) -> None:
    one, two = await bench.two(shared=shared)
    bench.fault("create_refund:decline:AmazonRejected")
    assert (await one.go()).result is Result.ACCEPTED
    bench.pass_time(30)
    if noticed:
        await follow(one.engine, one.last)
    if not shared:  # its own journal knows nothing: the dead one is found under its key
        found = await two.go()
        assert found.result in (Result.REFUSED, Result.ABSORBED)
        assert "declined" in found.message.lower()
        assert two.last.state is State.DECLINED
    assert bench.paid() == "0.00 USD"
    # Both look at the same time, and both decide to try again.
    first, second = await one.plan(), await two.plan()
    assert first.draft.key == second.draft.key
    assert first.draft.generation == 1
    await asyncio.gather(one.perform(first), two.perform(second))
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("answers", [Switches(refunded_counts_initiated=False)], ids=[""])
async def test_trace_7_totals_that_agree_by_accident_do_not_end_the_watching(
    bench: Bench, desk: Desk
) -> None:
    """A foreign refund becomes visible while ours is not: the figures agree, wrongly."""
    bench.by_hand("10.00")
    bench.pass_time(10)
    await desk.go("10.00")
    bench.pass_time(12)  # the foreign one is final and counted, ours is neither
    [look] = {str((await follow(desk.engine, desk.last)).state) for _ in range(3)}
    assert look == "accepted"
    bench.pass_time(30)
    assert (await follow(desk.engine, desk.last)).state is State.ACCEPTED
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    assert desk.journal.entries(intent=1)[-1].data["agrees"] is False


@pytest.mark.parametrize("who", ["itself", "shared"])
@pytest.mark.parametrize("answers", [ANSWERS["as documented"]], ids=[""])
async def test_trace_8_a_restart_does_not_replay_beside_a_colleagues_refund(
    bench: Bench, who: str
) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.plan()
    number = dead.journal.reserve(plan.draft, plan.version, dead.engine._owner).id
    data = {"date": None, "snapshot": plan.snapshot.data}
    dead.journal.reread(number, data)
    dead.journal.arm(number, dead.engine._owner)  # and here it was killed
    bench.by_hand("10.00")
    alive = await bench.desk() if who == "itself" else (await bench.two(shared=True))[1]
    outcome = await alive.recover()
    assert outcome.result is Result.UNKNOWN
    assert bench.posts == []
    await resolve_by_hand(alive.engine, number, happened=True, evidence="a colleague did it")
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("shared", [True, False])
@BOTH_ANSWERS
async def test_trace_9_watching_holds_nothing(bench: Bench, shared: bool) -> None:
    """An older refund is declined: the total is not the expected one for a long time."""
    one, two = await bench.two(shared=shared)
    bench.fault("create_refund:decline")
    await one.go("7.00")
    await one.go("10.00")
    assert one.journal.open_on(one.last.scope, CHARGE) is None
    bench.pass_time(30)
    assert bench.paid() == "10.00 USD"
    # A colleague can go on at once, and ours settles against the figures as they are now.
    ended = await watch(one.engine, one.last)
    assert ended.state is State.SETTLED
    assert one.journal.entries(intent=2)[-1].data["agrees"] is True
    assert (await two.go("3.00")).result is Result.ACCEPTED
    assert bench.paid() == "13.00 USD"


@pytest.mark.parametrize("amounts", [("10.00", "10.00"), ("10.00", "7.00")])
@pytest.mark.parametrize("answers", SEEN.values(), ids=SEEN)
async def test_trace_10_of_two_at_once_amazon_makes_one_and_nobody_hears_made_by_you(
    bench: Bench, amounts: tuple[str, str]
) -> None:
    one, two = await bench.two(shared=False)
    first, second = await one.plan(amounts[0]), await two.plan(amounts[1])
    assert first.draft.key == second.draft.key
    outcomes = await asyncio.gather(one.perform(first), two.perform(second))
    assert len(bench.executed) == 1
    assert bench.paid() in (f"{amount} USD" for amount in amounts)
    for outcome in outcomes:
        assert "by you" not in outcome.message
        if outcome.result is Result.ACCEPTED:
            assert "One new refund of" in outcome.message
    results = {outcome.result for outcome in outcomes}
    if amounts[0] == amounts[1]:
        assert results <= {Result.ACCEPTED, Result.ABSORBED, Result.STALE}
    else:
        assert Result.ACCEPTED in results
        assert results <= {Result.ACCEPTED, Result.STALE, Result.CONFLICT}
