"""What the engine must know of an operation: its request, what proves it, and its words.

The engine is one; each operation that writes at Amazon answers the same questions in a class
of its own. All of it is pure: nothing here reads or sends.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from console.actions.outcome import Held
from console.actions.plan import Wish, Words
from console.actions.snapshot import Snapshot
from console.domain.ids import Identifier
from console.domain.language import N_, _, together
from console.domain.limits import MAX_CLOSURE_REASON
from console.domain.model import Json
from console.domain.money import Money, parse_typed
from console.domain.order import Order
from console.domain.rules import Offer, offer
from console.domain.text import clean_line
from console.store.decisions import Draft, Intent


class Standing(StrEnum):
    """How an object stands to what an intent wants of it."""

    BEFORE = "before"  # as it was: the request would still do it
    DONE = "done"  # as wanted
    ENDED = "ended"  # another end than the wanted one; the request can't reach it any more
    DECLINED = "declined"  # Amazon tried and declined
    UNCLEAR = "unclear"  # a state that this console doesn't know


@dataclass(frozen=True)
class Made:
    """The object that an answer, or a later read, tells of.

    `at` is when it was made; where nothing is made, when it was changed last.
    """

    id: str
    state: str
    at: datetime | None
    pending: bool = False
    dead: bool = False
    code: str | None = None
    raw: Json | None = None


@dataclass(frozen=True)
class Request:
    """Where the exact request goes, by its operation's method, and its bytes."""

    path: str
    body: bytes


class Operation(ABC):
    """One operation that writes. `name` is Amazon's name of the call.

    `keyed`: an idempotency key makes its repetition harmless, and a replay proves whose it was.
    `once`: Amazon itself does it at most once to an object, whoever asks.
    `target_name` is what the operator calls its object.
    """

    name: ClassVar[str]
    action: ClassVar[str]
    target_name: ClassVar[str]
    method: ClassVar[str]
    keyed: ClassVar[bool] = True
    once: ClassVar[bool] = True

    # --- planning --------------------------------------------------------------------------------

    @abstractmethod
    def choose(self, order: Order, target: Identifier) -> str:
        """The id of the object that is meant. Raises Held where that is not clear."""

    def scope(self, order: Order, object_id: str) -> str:
        """The order that the journal books it under."""
        return order.permission.id if order.permission else object_id[:19]

    def lock(self, order: Order, object_id: str) -> str:
        """What is reserved while it is open: the whole order, unless an operation says less."""
        return self.scope(order, object_id)

    def amount(self, order: Order, object_id: str, wish: Wish) -> Money | None:
        """The amount that is asked for. Raises AmountError, or Held without a currency."""
        return None

    def require_allowed(
        self, action: str, order: Order, object_id: str, amount: Money | None, wish: Wish
    ) -> None:
        """Step 2, local law: raises Held where it is not allowed now."""
        can = offer(order, action, object_id)
        if not can.allowed:
            raise Held(can.why)
        if amount is not None and can.max_amount is not None and amount > can.max_amount:
            raise self.too_much(order, object_id, amount, can)

    def too_much(self, order: Order, object_id: str, amount: Money, can: Offer) -> Held:
        return Held(together(_("{amount} is too much.", amount=amount), can.why))

    def already(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> str | None:
        """The sentence that says that it is so already; None where it is not."""
        return None

    @abstractmethod
    def request(self, order: Order, object_id: str, amount: Money | None, wish: Wish) -> Request:
        """The exact bytes."""

    def observed(self, order: Order, object_id: str, past: Sequence[Intent]) -> str:
        """What the key is derived from: what two operators who look at the same moment see.

        `past` are the journal's intents on this object.
        """
        return ""

    @abstractmethod
    def words(self, order: Order, draft: Draft, past: Sequence[Intent]) -> Words:
        """What the plan tells. For a decision that is tried again `draft` is the intent."""

    @abstractmethod
    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        """The fields that matter; None where the object could not be read."""

    # --- what was sent, and what came of it ------------------------------------------------------

    @abstractmethod
    def read(self, intent: Intent, data: Json) -> Made | None:
        """What a success made, if it echoes our object and amount; else None."""

    def find(self, order: Order, intent: Intent, made: Made) -> Made | None:
        """The same object as the order shows it now; None where it can't be read."""
        return made

    def standing(self, intent: Intent, now: Snapshot) -> Standing:
        """What a read proves. Without a state that could prove something: as before."""
        return Standing.BEFORE

    def is_ours(self, intent: Intent, now: Snapshot) -> bool:
        """Whether the wanted state carries the reason that ours would give."""
        return False

    def led_to(self, intent: Intent, now: Snapshot) -> str | None:
        """The id of the object that a read which proves the wanted state shows as made."""
        return intent.object

    def ended(self, intent: Intent, now: Snapshot) -> str:
        """What is true, and can be done now, where it came to another end than the wanted one."""
        return together(
            _(
                "Another end than the wanted one was reached, so {action} can't be done any more.",
                action=intent.summary,
            ),
            _("Look at the order again."),
        )

    def moved(self, before: Snapshot, now: Snapshot) -> bool:
        """Whether something moved that a person must be asked about before it is sent again."""
        return False

    def left(self, intent: Intent, now: Snapshot) -> str:
        """What is not as wanted although Amazon accepted it, a sentence; or nothing."""
        return ""

    # --- words for the outcome -------------------------------------------------------------------

    @abstractmethod
    def accepted(self, intent: Intent, made: Made) -> str:
        """What is true now that Amazon accepted it."""

    @abstractmethod
    def declined(self, intent: Intent, made: Made) -> str:
        """What is true where Amazon accepted and then declined it."""

    @abstractmethod
    def was_there(self, intent: Intent, made: Made) -> str:
        """What is true where somebody had made it already."""


def typed_amount(text: str, currency: str | None, thing: str) -> Money:
    """What the operator typed. Raises Held where Amazon gives no currency, AmountError else."""
    if currency is None:
        raise Held(_(_NO_CURRENCY[thing]), _("See Seller Central."))
    return parse_typed(text, currency)


_NO_CURRENCY: Final = {
    "charge": N_("Amazon doesn't say in which currency this charge is."),
    "order": N_("Amazon doesn't say in which currency this order is."),
    "permission": N_("Amazon doesn't say in which currency this permission is."),
    "session": N_("Amazon doesn't say in which currency this session is."),
}


def as_body(fields: dict[str, Any]) -> bytes:
    """The exact bytes of a request's body."""
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def reason_for_amazon(wish: Wish, otherwise: str) -> str:
    """The reason that Amazon is told; the API demands one for what ends something.

    A closureReason's length is known, a cancellationReason's is taken to be the same.
    """
    return clean_line(wish.reason, MAX_CLOSURE_REASON) or otherwise


def body_of(draft: Draft) -> dict[str, Any]:
    """The body of a draft of ours, read back."""
    found: dict[str, Any] = json.loads(draft.body)
    return found


def named(reason: str | None) -> str:
    """` (SoftDeclined)`, or nothing."""
    return f" ({reason})" if reason else ""
