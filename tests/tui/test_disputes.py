"""A disputed charge at the screen: the refund asks for a word of its own."""

from __future__ import annotations

import pytest

from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

DISPUTE = "S01-3947265-6081179-B031187"  # 95.00, the merchant has to answer


@pytest.mark.parametrize("above", [False, True])
async def test_a_refund_beside_a_dispute_is_confirmed_by_its_own_word(
    stage: Stage, above: bool
) -> None:
    amount = "100.00" if above else "5.00"
    async with stage.console() as console:
        await console.look_up(DISPUTE)
        await console.press("r")
        await console.sees("Disputed", "a refund can pay twice")
        await console.type(amount)
        await console.press("enter", "enter", "enter")
        await console.sees("Answer it in Seller Central by 2026-01-23")
        await console.confirm(f"{amount} USD")
        assert stage.refunds_sent() == 0
        if above:
            await console.press("enter")
            await console.sees("type also exactly: above captured")
            await console.type("above captured")
            await console.press("enter")
        await console.press("enter", "enter")
        await console.sees("type also exactly: disputed")
        assert stage.refunds_sent() == 0
        await console.type("disputed")
        await console.press("enter")
        await console.sees("Refund initiated")
    assert stage.refunds_made() == 1


async def test_a_dispute_that_appears_while_it_is_confirmed_stops_it(stage: Stage) -> None:
    with stage.world.lock:
        dispute = stage.world.disputes[DISPUTE].latest
        del stage.world.disputes[DISPUTE]
    async with stage.console() as console:
        await console.look_up(dispute.charge_id)
        await console.plan_refund("5.00")
        await console.sees_no("twice")
        stage.world.put(dispute)
        other = console.app.console_screen
        assert other is not None
        assert other.work is not None
        await other.work.session.lookup.look_up(
            (await other.work.session.lookup.resolve(DISPUTE)).best
        )
        await console.confirm("5.00 USD")
        await console.sees("The order had changed", "dispute")
    assert stage.refunds_sent() == 0
