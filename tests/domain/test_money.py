"""Money: exact, in its currency's own places, and never guessed from what was typed."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import console.domain
from console.domain.money import AmountError, Money, exponent, parse_typed


def typed(text: str, currency: str = "USD") -> str:
    return str(parse_typed(text, currency))


def refused(text: str, currency: str = "USD") -> str:
    with pytest.raises(AmountError) as caught:
        parse_typed(text, currency)
    sentence = str(caught.value)
    assert sentence.endswith("."), sentence
    assert sentence.isprintable(), sentence
    return sentence


class TestTyped:
    @pytest.mark.parametrize(
        ("text", "money"),
        [
            ("10", "10.00 USD"),
            ("10.5", "10.50 USD"),
            ("10.00", "10.00 USD"),
            ("  10.00  ", "10.00 USD"),
            ("10.00 USD", "10.00 USD"),
            ("10.00USD", "10.00 USD"),
            ("usd 10.00", "10.00 USD"),
            ("USD10", "10.00 USD"),
            ("0.01", "0.01 USD"),
            ("007", "7.00 USD"),
            ("999999999999.99", "999999999999.99 USD"),
            ("１０．００", "10.00 USD"),
            ("１０．００　ＵＳＤ", "10.00 USD"),
        ],
    )
    def test_what_is_plain_is_read(self, text: str, money: str) -> None:
        assert typed(text) == money

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "Type an amount"),
            ("   ", "Type an amount"),
            ("1,5", "two ways"),
            ("1.000,00", "two ways"),
            ("1,000.00", "two ways"),
            ("1'000", "two ways"),
            ("10,00 USD", "two ways"),
            ("1.005 USD", "two decimal places"),
            ("0.001", "two decimal places"),
            ("1e3", "not a plain amount"),
            ("1E3 USD", "not a plain amount"),
            ("-5", "negative"),
            ("-5.00 USD", "negative"),
            ("－５", "negative"),
            ("\u22125", "not a plain amount"),
            ("+5", "not a plain amount"),
            ("(5)", "not a plain amount"),
            ("NaN", "not an amount"),
            ("nan usd", "not an amount"),
            ("Infinity", "not an amount"),
            ("0", "more than zero"),
            ("0.00", "more than zero"),
            ("0x10", "not a plain amount"),
            ("1_000", "not a plain amount"),
            ("1 000", "not an amount"),
            ("1\u00a0000", "not an amount"),
            ("1\u2009000.00", "not an amount"),
            ("10²", "not a plain amount"),
            ("１０²", "not a plain amount"),
            ("½", "not a plain amount"),
            ("①", "not a plain amount"),
            ("٣", "not a plain amount"),
            ("१०", "not a plain amount"),
            ("𝟏𝟎", "not a plain amount"),
            ("$10", "not a plain amount"),
            ("10 $", "not an amount"),
            ("€10.00", "not a plain amount"),
            ("10%", "not a plain amount"),
            ("10.", "not a plain amount"),
            (".5", "not a plain amount"),
            ("10..0", "not a plain amount"),
            ("10.0.0", "not a plain amount"),
            ("10 EUR", "in USD, not EUR"),
            ("EUR 10", "in USD, not EUR"),
            ("USD 10 USD", "twice"),
            ("USD", "not an amount"),
            ("ten", "not an amount"),
            ("1000000000000000", "not a plain amount"),
            ("10\n20", "not an amount"),
            ("1\x1b[31m0", "not "),
            ("\u202e10", "not a plain amount"),
            ("1\u200b0", "not a plain amount"),
        ],
    )
    def test_what_two_people_could_read_differently_is_refused(self, text: str, said: str) -> None:
        assert said in refused(text)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("ten", "'ten' is not an amount. "),
            ("1,5", "'1,5' can be read in two ways. "),
            ("10%", "'10%' is not a plain amount. "),
            ("1.005", "USD has two decimal places; 1.005 has 3."),
        ],
    )
    def test_a_refusal_names_what_was_typed(self, text: str, said: str) -> None:
        assert refused(text).startswith(said)

    def test_yen_has_no_places(self) -> None:
        assert typed("5000", "JPY") == "5000 JPY"
        assert typed("jpy 1", "JPY") == "1 JPY"
        assert "no decimal places" in refused("5000.00", "JPY")
        assert "no decimal places" in refused("0.5", "JPY")
        assert "in JPY, not USD" in refused("5000 USD", "JPY")

    @pytest.mark.parametrize("currency", ["JPY", "KRW", "VND", "CLP", "ISK"])
    def test_currencies_without_a_minor_unit(self, currency: str) -> None:
        assert exponent(currency) == 0
        assert typed("5000", currency) == f"5000 {currency}"
        assert "no decimal places" in refused("5000.0", currency)

    @pytest.mark.parametrize("text", ["", "ten", "1,5", "10%"])
    @pytest.mark.parametrize("currency", ["USD", "JPY"])
    def test_the_examples_in_refusals_can_be_typed(self, text: str, currency: str) -> None:
        _, _, example = refused(text, currency).rpartition(" like ")
        example = example.rpartition("such as ")[2].removesuffix(".")
        assert parse_typed(example, currency).currency == currency

    def test_each_full_width_character_is_read_as_its_ascii_one(self) -> None:
        def reaction(text: str) -> str:
            try:
                return typed(text)
            except AmountError as error:
                return str(error)

        for code in range(0x21, 0x7F):
            assert reaction(f"1{chr(code + 0xFEE0)}1") == reaction(f"1{chr(code)}1")

    @pytest.mark.parametrize("beside", ["\uff5f", "\uffe5", "\u3001", "\u3002"])
    def test_and_what_stands_beside_them_in_the_code_table_is_not(self, beside: str) -> None:
        assert beside in refused(f"10{beside}")


class TestFromTheApi:
    @pytest.mark.parametrize(
        ("amount", "plain"),
        [("10.00", "10.00"), ("10", "10.00"), (10, "10.00"), (Decimal("10.5"), "10.50"),
         ("0", "0.00"), ("-1.50", "-1.50"), (Decimal("1E+2"), "100.00"), ("0.0099999", "0.0099999"),
         ("10.0", "10.00"), ("999999999999999.99", "999999999999999.99"),
         (10**15 - 1, "999999999999999.00"), (Decimal("1E-10"), "0.0000000001")],
    )  # fmt: skip
    def test_strings_whole_numbers_and_decimals(self, amount: object, plain: str) -> None:
        money = Money.from_api({"amount": amount, "currencyCode": "USD"})
        assert money is not None
        assert money.plain == plain

    def test_yen(self) -> None:
        for amount in ("5000", 5000, Decimal("5000.00"), "5000.00"):
            money = Money.from_api({"amount": amount, "currencyCode": "JPY"})
            assert str(money) == "5000 JPY"

    @pytest.mark.parametrize(
        "amount",
        [None, "", " ", "abc", "1,5", "1_000", " 10 ", "1e3", "٣", "NaN", "Infinity", "-Infinity",
         "sNaN", True, False, 10.0, float("nan"), [], {}, ["10"], b"10", Decimal("NaN"),
         Decimal("Infinity"), Decimal("1E-999999"), Decimal("1E+999999"), Decimal("0E-999999"),
         "1e-999999", 10**15, -(10**15), Decimal("1E15"), Decimal("1E-11"), "9" * 16,
         "9" * 5000, "0." + "1" * 5000, "1\n", "\x1b[1m1"],
    )  # fmt: skip
    def test_garbage_is_none(self, amount: object) -> None:
        assert Money.from_api({"amount": amount, "currencyCode": "USD"}) is None

    def test_a_number_of_thousands_of_digits_is_none(self) -> None:
        assert Money.from_api({"amount": 10**5000, "currencyCode": "USD"}) is None

    @pytest.mark.parametrize("currency", [None, "", "usd", "US", "USDX", "US\n", 5, [], "€€€"])
    def test_an_amount_without_a_currency_is_none(self, currency: object) -> None:
        assert Money.from_api({"amount": "1", "currencyCode": currency}) is None

    @pytest.mark.parametrize("price", [None, "10.00 USD", 10, [], ["amount"], {}, {"amount": "1"}])
    def test_what_is_no_price_is_none(self, price: object) -> None:
        assert Money.from_api(price) is None


places = st.sampled_from(["USD", "EUR", "GBP", "JPY", "KRW", "XXX"])


@st.composite
def monies(draw: st.DrawFn, currency: str | None = None) -> Money:
    """Amounts that an order can have, in the places of their currency."""
    chosen = currency or draw(places)
    units = draw(st.integers(1, 10**12 - 1))
    return Money(Decimal(units).scaleb(-exponent(chosen)), chosen)


prices = st.builds(
    lambda units, places: Decimal(units).scaleb(-places),
    st.integers(-(10**14), 10**14),
    st.integers(0, 10),
)


class TestProperties:
    @given(monies())
    def test_what_is_shown_can_be_typed(self, money: Money) -> None:
        assert parse_typed(str(money), money.currency) == money
        assert parse_typed(money.plain, money.currency) == money
        assert parse_typed(str(money).lower(), money.currency) == money

    @given(monies())
    def test_what_is_kept_is_read_back(self, money: Money) -> None:
        assert Money.from_text(str(money)) == money
        assert str(Money.from_text(str(money))) == str(money)

    @given(monies())
    def test_what_is_sent_is_read_back(self, money: Money) -> None:
        sent = json.loads(json.dumps(money.to_api()))
        assert Money.from_api(sent) == money
        assert isinstance(sent["amount"], str)

    @given(st.lists(prices, max_size=50))
    def test_addition_is_exact(self, amounts: list[Decimal]) -> None:
        total = Money.zero("USD")
        for amount in amounts:
            money = Money.from_api({"amount": amount, "currencyCode": "USD"})
            assert money is not None
            total += money
        assert total.amount * 10**10 == sum(int(amount * 10**10) for amount in amounts)

    @given(prices, prices)
    def test_subtraction_undoes_addition(self, one: Decimal, two: Decimal) -> None:
        a, b = Money(one, "USD"), Money(two, "USD")
        assert a + b - b == a
        assert (a < b) == (one < two)
        assert (a >= b) == (one >= two)

    @given(st.text(max_size=30), places)
    def test_any_text_is_an_amount_or_refused_with_a_sentence(
        self, text: str, currency: str
    ) -> None:
        try:
            money = parse_typed(text, currency)
        except AmountError as error:
            sentence = str(error)
        else:
            assert money.is_positive
            sentence = f"{money}."
        assert sentence.endswith(".")

    @given(prices)
    def test_whole_places_are_shown_and_nothing_is_rounded(self, amount: Decimal) -> None:
        shown = Money(amount, "USD").plain
        assert Decimal(shown) == amount
        assert len(shown.partition(".")[2]) >= 2


class TestTwoCurrencies:
    def test_never_mix(self) -> None:
        a, b = Money(Decimal(1), "USD"), Money(Decimal(1), "EUR")
        for mix in (
            lambda: a + b,
            lambda: a - b,
            lambda: a < b,
            lambda: a <= b,
            lambda: a > b,
            lambda: a >= b,
        ):
            with pytest.raises(ValueError, match="different currencies"):
                mix()
        assert a != b

    def test_equal_amounts_are_equal_however_they_are_written(self) -> None:
        a, b = Money(Decimal("10"), "USD"), Money(Decimal("10.00"), "USD")
        assert a == b
        assert len({a, b}) == 1
        assert a != "10.00 USD"


class TestOrder:
    def test_at_the_boundary(self) -> None:
        limit, cent = Money(Decimal("10.00"), "USD"), Money(Decimal("0.01"), "USD")
        for same in (limit, Money(Decimal(10), "USD")):
            assert same <= limit
            assert same >= limit
            assert not same < limit
            assert not same > limit
        assert limit + cent > limit
        assert limit - cent < limit
        assert not limit + cent <= limit
        assert not limit - cent >= limit

    @pytest.mark.parametrize(
        ("amount", "positive"), [("-0.01", False), ("0.00", False), ("0.01", True), ("1", True)]
    )
    def test_positive_from_the_smallest_unit_on(self, amount: str, positive: bool) -> None:
        assert Money(Decimal(amount), "USD").is_positive is positive


@pytest.mark.parametrize("text", ["10.00  USD", "10.00\tUSD", "10.00\u3000USD", "10.00", "USD"])
def test_only_our_own_form_is_read_back(text: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        Money.from_text(text)


@pytest.mark.parametrize("amount", [1.5, "1.5", 1, None, Decimal("NaN"), Decimal("Infinity")])
def test_money_is_made_of_finite_decimals_only(amount: object) -> None:
    with pytest.raises(ValueError, match="decimal amount"):
        Money(amount, "USD")  # type: ignore[arg-type]


def test_no_float_is_made_anywhere_in_the_domain() -> None:
    """No literal and no conversion: `0.1` can't come in."""
    folder = Path(console.domain.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            place = f"{file.name}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), place
            assert not (isinstance(node, ast.Name) and node.id == "float"), place
