"""Every action at the screen: through its keys, held back with a reason, and sent once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from textual import events

from console.domain.intent import State
from console.domain.policy import Policy
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

OPEN = "S01-5797829-1888777"  # limit 85.00, one charge of 85.00 authorized 3 days ago
OPEN_CHARGE = f"{OPEN}-C043451"
SEVERAL = "S01-3309177-6402958"  # limit 100.00, 30.00 captured, 20.00 authorized
AUTHORIZED = f"{SEVERAL}-C010002"
LATE = "S01-7034412-2290865"  # 25.00 authorized 20 days ago
EURO = "S02-6865442-5879427"  # limit 120.00, 49.90 captured
RECURRING = "C01-2612863-4691163"
SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"  # agreed 18.00
REFUNDABLE = "S01-4966596-9591203-C079366"
CLOSED = "S01-8120934-5567021"

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Deed:
    """One action from the keys to its outcome: `typed` texts go in with enter after each."""

    order: str
    key: str
    typed: tuple[str | Keys, ...]
    phrase: str
    operation: str
    plan: tuple[str, ...]
    done: tuple[str, ...]


DEEDS = {
    "refund": Deed(
        REFUNDABLE, "r", ("10", "damaged", "T-1"), "10.00 USD", "create_refund",
        ("10.00 USD back on the payment method", "T-1"), ("Refund initiated",),
    ),
    "capture": Deed(
        AUTHORIZED, "c", ("12", "sent", "T-1"), "12.00 USD", "capture_charge",
        ("12.00 USD is collected", "can't be collected with it later", "8.00 USD, back to"),
        ("Capture done", "is Captured, over 12.00 USD"),
    ),
    "cancel": Deed(
        OPEN_CHARGE, "x", ("out of stock", ""), "cancel 3451", "cancel_charge",
        ("no longer reserved", "none: Amazon takes no key for it"),
        ("Canceled", "nothing is reserved with the buyer", "no key"),
    ),
    "authorize": Deed(
        EURO, "a", ("20", (), (), "more", ""), "20.00 EUR", "create_charge",
        ("20.00 EUR is reserved", '"captureNow":false', "authorized or declined"),
        ("Authorized", "One charge of 20.00 EUR exists"),
    ),
    "authorize and capture": Deed(
        EURO, "a", ("20", ("y",), ("space",), "more", ""), "20.00 EUR", "create_charge",
        ("collected at once", '"captureNow":true', "may stay pending for up to 24 hours"),
        ("Captured", "One charge of 20.00 EUR exists"),
    ),
    "close": Deed(
        SEVERAL, "z", (("y",), "done", ""), "close 2958", "close_charge_permission",
        ("Is canceled", AUTHORIZED), ("Closed", "no further charge can be made"),
    ),
    "update": Deed(
        SEVERAL, "u", ("Acme-112b", "", "", "", "renumbered", ""), "update 2958",
        "update_charge_permission",
        ("Acme-112  →", "Acme-112b", '{"merchantMetadata":{"merchantReferenceId":"Acme-112b"}}'),
        ("Updated", "has the new values"),
    ),
    "extend a permission": Deed(
        RECURRING, "e", ("1 Year", "", "longer", ""), "extend 1163", "update_charge_permission",
        ("1 Month  →", "1 Year", "what Amazon computes from it"),
        ("Frequency changed", "It expires"),
    ),
    "complete": Deed(
        SESSION, "m", ("18", "shop was down", ""), "18.00 USD", "complete_checkout_session",
        ("The order over 18.00 USD is placed",), ("Completed", "The session is completed"),
    ),
}  # fmt: skip


async def open_form(console: Driver, deed: Deed) -> None:
    await console.look_up(deed.order)
    await console.press(deed.key)
    await console.sees("1 what", "enter next, then plan")


async def fill(console: Driver, deed: Deed) -> None:
    """From the order to the plan."""
    await open_form(console, deed)
    await fill_in(console, deed)


async def fill_in(console: Driver, deed: Deed) -> None:
    for typed in deed.typed:
        if isinstance(typed, tuple):
            await console.press(*typed)
        elif typed:
            await console.type(typed)
        await console.press("enter")
    await console.sees("esc change it")


def sent(stage: Stage, operation: str) -> int:
    return len(stage.world.log.entries(operation))


@pytest.mark.parametrize("name", DEEDS)
async def test_each_action_goes_from_its_key_to_its_outcome(stage: Stage, name: str) -> None:
    deed = DEEDS[name]
    async with stage.console(120, 40) as console:
        await fill(console, deed)
        await console.sees(*deed.plan)
        assert sent(stage, deed.operation) == 0
        await console.press("enter")
        await console.press(*["enter"] * 5)
        await console.sees(f"Not confirmed. Type exactly: {deed.phrase}")
        await console.type(deed.phrase)
        for _ in range(200):
            console.app.post_message(events.Key("enter", "\r"))
        await console.sees("esc close", *deed.done, "Intent 1, 1 attempt")
        await console.idle()
        assert sent(stage, deed.operation) == 1
        await console.press("escape")
        await console.sees("checked")


NOT_NOW = {
    "r": ("Refund is not possible", "Nothing was captured yet"),
    "m": ("Complete: not here", "It is for a checkout session"),
}


@pytest.mark.usefixtures("reading")
async def test_what_is_not_possible_says_why(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(OPEN_CHARGE)
        for key, said in NOT_NOW.items():
            await console.press(key)
            await console.sees(*said)
        await console.look_up(CLOSED)
        await console.press("z")
        await console.sees("Close is not possible", "It is closed already")
        await console.press("e")
        await console.sees("Extend is not possible")
    assert not stage.world.log.entries("create_refund")


@pytest.mark.usefixtures("reading")
async def test_a_policy_dims_and_explains(stage: Stage) -> None:
    stage.policy = Policy(actions=frozenset({"refund"}), require_ticket=True)
    async with stage.console() as console:
        await console.look_up(OPEN_CHARGE)
        await console.press("x")
        await console.sees("Cancel is not possible", "allows refund, not cancel", "`actions`")
        await console.look_up(REFUNDABLE)
        await console.press("r")
        await console.sees("this profile asks for it")
        await console.type("10")
        await console.press("enter", "enter", "enter")
        await console.sees("Held back", "asks for a ticket with every action")
    assert not stage.refunds_sent()


@pytest.mark.usefixtures("reading")
async def test_a_read_only_profile_does_nothing(stage: Stage) -> None:
    stage.policy = Policy(read_only=True)
    async with stage.console() as console:
        await console.look_up(OPEN_CHARGE)
        for key in "cxaze":
            await console.press(key)
            await console.sees("is not possible: ", "This profile is read-only")


async def test_the_largest_amount_of_a_policy_is_held(stage: Stage) -> None:
    stage.policy = Policy(max_per_action={"USD": Decimal(5)})
    async with stage.console() as console:
        await console.look_up(REFUNDABLE)
        await console.press("r")
        await console.type("10")
        await console.press("enter", "enter", "enter")
        await console.sees("Held back", "at most 5.00 USD in one action")
    assert not stage.refunds_sent()


async def test_esc_in_the_cooling_time_stops_everything(stage: Stage) -> None:
    stage.policy = Policy(cooling_seconds=30)
    deed = DEEDS["cancel"]
    async with stage.console() as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("Sending in 30 s", "esc stop it: nothing is sent")
        await console.press("escape")
        await console.sees("Stopped", "nothing was sent", "esc close")
        await console.press("escape")
        await console.idle()
        assert console.app.session is not None
        assert console.app.session.journal.intents() == []
        await console.sees("◌ Authorized")
    assert sent(stage, deed.operation) == 0


async def test_after_the_cooling_time_it_is_sent(stage: Stage) -> None:
    stage.policy = Policy(cooling_seconds=1)
    deed = DEEDS["cancel"]
    async with stage.console() as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("Sending in 1 s")
        await console.sees("Canceled", "Intent 1, 1 attempt")
    assert sent(stage, deed.operation) == 1


async def test_more_than_authorized_is_guided(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(LATE)
        await console.press("c")
        await console.sees("over for 13 days", "Amazon can still decline it")
        await console.type("30")
        await console.sees("up to 25.00 USD can be captured", "The order's limit is 25.00 USD")
        await console.press("enter", "enter", "enter")
        await console.sees("1 what", "up to 25.00 USD can be captured")
        await console.press("home", "ctrl+k")
        await console.type("20")
        await console.sees("✓ 20.00 USD", "Capture the smaller amount")


async def test_another_amount_than_agreed_does_not_complete(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(SESSION)
        await console.press("m")
        await console.type("17")
        await console.sees("The buyer agreed to 18.00 USD, not to 17.00 USD")
        await console.press("enter", "enter", "enter")
        await console.sees("AmountMismatch")
    assert sent(stage, "complete_checkout_session") == 0


async def test_a_note_that_a_field_cant_show_is_not_cut_by_looking_at_it(stage: Stage) -> None:
    """One of several lines is not filled in; what is not typed anew stays as it is."""
    note = "first line\nsecond line"
    with stage.world.lock:
        known = stage.world.permissions[SEVERAL].latest
        stage.world.put(replace(known, merchant={**known.merchant, "noteToBuyer": note}))
    async with stage.console() as console:
        await console.look_up(SEVERAL)
        await console.press("u")
        await console.sees("too long to stand here")
        await console.press("end")
        await console.type("x")
        await console.press("enter", "enter", "enter", "enter", "enter", "enter")
        await console.sees("The exact request", '"merchantReferenceId":"Acme-112x"}}')


async def test_a_completed_session_is_shown_as_the_order_that_it_became(stage: Stage) -> None:
    """It has another id then; what was offered for the open session is not offered any more."""
    async with stage.console() as console:
        await console.look_up(SESSION)
        await console.press("m")
        await console.type("18")
        await console.press("enter", "enter", "enter")
        await console.sees("The exact request")
        await console.press("enter")
        await console.type("18.00 USD")
        await console.press("enter")
        await console.sees("The session is completed")
        await console.press("escape")
        await console.sees("Authorized 18.00", "session ● Completed")
        await console.sees("complete of 18.00 USD decided", "by ann")


async def test_each_charge_that_a_close_ends_is_named(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(SEVERAL)
        await console.press("z")
        await console.sees(f"Is kept {AUTHORIZED}")
        await console.press("y")
        await console.sees(f"Is canceled {AUTHORIZED}")
        await console.press("n")
        await console.sees(f"Is kept {AUTHORIZED}")
        await console.press("y", "enter", "enter", "enter")
        await console.sees("The exact request")
        await console.press("enter")
        await console.sees(f"is canceled: {AUTHORIZED} Authorized 20.00 USD", "To send it, type")
        stage.fault("get_charge_permission:delay:1:xalways")
        await console.type("close 2958")
        await console.press("enter")
        await console.sees(f"Charge permission {SEVERAL} is Closed")
        await console.press("escape")
        await console.sees("C010002 charge not read since", f"{SEVERAL} not read since")
        await console.sees("○ Canceled", f"{SEVERAL} ○ Closed")
        await console.sees_no("not read since")


async def test_only_what_was_changed_is_sent(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up(SEVERAL)
        await console.press("u")
        await console.sees("Acme-112", "Acme Store")
        await console.press(*["enter"] * 6)
        await console.sees("Nothing is changed yet")
        await console.press("tab")
        await console.type("x" * 51)
        await console.sees("has 51 characters; Amazon takes 50")
    assert sent(stage, "update_charge_permission") == 0


async def test_a_late_capture_is_initiated_and_then_done(stage: Stage) -> None:
    async with stage.console() as console:
        await fill(console, Deed(LATE, "c", ("25", "", ""), "", "", (), ()))
        await console.sees("CaptureInitiated, then Captured")
        await console.confirm("25.00 USD")
        await console.sees("Capture initiated", "The capture has begun, it is not done")
        await console.sees_no("Capture done")
        await console.press("escape")
        await console.sees("1 pending")
        stage.world.clock.advance(24 * 3600)
        await console.sees("Done: capture 25.00 USD", "is Captured: the money was collected")


async def test_a_declined_capture_is_loud_until_it_is_seen(stage: Stage) -> None:
    stage.fault("capture_charge:decline:AmazonRejected")
    async with stage.console() as console:
        await fill(console, Deed(LATE, "c", ("25", "", ""), "", "", (), ()))
        await console.confirm("25.00 USD")
        await console.sees("Capture initiated")
        await console.press("escape")
        await console.sees("1 pending")
        stage.world.clock.advance(24 * 3600)
        await console.sees("! DECLINED: capture 25.00 USD", "Nothing was collected with it")
    async with stage.console() as console:
        await console.sees("! DECLINED: capture 25.00 USD", "Nothing was collected with it")
        await console.press("escape", "d")
        await console.sees_no("! DECLINED")
        await console.idle()
    async with stage.console() as console:
        await console.idle()
        await console.sees_no("! DECLINED")


async def test_a_lost_answer_to_a_cancel_is_seen_by_a_read(stage: Stage) -> None:
    stage.fault("cancel_charge:hang_up_after")
    deed = DEEDS["cancel"]
    async with stage.console() as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("Canceled", "probably by this cancel")
    assert sent(stage, deed.operation) == 1


async def test_an_unknown_cancel_asks_again_without_a_key(stage: Stage) -> None:
    stage.fault("cancel_charge:hang_up_before:x3")
    deed = DEEDS["cancel"]
    async with stage.console() as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("OUTCOME UNKNOWN", "ask Amazon again, it happened")
        await console.press("escape")
        await console.sees("1 open intent")
        await console.press("i")
        await console.sees("cancel", "key none: the order is looked at before it asks again")
        await console.sees_no("d disputed")
        await console.press("a")
        await console.sees("Canceled", "Nothing is open")


async def test_nothing_is_called_known_while_it_is_being_sent(stage: Stage) -> None:
    stage.fault("capture_charge:delay:3")
    deed = DEEDS["capture"]
    async with stage.console(120, 40) as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("Sending, attempt 1")
        await console.press("escape", "i")
        await console.sees("Open intents", "Under way, so its outcome isn't known yet: capture on")
        await console.sees_no("every action has a known outcome")
        await console.sees("every action has a known outcome")


async def test_what_the_buyer_does_not_get_to_see_is_not_said_to_be_seen(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up(SEVERAL)
        await console.press("u")
        await console.sees("Custom info", "empty")
        for _field in range(3):
            await console.press("tab")
        await console.type("looked at twice")
        await console.press("enter", "enter", "enter")
        await console.sees("Nothing: custom information isn't shared with the buyer.")
        await console.press("escape")
        await console.sees("Store name")
        await console.press("tab", "tab")
        await console.type("Thank you")
        await console.press("enter", "enter", "enter", "enter")
        await console.sees("in mails from now on.", "Custom information isn't shared")


async def test_leaving_waits_for_a_capture_that_is_under_way(stage: Stage) -> None:
    stage.fault("capture_charge:delay:3")
    deed = DEEDS["capture"]
    async with stage.console() as console:
        await fill(console, deed)
        await console.confirm(deed.phrase)
        await console.sees("Sending, attempt 1")
        await console.press("ctrl+q")
        await console.sees("A request to Amazon is under way")
        await console.until(lambda: not console.app.is_running)
    async with stage.console() as console:
        assert console.app.session is not None
        assert console.app.session.journal.intent(1).state is State.SETTLED
    executed = [e for e in stage.world.log.entries("capture_charge") if e.effect == "executed"]
    assert len(executed) == 1


# --- renewing an authorization, in two steps ------------------------------------------------------


RENEWAL = Deed(AUTHORIZED, "e", ("keep it", ""), "", "", (), ())


async def renew(console: Driver) -> None:
    await open_form(console, RENEWAL)
    await console.sees("First: authorize 20.00 USD anew", "both amounts are reserved")
    await fill_in(console, RENEWAL)
    await console.sees("Two steps", f"Then, once the new one is Authorized: cancel {AUTHORIZED}")
    await console.confirm("20.00 USD")


async def test_a_renewal_tells_both_steps(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await renew(console)
        await console.sees("Renewed", "One charge of 20.00 USD exists", "is Canceled")
        await console.press("escape")
        await console.sees("○ Canceled", "◌ Authorized")
        await console.sees_no("half renewed")
    assert sent(stage, "create_charge") == sent(stage, "cancel_charge") == 1


async def test_until_it_is_read_again_no_renewed_charge_tells_a_state(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await open_form(console, RENEWAL)
        await fill_in(console, RENEWAL)
        await console.sees("Two steps")
        stage.fault("get_charge_permission:delay:1:xalways")
        await console.confirm("20.00 USD")
        await console.sees("Renewed")
        await console.press("escape")
        await console.sees("C010002 charge not read since", f"{SEVERAL} not read since")
        await console.sees("○ Canceled", "◌ Authorized", f"{SEVERAL} ● Chargeable")
        await console.sees_no("not read since")


async def test_a_renewal_without_room_says_what_can_be_lost(stage: Stage) -> None:
    stage.switch(balance_falls_at="authorization")
    async with stage.console() as console:
        await console.look_up(OPEN_CHARGE)
        await console.press("e")
        await console.sees(f"First: cancel {OPEN_CHARGE}", "There is no room for both", "can't be")


async def half_renewed(console: Driver, stage: Stage) -> None:
    stage.fault("cancel_charge:refuse:InvalidChargeStatus")
    await renew(console)
    await console.sees("Half renewed: the first step is done, the second is not")
    await console.press("escape")
    await console.sees("1 half renewed")
    await console.press("i")
    await console.sees("! half done", "Half renewed: the new charge", "f finish it u undo it")


async def test_a_half_done_renewal_is_finished_from_the_intents(stage: Stage) -> None:
    async with stage.console() as console:
        await half_renewed(console, stage)
        await console.press("f")
        await console.sees(f"Extend · charge {AUTHORIZED}", "It stands", "was not canceled")
        await console.press("enter", "enter")
        await console.sees("DELETE")
        await console.confirm("extend 0002")
        await console.sees("Renewed", "is Canceled")
        await console.press("escape")
        await console.sees("Nothing is open")
        await console.press("escape")
        await console.sees_no("half renewed")
    assert sent(stage, "create_charge") == 1
    assert stage.world.charges[AUTHORIZED].latest.state == "Canceled"


async def test_a_half_done_renewal_is_undone_from_the_intents(stage: Stage) -> None:
    async with stage.console() as console:
        await half_renewed(console, stage)
        await console.press("u")
        await console.sees("Cancel · charge", "1 what")
        await console.press("enter", "enter")
        await console.sees("esc change it", "DELETE")
        assert console.app.session is not None
        [first] = [i for i in console.app.session.journal.intents() if i.result and i.amount]
        assert first.result is not None
        await console.confirm(f"cancel {first.result[-4:]}")
        await console.sees("esc close", "Canceled")
        await console.press("escape")
        await console.sees("Nothing is open")
        states = {i.id: i.state for i in console.app.session.journal.intents()}
        assert states[first.id] is State.SETTLED
    assert stage.world.charges[AUTHORIZED].latest.state == "Authorized"
    assert stage.world.charges[first.result].latest.state == "Canceled"


async def test_where_both_take_it_one_is_asked_which(stage: Stage) -> None:
    charge = "S01-5454037-1929856-C015396"
    with stage.world.lock:
        known = stage.world.charges[charge].latest
        stage.world.put(replace(known, state="Authorized", captured=None))
    async with stage.console() as console:
        await console.look_up(charge)
        await console.press("e")
        await console.sees("Extend: which one?", charge, RECURRING)


# --- whole screens --------------------------------------------------------------------------------

PICTURED = ("capture", "cancel", "authorize", "close", "update", "extend a permission", "complete")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
@pytest.mark.parametrize("name", PICTURED)
async def test_the_dialogs_look_as_they_should(
    stage: Stage, golden: Callable[[str, str], None], name: str, width: int, height: int
) -> None:
    deed, size = DEEDS[name], f"{width}x{height}"
    slug = name.replace(" ", "-")
    async with stage.console(width, height) as console:
        await open_form(console, deed)
        await console.idle()
        golden(f"action-{slug}-what-{size}", dialog(console))
        await fill_in(console, deed)
        await console.idle()
        golden(f"action-{slug}-plan-{size}", dialog(console))
        await console.press("enter")
        await console.sees("To send it, type")
        await console.idle()
        golden(f"action-{slug}-confirm-{size}", dialog(console))


def dialog(console: Driver) -> str:
    """The dialog alone: what is behind it belongs to other pictures."""
    [box] = [found.region for found in console.app.screen.query("#dialog")]
    lines = console.screen.splitlines()[box.y : box.bottom]
    return "\n".join(line[box.x : box.right].rstrip() for line in lines)
