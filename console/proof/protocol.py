"""The protocol's steps as the engine takes them, one intent after the other.

Every change of an intent's state goes through the engine's own table (`advance`), so that model
and engine can't drift apart. What is specific to a kind of request stands in `keyed` and
`unkeyed`. One step of the model is what nothing else can come between, or what may as well.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from console.domain.intent import OPEN_STATES, RETRYABLE, Move, State, advance
from console.proof.world import (
    OPERATORS,
    Amazon,
    Answer,
    Console,
    Intent,
    Message,
    Phase,
    Rules,
    Scope,
    World,
)

Step = tuple[str, World]

_CRASHABLE: Final = frozenset({Phase.RESERVED, Phase.WAITING, Phase.ANSWERED})


@dataclass
class Protocol(ABC):
    """All that can happen in one scope under some rules. `taken` is what the table was used for."""

    scope: Scope
    rules: Rules = field(default_factory=Rules)
    taken: set[tuple[State, Move]] = field(default_factory=set)

    # --- for the search --------------------------------------------------------------------------

    def start(self) -> World:
        scope = self.scope
        console = Console(scope.presses, scope.sends, scope.crashes)
        count = len(scope.amounts)
        journals = ((),) if scope.shared or count == 1 else ((),) * count
        return World(self.amazon(), (), journals, (console,) * count)

    def steps(self, w: World) -> Iterator[Step]:
        """Every step that can come next."""
        for c, console in enumerate(w.consoles):
            yield from _BY_PHASE[console.phase](self, w, c)
            if console.crashes and console.phase in _CRASHABLE:
                idle = _idle(console)._replace(crashes=console.crashes - 1)
                yield f"{OPERATORS[c]}'s console crashes and starts again", _with(w, c, idle)
        yield from self._arrivals(w)
        yield from self.amazon_steps(w)
        yield from self._watching(w)

    def broken(self, w: World) -> str | None:
        for j, journal in enumerate(w.journals):
            held: list[str] = []
            for i, intent in enumerate(journal):
                if intent.state in OPEN_STATES:
                    held.append(self.lock(intent.thing))
                wrong = self.untrue(w, j, i, intent)
                if wrong:
                    return wrong
            if self.rules.open_blocks and len(held) > len(set(held)):
                return "two intents are open on one object"
        return self.paid_wrongly(w)

    def at_rest(self, w: World) -> bool:
        """Every intent has ended; unknown may stay only where nobody gives their word."""
        kept = set() if self.scope.human else {State.UNKNOWN}
        return all(
            intent.state not in OPEN_STATES or intent.state in kept
            for journal in w.journals
            for intent in journal
        ) and all(console.phase is Phase.IDLE for console in w.consoles)

    # --- what a kind of request answers itself ---------------------------------------------------

    @abstractmethod
    def amazon(self) -> Amazon:
        """Amazon before anything happened."""

    @abstractmethod
    def view(self, w: World) -> object:
        """What a read shows now: all that a snapshot compares."""

    @abstractmethod
    def theirs(self, w: World) -> object:
        """What of the view was done by others, without this program."""

    @abstractmethod
    def plan(self, w: World, c: int) -> tuple[World, Intent, int] | None:
        """What an operator who looks now decides: the world after the look, the decision, and
        the number of the intent that it tries again, or -1. None where they leave it."""

    @abstractmethod
    def arrive(self, w: World, m: Message) -> Iterator[tuple[str, Amazon, Answer]]:
        """Everything that Amazon may do with a request that reaches it."""

    @abstractmethod
    def handle(self, w: World, c: int, intent: Intent, answer: Answer) -> Step:
        """What an answer proves, once the console has it."""

    @abstractmethod
    def go_on(self, w: World, c: int) -> Iterator[Step]:
        """What the same dialog does after a lost answer."""

    @abstractmethod
    def resolve(self, w: World, c: int, i: int) -> Iterator[Step]:
        """What a console does about an unknown outcome that it finds."""

    @abstractmethod
    def happened(self, intent: Intent, view: object) -> bool:
        """What a person who looks at Seller Central believes."""

    @abstractmethod
    def amazon_steps(self, w: World) -> Iterator[Step]:
        """What happens at Amazon by itself, or by others."""

    @abstractmethod
    def untrue(self, w: World, j: int, i: int, intent: Intent) -> str | None:
        """What is claimed of a decision and isn't so."""

    @abstractmethod
    def paid_wrongly(self, w: World) -> str | None:
        """How money, or somebody's work, came to harm."""

    # --- what an operator does -------------------------------------------------------------------

    def _idle(self, w: World, c: int) -> Iterator[Step]:
        console, who = w.consoles[c], OPERATORS[c]
        if console.presses and console.sends:
            planned = self.plan(w, c)
            if planned is not None:
                after, intent, again = planned
                ready = console._replace(
                    phase=Phase.PLANNED, presses=console.presses - 1, plan=intent, again=again
                )
                yield f"{who} {self.deciding(intent, again)}", _with(after, c, ready)
        for i, intent in enumerate(self.journal(w, c)):
            if intent.state in OPEN_STATES and not self._attended(w, c, i):
                yield from self._recover(w, c, i, intent)

    def deciding(self, intent: Intent, again: int) -> str:
        if again >= 0:
            return f"plans intent {again + 1} again, under {_called(intent.key)}"
        under = f" under {_called(intent.key)}" if intent.key else ""
        return f"looks ({self.shows(intent.seen)}) and plans {self.wish(intent)}{under}"

    def shows(self, view: object) -> str:
        return f"a read shows {view}"

    def wish(self, intent: Intent) -> str:
        return f"{intent.amount}.00"

    def _confirm(self, w: World, c: int) -> Iterator[Step]:  # steps 4 and 5
        console, who = w.consoles[c], OPERATORS[c]
        plan, again = console.plan, console.again
        assert plan is not None
        held = self._held_back(w, c, plan, again)
        if held:
            yield f"{who} confirms, but {held}", self.to_idle(w, c)
            return
        blind = self.theirs(w) != plan.theirs
        i = again if again >= 0 else len(self.journal(w, c))
        console = _idle(console)._replace(phase=Phase.RESERVED, intent=i, again=again, blind=blind)
        if again >= 0:  # as the journal has it now, with what was seen for this try
            intent = self.advance(self.journal(w, c)[i], Move.REOPEN)
            intent = intent._replace(seen=plan.seen, theirs=plan.theirs)
        else:
            intent = self.advance(plan, Move.RESERVE)
        w = self.write(_with(w, c, console), c, i, intent)
        yield f"{who} confirms; intent {i + 1} is reserved", w

    def _held_back(self, w: World, c: int, plan: Intent, again: int) -> str | None:
        if self.rules.version_compared and w.consoles[c].outdated:
            return "the journal has moved: look again"
        if self.something_open(w, c, plan.thing):
            return "the object is reserved"
        if again >= 0 and self.journal(w, c)[again].state not in RETRYABLE:
            return "it was tried again already"
        return None

    def something_open(self, w: World, c: int, thing: str) -> bool:
        """Whether an intent of this journal stands in the way of one on `thing`."""
        return self.rules.open_blocks and any(
            other.state in OPEN_STATES and self.lock(other.thing) == self.lock(thing)
            for other in self.journal(w, c)
        )

    def _reserved(self, w: World, c: int) -> Iterator[Step]:  # steps 6 to 8
        console, who = w.consoles[c], OPERATORS[c]
        intent = self.journal(w, c)[console.intent]
        if self.rules.rereads and self.view(w) != intent.seen:
            # What was tried before can still arrive, so it must keep its key for another try.
            move = Move.STALE if console.again < 0 else Move.ABANDON
            w = self.move(w, c, console.intent, move)
            yield f"{who}'s console reads again: changed, nothing is sent", self.to_idle(w, c)
            return
        if not intent.unanswered:
            intent = intent._replace(since=len(w.amazon.payments))
            w = self.write(w, c, console.intent, intent)
        said = "reads again, as before, and " if self.rules.rereads else ""
        yield from self.attempt(w, c, said)

    def attempt(self, w: World, c: int, said: str = "") -> Iterator[Step]:
        """Arm an attempt and send it; or the connection fails before its first byte."""
        console, who = w.consoles[c], OPERATORS[c]
        i = console.intent
        before = self.journal(w, c)[i]
        armed = self.advance(before, Move.ARM)
        armed = armed._replace(attempts=before.attempts + 1, unanswered=before.unanswered + 1)
        console = console._replace(phase=Phase.WAITING, sends=console.sends - 1, answer=None)
        message = Message(
            armed.key, armed.amount, self.book(c), i, armed.attempts, c, console.blind
        )
        after = _with(self.write(w, c, i, armed), c, console)
        words = f"{who}'s console {said}sends attempt {armed.attempts} of intent {i + 1}"
        yield words, after._replace(network=tuple(sorted((*after.network, message))))
        if w.amazon.offline:
            yield self._never_left(after, c, before)

    def _never_left(self, w: World, c: int, before: Intent) -> Step:
        i, who = w.consoles[c].intent, OPERATORS[c]
        amazon = w.amazon._replace(offline=w.amazon.offline - 1)
        intent = self.journal(w, c)[i]
        intent = intent._replace(unanswered=intent.unanswered - 1)
        w = self.write(w, c, i, intent)._replace(amazon=amazon)
        doubt = intent.unanswered or before.state is State.UNKNOWN
        words = f"{who}'s console can't connect for attempt {intent.attempts} of intent {i + 1}"
        if doubt and not self.rules.not_sent_late:
            w = self.move(w, c, i, Move.LOSE)
            return f"{words}; it stays unknown", self.to_between(w, c)
        return f"{words} and says: not sent", self.to_idle(self.move(w, c, i, Move.NOT_SENT), c)

    def _waiting(self, w: World, c: int) -> Iterator[Step]:
        i = w.consoles[c].intent
        words = f"{OPERATORS[c]}'s console gets no answer; intent {i + 1} is unknown"
        yield words, self.to_between(self.move(w, c, i, Move.LOSE), c)

    def _answered(self, w: World, c: int) -> Iterator[Step]:  # step 9
        console = w.consoles[c]
        assert console.answer is not None
        intent = self.journal(w, c)[console.intent]
        if console.answer.said == "wait":  # throttled: nothing was executed
            intent = intent._replace(unanswered=intent.unanswered - 1)
            w = self.write(w, c, console.intent, intent)
            yield f"{OPERATORS[c]}'s console was told to wait", self.to_between(w, c)
            return
        yield self.handle(w, c, intent, console.answer)

    def _between(self, w: World, c: int) -> Iterator[Step]:  # step 10, same dialog
        console = w.consoles[c]
        if console.sends and self.rules.replays:
            yield from self.go_on(w, c)
        intent = self.journal(w, c)[console.intent]
        if intent.state is State.SENDING:  # the last attempt was throttled
            move = Move.LOSE if intent.unanswered else Move.REFUSE
            w = self.move(w, c, console.intent, move)
        yield f"{OPERATORS[c]}'s console stops asking", self.to_idle(w, c)

    # --- what was left open ----------------------------------------------------------------------

    def _recover(self, w: World, c: int, i: int, intent: Intent) -> Iterator[Step]:
        who = OPERATORS[c]
        if intent.state is State.RESERVED:
            yield (
                f"{who}'s console gives intent {i + 1} up: nothing of it was sent",
                self.move(w, c, i, Move.ABANDON),
            )
        elif intent.state is State.SENDING:
            yield (
                f"{who}'s console finds intent {i + 1} in flight: unknown",
                self.move(w, c, i, Move.LOSE),
            )
        else:
            if w.consoles[c].sends:
                yield from self.resolve(w, c, i)
            if self.scope.human:
                yield self._word(w, c, i, intent)

    def _word(self, w: World, c: int, i: int, intent: Intent) -> Step:  # step 14
        happened = self.happened(intent, self.view(w))
        move = Move.HAPPENED if happened else Move.DID_NOT
        w = self.move(w, c, i, move, human=True)
        said = "it happened" if happened else "it did not"
        return f"{OPERATORS[c]} looks at Seller Central and says of intent {i + 1}: {said}", w

    def claim(self, w: World, c: int, i: int) -> World:
        """The console takes an unknown intent up; blind if others acted since it was seen."""
        intent = self.journal(w, c)[i]
        blind = self.theirs(w) != intent.theirs
        console = w.consoles[c]._replace(intent=i, again=-1, blind=blind, moved=None)
        return _with(w, c, console)

    def _attended(self, w: World, c: int, i: int) -> bool:
        """Whether a console works on the intent at this moment."""
        book = self.book(c)
        return any(
            console.intent == i and self.book(other) == book
            for other, console in enumerate(w.consoles)
            if console.phase not in (Phase.IDLE, Phase.PLANNED)
        )

    def _watching(self, w: World) -> Iterator[Step]:
        """Steps 11 and 13: what was accepted is followed, by any console of its journal."""
        for j, journal in enumerate(w.journals):
            c = j
            for i, intent in enumerate(journal):
                move = self.final(w, intent)
                if move is not None and not self._attended(w, c, i):
                    yield f"intent {i + 1} is seen to {move}", self.move(w, c, i, move)

    def final(self, w: World, intent: Intent) -> Move | None:
        """How an accepted intent ends, if a read shows it."""
        return None

    # --- the network -----------------------------------------------------------------------------

    def _arrivals(self, w: World) -> Iterator[Step]:
        for m in dict.fromkeys(w.network):
            rest = list(w.network)
            rest.remove(m)
            yield from self._arrives(w, m, tuple(rest))
            if w.amazon.doubles and not m.copy:
                copied = tuple(sorted((*rest, m._replace(copy=True))))
                fewer = w.amazon._replace(doubles=w.amazon.doubles - 1)
                for words, after in self._arrives(w._replace(amazon=fewer), m, copied):
                    yield f"(doubled) {words}", after

    def _arrives(self, w: World, m: Message, rest: tuple[Message, ...]) -> Iterator[Step]:
        where = f"{OPERATORS[m.console]}'s attempt {m.attempt} of intent {m.intent + 1}"
        for words, amazon, answer in self.arrive(w, m):
            after = w._replace(amazon=amazon, network=rest)
            said = f"{where} reaches Amazon, which {words}"
            if not self._waits_for(w, m):
                yield said, after
                continue
            yield f"{said}; the answer is lost", after
            got = w.consoles[m.console]._replace(phase=Phase.ANSWERED, answer=answer)
            yield f"{said}; the answer comes", _with(after, m.console, got)

    def _waits_for(self, w: World, m: Message) -> bool:
        console = w.consoles[m.console]
        return (
            not m.copy
            and console.phase is Phase.WAITING
            and console.intent == m.intent
            and self.journal(w, m.console)[m.intent].attempts == m.attempt
        )

    # --- shared ----------------------------------------------------------------------------------

    def book(self, c: int) -> int:
        """The number of a console's journal."""
        return 0 if self.scope.shared or len(self.scope.amounts) == 1 else c

    def journal(self, w: World, c: int) -> tuple[Intent, ...]:
        return w.journals[self.book(c)]

    def lock(self, thing: str) -> str:
        """What is reserved while an intent on `thing` is open."""
        return "permission" if self.rules.permission_lock else thing

    def advance(self, intent: Intent, move: Move) -> Intent:
        """The only way in which an intent's state changes: the engine's table."""
        self.taken.add((intent.state, move))
        return intent._replace(state=advance(intent.state, move))

    def move(self, w: World, c: int, i: int, move: Move, **changes: Any) -> World:
        moved = self.advance(self.journal(w, c)[i], move)
        return self.write(w, c, i, moved._replace(**changes) if changes else moved)

    def write(self, w: World, c: int, i: int, intent: Intent) -> World:
        """One line of the journal; plans that were made from fewer lines are outdated."""
        book = self.book(c)
        journal = w.journals[book]
        journals = list(w.journals)
        journals[book] = (*journal[:i], intent, *journal[i + 1 :])
        consoles = tuple(
            console._replace(outdated=True)
            if console.plan is not None and self.book(other) == book
            else console
            for other, console in enumerate(w.consoles)
        )
        return w._replace(journals=tuple(journals), consoles=consoles)

    def to_idle(self, w: World, c: int) -> World:
        return _with(w, c, _idle(w.consoles[c]))

    def to_between(self, w: World, c: int) -> World:
        return _with(w, c, w.consoles[c]._replace(phase=Phase.BETWEEN, answer=None))


def _idle(console: Console) -> Console:
    return console._replace(
        phase=Phase.IDLE,
        plan=None,
        again=-1,
        outdated=False,
        intent=-1,
        answer=None,
        blind=False,
        moved=None,
    )


def _with(w: World, c: int, console: Console) -> World:
    return w._replace(consoles=(*w.consoles[:c], console, *w.consoles[c + 1 :]))


def _called(key: str) -> str:
    """A key's mark in a trace; the trace gives it a short name."""
    return f"<{key}>"


_BY_PHASE: Final = {
    Phase.IDLE: Protocol._idle,
    Phase.PLANNED: Protocol._confirm,
    Phase.RESERVED: Protocol._reserved,
    Phase.WAITING: Protocol._waiting,
    Phase.ANSWERED: Protocol._answered,
    Phase.BETWEEN: Protocol._between,
}
