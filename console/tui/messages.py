"""What workers tell the console screen. Workers touch no widget: they post one of these."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.actions.plan import Plan
    from console.actions.watch import News
    from console.domain.explain import Tone
    from console.domain.ids import Identifier
    from console.domain.order import Order
    from console.domain.since import Picture
    from console.domain.worklist import Entry
    from console.session import Session
    from console.store.decisions import Intent
    from console.store.desk import Note
    from console.store.index import Known, Look


class Said(NamedTuple):
    """A message that stays: what it is, what happened, what to do next. All of it literal."""

    title: str
    text: str = ""
    hint: str = ""
    tone: Tone = "neutral"
    facts: tuple[str, ...] = ()


class Opening(Message):
    """How far the opening of the session is."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()


class Opened(Message):
    def __init__(self, session: Session) -> None:
        self.session = session
        super().__init__()


class OpenFailed(Message):
    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__()


class Asking(Message):
    """A lookup has begun; `what` is what is being asked for."""

    def __init__(self, what: str, shown: str) -> None:
        self.what = what
        self.shown = shown
        super().__init__()


class Reading(Message):
    """How many objects were read of how many are known of; `order_id` as in NotFoundThere."""

    def __init__(self, order_id: str | None, done: int, known: int) -> None:
        self.order_id = order_id
        self.done = done
        self.known = known
        super().__init__()


class Found(Message):
    """An order was read, or remembered (`order.remembered`).

    `others` are further ids of the pasted text; `again` is the id under which the order was shown
    when it was read again: a completed session has become an order with an id of its own.
    """

    def __init__(
        self, order: Order, others: tuple[Identifier, ...] = (), *, again: str | None = None
    ) -> None:
        self.order = order
        self.others = others
        self.again = again
        super().__init__()


class NotFoundThere(Message):
    """A lookup came to nothing. `order_id` is set where an order that is shown was re-read."""

    def __init__(self, said: Said, order_id: str | None = None) -> None:
        self.said = said
        self.order_id = order_id
        super().__init__()


class Choose(Message):
    """Several orders carry the number that was typed; each with what is known of it."""

    def __init__(self, number: str, orders: dict[str, str]) -> None:
        self.number = number
        self.orders = orders
        super().__init__()


class LooksRead(Message):
    """The looks at one object, oldest first."""

    def __init__(self, identifier: str, looks: list[Look]) -> None:
        self.identifier = identifier
        self.looks = looks
        super().__init__()


class Exported(Message):
    """What came of an export."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__()


class Named(Message):
    """A state or a code was asked for by its name: `term` means something, and is no id."""

    def __init__(self, term: str) -> None:
        self.term = term
        super().__init__()


class Dropped(Message):
    """What was pasted are files: terminals paste the paths of what is dropped on them."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        super().__init__()


class Listed(Message):
    """What was pasted is a list of orders."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        super().__init__()


class RecentRead(Message):
    """The orders that were looked at last, and before them the pinned ones.

    `noted` are the ids that have notes.
    """

    def __init__(
        self, recent: list[Known], pinned: list[Known], noted: frozenset[str] = frozenset()
    ) -> None:
        self.recent = recent
        self.pinned = pinned
        self.noted = noted
        super().__init__()


class NotesRead(Message):
    """The notes on an order as they are now, oldest first."""

    def __init__(self, order_id: str, notes: list[Note]) -> None:
        self.order_id = order_id
        self.notes = notes
        super().__init__()


class Looked(Message):
    """An order that was just read stands on the screen; `before` is how it looked the last time."""

    def __init__(self, order: Order, before: Picture | None) -> None:
        self.order = order
        self.before = before
        super().__init__()


class Pinned(Message):
    """An order was pinned, or is no longer."""

    def __init__(self, order_id: str, pinned: bool) -> None:
        self.order_id = order_id
        self.pinned = pinned
        super().__init__()


class DeskFailed(Message):
    """Notes and pins can't be read or written."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__()


class Progress(Message):
    """A step of the plan that is being carried out, or of a recovery (then it is None)."""

    def __init__(self, about: Plan | None, text: str) -> None:
        self.about = about
        self.text = text
        super().__init__()


class Performed(Message):
    """A plan was carried out, or held back at the last moment (then `said` tells why)."""

    def __init__(self, plan: Plan, outcome: Outcome | None, said: Said) -> None:
        self.plan = plan
        self.outcome = outcome
        self.said = said
        super().__init__()


class Recovered(Message):
    """What came of open intents; `asked` where a person wanted it just now."""

    def __init__(self, outcomes: list[Outcome], said: Said | None, *, asked: bool) -> None:
        self.outcomes = outcomes
        self.said = said
        self.asked = asked
        super().__init__()


class WatchEnded(Message):
    """Something that was watched came to its end, whatever is on the screen."""

    def __init__(self, news: News) -> None:
        self.news = news
        super().__init__()


class Standing(NamedTuple):
    """How the journal stands: its open intents, and what is wrong with it, if anything.

    `half_done` are the first steps of renewals whose second is missing.
    """

    open: tuple[Intent, ...] = ()
    half_done: tuple[Intent, ...] = ()
    problem: str | None = None


class Ready(Message):
    """An order was read for what a person wants to do to one of its objects.

    `begun` is the first step of the renewal that it finishes or undoes.
    """

    def __init__(self, order: Order, action: str, target: str, begun: Intent) -> None:
        self.order = order
        self.action = action
        self.target = target
        self.begun = begun
        super().__init__()


class Stood(Message):
    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        super().__init__()


class Fault(Message):
    """An unexpected fault of ours, said without any data of the program."""

    def __init__(self, where: str, error: BaseException) -> None:
        self.where = where
        self.error = error
        super().__init__()
