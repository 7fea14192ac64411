"""POST under an idempotency key: a refund; or a capture and a new charge beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from console.domain.intent import (
    LIVE_STATES,
    OPEN_STATES,
    RETRYABLE,
    Move,
    State,
    derive_key,
)
from console.domain.money import Money
from console.proof.protocol import Protocol, Step
from console.proof.world import (
    OPERATORS,
    Amazon,
    Answer,
    Intent,
    Life,
    Message,
    Payment,
    World,
)

# Claims that nothing of a decision was executed, or will be.
_NOTHING: Final = frozenset(
    {State.REFUSED, State.NOT_SENT, State.STALE, State.CONFLICT, State.ABANDONED, State.ABSORBED}
)


@cache
def key_of(thing: str, observed: int, generation: int) -> str:
    """The engine's own key."""
    return derive_key("sandbox", "create", thing, Money(Decimal(observed), "USD"), generation)


@dataclass
class Keyed(Protocol):
    """Amazon keeps every key for ever, with the bytes that came under it and what they made."""

    def amazon(self) -> Amazon:
        scope = self.scope
        return Amazon(
            refusals=scope.refusals,
            throttles=scope.throttles,
            declines=scope.declines,
            foreign=scope.foreign,
            doubles=scope.doubles,
            offline=scope.offline,
        )

    def view(self, w: World) -> object:
        return self._total(w)

    def _total(self, w: World) -> int:
        shown = (Life.BEGUN, Life.DONE)
        return sum(p.amount for p in w.amazon.payments if p.shown in shown)

    def theirs(self, w: World) -> object:
        return sum(p.by is None and p.shown is not Life.HIDDEN for p in w.amazon.payments)

    # --- from a look to a plan -------------------------------------------------------------------

    def plan(self, w: World, c: int) -> tuple[World, Intent, int] | None:
        if not self.rules.declined_in_floor:
            w = self._record_declined(w, c)
        journal = self.journal(w, c)
        thing, amount = self.scope.things[c], self.scope.amounts[c]
        if self.something_open(w, c, thing):
            return None
        if self.rules.reopens:
            waiting = self._to_try_again(journal, thing)
            if any(journal[i].amount != amount and _left(journal[i]) for i in waiting):
                return None
            again = next((i for i in waiting if journal[i].amount == amount), -1)
            if again >= 0 and self._several_things and not self._wants(w, c):
                return None  # it was paid the other way meanwhile
            if again >= 0:
                seen = journal[again]._replace(seen=self.view(w), theirs=self.theirs(w))
                return w, seen, again
        if not self._wants(w, c):
            return None
        return w, self._decide(w, c, thing, amount), -1

    def _to_try_again(self, journal: tuple[Intent, ...], thing: str) -> list[int]:
        spent = {intent.key for intent in journal if intent.result is not None}
        again = RETRYABLE - ({State.REFUSED} if self.rules.generation_after_refusal else set())
        return [
            i
            for i, intent in enumerate(journal)
            if intent.thing == thing and intent.state in again and intent.key not in spent
        ]

    def _wants(self, w: World, c: int) -> bool:
        """Whether the complaint still stands, by all that its operator is shown."""
        alive = [i for i in self.journal(w, c) if not self._shown_dead(w, i)]
        if any(i.by == c and i.state in LIVE_STATES for i in alive):
            return False
        booked = _sum(alive, LIVE_STATES) if self.rules.floor else 0
        return self.scope.own_complaints or max(self._total(w), booked) == 0

    def _floor(self, w: World, c: int) -> int:
        states = set(LIVE_STATES)
        if self.rules.open_in_floor:
            states |= OPEN_STATES
        booked = _sum(self.journal(w, c), states) if self.rules.floor else 0
        return max(self._total(w), booked)

    def _decide(self, w: World, c: int, thing: str, amount: int) -> Intent:
        observed = self._floor(w, c)
        generation = self._generation(self.journal(w, c), thing, observed)
        key = key_of(thing, observed, generation)
        if not self.rules.derived_keys:
            key = f"new-{c}-{w.consoles[c].presses}"
        return Intent(c, thing, amount, observed, generation, key, self.view(w), self.theirs(w))

    def _generation(self, journal: tuple[Intent, ...], thing: str, observed: int) -> int:
        spent = {State.DECLINED}
        if self.rules.generation_after_refusal:
            spent |= {State.REFUSED}
        used = [
            i.generation
            for i in journal
            if i.thing == thing and i.observed == observed and i.state in spent
        ]
        return max(used) + 1 if used else 0

    def _record_declined(self, w: World, c: int) -> World:
        """A payment of ours that Amazon declined leaves the sum, before the sum is used."""
        for i, intent in enumerate(self.journal(w, c)):
            if intent.state in (State.ACCEPTED, State.ABSORBED) and self._shown_dead(w, intent):
                w = self.move(w, c, i, Move.DECLINE)
        return w

    def _shown_dead(self, w: World, intent: Intent) -> bool:
        return intent.result is not None and w.amazon.payments[intent.result].shown is Life.DECLINED

    # --- what Amazon does ------------------------------------------------------------------------

    def arrive(self, w: World, m: Message) -> Iterator[tuple[str, Amazon, Answer]]:
        amazon = w.amazon
        kept = next((kept for kept in amazon.keys if kept[0] == m.key), None)
        if kept is not None:
            yield self._repeats(amazon, m, kept)
            return
        yield self._pays(amazon, m)
        if amazon.refusals:
            keys = (*amazon.keys, (m.key, m.amount, None)) if self.scope.saved else amazon.keys
            refused = amazon._replace(refusals=amazon.refusals - 1, keys=keys)
            yield "refuses it", refused, Answer("no")
        if amazon.throttles:
            yield "throttles it", amazon._replace(throttles=amazon.throttles - 1), Answer("wait")

    def _repeats(
        self, amazon: Amazon, m: Message, kept: tuple[str, int, int | None]
    ) -> tuple[str, Amazon, Answer]:
        _, amount, payment = kept
        if amount != m.amount:
            return "knows the key with another amount", amazon, Answer("taken")
        if payment is None:
            return "repeats the saved refusal", amazon, Answer("no")
        return f"repeats its answer: payment {payment + 1}", amazon, Answer("made", payment)

    def _pays(self, amazon: Amazon, m: Message) -> tuple[str, Amazon, Answer]:
        number = len(amazon.payments)
        shown = Life.HIDDEN if self.scope.lag else Life.BEGUN
        payment = Payment((m.journal, m.intent), m.amount, Life.BEGUN, shown, m.copy, m.blind)
        paid = amazon._replace(
            payments=(*amazon.payments, payment), keys=(*amazon.keys, (m.key, m.amount, number))
        )
        return f"PAYS {m.amount}.00 (payment {number + 1})", paid, Answer("made", number)

    def amazon_steps(self, w: World) -> Iterator[Step]:
        amazon = w.amazon
        if amazon.foreign:
            shown = Life.HIDDEN if self.scope.lag else Life.BEGUN
            by_hand = Payment(None, 10, Life.BEGUN, shown)
            after = amazon._replace(
                foreign=amazon.foreign - 1, payments=(*amazon.payments, by_hand)
            )
            said = f"somebody pays 10.00 by hand in Seller Central (payment {len(after.payments)})"
            yield said, w._replace(amazon=after)
        for number, payment in enumerate(amazon.payments):
            yield from self._payment_steps(w, number, payment)

    def _payment_steps(self, w: World, number: int, payment: Payment) -> Iterator[Step]:
        amazon = w.amazon
        if payment.shown is not payment.life:
            shown = payment._replace(shown=payment.life)
            yield f"reads show payment {number + 1} now", _paid(w, amazon, number, shown)
        if payment.life is not Life.BEGUN:
            return
        if amazon.declines:
            dead = self._turn(payment, Life.DECLINED)
            fewer = amazon._replace(declines=amazon.declines - 1)
            yield f"Amazon declines payment {number + 1}", _paid(w, fewer, number, dead)
        if self.scope.follows:
            done = self._turn(payment, Life.DONE)
            yield f"payment {number + 1} is done", _paid(w, amazon, number, done)

    def _turn(self, payment: Payment, life: Life) -> Payment:
        return payment._replace(life=life, shown=payment.shown if self.scope.lag else life)

    # --- what an answer proves -------------------------------------------------------------------

    def handle(self, w: World, c: int, intent: Intent, answer: Answer) -> Step:
        i, who = w.consoles[c].intent, OPERATORS[c]
        intent = intent._replace(unanswered=intent.unanswered - 1)
        w = self.write(w, c, i, intent)
        if answer.said == "made":
            return self._made(w, c, i, intent, answer.payment)
        if answer.said == "taken":
            moved = self.view(w) != intent.seen
            move = Move.STALE if moved else Move.CONFLICT
            return f"{who} is told: {move}, yours was not made", self._end(w, c, i, move)
        return self._says_no(w, c, i, intent)

    def _made(self, w: World, c: int, i: int, intent: Intent, payment: int) -> Step:
        others = self.journal(w, c)
        booked = any(other.result == payment for n, other in enumerate(others) if n != i)
        absorbed = booked or payment < intent.since
        move = Move.ABSORB if absorbed else Move.ACCEPT
        w = self.move(w, c, i, move, result=payment)
        if self._shown_dead(w, self.journal(w, c)[i]):
            w = self.move(w, c, i, Move.DECLINE)
        ended = self.journal(w, c)[i].state
        words = f"{OPERATORS[c]} is told: payment {payment + 1} exists ({ended})"
        return words, self.to_idle(w, c)

    def _says_no(self, w: World, c: int, i: int, intent: Intent) -> Step:
        who, console, now = OPERATORS[c], w.consoles[c], self.view(w)
        if intent.unanswered and not self.rules.refuses_late:
            w = self.move(w, c, i, Move.LOSE)
            said = "an earlier attempt can still arrive, so it stays unknown"
            return f"{who}'s console is refused; {said}", self.to_between(w, c)
        if now != intent.seen and now != console.moved:
            # It says no, and yet money moved: ask once more before believing the refusal.
            w = self.to_between(self.move(w, c, i, Move.LOSE), c)
            noticed = w.consoles[c]._replace(moved=now)
            consoles = (*w.consoles[:c], noticed, *w.consoles[c + 1 :])
            return f"{who}'s console is refused, but money moved", w._replace(consoles=consoles)
        w = self.move(w, c, i, Move.REFUSE, refused=True)
        return f"{who} is told: intent {i + 1} is refused", self.to_idle(w, c)

    def _end(self, w: World, c: int, i: int, move: Move) -> World:
        return self.to_idle(self.move(w, c, i, move), c)

    # --- going on --------------------------------------------------------------------------------

    def go_on(self, w: World, c: int) -> Iterator[Step]:
        yield from self.attempt(w, c)

    def resolve(self, w: World, c: int, i: int) -> Iterator[Step]:
        if not self.rules.replays:
            return
        intent = self.journal(w, c)[i]
        w = self.claim(w, c, i)
        if not self.rules.reads_first:
            yield from self.attempt(w, c, "starts again and, without a look, ")
        elif self.view(w) == intent.seen:
            yield from self.attempt(w, c, "starts again, reads, sees no change and ")
        elif self.scope.human and self.theirs(w) == intent.theirs:
            yield from self.attempt(w, c, "was told that nobody else did it, and ")

    def happened(self, intent: Intent, view: object) -> bool:
        return view != intent.seen

    def final(self, w: World, intent: Intent) -> Move | None:
        if intent.result is None or intent.state not in (State.ACCEPTED, State.ABSORBED):
            return None
        shown = w.amazon.payments[intent.result].shown
        if shown is Life.DECLINED and self.scope.follows:
            return Move.DECLINE
        done = shown is Life.DONE and intent.state is State.ACCEPTED
        return Move.SETTLE if done else None

    # --- what must hold --------------------------------------------------------------------------

    def untrue(self, w: World, j: int, i: int, intent: Intent) -> str | None:
        made = [p for p in w.amazon.payments if p.by == (j, i)]
        if len(made) > 1:
            return f"intent {i + 1} was paid {len(made)} times"
        if intent.state in _NOTHING and not intent.human and any(not p.copy for p in made):
            return f"intent {i + 1} is called {intent.state}, and yet it was paid"
        if intent.result is None or intent.human:
            return None
        life = w.amazon.payments[intent.result].life
        dead = life is Life.DECLINED
        if (intent.state is State.DECLINED) != dead and intent.state is State.DECLINED:
            return f"intent {i + 1} is called declined, and its payment lives"
        if intent.state is State.SETTLED and life is not Life.DONE:
            return f"intent {i + 1} is called done, and its payment is not"
        return None

    def paid_wrongly(self, w: World) -> str | None:
        if any(p.blind for p in w.amazon.payments):
            return "paid beside a payment by hand that a read would have shown"
        ours = [
            w.journals[p.by[0]][p.by[1]].by
            for p in w.amazon.payments
            if p.by is not None and p.lives
        ]
        complaints = set(ours) if self.scope.own_complaints else {0}
        if len(ours) > len(complaints) and not self._against_a_persons_word(w):
            return "one complaint was paid twice"
        return None

    def _against_a_persons_word(self, w: World) -> bool:
        """On two objects of one permission a wrong "it did not" frees the other one."""
        return self._several_things and any(i.human for journal in w.journals for i in journal)

    @property
    def _several_things(self) -> bool:
        return len(set(self.scope.things)) > 1


def _left(intent: Intent) -> bool:
    """Whether a byte of it may have left, so that it may still be executed."""
    return bool(
        intent.unanswered or intent.refused or intent.human or intent.state is State.REFUSED
    )


def _sum(journal: Iterable[Intent], states: set[State] | frozenset[State]) -> int:
    """What the journal counts: each payment once."""
    counted: set[int] = set()
    total = 0
    for intent in journal:
        if intent.state not in states or intent.result in counted:
            continue
        if intent.result is not None:
            counted.add(intent.result)
        total += intent.amount
    return total


def _paid(w: World, amazon: Amazon, number: int, payment: Payment) -> World:
    payments = (*amazon.payments[:number], payment, *amazon.payments[number + 1 :])
    return w._replace(amazon=amazon._replace(payments=payments))
