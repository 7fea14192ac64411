"""What the journal keeps of every end: why, by which answer of Amazon's, and when.

It is read when nobody remembers any more, so it is exact, and in English whoever has decided.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.actions.engine import _made_the_same
from console.actions.operations.base import Made
from console.actions.outcome import Outcome, Result
from console.domain.intent import State
from console.domain.model import show_time
from console.store.index import KnownIds
from tests.support.acts import die_in_sending
from tests.support.bench import (
    AUTHORIZED,
    CHARGE,
    ORDER,
    OTHER,
    ROOMY,
    SESSION,
    SUBSCRIPTION,
    Bench,
    Desk,
    ended_process,
)
from tests.support.capitals import capitals

pytestmark = pytest.mark.anyio

NO_ANSWER = r"no answer: 127\.0\.0\.1:\d+ gave no answer: .+"
FAILED = r"Amazon answered 500 ProcessingFailure: .+"
NOT_ALLOWED = r"Amazon answered 422 InvalidChargeStatus: .+"
NOT_READ = r"Amazon answered 500 InternalServerError: .+"
NOBODY_THERE = r"127\.0\.0\.1:9 could not be reached: connection refused"
REFUNDED = r"charge refunded: 0\.00 USD, now 5\.00 USD"


def data(desk: Desk, kind: str, number: int | None = None) -> dict[str, Any]:
    """What stands in the first line of this kind."""
    return dict(next(e for e in desk.journal.entries(intent=number) if e.kind == kind).data)


def says(found: dict[str, Any], **expected: str) -> None:
    """Exactly these fields, each as its pattern."""
    assert found.keys() == expected.keys()
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, found[name]), found[name]


# --- how a refund ends ---------------------------------------------------------------------------

ENDS: dict[str, tuple[list[str], str, dict[str, str]]] = {
    "refused": (
        ["create_refund:refuse:ProcessingFailure"],
        "refuse",
        {"why": FAILED, "code": "ProcessingFailure"},
    ),
    "refused, and the order can't be read": (
        ["create_refund:refuse:ProcessingFailure", "get_charge:error_before:x4:after2"],
        "lose",
        {"why": f"{FAILED}; the order could not be read: {NOT_READ}"},
    ),
    "throttled": (
        ["create_refund:throttle:xalways"],
        "refuse",
        {"why": "throttled", "code": "TooManyRequests"},
    ),
    "no answer": (["create_refund:hang_up_before"], "lose", {"why": NO_ANSWER}),
    "an answer that says nothing": (
        ["create_refund:garbage"],
        "lose",
        {"why": "Amazon answered 200 with no readable body"},
    ),
    "its key is taken": (
        ["create_refund:refuse:DuplicateIdempotencyKey"],
        "conflict",
        {
            "why": "Amazon answered 400 DuplicateIdempotencyKey: .+",
            "code": "DuplicateIdempotencyKey",
        },
    ),
    "its key is taken, and somebody acted": (
        ["create_refund:foreign_refund:5.00", "create_refund:refuse:DuplicateIdempotencyKey"],
        "stale",
        {"why": REFUNDED},
    ),
    "the order can't be read before it is sent": (
        ["get_charge:error_before:x4:after1"],
        "abandon",
        {"why": f"the order could not be read again: {NOT_READ}"},
    ),
    "its permission can't be read before it is sent": (
        ["get_charge_permission:error_before:x4:after1"],
        "abandon",
        {"why": "the charge permission could not be read again"},
    ),
    "somebody acted before it was sent": (
        ["get_charge:foreign_refund:5.00:after1"],
        "stale",
        {"why": REFUNDED},
    ),
}


@pytest.mark.parametrize(("faults", "kind", "expected"), ENDS.values(), ids=ENDS)
async def test_why_a_refund_ended(
    bench: Bench, desk: Desk, faults: list[str], kind: str, expected: dict[str, str]
) -> None:
    bench.fault(*faults)
    await desk.go("10.00")
    says(data(desk, kind), **expected)


@pytest.mark.parametrize("fault", ["refuse:ProcessingFailure", "refuse:AmazonRejected"])
async def test_a_refusal_is_told_as_it_is_kept(bench: Bench, desk: Desk, fault: str) -> None:
    bench.fault(f"create_refund:{fault}")
    assert (await desk.go("10.00")).message == f"{data(desk, 'refuse')['why']}."


@pytest.mark.parametrize("moved", [True, False])
async def test_a_taken_key_is_told_with_its_code_and_with_what_has_moved(
    bench: Bench, desk: Desk, moved: bool
) -> None:
    if moved:
        bench.fault("create_refund:foreign_refund:5.00")
    bench.fault("create_refund:refuse:DuplicateIdempotencyKey")
    plan = await desk.plan("10.00")

    def close(said: str) -> None:
        """Not what a refund is about: it is no sign of another refund."""
        if said.startswith("Sending"):
            bench.change_permission(ORDER, state="Closed")

    outcome = await desk.engine.perform(plan, plan.phrase, tell=close)
    assert outcome.result is (Result.STALE if moved else Result.CONFLICT)
    assert outcome.code == "DuplicateIdempotencyKey"
    refunded = "charge refunded: 0.00 USD, now 5.00 USD"
    assert (refunded in outcome.facts) is moved
    assert ("journal release 1" in str(outcome.hint)) is not moved


async def test_a_taken_key_of_what_has_ended_otherwise_is_stale(bench: Bench, desk: Desk) -> None:
    bench.fault("capture_charge:foreign_cancel", "capture_charge:refuse:DuplicateIdempotencyKey")
    outcome = await desk.do("capture", AUTHORIZED, amount="60.00")
    assert (outcome.result, outcome.facts[0]) == (Result.STALE, CANCELED)


async def test_why_a_refusal_was_not_believed_after_an_attempt_without_answer(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_before", "create_refund:refuse:ProcessingFailure:xalways")
    await desk.go("10.00")
    late = "but an earlier attempt has no answer and can still arrive"
    says(dict(desk.journal.entries(intent=1)[-1].data), why=f"{FAILED}; {late}")


async def test_why_a_refusal_was_asked_about_once_more(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("110.00")
    bench.fault("create_refund:foreign_refund:50.00")
    await desk.perform(plan, above_captured=True)
    says(data(desk, "lose"), why="Amazon answered .+; but the order has changed meanwhile")


async def test_why_nothing_left_this_machine(bench: Bench, desk: Desk) -> None:
    with bench.away(desk):
        await desk.go("10.00")
    says(data(desk, "never_left"), why=NOBODY_THERE)
    says(data(desk, "not_sent"), why=NOBODY_THERE)


async def test_why_a_connection_that_failed_later_proves_nothing(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before")
    with bench.away(desk, after=1):
        await desk.go("10.00")
    says(
        dict(desk.journal.entries(intent=1)[-1].data), why=f"the connection failed: {NOBODY_THERE}"
    )


async def test_why_an_earlier_attempt_keeps_throttling_from_being_a_refusal(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_before", "create_refund:throttle:xalways")
    await desk.go("10.00")
    why = "throttled, and an earlier attempt has no answer"
    says(dict(desk.journal.entries(intent=1)[-1].data), why=why)


async def test_that_the_console_stopped_in_sending(bench: Bench) -> None:
    dead = await bench.desk(owner=ended_process())
    await die_in_sending(dead, await dead.plan(), executed=False)
    desk = await bench.desk()
    await desk.recover()
    says(data(desk, "lose"), why="the console stopped before the answer was written down")


# --- what Amazon answered ------------------------------------------------------------------------


async def test_an_answer_is_kept_with_what_it_made_and_when(bench: Bench, desk: Desk) -> None:
    outcome = await desk.go("10.00")
    [made] = bench.refunds()
    now = show_time(made.created)
    assert data(desk, "reread")["date"] == now
    answered, accepted = data(desk, "answered"), data(desk, "accept")
    assert answered.pop("request") == accepted.pop("request") != ""
    assert answered == {"status": 201, "code": None, "date": now}
    assert accepted == {"result": made.id, "state": "RefundInitiated", "created": now}
    assert outcome.message.endswith("the buyer doesn't have the money yet.")


@pytest.mark.parametrize("code", ["ProcessingFailure", "TooManyRequests"])
async def test_a_refusal_is_kept_with_its_code(bench: Bench, desk: Desk, code: str) -> None:
    bench.fault(f"create_refund:refuse:{code}")
    await desk.go("10.00")
    answered = data(desk, "answered")
    status = 500 if code == "ProcessingFailure" else 429
    assert (answered["status"], answered["code"]) == (status, code)
    assert answered["request"]
    assert answered["date"] == data(desk, "reread")["date"]


async def test_a_decline_that_the_answer_does_not_show_is_kept_with_its_code(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:decline:AmazonRejected", "create_refund:hang_up_after:xalways")
    await desk.go("10.00")
    bench.pass_time(30)
    bench.world.faults.clear()
    await desk.recover(nobody_else=True)
    assert data(desk, "decline") == {"code": "AmazonRejected"}


async def test_what_is_done_at_once_is_settled_by_its_answer(desk: Desk) -> None:
    await desk.do("capture", AUTHORIZED, amount="60.00")
    assert data(desk, "settle") == {"said": "done, Captured"}


# --- an end that a read proves -------------------------------------------------------------------


async def proved(bench: Bench, desk: Desk, action: str, *faults: str) -> Outcome:
    """An action on the authorization that met these faults."""
    bench.fault(*(f"{action}_charge:{fault}" for fault in faults))
    amount = "60.00" if action == "capture" else ""
    return await desk.do(action, AUTHORIZED, amount=amount)


CAPTURED = "charge state: Authorized, now Captured"
CANCELED = "charge state: Authorized, now Canceled"


async def test_seen_as_wanted_after_a_lost_answer(bench: Bench, desk: Desk) -> None:
    outcome = await proved(bench, desk, "cancel", "hang_up_after:xalways")
    assert (outcome.result, outcome.facts[0]) == (Result.ACCEPTED, CANCELED)
    said = "seen as wanted, probably by us"
    assert data(desk, "accept") == {"result": AUTHORIZED, "said": said}
    assert data(desk, "settle") == {"said": "seen by a read"}


@pytest.mark.parametrize(
    ("action", "by_hand", "kind", "end"),
    [
        ("cancel", "foreign_capture", "stale", CAPTURED),
        ("cancel", "foreign_cancel", "absorb", CANCELED),
        ("capture", "foreign_cancel", "stale", CANCELED),
        ("capture", "foreign_capture", "absorb", CAPTURED),
    ],
)
async def test_a_refusal_because_somebody_was_faster_is_kept_with_what_is_seen(
    bench: Bench, desk: Desk, action: str, by_hand: str, kind: str, end: str
) -> None:
    outcome = await proved(bench, desk, action, by_hand)
    assert re.fullmatch(rf"{NOT_ALLOWED}\.", outcome.facts[0])
    assert outcome.facts[1] == end
    assert data(desk, kind) == {"why": "; ".join(outcome.facts)}
    if kind == "stale":
        assert (outcome.result, outcome.code) == (Result.STALE, "InvalidChargeStatus")
    else:
        assert outcome.result is Result.ALREADY_SO


async def test_a_declined_capture_is_refused_with_what_is_seen(bench: Bench, desk: Desk) -> None:
    outcome = await proved(bench, desk, "capture", "decline_now")
    assert (outcome.result, outcome.code) == (Result.REFUSED, "ProcessingFailure")
    declined = "charge state: Authorized, now Declined"
    assert outcome.facts == (declined, "charge reason: nothing, now ProcessingFailure")


async def test_an_end_that_is_seen_without_any_refusal_has_no_code(
    bench: Bench, desk: Desk
) -> None:
    outcome = await proved(bench, desk, "cancel", "foreign_capture", "hang_up_before:xalways")
    assert (outcome.result, outcome.code, outcome.facts[0]) == (Result.STALE, None, CAPTURED)
    assert data(desk, "stale") == {"why": "; ".join(outcome.facts)}


# --- its language --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENDS)
async def test_it_is_kept_in_english_whatever_the_reader_is_told(
    bench: Bench, desk: Desk, name: str
) -> None:
    faults, kind, expected = ENDS[name]
    bench.fault(*faults)
    with capitals():
        await desk.go("10.00", CHARGE)
    says(data(desk, kind), **expected)


async def test_an_end_that_a_read_proves_is_kept_in_english(bench: Bench, desk: Desk) -> None:
    with capitals():
        outcome = await proved(bench, desk, "cancel", "foreign_cancel")
        assert outcome.facts[1] == "CHARGE STATE: Authorized, NOW Canceled"
    assert desk.last.state is State.ABSORBED
    assert f"; {CANCELED}; " in data(desk, "absorb")["why"]


# --- what an answer is worth where nothing can be read any more ----------------------------------


@pytest.mark.parametrize(
    ("action", "target", "amount", "reads", "state"),
    [
        # With a key it may be an answer of before, which was saved.
        ("capture", AUTHORIZED, "60.00", "get_charge:error_before:x4:after2", State.ACCEPTED),
        ("cancel", AUTHORIZED, "", "get_charge:error_before:x4:after2", State.SETTLED),
        ("complete", SESSION, "18.00", "get_charge:error_before:x4", State.ACCEPTED),
    ],
)
async def test_an_answer_about_what_was_not_made_anew_is_no_look_at_it(
    bench: Bench, desk: Desk, action: str, target: str, amount: str, reads: str, state: State
) -> None:
    """Nor is a session the charge that it made."""
    bench.fault(reads)
    assert (await desk.do(action, target, amount=amount)).result is Result.ACCEPTED
    assert desk.last.state is state
    charge = str(desk.last.result)
    looks = [look.state for look in desk.session.known.looks(charge)]
    assert looks == ([] if action == "complete" else ["Authorized"])


# --- what the journal knows of an order ----------------------------------------------------------


async def test_what_was_made_here_is_read_by_its_id_every_time(
    bench: Bench, desk: Desk, tmp_path: Path
) -> None:
    """Of a charge its refunds, of an order its charges; the index may be a new one."""
    made: dict[str, str] = {}
    for name, action, target in (
        ("refund", "refund", CHARGE),
        ("beside", "refund", OTHER),
        ("charge", "authorize", ROOMY),
        ("far", "authorize", SUBSCRIPTION),
    ):
        await desk.do(action, target, amount="10.00")
        made[name] = str(desk.last.result)
    assert desk.engine.own(ORDER, CHARGE) == [made["refund"]]
    assert desk.engine.own(ROOMY, ROOMY) == [made["charge"]]
    desk.session.lookup._known = new = KnownIds(tmp_path / "new.db")
    found, _date = await desk.engine.snapshot(desk.intents()[0])
    new.close()
    assert list(found.data["refunds"]) == [made["refund"]]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"state": State.SETTLED}, True),
        ({"state": State.ABSORBED}, True),
        ({"state": State.DECLINED}, True),
        ({"state": State.REFUSED}, False),
        ({"result": "another one"}, False),
        ({"operation": "capture_charge"}, False),
        ({"id": 2}, False),
    ],
)
async def test_an_earlier_decision_stands_for_the_object_that_it_made_by_the_same_call(
    desk: Desk, changes: dict[str, Any], same: bool
) -> None:
    await desk.go("10.00")
    earlier, ours = replace(desk.last, **changes), replace(desk.last, id=2)
    made = Made(id=str(desk.last.result), state="RefundInitiated", at=None)
    assert _made_the_same(earlier, ours, made) is same
    # What has no key is carried out each time that it is sent.
    assert not _made_the_same(earlier, replace(ours, key=None), made)
