"""What is searched: scenarios in which every rule must hold, and weaker rules that must fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

from console.proof.keyed import Keyed
from console.proof.protocol import Protocol
from console.proof.search import Found, Progress, search
from console.proof.unkeyed import CANCEL, CLOSE, UPDATE, Kind, Unkeyed
from console.proof.world import Rules, Scope

Varied = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Scenario:
    """A scope in which every rule is searched, once for each of the `varied` answers.

    `more` is what is added to it in a thorough run. `kind` is that of a request without a key.
    """

    name: str
    title: str
    scope: Scope
    varied: Varied = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind | None = None

    def models(self, *, thorough: bool = False) -> Iterator[Protocol]:
        base = replace(self.scope, **self.more) if thorough else self.scope
        for answers in product(*self.varied.values()):
            yield model(replace(base, **dict(zip(self.varied, answers, strict=True))), self.kind)


@dataclass(frozen=True)
class Weaker:
    """A protocol with one rule left out: it must fail, within this scope.

    `step` is the protocol's step that it leaves out, `without` what it does instead. Where one
    rule alone can't fail because others stand behind it, `behind` names those, left out too.
    """

    name: str
    step: str
    without: str
    rules: Rules
    scope: Scope
    kind: Kind | None = None
    behind: str = ""


def model(scope: Scope, kind: Kind | None, rules: Rules | None = None) -> Protocol:
    """The model of one kind of request; None is what has a key."""
    rules = rules or Rules()
    return Keyed(scope, rules) if kind is None else Unkeyed(scope, rules, kind=kind)


_ANSWERS: Final = (False, True)
_ONE: Final[dict[str, Any]] = {"amounts": (10,), "things": ("charge",)}
_SISTERS: Final = ("its charge's capture", "a new charge beside it")

SCENARIOS: Final = (
    Scenario(
        "one-console",
        "a refund, one console; a colleague refunds by hand",
        Scope(**_ONE, sends=3, refusals=1, throttles=1, offline=1, foreign=1),
        {"saved": _ANSWERS, "lag": _ANSWERS},
        {"presses": 3, "doubles": 1, "refusals": 2},
    ),
    Scenario(
        "one-journal",
        "a refund, two consoles, one journal",
        Scope(presses=1, refusals=1),
        {"saved": _ANSWERS, "lag": _ANSWERS},
        {"offline": 1, "foreign": 1},
    ),
    Scenario(
        "two-journals",
        "a refund, two consoles, nothing shared",
        Scope(shared=False, presses=1, refusals=1),
        {"saved": _ANSWERS, "lag": _ANSWERS},
        {"offline": 1, "presses": 2},
    ),
    Scenario(
        "doubled",
        "requests that the network doubles",
        Scope(presses=1, doubles=1, crashes=0, refusals=1),
        {"shared": _ANSWERS, "lag": _ANSWERS},
        {"presses": 2},
    ),
    Scenario(
        "declined",
        "a refund that Amazon declines later, and a new attempt",
        Scope(declines=1, follows=True, crashes=0),
        {"shared": _ANSWERS},
        {"lag": True},
    ),
    Scenario(
        "two-amounts",
        "the same complaint, two different amounts",
        Scope(amounts=(10, 7), crashes=0, refusals=1),
        {"shared": _ANSWERS, "lag": _ANSWERS},
        {"crashes": 1},
    ),
    Scenario(
        "two-complaints",
        "two honest refunds of the same amount",
        Scope(own_complaints=True, crashes=0, presses=1),
        {"shared": _ANSWERS, "lag": _ANSWERS},
        {"foreign": 1},
    ),
    Scenario(
        "lock",
        "a capture, and a new charge beside it, one journal",
        Scope(things=_SISTERS, crashes=0, refusals=1),
        {"lag": _ANSWERS},
        {"crashes": 1},
    ),
    Scenario(
        "cancel",
        "DELETE: a charge is canceled; it may be captured meanwhile",
        Scope(presses=1, foreign=1, refusals=1, crashes=0, offline=1, throttles=1),
        {"shared": _ANSWERS, "repeat_is_fine": _ANSWERS},
        {"lag": True, "crashes": 1, "throttles": 0},
        CANCEL,
    ),
    Scenario(
        "close",
        "DELETE: a permission is closed with its pending charge",
        Scope(presses=1, foreign=1, refusals=1, crashes=0, offline=1, follows=True),
        {"shared": _ANSWERS, "repeat_is_fine": _ANSWERS},
        {"lag": True, "crashes": 1, "follows": False},
        CLOSE,
    ),
    Scenario(
        "update",
        "PATCH: the last write wins",
        Scope(presses=1, foreign=1, refusals=1, crashes=0, offline=1),
        {"shared": _ANSWERS},
        {"lag": True, "crashes": 1},
        UPDATE,
    ),
)  # fmt: skip

_PRESS: Final[dict[str, Any]] = {
    "derived_keys": False, "open_blocks": False, "reopens": False, "replays": False,
    "version_compared": False,
}  # fmt: skip
_CALM: Final[dict[str, Any]] = {"crashes": 0}

WEAKER: Final = (
    Weaker(
        "new-key",
        "5",
        "a new key for each press, as the shop plugins do",
        Rules(**_PRESS, rereads=False),
        Scope(**_ONE, **_CALM),
    ),
    Weaker(
        "get-then-new-key",
        "6, 10",
        "the total is read first, then a new key is used",
        Rules(**_PRESS),
        Scope(**_ONE, **_CALM),
    ),
    Weaker(
        "key-in-own-journal",
        "5",
        "a key that only the own journal knows, nothing derived",
        Rules(derived_keys=False),
        Scope(shared=False, presses=1, **_CALM),
    ),
    Weaker(
        "no-floor",
        "2",
        "one journal and its keys, without its sum as the floor; reads lag",
        Rules(derived_keys=False, floor=False),
        Scope(lag=True, presses=1, **_CALM),
        behind="keys are kept in the journal, not derived: derived ones collide here",
    ),
    Weaker(
        "late-refusal",
        "9",
        "a refusal of a later attempt is called refused",
        Rules(refuses_late=True),
        Scope(**_ONE, refusals=1, **_CALM),
    ),
    Weaker(
        "late-not-sent",
        "9",
        "a failed connection of a later attempt is called not sent",
        Rules(not_sent_late=True),
        Scope(**_ONE, offline=1, **_CALM),
    ),
    Weaker(
        "generation-after-refusal",
        "next generation",
        "a refusal opens the next generation of the key",
        Rules(generation_after_refusal=True),
        Scope(refusals=1, shared=False, **_CALM),
    ),
    Weaker(
        "planned-anew",
        "trying again",
        "trying again is a new decision, from the total seen now",
        Rules(reopens=False),
        Scope(**_ONE, own_complaints=True, foreign=1, **_CALM),
    ),
    Weaker(
        "blind-replay",
        "10",
        "after a restart the request is sent again without a look",
        Rules(reads_first=False),
        Scope(**_ONE, foreign=1),
    ),
    Weaker(
        "open-in-floor",
        "1, 2",
        "open intents count in the floor, instead of blocking",
        Rules(open_in_floor=True, open_blocks=False),
        Scope(lag=True, presses=1, **_CALM),
        behind="a plan beside an open intent is allowed: otherwise none is ever counted",
    ),
    Weaker(
        "declined-in-floor",
        "2",
        "a declined refund stays in the floor until its console watches it",
        Rules(declined_in_floor=True),
        Scope(declines=1, shared=False, **_CALM),
    ),
    Weaker(
        "open-does-not-block",
        "1, 5",
        "two intents may be open on one object",
        Rules(open_blocks=False),
        Scope(presses=1, **_CALM),
    ),
    Weaker(
        "no-re-read",
        "6",
        "the plan is sent without reading the order once more",
        Rules(rereads=False),
        Scope(**_ONE, foreign=1, **_CALM),
    ),
    Weaker(
        "no-permission-lock",
        "1",
        "a capture reserves its charge only, not the permission",
        Rules(permission_lock=False),
        Scope(things=_SISTERS, presses=1, **_CALM),
    ),
    Weaker(
        "blind-patch",
        "10",
        "PATCH is repeated without a GET",
        Rules(reads_first=False),
        Scope(**_ONE, foreign=1, **_CALM),
        UPDATE,
    ),
    Weaker(
        "cancel-by-state-alone",
        "10",
        "a cancel is called done without looking at the reason",
        Rules(looks_at_reason=False),
        Scope(**_ONE, foreign=1, **_CALM),
        CANCEL,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Searched:
    """What came of one scenario, all its answers together."""

    scenario: Scenario
    found: tuple[Found, ...]

    @property
    def states(self) -> int:
        return sum(one.states for one in self.found)

    @property
    def transitions(self) -> int:
        return sum(one.transitions for one in self.found)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.found)

    @property
    def broken(self) -> Found | None:
        return next((one for one in self.found if one.broken), None)


def search_scenario(
    scenario: Scenario, *, thorough: bool, tell: Callable[[int], Progress]
) -> Searched:
    """Search a scenario under all its answers; stops at the first that breaks a rule.

    `tell` is given the number of the answers, and gives whom the search tells how far it is.
    """
    found: list[Found] = []
    for number, searched in enumerate(scenario.models(thorough=thorough), start=1):
        found.append(search(searched, tell(number)))
        if found[-1].broken:
            break
    return Searched(scenario, tuple(found))


def search_weaker(weaker: Weaker) -> Found:
    """Search for the shortest way in which a weaker protocol fails."""
    return search(model(weaker.scope, weaker.kind, weaker.rules))


def in_plain_words(trace: tuple[str, ...]) -> tuple[str, ...]:
    """A trace with short names for its keys, in the order in which they come up."""
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        letter = chr(ord("A") + len(names))
        return names.setdefault(found[1], f"key {letter}")

    return tuple(re.sub(r"<([^>]+)>", name, line) for line in trace)
