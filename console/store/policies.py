"""The policy of a profile as people write it in the settings file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from console.domain.language import N_, _
from console.domain.money import AmountError, Money, parse_typed
from console.domain.policy import LIMITS, Policy, action_names
from console.domain.spelling import nearest

_LONGEST_COOLING: Final = 3600  # seconds; more is a slip, and an action would look hung
_SHOWN: Final = 40  # characters of a wrong value


class PolicyUnreadable(ValueError):
    """A policy that can't be used; says the key and what would be right."""


def read_policy(entry: object, where: str) -> Policy:
    """The policy that a parsed table of the settings holds; `where` is its place, for people.

    Fractions without quotes must have been parsed as Decimal, so that they are exact. Raises
    PolicyUnreadable.
    """
    if not isinstance(entry, Mapping):
        raise PolicyUnreadable(_("policy must be a table."))
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key not in _READERS:
            raise PolicyUnreadable(_near(key, _READERS, *_UNKNOWN_KEY, word=repr(key)))
        values[key] = _READERS[key](f"policy.{key}", value)
    return Policy(**values, where=where)


def policy_entry(policy: Policy) -> dict[str, Any]:
    """What has to be written for `policy`: all that differs from the default."""
    default = Policy()
    entry: dict[str, Any] = {}
    for name in (field.name for field in fields(Policy) if field.compare):
        value = getattr(policy, name)
        if value != getattr(default, name):
            entry[name] = _WRITERS[name](value) if name in _WRITERS else value
    return entry


def example(name: str, region: str) -> tuple[str, ...]:
    """A policy for people to find in their settings, as comments: its lines without the `#`.

    `name` is the profile's name as TOML writes a key.
    """
    most, day, own = (_example_limits(region, factor) for factor in (1, 10, 3))
    return (
        "A policy guards against mistakes, not against somebody who holds the key. To use it,",
        "take the first # off the line in brackets and off the lines that you want.",
        f"[profiles.{name}.policy]",
        "read_only = false  # true: nothing is sent",
        'actions = ["refund", "capture"]  # leave it out: all',
        f"max_per_action = {most}  # a currency that is not named is held back",
        f"max_per_day = {day}  # UTC; each kind of action, everybody on this journal",
        f"max_per_operator_and_day = {own}",
        "require_reason = true",
        "require_ticket = false",
        "above_captured = false  # no refund above what was captured",
        "cooling_seconds = 5  # before sending; Esc still stops everything",
    )


_CURRENCIES: Final = {"na": ("USD",), "eu": ("EUR", "GBP"), "jp": ("JPY",)}
_MODEST: Final = {"JPY": Decimal(10000)}


def _example_limits(region: str, factor: int) -> str:
    limits = {c: Money(_MODEST.get(c, Decimal(100)) * factor, c) for c in _CURRENCIES[region]}
    return "{ " + ", ".join(f'{c} = "{money.plain}"' for c, money in limits.items()) + " }"


# Each reader gets the key as it is named to people, and the value. It raises PolicyUnreadable.


def _yes_or_no(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise PolicyUnreadable(
            _(
                "{key} must be true or false, without quotes, not {value}.",
                key=key,
                value=_shown(value),
            )
        )
    return value


def _seconds(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LONGEST_COOLING:
        raise PolicyUnreadable(
            _(
                "{key} must be whole seconds from 0 to {most}, like 5, not {value}.",
                key=key,
                most=_LONGEST_COOLING,
                value=_shown(value),
            )
        )
    return value


def _actions(key: str, value: object) -> frozenset[str]:
    known = action_names()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        names = '["refund", "capture"]'
        raise PolicyUnreadable(
            _("{key} must be a list of names in quotes, like {example}.", key=key, example=names)
        )
    if not value:
        raise PolicyUnreadable(
            _("{key} is empty. Leave it out to allow all, or set read_only = true.", key=key)
        )
    for name in value:
        if name not in known:
            raise PolicyUnreadable(_near(name, known, *_UNKNOWN_ACTION, word=_shown(name), key=key))
    return frozenset(value)


_LIMIT: Final = '{ USD = "100.00" }'


def _limits(key: str, value: object) -> dict[str, Decimal]:
    if not isinstance(value, Mapping):
        raise PolicyUnreadable(
            _("{key} must be a table by currency, like {example}.", key=key, example=_LIMIT)
        )
    if not value:
        raise PolicyUnreadable(
            _(
                "{key} is empty. Name a currency, like {example}, or leave it out.",
                key=key,
                example=_LIMIT,
            )
        )
    return {_currency(key, name): _amount(key, amount, name) for name, amount in value.items()}


def _currency(key: str, name: str) -> str:
    if len(name) == 3 and name.isascii() and name.isalpha() and name.isupper():
        return name
    raise PolicyUnreadable(
        _(
            "{key} must name currencies by three capital letters, like {example}, not {value}.",
            key=key,
            example=name.upper() if len(name) == 3 and name.isalpha() else "USD",
            value=_shown(name),
        )
    )


def _amount(key: str, value: object, currency: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PolicyUnreadable(
            _("{key} must have amounts in quotes, not {value}.", key=key, value=_shown(value))
        )
    text = str(value)
    if len(text) > _SHOWN or any(char.isalpha() for char in text):  # 10.00 USD, 1E+3, NaN
        raise PolicyUnreadable(
            _(
                "{key} needs an amount alone, like {example}, not {value}.",
                key=key,
                example=f'{currency} = "100"',
                value=_shown(value),
            )
        )
    try:
        return parse_typed(text, currency).amount
    except AmountError as error:
        raise PolicyUnreadable(
            _("{key} can't be used for {currency}: {why}", key=key, currency=currency, why=error)
        ) from None


_READERS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "read_only": _yes_or_no,
    "actions": _actions,
    **dict.fromkeys(LIMITS, _limits),
    "require_reason": _yes_or_no,
    "require_ticket": _yes_or_no,
    "above_captured": _yes_or_no,
    "cooling_seconds": _seconds,
}


POLICY_KEYS: Final = frozenset(_READERS)


def _quoted(table: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: Money(amount, currency).plain for currency, amount in table.items()}


_WRITERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "actions": sorted,
    **dict.fromkeys(LIMITS, _quoted),
}


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# What is said of a word that isn't known: with the one that it is like, and where there is none.
_UNKNOWN_KEY: Final = (
    N_("policy has an unknown key {word}; did you mean {nearest}?"),
    N_("policy has an unknown key {word}. There are: {known}."),
)
_UNKNOWN_ACTION: Final = (
    N_("{key} has an unknown action {word}; did you mean {nearest}?"),
    N_("{key} has an unknown action {word}. There are: {known}."),
)


def _near(
    typed: str, known: Mapping[str, object] | tuple[str, ...], like: str, unlike: str, **values: str
) -> str:
    found = nearest(typed, known)
    if found:
        return _(like, nearest=repr(found[0]), **values)
    return _(unlike, known=", ".join(known), **values)
