"""What the engine keeps and looks up for itself, beside what comes out of an action."""

from __future__ import annotations

import pytest

from console.actions.outcome import Result
from console.domain.intent import Move, State
from console.domain.model import parse_time
from tests.support.bench import AUTHORIZED, CHARGE, ORDER, OTHER, ROOMY, Bench, Desk

pytestmark = pytest.mark.anyio


async def test_what_has_its_outcome_can_have_left_nothing_behind(desk: Desk) -> None:
    """So leaving after it needs to say nothing of a request under way."""
    assert (await desk.go("10.00")).result is Result.ACCEPTED
    assert not desk.engine.is_working
    assert await desk.engine.stop()


async def test_what_this_console_made_of_a_charge_is_read_with_it_and_all_with_the_order(
    desk: Desk,
) -> None:
    await desk.go("10.00")
    first = desk.last.result
    await desk.go("5.00", OTHER)
    second = desk.last.result
    await desk.do("authorize", ROOMY, amount="5.00")
    third = desk.last.result
    await desk.do("cancel", AUTHORIZED)
    engine = desk.engine
    assert engine.own(ORDER, CHARGE) == [first]
    assert engine.own(ORDER, OTHER) == [second]
    assert engine.own(ORDER, ORDER) == sorted([str(first), str(second)])
    assert engine.own(ROOMY, ROOMY) == sorted([AUTHORIZED, str(third)])


async def test_each_decision_has_its_own_first_look(bench: Bench, desk: Desk) -> None:
    """What was made after somebody else's look and before its own is not its own."""
    await desk.go("10.00")
    bench.pass_time(3600)
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go("5.00", OTHER)).result is Result.UNKNOWN
    looks = [line for line in desk.journal.entries(kind="reread") if line.intent == desk.last.id]
    seen = await desk.engine._seen_at(desk.last)
    assert seen is not None
    assert seen == parse_time(looks[0].data["date"])
    earlier = await desk.engine._seen_at(desk.journal.intent(1))
    assert earlier is not None
    assert (seen - earlier).total_seconds() >= 3600


async def test_what_is_no_text_is_kept_as_it_is(bench: Bench, desk: Desk) -> None:
    """Amazon gave no code: none is kept, and no word that looks like one."""
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00")
    moved = await desk.engine._move(desk.last, Move.STALE, why="seen", code=None)
    assert moved.state is State.STALE
    data = desk.journal.entries(intent=moved.id)[-1].data
    assert (data["why"], data["code"]) == ("seen", None)
