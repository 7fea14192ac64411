"""A policy lets through exactly what it allows, and says what to do about the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.action_table import BY_NAME
from console.domain.money import Money, exponent
from console.domain.policy import LIMITS, Asked, Policy, action_names

WHERE = "[profiles.acme.policy] in /home/ann/settings.toml"


def money(amount: str, currency: str = "USD") -> Money:
    return Money(Decimal(amount), currency)


def refund(amount: str = "10.00", currency: str = "USD") -> Asked:
    return Asked("refund", money(amount, currency), reason="damaged box", ticket="T-1")


def limits(**amounts: str) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in amounts.items()}


def held(found: str | None, key: str) -> str:
    """The sentences of a refusal: what, which setting where, who can change it, what instead."""
    assert found is not None, "it was let through"
    assert f"`{key}` under {WHERE}" in found
    said, _, rest = found.partition(" So says ")
    change, _, instead = rest.partition(" can change it. ")
    assert said.endswith("."), found
    assert "whoever may edit that file" in change, found
    assert instead.endswith("."), found
    assert instead[0].isupper(), found
    return found


class TestEverythingIsAllowed:
    """By default, whatever is asked."""

    @pytest.mark.parametrize("action", [*BY_NAME, "something-new"])
    @pytest.mark.parametrize("amount", [None, money("150000.00"), money("1", "XYZ")])
    def test_by_the_default(self, action: str, amount: Money | None) -> None:
        asked = Asked(action, amount, above_captured=True)
        assert Policy().against(asked) is None
        assert Policy().against_sending() is None
        if amount is not None:
            assert Policy().against_sums(asked, amount, amount) is None

    def test_nothing_is_asked_for_and_nothing_is_claimed(self) -> None:
        default = Policy()
        assert default.read_only is default.require_reason is default.require_ticket is False
        assert default.above_captured is True
        assert Asked("refund", None) == Asked("refund", None, "", "", above_captured=False)

    def test_a_policy_of_no_named_place_tells_where_such_places_are(self) -> None:
        said = Policy(read_only=True).against_sending()
        assert said is not None
        assert "`read_only` under [profiles.NAME.policy] in settings.toml;" in said

    def test_and_it_has_nothing_to_say(self) -> None:
        assert Policy().words() == ()
        assert Policy().limits == {}
        assert not Policy().has_daily
        assert Policy().cooling_seconds == 0


class TestReadOnly:
    policy = Policy(read_only=True, where=WHERE)

    @pytest.mark.parametrize("action", list(BY_NAME))
    def test_nothing_is_sent(self, action: str) -> None:
        asked = Asked(action, None, reason="r", ticket="t")
        assert "sends nothing" in held(self.policy.against(asked), "read_only")
        assert self.policy.against(asked) == self.policy.against_sending()

    def test_it_is_said_before_everything_else(self) -> None:
        strict = replace(self.policy, require_reason=True, actions=frozenset({"capture"}))
        held(strict.against(Asked("refund", None)), "read_only")


class TestActions:
    policy = Policy(actions=frozenset({"refund", "capture"}), where=WHERE)

    @pytest.mark.parametrize("action", list(BY_NAME))
    def test_only_those_that_are_named(self, action: str) -> None:
        found = self.policy.against(Asked(action, money("1.00")))
        if action in ("refund", "capture"):
            assert found is None
        else:
            assert f"allows capture and refund, not {action}" in held(found, "actions")

    def test_none_at_all(self) -> None:
        nothing = Policy(actions=frozenset(), where=WHERE)
        assert "allows nothing, not refund" in held(nothing.against(refund()), "actions")

    def test_the_names_are_those_of_the_table_of_actions(self) -> None:
        assert set(action_names()) == set(BY_NAME)

    def test_sending_again_what_was_let_through_does_not_ask_for_them(self) -> None:
        assert self.policy.against_sending() is None


BLANK = ["", " ", "\t\n", "\u00a0", "\u3000", "\u200b", "\u2060 \ufeff", "\x00"]


class TestWords:
    @pytest.mark.parametrize("text", BLANK, ids=ascii)
    def test_blanks_are_no_reason_and_no_ticket(self, text: str) -> None:
        reason = Policy(require_reason=True, where=WHERE)
        held(reason.against(refund()._replace(reason=text)), "require_reason")
        ticket = Policy(require_ticket=True, where=WHERE)
        held(ticket.against(refund()._replace(ticket=text)), "require_ticket")

    @pytest.mark.parametrize("text", ["x", " x ", "0", "壊れた箱", "\u200bx", "—"], ids=ascii)
    def test_whatever_can_be_seen_is_one(self, text: str) -> None:
        both = Policy(require_reason=True, require_ticket=True)
        assert both.against(refund()._replace(reason=text, ticket=text)) is None

    def test_one_is_not_the_other(self) -> None:
        both = Policy(require_reason=True, require_ticket=True, where=WHERE)
        held(both.against(refund()._replace(ticket="")), "require_ticket")
        held(both.against(refund()._replace(reason="")), "require_reason")

    def test_they_are_asked_for_with_actions_that_move_nothing_too(self) -> None:
        policy = Policy(require_reason=True, where=WHERE)
        held(policy.against(Asked("cancel", None)), "require_reason")


class TestAboveCaptured:
    def test_only_where_it_is_allowed(self) -> None:
        above = refund()._replace(above_captured=True)
        held(Policy(above_captured=False, where=WHERE).against(above), "above_captured")
        assert Policy(above_captured=True).against(above) is None
        assert Policy(above_captured=False).against(refund()) is None


class TestPerAction:
    policy = Policy(max_per_action=limits(USD="100.00", JPY="10000"), where=WHERE)

    @pytest.mark.parametrize(
        ("amount", "currency"),
        [("0.01", "USD"), ("100.00", "USD"), ("100", "USD"), ("1", "JPY"), ("10000", "JPY")],
    )
    def test_the_limit_itself_is_allowed(self, amount: str, currency: str) -> None:
        assert self.policy.against(refund(amount, currency)) is None

    @pytest.mark.parametrize(
        ("amount", "currency", "said"),
        [
            ("100.01", "USD", "at most 100.00 USD in one action; this is 100.01 USD"),
            ("10001", "JPY", "at most 10000 JPY in one action; this is 10001 JPY"),
        ],
    )
    def test_the_smallest_step_above_is_not(self, amount: str, currency: str, said: str) -> None:
        found = held(self.policy.against(refund(amount, currency)), "max_per_action")
        assert said in found
        assert "Ask for" in found

    def test_it_counts_for_every_action_with_an_amount(self) -> None:
        for action in BY_NAME:
            held(self.policy.against(Asked(action, money("100.01"))), "max_per_action")


class TestOtherCurrencies:
    @pytest.mark.parametrize("key", list(LIMITS))
    def test_one_that_a_table_does_not_name_is_held_back(self, key: str) -> None:
        tables = dict.fromkeys(LIMITS, limits(USD="100", GBP="100")) | {key: limits(USD="100")}
        policy = Policy(**tables, where=WHERE)  # type: ignore[arg-type]
        nothing = money("0", "GBP")
        for found in (
            policy.against(refund("0.01", "GBP")),
            policy.against_sums(refund("0.01", "GBP"), nothing, nothing),
        ):
            assert "limits in USD and none in GBP" in held(found, key)
        assert policy.against(refund("100.00")) is None

    def test_the_currencies_that_have_limits_are_named(self) -> None:
        policy = Policy(max_per_action=limits(USD="1", EUR="1", GBP="1"), where=WHERE)
        said = held(policy.against(refund("1", "JPY")), "max_per_action")
        assert "limits in EUR, GBP and USD and none in JPY" in said

    @pytest.mark.parametrize("action", [*BY_NAME, "something-new"])
    def test_what_moves_money_needs_an_amount_where_there_are_limits(self, action: str) -> None:
        policy = Policy(max_per_action=limits(USD="1"), where=WHERE)
        found = policy.against(Asked(action, None))
        if action in BY_NAME and not BY_NAME[action].moves_money:
            assert found is None
        else:
            held(found, "max_per_action")


class TestPerDay:
    policy = Policy(
        max_per_day=limits(USD="1000.00"),
        max_per_operator_and_day=limits(USD="300.00"),
        where=WHERE,
    )

    def test_exactly_up_to_both(self) -> None:
        assert self.policy.against_sums(refund("10.00"), money("990.00"), money("290.00")) is None

    def test_not_a_cent_more_for_everybody(self) -> None:
        found = self.policy.against_sums(refund("10.01"), money("990.00"), money("0"))
        said = held(found, "max_per_day")
        assert "refund up to 1000.00 USD per day for everybody on this journal together" in said
        assert "990.00 USD are taken today, and this is 10.01 USD" in said
        assert "Ask for 10.00 USD or less" in said

    def test_not_a_cent_more_for_one_operator(self) -> None:
        found = self.policy.against_sums(refund("10.01"), money("290.00"), money("290.00"))
        assert "for each operator" in held(found, "max_per_operator_and_day")

    @pytest.mark.parametrize("taken", ["1000.00", "1000.01", "5000.00"])
    def test_nothing_is_left(self, taken: str) -> None:
        found = self.policy.against_sums(refund("0.01"), money(taken), money("0"))
        said = held(found, "max_per_day")
        assert "Wait until the next day begins at 00:00 UTC." in said
        assert "Ask for" not in said

    def test_each_table_stands_alone(self) -> None:
        much, none = money("9999.00"), money("0")
        everybody = Policy(max_per_day=limits(USD="10"), where=WHERE)
        own = Policy(max_per_operator_and_day=limits(USD="10"), where=WHERE)
        assert everybody.has_daily
        assert own.has_daily
        assert everybody.against_sums(refund("10"), none, much) is None
        assert own.against_sums(refund("10"), much, none) is None
        held(everybody.against_sums(refund("10"), much, none), "max_per_day")
        held(own.against_sums(refund("10"), none, much), "max_per_operator_and_day")

    def test_a_limit_for_one_action_is_none_for_the_day(self) -> None:
        policy = Policy(max_per_action=limits(USD="10"))
        assert not policy.has_daily
        assert policy.against_sums(refund("10"), money("9999"), money("9999")) is None

    def test_what_has_no_amount_takes_nothing(self) -> None:
        assert self.policy.against_sums(Asked("cancel", None), money("1000"), money("300")) is None
        found = self.policy.against_sums(Asked("refund", None), money("0"), money("0"))
        held(found, "max_per_day")

    def test_sums_of_another_currency_are_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match="different currencies"):
            self.policy.against_sums(refund(), money("0", "EUR"), money("0", "EUR"))


currencies = st.sampled_from(["USD", "EUR", "GBP", "JPY"])


@st.composite
def amounts(draw: st.DrawFn, currency: str, smallest: int = 1) -> Money:
    """Any amount in the currency's own smallest unit."""
    units = draw(st.integers(smallest, 10**11) | st.integers(smallest, 300))
    return Money(Decimal(units).scaleb(-exponent(currency)), currency)


@st.composite
def days(draw: st.DrawFn) -> tuple[Policy, list[tuple[str, Money]]]:
    """A policy with all three limits, and what two operators ask for during a day."""
    currency = draw(currencies)
    tables = {key: {currency: draw(amounts(currency)).amount} for key in LIMITS}
    asked = st.tuples(st.sampled_from(["ann", "bob"]), amounts(currency))
    return Policy(**tables, where=WHERE), draw(st.lists(asked, max_size=20))  # type: ignore[arg-type]


class TestNeverAbove:
    @given(days())
    def test_a_day_ends_within_every_limit(
        self, day: tuple[Policy, list[tuple[str, Money]]]
    ) -> None:
        """And whatever was held back would have gone above one of them."""
        policy, wanted = day
        for table in policy.limits.values():
            assert len(table) == 1
        [currency] = policy.max_per_day
        one, total, own = (Money(policy.limits[key][currency], currency) for key in LIMITS)
        taken = {"ann": Money.zero(currency), "bob": Money.zero(currency)}
        for who, amount in wanted:
            today = taken["ann"] + taken["bob"]
            asked = Asked("refund", amount)
            against = policy.against(asked) or policy.against_sums(asked, today, taken[who])
            fits = amount <= one and today + amount <= total and taken[who] + amount <= own
            assert (against is None) == fits
            if against is None:
                taken[who] += amount
        assert taken["ann"] + taken["bob"] <= total
        assert max(taken["ann"], taken["bob"]) <= own

    @given(st.data(), currencies)
    def test_the_boundary_is_exact(self, data: st.DataObject, currency: str) -> None:
        most = data.draw(amounts(currency, smallest=2))
        step = Money(Decimal(1).scaleb(-exponent(currency)), currency)
        policy = Policy(max_per_action={currency: most.amount}, where=WHERE)
        assert policy.against(Asked("refund", most)) is None
        assert policy.against(Asked("refund", most - step)) is None
        held(policy.against(Asked("refund", most + step)), "max_per_action")

    @given(st.data(), currencies)
    def test_what_is_said_to_be_left_is_let_through(
        self, data: st.DataObject, currency: str
    ) -> None:
        most, taken = data.draw(amounts(currency)), data.draw(amounts(currency, smallest=0))
        policy = Policy(max_per_day={currency: most.amount}, where=WHERE)
        asked = Asked("refund", data.draw(amounts(currency)))
        said = policy.against_sums(asked, taken, taken)
        if said is None:
            return
        held(said, "max_per_day")
        _, ask, left = said.partition("Ask for ")
        assert bool(ask) == (taken < most)
        if ask:
            amount = Money.from_text(left.partition(" or less")[0])
            assert amount == most - taken
            assert policy.against_sums(asked._replace(amount=amount), taken, taken) is None


class TestInWords:
    def test_where_no_action_is_allowed_it_says_so(self) -> None:
        assert Policy(actions=frozenset()).words() == ("allowed: nothing",)

    def test_every_setting_has_its_line(self) -> None:
        policy = Policy(
            read_only=True,
            actions=frozenset({"refund", "cancel", "capture"}),
            max_per_action=limits(USD="100", JPY="10000"),
            max_per_day=limits(USD="1000"),
            max_per_operator_and_day=limits(USD="300"),
            require_reason=True,
            require_ticket=True,
            above_captured=False,
            cooling_seconds=5,
        )
        assert policy.words() == (
            "read-only: nothing is sent",
            "allowed: cancel, capture and refund",
            "at most 10000 JPY or 100.00 USD in one action; other currencies are held back",
            "at most 1000.00 USD per day (UTC) and kind of action, for everybody on this journal"
            " together; other currencies are held back",
            "at most 300.00 USD per day (UTC) and kind of action, for each operator;"
            " other currencies are held back",
            "a reason is required",
            "a ticket is required",
            "no refund above what was captured",
            "5 s before sending, in which Esc still stops everything",
        )

    def test_the_place_is_no_part_of_what_is_allowed(self) -> None:
        here, there = Policy(read_only=True, where="here"), Policy(read_only=True, where="there")
        assert here == there
        assert len({here, there}) == 1
