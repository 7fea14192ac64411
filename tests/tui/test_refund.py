"""The main road at the screen: an id, the order, a refund, and what came of it."""

from __future__ import annotations

import pytest

from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

CHARGE = "S01-4966596-9591203-C079366"  # 40.00 captured, 10.00 refunded
OLD_AMOUNTS = "These amounts and times may have been read before what was done here."
UNDER_WAY = "Something is under way here: these amounts and times may change."
V1 = "S01-4966596-9591203-A079366"


def chosen(console: Driver) -> str:
    screen = console.app.console_screen
    assert screen is not None
    assert screen.order_pane.chosen is not None
    return screen.order_pane.chosen


async def test_a_v1_id_to_a_refund_that_is_done(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(V1)
        await console.sees("S01-4966596-9591203", "○ Closed", "made with Checkout v1", "● Captured")
        await console.press("r")
        await console.sees("up to 36.00 USD, 6.00 USD of it above what was captured")
        await console.type("12.00")
        await console.sees("✓ 12.00 USD")
        await console.press("enter")
        await console.type("damaged box")
        await console.press("enter", "enter")
        await console.sees(
            "before", "once it is done", "22.00 USD", "A refund can't be taken back", "key"
        )
        assert stage.refunds_sent() == 0
        await console.confirm("12.00 USD")
        await console.sees("Refund initiated", "It is initiated, not done", "Intent 1, 1 attempt")
        assert stage.refunds_made() == 1
        await console.press("escape")
        await console.sees("◐ RefundInitiated", "1 pending", "v1 Pending")
        stage.world.clock.advance(60)
        await console.sees("Done: refund 12.00 USD", "refunded 22.00")
        await console.sees_no("◐ RefundInitiated", "pending ·")
        await console.sees("refund of 12.00 USD decided: damaged box", "by ann")
    assert stage.refunds_sent() == 1


async def test_until_it_is_read_again_the_charge_tells_no_state(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        await console.sees("C079366   charge  ● Captured")
        await console.plan_refund("1.00")
        stage.fault("get_charge:delay:1:xalways")
        await console.confirm("1.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        await console.sees("charge not read since", "asking Amazon", OLD_AMOUNTS)
        await console.sees_no("charge ● Captured")
        await console.sees("charge ● Captured")
        await console.sees_no(OLD_AMOUNTS)


async def test_while_it_is_under_way_the_charge_tells_no_state(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(CHARGE)
        await console.press("2")
        await console.plan_refund("1.00")
        stage.fault("create_refund:delay:3")
        await console.confirm("1.00 USD")
        await console.sees("Sending, attempt 1")
        await console.press("escape")
        await console.sees("Under way: refund", "charge under way", UNDER_WAY)
        await console.sees_no("it can be refunded")
        await console.sees("Refund initiated", "charge ● Captured", "Wait; it becomes Refunded")
        await console.sees_no(UNDER_WAY, OLD_AMOUNTS)


class TestTheCursorAfterwards:
    async def test_it_stands_on_the_new_refund(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            await console.until(lambda: chosen(console).startswith(f"{CHARGE[:-7]}R"))

    async def test_it_stays_where_it_was_put_meanwhile(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            await console.until(lambda: chosen(console) != CHARGE)
            await console.idle()
            screen = console.app.console_screen
            assert screen is not None
            new = chosen(console)
            screen.order_pane.rows.go(CHARGE)
            screen.made = new, f"{CHARGE[:-7]}R123456"  # as if another row had been the chosen one
            screen.refresh_order()
            await console.until(lambda: screen.made is None)
            assert chosen(console) == CHARGE


WRONG = {
    "1,5": "can be read in two ways",
    "1.005": "USD has two decimal places; 1.005 has 3",
    "-3": "An amount can't be negative",
    "1e3": "is not a plain amount",
    "10 EUR": "This order is in USD, not EUR",
    "36.01": "✗ 36.01 USD is too much: up to 36.00 USD can be refunded",
}


async def test_the_amount_is_checked_while_it_is_typed(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.press("r")
        for typed, said in WRONG.items():
            await console.type(typed)
            await console.sees(said)
            await console.press("enter", "enter", "enter")
            await console.sees_no("The exact request")
            await console.press("home", "ctrl+k")
            await console.sees("It is never filled in for you")
    assert stage.refunds_sent() == 0


async def test_enter_alone_never_confirms(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.plan_refund("10")
        await console.press(*["enter"] * 20)
        await console.sees("Not confirmed. Type exactly: 10.00 USD")
        await console.type("10.00")
        await console.press("enter")
        await console.sees("Not confirmed")
    assert stage.refunds_sent() == 0


async def test_a_thousand_queued_enters_send_once(stage: Stage) -> None:
    from textual import events

    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.plan_refund("10")
        await console.press("enter")
        await console.type("10.00 USD")
        for _ in range(1000):
            console.app.post_message(events.Key("enter", "\r"))
        await console.sees("Refund initiated")
        await console.idle()
        await console.press("escape")
        await console.sees("◐ RefundInitiated")
    assert stage.refunds_sent() == 1


async def test_a_pasted_phrase_with_newlines_does_not_send(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.plan_refund("10")
        await console.press("enter")
        await console.paste("10.00 USD\n\n\n")
        await console.sees("10.00 USD")
        assert stage.refunds_sent() == 0
        await console.press("enter")
        await console.sees("Refund initiated")
    assert stage.refunds_sent() == 1


async def test_above_the_captured_amount_is_confirmed_twice(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.plan_refund("32")
        await console.sees("more is refunded than was captured")
        await console.press("enter")
        await console.type("32.00 USD")
        await console.press("enter", "enter", "enter")
        await console.sees("type also exactly: above captured")
        assert stage.refunds_sent() == 0
        await console.type("above captured")
        await console.press("enter")
        await console.sees("Refund initiated")
    assert stage.refunds_made() == 1


async def test_after_it_the_order_says_that_it_is_being_read_again(stage: Stage) -> None:
    async with stage.console(100, 30) as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.idle()
        stage.fault("get_charge_permission:delay:1")
        await console.press("escape")
        await console.sees("5 Requests", "asking Amazon")
        await console.press("r")
        await console.sees("Refund: not yet", "Amazon is being asked", "g asks again")
        await console.sees_no("asking Amazon")
        await console.press("r")
        await console.sees("It is never filled in for you")


async def test_closing_the_dialog_does_not_stop_the_sending(stage: Stage) -> None:
    stage.fault("create_refund:delay:0.6")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Sending, attempt 1")
        await console.press("escape")
        await console.sees("Under way: refund", "Its outcome will stand here.")
        await console.sees("Refund initiated", "◐ RefundInitiated")
    assert stage.refunds_sent() == 1


async def test_the_time_in_a_row_goes_on_while_the_order_is_open(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.sees("R022311 refund  ● Refunded 10.00  v1 Completed  1 day ago")
        stage.world.clock.advance(5 * 24 * 3600)
        await console.sees("checked 5 days ago", "v1 Completed  6 days ago")


async def test_a_lost_answer_is_resolved_with_one_refund(stage: Stage) -> None:
    stage.fault("create_refund:hang_up_after")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("No proof yet: asking again with the same key", "Refund initiated")
    assert stage.refunds_sent() == 2
    assert stage.refunds_made() == 1


async def test_a_refusal_is_said_in_plain_words(stage: Stage) -> None:
    stage.fault("create_refund:refuse:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refused: nothing was refunded", "AmazonRejected")
        await console.press("escape")
        await console.sees("Refused: nothing was refunded")


async def test_an_order_that_changed_meanwhile_is_stale_and_nothing_is_sent(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.plan_refund("10")
        stage.fault(f"*:foreign_refund:{CHARGE}=5.00")
        await console.confirm("10.00 USD")
        await console.sees("The order had changed", "charge refunded: 10.00 USD, now 15.00 USD")
    assert stage.refunds_sent() == 0


async def test_a_declined_refund_is_loud(stage: Stage) -> None:
    stage.fault("create_refund:decline:AmazonRejected")
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        stage.world.clock.advance(60)
        await console.sees("! DECLINED: refund 10.00 USD", "buyer has not got the money from it")
        await console.press("d")
        await console.sees_no("! DECLINED")


async def test_the_same_amount_again_is_named_as_a_second_refund(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(CHARGE)
        await console.refund("10", "10.00 USD")
        await console.sees("Refund initiated")
        await console.press("escape")
        await console.sees("◐ RefundInitiated")
        await console.plan_refund("10")
        await console.sees("This is a second refund")
    assert stage.refunds_sent() == 1


async def test_live_asks_for_the_last_four_characters(live_stage: Stage) -> None:
    async with live_stage.console() as console:
        await console.sees("LIVE")
        await console.look_up("P01-1840276-5529301")
        await console.press("r")
        await console.name_the_account()
        await console.sees("It is never filled in for you")
        await console.press("escape")
        await console.idle()
        await console.plan_refund("10")
        await console.sees("LIVE: real money")
        await console.confirm("10.00 USD")
        await console.sees("Type exactly: 10.00 USD 8164")
        assert live_stage.refunds_sent() == 0
        await console.type(" 8164")
        await console.press("enter")
        await console.sees("Refund initiated")
