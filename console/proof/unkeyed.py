"""DELETE and PATCH have no keys: what a read shows decides (cancel, close, update)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from console.domain.intent import LIVE_STATES, RETRYABLE, Move, State
from console.proof.protocol import Protocol, Step
from console.proof.world import OPERATORS, Amazon, Answer, Intent, Message, World


class Standing(Enum):
    """How what a read shows stands to what is wanted."""

    BEFORE = "before"
    OURS = "as wanted, with the reason that ours gives"
    THEIRS = "as wanted, not by us"
    ENDED = "another end than the wanted one"


@dataclass(frozen=True)
class Kind:
    """One request without a key, over the states of its object.

    `begins` is the state in which it is planned, `wanted` the one that it makes, `theirs` those
    that count as done by somebody else; from every other state it is too late. `executes` is
    where Amazon carries it out. `others` is what can be done without this program: by a colleague
    in Seller Central, by the shop, or by Amazon.
    """

    wish: str
    begins: str
    wanted: str
    theirs: frozenset[str]
    executes: frozenset[str]
    others: Mapping[str, tuple[str, ...]]

    def standing(self, state: str, *, looks_at_reason: bool) -> Standing:
        if state == self.begins:
            return Standing.BEFORE
        if state == self.wanted:
            return Standing.OURS
        if state in self.theirs:
            return Standing.THEIRS if looks_at_reason else Standing.OURS
        return Standing.ENDED


CANCEL: Final = Kind(
    wish="cancel",
    begins="Authorized",
    wanted="Canceled (MerchantCanceled)",
    theirs=frozenset({"Canceled (AmazonCanceled)"}),
    executes=frozenset({"Authorized"}),
    others={
        "Authorized": ("Captured", "Canceled (AmazonCanceled)", "Canceled (MerchantCanceled)"),
    },
)
CLOSE: Final = Kind(
    wish="close with its charges",
    begins="Chargeable, charge Authorized",
    wanted="Closed (MerchantClosed), charge Canceled",
    # Closed alone is not what was wanted: its charge can still be captured.
    theirs=frozenset({"Closed (AmazonClosed), charge Canceled"}),
    executes=frozenset({"Chargeable, charge Authorized"}),
    others={
        "Chargeable, charge Authorized": (
            "Closed (MerchantClosed), charge Authorized",
            "Closed (AmazonClosed), charge Canceled",
            "Chargeable, charge Captured",
        ),
    },
)
UPDATE: Final = Kind(
    wish="set the reference to 'ours'",
    begins="'old'",
    wanted="'ours'",
    theirs=frozenset(),
    executes=frozenset({"'old'", "'ours'", "'theirs'"}),  # the last write wins
    others={"'old'": ("'theirs'",), "'ours'": ("'theirs'",)},
)


@dataclass
class Unkeyed(Protocol):
    """The other branch: GET first, always; a repetition is sent only while nothing has changed."""

    kind: Kind = field(default=CANCEL)

    def amazon(self) -> Amazon:
        scope, begins = self.scope, self.kind.begins
        return Amazon(
            thing=begins,
            shown=begins,
            was=frozenset({begins}),
            refusals=scope.refusals,
            throttles=scope.throttles,
            foreign=scope.foreign,
            doubles=scope.doubles,
            offline=scope.offline,
        )

    def view(self, w: World) -> object:
        return w.amazon.shown

    def theirs(self, w: World) -> object:
        """A state that no request of this kind makes; or nothing."""
        shown = w.amazon.shown
        return None if shown in (self.kind.begins, self.kind.wanted) else shown

    def wish(self, intent: Intent) -> str:
        return self.kind.wish

    def lock(self, thing: str) -> str:
        return "permission"

    def plan(self, w: World, c: int) -> tuple[World, Intent, int] | None:
        journal = self.journal(w, c)
        if w.amazon.shown != self.kind.begins or self.something_open(w, c, "charge"):
            return None
        again = next((i for i, intent in enumerate(journal) if intent.state in RETRYABLE), -1)
        seen, theirs = self.view(w), self.theirs(w)
        if again >= 0:
            return w, journal[again]._replace(seen=seen, theirs=theirs), again
        return w, Intent(c, "charge", 0, 0, 0, "", seen, theirs), -1

    # --- what Amazon does ------------------------------------------------------------------------

    def arrive(self, w: World, m: Message) -> Iterator[tuple[str, Amazon, Answer]]:
        amazon, kind = w.amazon, self.kind
        if amazon.thing in kind.executes:
            yield f"DOES it: {kind.wanted}", self._done(amazon, m), Answer("made")
            if amazon.refusals:
                fewer = amazon._replace(refusals=amazon.refusals - 1)
                yield "refuses it", fewer, Answer("no")
        elif amazon.thing == kind.wanted and self.scope.repeat_is_fine:
            yield "says that it is so", amazon, Answer("made")
        else:
            yield f"refuses it: {amazon.thing}", amazon, Answer("no")
        if amazon.throttles:
            yield "throttles it", amazon._replace(throttles=amazon.throttles - 1), Answer("wait")

    def _done(self, amazon: Amazon, m: Message) -> Amazon:
        harmed = m.blind and amazon.thing == "'theirs'"
        return self._became(amazon, self.kind.wanted, "overwritten" if harmed else "", m)

    def _became(
        self, amazon: Amazon, thing: str, mark: str = "", m: Message | None = None
    ) -> Amazon:
        marks = {thing, mark} if mark else {thing}
        if m is not None and not m.copy:
            marks.add(_executed(m.journal, m.intent))
        shown = amazon.shown if self.scope.lag else thing
        return amazon._replace(thing=thing, shown=shown, was=amazon.was | marks)

    def amazon_steps(self, w: World) -> Iterator[Step]:
        amazon = w.amazon
        if amazon.shown != amazon.thing:
            yield (
                f"reads show {amazon.thing} now",
                w._replace(amazon=amazon._replace(shown=amazon.thing)),
            )
        if amazon.foreign:
            for thing in self.kind.others.get(amazon.thing, ()):
                fewer = amazon._replace(foreign=amazon.foreign - 1)
                yield (
                    f"somebody else makes it: {thing}",
                    w._replace(amazon=self._became(fewer, thing)),
                )

    # --- what is proved --------------------------------------------------------------------------

    def handle(self, w: World, c: int, intent: Intent, answer: Answer) -> Step:
        i, who = w.consoles[c].intent, OPERATORS[c]
        intent = intent._replace(unanswered=intent.unanswered - 1)
        w = self.write(w, c, i, intent)
        if answer.said == "made":
            w = self.move(w, c, i, Move.ACCEPT)
            return f"{who} is told: it is so", self.to_idle(w, c)
        proved = self._proved(w, c, i)
        if proved is not None:
            return proved
        if intent.unanswered and not self.rules.refuses_late:
            w = self.move(w, c, i, Move.LOSE)
            return f"{who}'s console is refused; it stays unknown", self.to_between(w, c)
        w = self.move(w, c, i, Move.REFUSE, refused=True)
        return f"{who} is told: intent {i + 1} is refused", self.to_idle(w, c)

    def _proved(self, w: World, c: int, i: int) -> Step | None:
        """What a read proves about an intent of which an attempt was armed."""
        standing = self.kind.standing(w.amazon.shown, looks_at_reason=self.rules.looks_at_reason)
        move, words = _PROVES.get(standing, (None, ""))
        if move is None:
            return None
        ended = self.to_idle(self.move(w, c, i, move), c)
        return f"{OPERATORS[c]} reads {w.amazon.shown}: {words}", ended

    def go_on(self, w: World, c: int) -> Iterator[Step]:
        i = w.consoles[c].intent
        if self.journal(w, c)[i].state is State.SENDING:  # throttled
            yield from self.attempt(w, c)
            return
        yield from self.resolve(w, c, i)

    def resolve(self, w: World, c: int, i: int) -> Iterator[Step]:
        w = self.claim(w, c, i)
        if not self.rules.reads_first:
            yield from self.attempt(w, c, "without a look ")
            return
        proved = self._proved(w, c, i)
        if proved is not None:
            yield proved
        else:
            yield from self.attempt(w, c, "reads, sees it as before and ")

    def happened(self, intent: Intent, view: object) -> bool:
        return view == self.kind.wanted

    def final(self, w: World, intent: Intent) -> Move | None:
        return Move.SETTLE if self.scope.follows and intent.state is State.ACCEPTED else None

    # --- what must hold --------------------------------------------------------------------------

    def untrue(self, w: World, j: int, i: int, intent: Intent) -> str | None:
        was = w.amazon.was
        executed = _executed(j, i) in was
        if intent.human:
            return None
        if intent.state in LIVE_STATES - {State.ABSORBED} and self.kind.wanted not in was:
            return f"intent {i + 1} is called done, and it never was: {w.amazon.thing}"
        last_write = self.kind is UPDATE and intent.unanswered and intent.state is State.STALE
        if intent.state in _NOTHING and executed and not last_write:
            return f"intent {i + 1} is called {intent.state}, and yet it was done"
        return None

    def paid_wrongly(self, w: World) -> str | None:
        if "overwritten" in w.amazon.was:
            return "a colleague's value, which a read would have shown, was overwritten"
        return None


_PROVES: Final = {
    Standing.OURS: (Move.ACCEPT, "done, probably by us"),
    Standing.THEIRS: (Move.ABSORB, "already so, not by us"),
    Standing.ENDED: (Move.STALE, "another end; it can't be done any more"),
}
_NOTHING: Final = frozenset(
    {State.REFUSED, State.NOT_SENT, State.STALE, State.ABANDONED, State.ABSORBED}
)


def _executed(journal: int, intent: int) -> str:
    """The mark of a decision that Amazon carried out."""
    return f"by {journal}.{intent}"
