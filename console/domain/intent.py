"""An intent: one decision of one person, its states, its key.

One decision has one key and one body for ever; trying again is the same intent again. The
table below is executable: a move that it does not hold raises.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from console.domain.language import _
from console.domain.limits import MAX_IDEMPOTENCY_KEY
from console.domain.money import Money


class State(StrEnum):
    PLANNED = "planned"
    RESERVED = "reserved"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    DECLINED = "declined"
    STALE = "stale"
    CONFLICT = "conflict"
    ABSORBED = "absorbed"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    ABANDONED = "abandoned"


class Move(StrEnum):
    """What happens to an intent; each move is one line of the journal."""

    RESERVE = "reserve"
    ARM = "arm"
    ACCEPT = "accept"
    ABSORB = "absorb"
    REFUSE = "refuse"
    NOT_SENT = "not_sent"
    CONFLICT = "conflict"
    STALE = "stale"
    LOSE = "lose"
    ABANDON = "abandon"
    SETTLE = "settle"
    DECLINE = "decline"
    HAPPENED = "happened"
    DID_NOT = "did_not"
    REOPEN = "reopen"


_S, _M = State, Move

TRANSITIONS: Final = MappingProxyType(
    {
        (_S.PLANNED, _M.RESERVE): _S.RESERVED,
        (_S.RESERVED, _M.ARM): _S.SENDING,
        (_S.RESERVED, _M.STALE): _S.STALE,
        (_S.RESERVED, _M.ABANDON): _S.ABANDONED,
        (_S.SENDING, _M.ARM): _S.SENDING,  # throttled, or replayed in the same dialog
        (_S.SENDING, _M.ACCEPT): _S.ACCEPTED,
        (_S.SENDING, _M.ABSORB): _S.ABSORBED,
        (_S.SENDING, _M.REFUSE): _S.REFUSED,
        (_S.SENDING, _M.NOT_SENT): _S.NOT_SENT,
        (_S.SENDING, _M.CONFLICT): _S.CONFLICT,
        (_S.SENDING, _M.STALE): _S.STALE,
        (_S.SENDING, _M.LOSE): _S.UNKNOWN,
        (_S.UNKNOWN, _M.ARM): _S.SENDING,
        # A read proved the end of what has no key, or of an object that can't change any more.
        (_S.UNKNOWN, _M.ACCEPT): _S.ACCEPTED,
        (_S.UNKNOWN, _M.ABSORB): _S.ABSORBED,
        (_S.UNKNOWN, _M.STALE): _S.STALE,
        (_S.UNKNOWN, _M.HAPPENED): _S.ACCEPTED,
        (_S.UNKNOWN, _M.DID_NOT): _S.ABANDONED,
        (_S.ACCEPTED, _M.SETTLE): _S.SETTLED,
        (_S.ACCEPTED, _M.DECLINE): _S.DECLINED,
        (_S.ABSORBED, _M.DECLINE): _S.DECLINED,
        (_S.REFUSED, _M.REOPEN): _S.RESERVED,
        (_S.NOT_SENT, _M.REOPEN): _S.RESERVED,
        (_S.ABANDONED, _M.REOPEN): _S.RESERVED,
    }
)

# While an intent is in one of these, its object is reserved for it.
OPEN_STATES: Final = frozenset({State.RESERVED, State.SENDING, State.UNKNOWN})
# Ends from which the same decision can be tried again, with its own key.
RETRYABLE: Final = frozenset({State.REFUSED, State.NOT_SENT, State.ABANDONED})
# States whose amount counts as refunded.
LIVE_STATES: Final = frozenset({State.ACCEPTED, State.SETTLED, State.ABSORBED})


class IllegalMove(RuntimeError):
    """A move that the table does not hold."""


def advance(state: State, move: Move) -> State:
    """The state after `move`; raises IllegalMove where the table holds none."""
    try:
        return TRANSITIONS[state, move]
    except KeyError:
        message = _("an intent that is {state} can't {move}", state=state, move=move)
        raise IllegalMove(message) from None


def derive_key(
    environment: str, operation: str, object_id: str, observed: Money | str, generation: int
) -> str:
    """The idempotency key of a decision, derived from what was observed.

    Two operators who saw the same state collide at Amazon instead of paying twice, even with
    nothing shared between them. `observed` is what the operation is compared with: for a refund
    the floor, not the wanted amount, because two different amounts must collide too.
    """
    seed = f"payconsole/1|{environment}|{operation}|{object_id}|{observed}|{generation}"
    digest = hashlib.sha256(seed.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:MAX_IDEMPOTENCY_KEY]


@dataclass(frozen=True)
class Reservation:
    """What may be sent, once it is armed: the stored bytes, the key and the attempt's number.

    Only the journal makes one, in the transaction that makes the attempt durable.
    """

    intent: int
    attempt: int
    operation: str
    object_id: str
    method: str
    path: str
    body: bytes
    idempotency_key: str | None
