"""What an order's money adds up to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import parse
from console.domain.money import Money
from console.domain.order import (
    Order,
    Totals,
    clamp,
    lifetime_kind,
    over_refund,
    refund_floor,
)

from .builders import AGREEMENT, CHARGE, NOW, ORDER, charge, order, permission, refund, stamp


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


class TestOverRefund:
    """The lesser of 15 % and 75 USD/GBP/EUR or 8,400 JPY, rounded down (domain.md 5)."""

    @pytest.mark.parametrize(
        ("captured", "more"),
        [
            ("40.00 USD", "6.00 USD"),
            ("500.00 USD", "75.00 USD"),
            ("499.99 USD", "74.99 USD"),
            ("1000.00 EUR", "75.00 EUR"),
            ("1000.00 GBP", "75.00 GBP"),
            ("0.33 USD", "0.04 USD"),
            ("0.06 USD", "0.00 USD"),
            ("0.07 USD", "0.01 USD"),
            ("5000 JPY", "750 JPY"),
            ("999 JPY", "149 JPY"),
            ("6 JPY", "0 JPY"),
            ("56000 JPY", "8400 JPY"),
            ("1000000 JPY", "8400 JPY"),
            ("1000.00 AUD", "0.00 AUD"),
        ],
    )
    def test_share_and_cap(self, captured: str, more: str) -> None:
        assert over_refund(Money.from_text(captured)) == Money.from_text(more)

    @given(st.integers(0, 10**11), st.sampled_from(["USD", "EUR", "GBP", "JPY"]))
    def test_never_above_either(self, units: int, currency: str) -> None:
        captured = Money(Decimal(units).scaleb(0 if currency == "JPY" else -2), currency)
        more = over_refund(captured)
        assert more.amount <= captured.amount * Decimal("0.15")
        assert more.amount <= (8400 if currency == "JPY" else 75)
        assert Money.from_text(str(more)) == more, "no more places than the currency has"


class TestFloor:
    """max(refunded according to Amazon, the journal's sum of live refunds) (protocol.md 2)."""

    @pytest.mark.parametrize(
        ("amazon", "journal", "floor"),
        [
            (None, None, "0.00"),
            ("10.00", None, "10.00"),
            ("10.00", "4.00", "10.00"),
            ("10.00", "15.00", "15.00"),
            (None, "15.00", "15.00"),
        ],
    )
    def test_the_greater(self, amazon: str | None, journal: str | None, floor: str) -> None:
        read = charge(refunded=f"{amazon} USD" if amazon else None)
        assert refund_floor(read, usd(journal) if journal else None) == usd(floor)

    def test_another_currency_in_the_journal_never_counts(self) -> None:
        assert refund_floor(charge(), Money(Decimal(9), "EUR")) == usd("0")

    def test_no_currency_no_floor(self) -> None:
        assert refund_floor(charge(amount=None, state="Authorized"), None) is None

    def test_a_negative_sum_of_amazon_is_no_room_for_more(self) -> None:
        broken = replace(charge(), refunded=usd("-100"))
        assert refund_floor(broken, None) == usd("0")
        assert order(broken).refundable(broken) == usd("46.00")


class TestRefundable:
    @pytest.mark.parametrize(
        ("captured", "refunded", "journal", "left"),
        [
            ("40.00", None, None, "46.00"),
            ("40.00", "10.00", None, "36.00"),
            ("40.00", "10.00", "20.00", "26.00"),
            ("40.00", "46.00", None, "0.00"),
            ("40.00", "50.00", None, "0.00"),
            ("1000.00", "1000.00", None, "75.00"),
        ],
    )
    def test_captured_and_the_cap_minus_the_floor(
        self, captured: str, refunded: str | None, journal: str | None, left: str
    ) -> None:
        read = charge(amount=f"{captured} USD", refunded=f"{refunded} USD" if refunded else None)
        found = order(read, journal={CHARGE: f"{journal} USD"} if journal else None)
        assert found.refundable(read) == usd(left)

    def test_of_what_was_captured_not_of_what_was_authorized(self) -> None:
        read = charge(amount="100.00 USD", captured="20.00 USD")
        assert order(read).refundable(read) == usd("23.00")

    @pytest.mark.parametrize(
        "state", ["AuthorizationInitiated", "Authorized", "CaptureInitiated", "Canceled",
                  "Declined", "Unknown", "SomethingNew"]
    )  # fmt: skip
    def test_nothing_while_it_is_not_captured(self, state: str) -> None:
        read = charge(state, captured="40.00 USD")
        assert order(read).refundable(read) is None

    def test_currencies_that_disagree_give_no_figure(self) -> None:
        for broken in (
            replace(charge(), captured=Money(Decimal(40), "EUR")),
            replace(charge(), refunded=Money(Decimal(40), "EUR")),
        ):
            assert order(broken).refundable(broken) is None
            assert order(broken).totals.currency == "USD"


class TestTotals:
    def test_of_several_charges(self) -> None:
        captured = charge(amount="30.00 USD", refunded="8.00 USD")
        found = order(
            captured,
            charge("Authorized", "20.00 USD", id=f"{ORDER}-C010002"),
            charge("Canceled", "50.00 USD", id=f"{ORDER}-C010003"),
            charge("Declined", "45.00 USD", id=f"{ORDER}-C010004"),
            permission=permission(limit="100.00 USD", balance="70.00 USD"),
            refunds=(refund("Refunded", "5.00 USD"), refund("RefundInitiated", "3.00 USD")),
        )
        assert found.totals == Totals(
            currency="USD",
            authorized_open=usd("20"),
            authorized_pending=usd("0"),
            captured=usd("30"),
            refunded=usd("8"),
            refund_initiated=usd("3"),
            refund_unseen=usd("0"),
            refundable=usd("26.50"),
            unaccounted=usd("0"),
        )

    def test_what_of_the_authorized_money_amazon_has_not_decided_about(self) -> None:
        found = order(
            charge("Authorized", "20.00 USD"),
            charge("AuthorizationInitiated", "5.00 USD", id=f"{ORDER}-C010002"),
            charge("CaptureInitiated", "7.00 USD", id=f"{ORDER}-C010003"),
        )
        assert found.totals.authorized_open == usd("32")
        assert found.totals.authorized_pending == usd("5")

    @pytest.mark.parametrize(
        ("refunded", "above"), [("8.00 USD", "4.50"), ("30.00 USD", "4.50"), ("32.00 USD", "2.50")]
    )
    def test_what_may_be_refunded_above_the_captured_money(self, refunded: str, above: str) -> None:
        found = order(charge(amount="30.00 USD", refunded=refunded), permission=permission())
        assert found.totals.above_captured == usd(above)

    def test_unknown_money_has_nothing_above_it(self) -> None:
        assert Totals("USD", refundable=usd("1")).above_captured is None

    def test_known_refunds_count_where_amazon_counts_less(self) -> None:
        found = order(charge(), refunds=(refund("RefundInitiated", "5.00 USD"),))
        assert found.totals.refunded == usd("5")

    def test_declined_refunds_never_count(self) -> None:
        found = order(charge(), refunds=(refund("Declined", "5.00 USD"),))
        assert found.totals.refunded == usd("0")
        assert found.totals.refund_initiated == usd("0")

    def test_a_refund_of_another_charge_is_not_counted_twice(self) -> None:
        other = f"{ORDER}-C000002"
        found = order(
            charge(refunded="5.00 USD"),
            charge(id=other),
            refunds=(refund("Refunded", "5.00 USD"), refund("Refunded", "2.00 USD", of=other)),
        )
        assert found.totals.refunded == usd("7")

    def test_another_currency_is_never_added(self) -> None:
        found = order(charge(), charge(amount="10.00 EUR", id=f"{ORDER}-C000002"))
        assert found.totals.captured == usd("40")
        assert found.totals.refundable == usd("46")

    def test_without_charges_only_what_the_limits_tell(self) -> None:
        found = order(permission=permission(balance="60.00 USD"))
        assert found.totals == Totals("USD", unaccounted=usd("40"))

    def test_without_a_currency_there_is_nothing_to_add(self) -> None:
        bare = order(permission=permission(limit=None, balance=None))
        assert bare.totals == Totals(None)

    def test_pending(self) -> None:
        waiting = refund("RefundInitiated", "1.00 USD")
        capturing = charge("CaptureInitiated")
        found = order(charge(), capturing, refunds=(waiting, refund("Refunded", "1.00 USD")))
        assert found.pending == (capturing, waiting)

    def test_fully_captured(self) -> None:
        whole = permission(limit="40.00 USD", balance="0.00 USD")
        assert order(charge(), permission=whole).fully_captured is True
        assert order(charge(), permission=permission()).fully_captured is False
        assert order(charge(), permission=permission(limit=None)).fully_captured is None
        assert order(charge()).fully_captured is None

    def test_what_can_not_be_compared_is_not_fully_captured_nor_the_opposite(self) -> None:
        whole = permission(limit="40.00 USD", balance="0.00 USD")
        assert order(permission=whole).fully_captured is None
        euro = charge(amount="40.00 EUR")
        assert order(euro, permission=whole).fully_captured is None


class TestTheLastRefund:
    def test_is_the_newest_and_without_times_the_last(self) -> None:
        old = refund("Refunded", "1.00 USD", number=1)
        new = replace(old, id=f"{ORDER}-R000002", created=NOW)
        third = replace(old, id=f"{ORDER}-R000003", created=None)
        for refunds, last in (((new, old), new), ((third, old, new), new), ((old, third), old)):
            assert order(charge(), refunds=refunds).last_refund_of(CHARGE) == last
        both = (third, replace(third, id=f"{ORDER}-R000004"))
        assert order(charge(), refunds=both).last_refund_of(CHARGE) == both[1]

    def test_without_a_refund_there_is_none(self) -> None:
        assert order(charge()).last_refund_of(CHARGE) is None


class TestUnaccounted:
    """What unseen charges used, at least (domain.md 11.1)."""

    @pytest.mark.parametrize(
        ("limit", "balance", "left"),
        [
            ("100.00", "60.00", "0.00"),  # 40 captured here
            ("100.00", "40.00", "20.00"),
            ("100.00", "80.00", "0.00"),
            ("100.00", "0.00", "60.00"),
        ],
    )
    def test_limit_minus_balance_minus_known(self, limit: str, balance: str, left: str) -> None:
        of = permission(limit=f"{limit} USD", balance=f"{balance} USD")
        assert order(charge(), permission=of).totals.unaccounted == usd(left)

    def test_an_authorization_may_or_may_not_have_lowered_the_balance(self) -> None:
        waiting = charge("Authorized", "30.00 USD")
        for balance in ("100.00 USD", "70.00 USD"):
            of = permission(balance=balance)
            assert order(waiting, permission=of).totals.unaccounted == usd("0")

    @pytest.mark.parametrize("state", ["Canceled", "Declined"])
    def test_dead_charges_use_nothing(self, state: str) -> None:
        of = permission(balance="60.00 USD")
        assert order(charge(state), permission=of).totals.unaccounted == usd("40")

    def test_a_charge_without_amounts_is_not_guessed_at(self) -> None:
        of = permission(balance="60.00 USD")
        bare = charge("Authorized", None)
        assert order(bare, charge("Canceled"), permission=of).totals.unaccounted == usd("40")

    def test_a_charge_whose_figures_are_in_two_currencies_raises_nothing(self) -> None:
        of = permission(balance="40.00 USD")
        odd = replace(charge(), captured=Money(Decimal(10), "EUR"))
        assert order(odd, permission=of).totals.unaccounted == usd("20")

    @pytest.mark.parametrize("type", ["Recurring", "PaymentMethodOnFile"])
    def test_monthly_limits_tell_nothing(self, type: str) -> None:
        of = permission(id=AGREEMENT, type=type, balance="10.00 USD")
        assert order(charge(), permission=of).totals.unaccounted is None

    @pytest.mark.parametrize(("limit", "balance"), [(None, "1.00 USD"), ("1.00 USD", None)])
    def test_nulls_tell_nothing(self, limit: str | None, balance: str | None) -> None:
        of = permission(limit=limit, balance=balance)
        assert order(charge(), permission=of).totals.unaccounted is None

    def test_another_currency_tells_nothing(self) -> None:
        of = permission(limit="100.00 EUR", balance="10.00 EUR")
        assert order(charge(), permission=of).totals.unaccounted is None


class TestLifetime:
    @pytest.mark.parametrize(
        ("created", "expires", "kind"),
        [
            ("20240524T120000Z", "20241120T120000Z", "180 days"),
            ("20240131T120000Z", "20250228T120000Z", "13 months"),
            ("20230201T000000Z", "20240301T000000Z", "13 months"),
            ("20230701T000000Z", "20240801T000000Z", "13 months"),
            ("20240101T000000Z", "20240626T000000Z", "180 days"),  # 3 days less
            ("20240101T000000Z", "20240625T235959Z", None),
            ("20240101T000000Z", "20240702T000000Z", "180 days"),  # 3 days more
            ("20240101T000000Z", "20240702T000001Z", None),
            ("20240101T000000Z", "20250127T000000Z", "13 months"),  # 395 days, 3 days less
            ("20240101T000000Z", "20250126T235959Z", None),
            ("20240101T000000Z", "20250202T000000Z", "13 months"),  # 3 days more
            ("20240101T000000Z", "20250202T000001Z", None),
            ("20240524T120000Z", "20240624T120000Z", None),
            ("20240524T120000Z", None, None),
        ],
    )
    def test_by_the_two_timestamps(
        self, created: str, expires: str | None, kind: str | None
    ) -> None:
        assert lifetime_kind(permission(created=created, expires=expires)) == kind


class TestFamily:
    def test_an_order_is_named_by_its_permission(self) -> None:
        assert order(charge(of=AGREEMENT), permission=permission(id=AGREEMENT)).id == AGREEMENT
        assert order(charge()).id == CHARGE

    def test_charge_and_refunds_by_id(self) -> None:
        one, two = refund("Refunded", "1.00 USD"), refund("Refunded", "1.00 USD", of="other")
        found = order(charge(), refunds=(one, two))
        assert found.charge(CHARGE) == charge()
        assert found.charge("nothing") is None
        assert found.refunds_of(CHARGE) == (one,)

    def test_currency_of_the_charges_first(self) -> None:
        of = permission(limit="1.00 EUR", balance="1.00 EUR")
        assert order(charge(), permission=of).currency == "USD"
        assert order(permission=of).currency == "EUR"


money = st.one_of(
    st.none(),
    st.builds(
        Money,
        st.decimals(-(10**12), 10**12, places=2),
        st.sampled_from(["USD", "EUR", "JPY"]),
    ),
)


@st.composite
def broken_orders(draw: st.DrawFn) -> Order:
    """Amounts of any sign and currency in any state: what a broken answer could hold."""
    states = st.sampled_from(["Captured", "Authorized", "CaptureInitiated", "Declined", "New"])
    charges = [
        replace(
            charge(draw(states), id=f"{ORDER}-C{n:06d}"),
            amount=draw(money),
            captured=draw(money),
            refunded=draw(money),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    refunds = [
        replace(refund("Refunded", "1.00 USD", of=f"{ORDER}-C{n:06d}"), amount=draw(money))
        for n in range(draw(st.integers(0, 3)))
    ]
    of = replace(permission(), limit=draw(money), balance=draw(money))
    journal = {c.id: m for c in charges if (m := draw(money)) is not None}
    made = order(*charges, permission=of, refunds=tuple(refunds))
    return replace(made, journal_refunds=journal)


@given(broken_orders())
def test_no_figure_is_ever_negative_or_raises(found: Order) -> None:
    totals = found.totals
    assert totals.refundable is None or totals.refundable.amount >= 0
    assert totals.unaccounted is None or totals.unaccounted.amount >= 0
    for read in found.charges:
        left = found.refundable(read)
        if left is not None and read.captured is not None:
            assert 0 <= left.amount <= max(read.captured.amount * 2, Decimal(0))


def test_clamp() -> None:
    assert clamp(usd("-1")) == usd("0")
    assert clamp(usd("1")) == usd("1")


def test_what_was_not_looked_at_is_nothing() -> None:
    found = Order(parse(ORDER), None, (), (), NOW)
    assert found.currency is None
    assert (found.journal_refunds, found.unread) == ({}, {})
    assert (found.disputes, found.warnings, found.history) == ((), (), ())


def test_the_moment_of_the_look_is_kept() -> None:
    assert order(charge(created=stamp(days=3))).observed == NOW
