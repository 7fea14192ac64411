"""Money: a Decimal and a currency, with the currency's own number of decimal places.

There is no float anywhere on the way from what a person types to the bytes that are sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from console.domain.language import N_, _

# Decimal places by ISO 4217 where they are not two; the currencies Amazon Pay names
# (its monthly-limit tables) and their neighbours without minor unit.
EXPONENTS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}
DEFAULT_EXPONENT: Final = 2

# What a keyboard of an Asian input method makes of ASCII. Nothing else is converted:
# "10²" must not become "102".
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_TYPED: Final = re.compile(
    r"(?:(?P<pre>[A-Z]{3})\s*)?(?P<amount>[^\sA-Z]\S*?)(?:\s*(?P<post>[A-Z]{3}))?"
)
_PLAIN: Final = re.compile(r"[0-9]{1,12}(?:\.(?P<places>[0-9]+))?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

# Amounts of the API: what Decimal reads besides (1_000, 1e3, ٣, blanks) is garbage here. Up to
# these sizes the default context adds without rounding.
_API_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_LIMIT: Final = 10**15
_SMALLEST: Final = -10  # exponent


class AmountError(ValueError):
    """What was typed is no amount of money; the message is a sentence for the operator."""


def exponent(currency: str) -> int:
    """How many decimal places `currency` has: 2 for USD, 0 for JPY."""
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)


@dataclass(frozen=True)
class Money:
    """An amount in one currency. Adding or comparing two currencies raises ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise ValueError(f"not a finite decimal amount: {self.amount!r}")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    @classmethod
    def from_text(cls, text: str) -> Money:
        """The inverse of `str`: `10.00 USD`, as our own records hold it."""
        amount, currency = text.split(" ")
        return cls(Decimal(amount), currency)

    @classmethod
    def from_api(cls, price: object) -> Money | None:
        """Read a `price` object of the API; None where it is null or not readable.

        Amounts are strings by the documentation and numbers by some SDKs; numbers must have
        been parsed as Decimal or int. A float is not money and is treated as unreadable.
        """
        if not isinstance(price, Mapping):
            return None
        amount, currency = price.get("amount"), price.get("currencyCode")
        if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
            return None
        if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            return None
        if isinstance(amount, str) and not _API_AMOUNT.fullmatch(amount):
            return None
        value = Decimal(amount)
        if not value.is_finite() or abs(value) >= _LIMIT:
            return None
        fine = value.as_tuple().exponent
        return cls(value, currency) if isinstance(fine, int) and fine >= _SMALLEST else None

    def to_api(self) -> dict[str, str]:
        """The `price` object that is sent and printed: `{"amount": "10.00", …}`."""
        return {"amount": self.plain, "currencyCode": self.currency}

    @property
    def plain(self) -> str:
        """The amount alone, with at least the currency's decimal places: `10.00`."""
        places = exponent(self.currency)
        value = self.amount
        if value == value.quantize(Decimal(1).scaleb(-places)):
            return f"{value:.{places}f}"
        return f"{value:f}"

    def __str__(self) -> str:
        return f"{self.plain} {self.currency}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.currency == other.currency and self.amount == other.amount

    def __hash__(self) -> int:
        return hash((self.amount, self.currency))

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"{self} and {other} are different currencies")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    @property
    def is_positive(self) -> bool:
        return self.amount > 0


def parse_typed(text: str, currency: str) -> Money:
    """Read an amount that a person typed for an order in `currency`.

    `10`, `10.00`, `10.00 USD` and `usd 10.00` are read. Anything that two people could
    read differently is refused with AmountError, whose text says what to type instead.
    """
    typed = text.translate(_FULL_WIDTH).strip()
    if not typed:
        raise AmountError(_("Type an amount, such as {example}.", example=_example(currency)))
    match = _TYPED.fullmatch(typed.upper())
    if match is None:
        raise AmountError(
            _(
                "{typed} is not an amount. Type it like {example}.",
                typed=repr(typed),
                example=_example(currency),
            )
        )
    _check_currency(match["pre"], match["post"], currency)
    return Money(_plain_decimal(match["amount"], currency), currency)


def _check_currency(before: str | None, after: str | None, currency: str) -> None:
    if before and after:
        raise AmountError(_("The currency stands twice. Type it once."))
    named = before or after
    if named and named != currency:
        raise AmountError(
            _("This order is in {currency}, not {named}.", currency=currency, named=named)
        )


def _plain_decimal(text: str, currency: str) -> Decimal:
    if text.startswith("-"):
        raise AmountError(_("An amount can't be negative."))
    if "," in text or "'" in text:
        raise AmountError(
            _(
                "{typed} can be read in two ways. Type it with a point and without thousands"
                " separators, like {example}.",
                typed=repr(text),
                example=_example(currency),
            )
        )
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise AmountError(
            _(
                "{typed} is not a plain amount. Type it like {example}.",
                typed=repr(text),
                example=_example(currency),
            )
        )
    places, allowed = len(match["places"] or ""), exponent(currency)
    if places > allowed:
        said = _TOO_FINE[allowed]
        raise AmountError(_(said, currency=currency, typed=text, places=places))
    value = Decimal(text)
    if value == 0:
        raise AmountError(_("The amount must be more than zero."))
    return value


# The decimal places of a currency -> what is said where more were typed.
_TOO_FINE: Final = {
    0: N_("{currency} has no decimal places; {typed} has {places}."),
    2: N_("{currency} has two decimal places; {typed} has {places}."),
}


def _example(currency: str) -> str:
    return f"{Money(Decimal('1250'), currency)}"
