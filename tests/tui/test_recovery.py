"""What is left open by a lost answer or a crash, and a person's ways out."""

from __future__ import annotations

import pytest

from console.domain.intent import State
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

CHARGE = "S01-4966596-9591203-C079366"


async def leave_unknown(stage: Stage) -> None:
    """A refund of which no answer ever came."""
    stage.fault("create_refund:hang_up_before:x3")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("OUTCOME UNKNOWN", "It may have happened")
        await console.press("escape")
        await console.sees("! Intent 1: outcome unknown", "1 open intent")
        await console.press("d")
        await console.sees("! Intent 1: outcome unknown")  # not to be dismissed
    assert stage.refunds_made() == 0


def state_of(console: Driver, number: int) -> State:
    assert console.app.session is not None
    return console.app.session.journal.intent(number).state


async def test_an_unknown_outcome_is_resolved_at_the_next_start(stage: Stage) -> None:
    await leave_unknown(stage)
    async with stage.console() as console:
        await console.sees("Recovered at the start: intent 1: Refund initiated")
        await console.sees_no("1 open intent")
    assert stage.refunds_made() == 1


async def test_where_money_moved_a_person_is_asked(stage: Stage) -> None:
    await leave_unknown(stage)
    from console.simulator.foreign import refund

    refund(stage.world, CHARGE, "10.00")
    sent = stage.refunds_sent()
    async with stage.console() as console:
        await console.sees("! Intent 1: outcome unknown The order has moved", "1 open intent")
        await console.press("escape", "i")
        await console.sees("Open intents", "refund 10.00 USD", "3 without an answer")
        await console.press("a")
        await console.idle()
        await console.sees("The order has moved")
        assert stage.refunds_sent() == sent
        await console.press("x")
        await console.sees("It did not happen. Say what the evidence is")
        await console.press("enter")
        assert state_of(console, 1) is State.UNKNOWN
        await console.type("Seller Central shows Bea's refund only")
        await console.press("enter")
        await console.sees("by your word: it did not happen", "Nothing is open")
        assert state_of(console, 1) is State.ABANDONED
    assert stage.refunds_sent() == sent


async def test_nobody_else_did_it_has_to_be_typed(stage: Stage) -> None:
    await leave_unknown(stage)
    from console.simulator.foreign import refund

    refund(stage.world, CHARGE, "5.00")
    async with stage.console() as console:
        await console.sees("The order has moved")
        await console.press("escape", "i", "n")
        await console.sees("Type: nobody else did it")
        await console.press("enter", "enter")
        assert state_of(console, 1) is State.UNKNOWN
        await console.type("nobody else did it")
        await console.press("enter")
        await console.sees("Nothing is open", "Refund initiated")
        assert state_of(console, 1) is State.ACCEPTED
    assert stage.refunds_made() == 1


async def test_a_broken_journal_is_red_and_blocks_actions(stage: Stage) -> None:
    import sqlite3

    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
    with sqlite3.connect(stage.folder / "journal.sqlite") as connection:
        connection.execute("update entries set actor = 'eve' where seq = 1")
    connection.close()
    async with stage.console() as console:
        await console.sees("JOURNAL BROKEN", "! THE JOURNAL DOES NOT VERIFY line 1 was changed")
        await console.look_up(CHARGE)
        await console.press("r")
        await console.sees("Actions are blocked")
    assert stage.refunds_sent() == 1


async def test_leaving_waits_for_a_request_that_is_under_way(stage: Stage) -> None:
    stage.fault("create_refund:delay:3")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Sending, attempt 1")
        await console.press("ctrl+q")
        await console.sees("A request to Amazon is under way")
        await console.press("escape")
        await console.sees_no("A request to Amazon")
        await console.press("ctrl+q")
        await console.until(lambda: not console.app.is_running)
    async with stage.console() as console:
        assert state_of(console, 1) in (State.ACCEPTED, State.SETTLED)
    assert stage.refunds_made() == 1


async def test_leaving_at_once_leaves_the_intent_to_the_next_start(stage: Stage) -> None:
    stage.fault("create_refund:delay:30")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Sending, attempt 1")
        await console.press("ctrl+q")
        await console.sees("l leave now")
        await console.press("l")
        await console.until(lambda: not console.app.is_running)
        assert stage.refunds_sent() == 1
