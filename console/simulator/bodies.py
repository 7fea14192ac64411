"""Reading request bodies as strictly as the service does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from console.domain.limits import MAX_SOFT_DESCRIPTOR, MAX_STORE_NAME
from console.domain.money import Money, exponent

from .errors import ApiError

JSON = dict[str, Any]

_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

# Only merchantStoreName's maximum is documented; the others are widely quoted.
METADATA_LIMITS: Final = {
    "merchantReferenceId": 256,
    "merchantStoreName": MAX_STORE_NAME,
    "noteToBuyer": 255,
    "customInformation": 4096,
}


def parse(raw: bytes) -> JSON:
    """The JSON object in `raw`; no body at all is an empty object."""
    if not raw:
        return {}
    try:
        body = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise ApiError("InvalidRequestFormat", "The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise ApiError("InvalidRequestFormat", "The request body must be a JSON object")
    return body


def only(body: JSON, allowed: Iterable[str]) -> None:
    """Refuse fields that the operation does not know (Error handling page)."""
    for name in body.keys() - set(allowed):
        raise ApiError("UnrecognizedField", f"Unrecognized field: {name}")


def text(body: JSON, name: str, limit: int = 4096) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit:
        raise ApiError("InvalidParameterValue", f"{name} must be text, {limit} characters at most")
    return value


def required_text(body: JSON, name: str, limit: int = 4096) -> str:
    value = text(body, name, limit)
    if not value:
        raise missing(name)
    return value


def soft_descriptor(body: JSON) -> str | None:
    return text(body, "softDescriptor", MAX_SOFT_DESCRIPTOR)


def flag(body: JSON, name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise ApiError("InvalidParameterValue", f"{name} must be true or false")
    return bool(value)


def section(body: JSON, name: str, allowed: Iterable[str]) -> JSON | None:
    """A nested object of the body, with its field names checked."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ApiError("InvalidParameterValue", f"{name} must be an object")
    only(value, allowed)
    return value


def merchant_metadata(body: JSON) -> JSON | None:
    value = section(body, "merchantMetadata", METADATA_LIMITS)
    for name, limit in METADATA_LIMITS.items():
        text(value or {}, name, limit)
    return value


def price(body: JSON, name: str) -> Money | None:
    """A `price` object: a positive amount with no more places than its currency has.

    Amounts are strings by the documentation; the .NET SDK sends numbers, which pass too.
    """
    value = section(body, name, ("amount", "currencyCode"))
    if value is None:
        return None
    amount, currency = value.get("amount"), value.get("currencyCode")
    if amount is None or currency is None:
        raise missing(f"{name}.{'amount' if amount is None else 'currencyCode'}")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise ApiError("InvalidParameterValue", f"{name}.currencyCode is not a currency code")
    return Money(_amount(name, amount, currency), currency)


def _amount(name: str, value: object, currency: str) -> Decimal:
    written = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, bool) or not _AMOUNT.fullmatch(written):
        raise ApiError("InvalidParameterValue", f"{name}.amount is not an amount: {value}")
    _, _, places = written.partition(".")
    if len(places) > exponent(currency):
        raise ApiError(
            "InvalidParameterValue",
            f"{name}.amount may have {exponent(currency)} decimal places in {currency}: {value}",
        )
    if Decimal(written) <= 0:
        raise ApiError("InvalidParameterValue", f"{name}.amount must be greater than zero")
    return Decimal(written)


def required_price(body: JSON, name: str) -> Money:
    value = price(body, name)
    if value is None:
        raise missing(name)
    return value


def missing(name: str) -> ApiError:
    return ApiError("MissingParameterValue", f"{name} is required")
