"""Close, authorize, update and extend: what is done to a charge permission."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from console.actions.outcome import Held, Result
from console.actions.recovery import give_up_key, resolve_by_hand
from console.domain.intent import State
from console.domain.money import AmountError
from console.simulator.switches import Switches
from tests.support.acts import die_in_sending
from tests.support.bench import (
    AGREEMENT,
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CLOSED,
    CLOSED_CHARGE,
    EITHER,
    ORDER,
    PENDING,
    ROOMY,
    SUBSCRIPTION,
    Bench,
    Desk,
    ended_process,
    watch,
)
from tests.support.effort import each_once

pytestmark = [pytest.mark.anyio, each_once]
EITHER_ANSWER = pytest.mark.parametrize("answers", EITHER.values(), ids=EITHER)
SHARED = pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
REFERENCE: Mapping[str, str] = {"merchantReferenceId": "New-1"}


async def knows_its_charges(desk: Desk) -> None:
    """Amazon lists no charges: the console knows them once it has seen them."""
    for charge in (AUTHORIZED, ALSO_AUTHORIZED):
        await desk.planned("cancel", charge)


# --- close ---------------------------------------------------------------------------------------


@EITHER_ANSWER
@pytest.mark.parametrize("ends", [True, False], ids=["with its charges", "charges kept"])
async def test_a_close_lists_each_charge_and_what_becomes_of_it(
    bench: Bench, desk: Desk, ends: bool
) -> None:
    await knows_its_charges(desk)
    plan = await desk.planned("close", ROOMY, cancel_pending=ends)
    assert plan.phrase == f"close {ROOMY[-4:]}"
    fates = {value.split()[0]: name for name, value in plan.words.facts if value[:3] == ROOMY[:3]}
    wanted = "is canceled" if ends else "is kept"
    assert fates == {AUTHORIZED: wanted, ALSO_AUTHORIZED: wanted}
    outcome = await desk.perform(plan)
    assert outcome.result is Result.ACCEPTED
    assert outcome.message == (
        f"Charge permission {ROOMY} is Closed: no further charge can be made."
    )
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    assert "permission state: Chargeable, now Closed" in outcome.facts
    told = [fact for fact in outcome.facts if fact.startswith("charges ")]
    assert len(told) == (2 if ends else 0)
    state = "Canceled" if ends else "Authorized"
    assert {bench.charge(c).state for c in (AUTHORIZED, ALSO_AUTHORIZED)} == {state}


async def test_what_is_closed_already_is_already_so_unless_charges_stayed_open(
    bench: Bench, desk: Desk
) -> None:
    await knows_its_charges(desk)
    bench.by_hand_close(ROOMY)
    with pytest.raises(Held, match="Closed already") as held:
        await desk.planned("close", ROOMY)
    assert held.value.result is Result.ALREADY_SO
    with pytest.raises(Held, match="stayed open") as held:
        await desk.planned("close", ROOMY, cancel_pending=True)
    assert held.value.result is Result.BLOCKED
    assert desk.intents() == []


@EITHER_ANSWER
@pytest.mark.parametrize("lost", [True, False])
async def test_a_close_that_meets_a_close_by_hand_which_kept_the_charges_is_stale(
    bench: Bench, desk: Desk, lost: bool
) -> None:
    await knows_its_charges(desk)
    if lost:
        bench.fault("close_charge_permission:hang_up_before")
    bench.fault("close_charge_permission:foreign_close")
    outcome = await desk.do("close", ROOMY, cancel_pending=True)
    if lost or bench.world.switches.repeated_close == 422:
        assert outcome.result is Result.STALE
        assert "not everything was canceled with it" in outcome.message
    assert AUTHORIZED in outcome.message
    assert "stayed open" in outcome.message
    assert bench.done("close_charge_permission") == []


@EITHER_ANSWER
@pytest.mark.parametrize("fault", ["hang_up_after", "delay:0"])
async def test_a_charge_that_was_captured_instead_of_canceled_is_said(
    bench: Bench, desk: Desk, fault: str
) -> None:
    """Whoever only looks at the permission would call it done."""
    await knows_its_charges(desk)
    bench.fault("close_charge_permission:foreign_capture:" + AUTHORIZED + "=60.00")
    bench.fault(f"close_charge_permission:{fault}")
    outcome = await desk.do("close", ROOMY, cancel_pending=True)
    assert outcome.result is (Result.ACCEPTED if fault == "delay:0" else Result.STALE)
    assert f"{AUTHORIZED} was captured meanwhile" in outcome.message
    assert "refund it" in outcome.message
    assert bench.charge(ALSO_AUTHORIZED).state == "Canceled"


async def test_charges_that_can_not_be_read_prove_nothing_about_a_lost_close(
    bench: Bench, desk: Desk
) -> None:
    await knows_its_charges(desk)
    plan = await desk.planned("close", ROOMY, cancel_pending=True)
    bench.fault("close_charge_permission:hang_up_after", "get_charge:error_before:xalways:after2")
    assert (await desk.perform(plan)).result is Result.UNKNOWN
    bench.world.faults.clear()
    assert (await desk.recover()).result is Result.ACCEPTED
    assert len(bench.done("close_charge_permission")) == 1


# --- authorize -----------------------------------------------------------------------------------


@EITHER_ANSWER
@pytest.mark.parametrize("now", [True, False], ids=["captured at once", "authorized"])
async def test_a_charge_is_made_once_and_settled(bench: Bench, desk: Desk, now: bool) -> None:
    outcome = await desk.do("authorize", ROOMY, amount="30.00", capture_now=now)
    assert outcome.result is Result.ACCEPTED
    state = "Captured" if now else "Authorized"
    assert f"{desk.last.result}, {state}." in outcome.message
    assert "made by you" not in outcome.message
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    [sent] = bench.done("create_charge")
    assert json.loads(sent.body) == {
        "chargePermissionId": ROOMY,
        "chargeAmount": {"amount": "30.00", "currencyCode": "USD"},
        "captureNow": now,
        "canHandlePendingAuthorization": False,
    }
    assert desk.last.result in {charge.id for charge in bench.charges()}


@EITHER_ANSWER
@pytest.mark.parametrize("end", ["Authorized", "Declined"])
async def test_a_pending_charge_is_watched_to_its_end(bench: Bench, desk: Desk, end: str) -> None:
    bench.fault("create_charge:" + ("pending" if end == "Authorized" else "decline:SoftDeclined"))
    outcome = await desk.do("authorize", ROOMY, amount="30.00", pending_allowed=True)
    assert (outcome.result, outcome.pending) == (Result.ACCEPTED, True)
    assert "nothing is reserved yet" in outcome.message
    assert desk.last.state is State.ACCEPTED
    bench.pass_time(60)
    ended = await watch(desk.engine, desk.last)
    assert ended.state is (State.SETTLED if end == "Authorized" else State.DECLINED)


@pytest.mark.parametrize(
    "code", ["SoftDeclined", "HardDeclined", "AmazonRejected", "TransactionTimedOut"]
)
async def test_a_decline_is_a_refusal_and_makes_no_charge(
    bench: Bench, desk: Desk, code: str
) -> None:
    bench.fault(f"create_charge:decline_now:{code}")
    outcome = await desk.do("authorize", ROOMY, amount="30.00")
    assert (outcome.result, outcome.code) == (Result.REFUSED, code)
    assert len(bench.charges()) == 2


async def test_an_open_charge_beside_it_is_warned_of(desk: Desk) -> None:
    await knows_its_charges(desk)
    plan = await desk.planned("authorize", ROOMY, amount="30.00")
    assert sum("charged beside it" in warning for warning in plan.warnings) == 2


@pytest.mark.parametrize(
    ("target", "why"),
    [(CLOSED, "is Closed"), (PENDING[:19], "in progress"), (CLOSED_CHARGE, "is Closed")],
)
async def test_where_no_charge_can_be_made_it_says_why(desk: Desk, target: str, why: str) -> None:
    with pytest.raises(Held, match=why):
        await desk.planned("authorize", target, amount="1.00")


async def test_more_than_is_left_is_too_much(desk: Desk) -> None:
    with pytest.raises(Held, match="too much") as held:
        await desk.planned("authorize", ROOMY, amount="300.01")
    assert held.value.hint is not None
    with pytest.raises(AmountError):
        await desk.planned("authorize", ROOMY, amount="0")


@pytest.mark.parametrize(
    "answers",
    [*EITHER.values(), Switches(v1_limits="null_fields"), Switches(v1_limits="null")],
    ids=[*EITHER, "fields are null", "limits are null"],
)
@SHARED
@pytest.mark.parametrize("target", [ROOMY, ORDER])
@pytest.mark.parametrize("second", ["30.00", "20.00"])
async def test_one_complaint_that_two_operators_saw_is_charged_once(
    bench: Bench, shared: bool, target: str, second: str
) -> None:
    one, two = await bench.two(shared=shared)
    plans = (
        await one.planned("authorize", target, amount="30.00"),
        await two.planned("authorize", target, amount=second),
    )
    await asyncio.gather(one.perform(plans[0]), two.perform(plans[1]))
    assert len(bench.done("create_charge")) == 1


@EITHER_ANSWER
@SHARED
async def test_from_a_screen_of_before_no_second_charge_is_made(bench: Bench, shared: bool) -> None:
    one, two = await bench.two(shared=shared)
    plan = await two.planned("authorize", ROOMY, amount="30.00")
    assert (await one.do("authorize", ROOMY, amount="30.00")).result is Result.ACCEPTED
    outcome = await two.perform(plan)
    assert len(bench.done("create_charge")) == 1
    if shared or bench.world.switches.balance_falls_at == "authorization":
        assert outcome.result is Result.STALE
        assert len(bench.writes("create_charge")) == 1


@EITHER_ANSWER
async def test_an_honest_second_charge_is_a_second_charge_and_said(
    bench: Bench, desk: Desk
) -> None:
    await desk.do("authorize", ROOMY, amount="30.00")
    plan = await desk.planned("authorize", ROOMY, amount="30.00")
    assert any("This is a second charge" in warning for warning in plan.warnings)
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    assert len(bench.done("create_charge")) == 2
    assert len({intent.key for intent in desk.intents()}) == 2


async def test_a_colleagues_charge_is_absorbed_and_an_honest_second_one_is_possible(
    bench: Bench,
) -> None:
    """Nothing is shared, and the balance doesn't show an open authorization."""
    one, two = await bench.two(shared=False)
    await one.do("authorize", ROOMY, amount="30.00")
    bench.pass_time(60)
    outcome = await two.do("authorize", ROOMY, amount="30.00")
    assert outcome.result is Result.ABSORBED
    assert "No new authorize was made" in outcome.message
    assert len(bench.done("create_charge")) == 1
    assert (await two.do("authorize", ROOMY, amount="30.00")).result is Result.ACCEPTED
    assert len(bench.done("create_charge")) == 2
    # And one's own second one is the same as that of the other.
    bench.pass_time(60)
    assert (await one.do("authorize", ROOMY, amount="30.00")).result is Result.ABSORBED
    assert len(bench.done("create_charge")) == 2


@EITHER_ANSWER
async def test_after_a_charge_was_canceled_one_more_can_be_made_and_only_one(bench: Bench) -> None:
    one, two = await bench.two(shared=False)
    await one.do("authorize", ROOMY, amount="30.00")
    assert one.last.result is not None
    await one.do("cancel", one.last.result)
    bench.pass_time(60)
    assert (await one.do("authorize", ROOMY, amount="30.00")).result is Result.ACCEPTED
    assert len(bench.done("create_charge")) == 2
    bench.pass_time(60)
    if bench.world.switches.balance_falls_at == "authorization":  # the other sees it, and is told
        plan = await two.planned("authorize", ROOMY, amount="30.00")
        assert any("130.00 USD of this order was used" in warning for warning in plan.warnings)
        return
    outcomes = [await two.do("authorize", ROOMY, amount="30.00") for _ in range(2)]
    assert len(bench.done("create_charge")) == 2
    assert "Canceled" in outcomes[0].message  # and is not told as one that stands
    live = [c for c in bench.charges() if str(c.amount) == "30.00 USD" and c.state != "Canceled"]
    assert len(live) == 1


@EITHER_ANSWER
async def test_a_refused_charge_is_tried_again_with_its_key_until_a_person_gives_it_up(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_charge:refuse:ProcessingFailure:x2")
    await desk.do("authorize", ROOMY, amount="30.00")
    with pytest.raises(Held, match="its key can still be used"):
        await desk.planned("authorize", ROOMY, amount="20.00")
    assert (await desk.again(1)).result is Result.REFUSED
    await give_up_key(desk.engine, 1, "it keeps refusing")
    outcome = await desk.do("authorize", ROOMY, amount="20.00")
    assert (outcome.result, desk.last.generation) == (Result.ACCEPTED, 1)
    assert len(bench.done("create_charge")) == 1


@EITHER_ANSWER
@pytest.mark.parametrize("executed", [True, False])
async def test_a_persons_wrong_word_does_not_charge_twice(
    bench: Bench, desk: Desk, executed: bool
) -> None:
    bench.fault(f"create_charge:{'hang_up_after' if executed else 'hang_up_before'}:xalways")
    await desk.do("authorize", ROOMY, amount="30.00")
    bench.world.faults.clear()
    await resolve_by_hand(desk.engine, 1, happened=False, evidence="I don't see it")
    outcome = await desk.do("authorize", ROOMY, amount="30.00")
    assert (outcome.result, outcome.intent) == (Result.ACCEPTED, 1)
    assert len(bench.done("create_charge")) == 1


@EITHER_ANSWER
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("moved", [True, False])
async def test_after_a_crash_a_moved_balance_is_asked_about(
    bench: Bench, executed: bool, moved: bool
) -> None:
    dead = await bench.desk(owner=ended_process())
    await die_in_sending(
        dead, await dead.planned("authorize", ROOMY, amount="30.00"), executed=executed
    )
    if moved:
        bench.by_hand_charge(ROOMY, "30.00", capture=True)
    desk = await bench.desk()
    outcome = await desk.recover()
    counts_it = executed and bench.world.switches.balance_falls_at == "authorization"
    if moved or counts_it:
        assert outcome.result is Result.UNKNOWN
        assert any("balance" in fact for fact in outcome.facts)
        outcome = await desk.recover(nobody_else=True)
    assert outcome.result is Result.ACCEPTED
    assert len(bench.done("create_charge")) == 1


# --- update --------------------------------------------------------------------------------------


@EITHER_ANSWER
async def test_an_update_is_written_once_and_undone_by_writing(bench: Bench, desk: Desk) -> None:
    plan = await desk.planned("update", ROOMY, merchant=REFERENCE)
    assert plan.words.before == (("merchantReferenceId", "Bench-4"),)
    assert plan.words.after == (("merchantReferenceId", "New-1"),)
    outcome = await desk.perform(plan)
    assert outcome.result is Result.ACCEPTED
    assert "merchant merchantReferenceId: Bench-4, now New-1" in outcome.facts
    assert desk.kinds(1) == ["reserve", "reread", "arm", "answered", "accept", "settle"]
    assert bench.permission().merchant["merchantReferenceId"] == "New-1"
    with pytest.raises(Held, match="has these values already") as held:
        await desk.planned("update", ROOMY, merchant=REFERENCE)
    assert held.value.result is Result.ALREADY_SO
    back = await desk.do("update", ROOMY, merchant={"merchantReferenceId": "Bench-4"})
    assert back.result is Result.ACCEPTED


async def test_of_a_closed_permission_only_what_is_empty_can_be_filled(
    bench: Bench, desk: Desk
) -> None:
    with pytest.raises(Held, match="can't be changed any more"):
        await desk.planned("update", CLOSED, merchant=REFERENCE)
    assert (await desk.do("update", CLOSED, merchant={"noteToBuyer": "hi"})).result is (
        Result.ACCEPTED
    )
    bench.by_hand_close(SUBSCRIPTION)
    with pytest.raises(Held, match="only a one-time"):
        await desk.planned("update", SUBSCRIPTION, merchant={"noteToBuyer": "hi"})
    assert len(bench.writes("update_charge_permission")) == 1


@pytest.mark.parametrize(
    ("merchant", "why"),
    [
        ({}, "Nothing to change"),
        ({"merchantStoreName": "x" * 51}, "Amazon takes 50"),
        ({"merchantReferenceId": "a\tb"}, "can't be seen"),
        ({"merchantReferenceId": "a\nb"}, "can't be seen"),
        ({"noteToBuyer": "a\u202eb"}, "can't be seen"),
    ],
)
async def test_what_can_not_be_written_or_read_back_is_not_sent(
    bench: Bench, desk: Desk, merchant: dict[str, str], why: str
) -> None:
    with pytest.raises(Held, match=why):
        await desk.planned("update", ROOMY, merchant=merchant)
    assert desk.intents() == []


async def test_blanks_around_a_value_are_not_written(bench: Bench, desk: Desk) -> None:
    outcome = await desk.do("update", ROOMY, merchant={"merchantReferenceId": " New-1 \n"})
    assert outcome.result is Result.ACCEPTED
    assert bench.permission().merchant["merchantReferenceId"] == "New-1"


async def test_a_note_may_have_lines_and_is_read_back(desk: Desk) -> None:
    outcome = await desk.do("update", ROOMY, merchant={"noteToBuyer": "a\nb"})
    assert outcome.result is Result.ACCEPTED


# --- extend --------------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [True, False])
async def test_extending_says_when_it_expires_before_and_after(
    bench: Bench, desk: Desk, moves: bool
) -> None:
    bench.switch(update_moves_expiry=moves)
    plan = await desk.planned("extend", SUBSCRIPTION, frequency="2 years")
    assert dict(plan.words.before)["frequency"] == "1 Month"
    assert dict(plan.words.after)["frequency"] == "2 Year"
    outcome = await desk.perform(plan)
    assert outcome.result is Result.ACCEPTED
    assert ("did not move the expiry" in outcome.message) != moves
    if moves:
        assert "It expires " in outcome.message


async def test_extending_is_told_by_the_answer_where_the_read_lags(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(read_lag=3600.0)
    outcome = await desk.do("extend", SUBSCRIPTION, frequency="2 years")
    assert outcome.result is Result.ACCEPTED
    assert "did not move the expiry" not in outcome.message


@pytest.mark.parametrize("wrong", ["", "0 Year", "1", "Year", "1 Variable", "1 Eon", "-1 Year"])
async def test_what_is_no_frequency_is_not_sent(bench: Bench, desk: Desk, wrong: str) -> None:
    with pytest.raises((AmountError, Held)):
        await desk.planned("extend", SUBSCRIPTION, frequency=wrong)
    assert desk.intents() == []


async def test_a_one_time_permission_is_not_extended_and_says_what_instead(desk: Desk) -> None:
    with pytest.raises(Held, match="it can't be changed later"):
        await desk.planned("extend", ROOMY, frequency="1 Year")
    with pytest.raises(Held, match="it can't be changed later"):
        await desk.planned("extend", CLOSED, frequency="1 Year")


# --- a stale screen ------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[Bench], Any]] = {
    "closed": lambda b: b.by_hand_close(ROOMY),
    "collected": lambda b: b.by_hand_charge(ROOMY, "10.00", capture=True),
    "a charge captured": lambda b: b.by_hand_capture(AUTHORIZED),
    "a charge canceled": lambda b: b.by_hand_cancel(AUTHORIZED),
    "renamed": lambda b: b.by_hand_update(ROOMY, "by hand"),
}
PLANS: dict[str, dict[str, Any]] = {
    "close": {},
    "authorize": {"amount": "10.00"},
    "update": {"merchant": REFERENCE},
}


@EITHER_ANSWER
@pytest.mark.parametrize("action", PLANS)
@pytest.mark.parametrize("change", CHANGES)
async def test_any_change_that_matters_sends_nothing(
    bench: Bench, desk: Desk, action: str, change: str
) -> None:
    await knows_its_charges(desk)
    plan = await desk.planned(action, ROOMY, **PLANS[action])
    CHANGES[change](bench)
    outcome = await desk.perform(plan)
    sent = bench.writes(plan.draft.operation)
    matters = {
        "update": {"closed", "collected", "renamed"},
        "close": set(CHANGES) - {"renamed"},
        "authorize": set(CHANGES) - {"renamed"},
    }
    if change in matters[action]:
        assert outcome.result is Result.STALE
        assert outcome.facts
        assert sent == []
    elif outcome.result is Result.STALE:  # the balance moved with the charge
        assert sent == []
    else:
        assert (outcome.result, len(sent)) == (Result.ACCEPTED, 1)


async def test_a_recurring_permission_is_charged_for_an_order_of_its_own(
    bench: Bench, desk: Desk
) -> None:
    assert (await desk.do("authorize", AGREEMENT, amount="14.00")).result is Result.ACCEPTED
    assert desk.last.result is not None
    assert desk.last.result[:19] != AGREEMENT
    # What it made can be acted on at once, though Amazon lists it nowhere.
    assert (await desk.do("capture", AGREEMENT, amount="14.00")).result is Result.ACCEPTED
    assert str(bench.charge(desk.last.object).captured) == "14.00 USD"
