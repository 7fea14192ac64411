"""One row of a list when its turn comes: what is asked of it again, and what leaves or stops it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from console.actions.batch.applying import apply_batch
from console.actions.batch.row import RowWork
from console.actions.batch.stop import Stopped
from console.actions.engine import silent
from console.actions.outcome import Result
from console.domain.batch import Batch, Line
from console.domain.ids import parse
from console.domain.intent import State
from console.domain.policy import Policy
from tests.actions.test_applying import applied_and_told, starts
from tests.actions.test_batches import apply, charges, planned, refunds, standings
from tests.actions.test_disputes import file_dispute, know_dispute
from tests.support.acts import Gone
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    ORDER,
    ROOMY,
    Bench,
    Desk,
    another_living_process,
)

pytestmark = pytest.mark.anyio
OF_ITS_OWN = "it needs a confirmation of its own now"


def row_work(desk: Desk, batch: Batch) -> RowWork:
    return RowWork(desk.engine, batch, silent)


# --- what is told and kept -----------------------------------------------------------------------


async def test_a_row_is_named_by_its_action_its_amount_and_its_object(desk: Desk) -> None:
    lines = [Line(2, CHARGE, "refund", "10.00"), Line(3, AUTHORIZED, "cancel")]
    _applied, told = await applied_and_told(desk, await planned(desk, *lines))
    assert [said.partition(" left: ")[2] for said in starts(told, "row ")] == [
        f"refund 10.00 USD · {CHARGE}",
        f"cancel · {AUTHORIZED}",
    ]


async def test_the_reason_and_the_ticket_of_a_row_stand_with_its_intent(desk: Desk) -> None:
    line = Line(2, CHARGE, "refund", "10.00", reason="damaged", ticket="T-1")
    await apply(desk, await planned(desk, line))
    assert (desk.last.reason, desk.last.ticket) == ("damaged", "T-1")


async def test_a_changed_order_is_told_with_what_has_changed(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, Line(2, CHARGE, "refund", "10.00"))
    bench.by_hand("3.00")
    _applied, told = await applied_and_told(desk, batch)
    assert told[-1] == (
        f"Line 2: {CHARGE} has changed since the plan was made, so it is left:"
        " charge refunded: 0.00 USD, now 3.00 USD"
    )


async def test_what_is_so_already_is_told_as_no_change(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, Line(2, AUTHORIZED, "cancel"))
    bench.by_hand_cancel(AUTHORIZED)
    _applied, told = await applied_and_told(desk, batch)
    assert told[-1].startswith(
        f"Line 2: {AUTHORIZED} is so already: Charge {AUTHORIZED} is Canceled already"
    )


async def test_however_long_the_change_500_characters_of_it_are_told_and_kept(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, Line(2, CHARGE, "refund", "10.00"))
    bench.change_permission(ORDER, reasons=("Changed" * 100,))
    applied, told = await applied_and_told(desk, batch)
    [row] = applied.report.rows
    [kept] = desk.journal.entries(kind="batch_row")
    said = told[-1].partition(", so it is left: ")[2]
    assert said == row.why == kept.data["why"]
    assert (len(said), said[-1]) == (500, "…")


# --- what holds it back now ----------------------------------------------------------------------


async def test_what_the_policy_forbids_now_waits_until_it_allows_it(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, Line(2, CHARGE, "refund", "10.00"))
    desk.engine.policy = Policy(actions=frozenset({"capture"}))
    applied, told = await applied_and_told(desk, batch)
    assert standings(applied.report) == ["left"]
    assert told[-1].startswith("Line 2 is left: This profile allows capture, not refund.")
    desk.engine.policy = Policy()
    assert standings((await apply(desk, batch)).report) == ["initiated"]
    assert len(bench.executed) == 1


async def test_what_the_order_forbids_is_no_matter_of_the_policy_that_the_row_keeps(
    bench: Bench, desk: Desk
) -> None:
    """It will not be allowed again, so the row is finished; the policy looks at all of the row."""
    desk.engine.policy = Policy(
        max_per_action={"USD": Decimal("60.00")}, require_reason=True, require_ticket=True
    )
    line = Line(2, AUTHORIZED, "capture", "60.00", reason="sent", ticket="T-1")
    batch = await planned(desk, line)
    bench.by_hand_cancel(AUTHORIZED)
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["stale"]
    assert applied.report.rows[0].why.startswith("The charge was canceled.")


async def test_a_row_that_came_to_refund_more_than_was_captured_is_left(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, Line(2, CHARGE, "refund", "10.00"))
    bench.by_hand("95.00")
    applied = await apply(desk, batch)
    assert applied.report.rows[0].why.split("; ")[-1] == OF_ITS_OWN
    assert bench.posts == []


async def test_a_row_whose_charge_is_disputed_meanwhile_is_left(bench: Bench, desk: Desk) -> None:
    batch = await planned(desk, Line(2, CHARGE, "refund", "10.00"))
    file_dispute(bench)
    know_dispute(desk)
    applied = await apply(desk, batch)
    assert applied.report.rows[0].why.split("; ")[-1] == OF_ITS_OWN
    assert bench.posts == []


# --- whose change it is --------------------------------------------------------------------------


async def test_what_the_operator_did_beside_the_list_is_a_change_as_anybodys_is(
    desk: Desk,
) -> None:
    """The journal knows it as well as the list's own rows, but the plan was made without it."""
    await desk.session.lookup.look_up(parse(ALSO_AUTHORIZED))  # known when the plan is made
    batch = await planned(desk, Line(2, AUTHORIZED, "capture", "60.00"))
    await desk.do("cancel", ALSO_AUTHORIZED)
    applied = await apply(desk, batch)
    assert standings(applied.report) == ["stale"]
    assert f"charges {ALSO_AUTHORIZED}: Authorized" in applied.report.rows[0].why


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Line(2, AUTHORIZED, "capture", "60.00"), Line(3, ROOMY, "authorize", "5.00")),
        (Line(2, ROOMY, "close"), Line(3, AUTHORIZED, "capture", "60.00")),
    ],
    ids=["the balance", "the state with its reason"],
)
async def test_what_an_own_row_did_to_the_permission_does_not_hold_the_next_one_back(
    desk: Desk, first: Line, second: Line
) -> None:
    batch = await planned(desk, first, second)
    assert standings((await apply(desk, batch)).report) == ["done", "done"]


# --- what ends the run ---------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["*:refuse:UnauthorizedAccess", "*:hang_up_before"])
async def test_a_read_that_would_fail_for_every_row_ends_it_with_nothing_sent(
    bench: Bench, desk: Desk, fault: str
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 2)))
    bench.fault(f"{fault}:xalways")
    applied = await apply(desk, batch)
    assert applied.stopped.startswith("Line 2: the order could not be read: ")
    assert (applied.result, applied.asked_to_stop) == (Result.NOT_SENT, False)
    assert applied.hint == (
        "Nothing of this row was sent. Apply the plan again when it can be read."
    )
    assert standings(applied.report) == ["left", "left"]


async def begun_by_another_process(bench: Bench, batch: Batch) -> None:
    """Another console, which lives, has armed the first row and has no answer yet."""
    owner = another_living_process()
    other = await bench.desk("one", owner=owner)

    async def under_way(_reservation: object) -> None:
        raise Gone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(other.session.client, "send", under_way)
        with pytest.raises(Gone):
            await row_work(other, batch).do(batch.rows[0])
    assert other.journal.claims.claim(other.last.id, owner)
    assert other.last.state is State.SENDING


async def test_a_row_that_another_console_is_at_stops_the_run_and_is_left_to_it(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 2)))
    await begun_by_another_process(bench, batch)
    applied = await apply_batch(desk.engine, batch, batch.phrase)
    assert applied.stopped.startswith("Line 2: intent 1 is being worked on right now, ")
    assert (applied.result, applied.asked_to_stop) == (Result.BLOCKED, False)
    assert applied.hint == "Let that one go on; `payconsole report PLAN` tells how far it is."
    assert bench.posts == []


async def test_a_row_that_another_console_took_since_the_run_began_is_left_to_it_too(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 1)))
    await begun_by_another_process(bench, batch)
    with pytest.raises(Stopped, match="Line 2: intent 1 is being worked on") as stopped:
        await row_work(desk, batch).do(batch.rows[0])
    assert stopped.value.result is Result.BLOCKED
    assert bench.posts == []


async def test_a_row_whose_outcome_another_console_lost_since_is_not_begun_again(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 1)))
    other = await bench.desk("one", owner=another_living_process())
    bench.fault("create_refund:hang_up_after:xalways")
    await row_work(other, batch).do(batch.rows[0])
    sent = len(bench.posts)
    with pytest.raises(Stopped) as stopped:
        await row_work(desk, batch).do(batch.rows[0])
    assert str(stopped.value) == "Line 2: the outcome of intent 1 is unknown."
    assert stopped.value.result is Result.UNKNOWN
    assert stopped.value.hint.startswith("`payconsole journal recover 1` resolves it;")
    assert len(bench.posts) == sent


async def test_an_outcome_that_stays_unknown_is_told_with_what_resolving_it_said(
    bench: Bench, desk: Desk
) -> None:
    batch = await planned(desk, *refunds(charges(bench, 1)))
    bench.fault("create_refund:hang_up_after:xalways")
    await apply(desk, batch)
    applied = await apply(desk, batch)
    assert applied.result is Result.UNKNOWN
    beginning, _, said = applied.stopped.partition("is unknown. ")
    assert beginning == "Line 2: the outcome of intent 1 "
    assert said.startswith("The order has moved since this was sent ")
