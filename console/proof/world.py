"""What a state of the model is made of: Amazon, the network, the journals, the consoles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from console.domain.intent import State

OPERATORS = ("Ann", "Ben")


class Life(IntEnum):
    """Of money that Amazon was asked to move; also what a read shows of it."""

    HIDDEN = 0  # not shown by reads yet
    BEGUN = 1
    DONE = 2
    DECLINED = 3


class Payment(NamedTuple):
    """Money that Amazon moved. `by` is the (journal, intent) that asked, None somebody else."""

    by: tuple[int, int] | None
    amount: int
    life: Life
    shown: Life
    copy: bool = False  # made by a copy of a request that the network had doubled
    blind: bool = False  # when it was decided to send, a read would have stopped it

    @property
    def lives(self) -> bool:
        return self.life is not Life.DECLINED


class Amazon(NamedTuple):
    """`keys`: (key, amount, number of the payment or None for a saved refusal), for ever.

    `thing` and `shown` are for what has no key: the state of the object, and what reads show.
    The rest is what may still go wrong.
    """

    payments: tuple[Payment, ...] = ()
    keys: tuple[tuple[str, int, int | None], ...] = ()
    thing: str = ""
    shown: str = ""
    was: frozenset[str] = frozenset()  # every state that the object has had
    refusals: int = 0
    throttles: int = 0
    declines: int = 0
    foreign: int = 0
    doubles: int = 0
    offline: int = 0


class Message(NamedTuple):
    """A request on its way. `blind`: when it was decided, a read would have stopped it."""

    key: str
    amount: int
    journal: int
    intent: int
    attempt: int
    console: int
    blind: bool
    copy: bool = False


class Intent(NamedTuple):
    """One decision as the journal holds it. `by` is the operator, `thing` the object.

    `seen` is what a read showed when it was last looked at; `theirs` how much of it is not of
    this program, which only the model knows; `since` how many payments there were then.
    """

    by: int
    thing: str
    amount: int
    observed: int
    generation: int
    key: str
    seen: object
    theirs: object
    state: State = State.PLANNED
    since: int = 0
    attempts: int = 0
    unanswered: int = 0
    refused: bool = False
    result: int | None = None
    human: bool = False


class Phase(IntEnum):
    IDLE = 0
    PLANNED = 1  # a plan is on the screen
    RESERVED = 2
    WAITING = 3  # for the answer to an attempt
    ANSWERED = 4
    BETWEEN = 5  # two attempts of one dialog


class Answer(NamedTuple):
    """What Amazon said: made, no, taken or wait; with the payment's number where one is made."""

    said: str
    payment: int = -1


class Console(NamedTuple):
    """One operator's process, and how often it may still press, send and crash.

    `plan` is the decision on the screen, `again` the number of the intent that it tries again.
    `outdated`: the journal has grown since the plan was made.
    """

    presses: int
    sends: int
    crashes: int
    phase: Phase = Phase.IDLE
    plan: Intent | None = None
    again: int = -1
    outdated: bool = False
    intent: int = -1
    answer: Answer | None = None
    blind: bool = False
    moved: object = None  # what it was when Amazon said no although it had moved


class World(NamedTuple):
    amazon: Amazon
    network: tuple[Message, ...]
    journals: tuple[tuple[Intent, ...], ...]
    consoles: tuple[Console, ...]


@dataclass(frozen=True)
class Scope:
    """How much may happen in one search."""

    shared: bool = True  # one journal, or one for each console
    amounts: tuple[int, ...] = (10, 10)  # one for each operator
    things: tuple[str, ...] = ("charge", "charge")
    lag: bool = False  # reads show what is new only later
    saved: bool = False  # a refusal is saved under its key
    repeat_is_fine: bool = False  # 200, not 422, for what is so already; without keys
    human: bool = True  # people give their word on unknown outcomes
    own_complaints: bool = False  # each operator has one, and others' payments don't settle it
    follows: bool = False  # payments become final, and are settled
    presses: int = 2
    sends: int = 2
    crashes: int = 1
    refusals: int = 0
    throttles: int = 0
    declines: int = 0
    foreign: int = 0
    doubles: int = 0
    offline: int = 0


@dataclass(frozen=True)
class Rules:
    """The protocol's rules. Each default is the rule; a weaker protocol leaves one out."""

    derived_keys: bool = True  # else a key that nobody can guess, new for each decision
    open_blocks: bool = True  # no plan beside an open intent on the same lock
    version_compared: bool = True
    floor: bool = True  # the journal's live sum counts, even if Amazon's reads lag
    open_in_floor: bool = False
    declined_in_floor: bool = False  # until its own console happens to watch it
    reopens: bool = True  # trying again is the same intent again
    replays: bool = True  # the same key and bytes after a lost answer
    generation_after_refusal: bool = False
    rereads: bool = True
    reads_first: bool = True  # after a restart, and before a repetition without a key
    refuses_late: bool = False  # a refusal counts although an earlier attempt has no answer
    not_sent_late: bool = False
    permission_lock: bool = True
    looks_at_reason: bool = True
