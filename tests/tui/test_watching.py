"""Watching at the screen: it goes on whatever is shown, and what is declined is not missed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App

from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

CHARGE = "S01-4966596-9591203-C079366"  # 40.00 captured, 10.00 refunded
ANOTHER = "S02-6865442-5879427"
PENDING = "S01-7192803-4418857"  # a capture that is still CaptureInitiated
PENDING_CHARGE = f"{PENDING}-C080562"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The times that the bell was rung."""
    bells: list[int] = []
    monkeypatch.setattr(App, "bell", lambda _app: bells.append(1))
    return bells


async def test_a_declined_refund_raises_its_voice_over_another_order(
    stage: Stage, rung: list[int]
) -> None:
    stage.fault("create_refund:decline:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        await console.look_up(ANOTHER)
        assert rung == []
        stage.world.clock.advance(60)
        await console.sees("! DECLINED: refund 10.00 USD", "AmazonRejected")
        await console.sees("buyer has not got the money from it", "Check the balance", ANOTHER)
        assert rung == [1]
        await console.press("escape", "escape")
        await console.sees("! DECLINED")
        await console.press("d")
        await console.sees_no("! DECLINED")


@pytest.mark.parametrize(("declines", "told"), [(False, "Done: refund"), (True, "DECLINED: ref")])
async def test_a_dialog_that_is_left_open_tells_how_its_refund_ended(
    stage: Stage, declines: bool, told: str
) -> None:
    if declines:
        stage.fault("create_refund:decline:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("the buyer doesn't have the money yet")
        stage.world.clock.advance(60)
        await console.sees_no("the buyer doesn't have the money yet")
        dialog = console.app.screen.query_one("#outcome-text").render()
        assert told in str(dialog)


async def test_a_declined_refund_of_before_is_told_after_the_next_start(
    stage: Stage, rung: list[int]
) -> None:
    stage.fault("create_refund:decline:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
    assert rung == []
    stage.world.clock.advance(60)
    async with stage.console() as console:
        await console.sees("! DECLINED: refund 10.00 USD")
        assert rung == [1]


async def test_a_decline_is_told_at_every_start_until_somebody_has_seen_it(stage: Stage) -> None:
    stage.fault("create_refund:decline:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        stage.world.clock.advance(60)
        await console.sees("! DECLINED: refund 10.00 USD")
    async with stage.console() as console:
        await console.sees("! DECLINED: refund 10.00 USD", "d takes this away")
        await console.press("escape", "d")
        await console.sees_no("! DECLINED")
        await console.idle()
    async with stage.console() as console:
        await console.idle()
        await console.sees_no("! DECLINED")


async def test_success_is_told_quietly(stage: Stage, rung: list[int]) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        await console.look_up(ANOTHER)
        stage.world.clock.advance(60)
        await console.sees("Done: refund 10.00 USD", ANOTHER)
        assert rung == []


async def test_a_pending_capture_is_watched_while_another_order_is_shown(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(PENDING)
        await console.sees("CaptureInitiated", "1 pending")
        await console.look_up(ANOTHER)
        await console.sees("1 pending")
        looks = len(stage.world.log.entries("get_charge"))
        await console.until(lambda: len(stage.world.log.entries("get_charge")) > looks)
        with stage.world.lock:
            charge = stage.world.charges[PENDING_CHARGE].latest
            stage.world.put(replace(charge, state="Captured", captured=charge.amount))
        await console.sees("Captured:", "The capture is done", ANOTHER)
        await console.sees_no("1 pending")


async def test_an_order_without_anything_pending_is_never_polled(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(ANOTHER)
        await console.pilot.pause(0.3)
        asked = len(stage.world.log.entries())
        await console.pilot.pause(1.5)
        assert len(stage.world.log.entries()) == asked


async def test_what_amazon_does_not_know_any_more_is_said_once(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(PENDING)
        await console.sees("1 pending")
        await console.look_up(ANOTHER)
        del stage.world.charges[PENDING_CHARGE]
        await console.sees("Not found any more", PENDING_CHARGE)
        await console.sees_no("1 pending")
