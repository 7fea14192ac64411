"""What a network and a service can do to a refund: what is said, and what really happened."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.actions.engine import REPLAY_WAITS
from console.actions.outcome import Held, Result
from console.actions.recovery import give_up_key
from console.amazon import client as wire
from console.domain.errorcodes import ERROR_CODES
from console.domain.intent import State
from console.domain.money import Money
from console.simulator.switches import Switches
from console.store.database import StoreFailed
from tests.support.bench import ANSWERS, BOTH, CHARGE, ORDER, Bench, Desk, until, watch
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
EVERY_ANSWER = pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
BOTH_ANSWERS = pytest.mark.parametrize("answers", BOTH.values(), ids=BOTH)


# --- one fault: the same dialog gets over it with the same key -----------------------------------

PASSING = [
    "hang_up_before",
    "hang_up_after",
    "hang_up_after:x2",
    "late:0",
    "late:0.05",
    "late:0.3",
    "error_before",
    "error_before:503",
    "error_after",
    "error_after:503",
    "garbage",
    "html_502",
    "html_502:before",
    "wrong_amount",
    "delay:0.05",
    "throttle",
    "throttle:x2",
]


@BOTH_ANSWERS
@pytest.mark.parametrize("fault", PASSING)
async def test_a_passing_fault_ends_accepted_with_one_refund(
    bench: Bench, desk: Desk, fault: str
) -> None:
    await accepted_with_one_refund(bench, desk, fault)


@EVERY_ANSWER
@pytest.mark.parametrize("fault", ["hang_up_after", "late:0.05"])
async def test_a_lost_answer_is_found_again_whatever_is_true_of_amazon(
    bench: Bench, desk: Desk, fault: str
) -> None:
    await accepted_with_one_refund(bench, desk, fault)


async def accepted_with_one_refund(bench: Bench, desk: Desk, fault: str) -> None:
    bench.fault(f"create_refund:{fault}")
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    if fault.startswith("late"):
        await asyncio.sleep(float(fault.partition(":")[2]))  # until the late one has come, too
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1
    assert {post.key for post in bench.posts} == {desk.last.key}
    assert {post.body for post in bench.posts} == {desk.last.body}
    assert outcome.attempts == len(bench.posts) == desk.last.attempts
    assert desk.sound()


async def test_what_was_accepted_is_told_also_where_it_can_not_be_read_back(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("get_charge:error_before:x4:after2")
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert outcome.message.endswith("the buyer doesn't have the money yet.")
    kept = desk.session.known.get(str(desk.last.result))
    assert kept is not None  # so that the next look shows it
    assert (kept.kind, kept.parent, kept.permission) == ("refund", CHARGE, ORDER)


async def test_what_was_accepted_is_told_also_where_amazon_does_not_find_it_again(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("get_charge:refuse:ResourceNotFound:xalways:after2")
    assert (await desk.go("10.00")).result is Result.ACCEPTED


async def test_what_was_accepted_is_told_also_where_the_index_can_not_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await desk.plan("10.00")

    def full(*_known: object) -> None:
        raise StoreFailed("the disk is full", "make room")

    def fill(said: str) -> None:
        if said.startswith("Sending"):
            monkeypatch.setattr(desk.session.known, "remember", full)

    outcome = await desk.engine.perform(plan, plan.phrase, tell=fill)
    assert outcome.result is Result.ACCEPTED
    assert desk.states() == [State.ACCEPTED]


def test_amazon_is_asked_again_within_a_minute_with_longer_and_longer_waits() -> None:
    assert REPLAY_WAITS == (1.0, 2.0, 4.0, 10.0, 30.0)


# --- a fault that stays: unknown, and the object is reserved until it is resolved ----------------


@pytest.mark.parametrize(
    ("fault", "moved"),
    [
        ("error_before", "0.00 USD"),
        ("error_after:503", "10.00 USD"),
        ("html_502", "10.00 USD"),
        ("html_502:before", "0.00 USD"),
        ("garbage", "10.00 USD"),
        ("wrong_amount", "10.00 USD"),
    ],
)
async def test_a_lasting_fault_ends_unknown_and_holds_the_charge(
    bench: Bench, desk: Desk, fault: str, moved: str
) -> None:
    await unknown_until_it_is_recovered(bench, desk, fault, moved)


@BOTH_ANSWERS
@pytest.mark.parametrize(
    ("fault", "moved"), [("hang_up_before", "0.00 USD"), ("hang_up_after", "10.00 USD")]
)
async def test_a_lost_answer_ends_unknown_whatever_is_true_of_amazon(
    bench: Bench, desk: Desk, fault: str, moved: str
) -> None:
    await unknown_until_it_is_recovered(bench, desk, fault, moved)


async def unknown_until_it_is_recovered(bench: Bench, desk: Desk, fault: str, moved: str) -> None:
    bench.fault(f"create_refund:{fault}:xalways")
    outcome = await desk.go("10.00")
    assert outcome.result is Result.UNKNOWN
    assert "It may have happened" in outcome.message
    assert bench.paid() == moved
    assert (desk.last.state, desk.last.unanswered) == (State.UNKNOWN, 4)
    sent = len(bench.posts)
    with pytest.raises(Held) as held:  # nobody decides anything new meanwhile
        await desk.plan("3.00")
    assert held.value.intent == desk.last.id
    bench.world.faults.clear()
    outcome = await desk.recover(nobody_else=True)
    assert outcome.result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1
    assert {post.key for post in bench.posts[sent:]} == {desk.last.key}
    assert desk.sound()


@BOTH_ANSWERS
async def test_an_answer_that_never_comes_is_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.15)
    desk = await bench.desk()
    bench.fault("create_refund:delay:0.6:xalways")
    outcome = await desk.go("10.00")
    assert outcome.result is Result.UNKNOWN
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1


@BOTH_ANSWERS
async def test_lasting_throttling_is_a_refusal_that_can_be_tried_again(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:throttle:xalways")
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.code) == (Result.REFUSED, "TooManyRequests")
    assert outcome.message == "Amazon is throttling. Nothing was executed."
    assert outcome.hint == "`payconsole journal retry 1` tries the same decision again."
    assert bench.paid() == "0.00 USD"
    bench.world.faults.clear()
    assert (await desk.again(1)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_throttling_is_no_refusal_while_an_attempt_has_no_answer(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_after", "create_refund:throttle:xalways")
    assert (await desk.go("10.00")).result is Result.UNKNOWN
    assert bench.paid() == "10.00 USD"


async def test_the_published_throttles_are_survived(bench: Bench, desk: Desk) -> None:
    bench.switch(throttling=True)
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert len(bench.executed) == 1


# --- nothing leaves this machine -----------------------------------------------------------------


async def test_a_connection_that_fails_at_first_is_not_sent_and_can_be_tried_again(
    bench: Bench, desk: Desk
) -> None:
    with bench.away(desk):
        outcome = await desk.go("10.00")
    assert outcome.result is Result.NOT_SENT
    assert "Nothing reached Amazon" in outcome.message
    assert desk.last.never_left
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    assert bench.paid() == "10.00 USD"


async def test_a_connection_that_fails_later_is_unknown(bench: Bench, desk: Desk) -> None:
    """Trace 3: the first attempt can still arrive."""
    bench.fault("create_refund:hang_up_before")
    with bench.away(desk, after=1):
        assert (await desk.go("10.00")).result is Result.UNKNOWN
    bench.arrive(bench.posts[0])
    assert bench.paid() == "10.00 USD"
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_a_failed_connection_after_an_answered_refusal_is_not_called_not_sent(
    bench: Bench, desk: Desk
) -> None:
    """The order could not be read after the refusal, so the refusal was not believed yet."""
    bench.fault("create_refund:refuse:ProcessingFailure", "get_charge:error_before:x4:after2")
    with bench.away(desk, after=1):
        outcome = await desk.go("10.00")
    assert outcome.result is Result.UNKNOWN
    assert "Nothing reached Amazon" not in outcome.message


async def test_a_read_that_fails_before_the_sending_gives_up_safely(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.plan("10.00")
    bench.fault("get_charge:error_before:503:x4")
    outcome = await desk.perform(plan)
    assert outcome.result is Result.NOT_SENT
    assert (desk.states(), bench.posts) == ([State.ABANDONED], [])
    assert (await desk.go("10.00")).intent == 1


# --- refusals ------------------------------------------------------------------------------------

REFUSALS = sorted(
    code
    for code, row in ERROR_CODES.items()
    if (not row.operations or "create_refund" in row.operations)
    and code not in {"DuplicateIdempotencyKey", "RequestTimeout", "InternalServerError"}
    and code not in {"ServiceUnavailable", "TooManyRequests", "RequestThrottled"}
)


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_documented_refusal_is_refused_and_moves_nothing(
    bench: Bench, desk: Desk, code: str
) -> None:
    bench.fault(f"create_refund:refuse:{code}")
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.code) == (Result.REFUSED, code)
    assert code in outcome.message
    assert (len(bench.posts), bench.paid()) == (1, "0.00 USD")
    assert (desk.last.state, desk.last.refusals) == (State.REFUSED, 1)
    # Not saved: the same decision again, with the same key, is made.
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    assert len({post.key for post in bench.posts}) == 1
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=[""])
@pytest.mark.parametrize("code", ["ProcessingFailure", "AmazonRejected", "InvalidChargeStatus"])
async def test_a_saved_refusal_stays_one_until_a_person_gives_the_key_up(
    bench: Bench, desk: Desk, code: str
) -> None:
    bench.fault(f"create_refund:refuse:{code}")
    for count in (1, 2):
        outcome = await desk.go("10.00")
        assert (outcome.result, outcome.code, outcome.intent) == (Result.REFUSED, code, 1)
        assert desk.last.refusals == count
    await give_up_key(desk.engine, 1, "it keeps refusing")
    outcome = await desk.go("10.00")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 2)
    assert desk.last.generation == 1
    assert bench.paid() == "10.00 USD"
    assert desk.sound()


@pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=[""])
async def test_a_refusal_that_amazon_does_not_save_can_be_tried_again(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:refuse:ProcessingFailure,unsaved")
    assert (await desk.go("10.00")).result is Result.REFUSED
    assert (await desk.again(1)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


@pytest.mark.parametrize("code", ["RequestTimeout", "InternalServerError", "ServiceUnavailable"])
async def test_codes_that_leave_the_outcome_open_are_no_refusal(
    bench: Bench, desk: Desk, code: str
) -> None:
    bench.fault(f"create_refund:refuse:{code},unsaved:xalways")
    assert (await desk.go("10.00")).result is Result.UNKNOWN


@BOTH_ANSWERS
async def test_a_refusal_after_an_attempt_without_answer_is_unknown(
    bench: Bench, desk: Desk
) -> None:
    """Trace 1: the first attempt can still arrive, so nobody may be told `refused`."""
    bench.fault("create_refund:late:2", "create_refund:refuse:ProcessingFailure,unsaved:x3")
    outcome = await desk.go("10.00")
    assert outcome.result is Result.UNKNOWN
    await until(lambda: bench.paid() == "10.00 USD")
    assert (await desk.recover(nobody_else=True)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1


async def test_a_refusal_while_money_moved_is_asked_about_once_more(
    bench: Bench, desk: Desk
) -> None:
    """Somebody's refund by hand made ours impossible: believed when it is said twice."""
    plan = await desk.plan("110.00")
    bench.fault("create_refund:foreign_refund:50.00")
    outcome = await desk.perform(plan, above_captured=True)
    assert (outcome.result, outcome.code) == (Result.REFUSED, "TransactionAmountExceeded")
    assert outcome.facts == ()  # what a refund by hand changed is seen on the order
    assert len(bench.posts) == 2
    assert bench.paid() == "50.00 USD"


# --- a refund that is declined -------------------------------------------------------------------


@EVERY_ANSWER
async def test_a_declined_refund_is_told_and_its_amount_can_be_refunded_anew(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:decline:AmazonRejected")
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.DECLINED
    assert bench.paid() == "0.00 USD"
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert (desk.last.id, desk.last.generation, desk.last.observed) == (2, 1, "0.00 USD")
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 2


@BOTH_ANSWERS
async def test_a_decline_that_nobody_watched_is_noticed_by_the_next_plan(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:decline")
    await desk.go("10.00")
    bench.pass_time(30)
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert desk.states() == [State.DECLINED, State.ACCEPTED]
    assert desk.journal.entries(intent=1)[-1].data == {"code": "ProcessingFailure"}
    assert bench.paid() == "10.00 USD"


@BOTH_ANSWERS
async def test_a_lost_answer_whose_refund_was_declined_meanwhile_is_no_success(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:decline:AmazonRejected", "create_refund:hang_up_after:xalways")
    assert (await desk.go("10.00")).result is Result.UNKNOWN
    bench.pass_time(30)
    bench.world.faults.clear()
    outcome = await desk.recover(nobody_else=True)
    assert (outcome.result, outcome.code) == (Result.REFUSED, "AmazonRejected")
    assert "the buyer gets nothing" in outcome.message
    assert desk.states() == [State.DECLINED]
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


# --- reads that lag ------------------------------------------------------------------------------


@BOTH_ANSWERS
async def test_under_lag_a_second_refund_is_a_second_one_and_never_the_first_again(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(read_lag=3600.0)
    first = await desk.go("10.00")
    assert first.result is Result.ACCEPTED
    second = await desk.go("10.00")
    assert second.result is Result.ACCEPTED
    assert [intent.observed for intent in desk.intents()] == ["0.00 USD", "10.00 USD"]
    assert bench.paid() == "20.00 USD"


@BOTH_ANSWERS
async def test_under_lag_a_lost_answer_is_found_by_the_same_key(bench: Bench, desk: Desk) -> None:
    bench.switch(read_lag=3600.0)
    bench.fault("create_refund:hang_up_after:x4")
    assert (await desk.go("10.00")).result is Result.UNKNOWN
    assert (await desk.recover()).result is Result.ACCEPTED  # nothing moved that could be seen
    assert bench.paid() == "10.00 USD"
    assert len(bench.executed) == 1


async def test_under_lag_nothing_is_offered_twice(bench: Bench, desk: Desk) -> None:
    bench.switch(read_lag=3600.0)
    await desk.go("100.00")
    with pytest.raises(Held, match="too much"):
        await desk.plan("15.01")
    assert (await desk.plan("15.00")).above_captured


async def test_a_lag_that_ends_between_plan_and_sending_is_a_change(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(read_lag=60.0)
    await desk.go("10.00")
    plan = await desk.plan("10.00")
    bench.switch(read_lag=0.0)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert len(bench.posts) == 1


# --- clocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-30.0, -0.2, 0.2, 30.0])
async def test_a_wrong_clock_of_ours_is_learned_from_amazons(
    bench: Bench, desk: Desk, hours: float
) -> None:
    with bench.world.lock:
        bench.world.clock.advance(hours * 3600)
        past = bench.world.clock.now() - timedelta(days=5)
        for charge in list(bench.world.charges.values()):
            bench.world.put(replace(charge.latest, created=past, updated=past), past)
        for permission in list(bench.world.permissions.values()):
            bench.world.put(replace(permission.latest, created=past, updated=past), past)
    outcome = await desk.go("10.00")
    assert outcome.result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert bench.paid() == "20.00 USD"


@pytest.mark.parametrize("seconds", ["-4000", "-1", "1", "4000"])
async def test_a_clock_of_amazons_that_differs_from_ours_changes_nothing(
    bench: Bench, desk: Desk, seconds: str
) -> None:
    bench.fault(f"*:clock_shift:{seconds}")
    for total in ("10.00 USD", "20.00 USD"):
        assert (await desk.go("10.00")).result is Result.ACCEPTED
        assert bench.paid() == total


async def test_our_clock_jumping_ahead_right_before_the_sending_is_a_refusal(
    bench: Bench, desk: Desk
) -> None:
    """The request's date lies in Amazon's future then: refused, learned, made on trying again."""
    plan = await desk.plan("10.00")

    def jump(said: str) -> None:
        if said.startswith("Sending"):
            client = desk.session.client
            client._now = lambda: datetime.now(UTC) + timedelta(hours=2)

    outcome = await desk.engine.perform(plan, plan.phrase, tell=jump)
    assert (outcome.result, outcome.code) == (Result.REFUSED, "InvalidHeaderValue")
    assert bench.paid() == "0.00 USD"
    assert (await desk.again(1)).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


# --- somebody else, between plan and sending -----------------------------------------------------

CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "captured": ("charge", {"captured": Money.from_text("90.00 USD")}),
    "state": ("charge", {"state": "Canceled"}),
    "expiry": ("charge", {"expires": None}),
    "the permission's state": ("permission", {"state": "Closed"}),
    "the permission's limit": ("permission", {"limit": Money.from_text("150.00 USD")}),
}


@BOTH_ANSWERS
async def test_a_refund_by_hand_meanwhile_makes_a_plan_stale(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    bench.by_hand("5.00")
    bench.pass_time(60)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert outcome.facts == ("charge refunded: 0.00 USD, now 5.00 USD",)
    assert (bench.posts, desk.states()) == ([], [State.STALE])
    # The operator looks again and decides anew.
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert bench.paid() == "15.00 USD"


@pytest.mark.parametrize("change", CHANGES)
async def test_any_change_of_a_field_that_matters_sends_nothing(
    bench: Bench, desk: Desk, change: str
) -> None:
    kind, values = CHANGES[change]
    plan = await desk.plan("10.00")
    if kind == "permission":
        bench.change_permission(ORDER, **values)
    else:
        expires = bench.world.charges[CHARGE].latest.expires + timedelta(days=1)
        bench.change_charge(CHARGE, **(values if change != "expiry" else {"expires": expires}))
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert bench.posts == []
    assert len(outcome.facts) >= 1


async def test_a_known_refund_that_becomes_final_is_a_change(bench: Bench, desk: Desk) -> None:
    await desk.go("10.00")
    plan = await desk.plan("5.00")
    bench.pass_time(30)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.STALE
    assert len(bench.posts) == 1


@BOTH_ANSWERS
async def test_a_refund_by_hand_between_the_last_look_and_the_sending_is_told_afterwards(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:foreign_refund:5.00")
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert bench.paid() == "15.00 USD"
    bench.pass_time(30)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is State.SETTLED
    settled = desk.journal.entries(intent=1)[-1]
    assert (settled.data["agrees"], settled.data["total"]) == (False, "15.00 USD")


# --- what could not be read is no change ---------------------------------------------------------


async def test_a_permission_that_can_not_be_read_again_is_no_change_of_the_order(
    bench: Bench, desk: Desk
) -> None:
    plan = await desk.plan("10.00")
    bench.fault("get_charge_permission:error_before:x4")
    outcome = await desk.perform(plan)
    assert outcome.result is Result.NOT_SENT
    assert "could not be read again" in outcome.message
    assert bench.posts == []
    assert (await desk.go("10.00")).intent == 1


async def test_a_refund_that_can_not_be_read_again_is_no_change_of_the_order(
    bench: Bench, desk: Desk
) -> None:
    await desk.go("10.00")
    plan = await desk.plan("10.00")
    bench.fault("get_refund:error_before:x4")
    outcome = await desk.perform(plan)
    assert outcome.result is Result.NOT_SENT
    assert "could not be read again" in outcome.message


async def test_an_order_whose_permission_can_not_be_read_is_refunded_all_the_same(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("get_charge_permission:error_before:xalways")
    plan = await desk.plan("10.00")
    assert any("limits are not known" in warning for warning in plan.warnings)
    assert (await desk.perform(plan)).result is Result.ACCEPTED
