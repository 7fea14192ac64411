"""What a network and a service can do to every action besides the refund, and what is said."""

from __future__ import annotations

import asyncio

import pytest

from console.actions.outcome import Held, Result
from console.domain.intent import LIVE_STATES, OPEN_STATES, State
from tests.support.acts import ACTS, KEYED, UNKEYED, Act, refusals
from tests.support.bench import EITHER, Bench, Desk
from tests.support.effort import budget, covering, each_once

pytestmark = [pytest.mark.anyio, each_once]
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
EVERY_ACT = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
PASSING = [
    "hang_up_before",
    "error_before:503",
    "error_after",
    "html_502",
    "html_502:before",
    "garbage",
    "wrong_amount",
    "wrong_object",
    "throttle",
    "delay:0.05",
]


def done_once(bench: Bench, act: Act, *, late: bool = False) -> None:
    """The server's truth: it was done, and its request was executed once.

    A PATCH that comes late writes the same value once more.
    """
    assert act.is_done(bench)
    most = 2 if late and act.operation == "update_charge_permission" else 1
    assert 1 <= len(bench.done(act.operation)) <= most
    assert len({(sent.key, sent.body) for sent in bench.writes(act.operation)}) == 1


def ended_well(desk: Desk) -> None:
    assert desk.last.state in LIVE_STATES
    assert desk.sound()


# --- one fault: the same dialog gets over it -----------------------------------------------------


@EVERY_ACT
@pytest.mark.parametrize("fault", PASSING)
async def test_a_passing_fault_ends_accepted_and_done_once(
    bench: Bench, desk: Desk, act: Act, fault: str
) -> None:
    bench.fault(f"{act.operation}:{fault}")
    assert (await act.go(desk)).result is Result.ACCEPTED
    done_once(bench, act)
    ended_well(desk)


@EITHER_ANSWER
@EVERY_ACT
@pytest.mark.parametrize("fault", ["hang_up_after", "late:0.05", "late:0.3"])
async def test_a_lost_answer_is_found_again_whatever_is_true_of_amazon(
    bench: Bench, desk: Desk, act: Act, fault: str
) -> None:
    bench.fault(f"{act.operation}:{fault}")
    outcome = await act.go(desk)
    assert outcome.result is Result.ACCEPTED
    await asyncio.sleep(float(fault.partition(":")[2] or 0))  # until the late one has come, too
    done_once(bench, act, late=True)
    ended_well(desk)
    if not act.keyed and len(bench.writes(act.operation)) == 1:
        assert "probably by this" in outcome.message


# --- a fault that stays --------------------------------------------------------------------------


@EITHER_ANSWER
@EVERY_ACT
async def test_what_never_arrives_is_unknown_and_holds_the_order_until_it_is_recovered(
    bench: Bench, desk: Desk, act: Act
) -> None:
    bench.fault(f"{act.operation}:hang_up_before:xalways")
    outcome = await act.go(desk)
    assert outcome.result is Result.UNKNOWN
    assert "It may have happened" in outcome.message
    assert not act.is_done(bench)
    assert (desk.last.state, desk.last.unanswered) == (State.UNKNOWN, 4)
    with pytest.raises(Held) as held:
        await act.plan(desk)
    assert held.value.intent == desk.last.id
    assert desk.last.state is State.UNKNOWN
    bench.world.faults.clear()
    assert (await desk.recover()).result is Result.ACCEPTED
    done_once(bench, act)
    ended_well(desk)


@EITHER_ANSWER
@pytest.mark.parametrize("fault", ["hang_up_after", "error_after", "garbage"])
@pytest.mark.parametrize("act", KEYED.values(), ids=KEYED)
async def test_what_was_done_and_is_never_answered_is_unknown_and_recovered_by_its_key(
    bench: Bench, desk: Desk, act: Act, fault: str
) -> None:
    bench.fault(f"{act.operation}:{fault}:xalways")
    assert (await act.go(desk)).result is Result.UNKNOWN
    done_once(bench, act)
    bench.world.faults.clear()
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    done_once(bench, act)
    ended_well(desk)


@EITHER_ANSWER
@pytest.mark.parametrize("fault", ["hang_up_after", "error_after", "garbage"])
@pytest.mark.parametrize("act", UNKEYED.values(), ids=UNKEYED)
async def test_what_has_no_key_and_is_never_answered_is_found_by_a_read(
    bench: Bench, desk: Desk, act: Act, fault: str
) -> None:
    bench.fault(f"{act.operation}:{fault}:xalways")
    outcome = await act.go(desk)
    assert outcome.result is Result.ACCEPTED
    assert "probably by this" in outcome.message
    assert len(bench.writes(act.operation)) == 1
    done_once(bench, act)
    assert (desk.last.state, desk.last.result) == (State.SETTLED, desk.last.object)


@EVERY_ACT
async def test_lasting_throttling_is_a_refusal_that_can_be_tried_again(
    bench: Bench, desk: Desk, act: Act
) -> None:
    bench.fault(f"{act.operation}:throttle:xalways")
    outcome = await act.go(desk)
    assert (outcome.result, outcome.code) == (Result.REFUSED, "TooManyRequests")
    assert not act.is_done(bench)
    bench.world.faults.clear()
    assert (await desk.again(1)).result is Result.ACCEPTED
    done_once(bench, act)


# --- the connection ------------------------------------------------------------------------------


@EVERY_ACT
async def test_a_connection_that_fails_at_first_is_not_sent(
    bench: Bench, desk: Desk, act: Act
) -> None:
    plan = await act.plan(desk)
    with bench.away(desk):
        outcome = await desk.perform(plan)
    assert outcome.result is Result.NOT_SENT
    assert "Nothing reached Amazon" in outcome.message
    outcome = await act.go(desk)
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    done_once(bench, act)


@EVERY_ACT
async def test_a_connection_that_fails_later_is_unknown(bench: Bench, desk: Desk, act: Act) -> None:
    """The first attempt can still arrive, and then does."""
    bench.fault(f"{act.operation}:hang_up_before")
    plan = await act.plan(desk)
    with bench.away(desk, after=1):
        outcome = await desk.perform(plan)
    assert outcome.result is Result.UNKNOWN
    bench.arrive(bench.writes(act.operation)[0])
    assert act.is_done(bench)
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    done_once(bench, act)


# --- refusals ------------------------------------------------------------------------------------

REFUSALS = [(name, code) for name in ACTS for code in refusals(ACTS[name].operation)]
SHORT = covering([{"act": name, "code": code} for name, code in REFUSALS])


@pytest.mark.parametrize(("name", "code"), budget([REFUSALS[n] for n in SHORT], REFUSALS))
async def test_a_documented_refusal_is_refused_and_changes_nothing(
    bench: Bench, desk: Desk, name: str, code: str
) -> None:
    act = ACTS[name]
    bench.fault(f"{act.operation}:refuse:{code}")
    outcome = await act.go(desk)
    assert (outcome.result, outcome.code) == (Result.REFUSED, code)
    assert code in outcome.message
    assert not act.is_done(bench)
    assert len(bench.writes(act.operation)) == 1
    outcome = await act.go(desk)  # not saved: the same decision again is made
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    done_once(bench, act)


@EVERY_ACT
async def test_a_refusal_after_an_attempt_without_answer_is_unknown(
    bench: Bench, desk: Desk, act: Act
) -> None:
    bench.fault(
        f"{act.operation}:hang_up_before",
        f"{act.operation}:refuse:InvalidParameterValue,unsaved:x3",
    )
    assert (await act.go(desk)).result is Result.UNKNOWN
    assert desk.last.state in OPEN_STATES
    bench.arrive(bench.writes(act.operation)[0])
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    done_once(bench, act)


@EVERY_ACT
async def test_a_key_that_is_held_down_sends_one_request(
    bench: Bench, desk: Desk, act: Act
) -> None:
    plan = await act.plan(desk)
    outcomes = await asyncio.gather(*(desk.perform(plan) for _ in range(20)))
    assert [outcome.result for outcome in outcomes].count(Result.ACCEPTED) == 1
    assert {outcome.result for outcome in outcomes} <= {
        *(Result.ACCEPTED, Result.STALE, Result.BLOCKED)
    }
    assert len(bench.writes(act.operation)) == 1
    assert len(desk.intents()) == 1


# --- two consoles, and a colleague at work -------------------------------------------------------


@EITHER_ANSWER
@pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
@EVERY_ACT
async def test_both_confirm_at_the_same_moment_and_it_is_done_once(
    bench: Bench, act: Act, shared: bool
) -> None:
    one, two = await bench.two(shared=shared)
    plans = await act.plan(one), await act.plan(two)
    outcomes = await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert act.is_done(bench)
    most = 2 if act.operation == "update_charge_permission" and not shared else 1
    assert len(bench.done(act.operation)) <= most
    assert Result.ACCEPTED in {outcome.result for outcome in outcomes}
    assert not any("made by you" in outcome.message for outcome in outcomes)
    for desk in (one, two):
        assert not OPEN_STATES & set(desk.states())
        assert desk.sound()
