"""Explain, the clocks, the three vocabularies and the mapping, as they stand on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.content import Content

from console.domain.checkout_v1 import search
from console.domain.model import Dispute
from console.domain.order import Order
from console.tui.screens.mapping import MappingScreen
from console.tui.widgets.explained import explain
from console.tui.widgets.head import head_lines
from console.tui.widgets.side_by_side import WIDE, vocabulary
from console.tui.widgets.transactions import transaction_rows
from tests.domain.builders import (
    AGREEMENT,
    CHARGE,
    NOW,
    ORDER,
    charge,
    order,
    permission,
    stamp,
)
from tests.tui.stage import Driver, Stage, squeeze

pytestmark = pytest.mark.anyio

NONCHARGEABLE = "C01-8824045-7416542"
AUTHORIZED = "S01-3309177-6402958-C010002"


def text(lines: list[Content]) -> str:
    return squeeze(" ".join(line.plain for line in lines))


def authorized(age: timedelta, left: timedelta) -> Order:
    def when(moment: timedelta) -> str:
        return (NOW + moment).strftime("%Y%m%dT%H%M%SZ")

    return order(
        charge("Authorized", created=when(-age), expires=when(left)),
        permission=permission(expires=stamp(days=-100)),
    )


def row_of(found: Order, width: int) -> str:
    return transaction_rows(found, found.observed)[0].draw(width).plain


# --- the clocks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "left", "said"),
    [
        (5, 25, "without delay: 2 days left"),
        (8, 22, "late capture: 22 days left"),
        (31, -1, "authorization lapsed"),
    ],
)
def test_an_authorized_charge_counts_down_in_its_row(age: int, left: int, said: str) -> None:
    found = authorized(timedelta(days=age), timedelta(days=left))
    for width in (74, 110, 146):
        assert row_of(found, width).rstrip().endswith(said)
        assert len(row_of(found, width)) <= width


@pytest.mark.parametrize(
    ("state", "days", "said"),
    [
        ("ActionRequired", 4, "answer: 4 days left"),
        ("ActionRequired", -1, "time to answer is over"),
        ("Resolved", 4, "2 days ago"),
    ],
)
def test_a_dispute_counts_down_to_its_deadline(state: str, days: int, said: str) -> None:
    dispute = Dispute.from_api(
        {
            "disputeId": f"{ORDER}-B000001",
            "chargeId": CHARGE,
            "statusDetails": {"state": state},
            "merchantResponseDeadline": stamp(days=-days),
            "creationTimestamp": stamp(days=2),
        }
    )
    found = order(charge(), disputes=(dispute,))
    rows = transaction_rows(found, found.observed)
    assert rows[1].draw(100).plain.rstrip().endswith(said)


def test_the_head_counts_down_what_presses_most() -> None:
    found = authorized(timedelta(days=5), timedelta(days=25))
    assert "C043451 capture without delay: 2 days left" in text(head_lines(found, 80))
    late = authorized(timedelta(days=28), timedelta(days=2))
    assert "C043451 authorization: 2 days left" in text(head_lines(late, 80))


def test_the_head_says_the_permission_s_own_end_once() -> None:
    found = order(permission=permission(expires=stamp(days=-2)))
    said = text(head_lines(found, 120))
    assert said.count("2 days") == 1


def test_explain_shows_every_clock_and_whose_word_it_is() -> None:
    said = text(explain(authorized(timedelta(days=5), timedelta(days=25)), CHARGE, 100))
    assert "What runs out" in said
    assert "capture without delay C043451 2 days left until 2024-05-26 12:00 UTC, computed" in said
    assert "authorization C043451 25 days left until 2024-06-18 12:00 UTC, by Amazon" in said
    assert "permission order 100 days left" in said
    assert "buyer's details order 25 days left" in said


# --- explain ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [76, 110])
def test_the_buyer_s_link_stands_on_a_line_of_its_own(width: int) -> None:
    found = permission("NonChargeable", id=AGREEMENT, reasons=("PaymentMethodExpired",))
    lines = [line.plain for line in explain(order(permission=found), AGREEMENT, width)]
    assert f"https://payments.amazon.com/jr/your-account/ba/{AGREEMENT}" in lines


def test_a_hostile_reason_is_shown_as_it_is_and_runs_nothing() -> None:
    found = permission("NonChargeable", id=AGREEMENT, reasons=("[@click=app.quit]x[/]",))
    lines = explain(order(permission=found), AGREEMENT, 100)
    assert "“[@click=app.quit]x[/]”" in text(lines)
    assert not any("@click" in str(span.style) for line in lines for span in line.spans)


async def test_a_declined_charge_says_who_mends_it_and_where(stage: Stage) -> None:
    async with stage.console(100, 40) as console:
        await console.look_up(NONCHARGEABLE)
        await console.press("2")
        await console.sees(
            "Declined for good with this payment method",
            f"https://payments.amazon.com/jr/your-account/ba/{NONCHARGEABLE}",
        )


# --- side by side ----------------------------------------------------------------------------


@pytest.mark.parametrize("width", [74, WIDE, 146])
def test_every_action_stands_beside_its_v1_call_and_its_id(width: int) -> None:
    said = text(vocabulary(authorized(timedelta(days=5), timedelta(days=25)), CHARGE, width))
    for wanted in (
        "What can be done now ✓ Capture",
        "Capture AmazonAuthorizationId",
        CHARGE.replace("-C", "-A"),
        "v1 asks for Open; it is Open.",
        "CancelOrderReference",
        "CloseOrderReference",
        "What can't be done now ✗ Refund",
        "cancel the charge instead",
    ):
        assert wanted in said


def test_beside_each_other_no_line_is_too_long_and_no_path_is_broken() -> None:
    lines = vocabulary(authorized(timedelta(days=5), timedelta(days=25)), CHARGE, WIDE)
    assert max(line.cell_length for line in lines) <= WIDE
    said = " ".join(line.plain for line in lines)
    assert f"/charges/{CHARGE}/capture" in said
    assert f"/chargePermissions/{ORDER}/close" in said


async def test_the_tab_shows_it_for_the_order_on_the_screen(stage: Stage) -> None:
    async with stage.console(120, 60) as console:
        await console.look_up(AUTHORIZED)
        await console.press("3")
        await console.sees("CloseAuthorization", AUTHORIZED.replace("-C", "-A"), "Seller Central")


# --- the whole mapping -----------------------------------------------------------------------


async def opened(console: Driver, term: str = "") -> None:
    console.app.push_screen(MappingScreen(term))
    await console.sees("v1 ↔ v2 ↔ Seller Central")


async def test_the_mapping_filters_while_it_is_typed(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await opened(console)
        await console.type("cancelorderreference")
        found = len(search("cancelorderreference"))
        await console.sees(f"{found} of {len(search())}", "cancelPendingCharges true")
        await console.sees_no("AuthorizeOnBillingAgreement")


async def test_the_mapping_begins_with_a_term_and_says_the_nearest_to_a_slip(
    stage: Stage,
) -> None:
    async with stage.console(80, 24) as console:
        await opened(console, "CloseAuthorisation")
        await console.sees("Nothing in the vocabulary matches", "CloseAuthorization")
        await console.sees(f"none of {len(search())}")


async def test_the_keys_scroll_while_one_types_and_escape_closes(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await opened(console)
        screen = console.app.screen
        pane = screen.query_one("#mapping-pane")
        await console.until(lambda: pane.max_scroll_y > 100)  # laid out
        for key, line in (("pagedown", -1), ("down", 0), ("up", -1)):
            await console.press(key)
            await console.until(lambda line=line: pane.scroll_y == pane.size.height + line)  # type: ignore[misc]
        await console.type("/refund")
        await console.until(lambda: pane.scroll_y == 0)
        await console.sees("Create")
        await console.press("escape")
        await console.until(lambda: console.app.screen is not screen)


async def test_markup_in_the_term_is_text(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await opened(console)
        await console.type("[@click=app.quit]x[/]")
        await console.sees("[@click=app.quit]x[/]”")


async def test_the_whole_mapping_fits_a_small_screen(
    stage: Stage, golden: Callable[[str, str], None]
) -> None:
    async with stage.console(80, 24) as console:
        await opened(console, "capture")
        await console.idle()
        golden("mapping-80x24", console.screen)


def test_a_clock_that_has_passed_is_said_so() -> None:
    found = authorized(timedelta(days=5), timedelta(days=25))
    later = replace(found, observed=NOW + timedelta(days=40))
    assert "over for 15 days" in text(explain(later, CHARGE, 100))
