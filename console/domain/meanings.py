"""Everything that one word of Amazon Pay can mean: as a state, a reason code, an error code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from console.domain.codes import ANY, REASONS, STATES
from console.domain.errorcodes import ERROR_CODES, V1_ERROR_CODES
from console.domain.explain import (
    ERRORS,
    MEND_PATTERN,
    MEND_PATTERN_JP,
    OPERATION_ERRORS,
    Explanation,
    explain_state,
)
from console.domain.spelling import nearest, squeezed

Topic = Literal["state", "reason code", "error code"]

# What the buyer mends on the page of the payment method.
MENDABLE: Final = frozenset(
    {
        "NonChargeable",
        "Suspended",
        "PaymentMethodInvalid",
        "PaymentMethodDeleted",
        "BillingAddressDeleted",
        "PaymentMethodExpired",
        "PaymentMethodNotAllowed",
        "PaymentMethodNotSet",
        "InvalidPaymentMethod",
        "MFAFailed",
        "SoftDeclined",
        "HardDeclined",
    }
)


@dataclass(frozen=True)
class Meaning:
    """One meaning of `term`.

    `kind` is the object's, None for an error; `state` the state that a reason code belongs to,
    None where it holds in every one; `operations` the calls whose answer an error is, empty for
    every call; `statuses` an error's HTTP statuses; `v1` marks an error of v1 alone.
    """

    term: str
    topic: Topic
    explanation: Explanation
    kind: str | None = None
    state: str | None = None
    operations: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    v1: bool = False

    @property
    def mend_urls(self) -> tuple[str, ...]:
        """Where a buyer of a recurring or saved payment mends it: elsewhere, and in Japan."""
        return (MEND_PATTERN, MEND_PATTERN_JP) if self.term in MENDABLE else ()


def everything() -> tuple[Meaning, ...]:
    """All meanings of all words: states, then reason codes, then error codes.

    Made anew each time, as they are said in the language of the reader.
    """
    found = [
        Meaning(state, "state", explain_state(kind, state), kind)
        for kind, states in STATES.items()
        for state in states
    ]
    for (kind, state), codes in REASONS.items():
        where = STATES[kind][0] if state == ANY else state
        found += [
            Meaning(code, "reason code", explain_state(kind, where, code), kind, state or None)
            for code in codes
        ]
    for code in ERRORS:
        found += _of_error(code)
    return tuple(found)


def _of_error(code: str) -> list[Meaning]:
    """What it means for the calls that have no meaning of their own, then for each that has."""
    row = ERROR_CODES.get(code)
    if row is None:
        v1_status = V1_ERROR_CODES.get(code)
        statuses = (v1_status,) if v1_status else ()
        return [Meaning(code, "error code", ERRORS[code].told(), statuses=statuses, v1=True)]
    special = {call: said.told() for (one, call), said in OPERATION_ERRORS.items() if one == code}
    others = tuple(sorted(row.operations - set(special)))
    found = []
    if others or not row.operations:
        general = Meaning(
            code, "error code", ERRORS[code].told(), operations=others, statuses=row.statuses
        )
        found.append(general)
    found += [
        Meaning(code, "error code", said, operations=(call,), statuses=row.statuses)
        for call, said in special.items()
    ]
    return found


def meanings(term: str) -> tuple[Meaning, ...]:
    """Every meaning of `term`, whatever its case, spaces or `_`; empty where it isn't known."""
    wanted = squeezed(term)
    return tuple(one for one in everything() if squeezed(one.term) == wanted)


def alike(found: Iterable[Meaning]) -> list[list[Meaning]]:
    """Those together that mean the same, in the order of their first."""
    same: dict[Explanation, list[Meaning]] = {}
    for one in found:
        same.setdefault(one.explanation, []).append(one)
    return list(same.values())


def terms() -> dict[Topic, tuple[str, ...]]:
    """Every known word once, by topic."""
    found: dict[Topic, dict[str, None]] = {"state": {}, "reason code": {}, "error code": {}}
    for one in everything():
        found[one.topic][one.term] = None
    return {topic: tuple(words) for topic, words in found.items()}


def nearest_terms(term: str) -> tuple[str, ...]:
    """The known words that look like `term`, the nearest first."""
    return nearest(term, dict.fromkeys(one.term for one in everything()))
