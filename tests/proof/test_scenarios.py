"""The protocol holds in every state of the scope; every weaker one fails, as is known of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.domain.intent import TRANSITIONS, Move, State, derive_key
from console.domain.money import Money
from console.proof.keyed import Keyed, key_of
from console.proof.scenarios import (
    SCENARIOS,
    WEAKER,
    Scenario,
    Weaker,
    in_plain_words,
    model,
    search_weaker,
)
from console.proof.search import search
from console.proof.unkeyed import CANCEL, CLOSE, UPDATE, Unkeyed
from console.proof.world import Rules, Scope
from tests.support.effort import budget

SHORT = budget(1, 100)  # of the answers that a scenario is searched under
WAYS = [
    pytest.param(scenario, number, id=f"{scenario.name}-{number}")
    for scenario in SCENARIOS
    for number, _ in enumerate(list(scenario.models())[:SHORT])
]

# What each weaker rule is known to do, in words of its end.
HARM = {
    "new-key": "paid twice",
    "get-then-new-key": "paid twice",
    "key-in-own-journal": "paid twice",
    "no-floor": "paid twice",
    "late-refusal": "is called refused, and yet it was paid",
    "late-not-sent": "is called not_sent, and yet it was paid",
    "generation-after-refusal": "paid twice",
    "planned-anew": "paid twice",
    "blind-replay": "beside a payment by hand that a read would have shown",
    "open-in-floor": "paid twice",
    "declined-in-floor": "paid twice",
    "open-does-not-block": "is called absorbed, and yet it was paid",
    "no-re-read": "beside a payment by hand that a read would have shown",
    "no-permission-lock": "paid twice",
    "blind-patch": "which a read would have shown, was overwritten",
    "cancel-by-state-alone": "is called done, and it never was",
}


@pytest.mark.parametrize(("scenario", "number"), WAYS)
def test_the_protocol_holds_in_every_state(scenario: Scenario, number: int) -> None:
    found = search(list(scenario.models())[number])
    assert found.broken is None, "\n".join(in_plain_words(found.trace))
    assert found.states > 1_000


@pytest.mark.parametrize("weaker", WEAKER, ids=lambda weaker: weaker.name)
def test_a_weaker_rule_fails_and_the_rule_itself_holds_there(weaker: Weaker) -> None:
    found = search_weaker(weaker)
    assert found.broken is not None
    assert HARM[weaker.name] in found.broken
    assert search(model(weaker.scope, weaker.kind)).broken is None


def test_every_weaker_rule_is_named_once() -> None:
    assert sorted(HARM) == sorted(weaker.name for weaker in WEAKER)


def test_a_rule_that_others_stand_behind_does_not_fail_alone() -> None:
    """Said so in the table, and so it is: no plan is ever made beside an open intent."""
    scope = next(one.scope for one in WEAKER if one.name == "open-in-floor")
    assert search(Keyed(scope, Rules(open_in_floor=True))).broken is None


def test_derived_keys_need_no_floor_to_pay_once() -> None:
    """The other one of these: a lagging total gives the same key again."""
    scope = next(one.scope for one in WEAKER if one.name == "no-floor")
    assert search(Keyed(scope, Rules(floor=False))).broken is None


# --- the table of strategies in the protocol -----------------------------------------------------

ONE = Scope(amounts=(10,), things=("charge",), crashes=0)
PRESS = Rules(
    derived_keys=False, open_blocks=False, reopens=False, replays=False, version_compared=False
)
JOURNAL = Rules(derived_keys=False, floor=False)
STRATEGIES = {
    # strategy: (rules, one journal for both, [one operator, two, two whose reads lag])
    "new key for each press": (replace(PRESS, rereads=False), True, [False, False, False]),
    "GET, then a new key": (PRESS, True, [False, False, False]),
    "key in a journal per console": (JOURNAL, False, [True, False, False]),
    "shared journal": (JOURNAL, True, [True, True, False]),
    "shared journal, floor": (replace(JOURNAL, floor=True), True, [True, True, True]),
    "derived key, nothing shared": (Rules(floor=False), False, [True, True, True]),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_strategies_pay_twice_where_the_protocol_says(strategy: str) -> None:
    rules, shared, once = STRATEGIES[strategy]
    two = Scope(shared=shared, crashes=0, presses=1)
    if strategy in ("new key for each press", "GET, then a new key"):
        two = replace(two, presses=2)
    scopes = [ONE, two, replace(two, lag=True)]
    assert [search(Keyed(scope, rules)).broken is None for scope in scopes] == once


# --- model and engine can't drift apart ----------------------------------------------------------

TABLE_RUNS = (
    Keyed(Scope(amounts=(10,), things=("charge",), refusals=1, throttles=1, offline=1, foreign=1)),
    Keyed(Scope(presses=1, declines=1, follows=True, crashes=0)),
    Keyed(Scope(presses=1, declines=1, follows=True, crashes=0, shared=False)),
    Keyed(Scope(amounts=(10, 7), presses=1, crashes=0, shared=False, lag=True)),
    Unkeyed(Scope(presses=1, foreign=1, crashes=0), kind=CANCEL),
)
# Rows that no run takes, and why.
NOT_TAKEN: dict[tuple[State, Move], str] = {}


def test_the_model_takes_every_row_of_the_engines_table() -> None:
    taken: set[tuple[State, Move]] = set()
    for run in TABLE_RUNS:
        assert search(run).broken is None
        taken |= run.taken
    assert taken <= TRANSITIONS.keys()
    assert TRANSITIONS.keys() - taken == NOT_TAKEN.keys()


def test_keys_are_the_engines_own() -> None:
    assert key_of("charge", 10, 1) == derive_key(
        "sandbox", "create", "charge", Money.from_text("10.00 USD"), 1
    )


# --- limits that are known -----------------------------------------------------------------------


def test_two_journals_share_no_lock() -> None:
    """The permission's lock is one journal's: with two of them a capture meets a new charge."""
    scope = Scope(things=("capture", "new charge"), shared=False, presses=1, crashes=0)
    found = search(Keyed(scope))
    assert found.broken == "one complaint was paid twice"


@pytest.mark.parametrize("kind", [CANCEL, CLOSE, UPDATE], ids=lambda kind: kind.wish)
def test_a_copy_that_the_network_makes_does_no_harm_without_a_key(kind: object) -> None:
    assert isinstance(kind, type(CANCEL))
    scope = Scope(amounts=(10,), things=("charge",), doubles=1, foreign=1, refusals=1)
    assert search(Unkeyed(scope, kind=kind)).broken is None


def test_a_trace_names_its_keys_in_their_order() -> None:
    trace = ("plans under <zz>", "plans under <aa>", "again under <zz>")
    assert in_plain_words(trace) == (
        "plans under key A", "plans under key B", "again under key A",
    )  # fmt: skip
