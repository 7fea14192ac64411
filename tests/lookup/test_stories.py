"""Every order of the simulator, by every id that it has."""

from __future__ import annotations

import pytest

from console.domain.ids import identify
from console.domain.order import Order
from console.domain.rules import offers
from console.domain.text import has_hidden
from console.simulator.stories import HOSTILE_NAME, STORIES
from console.simulator.world import World

from .conftest import Desk, Sit, all_ids

pytestmark = pytest.mark.anyio

IDS = all_ids()
ORDERS = sorted({order for _, order in IDS})


def test_the_stories_are_all_here() -> None:
    assert {story.order_id for story in STORIES} <= set(ORDERS)
    assert len(IDS) > 60


@pytest.mark.parametrize("order_id", ORDERS)
async def test_any_id_leads_to_its_order(sit: Sit, order_id: str) -> None:
    """Each with an index that knows nothing yet."""
    desk = await sit("live" if order_id[0] in "PB" else "sandbox")
    for text in (text for text, order in IDS if order == order_id):
        desk.forget()
        check(await desk.look(text), text, order_id)


def check(order: Order, text: str, order_id: str) -> None:
    wanted = identify(text).best.v2
    assert order.id == order_id
    assert order.unread == {}
    members = {
        *([order.permission.id] if order.permission else []),
        *(c.id for c in order.charges),
        *(r.id for r in order.refunds),
        *(d.id for d in order.disputes),
        *([order.session.id] if order.session else []),
    }
    assert wanted.id in members
    if order.session is None or order.session.state == "Completed":
        assert order.permission is not None
        assert order.permission.id == order_id
    assert all(charge.permission_id == order_id for charge in order.charges)
    assert all(order.charge(refund.charge_id or "") for refund in order.refunds)
    assert all(made.why for made in offers(order))
    assert [event.time for event in order.history] == sorted(e.time for e in order.history)
    assert order.amazon_date is not None


async def test_a_v1_authorization(desk: Desk) -> None:
    order = await desk.look("s01 5797829 1888777 a043451")
    [charge] = order.charges
    assert (charge.id, charge.state) == ("S01-5797829-1888777-C043451", "Authorized")
    assert str(order.totals.authorized_open) == "85.00 USD"
    assert order.query.id == "S01-5797829-1888777-A043451", "what was pasted is kept"


async def test_a_billing_agreement_and_one_of_its_charges(desk: Desk) -> None:
    order = await desk.look("S01-5454037-1929856-C015396")
    assert order.id == "C01-2612863-4691163"
    assert order.permission is not None
    assert order.permission.is_recurring
    assert order.totals.unaccounted is None


async def test_several_charges(desk: Desk, world: World) -> None:
    base = "S01-3309177-6402958"
    for charge in ("C010001", "C010002", "C010003", "C010004"):
        await desk.look(f"{base}-{charge}")
    for refund in ("R020001", "R020002"):
        await desk.look(f"{base}-{refund}")
    order = await desk.look(base)
    assert len(order.charges) == 4
    assert len(order.refunds) == 2
    assert str(order.totals.refunded) == "8.00 USD"
    assert str(order.totals.captured) == "30.00 USD"
    assert str(order.totals.unaccounted) == "0.00 USD"
    assert order.warnings == ()


async def test_a_dispute_is_a_warning(desk: Desk) -> None:
    order = await desk.look("S01-3947265-6081179-B031187")
    assert [d.id for d in order.disputes] == ["S01-3947265-6081179-B031187"]
    assert any("pay the buyer twice" in warning for warning in order.warnings)
    assert str(order.totals.captured) == "95.00 USD"


async def test_an_open_session_has_no_order_yet(desk: Desk) -> None:
    order = await desk.look("4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3")
    assert order.permission is None
    assert order.session is not None
    assert order.session.state == "Open"
    assert order.charges == ()


async def test_what_was_used_by_unseen_charges_is_said(desk: Desk) -> None:
    order = await desk.look("S01-4966596-9591203")
    assert str(order.totals.unaccounted) == "40.00 USD"
    assert any("has not seen" in warning for warning in order.warnings)


async def test_hostile_texts_are_clean_everywhere(desk: Desk) -> None:
    order = await desk.look("S01-6666013-1313666-C066613")
    assert order.permission is not None
    texts = [str(order.permission.raw), repr(order), *order.warnings]
    assert not any(has_hidden(text) for text in texts)
    assert order.permission.merchant.reference == "Acme-␛[5m120[/]"
    assert HOSTILE_NAME[:8] in str(order.permission.raw)


@pytest.mark.parametrize("limits", ["null", "null_fields"])
async def test_v1_objects_with_nulls(desk: Desk, world: World, limits: str) -> None:
    world.switches = world.switches.changed({"v1_limits": limits, "v1_expiration": "null"})
    order = await desk.look("S01-4966596-9591203-A079366")
    assert order.permission is not None
    assert (order.permission.limit, order.permission.expires) == (None, None)
    assert order.totals.unaccounted is None
    assert str(order.totals.refundable) == "36.00 USD"
