"""The profile's policy is asked by the engine, so that no door goes round it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from console.actions.outcome import Held, Result
from console.actions.planning import plan_again
from console.domain.intent import State
from console.domain.policy import Policy
from tests.support.acts import ACTS, Act, die_in_sending
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    CLOSED_CHARGE,
    OTHER,
    ROOMY,
    Bench,
    Desk,
    ended_process,
    until,
)

pytestmark = pytest.mark.anyio
EVERY_ACT = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


def under(desk: Desk, **policy: Any) -> Desk:
    desk.engine.policy = Policy(**policy)
    return desk


def usd(amount: str) -> dict[str, Decimal]:
    return {"USD": Decimal(amount)}


# --- what is asked of every action ---------------------------------------------------------------


@EVERY_ACT
@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"read_only": True}, "read_only"),
        ({"actions": frozenset({"refund"})}, "actions"),
        ({"require_ticket": True}, "require_ticket"),
    ],
)
async def test_what_the_policy_forbids_is_not_planned_and_says_which_setting(
    bench: Bench, desk: Desk, act: Act, policy: dict[str, Any], key: str
) -> None:
    under(desk, **policy)
    with pytest.raises(Held, match=f"`{key}`"):
        await act.plan(desk)
    assert (desk.intents(), bench.writes(act.operation)) == ([], [])


@EVERY_ACT
async def test_a_plan_of_before_the_policy_is_not_performed(
    bench: Bench, desk: Desk, act: Act
) -> None:
    plan = await act.plan(desk)
    under(desk, read_only=True)
    with pytest.raises(Held, match="read-only"):
        await desk.perform(plan)
    assert (desk.intents(), bench.writes(act.operation)) == ([], [])


async def test_a_reason_that_says_nothing_is_none(desk: Desk) -> None:
    under(desk, require_reason=True)
    for reason in ("", "   ", "\u200b", "\n"):
        with pytest.raises(Held, match="reason"):
            await desk.planned("cancel", AUTHORIZED, reason=reason)
    assert (await desk.do("cancel", AUTHORIZED, reason="damaged")).result is Result.ACCEPTED


async def test_an_engine_names_no_profile_unless_it_has_one(desk: Desk) -> None:
    assert desk.engine.profile == ""


async def test_the_ticket_and_the_profile_stand_in_the_journal(desk: Desk) -> None:
    under(desk, require_ticket=True)
    assert (await desk.do("cancel", AUTHORIZED, ticket=" T-1 ")).result is Result.ACCEPTED
    assert (desk.last.ticket, desk.last.profile) == ("T-1", "")
    desk.engine.profile = "acme"
    assert (await desk.do("cancel", ALSO_AUTHORIZED, ticket="T-2")).result is Result.ACCEPTED
    assert (desk.last.ticket, desk.last.profile) == ("T-2", "acme")


# --- sums ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "target", "limit"),
    [("capture", AUTHORIZED, "60"), ("authorize", ROOMY, "60"), ("extend", AUTHORIZED, "60")],
)
async def test_the_largest_amount_is_exact(
    desk: Desk, action: str, target: str, limit: str
) -> None:
    under(desk, max_per_action=usd("59.99"))
    with pytest.raises(Held, match=r"at most 59\.99 USD in one action"):
        await desk.planned(action, target, amount="60.00")
    under(desk, max_per_action=usd(limit))
    await desk.planned(action, target, amount="60.00")


async def test_the_days_sum_holds_for_each_kind_of_action_by_itself(desk: Desk) -> None:
    under(desk, max_per_day=usd("60"))
    assert (await desk.do("capture", AUTHORIZED, amount="60.00")).result is Result.ACCEPTED
    assert (await desk.go("10.00", CHARGE)).result is Result.ACCEPTED  # refunds are summed apart
    with pytest.raises(Held, match="USD are taken today"):
        await desk.do("capture", ALSO_AUTHORIZED, amount="0.01")
    assert desk.last.action == "refund"


async def test_two_consoles_at_once_do_not_get_past_the_days_sum(bench: Bench) -> None:
    """Each of the two fits; the sum is looked at in the transaction that reserves."""
    one, two = await bench.two(shared=True)
    for desk in (one, two):
        under(desk, max_per_day=usd("10"))
    plans = await one.plan("6.00", CHARGE), await two.plan("6.00", OTHER)
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(bench.executed) == 1
    assert sorted(outcome.result for outcome in outcomes)[0] is Result.ACCEPTED
    assert outcomes[0].result is not outcomes[1].result


async def test_the_days_sum_is_looked_at_once_more_when_it_is_reserved(desk: Desk) -> None:
    under(desk, max_per_day=usd("10"))
    first, second = (
        await desk.plan("6.00", CHARGE),
        await desk.planned("refund", CLOSED_CHARGE, amount="6.00"),
    )
    assert (await desk.perform(first)).result is Result.ACCEPTED
    outcome = await desk.perform(second)
    assert outcome.result is Result.BLOCKED
    assert "6.00 USD are taken today" in outcome.message
    assert desk.states() == [State.ACCEPTED]


async def test_what_is_tried_again_must_fit_into_the_days_sum_too(bench: Bench, desk: Desk) -> None:
    under(desk, max_per_day=usd("10"))
    bench.fault("create_refund:refuse:AmazonRejected,unsaved")
    assert (await desk.go("6.00", CHARGE)).result is Result.REFUSED
    again = await plan_again(desk.engine, 1, "again")
    assert (await desk.do("refund", CLOSED_CHARGE, amount="6.00")).result is Result.ACCEPTED
    assert (await desk.perform(again)).result is Result.BLOCKED
    assert desk.states() == [State.REFUSED, State.ACCEPTED]
    assert bench.paid(CHARGE) == "0.00 USD"


async def test_what_is_open_counts_and_what_was_refused_does_not(bench: Bench, desk: Desk) -> None:
    under(desk, max_per_day=usd("60"))
    bench.fault("capture_charge:refuse:InvalidParameterValue")
    assert (await desk.do("capture", AUTHORIZED, amount="60.00")).result is Result.REFUSED
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go("60.00", CHARGE)).result is Result.UNKNOWN
    with pytest.raises(Held, match="are taken today"):
        await desk.go("1.00", OTHER)
    assert (await desk.again(1)).result is Result.ACCEPTED


# --- the cooling time ----------------------------------------------------------------------------


@EVERY_ACT
async def test_the_cooling_time_is_stopped_by_leaving_and_nothing_is_left(
    bench: Bench, desk: Desk, act: Act
) -> None:
    under(desk, cooling_seconds=30)
    plan = await act.plan(desk)
    told: list[str] = []
    running = asyncio.create_task(desk.engine.perform(plan, plan.phrase, tell=told.append))
    await until(lambda: told)
    assert told == ["Sending in 30 s: there is still time to stop"]
    assert desk.engine.is_cooling(plan)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (desk.intents(), bench.writes(act.operation)) == ([], [])
    assert not desk.engine.is_cooling(plan)
    assert not desk.engine.is_working
    under(desk)
    assert (await desk.perform(plan)).result is Result.ACCEPTED


async def test_the_cooling_time_is_counted_down_second_by_second(desk: Desk) -> None:
    under(desk, cooling_seconds=3)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    desk.engine._sleep = sleep
    plan, told = await desk.plan(), list[str]()
    assert (
        await desk.engine.perform(plan, plan.phrase, tell=told.append)
    ).result is Result.ACCEPTED
    counted = [said for said in told if "still time to stop" in said]
    assert counted == [f"Sending in {n} s: there is still time to stop" for n in (3, 2, 1)]
    assert slept == [1.0, 1.0, 1.0]


async def test_only_what_was_confirmed_is_cooling_and_only_where_there_is_a_cooling_time(
    bench: Bench, desk: Desk
) -> None:
    plan, other = await desk.plan(), await desk.plan()
    under(desk, cooling_seconds=30)
    assert not desk.engine.is_cooling(plan)
    told: list[str] = []
    running = asyncio.create_task(desk.engine.perform(plan, plan.phrase, tell=told.append))
    await until(lambda: told)
    assert [desk.engine.is_cooling(one) for one in (plan, other)] == [True, False]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@EVERY_ACT
async def test_once_the_cooling_time_is_over_leaving_stops_nothing(
    bench: Bench, desk: Desk, act: Act
) -> None:
    under(desk, cooling_seconds=1)
    plan = await act.plan(desk)
    bench.fault(f"{act.operation}:delay:0.2")
    running = asyncio.create_task(desk.engine.perform(plan, plan.phrase))
    await until(lambda: bench.writes(act.operation))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not desk.engine.is_working)
    assert len(bench.done(act.operation)) == 1
    assert not desk.last.is_open


# --- recovery and renewing -----------------------------------------------------------------------


async def test_a_read_only_profile_recovers_nothing(bench: Bench) -> None:
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("capture", AUTHORIZED, amount="60.00")
    await die_in_sending(dead, plan, executed=False)
    desk = under(await bench.desk(), read_only=True)
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert "read-only" in outcome.message
    assert bench.writes("capture_charge") == []
    assert (await under(desk).recover()).result is Result.ACCEPTED


async def test_a_read_only_profile_gives_up_what_was_never_sent(bench: Bench) -> None:
    """That sends nothing, and to call it unknown would not be true."""
    dead = await bench.desk(owner=ended_process())
    plan = await dead.planned("capture", AUTHORIZED, amount="60.00")
    dead.journal.reserve(plan.draft, plan.version, dead.engine._owner)
    outcome = await under(await bench.desk(), read_only=True).recover()
    assert outcome.result is Result.NOT_SENT
    assert bench.writes("capture_charge") == []


@pytest.mark.parametrize("daily", [False, True])
async def test_a_renewal_whose_second_step_the_policy_would_stop_cancels_nothing(
    bench: Bench, desk: Desk, daily: bool
) -> None:
    """There is no room for both, so the old one would go first: and then stay gone."""
    bench.switch(balance_falls_at="authorization")
    bench.by_hand_charge(ROOMY, "150.00")  # leaves 50.00
    limits = {"max_per_day": usd("59.99")} if daily else {"max_per_action": usd("59.99")}
    under(desk, **limits)
    with pytest.raises(Held, match=r"59\.99 USD"):
        await desk.planned("extend", AUTHORIZED)
    assert bench.charge().state == "Authorized"
    assert desk.states() == []
    under(desk)
    assert (await desk.do("extend", AUTHORIZED)).result is Result.ACCEPTED
    assert desk.states() == [State.SETTLED, State.SETTLED]
