"""What happened to an order, from every source there is; each line says which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.ids import identify, parse
from console.domain.model import Refund
from console.domain.order import Event, Order
from console.history import Past, weave
from console.lookup import NotFoundHere, Several
from console.simulator.stories import Teller
from console.simulator.world import World
from console.store.decisions import Entry
from console.store.index import Known, Told

from .conftest import Desk, Sit

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
REFUND = f"{ORDER}-R022311"
AGREEMENT = "C01-2612863-4691163"
RECURRING = "S01-5454037-1929856-C015396"
NOBODY = "S01-9999999-9999999"


def lines(order: Order, source: str, about: str | None = None) -> list[Event]:
    return [e for e in order.history if e.source == source and about in (None, e.object)]


class TestSeen:
    """Every change between two looks is kept with the time of the look that saw it."""

    async def test_a_first_look_that_is_just_now_tells_nothing(self, desk: Desk) -> None:
        assert lines(await desk.look(REFUND), "seen") == []

    async def test_a_change_of_state(self, desk: Desk, world: World) -> None:
        made = f"{ORDER}-R777777"
        teller = Teller(world)
        teller.refund(made, CHARGE, "1.00", teller.ago(seconds=1), state="RefundInitiated")
        first = await desk.look(made)
        world.clock.advance(3600)
        teller.refund(made, CHARGE, "1.00", teller.ago(seconds=1), state="Refunded")
        again = await desk.look(made)
        seen = lines(again, "seen", made)
        assert [event.event for event in seen] == [
            "seen RefundInitiated",
            "seen Refunded, before that RefundInitiated",
        ]
        assert abs(seen[0].time - first.observed) <= timedelta(seconds=1)

    async def test_refunds_that_somebody_else_made(self, desk: Desk, world: World) -> None:
        await desk.look(CHARGE)
        teller = Teller(world)
        teller.refund(f"{ORDER}-R777777", CHARGE, "1.00", teller.ago(seconds=1))
        order = await desk.look(CHARGE)
        changes = [event.event for event in lines(order, "seen", CHARGE)]
        assert "seen refunded 11.00 USD, before that 10.00 USD" in changes[-1]


class TestWithinASecond:
    def test_what_was_decided_stands_before_what_amazon_made_of_it(self) -> None:
        """Amazon tells whole seconds, the journal parts of them."""
        second = datetime(2026, 1, 15, 12, 0, 7, tzinfo=UTC)
        made = Refund.from_api(
            {
                "refundId": REFUND,
                "chargeId": CHARGE,
                "creationTimestamp": "20260115T120007Z",
                "statusDetails": {"state": "RefundInitiated"},
            }
        )
        decided = Entry(1, "2026-01-15T12:00:07.400Z", "accept", 1, ORDER, CHARGE, "ann", {}, "")
        told = weave([made], Past(journal=[decided]), second)
        assert [event.source for event in told] == ["journal", "amazon"]


class TestOtherSources:
    async def test_amazons_own_times_with_what_lies_ahead(self, desk: Desk) -> None:
        order = await desk.look("S01-5797829-1888777-C043451")
        told = {(event.object, event.event) for event in lines(order, "amazon")}
        assert order.permission is not None
        assert (order.id, "created, Chargeable") in told
        ahead = [event for event in order.history if event.event == "expires"]
        assert all(event.time > order.observed for event in ahead)

    async def test_the_state_that_an_object_was_made_in_with_its_reason(self, desk: Desk) -> None:
        order = await desk.look("S01-3309177-6402958-C010004")
        told = [event.event for event in lines(order, "amazon", "S01-3309177-6402958-C010004")]
        assert told == ["created, Declined (SoftDeclined)"]

    async def test_an_import(self, desk: Desk) -> None:
        line = Told(REFUND, "2026-01-05T10:00:00Z", "Refund of 10.00 USD posted", "report")
        desk.known.learn([Known(REFUND, "refund", CHARGE, ORDER, None, None, line.time)], [line])
        told = lines(await desk.look(ORDER), "report")
        assert [(event.object, event.event) for event in told] == [(REFUND, line.event)]

    async def test_of_a_member_that_can_not_be_read(self, desk: Desk) -> None:
        lost = f"{ORDER}-R999999"
        line = Told(lost, "2026-01-05T10:00:00Z", "Refund of 1.00 USD posted", "report")
        desk.known.learn([Known(lost, "refund", CHARGE, ORDER, None, None, line.time)], [line])
        order = await desk.look(ORDER)
        assert lost in order.unread
        assert lines(order, "report", lost)


class TestAfterAnImport:
    """Any id or order number finds its whole family, and Amazon's word counts."""

    @pytest.mark.parametrize("written", ["Shop-1", "shop-1", "#Shop-1", " Shop-1\n"])
    async def test_an_order_number_finds_the_family(self, desk: Desk, written: str) -> None:
        desk.known.learn(
            [
                Known(ORDER, "charge_permission", None, ORDER, "Shop-1", None, "2026-01-01"),
                Known(CHARGE, "charge", ORDER, ORDER, None, None, "2026-01-01"),
                Known(REFUND, "refund", CHARGE, None, None, None, "2026-01-01"),
            ]
        )
        order = await desk.look(written)
        assert [c.id for c in order.charges] == [CHARGE]
        assert [r.id for r in order.refunds] == [REFUND]

    async def test_a_charge_that_amazon_counts_to_another_order_is_not_shown(
        self, desk: Desk
    ) -> None:
        desk.known.learn([Known(RECURRING, "charge", ORDER, ORDER, None, None, "2026-01-01")])
        assert RECURRING not in {c.id for c in (await desk.look(ORDER)).charges}
        known = desk.known.get(RECURRING)
        assert known is not None
        assert known.permission == AGREEMENT

    async def test_a_charge_leads_to_its_own_order_whatever_an_import_says(
        self, desk: Desk
    ) -> None:
        desk.known.learn(
            [
                Known(RECURRING, "charge", ORDER, ORDER, None, None, "2026-01-01"),
                Known(CHARGE, "charge", ORDER, ORDER, None, None, "2026-01-01"),
            ]
        )
        order = await desk.look(RECURRING)
        assert order.id == AGREEMENT
        assert [c.id for c in order.charges] == [RECURRING]

    async def test_a_report_names_each_payment_of_an_agreement_as_an_order(
        self, desk: Desk
    ) -> None:
        base = RECURRING[:19]
        desk.known.learn(
            [
                Known(base, "charge_permission", None, base, "Sub-9", None, "2026-01-01"),
                Known(RECURRING, "charge", base, base, None, None, "2026-01-01"),
            ]
        )
        for text in (base, "Sub-9", RECURRING):
            order = await desk.look(text)
            assert order.id == AGREEMENT
            assert base not in order.unread
        warned = await desk.look(base)
        assert any("is a payment of" in warning for warning in warned.warnings)

    async def test_a_wrong_permission_in_an_import_is_no_warning(self, desk: Desk) -> None:
        desk.known.learn([Known(CHARGE, "charge", NOBODY, NOBODY, None, None, "2026-01-01")])
        order = await desk.look(CHARGE)
        assert order.id == ORDER
        assert order.unread == {}

    async def test_a_dispute_that_a_notification_named_is_read_with_the_order(
        self, desk: Desk
    ) -> None:
        dispute, disputed = "S01-3947265-6081179-B031187", "S01-3947265-6081179-C037518"
        base = dispute[:19]
        assert (await desk.look(disputed)).disputes == ()
        desk.known.learn([Known(dispute, "dispute", None, base, None, None, "2026-01-01")])
        order = await desk.look(disputed)
        assert [d.id for d in order.disputes] == [dispute]


class TestRemembered:
    """An order that was seen before can be shown at once, and says how old the picture is."""

    async def test_nothing_is_remembered_of_what_was_never_seen(self, desk: Desk) -> None:
        assert await desk.lookup.remembered(parse(ORDER)) is None
        desk.known.learn([Known(ORDER, "charge_permission", None, ORDER, "A", None, "2026-01-01")])
        assert await desk.lookup.remembered(parse(ORDER)) is None

    @pytest.mark.parametrize("text", [ORDER, CHARGE, f"{ORDER}-A079366", REFUND])
    async def test_it_is_the_order_that_was_seen(self, desk: Desk, text: str) -> None:
        seen = await desk.look(REFUND)
        order = await desk.lookup.remembered(identify(text).best)
        assert order is not None
        assert order.remembered
        assert (order.id, order.charges, order.refunds) == (seen.id, seen.charges, seen.refunds)
        assert order.totals == seen.totals
        assert abs(order.remembered - seen.observed) <= timedelta(seconds=1)

    async def test_it_asks_nothing(self, desk: Desk) -> None:
        await desk.look(REFUND)
        desk.asked.clear()
        await desk.lookup.remembered(parse(ORDER))
        assert desk.asked == []

    async def test_it_holds_no_buyer_data(self, desk: Desk) -> None:
        await desk.look(ORDER)
        order = await desk.lookup.remembered(parse(ORDER))
        assert order is not None
        assert order.permission is not None
        assert order.permission.raw["buyer"] == "(hidden)"

    async def test_it_is_as_old_as_its_oldest_part(self, desk: Desk) -> None:
        first = await desk.look(REFUND)
        desk.known.remember(
            [Known(CHARGE, "charge", ORDER, ORDER, None, "Captured", "2099-01-01T00:00:00Z")]
        )
        order = await desk.lookup.remembered(parse(ORDER))
        assert order is not None
        assert order.remembered is not None
        assert abs(order.remembered - first.observed) <= timedelta(seconds=1)

    async def test_what_runs_out_runs_on_meanwhile(self, desk: Desk, world: World) -> None:
        await desk.look(ORDER)
        desk.client._now = lambda: world.clock.now() + timedelta(days=3)
        order = await desk.lookup.remembered(parse(ORDER))
        assert order is not None
        assert order.remembered is not None
        assert order.observed - order.remembered >= timedelta(days=2)


class TestWhatAnOrderMustSay:
    """Promises to buyers hang on these sentences."""

    async def test_without_a_known_charge_nothing_is_said_of_money(self, desk: Desk) -> None:
        order = await desk.look("S01-5797829-1888777")  # its 85.00 are authorized
        assert order.charges == ()
        assert order.totals.authorized_open is None
        assert order.totals.captured is None
        assert any("No charge of this order is known" in warning for warning in order.warnings)

    async def test_refunds_that_are_not_known_may_only_have_begun(self, desk: Desk) -> None:
        order = await desk.look(CHARGE)
        assert str(order.totals.refund_unseen) == "10.00 USD"
        assert any("or its refund has begun" in warning for warning in order.warnings)
        again = await desk.look(REFUND)
        assert str(again.totals.refund_unseen) == "0.00 USD"
        assert again.warnings == ()

    async def test_a_declined_refund(self, desk: Desk, world: World) -> None:
        teller = Teller(world)
        made = f"{ORDER}-R777777"
        teller.refund(made, CHARGE, "1.00", teller.ago(days=1), state="Declined")
        order = await desk.look(made)
        assert any("the buyer got nothing by it" in warning for warning in order.warnings)

    async def test_what_takes_long(self, desk: Desk, world: World) -> None:
        teller = Teller(world)
        made = f"{ORDER}-R777777"
        teller.refund(made, CHARGE, "1.00", teller.ago(days=9), state="RefundInitiated")
        order = await desk.look(made)
        assert any("RefundInitiated for 9 days, which is long" in said for said in order.warnings)

    async def test_of_a_number_on_two_orders_how_each_stands(self, desk: Desk) -> None:
        await desk.look(ORDER)
        other = "S01-1570286-9944673"
        desk.known.learn(
            [
                Known(name, "charge_permission", None, name, "Twice", None, "2026-01-01")
                for name in (ORDER, other)
            ]
        )
        with pytest.raises(Several) as caught:
            await desk.look("Twice")
        assert "Closed, seen" in caught.value.orders[ORDER]
        assert caught.value.orders[other] == "not looked at yet"

    async def test_what_an_import_told_of_an_object_that_amazon_does_not_know(
        self, desk: Desk
    ) -> None:
        line = Told(NOBODY, "2026-10-02T10:00:00Z", "CLOSED (SellerClosed)", "notification")
        desk.known.learn([Known(NOBODY, "charge_permission", None, NOBODY, None, None, "")], [line])
        with pytest.raises(NotFoundHere) as caught:
            await desk.look(NOBODY)
        assert "2026-10-02 CLOSED (SellerClosed) (notification)" in caught.value.hint


class TestProgress:
    async def test_every_answer_is_told(self, desk: Desk) -> None:
        await desk.look(REFUND)
        told: list[tuple[int, int]] = []
        await desk.lookup.look_up(parse(ORDER), tell=lambda done, known: told.append((done, known)))
        assert told[-1] == (3, 3)
        assert sorted(done for done, _ in told) == [done for done, _ in told]


class TestGuesses:
    async def test_a_wrong_guess_is_not_waited_for(self, desk: Desk, world: World) -> None:
        """The guess would answer after ten seconds; the charge has named another long before."""
        world.add_fault("get_charge_permission:delay:10:x1")
        order = await desk.fresh_look(RECURRING)
        assert order.id == AGREEMENT


async def test_two_accounts_of_one_machine_share_what_is_known(sit: Sit) -> None:
    await (await sit()).look(REFUND)
    order = await (await sit()).lookup.remembered(parse(ORDER))
    assert order is not None
