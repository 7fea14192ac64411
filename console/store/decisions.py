"""What the journal holds: decisions, where each stands, and the lines that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.domain.intent import OPEN_STATES, RETRYABLE, State
from console.domain.language import _
from console.domain.money import Money


class JournalBroken(Exception):
    """The journal doesn't verify, or can't be read; the message says where."""


class Blocked(Exception):
    """Another intent is open on the object."""

    def __init__(self, holder: Intent) -> None:
        super().__init__(
            _(
                "Intent {intent} ({summary}) by {actor} is {state} on {object}.",
                intent=holder.id,
                summary=holder.summary,
                actor=holder.actor,
                state=holder.state,
                object=holder.object,
            )
        )
        self.holder = holder


class VersionMoved(Exception):
    """Something was done to the order here since the plan was made."""


class NoSuchIntent(Exception):
    """No intent has this number."""


@dataclass(frozen=True)
class Draft:
    """What is decided, before it is reserved. `snapshot` is what was seen, as JSON data.

    `profile` is the account's name here, `ticket` the number of the case that it is done for.
    `link` ties the two steps of a renewal together; None for what stands alone.
    """

    environment: str
    action: str
    operation: str
    object: str
    scope: str
    lock: str
    amount: Money | None
    observed: str
    generation: int
    key: str | None
    method: str
    path: str
    body: bytes
    reason: str
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    ticket: str = ""
    profile: str = ""
    link: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Intent(Draft):
    """One decision and where it stands.

    `result` is the id of the object that it made; `unanswered` counts the attempts whose
    outcome no answer proves, `refusals` how often Amazon said no to it for certain.
    """

    id: int = 0
    state: State = State.PLANNED
    actor: str = ""
    attempts: int = 0
    unanswered: int = 0
    refusals: int = 0
    result: str | None = None
    human: str | None = None
    created: str = ""
    updated: str = ""

    @property
    def summary(self) -> str:
        return f"{self.action} {self.amount}" if self.amount else self.action

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def can_retry(self) -> bool:
        return self.state in RETRYABLE

    @property
    def never_left(self) -> bool:
        """No byte of it ever left this machine, so nothing of it can still arrive.

        A person's word that it did not happen is no proof of that.
        """
        return (
            self.state in (State.NOT_SENT, State.ABANDONED)
            and self.unanswered == 0
            and self.refusals == 0
            and self.human is None
        )


@dataclass(frozen=True)
class Entry:
    """One line of the journal."""

    seq: int
    time: str
    kind: str
    intent: int | None
    scope: str | None
    object: str | None
    actor: str
    data: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Verification:
    """What `verify` found: `problem` is None where everything holds."""

    entries: int
    intents: int
    problem: str | None = None
    place: str | None = None
